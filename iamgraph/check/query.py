"""The query answerer: one Cypher statement for all that ask the same relation. Alone among answerers it sees Neo4j."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from iamgraph.check.contract import Asking, CurrentModel, Statements, refuse_other_model
from iamgraph.errors import StoreError
from iamgraph.plan.planner import NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement, with_state
from iamgraph.queries import object_key, subject_key, wildcard_key
from iamgraph.questions import CheckQuestion, Decision, Outcome, StoreInfo, Unknown
from iamgraph.store.neo4j import Allowed, Neo4jReader, late
from iamgraph.store.rows import stored_tuple
from iamgraph.tuples import Kind, StoredTuple, kind_of

MAX_STATEMENT_LENGTH: Final = 100_000
MAX_COMPILED: Final = 1_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# What one question of a call may take by itself, once the call's questions took too long together.
SLOW_SECONDS: Final = 0.25


def compiled(current: CurrentModel, type_: str, relation: str, kind: Kind) -> Statements:
    """The statements of a relation for a kind of subject, made once a model; else raises `NotCompiled`."""
    key = (type_, relation, kind)
    found = current.compiled.get(key)
    if found is None:
        found = _compile(current, key)
        if len(current.compiled) >= MAX_COMPILED:
            current.compiled.clear()
        current.compiled[key] = found
    if isinstance(found, str):
        raise NotCompiled(found)
    return found


def _compile(current: CurrentModel, key: tuple[str, str, Kind]) -> Statements | str:
    """The statements, or why there are none."""
    type_, relation, kind = key
    try:
        step = plan_relation(current.model, type_, relation, kind)
    except NotCompiled as reason:
        return str(reason)
    shown = check_statement(step, kind)
    found = Statements(shown, with_state(shown), with_state(explain_statement(step, kind)))
    if max(len(found.check), len(found.explain)) > MAX_STATEMENT_LENGTH:
        return f"the statement of `{type_}#{relation}` would be longer than {MAX_STATEMENT_LENGTH} characters"
    return found


def answer(reader: Neo4jReader, askings: Sequence[Asking]) -> list[Decision]:
    """The decisions, in order: one statement for each relation and kind of subject, however many ask it.

    Raises `NotCompiled` where a relation has no statement.
    """
    together: dict[str, list[int]] = {}
    for i, asking in enumerate(askings):
        refuse_other_model(reader.info, asking.current)
        together.setdefault(statement_of(asking), []).append(i)
    decisions: dict[int, Decision] = {}
    for text, places in together.items():
        reader.plan(text, askings[places[0]].deadline)
        found = _together(reader, text, [askings[i] for i in places])
        decisions |= zip(places, found, strict=True)
    return [decisions[i] for i in range(len(askings))]


def _together(reader: Neo4jReader, text: str, askings: list[Asking]) -> list[Decision]:
    """The decisions on questions of one statement; each by itself where together they take too long."""
    if len(askings) == 1:
        return [_alone(reader, text, askings[0], askings[0].deadline)]
    now = time.monotonic()
    end = min(one.deadline for one in askings)
    found = _asked(reader, text, askings, now + (end - now) / 2)
    if found is None:
        return [_alone(reader, text, one, min(end, time.monotonic() + SLOW_SECONDS)) for one in askings]
    return [_decision(reader.info, one.question, each) for one, each in zip(askings, found, strict=True)]


def _alone(reader: Neo4jReader, text: str, asking: Asking, end: float) -> Decision:
    """The decision on one question, unknown if it is not made by the end."""
    found = _asked(reader, text, [asking], end)
    if found is None:
        return Decision(Outcome.UNKNOWN, reader.info.revision, reason=Unknown.DEADLINE, detail=late().message)
    return _decision(reader.info, asking.question, found[0])


def _asked(reader: Neo4jReader, text: str, askings: Sequence[Asking], end: float) -> list[Allowed] | None:
    """What the statement says of each question; None if it does not by the end."""
    try:
        return reader.ask(text, [_row(one) for one in askings], end)
    except StoreError as fault:
        if fault.code != Unknown.DEADLINE.value:
            raise
        return None


def statement_of(asking: Asking) -> str:
    question = asking.question
    found = compiled(asking.current, question.object.type, question.relation, kind_of(question.subject))
    return found.explain if question.explain else found.check


def _row(asking: Asking) -> dict[str, Any]:
    question = asking.question
    return {
        "subject": subject_key(question.store, question.subject),
        "wildcard": wildcard_key(question.store, kind_of(question.subject).type),
        "object": object_key(question.store, question.object),
        # The driver takes a tenth of a millisecond to pack a time.
        "now": _microseconds(asking.now),
    }


def _microseconds(time: datetime) -> int:
    """Since 1970, exactly."""
    return (time - _EPOCH) // timedelta(microseconds=1)


def _decision(info: StoreInfo, question: CheckQuestion, found: Allowed) -> Decision:
    if found is None:
        return Decision(Outcome.DENIED, info.revision)
    return Decision(Outcome.ALLOWED, info.revision, _path(found["path"]) if question.explain else None)


def _path(rows: list[Mapping[str, Any]]) -> tuple[StoredTuple, ...]:
    # One tuple may prove two operands of an `and`; it is shown once.
    return tuple(dict.fromkeys(map(stored_tuple, rows)))
