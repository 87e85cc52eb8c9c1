"""A run: what was chosen is measured, and told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from iamgraph.bench.bench import Bench, Evaluation, Figures, Pace, furnished
from iamgraph.bench.ground import Ground
from iamgraph.bench.measures import INSIDE, MEASURES, growth
from iamgraph.bench.over_http import first, paces
from iamgraph.bench.report import Figure, Report, machine
from iamgraph.bench.truth import Truth
from iamgraph.local.jars import NEO4J_VERSION, Tell


@dataclass(frozen=True, slots=True)
class Choice:
    """What to measure: of how large an organisation, drawn by which seed, and at which paces.

    `sizes` are those whose growth is compared, none for no comparison; `rates` are calls a second, or `5x`.
    """

    tuples: int
    seed: int
    pace: Pace
    only: frozenset[str] = frozenset(MEASURES)
    rates: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()


def run(choice: Choice, ground: Ground, tell: Tell, evaluation: Evaluation = Truth) -> Report:
    """Measure; raises `WrongAnswer` where an answer differs from the evaluation's."""
    about = machine() | _about(choice, ground)
    only, notes = choice.only, []
    if ground.inside is None:
        left_out = [name for name in MEASURES if name in only & INSIDE]
        only -= INSIDE
        notes = [f"left out, since they look inside: {', '.join(left_out)}"] if left_out else []
    figures = tuple(_figures(replace(choice, only=only), ground, tell, evaluation))
    return Report(about, figures, tuple(notes))


def _about(choice: Choice, ground: Ground) -> dict[str, Any]:
    pace = choice.pace
    return {
        "neo4j": NEO4J_VERSION if ground.inside is not None else None,
        "seed": choice.seed,
        "tuples": choice.tuples,
        "questions": pace.questions,
        "seconds": pace.seconds,
    }


def _figures(choice: Choice, ground: Ground, tell: Tell, evaluation: Evaluation) -> Iterator[Figure]:
    if choice.only or choice.rates:
        with furnished(ground, (choice.seed, choice.tuples), choice.pace, evaluation, tell) as bench:
            yield from _measured(choice, bench, tell)
    if choice.sizes:
        with ExitStack() as held:
            benches = [
                held.enter_context(furnished(ground, (choice.seed, size), choice.pace, evaluation, tell))
                for size in choice.sizes
            ]
            tell("measuring growth")
            yield from growth(benches)


def _measured(choice: Choice, bench: Bench, tell: Tell) -> Figures:
    tell("warming up")
    first(bench)
    for name, measure in MEASURES.items():
        if name in choice.only:
            tell(f"measuring {name}")
            yield from measure(bench)
    if choice.rates:
        tell("measuring rate")
        yield from paces(bench, choice.rates)
