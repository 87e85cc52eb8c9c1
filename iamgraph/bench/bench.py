"""What a measure works on: a store with the organisation in it, the questions, and for how long they are asked."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ulid import ULID

from iamgraph.bench import wire
from iamgraph.bench.ground import Ground, Inside
from iamgraph.bench.organisation import Organisation, Question, model, organisation, questions
from iamgraph.bench.report import Figure
from iamgraph.bench.truth import Stated, Truth
from iamgraph.bulk.imports import Import, Step
from iamgraph.errors import StoreError
from iamgraph.local.jars import Tell
from iamgraph.tuples import RelationTuple, parse_object, parse_subject

# After so many tuples it is told how far an import is.
TOLD: Final = 100_000

Evaluation = Callable[[Iterable[Stated]], Truth]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many distinct questions are asked, and for how long.

    `first` checks come before all else, since a Neo4j starts slow; `warm` seconds before each figure are not counted.
    """

    questions: int
    first: int
    warm: float
    seconds: float


@dataclass(frozen=True)
class Bench:
    """An organisation in a store of its own, on some ground; `writing` is the seconds its tuples took."""

    ground: Ground
    store: str
    made: Organisation
    truth: Truth
    asked: tuple[Question, ...]
    pace: Pace
    writing: float

    @property
    def inside(self) -> Inside:
        """What is seen on the machine itself; measures that need it are not chosen elsewhere."""
        assert self.ground.inside is not None
        return self.ground.inside

    @cached_property
    def calls(self) -> list[wire.Call]:
        """Every question as a call of its own."""
        return [wire.check(self.ground.target, self.store, one) for one in self.asked]


Figures = Iterator[Figure]


@contextmanager
def furnished(
    ground: Ground, drawn: tuple[int, int], pace: Pace, evaluation: Evaluation, tell: Tell
) -> Iterator[Bench]:
    """A store with the organisation drawn by that seed, of that size; deleted afterwards."""
    seed, size = drawn
    tell(f"making an organisation of {size:,} tuples, and {pace.questions:,} questions")
    made = organisation(seed, size)
    truth = evaluation(made.tuples)
    asked = questions(made, truth, pace.questions)
    store = f"bench-{ULID()}"
    ground.door.create_store(store)
    try:
        tell(f"importing {size:,} tuples")
        ground.door.write_model(store, model())
        yield Bench(ground, store, made, truth, asked, pace, _written(ground, store, made, tell))
    finally:
        ground.door.delete_store(store)


def _written(ground: Ground, store: str, made: Organisation, tell: Tell) -> float:
    with tempfile.TemporaryFile() as file:
        for object_, relation, subject in made.tuples:
            file.write(json.dumps({"subject": subject, "relation": relation, "object": object_}).encode() + b"\n")
        file.seek(0)
        began, told, step = time.perf_counter(), 0, Step()
        for step in ground.load(Import(store, format="jsonl"), file):
            if step.written >= told + TOLD:
                told = step.written
                tell(f"{told:,} written")
        if step.written != len(made.tuples):
            raise StoreError(f"{step.written:,} of {len(made.tuples):,} tuples were written", code="import_incomplete")
        return time.perf_counter() - began


def as_tuple(stated: Stated) -> RelationTuple:
    """The tuple as the door takes it."""
    object_, relation, subject = stated
    return RelationTuple(parse_object(object_), relation, parse_subject(subject))
