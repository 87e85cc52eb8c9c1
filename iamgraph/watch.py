"""Following a store: waiting for its newest revision to move, however many wait at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from iamgraph.questions import StoreInfo

POLL_SECONDS: Final = 0.1


@dataclass(slots=True)
class _Head:
    """What is known of one store's newest revision, and who waits for it to move."""

    moved: threading.Condition = field(default_factory=threading.Condition)
    info: StoreInfo | None = None
    read_at: float = float("-inf")
    reading: bool = False
    waiting: int = 0


class Heads:
    """The newest revisions of the stores that are followed. Safe between threads.

    However many follow a store, one of them at a time reads its revision, at most once in `seconds`; the others
    take what it found. A write in the same process wakes them at once.
    """

    def __init__(self, read: Callable[[str, float], StoreInfo], seconds: float = POLL_SECONDS) -> None:
        """`read` gives a store's state, without its lock, by a reading of `time.monotonic`."""
        self._read = read
        self._seconds = seconds
        self._lock = threading.Lock()
        self._heads: dict[str, _Head] = {}

    def wait(
        self, store: str, reached: Callable[[StoreInfo], bool], end: float, stopped: Callable[[], bool], patience: float
    ) -> StoreInfo:
        """The store's state once `reached` says so of it, or at `end`, or once `stopped`.

        A read that takes longer than `patience` seconds fails. Raises what reading raises.
        """
        head = self._enter(store)
        try:
            while True:
                info = self._newest(store, head, patience)
                left = end - time.monotonic()
                if reached(info) or left <= 0 or stopped():
                    return info
                with head.moved:
                    if head.info is info:
                        head.moved.wait(min(left, self._seconds))
        finally:
            self._leave(store, head)

    def tell(self, store: str) -> None:
        """The store was written to by this process: who waits looks at once."""
        with self._lock:
            head = self._heads.get(store)
        if head is not None:
            with head.moved:
                head.read_at = float("-inf")
                head.info = None
                head.moved.notify_all()

    def _enter(self, store: str) -> _Head:
        with self._lock:
            head = self._heads.setdefault(store, _Head())
            head.waiting += 1
            return head

    def _leave(self, store: str, head: _Head) -> None:
        with self._lock:
            head.waiting -= 1
            if not head.waiting:
                self._heads.pop(store, None)

    def _newest(self, store: str, head: _Head, patience: float) -> StoreInfo:
        with head.moved:
            while True:
                if head.info is not None and time.monotonic() - head.read_at < self._seconds:
                    return head.info
                if not head.reading:
                    head.reading = True
                    break
                head.moved.wait(self._seconds)
        info = None
        began = time.monotonic()
        try:
            info = self._read(store, began + patience)
        finally:
            with head.moved:
                head.reading = False
                head.info, head.read_at = info, began
                head.moved.notify_all()
        return info
