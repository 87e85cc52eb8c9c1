"""Lets Neo4j plan what is asked of the access model before it is asked, while the service runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Final, Protocol

import structlog

from iamgraph.errors import IamgraphError

TRY_AGAIN_SECONDS: Final = 10.0
TRIES: Final = 5

_log = structlog.get_logger("iamgraph.service")


class Planner(Protocol):
    """Plans what may be asked of a store, step by step."""

    def plan(self, store: str) -> Iterator[str]:
        """One more relation at each step."""


class Warming:
    """Plans in a thread of its own, half of the time at most, so that who asks meanwhile is served first.

    Neo4j keeps the plans for all that ask; several workers doing so do no harm.
    """

    def __init__(self, planner: Planner, store: str) -> None:
        self._planner = planner
        self._store = store
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="warming", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Plan no more; a statement under way is ended first."""
        self._ended.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        for _ in range(TRIES):
            try:
                self._plan()
            except IamgraphError as fault:
                _log.warning("warming", code=fault.code)
                self._ended.wait(TRY_AGAIN_SECONDS)
            else:
                return

    def _plan(self) -> None:
        began = time.monotonic()
        for _ in self._planner.plan(self._store):
            self._ended.wait(time.monotonic() - began)
            if self._ended.is_set():
                return
            began = time.monotonic()
        _log.info("planned", store=self._store)
