"""What a model must fulfil beyond its grammar: limits, entry points and cycles. Faults by name: `test_parser.py`."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings

from iamgraph.model.faults import ModelTextError, meant
from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.model.resolver import MAX_FAULTS, MAX_RELATIONS, MAX_TYPES, PARAMETER_TYPES, resolve
from iamgraph.tuples import MAX_RELATION_LENGTH, MAX_TYPE_LENGTH
from tests.unit.model.made import models
from tests.unit.model.samples import HEAD, SAMPLES

DOC = f"{HEAD}type user\ntype doc\n  relations\n    define parent: [doc]\n    define a: [user]\n"


def faults(text: str) -> list[str]:
    """The messages of all faults of a text."""
    with pytest.raises(ModelTextError) as caught:
        parse_model(text)
    return [one.message for one in caught.value.faults]


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_have_no_faults(name: str) -> None:
    """A model read from a text is resolved."""
    assert [] == resolve(parse_model(SAMPLES[name]))


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(models())
def test_made_up_models_have_no_faults(model: Model) -> None:
    """Whatever leads only to relations before it, and to itself outside `but not`, is accepted."""
    assert [] == resolve(model)


# --- limits --------------------------------------------------------------------------------------------


def _types(count: int) -> str:
    return HEAD + "".join(f"type t{i}\n" for i in range(count))


def _relations(count: int) -> str:
    return f"{HEAD}type user\n  relations\n" + "".join(f"    define r{i}: [user]\n" for i in range(count))


def test_as_many_types_as_allowed() -> None:
    """The limit of types is still inside, and one more is refused at its place."""
    assert MAX_TYPES == len(parse_model(_types(MAX_TYPES)).types)
    assert [f"more than {MAX_TYPES} types"] == faults(_types(MAX_TYPES + 1))


def test_as_many_relations_as_allowed() -> None:
    """The limit of relations on a type is still inside, and one more is refused at its place."""
    assert MAX_RELATIONS == len(parse_model(_relations(MAX_RELATIONS)).types[0].relations)
    assert [f"more than {MAX_RELATIONS} relations on type `user`"] == faults(_relations(MAX_RELATIONS + 1))


def test_the_longest_names() -> None:
    """A model can name what a tuple can name, and nothing longer."""
    type_, relation = "t" * MAX_TYPE_LENGTH, "r" * MAX_RELATION_LENGTH
    text = f"{HEAD}type {type_}\n  relations\n    define {relation}: [{type_}]\n"
    assert parse_model(text).relation(type_, relation) is not None
    assert [
        f"the name of a type is longer than {MAX_TYPE_LENGTH} characters",
        f"the name of a relation is longer than {MAX_RELATION_LENGTH} characters",
    ] == faults(text.replace(type_, type_ + "t").replace(relation, relation + "r"))


def test_faults_are_bounded() -> None:
    """A text with thousands of faults is answered with the first of them."""
    assert MAX_FAULTS == len(faults(f"{DOC}    define x: {' or '.join(f'b{i}' for i in range(1_500))}\n"))


@pytest.mark.parametrize("name", sorted(PARAMETER_TYPES - {"map", "list"}))
def test_parameter_types(name: str) -> None:
    """Every type a condition's parameter can have, by itself and held by others."""
    text = f"{HEAD}type user\n  relations\n    define a: [user with c]\n"
    parameters = f"x: {name}, y: list<{name}>, z: map<list<{name}>>"
    assert 3 == len(parse_model(f"{text}condition c({parameters}) {{ true }}\n").conditions[0].parameters)


# --- entry points --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: x"],
        ["x: y", "y: x"],
        ["x: [doc#x]"],
        ["x: x from parent"],
        ["x: a and y", "y: [doc#y]"],
        ["x: x but not a"],
        ["x: y from parent", "y: z", "z: [doc#x]"],
    ],
)
def test_a_relation_nobody_can_enter_is_refused(definitions: list[str]) -> None:
    """A relation that leads only to itself, or needs one that does, is a mistake."""
    found = faults(DOC + "".join(f"    define {one}\n" for one in definitions))
    assert "`doc#x` has no entry point: nobody can ever be in it" in found


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: a or x"],
        ["x: [user, doc#x]"],
        ["x: [user:*]"],
        ["x: a or x from parent"],
        ["x: y or a", "y: x or y"],
        ["x: a but not y", "y: [user]"],
        ["x: y from parent", "y: z", "z: [user, doc#x]"],
    ],
)
def test_a_relation_somebody_can_enter_is_accepted(definitions: list[str]) -> None:
    """Recursion is fine where a tuple somewhere begins it."""
    assert parse_model(DOC + "".join(f"    define {one}\n" for one in definitions)).relation("doc", "x") is not None


# --- cycles through `but not` --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: a but not x"],
        ["x: a but not y", "y: a or x"],
        ["x: a but not y", "y: [user, doc#x]"],
        ["x: a but not y", "y: x from parent or a"],
        ["x: a or (a but not (a and y))", "y: a or z", "z: a or x"],
        ["x: a but not (a but not x)"],
        ["y: a or x from parent", "x: a but not y from parent"],
    ],
)
def test_a_relation_that_takes_itself_away_is_refused(definitions: list[str]) -> None:
    """Through `but not` no relation may depend on itself: neither directly nor by others."""
    found = faults(DOC + "".join(f"    define {one}\n" for one in definitions))
    assert ["`doc#x` depends on itself through `but not`"] == found


@pytest.mark.parametrize(
    "definitions",
    [
        ["x: (a or x from parent) but not y", "y: [user]"],
        ["x: [user, doc#x] but not y", "y: a or y from parent"],
        ["x: a but not y", "y: a but not z", "z: [user]"],
    ],
)
def test_recursion_beside_an_exclusion_is_accepted(definitions: list[str]) -> None:
    """What is taken away may recurse by itself, and so may what it is taken from."""
    assert parse_model(DOC + "".join(f"    define {one}\n" for one in definitions)).relation("doc", "x") is not None


def _chain(last: str) -> str:
    """Twenty types of 199 relations, each leading to the next, the last of one type to the first of another."""
    places = [(i, j) for i in range(20) for j in range(199)]
    types = [f"type t{i}\n  relations\n" for i in range(20)]
    for (i, j), (to, relation) in pairwise(places):
        types[i] += f"    define r{j}: [t{to}#r{relation}]\n"
    return f"{HEAD}type user\n{''.join(types)}    define r198: {last}\n"


def test_a_chain_through_thousands_of_relations_is_resolved() -> None:
    """However long a chain, its entry is found."""
    assert 21 == len(parse_model(_chain("[user]")).types)


def test_a_chain_without_an_entry_is_refused() -> None:
    """However long a chain, it is noticed that it ends nowhere."""
    assert 20 * 199 == len(faults(_chain("[t0#r0]")))


def test_a_long_cycle_through_but_not_is_found() -> None:
    """However long the way back, the relation that takes itself away is named."""
    text = _chain("[user] but not back") + "    define back: [user, t0#r0]\n"
    assert ["`t19#r198` depends on itself through `but not`"] == faults(text)


def test_a_hint_is_given_only_for_a_name_that_looks_alike() -> None:
    """A hint at something else would mislead."""
    assert ", did you mean `viewer`?" == meant("viewr", ["owner", "viewer"])
    assert "" == meant("x", ["owner", "viewer"])
