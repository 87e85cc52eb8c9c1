"""Forgets old changes while the service runs: at its start, and then every so often."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from iamgraph.errors import IamgraphError
from iamgraph.questions import StoreInfo

TRIM_EVERY_SECONDS: Final = 3_600.0
# A batch is short; all of them may take long after a retention was set for the first time.
TRIM_SECONDS: Final = 600.0

_log = structlog.get_logger("iamgraph.service")


class Trimmer(Protocol):
    """Knows stores, and forgets their old changes."""

    def until(self, end: float) -> Trimmer:
        """The same, ending by that reading of `time.monotonic`."""

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores."""

    def trim(self, store: str, before: datetime) -> int:
        """Forget a store's changes made before a time; how many they were."""


class Retention:
    """Trims the changes of every store in a thread of its own. Several workers doing so do no harm."""

    def __init__(self, keeper: Trimmer, days: float) -> None:
        """Changes are kept for so many days."""
        self._keeper = keeper
        self._days = days
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Trim no more; a batch under way is ended first."""
        self._ended.set()
        self._thread.join(1.0)

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                self._trim()
            except IamgraphError as fault:
                _log.warning("retention", code=fault.code)
            self._ended.wait(TRIM_EVERY_SECONDS)

    def _trim(self) -> None:
        before = datetime.now(UTC) - timedelta(days=self._days)
        for store in self._keeper.list_stores():
            if self._ended.is_set():
                return
            removed = self._keeper.until(time.monotonic() + TRIM_SECONDS).trim(store.id, before)
            if removed:
                _log.info("trimmed", store=store.id, changes=removed)
