"""Checks answered by Neo4j: by a statement where there is one, else by walking, all of a call at one revision."""

from __future__ import annotations

from itertools import compress

from iamgraph.check import query, walk
from iamgraph.check.contract import Asking, AskingMany, Decisions, Planning, refuse_other_model
from iamgraph.check.walk import MAX_TUPLES_READ
from iamgraph.plan.planner import NotCompiled
from iamgraph.questions import Decision
from iamgraph.store.contract import TupleReader
from iamgraph.store.neo4j import Neo4jConnection, Neo4jReader


class GraphChecker:
    """Answers from the graph itself. Safe to share between threads."""

    def __init__(self, connection: Neo4jConnection, *, max_tuples_read: int = MAX_TUPLES_READ) -> None:
        self._connection = connection
        self._max_tuples_read = max_tuples_read

    def check(self, asking: Asking) -> Decision:
        """The decision; unknown where a limit is hit."""
        question = asking.question
        many = AskingMany(question.store, (question,), asking.current, asking.now, asking.deadline)
        return self.check_many(many).decisions[0]

    def check_many(self, asking: AskingMany) -> Decisions:
        """The decisions on all questions, at one revision."""
        connection = self._connection.until(asking.deadline)
        return connection.at_one_revision(asking.store, lambda reader: self.check_in(reader, asking))

    def plan(self, asking: Planning) -> None:
        """Let Neo4j plan the statement of a relation, where it has one."""
        try:
            text = query.compiled(asking.current, asking.type, asking.relation, asking.kind).check
        except NotCompiled:
            return
        connection = self._connection.until(asking.end)
        connection.at_one_revision(asking.store, lambda reader: reader.plan(text, asking.end))

    def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
        """The decisions by what the reader reads: by statements where Neo4j is what it reads."""
        refuse_other_model(reader.info, asking.current)
        askings = asking.each()
        compiled = [isinstance(reader, Neo4jReader) and _compiles(one) for one in askings]
        simple = list(compress(askings, compiled))
        by_statement = iter(query.answer(reader, simple) if isinstance(reader, Neo4jReader) else ())
        decisions = (
            next(by_statement) if by_query else walk.answer(reader, one, self._max_tuples_read)
            for one, by_query in zip(askings, compiled, strict=True)
        )
        return Decisions(reader.info.revision, tuple(decisions))


def _compiles(asking: Asking) -> bool:
    """Whether a statement answers it: contextual tuples are laid over what a walk reads."""
    question = asking.question
    if question.contextual_tuples:
        return False
    try:
        query.statement_of(asking)
    except NotCompiled:
        return False
    return True
