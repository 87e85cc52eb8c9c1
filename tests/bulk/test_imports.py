"""Imports on a real Neo4j: the graph a write makes, what is rejected, and what is written once."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Final

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.bulk.imports import Import, Importer
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import MAX_TUPLES_PER_CHUNK, Load, OnExisting, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_tuple
from tests.bulk.given import everything, imported, lines, members, rejected, replayed
from tests.conftest import SECONDS
from tests.store.given import ADA, BOB, MODEL, written
from tests.store.graph import Graph

OTHER_MODEL: Final = MODEL.replace(" user:*,", "")
ODD: Final = (
    ADA,
    BOB,
    "group:eng#member@user:*",
    "group:eng#member@group:eng#member",
    "group:eng#member@group:core#member",
    "group:ü💠##1#member@user:a/b:c@d",
    "doc:wiki#viewer@user:ada",
    "doc:wiki#policy@policy:p",
    "policy:p#holder@user:ada",
)
USED: Final = (
    '{"tuple":"group:x#member@user:ada","condition":{"name":"office_hours","context":{"hour":9,"a":[1.5,null]}}}\n'
    '{"tuple":"group:x#member@user:bob","expires_at":"2031-02-03T04:05:06.789012+02:00"}\n'
)


def test_an_import_is_as_a_write(door: Authorizer, store: str, second: str, graph: Graph) -> None:
    """An import leaves the nodes, labels, relationships and properties a write leaves, and the same change."""
    raw = lines(*ODD) + USED.encode()
    importer = Importer(door, io.BytesIO(raw), Import(store, by="eve", reason="new here"))
    (step,) = importer.steps()
    tuples = tuple(one for one in map(importer._source.read, raw.decode().splitlines()) if one is not None)
    door.write(WriteRequest(second, tuples, by="eve", reason="new here"))
    assert (len(ODD) + 2, 0) == (step.written, step.rejected)
    assert everything(graph, second) == everything(graph, store)
    ours, theirs = door.changes(store, 1)[0], door.changes(second, 1)[0]
    assert (theirs.writes, theirs.deletes, theirs.by, theirs.reason) == (
        ours.writes,
        ours.deletes,
        ours.by,
        ours.reason,
    )
    assert all(edge["dated"] for edge in everything(graph, store)[1])


def test_a_tuple_that_is_there_is_replaced(door: Authorizer, store: str, second: str, graph: Graph) -> None:
    """A tuple imported again takes the expiry and condition of the file, and is there once."""
    for one in (store, second):
        imported(door, USED.encode() + lines(*ODD), Import(one, by="dan"))
    again = lines("group:x#member@user:ada", "group:x#member@user:bob", *ODD)
    imported(door, again, Import(store, by="eve"))
    door.write(WriteRequest(second, tuple(map(parse_tuple, again.decode().replace('"', "").splitlines())), by="eve"))
    assert everything(graph, second) == everything(graph, store)
    assert replayed(door, second) == replayed(door, store)


def test_the_later_of_two_counts(door: Authorizer, store: str, graph: Graph) -> None:
    """Of a tuple named twice in a piece the later counts, unless it is refused."""
    raw = lines("group:x#member@user:bob", "group:x#member@user:ada") + USED.encode().splitlines(keepends=True)[1]
    raw += b'{"tuple":"group:x#member@user:ada","condition":{"name":"unheard_of"}}\n'
    (step,) = imported(door, raw, Import(store))
    assert (2, [(4, "tuple_not_allowed")]) == (step.written, rejected([step]))
    kept = {str(one): one.tuple.expires_at is not None for one in door.read(store).items}
    assert {"group:x#member@user:ada": False, "group:x#member@user:bob": True} == kept


def test_lines_are_rejected_one_by_one(door: Authorizer, store: str) -> None:
    """What is malformed and what the model does not take is told by line, in order; the rest is written."""
    raw = (
        lines(ADA, "group:eng#owner@user:ada", "group:eng@user:ada") + b"\xff\n\n{\n" + lines("robot:r#on@user:a", BOB)
    )
    (step,) = imported(door, raw, Import(store))
    codes = [(2, "relation_not_found"), (3, "malformed_tuple"), (4, "malformed_text")]
    assert [*codes, (6, "malformed_tuple"), (7, "type_not_found")] == rejected([step])
    assert (8, 2, 5) == (step.lines, step.written, step.rejected)
    assert [ADA, BOB] == written(door, store)
    assert ['"group:eng#owner@user:ada"', "{"] == [step.rejects[i].text for i in (0, 3)]


@pytest.mark.parametrize("bad", [b"{\n", lines("group:eng#owner@user:ada")])
def test_strict_stops_before_a_rejected_line(door: Authorizer, store: str, bad: bytes) -> None:
    """A strict import writes the pieces before the first with a rejected line, and nothing of it or after."""
    raw = members(MAX_TUPLES_PER_CHUNK) + lines(ADA) + bad + members(2 * MAX_TUPLES_PER_CHUNK, "core")
    steps = imported(door, raw, Import(store, strict=True))
    assert [False, True] == [one.stopped for one in steps]
    assert (MAX_TUPLES_PER_CHUNK, 1) == (steps[-1].written, steps[-1].rejected)
    assert 2 == len(door.changes(store))
    # What is there already is not looked up for a piece that is not written anyway.
    again = imported(door, members(1) + bad, Import(store, "again", strict=True, on_existing=OnExisting.FAIL))
    assert [(0, 1, True)] == [(one.written, one.rejected, one.stopped) for one in again]
    repaired = raw.replace(bad, lines(BOB))
    assert 3 * MAX_TUPLES_PER_CHUNK + 2 == imported(door, repaired, Import(store, strict=True))[-1].written


def test_a_dry_run_writes_nothing(door: Authorizer, store: str) -> None:
    """A dry run tells what would be written and what rejected, of all pieces, and changes nothing."""
    raw = members(MAX_TUPLES_PER_CHUNK) + b"{\n" + lines("group:eng#owner@user:ada", ADA)
    steps = imported(door, raw, Import(store, dry_run=True, strict=True))
    assert (MAX_TUPLES_PER_CHUNK + 1, 2) == (steps[-1].written, steps[-1].rejected)
    assert not steps[-1].stopped
    assert (1, []) == (len(door.changes(store)), written(door, store))


def test_a_dry_run_looks_at_what_is_there(door: Authorizer, store: str) -> None:
    """It counts and fails as the import would, also once that import was made."""
    imported(door, lines(ADA), Import(store, "first"))
    dry = Import(store, "first", dry_run=True)
    for how, count in ((OnExisting.IGNORE, 1), (OnExisting.TOUCH, 2)):
        (step,) = imported(door, lines(BOB, ADA), replace(dry, on_existing=how))
        assert count == step.written
    with pytest.raises(ConflictError, match=ADA):
        imported(door, lines(BOB, ADA), replace(dry, on_existing=OnExisting.FAIL))
    assert [ADA] == written(door, store)


def test_existing_tuples_are_left_or_refused(door: Authorizer, store: str) -> None:
    """`ignore` leaves what is there and holds, `fail` stops at it; what has expired is as if it were not there."""
    old = '{"tuple":"%s","expires_at":"%s"}\n'
    gone = "group:eng#member@user:gone"
    first = (old % (ADA, "2999-01-01T00:00:00Z") + old % (gone, "2001-01-01T00:00:00Z")).encode()
    imported(door, first, Import(store))
    with pytest.raises(ConflictError) as refused:
        imported(door, lines(BOB, ADA), Import(store, on_existing=OnExisting.FAIL))
    assert ("tuple_exists", 2) == (refused.value.code, len(door.changes(store)))
    (step,) = imported(door, lines(BOB, ADA, gone), Import(store, on_existing=OnExisting.IGNORE))
    assert 2 == step.written
    assert {ADA: True, BOB: False, gone: False} == {
        str(one): one.tuple.expires_at is not None for one in door.read(store).items
    }
    assert [BOB, gone] == list(map(str, door.changes(store, 2)[0].writes))


def test_a_chunk_that_is_written_again_counts_as_it_did(door: Authorizer, store: str) -> None:
    """Whose answer was lost is told what was written, not what was sent."""
    door.write(WriteRequest(store, (parse_tuple(ADA),)))
    load = Load(store, (parse_tuple(ADA), parse_tuple(BOB)), "import/x/1", "hash", on_existing=OnExisting.IGNORE)
    assert [1, 1] == [door.load(load).written for _ in range(2)]
    assert 3 == len(door.changes(store))


def test_an_import_is_done_once(door: Authorizer, store: str) -> None:
    """The same file again writes nothing, not even what was deleted meanwhile; with another id it is a new import."""
    raw = members(2 * MAX_TUPLES_PER_CHUNK + 1)
    first = imported(door, raw, Import(store))[-1]
    door.write(WriteRequest(store, deletes=(parse_tuple("group:eng#member@user:u1"),)))
    again = imported(door, raw, Import(store))[-1]
    assert (first.lines, 0, first.lines, 5) == (again.lines, again.written, again.skipped, len(door.changes(store)))
    assert first.written == imported(door, raw, Import(store, id="again"))[-1].written


def test_an_import_goes_on(door: Authorizer, store: str) -> None:
    """An import that was left in the middle is finished by the next run, each tuple in one change."""
    raw = members(5 * MAX_TUPLES_PER_CHUNK)
    left = Importer(door, io.BytesIO(raw), Import(store)).steps()
    next(left)
    left.close()
    before = len(door.changes(store)) - 1
    importer = Importer(door, io.BytesIO(raw), Import(store))
    last = list(importer.steps())[-1]
    assert importer.resumed
    assert (before * MAX_TUPLES_PER_CHUNK, 5 * MAX_TUPLES_PER_CHUNK) == (last.skipped, last.skipped + last.written)
    named = [str(one) for change in door.changes(store) for one in change.writes]
    assert 5 * MAX_TUPLES_PER_CHUNK == len(named) == len(set(named))


@pytest.mark.parametrize(
    "other", [{"by": "eve"}, {"reason": "else"}, {"on_existing": OnExisting.IGNORE}, {"format": "relationships"}]
)
def test_an_id_is_of_one_import(door: Authorizer, store: str, other: dict[str, object]) -> None:
    """An id used for a file is refused for another, and for the same asked for otherwise."""
    raw = b"subject,relation,object\nuser:ada,member,group:eng\n"
    imported(door, raw, Import(store, "one"))
    wanted = Import(store, "one", **other)  # type: ignore[arg-type]
    for file, again in ((raw, wanted), (raw + raw, Import(store, "one"))):
        with pytest.raises(ConflictError) as refused:
            imported(door, file, again)
        assert "import_id_reused" == refused.value.code
    assert 2 == len(door.changes(store))


@pytest.mark.parametrize("id_", ["", "a/b", "ü", "x" * 65, "a b"])
def test_malformed_ids(id_: str) -> None:
    """An id is letters, digits, `_` and `-`."""
    with pytest.raises(RequestError):
        Import("any", id_)


def test_a_model_changed_meanwhile(door: Authorizer, store: str) -> None:
    """Each piece is judged by the model that is current when it is written, though another was when it was read."""
    everyone = lines("group:eng#member@user:*")
    piece = members(MAX_TUPLES_PER_CHUNK - 1)
    raw = everyone + piece + lines("group:core#member@user:*") + piece + lines("group:x#member@user:*", ADA)
    steps = Importer(door, io.BytesIO(raw), Import(store)).steps()
    first = next(steps)
    door.write_model(store, OTHER_MODEL)
    late = [MAX_TUPLES_PER_CHUNK + 1, 2 * MAX_TUPLES_PER_CHUNK + 1]
    assert [(line, "tuple_not_allowed") for line in late] == rejected(steps)
    assert (MAX_TUPLES_PER_CHUNK, 0) == (first.written, first.rejected)
    named = [str(one) for change in door.changes(store) for one in change.writes]
    assert ["group:eng#member@user:*"] == [one for one in named if one.endswith("*")]


def test_an_old_model_in_another_process(door: Authorizer, keeper: Neo4jKeeper, store: str) -> None:
    """A door that knows an older model only neither rejects nor takes by it."""
    other = Authorizer(keeper, door._checker, deadline=SECONDS)
    other.write_model(store, OTHER_MODEL)
    door.get_model(store)
    (step,) = imported(other, lines("group:eng#member@user:*"), Import(store, dry_run=True))
    assert 1 == step.rejected
    door.write_model(store, MODEL)
    (step,) = imported(other, lines("group:eng#member@user:*"), Import(store))
    assert (1, 0) == (step.written, step.rejected)


def test_an_empty_file(door: Authorizer, store: str) -> None:
    """A file without tuples makes no change."""
    assert [] == imported(door, b"", Import(store))
    (step,) = imported(door, b"\n# nothing\n", Import(store, format="relationships"))
    assert (2, 0, 0, 1) == (step.lines, step.written, step.rejected, len(door.changes(store)))


def test_a_truncated_file_writes_whole_pieces(door: Authorizer, store: str) -> None:
    """Of gzip that ends early the whole pieces are written, and the error tells; the whole file goes on from there."""
    import gzip  # noqa: PLC0415

    raw = members(2 * MAX_TUPLES_PER_CHUNK + 10)
    packed = gzip.compress(raw)
    with pytest.raises(RequestError, match="ends early"):
        imported(door, packed[:-20], Import(store, "cut"))
    assert {0} == {len(change.writes) % MAX_TUPLES_PER_CHUNK for change in door.changes(store)}
    last = imported(door, packed, Import(store, "cut"))[-1]
    assert 2 * MAX_TUPLES_PER_CHUNK + 10 == last.written + last.skipped == len(written_all(door, store))


@pytest.mark.parametrize("store_", ["nope", "", "a/b", "\ud800"])
def test_no_such_store(door: Authorizer, store_: str) -> None:
    """There is no import into a store that is not there."""
    with pytest.raises(RequestError) as refused:
        imported(door, lines(ADA), Import(store_))
    assert "store_not_found" == refused.value.code


def test_a_store_without_a_model(authorizer: Authorizer, store: str) -> None:
    """There is no import into a store that has no model yet."""
    with pytest.raises(RequestError) as refused:
        imported(authorizer, lines(ADA), Import(store))
    assert "model_not_found" == refused.value.code


def written_all(door: Authorizer, store: str) -> list[str]:
    """Every tuple of a store, of all pages."""
    found: list[str] = []
    cursor = None
    while True:
        page = door.read(store, limit=1000, cursor=cursor)
        found += map(str, page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found
