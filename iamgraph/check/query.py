"""The query answerer: one Cypher statement per check, under the store's lock. Alone among answerers it sees Neo4j."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from iamgraph.check.contract import Asking, CurrentModel, Statements
from iamgraph.plan.planner import NotCompiled, plan_relation
from iamgraph.plan.to_cypher import check_statement, explain_statement
from iamgraph.queries import object_key, subject_key, wildcard_key
from iamgraph.questions import Decision, Outcome
from iamgraph.store.contract import ModelChanged
from iamgraph.store.neo4j import Neo4jConnection
from iamgraph.store.rows import stored_tuple
from iamgraph.tuples import Kind, StoredTuple, kind_of

MAX_STATEMENT_LENGTH: Final = 100_000
MAX_COMPILED: Final = 1_000


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
    found = Statements(check_statement(step, kind), explain_statement(step, kind))
    if max(len(found.check), len(found.explain)) > MAX_STATEMENT_LENGTH:
        return f"the statement of `{type_}#{relation}` would be longer than {MAX_STATEMENT_LENGTH} characters"
    return found


class QueryChecker:
    """Answers by the compiled statement, straight from the graph."""

    def __init__(self, connection: Neo4jConnection) -> None:
        self._connection = connection

    def check(self, asking: Asking) -> Decision:
        """The decision; raises `NotCompiled` where the relation has no statement."""
        question = asking.question
        kind = kind_of(question.subject)
        statements = compiled(asking.current, question.object.type, question.relation, kind)
        parameters = {
            "subject": subject_key(question.store, question.subject),
            "wildcard": wildcard_key(question.store, kind.type),
            "object": object_key(question.store, question.object),
            "now": asking.now,
        }
        text = statements.explain if question.explain else statements.check
        info, row = self._connection.until(asking.deadline).ask(question.store, text, parameters)
        if info.model != asking.current.id:
            raise ModelChanged
        if not row["allowed"]:
            return Decision(Outcome.DENIED, info.revision)
        return Decision(Outcome.ALLOWED, info.revision, _path(row["path"]) if question.explain else None)


def _path(rows: list[Mapping[str, Any]]) -> tuple[StoredTuple, ...]:
    # One tuple may prove two operands of an `and`; it is shown once.
    return tuple(dict.fromkeys(map(stored_tuple, rows)))
