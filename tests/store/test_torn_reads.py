"""No check sees half of a change: answers that no revision gives, looked for while tuples are swapped.

`IAMGRAPH_ROUNDS` says how many checks to make. The same search finds torn answers once nobody looks whether a
write came between, which proves that it can.
"""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Final, TypeVar

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.graph import GraphChecker
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion, Decision, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jReader, Neo4jServer
from iamgraph.tuples import Object, RelationTuple, parse_object, parse_tuple
from tests.answerers import by_query

pytestmark = pytest.mark.long

ROUNDS: Final = int(os.environ.get("IAMGRAPH_ROUNDS", "300"))
CAP: Final = 20_000
READERS: Final = 2
PAD: Final = 10
FAR: Final = 4
NEAR: Final = 150
SEEN: Final = 400
SECONDS: Final = 30.0
T = TypeVar("T")

# Between `first` and `last` stand relations that search long and find nobody, so that a statement reads one of
# the two early and the other late.
MODEL: Final = "\n".join(
    [
        "model",
        "  schema 1.1",
        "type user",
        "type group",
        "  relations",
        "    define member: [user, group#member]",
        "type doc",
        "  relations",
        "    define first: [user, group#member]",
        "    define last: [user, group#member]",
        "    define seen: [user]",
        *(f"    define near{i}: [doc]" for i in range(FAR)),
        f"    define far: {' or '.join(f'seen from near{i}' for i in range(FAR))}",
        "    define either: first or far or last",
        "    define first_alone: first but not (far or last)",
        "",
    ]
)
USER: Final = Object("user", "ada")


def _tuples(*texts: str) -> tuple[RelationTuple, ...]:
    return tuple(map(parse_tuple, texts))


# In every revision Ada has exactly one of `first` and `last` on `one` and `group_one`, by a tuple of her own or by
# a group she is in; and on `both` and `group_both` she has both of them, or neither.
GROUPS: Final = _tuples(
    "doc:group_one#first@group:left#member",
    "doc:group_one#last@group:right#member",
    "doc:group_both#first@group:above#member",
    "doc:group_both#last@group:below#member",
    "group:left#member@group:left2#member",
    "group:below#member@group:below2#member",
)
EVEN: Final = _tuples(
    "doc:one#first@user:ada",
    "doc:both#first@user:ada",
    "doc:both#last@user:ada",
    "group:left2#member@user:ada",
    "group:above#member@user:ada",
    "group:below2#member@user:ada",
)
ODD: Final = _tuples("doc:one#last@user:ada", "group:right#member@user:ada")
# What else a change carries, so that its commit takes a while.
PADS: Final = tuple(_tuples(*(f"doc:pad{i}#first@user:pad{side}" for i in range(PAD))) for side in range(2))


def far_away() -> list[RelationTuple]:
    """Many things Ada has seen, and many that lie near what is asked about, but none that are both."""
    near = (
        parse_tuple(f"doc:{doc}#near{i}@doc:near{j}")
        for doc in ("one", "both", "group_one", "group_both")
        for i in range(FAR)
        for j in range(NEAR)
    )
    return [*near, *(parse_tuple(f"doc:seen{i}#seen@user:ada") for i in range(SEEN))]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the one answer that every revision gives."""

    relation: str
    object: Object
    allowed: bool


QUESTIONS: Final = (
    Question("either", parse_object("doc:one"), allowed=True),
    Question("first_alone", parse_object("doc:both"), allowed=False),
    Question("either", parse_object("doc:group_one"), allowed=True),
    Question("first_alone", parse_object("doc:group_both"), allowed=False),
)


class Unjudged(Neo4jKeeper):
    """A keeper that does not look whether a write came between."""

    def at_one_revision(self, store: str, act: Callable[[Neo4jReader], T]) -> T:
        """What the act makes of a reader, whatever happens meanwhile."""
        return act(Neo4jReader(self._run_alone, self.state(store), self._planned()))


@dataclass(slots=True)
class Search:
    """Readers that ask while writers swap, and what they found."""

    store: str
    keeper: Neo4jKeeper
    door: Authorizer
    rounds: int
    # Without the lock a path may hold a tuple that is gone, which cannot even be read.
    until_torn: bool = False
    torn: list[str] = field(default_factory=list)
    torn_paths: list[str] = field(default_factory=list)
    asked: Counter[str] = field(default_factory=Counter)
    revisions: set[int] = field(default_factory=set)
    _ended: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Ask until there have been enough rounds, or a torn answer if one is wanted."""
        current = CurrentModel(self.door.get_model(self.store).id, parse_model(MODEL))
        with ThreadPoolExecutor(READERS + 1) as pool:
            swaps = pool.submit(self._swap)
            try:
                readers = [pool.submit(self._ask, current) for _ in range(READERS)]
                for one in readers:
                    one.result()
            finally:
                self._ended.set()
            swaps.result()

    def _swap(self) -> None:
        sides = ((EVEN + PADS[0], ODD + PADS[1]), (ODD + PADS[1], EVEN + PADS[0]))
        for writes, deletes in cycle(sides):
            if self._ended.is_set():
                return
            self.door.write(WriteRequest(self.store, writes=writes, deletes=deletes))

    def _ask(self, current: CurrentModel) -> None:
        for i in range(-(-self.rounds // READERS)):
            if self._ended.is_set() or (self.until_torn and self.torn):
                return
            question, explain = QUESTIONS[i % len(QUESTIONS)], i // len(QUESTIONS) % 2 == 0 and not self.until_torn
            asked = CheckQuestion(self.store, USER, question.relation, question.object, explain)
            asking = Asking(asked, current, datetime.now(UTC), time.monotonic() + SECONDS)
            decision = by_query(self.keeper, asking)
            self.asked[f"{question.relation}, {'explained' if explain else 'plain'}"] += 1
            self.revisions.add(decision.revision.number)
            self._judge(question, decision)

    def _judge(self, question: Question, decision: Decision) -> None:
        if decision.allowed is not question.allowed:
            self.torn.append(f"{question.relation} of {question.object}: {decision.outcome.value}")
        # All that is swapped was written by the change that made the answer's revision, or is not there.
        swapped = {one.since for one in decision.path or () if one.tuple in EVEN + ODD}
        if decision.path is not None and swapped != {decision.revision.number}:
            self.torn_paths.append(f"path of {question.object}: {decision.path} at {decision.revision.number}")


@pytest.fixture
def door(authorizer: Authorizer, keeper: Neo4jKeeper) -> Authorizer:
    """A patient door, for writers that readers keep waiting."""
    return Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS)


@pytest.fixture
def swapped(door: Authorizer, store: str) -> str:
    """A store ready to be swapped."""
    door.write_model(store, MODEL)
    tuples = (*GROUPS, *far_away())
    for i in range(0, len(tuples), 1000):
        door.write(WriteRequest(store, writes=tuples[i : i + 1000]))
    door.write(WriteRequest(store, writes=ODD + PADS[1]))
    return store


def test_no_answer_is_torn(door: Authorizer, keeper: Neo4jKeeper, swapped: str) -> None:
    """Of all checks made while tuples were swapped, each has an answer, and a path, that its revision gives."""
    search = Search(swapped, keeper, door, ROUNDS)
    search.run()
    assert ([], []) == (search.torn, search.torn_paths)
    assert sum(search.asked.values()) >= ROUNDS
    assert 4 == len(search.asked)
    assert len(search.revisions) > ROUNDS / 50


def test_without_a_second_look_answers_are_torn(door: Authorizer, server: Neo4jServer, swapped: str) -> None:
    """The same search finds an answer that no revision gives where nobody looks whether a write came between."""
    unjudged = Unjudged(server, strict=True)
    try:
        search = Search(swapped, unjudged, door, CAP, until_torn=True)
        search.run()
    finally:
        unjudged.close()
    assert search.torn, f"{sum(search.asked.values())} rounds found nothing"
