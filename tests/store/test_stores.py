"""Stores and their models on a real Neo4j: apart from each other, gone when deleted, new when made again."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError, RequestError
from iamgraph.questions import CheckQuestion, Outcome, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_object, parse_subject
from tests.store.given import ADA, BOB, MODEL, tuples, written
from tests.store.graph import Graph


def test_a_new_model_is_a_change(door: Authorizer, store: str) -> None:
    """Writing a model raises the revision, is seen among the changes, and touches no tuple."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    model = door.write_model(store, MODEL + "\n# again\n", by="eve", reason="new rules")
    change = door.changes(store)[-1]
    assert (3, "eve", "new rules", model.id) == (change.revision, change.by, change.reason, change.model)
    assert ((), ()) == (change.writes, change.deletes)
    assert model == door.get_model(store)
    assert [ADA] == written(door, store)


def test_another_door_notices_a_new_model(door: Authorizer, clocked: Authorizer, store: str) -> None:
    """A door that knew the old model writes and checks by the new one, without being told."""
    question = CheckQuestion(store, parse_subject("user:ada"), "member", parse_object("group:eng"))
    clocked.write(WriteRequest(store, writes=tuples(ADA)))
    assert Outcome.ALLOWED is clocked.check(question).outcome
    door.write_model(store, MODEL.replace("[user, group#member, user:*, user with", "[group#member, user with"))
    assert Outcome.DENIED is clocked.check(question).outcome
    with pytest.raises(RequestError, match="takes no `user`"):
        clocked.write(WriteRequest(store, writes=tuples(BOB)))


def test_a_deleted_store_leaves_nothing(door: Authorizer, graph: Graph) -> None:
    """Deleting a store removes every node that bears its name."""
    name = f"test-{ULID()}"
    door.create_store(name)
    door.write_model(name, MODEL)
    door.write(WriteRequest(name, writes=tuples(ADA, BOB)))
    assert 7 == graph.nodes(name)
    door.delete_store(name)
    assert 0 == graph.nodes(name)
    with pytest.raises(RequestError, match="no store"):
        door.get_store(name)


def test_a_store_made_again_is_another(door: Authorizer, store: str) -> None:
    """A store of a used id starts empty and without a model, and refuses the zookies of the old one."""
    old = door.write(WriteRequest(store, writes=tuples(ADA)))
    door.delete_store(store)
    assert (0, None) == (door.create_store(store).revision.number, door.get_store(store).model)
    door.write_model(store, MODEL)
    door.write(WriteRequest(store, writes=tuples(BOB)))
    question = CheckQuestion(store, parse_subject("user:ada"), "member", parse_object("group:eng"), zookie=old.zookie())
    with pytest.raises(RequestError) as refused:
        door.check(question)
    assert "zookie_refused" == refused.value.code
    assert [BOB] == written(door, store)


def test_a_store_is_made_once(door: Authorizer, store: str) -> None:
    """Of sixteen who create one store at once, one does; the others are told that it exists."""
    door.delete_store(store)
    start = threading.Barrier(16)

    def create(_: int) -> str:
        start.wait()
        try:
            return str(door.create_store(store).revision.number)
        except IamgraphError as refused:
            return refused.code

    with ThreadPoolExecutor(16) as pool:
        assert ["0", *["store_exists"] * 15] == sorted(pool.map(create, range(16)))


def test_equal_ids_in_two_stores_are_two_things(door: Authorizer, store: str, second: str, graph: Graph) -> None:
    """What one store says of an object, the other does not know, whichever way it is asked."""
    door.write(WriteRequest(store, writes=tuples(ADA, "doc:plan#viewer@group:eng#member")))
    door.write(WriteRequest(second, writes=tuples(BOB, "doc:plan#viewer@group:eng#member")))
    ada, bob, doc = parse_subject("user:ada"), parse_subject("user:bob"), parse_object("doc:plan")
    answers = [
        [door.check(CheckQuestion(one, who, "can_view", doc)).allowed for who in (ada, bob)] for one in (store, second)
    ]
    assert [[True, False], [False, True]] == answers
    door.delete_object(store, parse_object("group:eng"))
    assert sorted([BOB, "doc:plan#viewer@group:eng#member"]) == graph.tuples(second)
    assert [] == graph.tuples(store)


def test_a_store_going_is_not_listed(door: Authorizer, own: Neo4jKeeper, graph: Graph, spare: str) -> None:
    """What a reader may see of a store that is deleted meanwhile, a node without its properties, is no store."""
    graph.rows("CREATE (:IamStore), (:IamStore {id: $store})", store=spare)
    try:
        listed = [one.id for one in door.list_stores()]
        assert None not in listed
        assert spare not in listed
        with pytest.raises(RequestError, match="no store"):
            own.head(spare)
    finally:
        graph.rows("MATCH (st:IamStore) WHERE st.epoch IS NULL DELETE st")


def test_a_session_going_is_none(own: Neo4jKeeper, graph: Graph, store: str) -> None:
    """So with a session that is forgotten meanwhile."""
    graph.rows("CREATE (:IamSession {store: $store, id: 'going', member: 'ada'})", store=store)
    assert own.get_session(store, "going") is None
    assert () == own.list_sessions(store, "ada")
