"""JSON → questions of the past and of what would be, and their answers → JSON. No routes, no rules."""

from __future__ import annotations

from pydantic import Field

from iamgraph.errors import RequestError
from iamgraph.history import Moment, PastQuestion
from iamgraph.service.wire import MAX_REVISION, QuestionBody, Time, example


def moment(revision: int | None, time: Time, name: str) -> Moment:
    """The one of the two that is given."""
    if (revision is None) is (time is None):
        raise RequestError(f"say `{name}` or `{name.replace('revision', 'time')}`, one of them", pointer=f"/{name}")
    found = time if revision is None else revision
    assert found is not None
    return found


class PastCheckBody(
    QuestionBody,
    json_schema_extra=example(subject="member:ada", relation="can_view", object="source:orders", at_revision=1),
):
    """Might `subject` have had `relation` on `object`?"""

    at_revision: int | None = Field(None, ge=0, le=MAX_REVISION, description="the revision asked of")
    at_time: Time = Field(None, description="in place of `at_revision`: a time, by which expiry is judged then")

    def to_question(self, store: str) -> PastQuestion:
        """The question asked."""
        return PastQuestion(self.read(store), moment(self.at_revision, self.at_time, "at_revision"))
