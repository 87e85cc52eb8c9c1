"""Transactions that look before they change: what they see, what they do, and what they leave alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.questions import Act, Attributes, Effect, Note, TupleFilter, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.transaction import Transaction
from iamgraph.tuples import RelationTuple, Userset, parse_object, parse_subject
from tests.store.given import ADA, BOB, ENGINEERS, NOTE, NOW, REFUSAL, session, tuples, written

WIKI: Final = parse_object("doc:wiki")
ACT: Final = Act(NOW, "eve", "because")
GUARDED: Final = tuples(
    "policy:p#holder@user:ada", "policy:p#required@label:eu", "doc:wiki#policy@policy:p", "doc:wiki#label@label:eu"
)


def decided(*writes: str, **more: Any) -> Callable[[Transaction], Effect]:
    """A decision made without looking."""
    return lambda _: Effect(NOTE, tuples(*writes), **more)


def test_what_is_seen(door: Authorizer, store: str) -> None:
    """A transaction checks and reads from every side, at one revision; what has expired is not there."""
    over = RelationTuple(WIKI, "viewer", parse_subject("user:eve"), NOW - timedelta(seconds=1))
    shared = tuples(ADA, BOB, "doc:wiki#viewer@group:eng#member", *map(str, GUARDED))
    door.write(WriteRequest(store, writes=(*shared, over)))

    def look(seen: Transaction) -> Effect:
        assert 2 == seen.info.revision.number
        assert [True, False] == [seen.check(parse_object(f"user:{one}"), "can_view", WIKI) for one in ("ada", "eve")]
        other = parse_object("doc:other")
        assert [WIKI] == seen.allowed(parse_object("user:ada"), "can_view", [other, WIKI])
        assert [True, False] == [seen.has(WIKI, "viewer", one) for one in (Userset(ENGINEERS, "member"), over.subject)]
        assert [ADA, BOB] == [str(one) for one in seen.of(ENGINEERS, "member")]
        assert [BOB] == [str(one) for one in seen.every(TupleFilter(subject=parse_subject("user:bob")))]
        beneath = seen.beneath(parse_object("policy:p"), "policy")
        of_wiki = {"doc:wiki#viewer@group:eng#member", "doc:wiki#policy@policy:p", "doc:wiki#label@label:eu"}
        assert of_wiki == {str(one) for one in beneath}
        return Effect(NOTE)

    door.transact(store, look, ACT)
    door_at = Authorizer(door._keeper, door._checker, clock=lambda: NOW)
    door_at.look(store, look)


def test_one_change(door: Authorizer, store: str) -> None:
    """All a transaction does is one change, with who did it and why; what is there already or missing is left."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    done = door.transact(store, decided(ADA, BOB, deletes=tuples("doc:wiki#viewer@user:ada")), ACT)
    assert (3, ENGINEERS) == (done.revision.number, done.object)
    change = door.changes(store, 2)[0]
    assert (3, "eve", "because", tuples(BOB), ()) == (
        change.revision,
        change.by,
        change.reason,
        change.writes,
        change.deletes,
    )
    assert 3 == door.transact(store, decided(ADA, BOB), ACT).revision.number
    assert 2 == len(door.changes(store, 1))


def test_attributes(door: Authorizer, store: str) -> None:
    """Attributes are kept on an object's node, tuples or not, change by change; None takes one away."""
    named = Attributes(ENGINEERS, {"name": "Engineering", "size": 3, "open": True})
    assert 2 == door.transact(store, decided(attributes=(named,)), ACT).revision.number
    door.transact(store, decided(ADA, attributes=(Attributes(ENGINEERS, {"size": None}),)), ACT)
    kept = door.look(store, lambda seen: seen.attributes([ENGINEERS, WIKI]))
    assert {ENGINEERS: {"name": "Engineering", "open": True}} == dict(kept)


@pytest.mark.parametrize("name", ["key", "store", "type", "id", "a b", "", "`x`"])
def test_names_no_attribute_can_have(name: str) -> None:
    """What iamgraph itself keeps on a node cannot be overwritten, and a name is a name."""
    with pytest.raises(RequestError, match="no attribute"):
        Attributes(ENGINEERS, {name: 1})


def test_removed_objects(door: Authorizer, store: str) -> None:
    """Of a removed object all goes: tuples on either side, and attributes; others' stay."""
    door.write(WriteRequest(store, writes=tuples(ADA, "doc:wiki#viewer@group:eng#member", "doc:wiki#viewer@user:bob")))
    door.transact(store, decided(attributes=(Attributes(ENGINEERS, {"name": "Engineering"}),)), ACT)
    door.transact(store, decided(removed=(ENGINEERS,)), ACT)
    assert ["doc:wiki#viewer@user:bob"] == written(door, store)
    assert {} == door.look(store, lambda seen: dict(seen.attributes([ENGINEERS])))


def test_what_a_guard_requires_is_not_removed(door: Authorizer, store: str) -> None:
    """An object a guard requires goes only together with what requires it: else access would widen."""
    door.write(WriteRequest(store, writes=GUARDED))
    label, policy = parse_object("label:eu"), parse_object("policy:p")
    with pytest.raises(ConflictError) as refused:
        door.transact(store, decided(removed=(label,)), ACT)
    assert "object_required" == refused.value.code
    assert sorted(map(str, GUARDED)) == written(door, store)
    door.transact(store, decided(removed=(label, policy)), ACT)
    assert [] == written(door, store)


def test_what_is_raised_changes_nothing(door: Authorizer, store: str) -> None:
    """A decision that fails, and one the model does not allow, leave the store as it was."""

    def fail(seen: Transaction) -> Effect:
        raise LimitError(f"enough at {seen.info.revision.number}")

    with pytest.raises(LimitError, match="enough at 1"):
        door.transact(store, fail, ACT)
    with pytest.raises(RequestError) as refused:
        door.transact(store, decided("doc:wiki#label@user:ada"), ACT)
    assert "tuple_not_allowed" == refused.value.code
    assert (1, []) == (door.get_store(store).revision.number, written(door, store))


def test_the_same_key_is_done_once(door: Authorizer, store: str) -> None:
    """With the same key and body the first answer is given again, whatever would be decided now."""
    act = replace(ACT, idempotency_key="k", body="add")
    first = door.transact(store, decided(ADA), act)
    other = Note("test", WIKI, ENGINEERS)
    assert first == door.transact(store, lambda _: Effect(other, tuples(BOB)), act)
    assert [ADA] == written(door, store)
    with pytest.raises(ConflictError) as refused:
        door.transact(store, decided(ADA), replace(act, body="other"))
    assert "idempotency_key_reused" == refused.value.code


def test_no_change_slips_between_looking_and_doing(door: Authorizer, store: str) -> None:
    """Of many that each add one member where there are fewer than three, three do: each sees all before it."""

    def add(i: int) -> bool:
        def decide(seen: Transaction) -> Effect:
            if len(seen.of(ENGINEERS, "member")) >= 3:
                raise LimitError("three are enough")
            time.sleep(0.01)
            return Effect(NOTE, tuples(f"group:eng#member@user:{i}"))

        try:
            door.transact(store, decide, ACT)
        except LimitError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert 3 == sum(pool.map(add, range(16)))
    assert 3 == len(written(door, store))


def test_nothing_is_left_of_a_store(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """Sessions and refusals go with their store, so that one made anew under its id has none."""
    door.transact(store, decided(ADA), ACT)
    keeper.create_session(store, session("s"), NOW)
    keeper.record_refusal(store, REFUSAL)
    assert keeper.get_session(store, "s") is not None
    door.delete_store(store)
    door.create_store(store)
    assert keeper.get_session(store, "s") is None
