"""What machines ask of writes, on a real Neo4j: options for what is there or missing, deletion by filter, keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.questions import MAX_DELETED_AT_ONCE, FilterDelete, OnExisting, OnMissing, TupleFilter, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.writing import MAX_SAMPLE
from iamgraph.tuples import RelationTuple, parse_object, parse_subject
from tests.store.given import ADA, BOB, MODEL, NOW, tuples, written
from tests.store.graph import Graph

EVE = "group:eng#member@user:eve"
NEEDED = "policy:p#required@label:eu"
HELD = "policy:p#holder@user:ada"


def expiring(text: str, hours: int) -> RelationTuple:
    """The tuple, ending so many hours after the clock's time."""
    (one,) = tuples(text)
    return RelationTuple(one.object, one.relation, one.subject, NOW + timedelta(hours=hours))


# --- what is there already ---------------------------------------------------------------------------------


def test_fail_names_the_tuple_that_is_there(door: Authorizer, store: str) -> None:
    """With `fail` a write of a tuple that is there is a conflict that names it, and nothing is written."""
    before = door.write(WriteRequest(store, writes=tuples(ADA)))
    with pytest.raises(ConflictError, match=f"`{ADA}` is there already") as refused:
        door.write(WriteRequest(store, writes=tuples(BOB, ADA), on_existing=OnExisting.FAIL))
    assert ("tuple_exists", "/writes/1") == (refused.value.code, refused.value.pointer)
    assert (before, [ADA]) == (door.get_store(store).revision, written(door, store))
    door.write(WriteRequest(store, writes=tuples(BOB), on_existing=OnExisting.FAIL))
    assert [ADA, BOB] == written(door, store)


def test_ignore_leaves_what_is_there(clocked: Authorizer, door: Authorizer, store: str) -> None:
    """With `ignore` a tuple that is there stays as it was, and the change names only what was written."""
    first = clocked.write(WriteRequest(store, writes=(expiring(ADA, 1),), by="eve"))
    clocked.write(WriteRequest(store, writes=tuples(ADA, BOB), on_existing=OnExisting.IGNORE, by="mallory"))
    kept = next(one for one in door.read(store).items if str(one) == ADA)
    assert (expiring(ADA, 1), first.number, "eve") == (kept.tuple, kept.since, kept.by)
    assert tuples(BOB) == door.changes(store)[-1].writes


@pytest.mark.parametrize("option", [OnExisting.FAIL, OnExisting.IGNORE])
def test_what_has_expired_is_not_there(clocked: Authorizer, store: str, door: Authorizer, option: OnExisting) -> None:
    """A tuple that has expired is written anew, whatever was asked for one that is there."""
    clocked.write(WriteRequest(store, writes=(expiring(ADA, -1),)))
    clocked.write(WriteRequest(store, writes=tuples(ADA), on_existing=option))
    assert tuples(ADA) == tuple(one.tuple for one in door.read(store).items)


def test_a_write_that_changes_nothing_is_no_change(door: Authorizer, store: str) -> None:
    """Where all there is to do is ignored, the answer is the newest revision, and no key is used up."""
    before = door.write(WriteRequest(store, writes=tuples(ADA)))
    nothing = WriteRequest(
        store,
        writes=tuples(ADA),
        deletes=tuples(BOB),
        idempotency_key="k1",
        on_existing=OnExisting.IGNORE,
        on_missing=OnMissing.IGNORE,
    )
    assert before == door.write(nothing) == door.get_store(store).revision
    assert 2 == len(door.changes(store))
    door.write(WriteRequest(store, writes=tuples(BOB), idempotency_key="k1"))


# --- deletion by filter ------------------------------------------------------------------------------------

KEPT = ["doc:plan#viewer@group:eng#member", "doc:plan#viewer@user:ada"]


@pytest.mark.parametrize(
    ("wanted", "gone"),
    [
        (TupleFilter("group"), [ADA, BOB, "group:ops#member@group:eng#member", "group:ops#member@user:*"]),
        (TupleFilter("group", "eng"), [ADA, BOB]),
        (TupleFilter(relation="viewer"), KEPT),
        (TupleFilter(subject=parse_subject("user:ada")), [KEPT[1], ADA]),
        (TupleFilter("doc", subject=parse_subject("user:ada")), [KEPT[1]]),
        (TupleFilter(subject_type="group"), [KEPT[0], "group:ops#member@group:eng#member"]),
        (TupleFilter("group", subject_type="user"), [ADA, BOB, "group:ops#member@user:*"]),
        (TupleFilter(subject=parse_subject("user:ada"), subject_type="group"), []),
        (TupleFilter("group", "en"), []),
    ],
    ids=lambda one: None if isinstance(one, list) else str(one).removeprefix("TupleFilter"),
)
def test_what_matches_goes_in_one_change(
    door: Authorizer, store: str, graph: Graph, wanted: TupleFilter, gone: list[str]
) -> None:
    """A deletion by filter takes exactly what a read of the filter shows, after a dry run that shows it too."""
    there = [*KEPT, ADA, BOB, "group:ops#member@group:eng#member", "group:ops#member@user:*"]
    door.write(WriteRequest(store, writes=tuples(*there)))
    request = FilterDelete(store, wanted, dry_run=True)
    dry = door.delete_matching(request)
    assert (2, len(gone), gone) == (dry.revision.number, dry.count, sorted(map(str, dry.first)))
    assert sorted(there) == graph.tuples(store)
    done = door.delete_matching(FilterDelete(store, wanted, by="eve", reason="over"))
    assert (len(gone), 3 if gone else 2) == (done.count, done.revision.number)
    assert sorted(set(there) - set(gone)) == graph.tuples(store)
    assert gone == sorted(map(str, (door.changes(store, 2) or door.changes(store))[-1].deletes))


def test_more_than_the_limit_deletes_nothing(door: Authorizer, store: str) -> None:
    """The limit is inclusive; past it nothing is deleted, by a dry run neither."""
    door.write(WriteRequest(store, writes=tuples(ADA, BOB, EVE)))
    group = TupleFilter("group")
    for dry_run in (True, False):
        with pytest.raises(LimitError, match="more than 2 tuples match: nothing is deleted") as refused:
            door.delete_matching(FilterDelete(store, group, limit=2, dry_run=dry_run))
        assert ("too_many_tuples", "/limit") == (refused.value.code, refused.value.pointer)
    assert [ADA, BOB, EVE] == written(door, store)
    assert 3 == door.delete_matching(FilterDelete(store, group, limit=3)).count


@pytest.mark.parametrize("limit", [0, -1, MAX_DELETED_AT_ONCE + 1])
def test_a_limit_has_limits(limit: int) -> None:
    """A deletion by filter takes from one to ten thousand tuples."""
    with pytest.raises(RequestError, match="`limit` must be 1 to 10000"):
        FilterDelete("s", TupleFilter("group"), limit)


def test_a_filter_of_nothing_deletes_nothing() -> None:
    """A filter without a field, which every tuple matches, is refused."""
    with pytest.raises(RequestError, match="would delete every tuple") as refused:
        FilterDelete("s", TupleFilter())
    assert "empty_filter" == refused.value.code


def test_a_dry_run_shows_a_sample(door: Authorizer, store: str) -> None:
    """A dry run counts all it finds and shows the first of them."""
    many = tuples(*(f"group:eng#member@user:{i}" for i in range(MAX_SAMPLE + 1)))
    door.write(WriteRequest(store, writes=many))
    dry = door.delete_matching(FilterDelete(store, TupleFilter("group"), dry_run=True))
    assert (MAX_SAMPLE + 1, MAX_SAMPLE) == (dry.count, len(dry.first))


@pytest.mark.parametrize(
    "wanted", [TupleFilter(subject=parse_subject("label:eu")), TupleFilter("policy", "p", subject_type="label")]
)
@pytest.mark.parametrize("dry_run", [True, False])
def test_what_a_guard_requires_is_deleted_by_name_only(
    door: Authorizer, store: str, wanted: TupleFilter, dry_run: bool
) -> None:
    """A filter by subject that would take a required label along is refused; with the relation named it passes."""
    door.write(WriteRequest(store, writes=tuples(NEEDED, HELD, "doc:plan#label@label:eu")))
    with pytest.raises(ConflictError, match=f"a guard requires `{NEEDED}`") as refused:
        door.delete_matching(FilterDelete(store, wanted, dry_run=dry_run))
    assert "object_required" == refused.value.code
    assert 3 == len(written(door, store))
    named = TupleFilter(wanted.object_type, wanted.object_id, "required", wanted.subject, wanted.subject_type)
    assert 1 == door.delete_matching(FilterDelete(store, named)).count


def test_all_that_an_object_requires_goes_together(door: Authorizer, store: str) -> None:
    """A filter by object alone takes a policy's labels: a policy that requires none grants nothing."""
    door.write(WriteRequest(store, writes=tuples(NEEDED, "policy:p#required@label:us", HELD)))
    assert 3 == door.delete_matching(FilterDelete(store, TupleFilter("policy", "p"))).count


# --- idempotency keys of every act -------------------------------------------------------------------------

ACTS: dict[str, Callable[[Authorizer, str, str | None], object]] = {
    "write": lambda door, store, reason: door.write(
        WriteRequest(store, writes=tuples(EVE), reason=reason, idempotency_key="k")
    ),
    "delete": lambda door, store, reason: door.write(
        WriteRequest(store, deletes=tuples(ADA), reason=reason, idempotency_key="k")
    ),
    "filter": lambda door, store, reason: door.delete_matching(
        FilterDelete(store, TupleFilter("group", "eng"), reason=reason, idempotency_key="k")
    ),
    "object": lambda door, store, reason: door.delete_object(
        store, parse_object("group:eng"), reason=reason, idempotency_key="k"
    ),
    "model": lambda door, store, reason: door.write_model(store, MODEL, reason=reason, idempotency_key="k"),
}


@pytest.mark.parametrize("act", ACTS)
def test_a_key_does_an_act_once(door: Authorizer, store: str, act: str) -> None:
    """Done again with its key, though all has changed meanwhile, an act answers as it did and changes nothing."""
    door.write(WriteRequest(store, writes=tuples(ADA, BOB)))
    first = ACTS[act](door, store, None)
    door.write(WriteRequest(store, writes=tuples(ADA, "doc:plan#viewer@user:ada")))
    head = door.get_store(store).revision
    assert first == ACTS[act](door, store, None)
    assert head == door.get_store(store).revision


@pytest.mark.parametrize("act", ACTS)
def test_a_key_is_bound_to_its_act(door: Authorizer, store: str, act: str) -> None:
    """A key used for one act is refused for every other, and for the same one with another reason."""
    door.write(WriteRequest(store, writes=tuples(ADA, BOB)))
    ACTS[act](door, store, None)
    head = door.get_store(store).revision
    others = [(name, None) for name in ACTS if name != act] + [(act, "another")]
    for name, reason in others:
        with pytest.raises(ConflictError) as refused:
            ACTS[name](door, store, reason)
        assert "idempotency_key_reused" == refused.value.code
    assert head == door.get_store(store).revision


def test_a_key_of_a_deletion_of_nothing_is_free(door: Authorizer, store: str) -> None:
    """A deletion that found nothing used no key up, whichever way it was asked."""
    assert 0 == door.delete_object(store, parse_object("group:none"), idempotency_key="k")[1]
    none = FilterDelete(store, TupleFilter("group", "none"), idempotency_key="k")
    assert 0 == door.delete_matching(none).count
    door.write(WriteRequest(store, writes=tuples(ADA), idempotency_key="k"))


def test_a_change_without_a_key_gets_one_nobody_can_send(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """Two equal changes without keys are two changes; what they are known by, no caller can say."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    door.write(WriteRequest(store, writes=tuples(ADA)))
    rows = keeper._alone("MATCH (c:IamChange {store: $store}) RETURN c.idempotency_key AS key", {"store": store})
    keys = {row["key"] for row in rows}
    assert 3 == len(keys)
    for key in keys:
        with pytest.raises(RequestError, match="malformed `idempotency_key`"):
            WriteRequest(store, writes=tuples(ADA), idempotency_key=key)
