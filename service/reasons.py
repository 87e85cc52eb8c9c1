"""The routes of reasons, and their JSON: why may somebody, or why not, and what would let them."""

from __future__ import annotations

from typing import Self

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import Field

from iamgraph.reasons import DEFAULT_PROOFS, Branch, PastWhy, Proof, Remedy, Why, WhyQuestion
from iamgraph.service import answers, wire
from iamgraph.service.doors import authorizer
from iamgraph.service.past_wire import moment
from iamgraph.tuples import parse_object, parse_subject

routes = APIBlueprint("reasons", __name__, url_prefix="/v1", abp_responses=answers.PROBLEMS)


class ReasonsBody(wire.Body):
    """Who, what and on what."""

    subject: str = Field(description="who: `type:id`, `type:id#relation` or `type:*`")
    relation: str = Field(description="what: a relation of the object's type")
    object: str = Field(description="on what: `type:id`")
    limit: int = Field(DEFAULT_PROOFS, description="how many proofs at most")

    def read(self, store: str, zookie: str | None = None) -> WhyQuestion:
        """The question asked."""
        subject = wire.at("/subject", lambda: parse_subject(self.subject))
        object_ = wire.at("/object", lambda: parse_object(self.object))
        return wire.at("/relation", lambda: WhyQuestion(store, subject, self.relation, object_, self.limit, zookie))


class WhyBody(
    ReasonsBody,
    json_schema_extra=wire.example(subject="member:ada", relation="can_view", object="source:orders", limit=3),
):
    """Why does `subject` have `relation` on `object`, or why not?"""

    zookie: str | None = Field(None, description="answer at this revision or later")

    def to_question(self, store: str) -> WhyQuestion:
        """The question asked."""
        return self.read(store, self.zookie)


class PastWhyBody(
    ReasonsBody,
    json_schema_extra=wire.example(subject="member:ada", relation="can_view", object="source:orders", at_revision=1),
):
    """Why might `subject` have had `relation` on `object`, or why not?"""

    at_revision: int | None = Field(None, ge=0, le=wire.MAX_REVISION, description="the revision asked of")
    at_time: wire.Time = Field(None, description="in place of `at_revision`: a time, by which expiry is judged then")

    def to_question(self, store: str) -> PastWhy:
        """The question asked."""
        return PastWhy(self.read(store), moment(self.at_revision, self.at_time, "at_revision"))


class AbsentAnswer(answers.Answer):
    """What was not found of an object."""

    object: str
    rewrite: str = Field(description="what was taken away, as the model writes it")


class ProofAnswer(answers.Answer):
    """Tuples that allow by themselves."""

    path: list[answers.TupleAnswer] = Field(description="from the subject on, guards last")
    absent: list[AbsentAnswer] = Field(description="what a `but not` looked for and did not find")
    sentence: str

    @classmethod
    def of(cls, one: Proof) -> Self:
        """The answer for a proof."""
        path = [answers.TupleAnswer.of(each.tuple, each) for each in one.path]
        absent = [AbsentAnswer(object=str(each.object), rewrite=each.taken) for each in one.absent]
        return cls(path=path, absent=absent, sentence=one.sentence)


class BranchAnswer(answers.Answer):
    """A branch that was tried, and where it stopped."""

    object: str = Field(description="the object whose relation it is a branch of")
    rewrite: str = Field(description="the branch, as the model writes it")
    stopped: str
    path: list[answers.TupleAnswer] = Field(description="what was found on its way")

    @classmethod
    def of(cls, one: Branch) -> Self:
        """The answer for a branch."""
        path = [answers.TupleAnswer.of(each.tuple, each) for each in one.path]
        return cls(object=str(one.object), rewrite=one.rewrite, stopped=one.stopped, path=path)


class RemedyAnswer(answers.Answer):
    """Tuples that would allow it, if they were written."""

    writes: list[str]
    sentence: str
    command: str | None = Field(None, description="what writes them, where that is more than to write tuples")

    @classmethod
    def of(cls, one: Remedy) -> Self:
        """The answer for a change."""
        return cls(writes=list(map(str, one.writes)), sentence=one.sentence, command=one.command or None)


class WhyAnswer(answers.Answer):
    """Reasons, and the zookie of the revision they are true of."""

    allowed: bool
    sentence: str
    proofs: list[ProofAnswer] = Field(description="where it is allowed: the shortest first")
    branches: list[BranchAnswer] = Field(description="where it is denied")
    changes: list[RemedyAnswer] = Field(
        description="where it is denied: what would allow it, the smallest first; none for the past"
    )
    complete: bool = Field(description="false where there was more to look at than may be read")
    more: bool = Field(description="true where other changes may do as well that are not told")
    zookie: str

    @classmethod
    def of(cls, found: Why) -> Self:
        """The answer for reasons."""
        return cls(
            allowed=found.allowed,
            sentence=found.sentence,
            proofs=list(map(ProofAnswer.of, found.proofs)),
            branches=list(map(BranchAnswer.of, found.branches)),
            changes=list(map(RemedyAnswer.of, found.remedies)),
            complete=found.complete,
            more=found.more,
            zookie=found.revision.zookie(),
        )


@routes.post("/stores/<store>/why", responses={200: WhyAnswer})
def why(path: wire.StorePath, body: WhyBody) -> Response:
    """Why may the subject, or why not, and what would let it?"""
    return WhyAnswer.of(authorizer().why(body.to_question(path.store))).response()


@routes.post("/stores/<store>/history/why", responses={200: WhyAnswer})
def why_then(path: wire.StorePath, body: PastWhyBody) -> Response:
    """Why might the subject at a revision or a time, or why not? Nothing is told of what would have let it."""
    return WhyAnswer.of(authorizer().why_at(body.to_question(path.store))).response()
