"""Which key a request's secret belongs to, from a copy of all keys that is never old; and when keys were used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from hmac import compare_digest
from typing import Final, Protocol

from iamgraph.errors import StoreError
from iamgraph.keys import public_id, secret_hash
from iamgraph.questions import StoredKey

# What is known of the keys is never older than this: so long after its end a key may still be accepted.
BOUND_SECONDS: Final = 1.0
# How often the keys are looked at, so that requests need not: twice within the bound, should one look fail.
REFRESH_SECONDS: Final = 0.4
# How long after its making a key may not be known yet. However many unknown ones come, Neo4j is asked no more often.
NEW_SECONDS: Final = 0.1
# How often the use of one key is recorded by one process.
USE_SECONDS: Final = 60.0
# Compared with where there is no key, so that it takes as long.
_NO_HASH: Final = secret_hash("")


class KeyReader(Protocol):
    """Reads keys, and remembers their use."""

    def until(self, end: float) -> KeyReader:
        """The same, ending by that reading of `time.monotonic`."""

    def keys_version(self) -> int:
        """The number of the newest change of the keys."""

    def list_keys(self, since: int = 0) -> tuple[StoredKey, ...]:
        """The keys changed after that version, all of them after 0."""

    def record_uses(self, uses: Mapping[str, datetime]) -> None:
        """Remember when keys, by their ids, were last used."""


def _now() -> datetime:
    return datetime.now(UTC)


class KeyRing:
    """Says which key a secret belongs to. Safe between threads; start it in the process that uses it."""

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
        self._version: int | None = None  # None where all must be read
        self._read_at = float("-inf")
        self._uses = KeyUses(keeper, clock)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._keep_fresh, name="keys", daemon=True)

    def start(self) -> None:
        """Look at the keys from now on, so that requests need not wait for it."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join(BOUND_SECONDS)

    def _keep_fresh(self) -> None:
        while not self._stopped.is_set():
            # Whatever fails here, fails again and is told where a request needs to know.
            with suppress(Exception):
                self.refresh(0.0, self._clock() + BOUND_SECONDS)
                self._uses.tell(self._clock() + BOUND_SECONDS)
            self._stopped.wait(REFRESH_SECONDS)

    def find(self, secret: str, end: float) -> StoredKey | None:
        """The living key of that secret, or None; by `end`, a reading of the clock.

        Raises `StoreError` when the keys cannot be read.
        """
        id_ = public_id(secret)
        hashed = secret_hash(secret)
        self.refresh(BOUND_SECONDS, end)
        found = self._known(id_, hashed)
        if found is None and id_ is not None:
            self.refresh(NEW_SECONDS, end)
            found = self._known(id_, hashed)
        if found is not None:
            self._uses.note(found.id, self._now())
        return found

    def _known(self, id_: str | None, hashed: str) -> StoredKey | None:
        key = self._keys.get(id_ or "")
        same = compare_digest(hashed, key.hash if key is not None else _NO_HASH)
        return key if same and key is not None and key.lives(self._now()) else None

    def refresh(self, older_than: float, end: float) -> None:
        """Read what changed where what is known is older than that; `StoreError` where it cannot be read by `end`."""
        if self._clock() - self._read_at <= older_than:
            return
        # One thread reads for all that wait.
        if not self._lock.acquire(timeout=max(0.0, end - self._clock())):
            raise StoreError("the keys could not be read before the deadline", code="deadline_exceeded")
        try:
            read_at = self._clock()
            if read_at - self._read_at > older_than:
                self._read(self._keeper.until(end))
                self._read_at = read_at
        finally:
            self._lock.release()

    def _read(self, keeper: KeyReader) -> None:
        # After a fault Neo4j may be another, with other keys under the same versions: all are read.
        known, self._version = self._version, None
        # First the version, then what there is: a change that comes between is read now or again the next time.
        version = keeper.keys_version()
        if known is None or version < known:
            self._keys = {key.id: key for key in keeper.list_keys()}
        elif version > known:
            self._keys.update({key.id: key for key in keeper.list_keys(known)})
        self._version = version


class KeyUses:
    """When keys were last used, told now and then. A use that cannot be recorded fails nobody."""

    def __init__(self, keeper: KeyReader, clock: Callable[[], float]) -> None:
        self._keeper = keeper
        self._clock = clock
        self._used: dict[str, datetime] = {}
        self._told_at: dict[str, float] = {}

    def note(self, id_: str, at: datetime) -> None:
        """The key was used."""
        self._used[id_] = at

    def tell(self, end: float) -> None:
        """Record what is due, once in `USE_SECONDS` for each key, by `end`."""
        now = self._clock()
        # A copy: requests go on noting.
        used = {
            id_: at
            for id_, at in self._used.copy().items()
            if now - self._told_at.get(id_, float("-inf")) >= USE_SECONDS
        }
        if not used:
            return
        self._keeper.until(end).record_uses(used)
        for id_, at in used.items():
            self._told_at[id_] = now
            if self._used[id_] == at:
                del self._used[id_]
