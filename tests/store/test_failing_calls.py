"""Each call of the driver fails in turn, on every way to change something: no answer says what is not so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final, cast

import neo4j
import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import RequestError, StoreError
from iamgraph.questions import (
    Act,
    Attributes,
    Effect,
    FilterDelete,
    RecordQuery,
    StoredKey,
    TupleFilter,
    WriteRequest,
)
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.transaction import Transaction
from iamgraph.tuples import parse_object
from tests.faulty import FaultyDriver, When
from tests.store.given import ADA, BOB, ENGINEERS, MODEL, NOTE, NOW, REFUSAL, session, tuples, written

SECONDS: Final = 30.0
HANG_SECONDS: Final = 0.3
EVER: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))

pytestmark = pytest.mark.long


@dataclass(frozen=True, slots=True)
class Way:
    """A way to change something in a store; `keyed` if sending it again finds out what became of it."""

    act: Callable[[Authorizer, str], object]
    keyed: bool = True


WAYS: Final = {
    "write": Way(lambda door, store: door.write(WriteRequest(store, writes=tuples(BOB), idempotency_key="k"))),
    "delete": Way(lambda door, store: door.write(WriteRequest(store, deletes=tuples(ADA), idempotency_key="k"))),
    "filter": Way(
        lambda door, store: door.delete_matching(FilterDelete(store, TupleFilter("group"), idempotency_key="k"))
    ),
    "object": Way(lambda door, store: door.delete_object(store, parse_object("group:eng"), idempotency_key="k")),
    "model": Way(lambda door, store: door.write_model(store, MODEL, idempotency_key="k")),
    "transaction": Way(lambda door, store: door.transact(store, added, Act(NOW, idempotency_key="k"))),
    "refusal": Way(lambda door, store: keeper_of(door).record_refusal(store, REFUSAL), keyed=False),
    "create session": Way(lambda door, store: keeper_of(door).create_session(store, session("new"), NOW), keyed=False),
    "end session": Way(lambda door, store: keeper_of(door).end_session(store, "old", NOW, "test"), keyed=False),
    "keyless write": Way(lambda door, store: door.write(WriteRequest(store, writes=tuples(BOB))), keyed=False),
    "create store": Way(lambda door, store: door.create_store(f"{store}-new"), keyed=False),
    "delete store": Way(lambda door, store: door.delete_store(store), keyed=False),
    "create key": Way(lambda door, store: keeper_of(door).create_key(key(f"{store}-new")), keyed=False),
    "revoke key": Way(lambda door, store: keeper_of(door).revoke_key(f"{store}-old", NOW), keyed=False),
}
FAULTS: Final = [(When.AFTER, False), (When.BEFORE, True), (When.AFTER, True)]


def added(transaction: Transaction) -> Effect:
    """What adds a tuple and an attribute, having looked."""
    assert [ADA] == [str(one) for one in transaction.of(ENGINEERS, "member")]
    return Effect(NOTE, tuples(BOB), attributes=(Attributes(ENGINEERS, {"name": "Engineering"}),))


def key(id_: str) -> StoredKey:
    """An API key that opens nothing."""
    return StoredKey(id_, "failing calls", f"hash of {id_}", frozenset(), frozenset(), NOW, None, None)


def keeper_of(door: Authorizer) -> Neo4jKeeper:
    """The keeper behind a door."""
    return cast(Neo4jKeeper, door._keeper)


def state(door: Authorizer, store: str) -> object:
    """All there is to see of a store, and of the keys that go with it."""
    stores = [one.id for one in door.list_stores()]
    if store not in stores:
        return "gone"
    changes = [(one.revision, one.writes, one.deletes) for one in door.changes(store)]
    keys = [(one.id, one.revoked_at) for one in keys_of(door, store)]
    keeper = keeper_of(door)
    sessions = [(one.id, one.ended_at) for one in keeper.list_sessions(store, "ada")]
    named = door.look(store, lambda transaction: dict(transaction.attributes([ENGINEERS])))
    entries = [(one.action, one.code) for one in keeper.record(store, RecordQuery(ENGINEERS, EVER[0], EVER[1]))]
    beside = (sessions, named, entries)
    return changes, written(door, store), len(door.list_models(store)), f"{store}-new" in stores, keys, beside


def keys_of(door: Authorizer, store: str) -> Iterator[StoredKey]:
    """The keys that go with a store. Not by listing all: ended keys stay, and there are many by and by."""
    for id_ in (f"{store}-old", f"{store}-new"):
        with suppress(RequestError):
            yield keeper_of(door).get_key(id_)


@pytest.fixture
def fresh(authorizer: Authorizer) -> Iterator[Callable[[], str]]:
    """Makes stores with a model and a tuple, and removes whatever is left of them."""
    made = []

    def make() -> str:
        store = f"test-{ULID()}"
        authorizer.create_store(store)
        made.append(store)
        authorizer.write_model(store, MODEL)
        authorizer.write(WriteRequest(store, writes=tuples(ADA)))
        keeper_of(authorizer).create_key(key(f"{store}-old"))
        keeper_of(authorizer).create_session(store, session("old"), NOW)
        return store

    yield make
    for store in [one.id for one in authorizer.list_stores()]:
        if store.removesuffix("-new") in made:
            authorizer.delete_store(store)
    for one in (key for store in made for key in keys_of(authorizer, store) if key.revoked_at is None):
        keeper_of(authorizer).revoke_key(one.id, NOW)


def attempted(server: Neo4jServer, way: Way, store: str, driver: Callable[[neo4j.Driver], neo4j.Driver]) -> str | None:
    """Does the act on a driver that fails; None where it is acknowledged, else the error's code."""
    keeper = Neo4jKeeper(server, deadline=SECONDS, wrap=driver)
    with Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS) as door:
        try:
            way.act(door, store)
        except (StoreError, RequestError) as fault:
            return fault.code
    return None


def swept(
    server: Neo4jServer, door: Authorizer, way: Way, fresh: Callable[[], str], fault: Callable[[Any, int], FaultyDriver]
) -> list[str | None]:
    """The outcomes for each call that failed, in turn, each held to what has become of the store."""
    outcomes: list[str | None] = []
    for nth in count(1):
        store = fresh()
        before = state(door, store)
        drivers: list[FaultyDriver] = []

        def wrap(driver: neo4j.Driver, nth: int = nth, drivers: list[FaultyDriver] = drivers) -> neo4j.Driver:
            drivers.append(fault(driver, nth))
            return cast(neo4j.Driver, drivers[0])

        code = attempted(server, way, store, wrap)
        after = state(door, store)
        if code is None:
            assert before != after, f"call {nth}: acknowledged, and nothing changed"
        elif code != "commit_unknown":
            assert before == after, f"call {nth}: `{code}`, and something changed"
        elif way.keyed:
            way.act(door, store)
            assert after in (before, state(door, store)), f"call {nth}: unknown, and sent again done again"
        assert changes(state(door, store)) <= changes(before) + 1
        if not drivers[0].failed:
            assert code is None
            return outcomes
        outcomes.append(code)
    raise AssertionError("unreachable")


def changes(seen: Any) -> int:
    """How many changes a state has."""
    return 0 if seen == "gone" else len(seen[0])


@pytest.mark.parametrize(
    ("when", "lasting"), FAULTS, ids=lambda one: getattr(one, "name", "lasting" if one else "once")
)
@pytest.mark.parametrize("name", WAYS)
def test_no_false_answer(
    server: Neo4jServer, authorizer: Authorizer, fresh: Callable[[], str], name: str, when: When, lasting: bool
) -> None:
    """An error means nothing changed, an answer that all did, and what is unknown its key resolves.

    A call that fails once costs nobody anything; where all fail from one on, an error is said, and the change is
    unknown only once its commit was sent.
    """
    outcomes = swept(
        server, authorizer, WAYS[name], fresh, lambda driver, nth: FaultyDriver(driver, nth, when, lasting=lasting)
    )
    assert len(outcomes) >= 3
    if not lasting:
        assert {None} == set(outcomes)
    else:
        assert {"store_unavailable", "commit_unknown"} <= set(outcomes) <= {"store_unavailable", "commit_unknown", None}


@pytest.mark.parametrize("name", ["write", "create store", "delete store"])
def test_no_false_answer_after_a_hang(
    server: Neo4jServer, authorizer: Authorizer, fresh: Callable[[], str], name: str
) -> None:
    """A call that hangs before its answer is lost is no worse than one that fails at once."""
    outcomes = swept(
        server,
        authorizer,
        WAYS[name],
        fresh,
        lambda driver, nth: FaultyDriver(driver, nth, When.HANGING, hang=HANG_SECONDS),
    )
    assert {None} == set(outcomes)
