"""The questions of who may: they name whom a check allows, and nobody else."""

from __future__ import annotations

from typing import Final

import pytest

from iamgraph.listing import ListObjects, ListSubjects
from iamgraph.questions import CheckBatch, CheckQuestion, Decision
from iamgraph.tuples import Kind, Object, parse_object
from tests.explore.conftest import Organisation

SOURCES: Final = ("orders", "payments", "sandbox", "visits", "patients")
PEOPLE: Final = ("ada", "bob", "cyd", "eve", "fay", "gus", "hal")
# The question, and the relation it asks of.
ASKED: Final = {
    "who_can_edit_source": "can_edit",
    "who_can_connect_warehouse": "can_connect_warehouse",
    "who_sees_personal_data": "can_see_pii",
    "paths_to_source": "can_read",
}


@pytest.fixture(params=["demo", "later"])
def organisation(request: pytest.FixtureRequest) -> Organisation:
    """The demo, and the same after a while."""
    made = request.getfixturevalue(request.param)
    assert isinstance(made, Organisation)
    return made


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", ASKED)
def test_a_question_agrees_with_check(organisation: Organisation, name: str, source: str) -> None:
    """Of all people, those a question finds for a source are those a check allows."""
    rows = organisation.ask(name, source=source)
    found = {str(row["path"].nodes[0]) if "path" in row else row["who"] for row in rows}
    assert _allowed(organisation, ASKED[name], source) == found


def _allowed(organisation: Organisation, relation: str, source: str) -> set[str]:
    object_ = parse_object(f"source:{source}")
    asked = [CheckQuestion(organisation.store, parse_object(f"member:{one}"), relation, object_) for one in PEOPLE]
    answers = organisation.authorizer.check_many(CheckBatch(organisation.store, tuple(asked)))
    return {
        str(question.subject)
        for question, one in zip(asked, answers.items, strict=True)
        if isinstance(one, Decision) and one.allowed
    }


@pytest.mark.parametrize("workspace", ["acme", "globex", "mercy"])
def test_what_few_reach_agrees_with_lists(organisation: Organisation, workspace: str) -> None:
    """Sources in one hand, and those that only owners read, are those whose lists say so."""
    sources = organisation.authorizer.list_objects(
        ListObjects(organisation.store, parse_object(f"workspace:{workspace}"), "workspace", "source")
    ).items
    assert sources
    owners = _listed(organisation, parse_object(f"workspace:{workspace}"), "owner_direct")
    editors = {one.id: _listed(organisation, one, "can_edit") - owners for one in sources}
    readers = {str(one) for one in sources if not _listed(organisation, one, "can_read") - owners}
    one_hand = [(one["source"], one["who"]) for one in organisation.ask("sources_in_one_hand", workspace=workspace)]
    assert sorted((source, *who) for source, who in editors.items() if len(who) == 1) == one_hand
    found = {one["resource"] for one in organisation.ask("only_owners_reach", workspace=workspace)}
    assert readers == {one for one in found if one.startswith("source:")}


def _listed(organisation: Organisation, object_: Object, relation: str) -> set[str]:
    kinds = (Kind("member"), Kind("token"))
    pages = (
        organisation.authorizer.list_subjects(ListSubjects(organisation.store, object_, relation, kind))
        for kind in kinds
    )
    return {str(one) for page in pages for one in page.subjects}
