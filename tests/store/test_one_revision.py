"""Reading at one revision without a lock: nobody waits for a slow reader, and no write goes unnoticed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.questions import WriteRequest
from iamgraph.store.contract import ModelChanged
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import UNLOCKED_ATTEMPTS, Neo4jReader
from iamgraph.tuples import parse_tuple
from tests.conftest import SECONDS
from tests.store.given import MODEL

ONE = parse_tuple("doc:wiki#viewer@user:ada")


def write(door: Authorizer, store: str, number: int) -> int:
    """One more change."""
    return door.write(WriteRequest(store, writes=(parse_tuple(f"doc:r{number}#viewer@user:ada"),))).number


@contextmanager
def slow_reader(keeper: Neo4jKeeper, store: str) -> Iterator[None]:
    """A reader that reads until the block ends."""
    begun, end = threading.Event(), threading.Event()

    def act(reader: Neo4jReader) -> None:
        reader.find(ONE)
        begun.set()
        end.wait(SECONDS)

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(keeper.at_one_revision, store, act)
        assert begun.wait(SECONDS)
        try:
            yield
        finally:
            end.set()
        reading.result(SECONDS)


def test_a_slow_reader_holds_up_nobody(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """While one reads, others write, read, and write again."""
    with slow_reader(keeper, store):
        first = write(door, store, 1)
        assert [str(one) for one in door.read(store).items] == ["doc:r1#viewer@user:ada"]
        assert first + 1 == write(door, store, 2)


def test_a_look_waits_for_the_write_under_way(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """A store's state is not told while a write holds its lock: a commit might be half there."""
    before = keeper.state(store)
    with ThreadPoolExecutor(1) as pool:
        with keeper._locked(store):
            looking = pool.submit(keeper.state, store)
            with pytest.raises(TimeoutError):
                looking.result(0.5)
        assert before == looking.result(SECONDS)


def test_a_write_between_is_noticed(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """What was read before a write is read again, and the answer is of the revision after it."""
    seen: list[int] = []

    def act(reader: Neo4jReader) -> tuple[int, int]:
        seen.append(reader.info.revision.number)
        found = len(list(reader.read(ONE.object, "viewer")))
        if len(seen) == 1:
            door.write(WriteRequest(store, writes=(ONE,)))
        return reader.info.revision.number, found

    before = keeper.get_store(store).revision.number
    assert (before + 1, 1) == keeper.at_one_revision(store, act)
    assert [before, before + 1] == seen


def test_a_fault_counts_only_if_nothing_came_between(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """An act that fails on what a write was changing is done again; one that fails by itself fails."""
    calls: list[int] = []

    def act(reader: Neo4jReader) -> str:
        calls.append(reader.info.revision.number)
        if len(calls) == 1:
            write(door, store, 1)
            raise TypeError("half of a commit makes no sense")
        return "made sense"

    def fail(reader: Neo4jReader) -> None:
        calls.append(0)
        raise TypeError("always")

    assert "made sense" == keeper.at_one_revision(store, act)
    assert 2 == len(calls)
    with pytest.raises(TypeError, match="always"):
        keeper.at_one_revision(store, fail)
    assert 3 == len(calls)


def test_a_quick_reader_that_writes_overtake_is_let_in(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """However many writes come between, a quick reader is answered, under the lock at last."""
    seen: list[int] = []

    def act(reader: Neo4jReader) -> int:
        seen.append(reader.info.revision.number)
        if len(seen) <= UNLOCKED_ATTEMPTS:
            write(door, store, len(seen))
        return reader.info.revision.number

    found = keeper.at_one_revision(store, act)
    assert UNLOCKED_ATTEMPTS + 1 == len(seen)
    assert found == keeper.get_store(store).revision.number


def test_an_old_view_of_the_model_is_looked_at_again(
    door: Authorizer, keeper: Neo4jKeeper, own: Neo4jKeeper, store: str
) -> None:
    """A process that remembers an older state does not take its model for the newest."""
    own.get_store(store)
    model = door.write_model(store, MODEL + "# anew\n").id

    def act(reader: Neo4jReader) -> str | None:
        if reader.info.model != model:
            raise ModelChanged
        return reader.info.model

    assert model == own.at_one_revision(store, act)

    def never(reader: Neo4jReader) -> None:
        raise ModelChanged

    with pytest.raises(ModelChanged):
        own.at_one_revision(store, never)


def test_a_store_made_anew_is_another(authorizer: Authorizer, own: Neo4jKeeper, spare: str) -> None:
    """A process that remembers a store's state is not fooled by a new store of the same id and revision."""
    authorizer.create_store(spare)
    old = own.get_store(spare)
    authorizer.delete_store(spare)
    with pytest.raises(RequestError, match="no store"):
        own.at_one_revision(spare, lambda reader: reader.find(ONE))
    authorizer.create_store(spare)
    found = own.at_one_revision(spare, lambda reader: reader.info)
    assert old.revision.number == found.revision.number
    assert old.revision.epoch != found.revision.epoch


def test_readers_and_writers_at_once(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """Readers at once each see as many tuples as their revision has."""
    first = keeper.get_store(store).revision.number
    ended = threading.Event()

    def read() -> int:
        wrong = 0
        while not ended.is_set():
            page = door.read(store, limit=1000)
            wrong += page.revision.number - first != len(page.items)
        return wrong

    with ThreadPoolExecutor(3) as pool:
        readers = [pool.submit(read) for _ in range(3)]
        until = time.monotonic() + 3
        for number in range(300):
            write(door, store, number)
            if time.monotonic() > until:
                break
        ended.set()
        assert [0, 0, 0] == [one.result() for one in readers]
