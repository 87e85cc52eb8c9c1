"""query = walk = oracle, on a real Neo4j, over random models, tuples and questions.

`IAMGRAPH_CHECKS` says how many checks to make at least, `IAMGRAPH_SEED` where the randomness starts.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.contract import Asking, AskingMany, CurrentModel
from iamgraph.check.graph import GraphChecker
from iamgraph.check.query import compiled
from iamgraph.model.model import Exclusion, Intersection, Model, Rewrite, Union
from iamgraph.plan.planner import NotCompiled
from iamgraph.questions import CheckQuestion, Decision, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Wildcard, kind_of
from tests.answerers import by_walk
from tests.generators import NOW, Case, Question, cases, wide_model_text
from tests.memory import walked
from tests.oracle import Oracle

pytestmark = pytest.mark.long

CHECKS: Final = int(os.environ.get("IAMGRAPH_CHECKS", "1500"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261101"))
SECONDS: Final = 30.0
LIKE_PER_QUESTION: Final = 40
QUESTIONS_PER_CASE: Final = 6
ALONE_EVERY: Final = 20


@dataclass
class Tally:
    """What has been compared, and what differed."""

    checks: int = 0
    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    by: Counter[str] = field(default_factory=Counter)
    proofs: int = 0

    def __str__(self) -> str:
        return f"{self.checks} checks, {self.cases} cases, {dict(self.outcomes)}, {dict(self.by)}, {self.proofs} proofs"


def test_query_walk_and_oracle_agree(keeper: Neo4jKeeper) -> None:
    """Every answerer gives the oracle's answer to every check, and every path given proves its answer."""
    tally = Tally()
    for case in cases(SEED, 10**9):
        _compare(case, keeper, tally)
        if tally.checks >= CHECKS:
            break
        if tally.cases % 500 == 0:
            print(tally, flush=True)  # noqa: T201 - the long run shows its progress
    print(tally)  # noqa: T201
    assert tally.outcomes["allowed"] > tally.checks * 0.1
    assert tally.by["query"] > tally.checks * 0.5
    assert tally.by["walk"] > 0
    assert tally.proofs > tally.checks * 0.03


def _compare(case: Case, keeper: Neo4jKeeper, tally: Tally) -> None:
    store = f"differential-{ULID()}"
    authorizer = Authorizer(
        keeper,
        GraphChecker(keeper),
        deadline=SECONDS,
        clock=lambda: NOW,
    )
    authorizer.create_store(store)
    try:
        tuples = _written(case, store, authorizer)
        current = CurrentModel(authorizer.get_model(store).id, case.model)
        oracle = Oracle(case.model, tuples, NOW)
        asked = list(_asked(case, tuples))
        questions = tuple(
            # Planning a statement takes longest, so a case is either explained or not.
            CheckQuestion(store, one.subject, one.relation, one.object, explain=tally.cases % 3 == 0)
            for one in asked
        )
        together = GraphChecker(keeper).check_many(
            AskingMany(store, questions, current, NOW, time.monotonic() + SECONDS)
        )
        for question, decision in zip(asked, together.decisions, strict=True):
            right = oracle.check(question.subject, question.relation, question.object)
            seen = {decision.answerer.value: decision.outcome.value, "memory": _walked(case.model, tuples, question)}
            assert set(seen.values()) == {right}, _report(case, tuples, question, right, seen, current)
            if decision.path is not None:
                _check_path(case, tuples, question, decision.path)
                tally.proofs += 1
            tally.checks += 1
            tally.outcomes[right] += 1
            tally.by[decision.answerer.value] += 1
        _compare_alone(questions, together.decisions, current, keeper)
    finally:
        authorizer.delete_store(store)
    tally.cases += 1


def _written(case: Case, store: str, authorizer: Authorizer) -> tuple[RelationTuple, ...]:
    """Everything of the case in the store: leftovers under an older, wider model, which the case's own follows."""
    tuples = (*case.tuples, *case.leftovers)
    authorizer.write_model(store, wide_model_text(tuples))
    if tuples:
        authorizer._keeper.write(  # the door would refuse leftovers that a guard's relation must not have
            WriteRequest(store, writes=tuples), authorizer.get_model(store).id, NOW
        )
    authorizer.write_model(store, case.model_text)
    return tuples


def _asked(case: Case, tuples: tuple[RelationTuple, ...]) -> Iterator[Question]:
    """The case's questions, and others like them, which the same statements answer."""
    objects = {one.object for one in tuples}
    objects |= {one.subject if isinstance(one.subject, Object) else one.subject.object
                for one in tuples if not isinstance(one.subject, Wildcard)}  # fmt: skip
    subjects = {one.subject for one in tuples} | {one.subject for one in case.questions} | objects
    for question in case.questions[:QUESTIONS_PER_CASE]:
        like_objects = sorted(one for one in objects | {question.object} if one.type == question.object.type)
        kind = kind_of(question.subject)
        like_subjects = sorted((one for one in subjects if kind_of(one) == kind), key=str)
        pairs = ((subject, object_) for subject in like_subjects for object_ in like_objects)
        yield question
        for subject, object_ in islice(pairs, LIKE_PER_QUESTION):
            yield Question(subject, question.relation, object_)


def _compare_alone(
    questions: tuple[CheckQuestion, ...], decisions: tuple[Decision, ...], current: CurrentModel, keeper: Neo4jKeeper
) -> None:
    """Some of the questions asked by themselves, each of both answerers, get what they got together."""
    for question, decision in islice(zip(questions, decisions, strict=True), 0, None, ALONE_EVERY):
        asking = Asking(question, current, NOW, time.monotonic() + SECONDS)
        assert GraphChecker(keeper).check(asking) == decision
        assert by_walk(keeper, asking).outcome is decision.outcome


def _walked(model: Model, tuples: tuple[RelationTuple, ...], one: Question) -> str:
    return walked(model, tuples, NOW, one.subject, one.relation, one.object)


def _check_path(case: Case, tuples: tuple[RelationTuple, ...], one: Question, path: tuple[StoredTuple, ...]) -> None:
    """The path's tuples are live ones of the store; without `but not` they alone give the same answer."""
    there = {str(tuple_): tuple_ for tuple_ in tuples}
    for stored in path:
        assert there[str(stored)] == stored.tuple
        assert stored.tuple.expires_at is None or stored.tuple.expires_at > NOW
    if not any(_subtracts(relation.rewrite) for type_ in case.model.types for relation in type_.relations):
        alone = Oracle(case.model, [stored.tuple for stored in path], NOW)
        proved = alone.check(one.subject, one.relation, one.object)
        assert proved == "allowed", f"{case.model_text}\n{one}: {list(map(str, path))} proves nothing"


def _subtracts(rewrite: Rewrite) -> bool:
    match rewrite:
        case Exclusion():
            return True
        case Union(operands) | Intersection(operands):
            return any(map(_subtracts, operands))
        case _:
            return False


def _report(
    case: Case,
    tuples: tuple[RelationTuple, ...],
    one: Question,
    right: str,
    seen: dict[str, str],
    current: CurrentModel,
) -> str:
    lines = [case.model_text, *sorted(map(repr, tuples)), f"{one}: {right} is right, but {seen}"]
    try:
        lines.append(compiled(current, one.object.type, one.relation, kind_of(one.subject)).check)
    except NotCompiled as reason:
        lines.append(str(reason))
    return "\n".join(lines)
