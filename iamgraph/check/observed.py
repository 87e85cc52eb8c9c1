"""An answerer whose decisions are told to an observer."""

from __future__ import annotations

import time

from iamgraph.check.contract import Asking, Checker
from iamgraph.observer import Observer
from iamgraph.questions import Decision


class ObservedChecker:
    """Answers as the checker it wraps, and tells. An answerer that hands a question on tells nothing."""

    def __init__(self, checker: Checker, answerer: str, observer: Observer) -> None:
        self._checker = checker
        self._answerer = answerer
        self._observer = observer

    def check(self, asking: Asking) -> Decision:
        """The decision of the checker."""
        began = time.monotonic()
        decision = self._checker.check(asking)
        self._observer.decided(self._answerer, decision, time.monotonic() - began)
        return decision
