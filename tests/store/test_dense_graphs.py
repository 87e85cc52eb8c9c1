"""Graphs with more paths than anyone can walk: a check is decided all the same, where a naive statement is not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, LiteralString

import neo4j
import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.questions import CheckQuestion, Outcome, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, RelationTuple, Userset, parse_object, parse_subject
from tests.store.graph import Graph

LAYERS: Final = 40
MODEL: Final = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member]
type doc
  relations
    define viewer: [user, group#member]
    define banned: [user, group#member]
    define can_view: viewer but not banned
"""
NAIVE: Final[LiteralString] = """
MATCH (s:Object {key: $subject}), (d:Object {key: $object})
RETURN EXISTS { (s)-[:MEMBER]->{0,50}(g:Group)-[:VIEWER]->(d) } AS allowed
"""


def diamonds(name: str) -> Iterator[RelationTuple]:
    """Forty layers of two groups each, every one in both of the next layer: 2^40 ways through."""
    layers = [[Object("group", f"{name}{i}{side}") for side in "ab"] for i in range(LAYERS)]
    for lower, upper in pairwise(layers):
        for one in lower:
            yield from (RelationTuple(other, "member", Userset(one, "member")) for other in upper)


@pytest.fixture(scope="module")
def dense(authorizer: Authorizer) -> Iterator[str]:
    """Two facing diamonds: Ada is at the foot of one, the document at the head of the other; Bob is in both."""
    name = f"test-{ULID()}"
    authorizer.create_store(name)
    authorizer.write_model(name, MODEL)
    doc, last = parse_object("doc:plan"), LAYERS - 1
    ends = [
        RelationTuple(Object("group", "low0a"), "member", parse_subject("user:ada")),
        RelationTuple(Object("group", "low0a"), "member", parse_subject("user:bob")),
        RelationTuple(Object("group", "high0b"), "member", parse_subject("user:bob")),
        RelationTuple(Object("group", "low0b"), "member", parse_subject("user:eve")),
        RelationTuple(Object("group", "high0b"), "member", parse_subject("user:eve")),
        RelationTuple(doc, "viewer", Userset(Object("group", f"high{last}a"), "member")),
        RelationTuple(parse_object("doc:ban"), "viewer", Userset(Object("group", f"high{last}a"), "member")),
        RelationTuple(parse_object("doc:ban"), "banned", Userset(Object("group", f"low{last}b"), "member")),
    ]
    authorizer.write(WriteRequest(name, writes=(*ends, *diamonds("low"), *diamonds("high"))))
    yield name
    authorizer.delete_store(name)


@pytest.fixture
def compiled_only(keeper: Neo4jKeeper) -> Authorizer:
    """A door that answers by statements alone, since a walk may read nothing, within the deadline of three seconds."""
    return Authorizer(keeper, GraphChecker(keeper, max_tuples_read=0))


@pytest.mark.parametrize("explain", [False, True], ids=["plain", "explained"])
@pytest.mark.parametrize(
    ("subject", "object_", "outcome"),
    [
        ("user:ada", "doc:plan", Outcome.DENIED),
        ("user:bob", "doc:plan", Outcome.ALLOWED),
        ("user:nobody", "doc:plan", Outcome.DENIED),
        ("group:low0a#member", "doc:plan", Outcome.DENIED),
        ("group:high0a#member", "doc:plan", Outcome.ALLOWED),
        ("user:eve", "doc:ban", Outcome.DENIED),
    ],
)
def test_facing_diamonds_are_decided(
    compiled_only: Authorizer, dense: str, subject: str, object_: str, outcome: Outcome, explain: bool
) -> None:
    """Denials and allows through forty layers come within the deadline, with a path of one hop a layer."""
    question = CheckQuestion(dense, parse_subject(subject), "can_view", parse_object(object_), explain)
    decision = compiled_only.check(question)
    assert outcome is decision.outcome
    if explain and decision.allowed:
        assert decision.path is not None
        assert LAYERS + (1 if subject == "user:bob" else 0) == len(decision.path)


def test_a_naive_statement_is_not(dense: str, graph: Graph) -> None:
    """The denial of the facing diamonds, asked for by every path there may be, does not end within two seconds."""
    ends = {"subject": f"{dense}/user:ada", "object": f"{dense}/doc:plan"}
    with pytest.raises(neo4j.exceptions.ClientError) as late:
        graph.rows(NAIVE, seconds=2.0, **ends)
    assert "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration" == late.value.code
