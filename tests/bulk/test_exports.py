"""Exports on a real Neo4j: what is in them, that an import takes them, and that they are of one revision."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.bulk.exports import exported
from iamgraph.bulk.imports import Import
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Change, WriteRequest
from iamgraph.tuples import ConditionUse, Object, RelationTuple, Subject, Userset, Wildcard, parse_tuple
from tests.bulk.given import imported, lines, members
from tests.store.given import ADA, BOB, MODEL

TUPLES: Final = 3_500
ODD: Final = "#*:@\\\"'\U0001f4a0\uffee"
ids = st.text(
    st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zs", "Zl", "Zp"))
    | st.sampled_from("#*:@\\\"'\U0001f4a0\uffee"),
    min_size=1,
    max_size=12,
).filter(lambda text: text != "*")
contexts = st.dictionaries(
    st.text(max_size=3),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=4),
    max_size=3,
)
times = st.none() | st.datetimes(timezones=st.timezones()).filter(lambda at: 2 < at.year < 9998)


@st.composite
def tuples(draw: st.DrawFn) -> RelationTuple:
    """A tuple the model takes, of any kind."""
    group = Object("group", draw(ids))
    subject: Subject = Object("user", draw(ids))
    match draw(st.integers(0, 3)):
        case 0:
            use = ConditionUse("office_hours", json.dumps(draw(contexts)))
            return RelationTuple(group, "member", subject, draw(times), use)
        case 1:
            subject = Userset(Object("group", draw(ids)), "member")
        case 2:
            subject = Wildcard("user")
    return RelationTuple(group, "member", subject, draw(times))


def export(door: Authorizer, store: str, *, history: bool = False) -> tuple[dict[str, Any], list[str]]:
    """The header and the lines of an export."""
    with exported(door, store, history=history) as found:
        header, *rest = found
    return json.loads(header), rest


@contextmanager
def fresh(door: Authorizer) -> Iterator[str]:
    """A new store with the model."""
    name = f"test-{ULID()}"
    door.create_store(name)
    door.write_model(name, MODEL)
    yield name
    door.delete_store(name)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(written=st.lists(tuples(), max_size=25, unique_by=str))
def test_there_and_back(door: Authorizer, written: list[RelationTuple]) -> None:
    """What is exported, imported into an empty store and exported again is the same, byte by byte."""
    with fresh(door) as store, fresh(door) as other:
        if written:
            door.write(WriteRequest(store, tuple(written)))
        header, first = export(door, store)
        raw = "".join([json.dumps(header) + "\n", *first]).encode()
        (step,) = imported(door, raw, Import(other))
        assert (len(written), 0) == (step.written, step.rejected)
        assert first == export(door, other)[1]
        assert len(written) == len(first) == header["tuples"]


def test_the_header(door: Authorizer, store: str) -> None:
    """The first line says which store, revision and model the tuples are of, and how many there are."""
    imported(door, lines(ADA, BOB), Import(store))
    header, found = export(door, store)
    info, model = door.get_store(store), door.get_model(store)
    assert {
        "iamgraph": 1,
        "store": store,
        "revision": 2,
        "zookie": info.revision.zookie(),
        "model": model.id,
        "model_hash": model.hash,
        "tuples": 2,
    } == header
    assert [ADA, BOB] == [f"{one['object']}#{one['relation']}@{one['subject']}" for one in map(json.loads, found)]


def test_history(door: Authorizer, store: str) -> None:
    """With history each line tells since when, by whom and why; an import takes such lines and makes its own."""
    imported(door, lines(ADA), Import(store, by="eve", reason="new"))
    _, found = export(door, store, history=True)
    (told,) = map(json.loads, found)
    assert (2, "eve", "new") == (told["since"], told["by"], told["reason"])
    (step,) = imported(door, found[0].encode(), Import(store, by="dan"))
    assert 1 == step.written
    assert "dan" == door.read(store).items[0].by


def test_an_empty_store(authorizer: Authorizer, store: str) -> None:
    """A store without tuples, and without a model, is a header alone."""
    header, found = export(authorizer, store)
    assert (0, None, []) == (header["tuples"], header["model"], found)


def test_no_such_store(door: Authorizer) -> None:
    """There is nothing to export of a store that is not there."""
    with pytest.raises(RequestError), exported(door, "nope"):
        pass


class Meddling:
    """A door that lets something happen before each page, so that every page is of another revision."""

    def __init__(self, door: Authorizer, happen: Iterator[None]) -> None:
        self._door = door
        self._happen = happen

    def until(self, end: float) -> Any:
        """As the door, for as long."""
        return self

    def read_locked(self, *asked: Any) -> Any:
        """A page, after something has happened."""
        next(self._happen, None)
        return self._door.read_locked(*asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._door, name)


def state(changes: tuple[Change, ...]) -> list[str]:
    """What changes make of an empty store."""
    live: dict[str, RelationTuple] = {}
    for change in changes:
        for one in change.deletes:
            del live[str(one)]
        live |= {str(one): one for one in change.writes}
    return sorted(map(_said, live.values()))


def _said(one: RelationTuple) -> str:
    ends = one.expires_at.timestamp() if one.expires_at is not None else None
    return f"{one} {ends} {one.condition}"


def test_every_page_of_another_revision(door: Authorizer, store: str) -> None:
    """Though tuples come, go and change before every page, behind it and before it, the export is of one revision."""
    imported(door, members(TUPLES), Import(store))

    def happen() -> Iterator[None]:
        for i in count():
            early, late = f"group:eng#member@user:u{i}", f"group:eng#member@user:u{TUPLES - 1 - i}"
            ends = '{"tuple":"%s","expires_at":"2031-01-01T00:00:00+01:00"}\n'
            imported(door, (ends % early + ends % late).encode(), Import(store, f"changed-{i}"))
            gone = (f"group:eng#member@user:u{100 + i}", f"group:eng#member@user:u{TUPLES - 100 - i}")
            door.write(WriteRequest(store, deletes=tuple(map(parse_tuple, gone))))
            new = (f"group:a{i}#member@user:x", f"group:z{i}#member@user:x")
            door.write(WriteRequest(store, tuple(map(parse_tuple, new))))
            yield

    meddling: Any = Meddling(door, happen())
    header, found = export(meddling, store)
    assert header["revision"] >= 2 + 3 * 4
    _assert_exact(door, store, header, found)


def test_while_others_write(door: Authorizer, store: str) -> None:
    """While somebody else writes all the time, every export is what the changes up to its revision make."""
    imported(door, members(TUPLES), Import(store))
    ended = threading.Event()

    def write() -> None:
        for i in count():
            if ended.is_set():
                return
            new, old = f"group:b{i % 7}#member@user:{i}", f"group:eng#member@user:u{i % TUPLES}"
            deletes = (parse_tuple(old),) if i < TUPLES else ()
            door.write(WriteRequest(store, (parse_tuple(new),), deletes))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(2):
            _assert_exact(door, store, *export(door, store))
    finally:
        ended.set()
        writer.join()


def _assert_exact(door: Authorizer, store: str, header: dict[str, Any], found: list[str]) -> None:
    changes: list[Change] = []
    while page := door.changes(store, changes[-1].revision if changes else 0, 100):
        changes += page
    until = tuple(one for one in changes if one.revision <= header["revision"])
    said = []
    for line in found:
        one = json.loads(line)
        tuple_ = parse_tuple(f"{one['object']}#{one['relation']}@{one['subject']}")
        ends = datetime.fromisoformat(one["expires_at"]).timestamp() if "expires_at" in one else None
        said.append(f"{tuple_} {ends} None")
    assert state(until) == sorted(said)
    assert header["tuples"] == len(found)
    order = [(one["object"], one["subject"]) for one in map(json.loads, found)]
    assert sorted(order) == order


def test_a_store_made_anew(door: Authorizer) -> None:
    """A store that is deleted and made anew between two pages is not taken for one."""
    with fresh(door) as store:
        imported(door, members(TUPLES), Import(store))

        def happen() -> Iterator[None]:
            yield
            door.delete_store(store)
            door.create_store(store)
            door.write_model(store, MODEL)
            imported(door, members(TUPLES), Import(store))
            yield

        meddling: Any = Meddling(door, happen())
        with pytest.raises(ConflictError) as refused:
            export(meddling, store)
        assert "store_replaced" == refused.value.code
