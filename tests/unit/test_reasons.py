"""Why and why not, over random models and tuples in memory: every answer is what the oracle says it must be."""

from __future__ import annotations

import math
import os
from typing import Final

import pytest

from iamgraph.check.contract import CurrentModel
from iamgraph.errors import ModelError
from iamgraph.explain import why
from iamgraph.model.parser import parse_model
from iamgraph.reasons import Why, WhyQuestion
from iamgraph.tuples import RelationTuple, parse_object, parse_subject, parse_tuple
from tests.generators import NOW, Case, Question, cases
from tests.memory import MODEL, STORE, MemoryRoom, WalkChecker
from tests.reasoned import Judged

REASONS: Final = int(os.environ.get("IAMGRAPH_REASONS", "300"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))


FOLDERS: Final = """\
model
  schema 1.1
type folder
  relations
    define parent: [folder]
    define link: [folder]
    define can_view: [folder] or can_view from link
    define can_edit: can_view from parent from parent or can_view from parent
"""


def reasons(case: Case, tuples: tuple[RelationTuple, ...], one: Question) -> Why | None:
    """The reasons of one question; None where it is unknown."""
    asked = WhyQuestion(STORE, one.subject, one.relation, one.object)
    try:
        return why(MemoryRoom(tuples), WalkChecker(), asked, CurrentModel(MODEL, case.model), NOW, math.inf)
    except ModelError as unknown:
        assert "condition_not_evaluated" == unknown.code
        return None


def test_reasons_are_right() -> None:
    """Proofs prove, none of their tuples can be spared, and none is shorter; remedies flip, and none is too much."""
    judged, asked = Judged(), 0
    for case in cases(SEED, 10**9):
        tuples = (*case.tuples, *case.leftovers)
        for one in case.questions[:4]:
            found = reasons(case, tuples, one)
            judged.judge(case, tuples, one, found)
            if found is not None and asked % 3 == 0:
                judged.simpler(case, tuples, one, found)
            asked += 1
        if asked >= REASONS:
            break
    print(asked, judged.counts)  # noqa: T201
    assert judged.counts["proofs"] > asked * 0.1
    assert judged.counts["needed"] > judged.counts["proofs"] * 0.5
    assert judged.counts["remedies of 1"] > asked * 0.1
    assert judged.counts["remedies of 2"] > 0
    # What leads past what is near may be missed.
    assert judged.counts["one would do, missed"] <= judged.counts["one would do, found"] * 0.01


@pytest.mark.parametrize(
    ("tuples", "subject", "write"),
    [
        ((), "folder:a#can_view", "folder:a#parent@folder:a"),
        (("folder:b#link@folder:c",), "folder:c#can_view", "folder:a#parent@folder:b"),
    ],
)
def test_a_set_that_is_let_by_one_tuple(tuples: tuple[str, ...], subject: str, write: str) -> None:
    """A tuple that a path takes twice is found, and one that leads to what the set's own object stands in."""
    model = parse_model(FOLDERS)
    asked = WhyQuestion(STORE, parse_subject(subject), "can_edit", parse_object("folder:a"))
    room = MemoryRoom(map(parse_tuple, tuples))
    found = why(room, WalkChecker(), asked, CurrentModel(MODEL, model), NOW, math.inf)
    assert write in [str(one.writes[0]) for one in found.remedies if len(one.writes) == 1]


BANNED: Final = """\
model
  schema 1.1
type user
type doc
  relations
    define member: [user]
    define banned: [user]
    define approved: [user]
    define viewer: member but not banned
    define editor: member and approved
"""


@pytest.mark.parametrize(
    ("relation", "stopped"),
    [
        ("viewer", "user:ada has member on doc:d, but banned takes it away"),
        ("editor", "user:ada has member on doc:d, but user:ada is not approved of doc:d"),
    ],
)
def test_what_holds_and_what_does_not(relation: str, stopped: str) -> None:
    """Of an `and` or a `but not` a denial says which side the subject has, and what was in the way."""
    room = MemoryRoom(map(parse_tuple, ("doc:d#member@user:ada", "doc:d#banned@user:ada")))
    asked = WhyQuestion(STORE, parse_subject("user:ada"), relation, parse_object("doc:d"))
    found = why(room, WalkChecker(), asked, CurrentModel(MODEL, parse_model(BANNED)), NOW, math.inf)
    assert stopped == found.branches[0].stopped
