"""Reading a store by any side, page by page, on a real Neo4j."""

from __future__ import annotations

import base64
import itertools
import json
from collections.abc import Iterator
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.questions import TupleFilter, WriteRequest
from iamgraph.tuples import Object, RelationTuple, Userset, Wildcard, parse_subject

MODEL: Final = """\
model
  schema 1.1
type user
type user-x
type group
  relations
    define member: [user, user-x, user:*, group#member, group#guest]
    define guest: [user, user-x, user:*, group#member, group#guest]
"""
# Quotes, parts of statements, parts of a tuple's own form, marks that combine, letters past the first plane.
ODD: Final = ("a", "a'", 'a"', "a`", "a#b", "a##b", "a:b", "a/b", "a@b", "$a", "a\\u0027", "\uffee", "\U0001d53c", "é")
GROUPS: Final = [Object("group", one) for one in ODD]


def everything() -> tuple[RelationTuple, ...]:
    """Tuples of each relation and kind of subject over odd ids: 112 in all."""
    found = []
    for i, group in enumerate(GROUPS):
        other = GROUPS[(i + 1) % len(GROUPS)]
        users = (Object("user", ODD[i]), Object("user-x", ODD[i]), Wildcard("user"))
        for subject in (*users, Userset(other, "member"), Userset(other, "guest"), Userset(group, "member")):
            found.append(RelationTuple(group, "member", subject))
        found.append(RelationTuple(group, "guest", Object("user", "a")))
    return (*found, *(RelationTuple(GROUPS[0], "guest", Object("user-x", one)) for one in ODD))


FILTERS: Final = {
    "all": TupleFilter(),
    "type": TupleFilter("group"),
    "type with nothing": TupleFilter("user"),
    "object": TupleFilter("group", "a"),
    "odd object": TupleFilter("group", "a#b"),
    "object and relation": TupleFilter("group", "a", "guest"),
    "relation": TupleFilter(relation="guest"),
    "subject": TupleFilter(subject=parse_subject("user:a")),
    "odd subject": TupleFilter(subject=Object("user", "\U0001d53c")),
    "userset": TupleFilter(subject=Userset(Object("group", "a'"), "guest")),
    "wildcard": TupleFilter(subject=Wildcard("user")),
    "subject and relation": TupleFilter(relation="guest", subject=parse_subject("user:a")),
    "object and subject": TupleFilter("group", "a", subject=parse_subject("user:a")),
    "type, relation and subject": TupleFilter("group", None, "member", Wildcard("user")),
    "unknown object": TupleFilter("group", "none"),
    "unknown subject": TupleFilter(subject=parse_subject("user:none")),
}


def fits(one: RelationTuple, wanted: TupleFilter) -> bool:
    """Whether a tuple passes a filter, said plainly."""
    return (
        wanted.object_type in (None, one.object.type)
        and wanted.object_id in (None, one.object.id)
        and wanted.relation in (None, one.relation)
        and wanted.subject in (None, one.subject)
    )


@pytest.fixture(scope="module")
def full(authorizer: Authorizer) -> Iterator[str]:
    """A store full of odd tuples."""
    name = f"test-{ULID()}"
    authorizer.create_store(name)
    authorizer.write_model(name, MODEL)
    authorizer.write(WriteRequest(name, writes=everything()))
    yield name
    authorizer.delete_store(name)


def pages(door: Authorizer, store: str, wanted: TupleFilter, size: int) -> list[RelationTuple]:
    """Everything a filter gives, by pages of that size."""
    found: list[RelationTuple] = []
    cursor = None
    while True:
        page = door.read(store, wanted, size, cursor)
        assert len(page.items) == size or page.next_cursor is None
        found += (one.tuple for one in page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("wanted", FILTERS.values(), ids=FILTERS)
def test_pages_of_any_size_give_the_same(authorizer: Authorizer, full: str, wanted: TupleFilter) -> None:
    """By pages of 1, 2, 7 and 1,000, a filter gives just the tuples that pass it, once each, in one order."""
    at_once = pages(authorizer, full, wanted, 1000)
    assert {one for one in everything() if fits(one, wanted)} == set(at_once)
    assert len(set(at_once)) == len(at_once)
    for size in (1, 2, 7):
        assert at_once == pages(authorizer, full, wanted, size)


def test_the_order_is_by_object_relation_and_subject(authorizer: Authorizer, full: str) -> None:
    """All tuples of an object come together, and those of one relation among them."""
    places = [(one.object, one.relation) for one in pages(authorizer, full, TupleFilter(), 7)]
    assert len(set(places)) == 1 + sum(one != other for one, other in itertools.pairwise(places))


def test_a_full_last_page_has_no_cursor(authorizer: Authorizer, full: str) -> None:
    """Where the tuples end with the page, no cursor promises more."""
    count = len(everything())
    assert authorizer.read(full, limit=count).next_cursor is None
    assert authorizer.read(full, limit=count - 1).next_cursor is not None


def test_a_cursor_goes_on_where_its_page_ended(authorizer: Authorizer, store: str) -> None:
    """Tuples deleted and written between two pages neither repeat nor hide others."""
    door = authorizer
    door.write_model(store, MODEL)
    members = [RelationTuple(Object("group", "a"), "member", Object("user", f"{i:02}")) for i in range(10)]
    door.write(WriteRequest(store, writes=tuple(members[::2])))
    page = door.read(store, limit=2)
    door.write(WriteRequest(store, writes=(members[1], members[5]), deletes=(members[2],)))
    rest = door.read(store, limit=100, cursor=page.next_cursor)
    assert [members[i] for i in (4, 5, 6, 8)] == [one.tuple for one in rest.items]


def cursor_at(*place: object) -> str:
    """A cursor made up."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


BROKEN: Final = [
    "",
    "!",
    "é",
    "AAAA",
    base64.urlsafe_b64encode(b"{}").decode(),
    base64.urlsafe_b64encode(b"null").decode(),
    base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    cursor_at(),
    cursor_at("a", "b", "c"),
    cursor_at(1, 2, 3, 4),
    cursor_at("{store}/group:a", "MEMBER", None, ""),
    cursor_at("{store}/group:a", "MEMBER", "x", "", "more"),
    cursor_at("{store}/group:a", "MEMBER", "\ud800", ""),
    cursor_at("", "", "", ""),
    cursor_at("0", "A", "", ""),
    cursor_at("{store}", "A", "", ""),
    cursor_at("{store}0", "A", "", ""),
    cursor_at("z", "A", "", ""),
]


@pytest.mark.parametrize("cursor", BROKEN, ids=lambda one: one[:24])
def test_a_damaged_cursor_is_refused(authorizer: Authorizer, full: str, cursor: str) -> None:
    """What is no cursor of this store is refused with its own code, whichever side is read."""
    for wanted in (TupleFilter(), TupleFilter(subject=parse_subject("user:a"))):
        with pytest.raises(RequestError) as refused:
            authorizer.read(full, wanted, 10, filled(cursor, full))
        assert "malformed_cursor" == refused.value.code


def filled(cursor: str, store: str) -> str:
    """A made-up cursor with the store's name in its place."""
    try:
        text = base64.urlsafe_b64decode(cursor).decode()
    except ValueError:
        return cursor
    return base64.urlsafe_b64encode(text.replace("{store}", store).encode()).decode()


def test_a_cursor_of_another_store_leaks_nothing(authorizer: Authorizer) -> None:
    """A cursor of a store whose keys lie before or after is refused: pages hold one store's tuples only."""
    ulid = ULID()
    stores = [f"test-{ulid}", f"test-{ulid}a", f"test-{ulid}-"]
    try:
        cursors = [_filled_store(authorizer, one) for one in stores]
        for asked in stores:
            for cursor, made_for in zip(cursors, stores, strict=True):
                if asked != made_for:
                    with pytest.raises(RequestError, match="the cursor is damaged, or of another question"):
                        authorizer.read(asked, TupleFilter(), 1000, cursor)
    finally:
        for one in stores:
            authorizer.delete_store(one)


def _filled_store(door: Authorizer, name: str) -> str:
    """A new store with three tuples; the cursor after its first."""
    door.create_store(name)
    door.write_model(name, MODEL)
    group = Object("group", "secret")
    writes = tuple(RelationTuple(group, "member", Object("user", f"of-{name}-{i}")) for i in range(3))
    door.write(WriteRequest(name, writes=writes))
    cursor = door.read(name, limit=1).next_cursor
    assert cursor is not None
    return cursor


def test_a_cursor_of_another_filter_stays_within_this_one(authorizer: Authorizer, full: str) -> None:
    """Handed to another filter, a cursor is refused or gives what that filter allows, never more."""
    cursors = [authorizer.read(full, one, 1).next_cursor for one in FILTERS.values()]
    for wanted in FILTERS.values():
        for cursor in filter(None, cursors):
            try:
                page = authorizer.read(full, wanted, 1000, cursor)
            except RequestError as refused:
                assert "malformed_cursor" == refused.code
                continue
            assert all(fits(one.tuple, wanted) for one in page.items)
