"""The files of `cypher/explore/`: each can be pasted anywhere, says what it is, and begins at an index."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from iamgraph.cookbook import names, recipe
from iamgraph.errors import RequestError
from tests.explore.conftest import Organisation
from tests.test_docs import codes, rows

DOCS = (Path(__file__).parents[2] / "docs" / "cypher.md").read_text()
EVERYTHING = {"AllNodesScan", "DirectedAllRelationshipsScan", "UndirectedAllRelationshipsScan"}
each = pytest.mark.parametrize("name", names())


@each
def test_a_file_says_what_it_is(demo: Organisation, name: str) -> None:
    """It is of Cypher 25, opens with its name and question, gives an example of each parameter, names its columns."""
    found = recipe(name)
    assert found.statement.startswith(f"CYPHER 25\n// {name}: {found.question}\n// teaches: ")
    assert set(found.examples) == set(re.findall(r"\$(\w+)", re.sub(r"//.*", "", found.statement)))
    examples = {one: value for one, value in found.examples.items() if one != "store"}
    assert found.columns == demo.ask(name, **examples).columns


@each
def test_a_file_begins_at_an_index(demo: Organisation, name: str) -> None:
    """It begins at a key or a range of keys, never at all nodes or relationships, and no pattern is without an end.

    Among few nodes the planner may find them in some other way than by the index there is.
    """
    found = recipe(name)
    first = re.sub(r"//.*", "", found.statement).split("MATCH", 2)[1]
    assert re.search(r"\{(key|store): \$store|\.key STARTS WITH \$store", first)
    with demo.keeper._reading(1) as transaction:
        bound = {**found.examples, "store": demo.store}
        plan = transaction.run("EXPLAIN\n" + found.statement, bound).consume().plan
    assert plan is not None
    assert [] == [one for one in _operators(plan) if one.split("@")[0] in EVERYTHING]
    endless = re.findall(r"\]-+>?\(?[*+]|\)\)[*+]|\{\d*,\}", found.statement)
    assert not endless or "SHORTEST" in found.statement


def _operators(plan: dict[str, Any]) -> list[str]:
    return [plan["operatorType"], *(one for child in plan.get("children", ()) for one in _operators(child))]


def test_there_are_enough() -> None:
    """At least twenty questions ship, and the docs tell each as its file does, and no other."""
    assert 20 <= len(names())
    told = {codes(row[0])[0]: row[1] for row in rows(DOCS, "Question")}
    assert {name: recipe(name).question for name in names()} == told


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ({}, "parameter_missing"),
        ({"member": "bob", "x": "y"}, "unknown_parameter"),
        ({"member": "bob", "store": "y"}, "unknown_parameter"),
    ],
)
def test_parameters_are_those_asked_for(texts: dict[str, str], code: str) -> None:
    """A parameter that lacks or is not asked for is told; the store is named in another way."""
    with pytest.raises(RequestError) as caught:
        recipe("what_can_member_do").given(texts)
    assert code == caught.value.code


def test_a_parameter_is_of_its_examples_kind() -> None:
    """An id of digits stays text, and a number of days is a number."""
    assert {"member": "007"} == recipe("what_can_member_do").given({"member": "007"})
    assert {"days": 7} == recipe("expiring_grants").given({"days": "7"})
    with pytest.raises(RequestError, match="is a number"):
        recipe("expiring_grants").given({"days": "soon"})
