"""Writes on a real Neo4j: whole or not at all, numbered without gaps, each tuple with what is known of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from iamgraph.authorizer import MAX_PRECONDITIONS, MAX_TUPLES_PER_WRITE, Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.questions import OnMissing, Precondition, TupleFilter, WriteRequest
from iamgraph.revision import Revision
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import ConditionUse, RelationTuple, parse_object, parse_subject, parse_tuple
from tests.store.given import ADA, BOB, MODEL, NOW, tuples, written
from tests.store.graph import Graph

# --- what is written ---------------------------------------------------------------------------------------


def test_a_tuple_carries_what_is_known_of_it(door: Authorizer, clocked: Authorizer, store: str) -> None:
    """A tuple comes back with its revision, time, author, reason, expiry, condition and context."""
    one = RelationTuple(
        parse_object("group:eng"),
        "member",
        parse_subject("user:ada"),
        NOW + timedelta(days=1),
        ConditionUse("office_hours", '{"hour":10}'),
    )
    revision = clocked.write(WriteRequest(store, writes=(one,), by="member:eve", reason="on call"))
    (found,) = door.read(store).items
    assert one == found.tuple
    assert (revision.number, NOW, "member:eve", "on call") == (found.since, found.at, found.by, found.reason)


def test_rewriting_replaces(door: Authorizer, store: str, graph: Graph) -> None:
    """A tuple written again stands once, with the new change's facts and none of the old ones."""
    (one,) = tuples(ADA)
    first = RelationTuple(one.object, one.relation, one.subject, NOW, ConditionUse("office_hours"))
    door.write(WriteRequest(store, writes=(first,), by="eve", reason="first"))
    revision = door.write(WriteRequest(store, writes=(one,)))
    (found,) = door.read(store).items
    assert (one, revision.number, None, None) == (found.tuple, found.since, found.by, found.reason)
    assert [ADA] == graph.tuples(store)


def test_a_change_is_remembered_as_it_was_made(door: Authorizer, store: str) -> None:
    """The change holds author, reason and all that the tuples said, expiry and condition too."""
    (ada, bob) = tuples(ADA, BOB)
    full = RelationTuple(ada.object, ada.relation, ada.subject, NOW, ConditionUse("office_hours", '{"hour":1}'))
    door.write(WriteRequest(store, writes=(bob,)))
    revision = door.write(WriteRequest(store, writes=(full,), deletes=(bob,), by="eve", reason="swap"))
    change = door.changes(store)[-1]
    assert (revision.number, "eve", "swap", None) == (change.revision, change.by, change.reason, change.model)
    assert ((full,), (bob,)) == (change.writes, change.deletes)


def test_revisions_follow_each_other(door: Authorizer, store: str) -> None:
    """Each change, a model's too, has the number after the last one's; a refused write uses none up."""
    numbers = [door.write(WriteRequest(store, writes=tuples(one))).number for one in (ADA, BOB, ADA)]
    with pytest.raises(ConflictError):
        door.write(WriteRequest(store, deletes=tuples("group:eng#member@user:eve")))
    model = door.write_model(store, MODEL)
    numbers.append(model.revision.number)
    numbers.append(door.write(WriteRequest(store, deletes=tuples(BOB))).number)
    assert list(range(2, 7)) == numbers
    assert list(range(1, 7)) == [one.revision for one in door.changes(store)]


def test_deletes_come_before_writes(door: Authorizer, store: str, graph: Graph) -> None:
    """One change may take one tuple away and give another."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    door.write(WriteRequest(store, writes=tuples(BOB), deletes=tuples(ADA)))
    assert [BOB] == graph.tuples(store)


def test_a_userset_is_deleted_alone(door: Authorizer, store: str, graph: Graph) -> None:
    """Deleting a userset, a wildcard or an object leaves the other tuples between the same ends."""
    three = ["group:eng#member@user:*", "group:eng#member@user:ada", "group:eng#member@group:eng#member"]
    door.write(WriteRequest(store, writes=tuples(*three)))
    door.write(WriteRequest(store, deletes=tuples(three[2])))
    assert sorted(three[:2]) == graph.tuples(store)


# --- all or nothing ----------------------------------------------------------------------------------------


def test_a_delete_of_what_is_missing_changes_nothing(door: Authorizer, store: str, graph: Graph) -> None:
    """A missing tuple to delete is a conflict, and nothing else of the request happens."""
    before = door.write(WriteRequest(store, writes=tuples(ADA)))
    with pytest.raises(ConflictError, match="no tuple `group:eng#member@user:eve` to delete") as refused:
        door.write(WriteRequest(store, writes=tuples(BOB), deletes=tuples(ADA, "group:eng#member@user:eve"), by="eve"))
    assert "tuple_not_found" == refused.value.code
    assert [ADA] == graph.tuples(store)
    assert before == door.get_store(store).revision


def test_on_missing_ignore_deletes_what_is_there(door: Authorizer, store: str) -> None:
    """With `on_missing` ignore the rest is done, and the change names only what was deleted."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    door.write(WriteRequest(store, deletes=tuples(ADA, BOB), on_missing=OnMissing.IGNORE))
    assert [] == written(door, store)
    assert tuples(ADA) == door.changes(store)[-1].deletes


def test_one_tuple_the_model_refuses_refuses_all(door: Authorizer, store: str, graph: Graph) -> None:
    """A tuple the model does not allow keeps every other of its request out."""
    with pytest.raises(RequestError, match="takes no `doc`"):
        door.write(WriteRequest(store, writes=tuples(ADA, "group:eng#member@doc:plan")))
    assert [] == graph.tuples(store)


@pytest.mark.parametrize(
    ("text", "must_exist", "state"), [(BOB, True, "is not there"), (ADA, False, "is there")], ids=["must", "must_not"]
)
def test_a_failed_precondition_changes_nothing(
    door: Authorizer, store: str, text: str, must_exist: bool, state: str
) -> None:
    """A precondition that does not hold is a conflict that names it, and nothing is written."""
    before = door.write(WriteRequest(store, writes=tuples(ADA)))
    condition = Precondition(parse_tuple(text), must_exist)
    with pytest.raises(ConflictError, match=f"precondition failed: `{text}` {state}"):
        door.write(WriteRequest(store, deletes=tuples(ADA), preconditions=(condition,)))
    assert before == door.get_store(store).revision
    assert [ADA] == written(door, store)


def test_preconditions_that_hold_let_the_write_pass(door: Authorizer, store: str) -> None:
    """A write whose preconditions all hold happens; they are judged on the state before it."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    conditions = (Precondition(parse_tuple(ADA)), Precondition(parse_tuple(BOB), must_exist=False))
    door.write(WriteRequest(store, writes=tuples(BOB), deletes=tuples(ADA), preconditions=conditions))
    assert [BOB] == written(door, store)


def test_exclusive_preconditions_let_one_writer_pass(door: Authorizer, store: str) -> None:
    """Of sixteen writers at once that each want to be the first member, one is."""
    start = threading.Barrier(16)

    def claim(i: int) -> bool:
        start.wait()
        nobody = tuple(
            Precondition(parse_tuple(f"group:eng#member@user:{other}"), must_exist=False) for other in range(16)
        )
        try:
            door.write(WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}"), preconditions=nobody))
        except ConflictError:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert 1 == sum(pool.map(claim, range(16)))
    assert 1 == len(written(door, store))


# --- idempotency -------------------------------------------------------------------------------------------


def test_a_key_outlives_its_model(door: Authorizer, store: str) -> None:
    """A request sent again gives its first answer, though the model has changed and would no longer take it."""
    request = WriteRequest(store, writes=tuples(ADA), idempotency_key="k1")
    first = door.write(request)
    door.write_model(store, "model\n  schema 1.1\ntype user\n")
    assert first == door.write(request)
    with pytest.raises(RequestError):
        door.write(WriteRequest(store, writes=tuples(ADA), idempotency_key="k2"))


def test_the_same_key_and_body_give_the_same_answer(door: Authorizer, store: str) -> None:
    """A request repeated with its key, even after fifty others, gives the first answer and changes nothing."""
    request = WriteRequest(store, writes=tuples(ADA), by="eve", idempotency_key="k1")
    first = door.write(request)
    for i in range(50):
        door.write(WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}"), idempotency_key=f"other{i}"))
    door.write(WriteRequest(store, deletes=tuples(ADA)))
    head = door.get_store(store).revision
    assert first == door.write(request)
    assert head == door.get_store(store).revision
    assert ADA not in written(door, store)


@pytest.mark.parametrize(
    "other",
    [
        {"writes": tuples(BOB)},
        {"writes": tuples(ADA, BOB)},
        {"writes": tuples(ADA), "by": "mallory"},
        {"writes": tuples(ADA), "reason": "why not"},
        {"writes": tuples(ADA), "on_missing": OnMissing.IGNORE},
        {"deletes": tuples(ADA)},
        {"writes": tuples(ADA), "preconditions": (Precondition(parse_tuple(ADA)),)},
        {"writes": (RelationTuple(parse_object("group:eng"), "member", parse_subject("user:ada"), NOW),)},
    ],
    ids=["tuple", "more", "by", "reason", "on_missing", "delete", "precondition", "expiry"],
)
def test_a_key_used_for_another_body_conflicts(door: Authorizer, store: str, other: dict[str, object]) -> None:
    """A key is bound to all its request said: whatever differs, the second request is refused whole."""
    first = door.write(WriteRequest(store, writes=tuples(ADA), idempotency_key="k1"))
    with pytest.raises(ConflictError) as refused:
        door.write(WriteRequest(store, idempotency_key="k1", **other))  # type: ignore[arg-type]  # one field of many
    assert "idempotency_key_reused" == refused.value.code
    assert first == door.get_store(store).revision


def test_a_refused_request_does_not_use_its_key_up(door: Authorizer, store: str) -> None:
    """A key of a request that changed nothing is free for the next try."""
    request = WriteRequest(store, deletes=tuples(ADA), idempotency_key="k1")
    with pytest.raises(ConflictError, match="to delete"):
        door.write(request)
    door.write(WriteRequest(store, writes=tuples(ADA)))
    assert 3 == door.write(request).number


def test_sixteen_at_once_with_one_key_make_one_change(door: Authorizer, store: str) -> None:
    """One request sent sixteen times at once is one change, and all are told its revision."""
    start = threading.Barrier(16)

    def send(_: int) -> Revision:
        start.wait()
        return door.write(WriteRequest(store, writes=tuples(ADA, BOB), idempotency_key="k1"))

    with ThreadPoolExecutor(16) as pool:
        revisions = set(pool.map(send, range(16)))
    assert {door.get_store(store).revision} == revisions
    assert 2 == len(door.changes(store))


def test_keys_of_two_stores_are_apart(door: Authorizer, store: str, second: str) -> None:
    """A key used in one store is free in another."""
    door.write(WriteRequest(store, writes=tuples(ADA), idempotency_key="k1"))
    door.write(WriteRequest(second, writes=tuples(BOB), idempotency_key="k1"))
    assert ([ADA], [BOB]) == (written(door, store), written(door, second))


# --- deleting an object ------------------------------------------------------------------------------------


def test_an_object_goes_with_all_it_stands_in(door: Authorizer, store: str, graph: Graph) -> None:
    """Deleting an object is one change that takes every tuple on either side, and the node."""
    around = [ADA, "group:eng#member@group:eng#member", "group:all#member@group:eng#member"]
    away = ["doc:plan#viewer@user:ada"]
    door.write(WriteRequest(store, writes=tuples(*around, *away, "doc:plan#viewer@group:eng#member")))
    revision, count = door.delete_object(store, parse_object("group:eng"), by="eve", reason="closed")
    assert (3, 4) == (revision.number, count)
    change = door.changes(store)[-1]
    assert (3, "eve", "closed") == (change.revision, change.by, change.reason)
    assert sorted([*around, "doc:plan#viewer@group:eng#member"]) == sorted(map(str, change.deletes))
    assert away == graph.tuples(store)
    assert [] == graph.rows("MATCH (n:Object {key: $key}) RETURN n", key=f"{store}/group:eng")


def test_deleting_an_unknown_object_changes_nothing(door: Authorizer, store: str) -> None:
    """An object that stands in no tuple is deleted without a change."""
    assert (door.get_store(store).revision, 0) == door.delete_object(store, parse_object("group:none"))


def test_a_label_a_guard_requires_cannot_be_deleted(door: Authorizer, store: str, graph: Graph) -> None:
    """A label some policy requires stays until the policy lets it go; deleting it would widen access."""
    needed, had = "policy:p#required@label:eu", "doc:plan#label@label:eu"
    door.write(WriteRequest(store, writes=tuples(needed, had)))
    with pytest.raises(ConflictError, match=f"`label:eu` is required by `{needed}`") as refused:
        door.delete_object(store, parse_object("label:eu"))
    assert "object_required" == refused.value.code
    assert sorted([needed, had]) == graph.tuples(store)
    door.write(WriteRequest(store, deletes=tuples(needed)))
    assert 1 == door.delete_object(store, parse_object("label:eu"))[1]


def test_a_policy_that_requires_a_label_can_be_deleted(door: Authorizer, store: str) -> None:
    """What stands on the left of a guard's tuple is free to go."""
    door.write(WriteRequest(store, writes=tuples("policy:p#required@label:eu", "policy:p#holder@user:ada")))
    assert 2 == door.delete_object(store, parse_object("policy:p"))[1]


# --- limits ------------------------------------------------------------------------------------------------


def test_a_write_takes_a_thousand_tuples_and_no_more(door: Authorizer, store: str) -> None:
    """The limit of a write is inclusive, counts writes and deletes together, and refuses the whole of it."""
    most = tuples(*(f"group:eng#member@user:{i}" for i in range(MAX_TUPLES_PER_WRITE)))
    door.write(WriteRequest(store, writes=most))
    with pytest.raises(LimitError, match="more than 1000 tuples"):
        door.write(WriteRequest(store, writes=tuples("doc:plan#viewer@user:ada"), deletes=most))
    assert sorted(map(str, most)) == written(door, store)


def test_a_write_takes_a_hundred_preconditions_and_no_more(door: Authorizer, store: str) -> None:
    """The limit of preconditions is inclusive."""
    absent = tuple(
        Precondition(parse_tuple(f"group:eng#member@user:{i}"), must_exist=False) for i in range(MAX_PRECONDITIONS + 1)
    )
    door.write(WriteRequest(store, writes=tuples(ADA), preconditions=absent[1:]))
    with pytest.raises(LimitError, match="more than 100 preconditions"):
        door.write(WriteRequest(store, writes=tuples(BOB), preconditions=absent))
    assert [ADA] == written(door, store)


def test_an_object_in_too_many_tuples_is_not_deleted(
    authorizer: Authorizer, keeper: Neo4jKeeper, store: str, graph: Graph
) -> None:
    """Past ten thousand tuples an object's deletion is refused and changes nothing; at ten thousand it happens."""
    door = Authorizer(keeper, GraphChecker(keeper), deadline=30)
    door.write_model(store, MODEL)
    key = f"{store}/group:eng"
    graph.rows(
        "CREATE (g:Object:Group {key: $key, store: $store, type: 'group', id: 'eng'}) WITH g"
        " UNWIND range(1, 10001) AS i"
        " CREATE (:Object:User {key: $store + '/user:' + i, store: $store, type: 'user', id: toString(i)})"
        "-[:MEMBER {since: 1, at: datetime()}]->(g)",
        store=store,
        key=key,
    )
    before = door.get_store(store).revision
    with pytest.raises(LimitError, match="stands in more than the 10000 tuples"):
        door.delete_object(store, parse_object("group:eng"))
    assert before == door.get_store(store).revision
    door.write(WriteRequest(store, deletes=tuples("group:eng#member@user:1")))
    assert 10_000 == door.delete_object(store, parse_object("group:eng"))[1]
    assert [] == graph.tuples(store)


def test_an_empty_write_is_refused(door: Authorizer, store: str) -> None:
    """A request that would change nothing is no change."""
    with pytest.raises(RequestError, match="nothing to write or delete"):
        door.write(WriteRequest(store))


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_tuples(door: Authorizer, store: str, limit: int) -> None:
    """Pages of no size, or of too great a one, are refused."""
    with pytest.raises(RequestError, match="`limit` must be 1 to 1000"):
        door.read(store, TupleFilter(), limit)
    with pytest.raises(RequestError, match="`limit` must be 1 to 1000"):
        door.changes(store, 0, limit)
