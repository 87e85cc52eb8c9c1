"""The ring of keys, on a keeper and a clock of the test's own: never old, closed when it cannot know, cheap."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from iamgraph.errors import StoreError
from iamgraph.keys import secret_hash, written
from iamgraph.questions import Scope, StoredKey
from iamgraph.ring import BOUND_SECONDS, NEW_SECONDS, REFRESH_SECONDS, USE_SECONDS, KeyRing

NOW = datetime(2026, 11, 24, tzinfo=UTC)
MOMENT = 0.001
END = 1e9


@dataclass(slots=True)
class Memory:
    """Keeps keys with the versions of their changes; counts what is read, and fails when told to."""

    keys: dict[str, tuple[int, StoredKey]] = field(default_factory=dict)
    version: int = 0
    looked: int = 0
    read: list[int] = field(default_factory=list)
    uses: list[dict[str, datetime]] = field(default_factory=list)
    away: bool = False
    seconds: float = 0.0

    def until(self, end: float) -> Memory:
        return self

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def keys_version(self) -> int:
        self.looked += 1
        if self.away:
            raise StoreError("away")
        return self.version

    def list_keys(self, since: int = 0) -> tuple[StoredKey, ...]:
        found = tuple(key for version, key in self.keys.values() if version > since)
        self.read.append(len(found))
        return found

    def record_uses(self, uses: Mapping[str, datetime]) -> None:
        if self.away:
            raise StoreError("away")
        self.uses.append(dict(uses))

    def keep(self, key: StoredKey) -> None:
        """A change of a key."""
        self.version += 1
        self.keys[key.id] = self.version, key

    def make(self, expires_at: datetime | None = None) -> tuple[StoredKey, str]:
        """A new key, and its secret."""
        id_ = str(ULID())
        secret = written(id_)
        stores = frozenset({"*"})
        key = StoredKey(id_, "x", secret_hash(secret), frozenset({Scope.CHECK}), stores, NOW, None, expires_at)
        self.keep(key)
        return key, secret

    def revoke(self, key: StoredKey) -> None:
        """The end of a key."""
        self.keep(replace(key, revoked_at=self.now()))


@pytest.fixture
def memory() -> Memory:
    """A keeper without keys."""
    return Memory()


@pytest.fixture
def ring(memory: Memory) -> KeyRing:
    """A ring that nobody refreshes but its requests."""
    return KeyRing(memory, memory.clock, memory.now)


def test_a_key_is_found_by_its_secret_alone(memory: Memory, ring: KeyRing) -> None:
    """Neither its hash, nor another secret of its id, nor another's secret under its id opens a key."""
    key, secret = memory.make()
    other, _ = memory.make()
    assert key == ring.find(secret, END)
    for wrong in ("", key.id, key.hash, written(key.id), written(other.id), secret[:-1], f" {secret}", "\ud800"):
        assert ring.find(wrong, END) is None


def test_a_revoked_key_is_refused_within_the_bound(memory: Memory, ring: KeyRing) -> None:
    """Up to the bound an old copy may answer; past it never."""
    key, secret = memory.make()
    assert ring.find(secret, END) is not None
    memory.revoke(key)
    memory.seconds += BOUND_SECONDS
    assert ring.find(secret, END) is not None
    memory.seconds += MOMENT
    assert ring.find(secret, END) is None


def test_the_bound_counts_from_before_the_reading(memory: Memory) -> None:
    """A revocation that comes while the keys are read, and is not seen, is seen a bound after the reading began."""

    class Slow(Memory):
        def list_keys(self, since: int = 0) -> tuple[StoredKey, ...]:
            found = Memory.list_keys(self, since)
            self.seconds += 10 * BOUND_SECONDS
            return found

    slow = Slow()
    ring = KeyRing(slow, slow.clock, slow.now)
    key, secret = slow.make()
    ring.refresh(0.0, END)
    slow.revoke(key)
    assert ring.find(secret, END) is None


def test_what_cannot_be_known_is_closed(memory: Memory, ring: KeyRing) -> None:
    """While keys cannot be read known ones are accepted up to the bound; then it is an error, never a yes."""
    _, secret = memory.make()
    assert ring.find(secret, END) is not None
    memory.away = True
    memory.seconds += BOUND_SECONDS
    assert ring.find(secret, END) is not None
    memory.seconds += MOMENT
    for text in (secret, written(str(ULID())), "garbage"):
        with pytest.raises(StoreError):
            ring.find(text, END)
    memory.away = False
    assert ring.find(secret, END) is not None


def test_a_new_key_is_known_soon(memory: Memory, ring: KeyRing) -> None:
    """A key made since the last look is found a moment later, without waiting for the bound."""
    ring.refresh(0.0, END)
    key, secret = memory.make()
    assert ring.find(secret, END) is None
    memory.seconds += NEW_SECONDS + MOMENT
    assert key == ring.find(secret, END)


def test_unknown_keys_do_not_ask_neo4j_each_time(memory: Memory, ring: KeyRing) -> None:
    """However many unknown secrets come, keys are looked at once in a while; for damaged ones not even that."""
    for _ in range(100):
        ring.find(written(str(ULID())), END)
    assert 1 == memory.looked
    memory.seconds += NEW_SECONDS + MOMENT
    for _ in range(100):
        ring.find("damaged", END)
    assert 1 == memory.looked
    for _ in range(100):
        ring.find(written(str(ULID())), END)
    assert 2 == memory.looked


def test_only_what_changed_is_read(memory: Memory, ring: KeyRing) -> None:
    """With 10,000 keys a look that finds nothing new reads none, and one after a revocation reads one."""
    keys = [memory.make() for _ in range(10_000)]
    for end_one in (False, True, False):
        ring.refresh(0.0, END)
        memory.seconds += REFRESH_SECONDS
        if end_one:
            memory.revoke(keys[5000][0])
    ring.refresh(0.0, END)
    assert [10_000, 1] == memory.read
    assert ring.find(keys[5000][1], END) is None
    assert ring.find(keys[4999][1], END) is not None


def test_after_a_fault_all_is_read(memory: Memory, ring: KeyRing) -> None:
    """A Neo4j that went away may come back with other keys under the same versions."""
    _, before = memory.make()
    ring.refresh(0.0, END)
    memory.away = True
    memory.seconds += REFRESH_SECONDS
    with pytest.raises(StoreError):
        ring.refresh(0.0, END)
    memory.away, memory.version, memory.keys = False, 0, {}
    _, after = memory.make()
    memory.seconds += REFRESH_SECONDS
    ring.refresh(0.0, END)
    assert (None, True) == (ring.find(before, END), ring.find(after, END) is not None)


def test_versions_that_go_back_are_noticed(memory: Memory, ring: KeyRing) -> None:
    """A database put back to an earlier state is read whole."""
    memory.make()
    _, lost = memory.make()
    assert ring.find(lost, END) is not None
    memory.version, memory.keys = 0, {}
    _, kept = memory.make()
    memory.seconds += BOUND_SECONDS + MOMENT
    assert (None, True) == (ring.find(lost, END), ring.find(kept, END) is not None)


def test_an_expired_key_needs_no_reading(memory: Memory, ring: KeyRing) -> None:
    """A key ends by the clock, to the moment."""
    _, secret = memory.make(NOW + timedelta(seconds=BOUND_SECONDS / 2))
    assert ring.find(secret, END) is not None
    memory.seconds = BOUND_SECONDS / 2
    assert ring.find(secret, END) is None


def test_waiting_for_another_reader_ends_with_the_deadline(memory: Memory) -> None:
    """A request that waits while another thread reads gives up in time, with an error."""
    reading, go_on = threading.Event(), threading.Event()

    class Stuck(Memory):
        def keys_version(self) -> int:
            reading.set()
            go_on.wait(30)
            return Memory.keys_version(self)

    stuck = Stuck()
    ring = KeyRing(stuck, stuck.clock, stuck.now)
    thread = threading.Thread(target=ring.refresh, args=(0.0, END))
    thread.start()
    reading.wait(30)
    with pytest.raises(StoreError) as late:
        ring.find("x", MOMENT)
    go_on.set()
    thread.join()
    assert "deadline_exceeded" == late.value.code


# --- use ---


def test_uses_are_told_once_a_minute(memory: Memory) -> None:
    """Thousands of uses are one record a key and minute, with the time of the last; a refused key is not used."""
    ring = KeyRing(memory, memory.clock, memory.now)
    key, secret = memory.make()
    _, refused = memory.make(NOW)
    for i in range(200):
        memory.seconds = i * 1.0
        assert ring.find(secret, END) is not None
        assert ring.find(refused, END) is None
        ring._uses.tell(END)
    assert [{key.id: NOW + timedelta(seconds=i * USE_SECONDS)} for i in range(4)] == memory.uses
    memory.seconds += USE_SECONDS
    ring._uses.tell(END)
    assert {key.id: NOW + timedelta(seconds=199)} == memory.uses[-1]
    memory.seconds += USE_SECONDS
    ring._uses.tell(END)
    assert 5 == len(memory.uses)


def test_a_use_that_cannot_be_told_is_told_later(memory: Memory, ring: KeyRing) -> None:
    """While Neo4j is away a use fails no request, and is recorded afterwards."""
    key, secret = memory.make()
    assert key == ring.find(secret, END)
    memory.away = True
    with pytest.raises(StoreError):
        ring._uses.tell(END)
    memory.away = False
    ring._uses.tell(END)
    assert [{key.id: NOW}] == memory.uses


# --- the thread ---


def test_the_ring_keeps_itself_fresh() -> None:
    """Once started it learns of changes by itself, survives a Neo4j that is away, and stops when told to."""
    memory = Memory()
    ring = KeyRing(memory)
    key, secret = memory.make()
    ring.start()
    try:
        assert _soon(lambda: memory.looked > 0)
        memory.away = True
        looked = memory.looked
        assert _soon(lambda: memory.looked > looked)
        memory.away = False
        assert ring.find(secret, END) is not None
        assert _soon(lambda: memory.uses != [])
    finally:
        ring.stop()
    looked = memory.looked
    assert not ring._thread.is_alive()
    assert looked == memory.looked
    assert {key.id} == set(memory.uses[0])


def _soon(holds: Callable[[], bool]) -> bool:
    wait = threading.Event()
    for _ in range(200):
        if holds():
            return True
        wait.wait(0.05)
    return False
