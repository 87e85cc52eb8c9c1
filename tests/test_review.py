"""A review is exactly what checks allow, whole and page by page; who has one path only is who loses by any of it.

`IAMGRAPH_REVIEWS` says of how many random models and tuples reviews are made.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import IamgraphError, LimitError, RequestError
from iamgraph.listing import ListSubjects
from iamgraph.printing import as_csv, as_html, as_json, report_of
from iamgraph.questions import WriteRequest
from iamgraph.review import MAX_REVIEWED, Reviewed, ReviewQuestion, review_report
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Kind, Object, parse_object, parse_tuple
from tests.generators import NOW, Case, cases, wide_model_text

MODEL = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type doc
  relations
    define banned: [user]
    define owner: [user]
    define viewer: ([user, user:*, group#member] or owner) but not banned
"""
REVIEWS = int(os.environ.get("IAMGRAPH_REVIEWS", "5"))
WIKI = parse_object("doc:wiki")
Told = set[tuple[str, str, bool]]


@pytest.fixture
def wiki(authorizer: Authorizer, store: str) -> str:
    """A store where ada owns and views by a group, bob views by the group and cyd by two."""
    authorizer.write_model(store, MODEL)
    texts = (
        *("doc:wiki#owner@user:ada", "group:eng#member@user:ada", "group:eng#member@user:bob"),
        *("group:eng#member@user:cyd", "group:ops#member@user:cyd"),
        *("doc:wiki#viewer@group:eng#member", "doc:wiki#viewer@group:ops#member"),
    )
    authorizer.write(WriteRequest(store, writes=tuple(map(parse_tuple, texts)), by="eve", reason="a start"))
    return store


def seen(items: tuple[Reviewed, ...]) -> Told:
    """What a review says, without how."""
    return {(str(one.subject), one.relation, one.allowed) for one in items}


def whole(authorizer: Authorizer, store: str, **more: object) -> tuple[Reviewed, ...]:
    """All of a review."""
    return authorizer.review(ReviewQuestion(store, WIKI, whole=True, **more)).items  # type: ignore[arg-type] # of the test


def test_each_access_with_its_path(authorizer: Authorizer, wiki: str) -> None:
    """Who has what, through which tuples and in words, since when, by whom and why; what a later tuple completed is
    since that."""
    late = parse_tuple("group:eng#member@user:dan")
    authorizer.write(WriteRequest(wiki, writes=(late,), by="ada", reason="joined"))
    found = {(str(one.subject), one.relation): one for one in whole(authorizer, wiki)}
    assert {"ada", "bob", "cyd", "dan"} == {one.split(":")[1] for one, relation in found if relation == "viewer"}
    dan = found["user:dan", "viewer"]
    assert [str(late), "doc:wiki#viewer@group:eng#member"] == list(map(str, dan.path))
    assert "user:dan is member of group:eng; group:eng#member is viewer of doc:wiki" == dan.through
    assert dan.newest is not None
    assert (3, "ada", "joined") == (dan.newest.since, dan.newest.by, dan.newest.reason)
    assert found["user:bob", "viewer"].newest != dan.newest


def test_everybody_and_who_may_not(authorizer: Authorizer, wiki: str) -> None:
    """Where everybody may, that is one line, and who may not is told."""
    texts = ("doc:wiki#viewer@user:*", "doc:wiki#banned@user:bob")
    authorizer.write(WriteRequest(wiki, writes=tuple(map(parse_tuple, texts))))
    found = seen(whole(authorizer, wiki, relations=frozenset({"viewer"})))
    assert {("user:*", "viewer", True), ("user:bob", "viewer", False), ("user:cyd", "viewer", True)} <= found


def test_pages_join(authorizer: Authorizer, wiki: str) -> None:
    """Pages of every size together are the whole; after a change the next is still of the same revision."""
    expected = seen(whole(authorizer, wiki))
    for limit in (1, 2, 3, 1000):
        asked = ReviewQuestion(wiki, WIKI, limit=limit)
        found: list[Reviewed] = []
        while True:
            page = authorizer.review(asked)
            assert len(page.items) <= limit
            found += page.items
            if page.next_cursor is None:
                break
            asked = replace(asked, cursor=page.next_cursor)
        assert len(expected) == len(found)
        assert expected == seen(tuple(found))
    first = authorizer.review(ReviewQuestion(wiki, WIKI, limit=1))
    authorizer.write(WriteRequest(wiki, deletes=(parse_tuple("group:eng#member@user:bob"),)))
    rest = authorizer.review(ReviewQuestion(wiki, WIKI, limit=1000, cursor=first.next_cursor))
    assert expected == seen(first.items + rest.items)
    assert first.revision == rest.revision


def test_by_one_path_only(authorizer: Authorizer, wiki: str) -> None:
    """bob has one path; ada, who owns and is in the group, and cyd, who is in two, have more, until one goes."""
    asked = {"relations": frozenset({"viewer"}), "one_path": True}
    assert {"user:bob"} == {str(one.subject) for one in whole(authorizer, wiki, **asked)}
    authorizer.write(WriteRequest(wiki, deletes=(parse_tuple("doc:wiki#viewer@group:ops#member"),)))
    assert {"user:bob", "user:cyd"} == {str(one.subject) for one in whole(authorizer, wiki, **asked)}


def test_types_narrow(authorizer: Authorizer, wiki: str) -> None:
    """Only subjects of the types asked for are told."""
    assert () == whole(authorizer, wiki, types=frozenset({"group"}))
    assert whole(authorizer, wiki) == whole(authorizer, wiki, types=frozenset({"user"}))


@pytest.mark.parametrize(
    ("object_", "more", "code"),
    [
        ("file:wiki", {}, "type_not_found"),
        ("doc:wiki", {"relations": frozenset({"editor"})}, "relation_not_found"),
        ("doc:wiki", {"types": frozenset({"robot"})}, "type_not_found"),
        ("doc:wiki", {"limit": 0}, "malformed_limit"),
        ("doc:wiki", {"cursor": "abc"}, "malformed_cursor"),
        ("doc:wiki", {"cursor": "abc", "whole": True}, "malformed_cursor"),
    ],
)
def test_wrong_calls(authorizer: Authorizer, wiki: str, object_: str, more: dict[str, object], code: str) -> None:
    """What the model lacks or nobody can ask is refused."""
    with pytest.raises(RequestError) as refused:
        authorizer.review(ReviewQuestion(wiki, parse_object(object_), **more))  # type: ignore[arg-type] # of the test
    assert code == refused.value.code


@pytest.mark.long
def test_too_many_at_once(authorizer: Authorizer, wiki: str) -> None:
    """A whole review of more than the limit is an error, never a short one; a page of it is answered."""
    for i in range(0, MAX_REVIEWED, 1000):
        people = (parse_tuple(f"doc:wiki#banned@user:{each:05}") for each in range(i, i + 1000))
        authorizer.write(WriteRequest(wiki, writes=tuple(people)))
    with pytest.raises(LimitError) as refused:
        whole(authorizer, wiki)
    assert "report_too_large" == refused.value.code
    assert 3 == len(authorizer.review(ReviewQuestion(wiki, WIKI, limit=3)).items)


@pytest.mark.long
def test_a_review_is_what_the_lists_are(keeper: Neo4jKeeper) -> None:
    """On random models and tuples: for every relation, exactly the subjects of the lists; an error where they fail."""
    door = Authorizer(keeper, GraphChecker(keeper), deadline=30.0, clock=lambda: NOW)
    told = sum(_compared(door, case) for case in cases(20261125, REVIEWS))
    assert told > REVIEWS


def _compared(door: Authorizer, case: Case) -> int:
    store = f"review-{ULID()}"
    door.create_store(store)
    try:
        door.write_model(store, wide_model_text([*case.tuples, *case.leftovers]))
        tuples = (*case.tuples, *case.leftovers)
        door._keeper.write(WriteRequest(store, writes=tuples), door.get_model(store).id, NOW)
        door.write_model(store, case.model_text)
        objects = sorted({one.object for one in case.tuples})[:3]
        return sum(_same(door, case, ReviewQuestion(store, one, whole=True)) for one in objects)
    finally:
        door.delete_store(store)


def _same(door: Authorizer, case: Case, asked: ReviewQuestion) -> int:
    try:
        right = _by_lists(door, case, asked.store, asked.object)
    except IamgraphError:
        with pytest.raises(IamgraphError):
            door.review(asked)
        return 0
    found = door.review(asked).items
    assert right == seen(found), (case.model_text, asked.object)
    assert all(one.path or not one.allowed for one in found)
    return len(found)


def _by_lists(door: Authorizer, case: Case, store: str, of: Object) -> Told:
    found: Told = set()
    relations = next(one.relations for one in case.model.types if one.name == of.type)
    for relation in relations:
        for type_ in case.model.types:
            page = door.list_subjects(ListSubjects(store, of, relation.name, Kind(type_.name), whole=True))
            found |= {(f"{type_.name}:*", relation.name, True)} if page.wildcard else set()
            found |= {(str(one), relation.name, True) for one in page.subjects}
            found |= {(str(one), relation.name, False) for one in page.excepted}
    return found


# --- as text -----------------------------------------------------------------------------------------------


def test_as_json_csv_and_a_page(authorizer: Authorizer, wiki: str) -> None:
    """JSON gives the same report back; CSV has a row a line and no formula; the page escapes all and runs nothing."""
    evil = "=cmd()|<script>alert('x')</script>&\""
    told = (parse_tuple("doc:wiki#owner@user:<b>x"),)
    authorizer.write(WriteRequest(wiki, writes=told, by="eve", reason=evil))
    report = review_report(authorizer.review(ReviewQuestion(wiki, WIKI, whole=True)), "<i>key</i>")
    assert report == report_of(json.loads(as_json(report)))
    lines = list(as_csv(report))
    assert ",".join(report.columns) + "\r\n" == lines[0]
    assert len(report.rows) + 1 == len(lines)
    assert any("'=cmd()" in one for one in lines)
    page = as_html(report)
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>key" not in page
    assert "&lt;script&gt;" in page.replace("<wbr>", "")
    assert "default-src &#39;none&#39;" in page
