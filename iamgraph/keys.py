"""API keys: made once, shown once, kept as a hash, and told apart quickly on every request."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from ulid import ULID

from iamgraph.errors import RequestError, StoreError
from iamgraph.questions import StoredKey
from iamgraph.tuples import shown

PREFIX: Final = "iag_"
MAX_NAME_LENGTH: Final = 100
# A revoked key is refused by every process within this time, a new one is known within a fifth of it.
REFRESH_SECONDS: Final = 5.0


class KeyKeeper(Protocol):
    """Keeps keys."""

    def until(self, end: float) -> KeyKeeper:
        """The same, ending by that reading of `time.monotonic`."""

    def create_key(self, key: StoredKey) -> None:
        """Keep a key."""

    def list_keys(self) -> tuple[StoredKey, ...]:
        """All keys."""

    def revoke_key(self, id_: str) -> None:
        """End a key."""


def create_key(keeper: KeyKeeper, name: str) -> tuple[StoredKey, str]:
    """A new key, and its secret, which nothing can show again."""
    if not 0 < len(name) <= MAX_NAME_LENGTH or any(unicodedata.category(c)[0] == "C" for c in name):
        raise RequestError(
            f"malformed key name `{shown(name)}`: 1 to {MAX_NAME_LENGTH} characters", code="malformed_name"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    key = StoredKey(str(ULID()), name, _hash(secret), datetime.now(UTC))
    keeper.create_key(key)
    return key, secret


class KeyRing:
    """Says which key a secret belongs to, from a copy of all keys that is never old. Safe between threads."""

    def __init__(self, keeper: KeyKeeper, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` reads seconds that only go forward."""
        self._keeper = keeper
        self._clock = clock
        self._lock = threading.Lock()
        self._keys: dict[str, StoredKey] = {}
        self._read_at = float("-inf")

    def find(self, secret: str, end: float) -> StoredKey | None:
        """The key of that secret, or None; by `end`, a reading of the clock.

        Raises `StoreError` when the keys cannot be read.
        """
        hashed = _hash(secret)
        self._refresh(REFRESH_SECONDS, end)
        found = self._keys.get(hashed)
        if found is None:
            # A key nobody knows may be new; however many such come, the keys are read at most so often.
            self._refresh(REFRESH_SECONDS / 5, end)
            found = self._keys.get(hashed)
        return found

    def _refresh(self, older_than: float, end: float) -> None:
        if self._clock() - self._read_at <= older_than:
            return
        # One thread reads for all that wait.
        if not self._lock.acquire(timeout=max(0.0, end - self._clock())):
            raise StoreError("the keys could not be read before the deadline", code="deadline_exceeded")
        try:
            read_at = self._clock()
            if read_at - self._read_at > older_than:
                self._keys = {key.hash: key for key in self._keeper.until(end).list_keys()}
                self._read_at = read_at
        finally:
            self._lock.release()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
