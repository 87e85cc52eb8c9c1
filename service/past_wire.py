"""JSON → questions of the past and of what would be, and their answers → JSON. No routes, no rules."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from iamgraph.errors import RequestError
from iamgraph.history import Moment, PastQuestion, Since
from iamgraph.impact import Between, Impact, Scoped, Trial
from iamgraph.questions import CheckQuestion
from iamgraph.service.answers import Answer, ChangeAnswer, DecisionAnswer
from iamgraph.service.wire import MAX_REVISION, Body, QuestionBody, Time, TupleBody, at, example, read_tuples
from iamgraph.tuples import check_relation, check_type, parse_object, parse_subject


def moment(revision: int | None, time: Time, name: str) -> Moment:
    """The one of the two that is given."""
    if (revision is None) is (time is None):
        raise RequestError(f"say `{name}` or `{name.replace('revision', 'time')}`, one of them", pointer=f"/{name}")
    found = time if revision is None else revision
    assert found is not None
    return found


class MomentBody(Body):
    """What is asked of the past."""

    at_revision: int | None = Field(None, ge=0, le=MAX_REVISION, description="the revision asked of")
    at_time: Time = Field(None, description="in place of `at_revision`: a time, by which expiry is judged then")

    def moment(self) -> Moment:
        """The revision or the time."""
        return moment(self.at_revision, self.at_time, "at_revision")


class PastCheckBody(
    QuestionBody,
    MomentBody,
    json_schema_extra=example(subject="member:ada", relation="can_view", object="source:orders", at_revision=1),
):
    """Might `subject` have had `relation` on `object`?"""

    def to_question(self, store: str) -> PastQuestion:
        """The question asked."""
        return PastQuestion(self.read(store), self.moment())


class ScopedBody(Body):
    """Whose access, and to what."""

    subject: str | None = Field(None, description="only of this subject")
    object: str | None = Field(None, description="only to this object")
    relations: list[str] = Field(default=[], description="only by these relations")
    types: list[str] = Field(default=[], description="only to objects of these types")

    def scoped(self) -> Scoped:
        """What is looked at."""
        subject, object_ = self.subject, self.object
        return Scoped(
            at("/subject", lambda: parse_subject(subject)) if subject is not None else None,
            at("/object", lambda: parse_object(object_)) if object_ is not None else None,
            at("/relations", lambda: frozenset(map(check_relation, self.relations))),
            at("/types", lambda: frozenset(map(check_type, self.types))),
        )


class BetweenBody(ScopedBody, json_schema_extra=example(object="source:orders", since_revision=1, until_revision=2)):
    """Who gained and who lost access from one revision or time to another; of an object, a subject, or both."""

    since_revision: int | None = Field(None, ge=0, le=MAX_REVISION, description="the revision to begin at")
    since_time: Time = Field(None, description="in place of `since_revision`: a time")
    until_revision: int | None = Field(None, ge=0, le=MAX_REVISION, description="the revision to end at")
    until_time: Time = Field(None, description="in place of `until_revision`: a time")

    def to_between(self, store: str) -> Between:
        """The question asked."""
        return Between(
            store,
            moment(self.since_revision, self.since_time, "since_revision"),
            moment(self.until_revision, self.until_time, "until_revision"),
            self.scoped(),
        )


class TrialBody(
    ScopedBody,
    json_schema_extra=example(
        writes=[{"subject": "member:eve", "relation": "member", "object": "group:eng"}], types=["source"]
    ),
):
    """A change, or another model, that is tried: nothing is written."""

    writes: list[TupleBody] = Field(default=[], description="tuples that would be written")
    deletes: list[TupleBody] = Field(default=[], description="tuples that would be deleted, before any is written")
    model: str | None = Field(None, description="the text of a model that would be the current one")

    def to_trial(self, store: str) -> Trial:
        """The question asked."""
        writes, deletes = read_tuples(self.writes, "/writes"), read_tuples(self.deletes, "/deletes")
        return Trial(store, writes, deletes, self.model, self.scoped())


class ShiftAnswer(Answer):
    """An access that differs; `type:*` stands for those of a type whom no tuple beneath the object names."""

    subject: str
    relation: str
    object: str
    before: str = Field(description="`allowed`, `denied` or, where a condition decides, `unknown`")
    after: str = Field(description="the same, afterwards")


class ImpactAnswer(Answer):
    """Every access that differs, by object, relation and subject."""

    zookie: str
    gained: int = Field(description="how many are allowed that were not")
    lost: int = Field(description="how many were allowed that are not")
    tried: int = Field(description="how many were compared")
    shifts: list[ShiftAnswer]

    @classmethod
    def of(cls, impact: Impact) -> Self:
        """The answer for what was found."""
        return cls(
            zookie=impact.revision.zookie(),
            gained=len(impact.gained),
            lost=len(impact.lost),
            tried=impact.tried,
            shifts=[
                ShiftAnswer(
                    subject=str(one.subject),
                    relation=one.relation,
                    object=str(one.object),
                    before=one.before.value,
                    after=one.after.value,
                )
                for one in impact.shifts
            ],
        )


class SinceBody(Body, json_schema_extra=example(subject="member:ada", relation="can_view", object="source:orders")):
    """Since when has `subject` had `relation` on `object`, and by whom?"""

    subject: str = Field(description="who: `type:id`, `type:id#relation` or `type:*`")
    relation: str = Field(description="what: a relation of the object's type")
    object: str = Field(description="on what: `type:id`")

    def to_question(self, store: str) -> CheckQuestion:
        """The question asked."""
        subject = at("/subject", lambda: parse_subject(self.subject))
        object_ = at("/object", lambda: parse_object(self.object))
        return at("/relation", lambda: CheckQuestion(store, subject, self.relation, object_))


class SinceAnswer(DecisionAnswer):
    """The decision now, with its path; where it is allowed, the change after which it has been so all along."""

    change: ChangeAnswer | None = Field(
        None, description="left out for a denied check, and where time alone allows it since the newest change"
    )
    older: bool | None = Field(None, description="true where access is older than the changes that are kept")

    @classmethod
    def told(cls, found: Since) -> Self:
        """The answer for what was found."""
        plain = DecisionAnswer.of(found.decision)
        change = ChangeAnswer.of(found.change) if found.change is not None else None
        return cls(
            allowed=plain.allowed, zookie=plain.zookie, path=plain.path, change=change, older=not found.kept or None
        )
