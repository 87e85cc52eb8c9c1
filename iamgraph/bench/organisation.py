"""Makes the organisation: the same tuples and questions for the same seed and size, on every machine."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Final, NamedTuple

from iamgraph.bench.truth import Stated, Truth

# One department: a workspace, the groups of its people, its policies, labels, sources and destinations.
DEPARTMENT_TUPLES: Final = 1_900
SMALLEST: Final = 2_000
MEMBERS: Final = 240
GROUPS: Final = 40
# The groups from here on stand alone; those before are a tree of three, each below one of a third the number.
LONE_GROUPS: Final = 28
LABELS: Final = 12
SOURCES: Final = 200
DESTINATIONS: Final = 40
TOWERS: Final = 10
LEVELS: Final = 3
# How many policies have which role in a workspace, and whether they need labels.
POLICIES: Final = (
    ("source_admin", 4),
    ("source_admin_by_label", 10),
    ("source_reader", 5),
    ("source_reader_by_label", 6),
)
# What is asked, and how often of a hundred times.
ASKED: Final = (
    ("source", "can_read", 35),
    ("source", "can_edit", 35),
    ("source", "can_publish", 10),
    ("source", "viewer", 5),
    ("destination", "can_route", 10),
    ("workspace", "can_open", 5),
)


class Question(NamedTuple):
    """May the member have the relation on the object, and the right answer."""

    member: str
    relation: str
    object: str
    allowed: bool

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}@{self.member}"


@dataclass(frozen=True, slots=True)
class Organisation:
    """So many tuples, drawn by a seed."""

    seed: int
    tuples: tuple[Stated, ...]
    departments: int


def model() -> str:
    """The model's text."""
    return (resources.files("iamgraph.bench") / "organisation.fga").read_text(encoding="utf-8")


def organisation(seed: int, size: int) -> Organisation:
    """The organisation of exactly `size` tuples, at least `SMALLEST`."""
    draw = random.Random(f"{seed} {size}")  # noqa: S311 - drawn to be drawn again
    departments = max(1, size // DEPARTMENT_TUPLES - 1)
    # In this order, and each tuple once.
    tuples = dict.fromkeys(_towers())
    for number in range(departments):
        tuples.update(dict.fromkeys(_department(draw, number)))
    while len(tuples) < size:
        number = draw.randrange(departments)
        tuples[_source(draw, number), "viewer", _member(draw, number)] = None
    return Organisation(seed, tuple(tuples)[:size], departments)


def _towers() -> Iterator[Stated]:
    """Groups stacked up, to compare who is in the outermost with who is in the innermost."""
    for tower in range(TOWERS):
        yield f"source:tower-{tower}", "workspace", "workspace:0"
        yield f"source:tower-{tower}", "viewer", f"group:tower-{tower}-0#member"
        for level in range(LEVELS):
            yield f"group:tower-{tower}-{level}", "member", f"group:tower-{tower}-{level + 1}#member"
        yield f"group:tower-{tower}-0", "member", f"member:outer-{tower}"
        yield f"group:tower-{tower}-{LEVELS}", "member", f"member:inner-{tower}"


def towers(truth: Truth, innermost: bool) -> tuple[Question, ...]:
    """May each reach the source of its own tower, and of the next? `innermost` of those nested deepest."""
    name = "inner" if innermost else "outer"
    pairs = [(one, other % TOWERS) for one in range(TOWERS) for other in (one, one + 1)]
    return tuple(question(truth, f"member:{name}-{one}", "can_read", f"source:tower-{other}") for one, other in pairs)


def _department(draw: random.Random, number: int) -> Iterator[Stated]:
    yield from _people(draw, number)
    yield from _policies(draw, number)
    for source in range(SOURCES):
        yield from _source_tuples(draw, number, f"source:{number}-{source}")
    for destination in range(DESTINATIONS):
        yield f"destination:{number}-{destination}", "source", _source(draw, number)
        yield f"destination:{number}-{destination}", "operator", _somebody(draw, number)


def _people(draw: random.Random, number: int) -> Iterator[Stated]:
    workspace = f"workspace:{number}"
    for group in range(1, LONE_GROUPS):
        yield f"group:{number}-{(group - 1) // 3}", "member", f"group:{number}-{group}#member"
    for member in range(MEMBERS):
        for group in draw.sample(range(GROUPS), 2):
            yield f"group:{number}-{group}", "member", f"member:{number}-{member}"
    yield workspace, "member", f"group:{number}-0#member"
    for _ in range(2):
        yield workspace, "owner", _member(draw, number)
    for _ in range(5):
        yield workspace, "member", _somebody(draw, number)
    for _ in range(20):
        yield workspace, "suspended", _member(draw, number)


def _policies(draw: random.Random, number: int) -> Iterator[Stated]:
    for role, count in POLICIES:
        for one in range(count):
            policy = f"policy:{number}-{role}-{one}"
            yield f"workspace:{number}", role, policy
            yield policy, "holder", _somebody(draw, number)
            if role.endswith("_by_label"):
                for label in draw.sample(range(LABELS), draw.choice((1, 1, 2))):
                    yield policy, "required_label", f"label:{number}-{label}"


def _source_tuples(draw: random.Random, number: int, source: str) -> Iterator[Stated]:
    yield source, "workspace", f"workspace:{number}"
    for label in draw.sample(range(LABELS), 3):
        yield source, "label", f"label:{number}-{label}"
    yield source, "viewer", "member:*" if draw.random() < 0.01 else _somebody(draw, number)
    if draw.random() < 0.1:
        role, count = draw.choice(POLICIES)
        yield source, "admin", f"policy:{number}-{role}-{draw.randrange(count)}"
    if draw.random() < 0.5:
        # One of the large groups: few would be approvers and may edit as well.
        yield source, "approver", f"group:{number}-{draw.randrange(4)}#member"
    if draw.random() < 0.5:
        yield source, "banned", _somebody(draw, number)


def _member(draw: random.Random, number: int) -> str:
    return f"member:{number}-{draw.randrange(MEMBERS)}"


def _source(draw: random.Random, number: int) -> str:
    return f"source:{number}-{draw.randrange(SOURCES)}"


def _somebody(draw: random.Random, number: int) -> str:
    """A member, or more often a group that is not the whole department."""
    return _member(draw, number) if draw.random() < 0.3 else f"group:{number}-{draw.randrange(4, GROUPS)}#member"


# --- what is asked -----------------------------------------------------------------------------------------


def questions(made: Organisation, truth: Truth, count: int) -> tuple[Question, ...]:
    """So many distinct questions, half of them allowed. Most ask about somebody of the object's department.

    They begin with one of each relation, so that the first round plans every statement.
    """
    draw = random.Random(f"{made.seed} questions")  # noqa: S311 - as above
    found: dict[tuple[str, str, str], Question] = {}
    wanted = {True: count // 2, False: count - count // 2}
    while len(found) < count:
        one = _drawn(draw, made, truth)
        key = one[:3]
        if key not in found and wanted[one.allowed]:
            wanted[one.allowed] -= 1
            found[key] = one
    asked = list(found.values())
    draw.shuffle(asked)
    first = {one.relation: one for one in reversed(asked)}.values()
    return (*first, *(one for one in asked if one not in first))


def _drawn(draw: random.Random, made: Organisation, truth: Truth) -> Question:
    type_, relation, _ = draw.choices(ASKED, [share for *_, share in ASKED])[0]
    number = draw.randrange(made.departments)
    of_member = number if draw.random() < 0.9 else draw.randrange(made.departments)
    return question(truth, _member(draw, of_member), relation, _object(draw, type_, number))


def _object(draw: random.Random, type_: str, number: int) -> str:
    if type_ == "workspace":
        return f"workspace:{number}"
    return f"{type_}:{number}-{draw.randrange(SOURCES if type_ == 'source' else DESTINATIONS)}"


def about_one(made: Organisation, truth: Truth, count: int, each: int) -> tuple[tuple[Question, ...], ...]:
    """`count` times one member, asked about `each` sources of its department."""
    draw = random.Random(f"{made.seed} about one")  # noqa: S311 - as above
    found = []
    for _ in range(count):
        number = draw.randrange(made.departments)
        member = _member(draw, number)
        sources = draw.sample(range(SOURCES), each)
        found.append(tuple(question(truth, member, "can_read", f"source:{number}-{one}") for one in sources))
    return tuple(found)


def question(truth: Truth, member: str, relation: str, object_: str) -> Question:
    """The question with its right answer."""
    return Question(member, relation, object_, truth.allowed(member, relation, object_))
