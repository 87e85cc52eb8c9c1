"""The scenarios as files, and each of them held against walk over tuples in memory."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from pydantic import ValidationError

from iamgraph.authorizer import check_tuple
from iamgraph.check import walk
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.model.model import Model
from iamgraph.model.names import check_relation_exists
from iamgraph.model.parser import parse_model
from iamgraph.plan.planner import NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement
from iamgraph.questions import CheckQuestion, Decision
from iamgraph.tuples import Userset, kind_of, parse_tuple
from tests.memory import MemoryReader
from tests.scenario import Contextual, Scenario, WrittenTuple, files, load, load_all, question_of

STORE: Final = "scenarios"
MODEL_ID: Final = "01JSCENARI0000000000000000"
NOW: Final = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SECONDS: Final = 30.0
SCENARIOS: Final = load_all()

each_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.slug)


@cache
def _model(text: str) -> Model:
    return parse_model(text)


def _reader(scenario: Scenario) -> MemoryReader:
    leftovers = scenario.leftovers.leftover_tuples if scenario.leftovers is not None else ()
    return MemoryReader([one.at(NOW) for one in (*leftovers, *scenario.tuples)], STORE, MODEL_ID)


def _ask(scenario: Scenario, check: str, contextual: Contextual | None = None, *, explain: bool = False) -> Decision:
    laid = tuple(one.at(NOW) for one in contextual.tuples) if contextual is not None else ()
    question = question_of(check, STORE, laid, explain=explain)
    asking = Asking(question, CurrentModel(MODEL_ID, _model(scenario.model)), NOW, time.monotonic() + SECONDS)
    return walk.answer(_reader(scenario), asking)


# --- the files ---


def test_at_least_seventy_scenarios() -> None:
    """There are no fewer than seventy scenarios, one in each file."""
    assert len(SCENARIOS) == len(files())
    assert len(SCENARIOS) >= 70


def test_names_are_unique() -> None:
    """No two scenarios have the same name."""
    names = [one.name for one in SCENARIOS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("file", files(), ids=lambda one: one.stem)
def test_no_key_is_written_twice(file: Path) -> None:
    """No file gives a key twice, of which YAML would silently keep the last."""
    keys = re.findall(r"(?m)^(\w+):", file.read_text(encoding="utf-8"))
    assert sorted(set(keys)) == sorted(keys)


def test_the_loader_refuses_an_unknown_key(tmp_path: Path) -> None:
    """A misspelt key is refused, so that no check is lost by a slip."""
    file = tmp_path / "slip.yaml"
    file.write_text("name: a slip\nmodel: x\ndenied: ['a:1#b@c:2']\nalowed: ['a:1#b@c:3']\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="alowed"):
        load(file)


def test_the_loader_refuses_a_scenario_that_denies_nothing(tmp_path: Path) -> None:
    """A scenario without a denied check is refused."""
    file = tmp_path / "lenient.yaml"
    file.write_text("name: lenient\nmodel: x\ndenied: []\nallowed: ['a:1#b@c:3']\n", encoding="utf-8")
    with pytest.raises(ValidationError, match="denied"):
        load(file)


@each_scenario
def test_every_scenario_denies_something(scenario: Scenario) -> None:
    """Each scenario says what is denied."""
    assert len(scenario.denied) > 0


@each_scenario
def test_every_model_parses(scenario: Scenario) -> None:
    """Each model, and each older model before it, is one the language takes."""
    assert parse_model(scenario.model).types
    assert scenario.leftovers is None or parse_model(scenario.leftovers.before_model).types


@each_scenario
def test_every_tuple_can_be_written(scenario: Scenario) -> None:
    """Each tuple is one that the door lets in under the model it is written by."""
    laid = [one for each in scenario.contextual for one in each.tuples]
    _assert_writable(scenario.model, (*scenario.tuples, *laid))
    if scenario.leftovers is not None:
        _assert_writable(scenario.leftovers.before_model, scenario.leftovers.leftover_tuples)


def _assert_writable(text: str, tuples: Iterable[WrittenTuple]) -> None:
    model = _model(text)
    for one in tuples:
        check_tuple(model, one.at(NOW), "")


@each_scenario
def test_every_check_can_be_asked(scenario: Scenario) -> None:
    """Each check names types and relations that the model has."""
    model = _model(scenario.model)
    laid = [check for each in scenario.contextual for check, _ in each.expected()]
    for check in [*(check for check, _ in scenario.expected()), *laid]:
        asked = parse_tuple(check)
        check_relation_exists(model, asked.object.type, asked.relation)
        kind = kind_of(asked.subject)
        assert model.type(kind.type) is not None
        if isinstance(asked.subject, Userset):
            check_relation_exists(model, kind.type, asked.subject.relation)


# --- what they prove ---


@each_scenario
def test_walk_answers_as_the_scenario_says(scenario: Scenario) -> None:
    """Walk gives the expected answer to every check of a scenario."""
    expected = dict(scenario.expected())
    assert expected == {check: _ask(scenario, check).outcome for check in expected}


@each_scenario
def test_walk_says_why_it_does_not_know(scenario: Scenario) -> None:
    """Walk gives a reason for unknown answers, the expected one, and for no others."""
    expected = {check: None for check, _ in scenario.expected()} | {one.check: one.reason for one in scenario.unknown}
    assert expected == {check: _ask(scenario, check).reason for check in expected}


@each_scenario
def test_walk_answers_with_contextual_tuples(scenario: Scenario) -> None:
    """Walk gives the expected answer to every check with contextual tuples."""
    for each in scenario.contextual:
        expected = dict(each.expected())
        assert expected == {check: _ask(scenario, check, each).outcome for check in expected}


@each_scenario
def test_walk_shows_the_path(scenario: Scenario) -> None:
    """Where only one path proves a check, walk shows it from the subject to the object."""
    expected = {one.check: one.tuples for one in scenario.path}
    shown = {check: _ask(scenario, check, explain=True).path or () for check in expected}
    assert expected == {check: tuple(map(str, path)) for check, path in shown.items()}


@each_scenario
def test_explaining_changes_no_answer(scenario: Scenario) -> None:
    """Asked for the path, walk answers the same, and has a path exactly where it allows."""
    for check, _ in scenario.expected():
        plain, explained = _ask(scenario, check), _ask(scenario, check, explain=True)
        assert (plain.outcome, plain.allowed) == (explained.outcome, explained.path is not None)


@pytest.mark.parametrize("scenario", [one for one in SCENARIOS if one.compiles is not None], ids=lambda one: one.slug)
def test_a_scenario_compiles_as_it_says(scenario: Scenario) -> None:
    """All checks of a scenario have a statement of their own, or one of them has none, as it says."""
    refused = [check for check, _ in scenario.expected() if not _compiles(scenario, question_of(check, STORE))]
    assert scenario.compiles is (not refused), refused


def _compiles(scenario: Scenario, question: CheckQuestion) -> bool:
    kind = kind_of(question.subject)
    try:
        step = plan_relation(_model(scenario.model), question.object.type, question.relation, kind)
        return bool(check_statement(step, kind) and explain_statement(step, kind))
    except NotCompiled:
        return False
