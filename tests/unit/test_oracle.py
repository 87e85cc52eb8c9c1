"""The oracle, and the walk with it, against cases worked out by hand: at least one for each rule."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Final

import pytest

from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.tuples import ConditionUse, RelationTuple, parse_tuple
from tests.generators import NOW
from tests.memory import walked
from tests.model_texts import CONDITION, CONDITION_TEXT
from tests.oracle import evaluate, strata

TICK: Final = timedelta(microseconds=1)

Tuples = list[str | RelationTuple]


def model(*types: str, conditions: str = "") -> Model:
    """A model of types, each written `type | relation: rewrite | relation: rewrite`."""
    lines = ["model", "  schema 1.1", "type member"]
    for one in types:
        name, *relations = (part.strip() for part in one.split("|"))
        lines += [f"type {name}", "  relations", *(f"    define {relation}" for relation in relations)]
    return parse_model("\n".join(lines) + "\n" + conditions)


def expect(
    rules: Model,
    tuples: Tuples,
    *,
    allowed: Iterable[str] = (),
    denied: Iterable[str] = (),
    unknown: Iterable[str] = (),
) -> None:
    """Assert the answers of the oracle, and of the walk, to questions written like tuples."""
    wanted = dict.fromkeys(allowed, "allowed") | dict.fromkeys(denied, "denied") | dict.fromkeys(unknown, "unknown")
    stored = [parse_tuple(one) if isinstance(one, str) else one for one in tuples]
    asked = {text: parse_tuple(text) for text in wanted}
    for answer in (evaluate, walked):
        found = {text: answer(rules, stored, NOW, one.subject, one.relation, one.object) for text, one in asked.items()}
        assert wanted == found, answer.__name__


def each(text: str, *names: str) -> list[str]:
    """The text with each name in place of `_`."""
    return [text.replace("_", name) for name in names]


def under(text: str) -> RelationTuple:
    """The tuple, under a condition."""
    one = parse_tuple(text)
    return RelationTuple(one.object, one.relation, one.subject, condition=ConditionUse(CONDITION))


def until(text: str, left: timedelta) -> RelationTuple:
    """The tuple, for so long from now."""
    one = parse_tuple(text)
    return RelationTuple(one.object, one.relation, one.subject, NOW + left)


GROUPS: Final = model("group | member: [member, group#member]")


def test_direct() -> None:
    """A tuple gives its relation to its subject, and to nobody else."""
    expect(
        GROUPS,
        ["group:a#member@member:ada"],
        allowed=["group:a#member@member:ada"],
        denied=["group:a#member@member:bob", "group:b#member@member:ada"],
    )


def test_usersets_and_cycles() -> None:
    """Membership goes through nested groups, and a cycle of groups adds nobody."""
    nested: Tuples = [f"group:{a}#member@group:{b}#member" for a, b in ("ab", "ba", "aa")]
    expect(
        GROUPS,
        [*nested, "group:b#member@member:ada"],
        allowed=["group:a#member@member:ada"],
        denied=["group:a#member@member:bob"],
    )


def test_reflexion() -> None:
    """A userset has its own relation, at the object asked about and at those on the way, but no other's."""
    expect(
        GROUPS,
        ["group:a#member@group:b#member"],
        allowed=["group:x#member@group:x#member", "group:a#member@group:b#member", "group:a#nothing@group:a#nothing"],
        denied=["group:b#member@group:a#member"],
    )


def test_reflexion_inside_rewrites() -> None:
    """Reflexion counts where an arrow arrives, and is taken away where `but not` meets it."""
    rules = model(
        "group | parent: [group] | member: [member] or member from parent | rest: [group#member] but not member"
    )
    expect(
        rules,
        ["group:a#parent@group:b", "group:b#rest@group:b#member", "group:a#rest@group:c#member"],
        allowed=["group:a#member@group:b#member", "group:a#rest@group:c#member"],
        denied=["group:b#rest@group:b#member"],
    )


def test_wildcards() -> None:
    """A wildcard tuple stands for every object of its type, and for itself, not for other types or usersets."""
    expect(
        model("group | member: [member] | viewer: [member, member:*, group#member]"),
        ["group:a#viewer@member:*", "group:b#viewer@member:ada"],
        allowed=["group:a#viewer@member:nobody", "group:a#viewer@member:*"],
        denied=["group:a#viewer@group:a", "group:a#viewer@group:a#member", "group:b#viewer@member:*"],
    )


def test_expiry() -> None:
    """A tuple counts before its expiry, and not at it."""
    expect(
        GROUPS,
        [
            until("group:a#member@member:ada", TICK),
            until("group:a#member@member:bob", timedelta(0)),
            until("group:a#member@member:cyd", -TICK),
        ],
        allowed=["group:a#member@member:ada"],
        denied=each("group:a#member@member:_", "bob", "cyd"),
    )


def test_leftovers() -> None:
    """A tuple that the model does not allow, by kind or by condition, counts for nothing."""
    rules = model(
        "group | parent: [group] | owner: [member with weekday] | member: [member] or member from parent",
        conditions=CONDITION_TEXT,
    )
    expect(
        rules,
        [
            "group:a#member@group:b#member",
            "group:b#member@member:ada",
            "group:c#parent@group:b#member",
            "group:a#member@member:*",
            "group:a#owner@member:ada",
            under("group:a#member@member:bob"),
        ],
        allowed=["group:b#member@member:ada"],
        denied=[*each("group:_#member@member:ada", "a", "c"), "group:a#owner@member:ada", "group:a#member@member:bob"],
    )


def test_conditions() -> None:
    """A condition makes what it holds unknown, never what it cannot give: Kleene's tables."""
    rules = model(
        "group | may: [member with weekday] | is: [member] | either: may or is | both: may and is"
        " | less: is but not may | only: may but not is",
        conditions=CONDITION_TEXT,
    )
    expect(
        rules,
        [
            under("group:a#may@member:ada"),
            "group:a#is@member:ada",
            under("group:a#may@member:bob"),
            "group:a#is@member:cyd",
        ],
        allowed=["group:a#either@member:ada", *each("group:a#_@member:cyd", "either", "less")],
        denied=[
            "group:a#only@member:ada",
            *each("group:a#_@member:bob", "both", "less"),
            *each("group:a#_@member:cyd", "may", "both", "only"),
        ],
        unknown=[
            *each("group:a#_@member:ada", "may", "both", "less"),
            *each("group:a#_@member:bob", "may", "either", "only"),
        ],
    )


def test_condition_on_a_userset() -> None:
    """A condition on a group's tuple leaves unknown only those in the group."""
    expect(
        model("group | member: [member] | viewer: [group#member with weekday]", conditions=CONDITION_TEXT),
        [under("group:a#viewer@group:b#member"), "group:b#member@member:ada"],
        denied=["group:a#viewer@member:bob"],
        unknown=["group:a#viewer@member:ada"],
    )


def test_operators() -> None:
    """`or`, `and` and `but not` are union, intersection and difference of sets."""
    expect(
        model("group | x: [member] | y: [member] | any: x or y | all: x and y | less: x but not y"),
        [*each("group:a#x@member:_", "ada", "bob"), "group:a#y@member:bob"],
        allowed=[*each("group:a#any@member:_", "ada", "bob"), "group:a#all@member:bob", "group:a#less@member:ada"],
        denied=[
            "group:a#any@member:cyd",
            *each("group:a#all@member:_", "ada", "cyd"),
            *each("group:a#less@member:_", "bob", "cyd"),
        ],
    )


def test_recursion_inside_and() -> None:
    """A recursion through `and` holds only as far up as each step does: the least fixpoint."""
    ring: Tuples = [f"group:{a}#parent@group:{b}" for a, b in ("ab", "bc", "ca")]
    expect(
        model("group | parent: [group] | ok: [member] | member: [member] or (member from parent and ok)"),
        [*ring, "group:c#member@member:ada", "group:b#ok@member:ada", *each("group:_#ok@member:bob", "a", "b", "c")],
        allowed=each("group:_#member@member:ada", "c", "b"),
        denied=["group:a#member@member:ada", *each("group:_#member@member:bob", "a", "b", "c")],
    )


def test_double_negation() -> None:
    """What `but not` takes away may itself take away."""
    expect(
        model("group | x: [member] | y: [member] | z: [member] | kept: x but not (y but not z)"),
        [
            *each("group:a#x@member:_", "ada", "bob", "cyd"),
            *each("group:a#y@member:_", "bob", "cyd"),
            "group:a#z@member:cyd",
        ],
        allowed=each("group:a#kept@member:_", "ada", "cyd"),
        denied=["group:a#kept@member:bob"],
    )


def test_chained_arrow() -> None:
    """A chain is followed from the object, by live tuples only, to the types that have the relation."""
    rules = model(
        "policy | holder: [member]",
        "label | name: [member]",
        "workspace | admin: [policy, label]",
        "source | workspace: [workspace] | edit: holder from admin from workspace",
    )
    expect(
        rules,
        [
            "source:s#workspace@workspace:w",
            until("source:s#workspace@workspace:past", -TICK),
            *each("workspace:w#admin@_", "policy:p", "label:l"),
            "workspace:past#admin@policy:q",
            "policy:p#holder@member:ada",
            "policy:q#holder@member:bob",
            "label:l#holder@member:cyd",
        ],
        allowed=["source:s#edit@member:ada"],
        denied=each("source:s#edit@member:_", "bob", "cyd"),
    )


GUARDED: Final = model(
    "label",
    "policy | holder: [member] | required: [label]",
    "source | policy: [policy] | label: [label] | edit: holder from policy where required within label",
)
GRANTED: Final[Tuples] = ["source:s#policy@policy:p", "policy:p#holder@member:ada"]


@pytest.mark.parametrize(
    ("required", "within", "wanted"),
    [
        ([], [], "denied"),
        ([], ["label:x"], "denied"),
        (["label:x"], ["label:x", "label:y"], "allowed"),
        (["label:x", "label:y"], ["label:x", "label:y"], "allowed"),
        (["label:x", "label:y"], ["label:x"], "denied"),
        (["label:x", "member:x"], ["label:x", "member:x"], "denied"),
        (["label:x", "label:*"], ["label:x"], "denied"),
        (["label:x", "policy:p#holder"], ["label:x"], "denied"),
    ],
)
def test_guard(required: list[str], within: list[str], wanted: str) -> None:
    """A guard asks for something, and takes only objects that lack none of it; leftovers close it."""
    tuples = [*each("policy:p#required@_", *required), *each("source:s#label@_", *within)]
    expect(GUARDED, [*GRANTED, *tuples], **{wanted: ["source:s#edit@member:ada"]})


@pytest.mark.parametrize("mark", [lambda one: until(one, -TICK), lambda one: until(one, TICK), under])
@pytest.mark.parametrize("place", ["policy:p#required@label:y", "source:s#label@label:y"])
def test_guard_takes_lasting_tuples_only(mark: Callable[[str], RelationTuple], place: str) -> None:
    """An expiry, past or not, or a condition on either side of a guard closes it."""
    both: Tuples = ["policy:p#required@label:y", "source:s#label@label:y"]
    marked = [mark(place) if one == place else one for one in both]
    expect(GUARDED, [*GRANTED, *both], allowed=["source:s#edit@member:ada"])
    expect(GUARDED, [*GRANTED, *marked], denied=["source:s#edit@member:ada"])


def test_leftovers_open_no_guard() -> None:
    """What a guard requires by a tuple of an older model cannot be met, not even by an object that has it."""
    rules = model(
        "label",
        "policy | holder: [member] | required: [label]",
        "source | policy: [policy] | label: [label, policy] | edit: holder from policy where required within label",
    )
    both: Tuples = ["policy:p#required@policy:x", "source:s#label@policy:x"]
    expect(rules, [*GRANTED, *both], denied=["source:s#edit@member:ada"])


def test_unknown_names() -> None:
    """What nobody has heard of is denied, a relation that the type lacks included."""
    asked = ("group:x#member@member:ada", "group:a#nothing@member:ada", "ghost:a#member@member:ada")
    expect(GROUPS, ["group:a#member@member:ada"], denied=asked)


def test_odd_ids() -> None:
    """Ids are compared whole: an escaped `#`, a quote or a `*` in front mean nothing."""
    expect(
        GROUPS,
        ["group:a##b#member@member:*x", "group:it's#member@group:a##b#member"],
        allowed=["group:it's#member@member:*x"],
        denied=["group:a#member@member:*x", "group:it's#member@member:x"],
    )


def test_strata() -> None:
    """What is taken away lies in a lower layer, through computed relations and arrows too."""
    rules = model("group | up: [group] | x: [member] | y: [member] or x | a: y but not x from up | b: y but not a")
    found = [{name for _, name in layer} for layer in strata(rules)]
    wanted = [{"up", "x", "y"}, {"a"}, {"b"}]
    assert wanted == found
