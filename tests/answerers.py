"""Each answerer by itself on a real Neo4j, where the door would pick one of them."""

from __future__ import annotations

from iamgraph.check import query, walk
from iamgraph.check.contract import Asking
from iamgraph.questions import Decision
from iamgraph.store.keeper import Neo4jKeeper


def by_query(keeper: Neo4jKeeper, asking: Asking) -> Decision:
    """The statement's answer; raises `NotCompiled` where there is none."""
    bound = keeper.until(asking.deadline)
    return bound.at_one_revision(asking.question.store, lambda reader: query.answer(reader, [asking])[0])


def by_walk(keeper: Neo4jKeeper, asking: Asking) -> Decision:
    """The walk's answer."""
    bound = keeper.until(asking.deadline)
    return bound.at_one_revision(asking.question.store, lambda reader: walk.answer(reader, asking))
