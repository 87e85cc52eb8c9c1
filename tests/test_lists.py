"""A list is exactly what checks allow: over random models and tuples, at several page sizes, on a real Neo4j.

`IAMGRAPH_LISTS` says how many lists to make at least, `IAMGRAPH_SEED` where the randomness starts.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import IamgraphError
from iamgraph.listing import ListObjects, ListSubjects
from iamgraph.questions import WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Kind, Object, RelationTuple, Subject, Userset, Wildcard, kind_of
from tests.generators import NOW, Case, cases, wide_model_text
from tests.oracle import Oracle

pytestmark = pytest.mark.long

LISTS: Final = int(os.environ.get("IAMGRAPH_LISTS", "200"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))
SECONDS: Final = 30.0
PAGES: Final = (1, 2, 1000)
UNHEARD: Final = "unheard-of"


def test_lists_are_what_the_oracle_allows(keeper: Neo4jKeeper) -> None:
    """Every list of objects and of subjects, page by page, is the set of which the oracle says yes; an error where it
    cannot say."""
    lists = unknown = named = 0
    for case in cases(SEED, 10**9):
        for right, seen in _compared(case, keeper):
            assert right == seen
            lists += 1
            unknown += right is None
            named += len(right or ())
        if lists >= LISTS:
            break
    print(f"{lists} lists, {named} named, {unknown} unknown")  # noqa: T201
    assert named > lists * 0.3
    assert unknown < lists * 0.5


Found = frozenset[str] | None


def _compared(case: Case, keeper: Neo4jKeeper) -> Iterator[tuple[Found, Found]]:
    """For each list of the case, what is right and what was listed."""
    store = f"lists-{ULID()}"
    authorizer = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW)
    authorizer.create_store(store)
    try:
        tuples = _written(case, store, authorizer)
        oracle = Oracle(case.model, tuples, NOW)
        for i, one in enumerate(case.questions[:4]):
            limit = PAGES[i % len(PAGES)]
            asked = ListObjects(store, one.subject, one.relation, one.object.type, limit=limit)
            yield _right_objects(oracle, tuples, asked), _objects(authorizer, asked)
            if not isinstance(one.subject, Wildcard):
                of = ListSubjects(store, one.object, one.relation, kind_of(one.subject), limit=limit)
                known = {str(_of(of.kind, id_)) for id_ in _known(tuples, of.kind.type) | {of.object.id}}
                yield _right_subjects(oracle, tuples, of), _subjects(authorizer, of, known)
    finally:
        authorizer.delete_store(store)


def _written(case: Case, store: str, authorizer: Authorizer) -> tuple[RelationTuple, ...]:
    tuples = (*case.tuples, *case.leftovers)
    authorizer.write_model(store, wide_model_text(tuples))
    if tuples:
        model = authorizer.get_model(store).id
        authorizer._keeper.write(WriteRequest(store, writes=tuples), model, NOW)  # the door refuses leftovers
    authorizer.write_model(store, case.model_text)
    return tuples


# --- what is right -----------------------------------------------------------------------------------------


def _known(tuples: tuple[RelationTuple, ...], type_: str) -> set[str]:
    ends = [end for one in tuples for end in (one.object, one.subject) if not isinstance(end, Wildcard)]
    objects = {end.object if isinstance(end, Userset) else end for end in ends}
    return {one.id for one in objects if one.type == type_} | {UNHEARD}


def _right_objects(oracle: Oracle, tuples: tuple[RelationTuple, ...], asked: ListObjects) -> Found:
    found = {
        str(one): oracle.check(asked.subject, asked.relation, one)
        for one in (Object(asked.type, id_) for id_ in _known(tuples, asked.type))
    }
    return _allowed(found)


def _right_subjects(oracle: Oracle, tuples: tuple[RelationTuple, ...], asked: ListSubjects) -> Found:
    ids = _known(tuples, asked.kind.type) | {asked.object.id}
    found = {str(one): oracle.check(one, asked.relation, asked.object) for one in (_of(asked.kind, id_) for id_ in ids)}
    return _allowed(found)


def _allowed(found: dict[str, str]) -> Found:
    if "unknown" in found.values():
        return None
    return frozenset(one for one, outcome in found.items() if outcome == "allowed")


def _of(kind: Kind, id_: str) -> Subject:
    object_ = Object(kind.type, id_)
    return object_ if kind.via is None else Userset(object_, kind.via)


# --- what is listed ----------------------------------------------------------------------------------------


def _objects(authorizer: Authorizer, asked: ListObjects) -> Found:
    found: list[Object] = []
    try:
        while True:
            page = authorizer.list_objects(asked)
            assert len(page.items) <= asked.limit
            found += page.items
            if page.next_cursor is None:
                break
            asked = replace(asked, cursor=page.next_cursor)
    except IamgraphError as fault:
        assert "condition_not_evaluated" == fault.code
        return None
    assert sorted(set(found)) == found
    return frozenset(map(str, found))


def _subjects(authorizer: Authorizer, asked: ListSubjects, known: set[str]) -> Found:
    """The known subjects that the pages say may, named or by the wildcard."""
    named: list[Subject] = []
    allowed: set[str] = set()
    excepted: set[str] = set()
    try:
        while True:
            page = authorizer.list_subjects(asked)
            assert len(page.subjects) + len(page.excepted) <= asked.limit
            named += sorted((*page.subjects, *page.excepted), key=_id)
            allowed |= set(map(str, page.subjects))
            excepted |= set(map(str, page.excepted))
            if page.next_cursor is None:
                break
            asked = replace(asked, cursor=page.next_cursor)
    except IamgraphError as fault:
        assert "condition_not_evaluated" == fault.code
        return None
    assert sorted(set(named), key=_id) == named
    if page.wildcard:
        return frozenset(allowed | (known - excepted))
    assert set() == excepted
    return frozenset(allowed)


def _id(subject: Subject) -> str:
    return subject.object.id if isinstance(subject, Userset) else getattr(subject, "id", "")
