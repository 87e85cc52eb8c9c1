"""The questions of who may: they name whom a check allows, and nobody else."""

from __future__ import annotations

from typing import Final

import pytest

from iamgraph.questions import CheckBatch, CheckQuestion, Decision
from iamgraph.tuples import parse_object
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
