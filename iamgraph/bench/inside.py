"""What is measured in process, on the door itself: cases take turns, so that all meet the same machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle

from iamgraph.bench.bench import Pace
from iamgraph.bench.organisation import ASKED, Question
from iamgraph.bench.wire import WrongAnswer
from iamgraph.queries import object_key, subject_key, wildcard_key
from iamgraph.questions import CheckQuestion
from iamgraph.tuples import kind_of, parse_object, parse_subject
from iamgraph.wiring import Connection

# A question, and what asks it; None where there is nothing to judge.
Ask = tuple[Question, Callable[[], bool | None]]
# Milliseconds in order of size, and how many answers were judged.
Times = tuple[tuple[float, ...], int]


def in_turn(cases: Mapping[str, Sequence[Ask]], pace: Pace) -> dict[str, Times]:
    """Each case's questions over and over, one of each case at a time; raises `WrongAnswer` at the first."""
    asks = {case: cycle(found) for case, found in cases.items()}
    _rounds(asks, pace.warm, least=len(ASKED))
    found = _rounds(asks, pace.seconds, least=1)
    return {case: (tuple(sorted(times)), judged) for case, (times, judged) in found.items()}


def _rounds(asks: Mapping[str, Iterator[Ask]], seconds: float, least: int) -> dict[str, tuple[list[float], int]]:
    end = time.perf_counter() + seconds
    times: dict[str, list[float]] = {case: [] for case in asks}
    judged = dict.fromkeys(asks, 0)
    while least > 0 or time.perf_counter() < end:
        least -= 1
        for case, ask in asks.items():
            one, act = next(ask)
            began = time.perf_counter()
            allowed = act()
            times[case].append((time.perf_counter() - began) * 1_000)
            if allowed is not None:
                judged[case] += 1
                if allowed is not one.allowed:
                    raise WrongAnswer(str(one), one.allowed, "allowed" if allowed else "denied")
    return {case: (times[case], judged[case]) for case in asks}


def checks(connection: Connection, store: str, asked: Sequence[Question]) -> list[Ask]:
    """Each question as a check."""

    def of(one: Question) -> Ask:
        question = CheckQuestion(store, parse_subject(one.member), one.relation, parse_object(one.object))
        return one, lambda: connection.authorizer.check(question).allowed

    return list(map(of, asked))


def pings(connection: Connection, asked: Sequence[Question]) -> list[Ask]:
    """`RETURN 1` in place of each question."""
    return [(one, connection.keeper.ping) for one in asked]


def unjudged(connection: Connection, store: str, asked: Sequence[Question]) -> list[Ask]:
    """Each question by how its check reads alone: what the look at the revision costs is the difference."""
    texts: dict[tuple[str, str], str] = {}
    reader = connection.keeper.at_one_revision(store, lambda reader: reader)

    def of(one: Question) -> Ask:
        object_, subject = parse_object(one.object), parse_subject(one.member)
        key = object_.type, one.relation
        if key not in texts:
            texts[key] = connection.authorizer.statement(store, *key, subject)
        row = {
            "i": 0,
            "subject": subject_key(store, subject),
            "wildcard": wildcard_key(store, kind_of(subject).type),
            "object": object_key(store, object_),
            "now": time.time_ns() // 1_000,
        }
        asked = {"asked": {"questions": [row]}}
        return one, lambda: bool(reader.run(texts[key], asked, connection.keeper.end())[0]["allowed"])

    return list(map(of, asked))
