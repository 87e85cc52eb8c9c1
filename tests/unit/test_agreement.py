"""The walk against the oracle on random cases, the planner on the same, and the generators that draw them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Final

import pytest

from iamgraph.model.parser import parse_model
from iamgraph.model.printer import print_model
from iamgraph.plan.planner import NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement
from iamgraph.tuples import kind_of
from tests.generators import NOW, Case, Question, cases, make_case, wide_model_text
from tests.memory import walked
from tests.model_texts import PROFILES, make_model
from tests.oracle import Oracle

CASES: Final = 1_500


def differences(case: Case) -> list[str]:
    """Where walk and oracle differ, with and without leftovers, and how."""
    found = []
    for tuples in (case.tuples, (*case.tuples, *case.leftovers)) if case.leftovers else (case.tuples,):
        oracle = Oracle(case.model, tuples, NOW)
        for one in case.questions:
            wanted = oracle.check(one.subject, one.relation, one.object)
            got = walked(case.model, tuples, NOW, one.subject, one.relation, one.object)
            if wanted != got:
                found.append(f"{one}: {wanted} is right, walk says {got}")
    return found


@pytest.fixture(scope="module")
def drawn() -> tuple[Case, ...]:
    """The random cases, drawn once."""
    return tuple(cases(20260301, CASES))


def test_walk_agrees(drawn: tuple[Case, ...]) -> None:
    """Walk and oracle give the same answer to every question of every case."""
    for case in drawn:
        found = differences(case)
        assert not found, "\n".join((*found, case.model_text, *map(str, case.tuples), *map(str, case.leftovers)))


def test_cases_are_of_every_sort(drawn: tuple[Case, ...]) -> None:
    """Enough of the answers are allowed, and unknown, for the agreement to mean something."""
    counted: Counter[str] = Counter()
    for case in drawn[:300]:
        oracle = Oracle(case.model, case.tuples, NOW)
        counted.update(oracle.check(one.subject, one.relation, one.object) for one in case.questions)
    assert counted["allowed"] > counted.total() * 0.15
    assert counted["denied"] > counted.total() * 0.3
    assert counted["unknown"] > 0


def compiles(case: Case, question: Question) -> bool:
    """Whether the question has statements; anything but `NotCompiled` is a fault."""
    kind = kind_of(question.subject)
    try:
        step = plan_relation(case.model, question.object.type, question.relation, kind)
    except NotCompiled:
        return False
    return check_statement(step, kind).startswith("CYPHER") and explain_statement(step, kind).startswith("CYPHER")


@pytest.mark.parametrize(("profile", "least"), [("seed_like", 1.0), ("union_only", 0.5), ("anything", 0.5)])
def test_planning_never_crashes(
    drawn: tuple[Case, ...], profile: str, least: float, record_property: Callable[[str, object], None]
) -> None:
    """Every question has its statements or a reason why not; an organisation's questions all have them."""
    found = [compiles(case, one) for case in drawn if case.profile == profile for one in case.questions]
    share = sum(found) / len(found)
    record_property("compiled", share)
    assert least <= share


# --- the generators --------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES)
def test_cases_are_repeatable(profile: str) -> None:
    """A seed gives the same case again."""
    assert make_case(7, profile) == make_case(7, profile)


def test_texts_are_printed_and_read_back(drawn: tuple[Case, ...]) -> None:
    """Every drawn model prints to a text that reads as the same model."""
    for case in drawn[:150]:
        assert case.model == parse_model(print_model(case.model))


def test_wide_model(drawn: tuple[Case, ...]) -> None:
    """The wide model allows all tuples of a case, leftovers too."""
    for case in drawn[:150]:
        tuples = (*case.tuples, *case.leftovers)
        wide = parse_model(wide_model_text(tuples))
        for one in tuples:
            relation = wide.relation(one.object.type, one.relation)
            assert relation is not None
            assert kind_of(one.subject) in {allowed.kind for allowed in relation.direct_types}


@pytest.mark.parametrize("profile", PROFILES)
def test_most_texts_are_taken(profile: str) -> None:
    """Of the texts drawn, the parser takes at least four in ten."""
    draw = random.Random(11)
    refused = sum(make_model(draw, profile)[2] for _ in range(100))
    assert refused <= 150
