"""The benchmark's organisation: the same again, allowed by the model, judged by sets as by the walk."""

from __future__ import annotations

import math
from collections import Counter
from typing import Final

import pytest

from iamgraph.authorizer import check_tuple
from iamgraph.bench.bench import as_tuple
from iamgraph.bench.organisation import (
    ASKED,
    LEVELS,
    Question,
    about_one,
    model,
    organisation,
    questions,
    towers,
)
from iamgraph.bench.truth import Stated, Truth
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.query import compiled
from iamgraph.check.walk import answer
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion, Outcome
from iamgraph.tuples import Kind, parse_object, parse_subject
from tests.generators import NOW
from tests.memory import MODEL, STORE, MemoryReader

MADE: Final = organisation(7, 2_000)
TRUTH: Final = Truth(MADE.tuples)
RULES: Final = parse_model(model())


@pytest.mark.parametrize("size", [2_000, 2_001, 10_000])
def test_it_is_as_large_as_asked(size: int) -> None:
    """So many tuples, none twice, each allowed by the model."""
    made = organisation(7, size).tuples
    assert size == len(set(made))
    for one in made:
        check_tuple(RULES, as_tuple(one), "/")


def test_it_is_the_same_again() -> None:
    """A seed and a size draw one organisation and one list of questions; another seed draws others."""
    again = organisation(7, 2_000)
    assert MADE == again
    assert questions(MADE, TRUTH, 100) == questions(again, Truth(again.tuples), 100)
    assert set(MADE.tuples) != set(organisation(8, 2_000).tuples)


def test_half_of_the_questions_are_allowed() -> None:
    """Distinct questions, half of them allowed, beginning with one of each relation that is asked."""
    asked = questions(MADE, TRUTH, 2_000)
    assert 2_000 == len({one[:3] for one in asked})
    assert Counter({True: 1_000, False: 1_000}) == Counter(one.allowed for one in asked)
    relations = {relation for _, relation, _ in ASKED}
    assert relations == {one.relation for one in asked[: len(relations)]}
    assert {(relation, allowed) for relation in relations for allowed in (True, False)} == {
        (one.relation, one.allowed) for one in asked
    }


@pytest.mark.parametrize(("type_", "relation"), [(type_, relation) for type_, relation, _ in ASKED])
def test_every_question_is_one_statement(type_: str, relation: str) -> None:
    """What is asked compiles, so the statement is measured and not the walk."""
    assert compiled(CurrentModel(MODEL, RULES), type_, relation, Kind("member")).check


def test_sets_agree_with_the_walk() -> None:
    """The evaluation by sets gives the walk's answer to every question, of every sort there is."""
    reader = MemoryReader(map(as_tuple, MADE.tuples))
    asked = (*questions(MADE, TRUTH, 400), *towers(TRUTH, innermost=True), *about_one(MADE, TRUTH, 1, 50)[0])
    assert [] == [str(one) for one in asked if one.allowed is not _walked(reader, one)]


def _walked(reader: MemoryReader, one: Question) -> bool:
    question = CheckQuestion(STORE, parse_subject(one.member), one.relation, parse_object(one.object))
    return Outcome.ALLOWED is answer(reader, Asking(question, CurrentModel(MODEL, RULES), NOW, math.inf)).outcome


class Forgetful(Truth):
    """An evaluation that knows no tuple of one relation, or of groups in groups."""

    forgotten: str

    def of(self, object_: str, relation: str) -> set[str]:
        """None of what is forgotten."""
        return set() if relation == self.forgotten else super().of(object_, relation)

    def state(self, one: Stated) -> None:
        """A group in a group only where it is not forgotten."""
        if self.forgotten != "nesting" or not (one[0].startswith("group:") and one[2].startswith("group:")):
            super().state(one)


FORGOTTEN: Final = (
    *(relation for one in RULES.types for relation in (each.name for each in one.relations) if relation != "member"),
    "nesting",
)


@pytest.mark.parametrize("forgotten", [one for one in FORGOTTEN if not one.startswith("can_")])
def test_the_questions_reach_every_rule(forgotten: str) -> None:
    """Whatever part of the model is forgotten, some question gets another answer: a fault in any would be found."""
    forgetful = type("One", (Forgetful,), {"forgotten": forgotten})(MADE.tuples)
    asked = questions(MADE, TRUTH, 2_000)
    assert [one for one in asked if forgetful.allowed(one.member, one.relation, one.object) is not one.allowed]


def test_towers_differ_in_depth_alone() -> None:
    """Innermost and outermost members get the same answers, half of them allowed, over three levels or none."""
    outer, inner = (towers(TRUTH, innermost=innermost) for innermost in (False, True))
    assert [one.allowed for one in outer] == [one.allowed for one in inner]
    assert len(outer) == 2 * sum(one.allowed for one in outer)
    stated = {(object_, subject) for object_, relation, subject in MADE.tuples if relation == "member"}
    assert ("group:tower-0-0", "member:outer-0") in stated
    assert (f"group:tower-0-{LEVELS}", "member:inner-0") in stated


@pytest.mark.parametrize(
    ("stated", "allowed"),
    [
        ([], False),
        ([("source:s", "viewer", "member:a")], True),
        ([("source:s", "viewer", "member:*")], True),
        ([("source:s", "viewer", "member:b")], False),
        ([("source:s", "viewer", "member:a"), ("source:s", "banned", "member:a")], False),
        ([("source:s", "viewer", "group:g#member"), ("group:g", "member", "member:a")], True),
        ([("source:s", "viewer", "group:g#member"), ("group:h", "member", "member:a")], False),
        (
            [
                ("source:s", "viewer", "group:g#member"),
                ("group:g", "member", "group:h#member"),
                ("group:h", "member", "member:a"),
            ],
            True,
        ),
        ([("source:s", "workspace", "workspace:w"), ("workspace:w", "owner", "member:a")], True),
        ([("workspace:w", "owner", "member:a")], False),
    ],
)
def test_reading_by_hand(stated: list[tuple[str, str, str]], allowed: bool) -> None:
    """Cases whose answer is plain: direct, by group, by nested group, by workspace, taken away."""
    assert allowed is Truth(stated).allowed("member:a", "can_read", "source:s")


@pytest.mark.parametrize(
    ("required", "carried", "allowed"),
    [((), (), False), ((), ("eu",), False), (("eu",), ("eu", "pii"), True), (("eu", "pii"), ("eu",), False)],
)
def test_labels_by_hand(required: tuple[str, ...], carried: tuple[str, ...], allowed: bool) -> None:
    """A policy by label counts if it requires a label, and the source has all it requires."""
    stated = [
        ("source:s", "workspace", "workspace:w"),
        ("workspace:w", "source_admin_by_label", "policy:p"),
        ("policy:p", "holder", "member:a"),
        *(("policy:p", "required_label", f"label:{one}") for one in required),
        *(("source:s", "label", f"label:{one}") for one in carried),
    ]
    assert allowed is Truth(stated).allowed("member:a", "can_edit", "source:s")


def test_what_is_stated_later_counts() -> None:
    """A tuple stated or unstated later changes the answer, a group's too."""
    truth = Truth([("source:s", "viewer", "group:g#member")])
    answers = []
    for change in (truth.state, truth.unstate):
        change(("group:g", "member", "member:a"))
        answers.append(truth.allowed("member:a", "viewer", "source:s"))
    assert [True, False] == answers
