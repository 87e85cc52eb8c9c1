"""Which key a request's secret belongs to, from a copy of all keys that is never old."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final, Protocol

from iamgraph.errors import StoreError
from iamgraph.keys import public_id, secret_hash
from iamgraph.questions import StoredKey

# A revoked key is refused by every process within this time, a new one is known within a fifth of it.
REFRESH_SECONDS: Final = 1.0
# Compared with where there is no key, so that it takes as long.
_NO_HASH: Final = secret_hash("")


class KeyReader(Protocol):
    """Reads keys."""

    def until(self, end: float) -> KeyReader:
        """The same, ending by that reading of `time.monotonic`."""

    def list_keys(self) -> tuple[StoredKey, ...]:
        """All keys."""


def _now() -> datetime:
    return datetime.now(UTC)


class KeyRing:
    """Says which key a secret belongs to. Safe between threads."""

    def __init__(
        self,
        keeper: KeyReader,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = _now,
    ) -> None:
        """`clock` reads seconds that only go forward, `now` the aware time that expiry is judged by."""
        self._keeper = keeper
        self._clock = clock
        self._now = now
        self._lock = threading.Lock()
        self._keys: dict[str, StoredKey] = {}
        self._read_at = float("-inf")

    def find(self, secret: str, end: float) -> StoredKey | None:
        """The living key of that secret, or None; by `end`, a reading of the clock.

        Raises `StoreError` when the keys cannot be read.
        """
        id_ = public_id(secret)
        hashed = secret_hash(secret)
        self.refresh(REFRESH_SECONDS, end)
        found = self._known(id_, hashed)
        if found is None and id_ is not None:
            # It may be new; however many such come, the keys are read at most so often.
            self.refresh(REFRESH_SECONDS / 5, end)
            found = self._known(id_, hashed)
        return found

    def _known(self, id_: str | None, hashed: str) -> StoredKey | None:
        key = self._keys.get(id_ or "")
        same = compare_digest(hashed, key.hash if key is not None else _NO_HASH)
        return key if same and key is not None and key.lives(self._now()) else None

    def refresh(self, older_than: float, end: float) -> None:
        """Read the keys anew where what is known of them is older than that."""
        if self._clock() - self._read_at <= older_than:
            return
        # One thread reads for all that wait.
        if not self._lock.acquire(timeout=max(0.0, end - self._clock())):
            raise StoreError("the keys could not be read before the deadline", code="deadline_exceeded")
        try:
            read_at = self._clock()
            if read_at - self._read_at > older_than:
                self._keys = {key.id: key for key in self._keeper.until(end).list_keys()}
                self._read_at = read_at
        finally:
            self._lock.release()
