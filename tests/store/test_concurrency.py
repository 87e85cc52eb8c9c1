"""Many writers at once on one store: every change whole, numbered without gaps, and nothing there twice."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

import neo4j
import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import ConflictError, RequestError
from iamgraph.queries import statement
from iamgraph.questions import Change, CheckQuestion, OnMissing, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_object, parse_subject, parse_tuple
from tests.store.graph import Graph, replayed

pytestmark = pytest.mark.long

MODEL: Final = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type doc
  relations
    define viewer: [user, group#member]
"""
WRITERS: Final = 32
ROUNDS: Final = 8
SECONDS: Final = 60.0
POOL: Final = tuple(
    parse_tuple(f"{object_}@{subject}")
    for object_ in ("group:a#member", "group:b#member", "group:c#member", "doc:d#viewer")
    for subject in ("user:1", "user:2", "user:3", "group:a#member", "group:b#member")
)


@pytest.fixture
def door(keeper: Neo4jKeeper, authorizer: Authorizer, store: str) -> Authorizer:
    """A door patient enough for thirty-two writers in a row."""
    authorizer.write_model(store, MODEL)
    patient = keeper.until(time.monotonic() + SECONDS)
    return Authorizer(patient, GraphChecker(patient), deadline=SECONDS)


def at_once(act: Callable[[int], int]) -> int:
    """The act done by every writer at the same moment; the sum of what they return."""
    start = threading.Barrier(WRITERS)

    def writer(i: int) -> int:
        start.wait()
        return act(i)

    with ThreadPoolExecutor(WRITERS) as pool:
        return sum(pool.map(writer, range(WRITERS)))


def all_changes(door: Authorizer, store: str) -> list[Change]:
    """Every change of a store, from its first."""
    found: list[Change] = []
    while more := door.changes(store, len(found), 1000):
        found += more
    return found


def agree(door: Authorizer, store: str, graph: Graph, changes: int) -> None:
    """The log has so many changes, without gaps, and what it tells is what stands in the graph."""
    log = all_changes(door, store)
    assert list(range(1, changes + 1)) == [one.revision for one in log]
    assert changes == door.get_store(store).revision.number
    standing = graph.tuples(store)
    assert sorted(set(standing)) == standing
    assert replayed(log) == standing
    assert standing == sorted(map(str, door.read(store, limit=1000).items))


def test_writers_of_the_same_tuples(door: Authorizer, store: str, graph: Graph) -> None:
    """Thirty-two writers of one pool of tuples, in any order, never double one, lose one or meet a deadlock."""

    def write(i: int) -> int:
        draw = random.Random(i)
        for _ in range(ROUNDS):
            picked = draw.sample(POOL, 8)
            door.write(
                WriteRequest(store, writes=tuple(picked[:5]), deletes=tuple(picked[5:]), on_missing=OnMissing.IGNORE)
            )
        return ROUNDS

    agree(door, store, graph, 1 + at_once(write))


def test_one_tuple_by_all(door: Authorizer, store: str, graph: Graph) -> None:
    """A tuple that thirty-two writers write at the same moment stands once, and each has a change of its own."""

    def write(i: int) -> int:
        door.write(WriteRequest(store, writes=POOL[:1], by=f"writer {i}"))
        return 1

    agree(door, store, graph, 1 + at_once(write))
    assert [str(POOL[0])] == graph.tuples(store)
    assert WRITERS == len({one.by for one in all_changes(door, store)} - {None})


def test_one_delete_of_many_succeeds(door: Authorizer, store: str, graph: Graph) -> None:
    """Of thirty-two who delete one tuple at the same moment, one does; the others are told it is not there."""
    door.write(WriteRequest(store, writes=POOL[:2]))

    def delete(_: int) -> int:
        try:
            door.write(WriteRequest(store, deletes=POOL[:1]))
        except ConflictError:
            return 0
        return 1

    assert 1 == at_once(delete)
    agree(door, store, graph, 3)


def test_writers_and_deletions_of_objects(door: Authorizer, store: str, graph: Graph) -> None:
    """Objects deleted with all they stand in, while others write them: the log still tells what stands there."""
    objects = [parse_object(one) for one in ("group:a", "group:b", "user:1", "doc:d")]

    def act(i: int) -> int:
        draw = random.Random(i)
        changed = 0
        for _ in range(ROUNDS):
            if i % 4 == 0:
                changed += door.delete_object(store, draw.choice(objects))[1] > 0
            else:
                door.write(WriteRequest(store, writes=tuple(draw.sample(POOL, 6))))
                changed += 1
        return changed

    agree(door, store, graph, 1 + at_once(act))


def test_models_and_tuples_at_once(door: Authorizer, store: str, graph: Graph) -> None:
    """New models between the writes keep no writer from its turn, and are numbered with them."""

    def act(i: int) -> int:
        if i % 16 == 0:
            door.write_model(store, MODEL)
        else:
            door.write(WriteRequest(store, writes=POOL[i % 16 : i % 16 + 4]))
        return 1

    agree(door, store, graph, 1 + at_once(act))


# --- a store that is deleted while others wait for it ------------------------------------------------------


@contextmanager
def retiring(graph: Graph, store: str) -> Iterator[neo4j.Transaction]:
    """A transaction that has retired the store, and is not committed yet."""
    with graph.driver.session(database=graph.database) as session, session.begin_transaction() as transaction:
        epoch = transaction.run("MATCH (st:IamStore {id: $store}) RETURN st.epoch AS epoch", store=store).value()[0]
        transaction.run(statement("stores/retire"), {"store": store, "epoch": epoch}).consume()
        yield transaction


def waiting(graph: Graph, store: str, count: int) -> None:
    """Returns once so many transactions wait for the store's lock."""
    text = (
        "SHOW TRANSACTIONS YIELD parameters, currentQueryStatus AS status"
        " WHERE status = 'waiting' AND $store IN [parameters.store, parameters.asked.store] RETURN count(*) AS waiting"
    )
    end = time.monotonic() + 10
    while graph.rows(text, store=store)[0]["waiting"] < count:
        assert time.monotonic() < end, "they do not wait"


def test_who_waits_for_a_deleted_store_finds_none(door: Authorizer, store: str, graph: Graph) -> None:
    """A check, a write and a read that waited while the store was deleted find none, and bring none back."""
    door.write(WriteRequest(store, writes=POOL[:1]))
    question = CheckQuestion(store, parse_subject("user:1"), "member", parse_object("group:a"))
    assert door.check(question).allowed
    acts: list[Callable[[], object]] = [
        lambda: door.check(question),
        lambda: door.write(WriteRequest(store, writes=POOL[1:2])),
        lambda: door.read(store),
        lambda: door.get_store(store),
        lambda: door.write_model(store, MODEL),
        lambda: door.delete_store(store),
    ]
    with ThreadPoolExecutor(len(acts)) as pool:
        with retiring(graph, store) as transaction:
            asked: list[Future[object]] = [pool.submit(act) for act in acts]
            waiting(graph, store, len(acts))
            transaction.commit()
        for one in asked:
            with pytest.raises(RequestError) as refused:
                one.result()
            assert "store_not_found" == refused.value.code
    assert store not in [one.id for one in door.list_stores()]
    door.create_store(store)
    assert 1 == graph.nodes(store)


def test_who_forgets_late_forgets_no_later_store(
    door: Authorizer, keeper: Neo4jKeeper, store: str, graph: Graph
) -> None:
    """A deletion that stalled and goes on late keeps the trace of a later one, until nothing of that is left."""
    door.write(WriteRequest(store, writes=POOL[:1]))
    keeper._retire(store, door.get_store(store).revision.epoch)
    late = {"store": store, "from": f"{store}/", "to": f"{store}0", "limit": 1}
    assert 1 <= keeper._alone(statement("stores/purge"), late)[0]["removed"]
    assert [store] == [row["store"] for row in keeper._alone(statement("stores/retired"), {}) if row["store"] == store]
    door.create_store(store)
    assert 1 == graph.nodes(store)


def test_stores_made_and_deleted_under_traffic(door: Authorizer, store: str, graph: Graph) -> None:
    """A store deleted and made again while eight others ask and write leaves nothing behind, and no odd error."""
    ended = threading.Event()
    question = CheckQuestion(store, parse_subject("user:1"), "member", parse_object("group:a"))

    def traffic(i: int) -> int:
        answered = 0
        while not ended.is_set():
            try:
                if i % 2 == 0:
                    door.check(question)
                else:
                    door.write(WriteRequest(store, writes=POOL[:3]))
                answered += 1
            except RequestError as refused:
                assert refused.code in {"store_not_found", "model_not_found"}
        return answered

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(traffic, i) for i in range(8)]
        for _ in range(10):
            door.delete_store(store)
            door.create_store(store)
            door.write_model(store, MODEL)
        ended.set()
        assert sum(one.result() for one in asked) > 0
    agree(door, store, graph, door.get_store(store).revision.number)
    door.delete_store(store)
    assert 0 == graph.nodes(store)
    door.create_store(store)
