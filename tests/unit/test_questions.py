"""Questions, decisions and writes as values: what they say and what they refuse."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given

from iamgraph.errors import LimitError, ModelError, RequestError
from iamgraph.questions import CheckQuestion, Decision, Outcome, StoreInfo, Unknown, WriteRequest
from iamgraph.revision import Revision
from iamgraph.tuples import Object, RelationTuple, Subject, parse_subject, parse_tuple
from tests.unit.test_tuples import objects, relations, subjects

AT = Revision("default", "epoch", 3)
ONE = parse_tuple("doc:a#viewer@member:ada")
OTHER = parse_tuple("doc:a#viewer@member:bob")


@given(subjects, relations, objects)
def test_a_question_reads_as_the_tuple_it_asks_for(subject: Subject, relation: str, object_: Object) -> None:
    """A question has the string form of the tuple that would answer it."""
    question = CheckQuestion("default", subject, relation, object_)
    assert RelationTuple(object_, relation, subject) == parse_tuple(str(question))


@pytest.mark.parametrize("relation", ["", "can read", "-", "r" * 51])
def test_a_question_needs_a_relation_that_can_be(relation: str) -> None:
    """A name no relation can have is refused before anything is asked."""
    with pytest.raises(RequestError, match="malformed relation"):
        CheckQuestion("default", parse_subject("member:ada"), relation, Object("doc", "a"))


@pytest.mark.parametrize("outcome", Outcome)
def test_only_allowed_is_allowed(outcome: Outcome) -> None:
    """Unknown never counts as allowed."""
    assert (outcome is Outcome.ALLOWED) is Decision(outcome, AT).allowed


REASONS: Final = (
    (Unknown.CONDITION, ModelError),
    (Unknown.DEADLINE, LimitError),
    (Unknown.TUPLES_READ, LimitError),
    (Unknown.EXCLUSIONS, LimitError),
)


@pytest.mark.parametrize(("reason", "kind"), REASONS)
def test_each_reason_for_unknown_has_its_error(reason: Unknown, kind: type[Exception]) -> None:
    """A limit asks the caller for less, a condition asks the model's author; the code is the reason's."""
    error = reason.error("one line")
    assert kind is type(error)
    assert (reason.value, "one line") == (error.code, error.message)


def test_every_reason_for_unknown_is_tested() -> None:
    """A new reason needs its line in the table above."""
    assert {reason for reason, _ in REASONS} == set(Unknown)


@pytest.mark.parametrize(("writes", "deletes"), [((ONE, OTHER, ONE), ()), ((), (ONE, ONE)), ((OTHER, ONE), (ONE,))])
def test_a_write_names_each_tuple_once(writes: tuple[RelationTuple, ...], deletes: tuple[RelationTuple, ...]) -> None:
    """Written twice, deleted twice or both would leave open what is meant."""
    with pytest.raises(RequestError) as caught:
        WriteRequest("default", writes, deletes)
    assert "tuple_named_twice" == caught.value.code
    assert f"`{ONE}`" in caught.value.message


def test_different_tuples_make_one_write() -> None:
    """Deletes and writes of different tuples go together."""
    assert (ONE,) == WriteRequest("default", (ONE,), (OTHER,)).writes


def test_a_store_is_known_by_the_id_of_its_revision() -> None:
    """A store's information carries its id once."""
    assert "default" == StoreInfo(AT, None).id
