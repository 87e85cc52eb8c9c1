"""Why and why not through the door, over random models and tuples on a real Neo4j."""

from __future__ import annotations

import os
from itertools import islice
from typing import Final

import pytest

from iamgraph.authorizer import Authorizer, check_tuple
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import ModelError, RequestError
from iamgraph.questions import CheckQuestion, WriteRequest
from iamgraph.reasons import Why, WhyQuestion
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import RelationTuple
from tests.conftest import SECONDS
from tests.generators import NOW, Case, Question, cases
from tests.reasoned import Judged

CASES: Final = int(os.environ.get("IAMGRAPH_REASONED", "6"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))


def reasons(door: Authorizer, store: str, one: Question) -> Why | None:
    """The reasons of one question, which agree with its check; None where it is unknown."""
    try:
        allowed = door.check(CheckQuestion(store, one.subject, one.relation, one.object)).allowed
    except ModelError as unknown:
        assert "condition_not_evaluated" == unknown.code
        return None
    found = door.why(WhyQuestion(store, one.subject, one.relation, one.object))
    assert allowed is found.allowed
    return found


def accepted(case: Case, one: RelationTuple) -> bool:
    """Whether a model takes a tuple: what stands in a guard cannot expire."""
    try:
        check_tuple(case.model, one, "")
    except RequestError:
        return False
    return True


def judged(door: Authorizer, store: str, case: Case, judge: Judged) -> None:
    """One case written into a store, and its first questions held to the oracle and to checks."""
    door.write_model(store, case.model_text)
    tuples = tuple(one for one in case.tuples if accepted(case, one))
    door.write(WriteRequest(store, writes=tuples))
    for one in case.questions[:3]:
        found = reasons(door, store, one)
        judge.judge(case, tuples, one, found)
        for remedy in found.remedies if found is not None else ():
            question = CheckQuestion(store, one.subject, one.relation, one.object, contextual_tuples=remedy.writes)
            assert door.check(question).allowed


@pytest.mark.long
def test_reasons_on_neo4j(keeper: Neo4jKeeper, store: str) -> None:
    """They agree with the check, each tuple of a proof is there, and each change flips the check, the oracle's too."""
    door, judge = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW), Judged()
    for i, case in enumerate(islice((one for one in cases(SEED, 10**9) if one.tuples), CASES)):
        name = f"{store}-{i}"
        door.create_store(name)
        try:
            judged(door, name, case, judge)
        finally:
            door.delete_store(name)
    assert judge.counts["proofs"]
    assert judge.counts["remedies of 1"]
