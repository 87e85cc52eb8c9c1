"""Every scenario once through the command line: written, then asked, as a person would."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import pytest

from iamgraph.questions import Outcome
from iamgraph.tuples import RelationTuple
from tests.cli.runner import Cli
from tests.scenario import Scenario, WrittenTuple, load_all

pytestmark = pytest.mark.long


def options(one: RelationTuple) -> tuple[str, ...]:
    """What a tuple has besides its text, as options."""
    ends = ("--expires-at", one.expires_at.isoformat()) if one.expires_at is not None else ()
    use = one.condition
    return ends if use is None else (*ends, "--condition", use.name, "--condition-context", use.context)


def write(cli: Cli, store: str, tuples: Iterable[WrittenTuple]) -> None:
    """Write tuples, those with the same options at once."""
    now = datetime.now(UTC)
    calls: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for one in tuples:
        calls[options(one.at(now))].append(one.tuple)
    for words, texts in calls.items():
        cli.done("tuple", "write", *texts, *words, "--store", store)


def prepare(cli: Cli, store: str, scenario: Scenario) -> None:
    """The store a scenario speaks of."""
    if scenario.leftovers is not None:
        cli.done("model", "write", "-", "--store", store, given=scenario.leftovers.before_model)
        write(cli, store, scenario.leftovers.leftover_tuples)
    cli.done("model", "write", "-", "--store", store, given=scenario.model)
    write(cli, store, scenario.tuples)


CODES = {Outcome.ALLOWED: 0, Outcome.DENIED: 1, Outcome.UNKNOWN: 2}


def questions(scenario: Scenario) -> Iterator[tuple[tuple[str, ...], Outcome]]:
    """The first check of each outcome as words, with its answer; the Python and HTTP doors ask all of them.

    Contextual tuples are typed plain, so none that expires is among them.
    """
    yield from (((check,), outcome) for check, outcome in _first_of_each(scenario.expected()))
    for one in scenario.contextual:
        if not any(options(given.at(datetime.now(UTC))) for given in one.tuples):
            given = tuple(word for given in one.tuples for word in ("--contextual", given.tuple))
            yield from (((check, *given), outcome) for check, outcome in _first_of_each(one.expected()))


def _first_of_each(expected: Iterable[tuple[str, Outcome]]) -> Iterator[tuple[str, Outcome]]:
    seen = set()
    for check, outcome in expected:
        if outcome not in seen:
            seen.add(outcome)
            yield check, outcome


@pytest.mark.parametrize("scenario", load_all(), ids=lambda one: one.slug)
def test_scenario(direct: Cli, store: str, scenario: Scenario) -> None:
    """Allowed, denied and unknown are what the scenario says, by word and by exit code."""
    prepare(direct, store, scenario)
    for words, outcome in questions(scenario):
        ran = direct.run("check", *words, "--store", store, "--exit-code")
        said = ran.out.strip() or "unknown"
        assert (words, outcome.value, CODES[outcome]) == (words, said, ran.code), ran.err


def test_contextual_scenarios_are_asked() -> None:
    """Some scenarios do have contextual tuples that can be typed."""
    asked = [words for one in load_all() for words, _ in questions(one) if "--contextual" in words]
    assert len(asked) > 10
