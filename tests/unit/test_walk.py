"""The limits of a walk: each ends it with an answer that is unknown, and says which it was."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.walk import MAX_EXCLUSIONS, answer
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion, Decision, Outcome, Unknown
from iamgraph.tuples import parse_tuple
from tests.memory import MODEL, STORE, MemoryReader

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
HEAD: Final = "model\n  schema 1.1\ntype user\n"
NESTED: Final = f"{HEAD}type group\n  relations\n    define member: [user, group#member]\n"


def walked(model: str, tuples: Iterable[str], check: str, *, seconds: float = 30.0, reads: int = 100_000) -> Decision:
    """What walk decides, within so many seconds and tuples read."""
    asked = parse_tuple(check)
    question = CheckQuestion(STORE, asked.subject, asked.relation, asked.object)
    asking = Asking(question, CurrentModel(MODEL, parse_model(model)), NOW, time.monotonic() + seconds)
    return answer(MemoryReader(map(parse_tuple, tuples)), asking, reads)


def ring(size: int) -> list[str]:
    """Groups in a ring, each in the next and in the one before."""
    pairs = [(i, (i + 1) % size) for i in range(size)]
    return [f"group:{a}#member@group:{b}#member" for one, other in pairs for a, b in ((one, other), (other, one))]


def test_a_late_walk_is_unknown() -> None:
    """A walk whose time is up ends as unknown, also where it has nothing to read."""
    model = f"{HEAD}type robot\ntype doc\n  relations\n    define a: b\n    define b: [robot]\n"
    assert Outcome.DENIED is walked(model, [], "doc:d#a@user:ada").outcome
    late = walked(model, [], "doc:d#a@user:ada", seconds=-1.0)
    assert (Outcome.UNKNOWN, Unknown.DEADLINE) == (late.outcome, late.reason)


def test_a_walk_that_reads_too_much_is_unknown() -> None:
    """A walk that would read more tuples than it may ends as unknown; with enough of them it decides."""
    tuples = [*ring(20), "group:10#member@user:ada"]
    decision = walked(NESTED, tuples, "group:0#member@user:ada", reads=20)
    assert (Outcome.UNKNOWN, Unknown.TUPLES_READ) == (decision.outcome, decision.reason)
    assert walked(NESTED, tuples, "group:0#member@user:ada").allowed


def test_too_many_exclusions_are_unknown() -> None:
    """`but not`s that lead into each other past the limit end as unknown; up to it they are decided."""

    def chain(length: int) -> Decision:
        names = [f"r{i}" for i in range(length + 1)]
        defines = [f"    define {one}: [user] but not {other}" for one, other in pairwise(names)]
        model = f"{HEAD}type doc\n  relations\n" + "\n".join([*defines, f"    define {names[-1]}: [user]"]) + "\n"
        return walked(model, [f"doc:d#{name}@user:ada" for name in names], "doc:d#r0@user:ada")

    assert [Outcome.ALLOWED, Outcome.DENIED] == [chain(MAX_EXCLUSIONS).outcome, chain(MAX_EXCLUSIONS - 1).outcome]
    assert (Outcome.UNKNOWN, Unknown.EXCLUSIONS) == (chain(120).outcome, chain(120).reason)
