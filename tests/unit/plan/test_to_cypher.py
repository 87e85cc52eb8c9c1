"""Plan → Cypher: the statements, and what holds of every one of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamgraph.model.model import Model
from iamgraph.plan.planner import NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement
from iamgraph.queries import node_label, relationship_type
from iamgraph.tuples import Kind
from tests.golden import assert_golden, golden_names
from tests.unit.model.made import models
from tests.unit.plan.cases import COMPILED, MODELS, Case, kind, name, plan

STRING = re.compile(r"'([^']*)'")
FIELDS = {"i", "subject", "wildcard", "object", "now"}


def statements(case: Case) -> tuple[str, str]:
    """The check and the explain statement of a case."""
    step = plan(case)
    return check_statement(step, kind(case[2])), explain_statement(step, kind(case[2]))


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_statements(case: Case) -> None:
    """Both statements of each case are a golden file."""
    check, explain = statements(case)
    assert_golden(f"cypher/{name(case)}.cypher", f"// check\n{check}\n\n// explain\n{explain}\n")


def test_every_golden_statement_is_compared_with() -> None:
    """No golden file is left over."""
    assert set(map(name, COMPILED)) == golden_names("cypher", ".cypher")


def _assert_safe(text: str, model: Model) -> None:
    """What holds of every statement, whatever the model."""
    relations = {relation.name for one in model.types for relation in one.relations}
    assert text.startswith("CYPHER 25\nUNWIND $asked.questions AS q\n")
    assert '"' not in text and "`" not in text and "\\" not in text and ";" not in text and "//" not in text
    assert {*STRING.findall(text)} <= relations | {"*"}
    assert text.count("'") == 2 * len(re.findall(r"\.via = '", text))
    assert {"asked"} == set(re.findall(r"\$(\w+)", text))
    assert set(re.findall(r"\bq\.(\w+)", text)) <= FIELDS
    _assert_balanced(STRING.sub("", text))
    _assert_names_of_the_model(STRING.sub("", text), model)


def _assert_balanced(text: str) -> None:
    closers = {"(": ")", "[": "]", "{": "}"}
    opened: list[str] = []
    for one in text:
        if one in closers:
            opened.append(closers[one])
        elif one in closers.values():
            assert one == opened.pop()
    assert [] == opened


def _assert_names_of_the_model(text: str, model: Model) -> None:
    """Every node label and relationship type is one the model, or iamgraph itself, has."""
    labels = {node_label(one.name) for one in model.types}
    types = {relationship_type(relation.name) for one in model.types for relation in one.relations}
    found = {one for group in re.findall(r"[(\[]\w*:([\w|]+)", text) for one in group.split("|")}
    assert found <= labels | types | {"Object"}


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_a_statement_holds_only_names_of_the_model(case: Case) -> None:
    """No value of a caller can be in a statement: its only literals are names of relations after `via`."""
    for text in statements(case):
        _assert_safe(text, MODELS[case[0]])


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models(), st.data())
def test_any_statement_holds_only_names_of_the_model(model: Model, data: st.DataObject) -> None:
    """The same for made-up models with words of Cypher and of the language as names, for every kind of subject."""
    pairs = [(type_.name, one.name) for type_ in model.types for one in type_.relations]
    kinds = [*(Kind(one.name) for one in model.types), Kind("user", "*"), *(Kind(*one) for one in pairs)]
    subject = data.draw(st.sampled_from(kinds))
    for type_, relation in pairs:
        try:
            step = plan_relation(model, type_, relation, subject)
        except NotCompiled:
            continue
        _assert_safe(check_statement(step, subject), model)
        _assert_safe(explain_statement(step, subject), model)


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_an_absent_node_still_gives_a_row(case: Case) -> None:
    """Subject, wildcard and object need not be in the graph: none is matched without OPTIONAL."""
    for text in statements(case):
        heads = re.findall(r"(?m)^(OPTIONAL )?MATCH \((\w+):", text)
        everyone = [("OPTIONAL ", "w")] if "(w)" in text else []
        assert [("OPTIONAL ", "s"), ("OPTIONAL ", "o"), *everyone] == heads


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_every_name_of_a_pattern_is_its_own(case: Case) -> None:
    """Within a pattern a relationship's name is bound once: twice would ask for the same relationship."""
    for text in statements(case):
        for pattern in text.split("MATCH "):
            bound = re.findall(r"\[([a-z]+\d+):", pattern)
            assert len(bound) == len(set(bound))


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_every_relationship_is_filtered(case: Case) -> None:
    """Each relationship says which `via` it allows, and takes no expired or conditional tuple, or is a guard's."""
    for text in statements(case):
        for edge in re.findall(r"-\[(\w+:\w+ WHERE [^\]]*)\]->", text):
            assert ".via " in edge or "WHERE (" not in edge
            assert ".condition IS NULL" in edge
            assert ".expires_at" in edge


@pytest.mark.parametrize("case", COMPILED, ids=name)
def test_the_same_plan_gives_the_same_statement(case: Case) -> None:
    """Neo4j keeps plans by text, so the text must not change from one worker to the next."""
    assert statements(case) == statements(case)
