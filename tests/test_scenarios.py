"""Every scenario on a real Neo4j: asked of the query answerer and of walk, through the door that other doors share."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Final

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import IamgraphError
from iamgraph.model.parser import parse_model
from iamgraph.plan.planner import NotCompiled
from iamgraph.questions import Decision, Outcome, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from tests.answerers import by_query, by_walk
from tests.scenario import Contextual, Scenario, load_all, question_of

pytestmark = pytest.mark.long

NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECONDS: Final = 30.0

each_scenario = pytest.mark.parametrize("scenario", load_all(), ids=lambda one: one.slug)


@pytest.fixture
def door(keeper: Neo4jKeeper) -> Authorizer:
    """An authorizer for which it is always the time of the scenarios."""
    return Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW)


def fill(door: Authorizer, store: str, scenario: Scenario) -> CurrentModel:
    """The scenario in an empty store: what an older model left behind, its model, its tuples."""
    if scenario.leftovers is not None:
        door.write_model(store, scenario.leftovers.before_model)
        left = tuple(one.at(NOW) for one in scenario.leftovers.leftover_tuples)
        door.write(WriteRequest(store, writes=left))
    stored = door.write_model(store, scenario.model)
    if scenario.tuples:
        door.write(WriteRequest(store, writes=tuple(one.at(NOW) for one in scenario.tuples)))
    return CurrentModel(stored.id, parse_model(scenario.model))


def outcome(door: Authorizer, store: str, check: str, contextual: Contextual | None = None) -> str:
    """What the door answers: an outcome, or the code of the error that an unknown answer ends in."""
    laid = tuple(one.at(NOW) for one in contextual.tuples) if contextual is not None else ()
    try:
        return door.check(question_of(check, store, laid)).outcome.value
    except IamgraphError as error:
        return error.code


def ask(answerer: Callable[[Asking], Decision], current: CurrentModel, store: str, check: str) -> Decision | None:
    """What one answerer says, with the path; None where there is no statement."""
    question = question_of(check, store, explain=True)
    try:
        return answerer(Asking(question, current, NOW, time.monotonic() + SECONDS))
    except NotCompiled:
        return None


@each_scenario
def test_a_scenario_holds(scenario: Scenario, keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """The door, the query answerer and walk each give the expected answer to every check, with the expected path."""
    current = fill(door, store, scenario)
    reasons = {one.check: one.reason.value for one in scenario.unknown}
    expected = {check: reasons.get(check, what.value) for check, what in scenario.expected()}
    assert expected == {check: outcome(door, store, check) for check in expected}
    paths = {one.check: one.tuples for one in scenario.path}
    for answerer in (partial(by_query, keeper), partial(by_walk, keeper)):
        for check, what in scenario.expected():
            decision = ask(answerer, current, store, check)
            if decision is not None:
                assert (check, what) == (check, decision.outcome)
                assert (what is Outcome.ALLOWED) == (decision.path is not None)
                if check in paths:
                    assert paths[check] == tuple(map(str, decision.path or ()))
    for each in scenario.contextual:
        wanted = {check: what.value for check, what in each.expected()}
        assert wanted == {check: outcome(door, store, check, each) for check in wanted}
