"""A checker whose decisions are told to an observer."""

from __future__ import annotations

import time

from iamgraph.check.contract import Asking, AskingMany, Checker, Decisions, Planning
from iamgraph.observer import Observer
from iamgraph.questions import Decision
from iamgraph.store.contract import TupleReader


class ObservedChecker:
    """Answers as the checker it wraps, and tells."""

    def __init__(self, checker: Checker, observer: Observer) -> None:
        self._checker = checker
        self._observer = observer

    def check(self, asking: Asking) -> Decision:
        """The decision of the checker."""
        began = time.monotonic()
        decision = self._checker.check(asking)
        self._observer.decided((decision,), time.monotonic() - began)
        return decision

    def check_many(self, asking: AskingMany) -> Decisions:
        """The decisions of the checker."""
        began = time.monotonic()
        found = self._checker.check_many(asking)
        self._observer.decided(found.decisions, time.monotonic() - began)
        return found

    def plan(self, asking: Planning) -> None:
        """As the checker does."""
        self._checker.plan(asking)

    def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
        """The decisions of the checker."""
        began = time.monotonic()
        found = self._checker.check_in(reader, asking)
        self._observer.decided(found.decisions, time.monotonic() - began)
        return found
