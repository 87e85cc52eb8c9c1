"""Why and why not: one question's reasons, all at one revision."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.check.walk import Truth
from iamgraph.denial import Denial
from iamgraph.errors import LimitError
from iamgraph.fixpoint import in_order, truths
from iamgraph.grounding import Goal, Grounding
from iamgraph.proofs import proofs
from iamgraph.questions import CheckQuestion, Decision, Unknown
from iamgraph.reasons import PlainSentences, Proof, Remedy, Sentences, Why, WhyQuestion
from iamgraph.remedies import Remedies
from iamgraph.store.contract import View
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Userset

REMEDIES_SHARE: Final = 0.5


def why(  # noqa: PLR0917 - what a question is judged by
    room: View,
    checker: Checker,
    asked: WhyQuestion,
    current: CurrentModel,
    now: datetime,
    end: float,
    speaking: Sequence[Sentences] = (),
    *,
    past: bool = False,
) -> Why:
    """The reasons of the answer; raises where it is unknown. `end` is a reading of `time.monotonic`.

    What would allow what is denied is not looked for in the past, which nothing changes.
    """
    decision = _decision(room, checker, asked, current, now, end)
    grounding = Grounding(room, current.model, asked.subject, now, end)
    root: Goal = (asked.object, asked.relation)
    grounding.ground([root])
    known = truths(grounding.grounds, in_order(grounding.grounds, grounding.check_deadline), grounding.check_deadline)
    agreed = (known.values[root] is Truth.TRUE) is decision.allowed
    assert agreed or not grounding.complete, "the reasons and the check do not agree"
    seen = _Seen(room, grounding)
    sentences = next((one for one in speaking if one.fit(current.model)), PlainSentences())
    if decision.allowed:
        found = proofs(grounding, root, known, asked.limit) if agreed else ()
        # Where there was too much to read, the check's own path is a proof still.
        found = found or (Proof(decision.path or ()),)
        seen.learn(one for each in found for one in each.path)
        told = tuple(replace(one, sentence=sentences.proof(seen, asked, one)) for one in found)
        return Why(True, decision.revision, _allowed(asked, told), told, complete=grounding.complete)
    branches = Denial(grounding, known, asked, seen, sentences).branches()
    if past:
        return Why(False, decision.revision, _denied(asked), (), branches, complete=grounding.complete)
    remedies: tuple[Remedy, ...] = ()
    search = Remedies(room, grounding, current, asked, known)
    # What would allow it is looked for in part of the time, so that where it stopped is told all the same.
    grounding.deadline = min(end, time.monotonic() + (end - time.monotonic()) * REMEDIES_SHARE)
    try:
        remedies = search.find(seen, sentences)
    except LimitError as late:
        if late.code != Unknown.DEADLINE.value:
            raise
        grounding.complete = False
    complete = grounding.complete
    return Why(False, decision.revision, _denied(asked), (), branches, remedies, complete=complete, more=search.more)


def _decision(  # noqa: PLR0917 - as above
    room: View, checker: Checker, asked: WhyQuestion, current: CurrentModel, now: datetime, end: float
) -> Decision:
    question = CheckQuestion(asked.store, asked.subject, asked.relation, asked.object, explain=True)
    asking = AskingMany(asked.store, (question,), current, now, end)
    (decision,) = checker.check_in(room.reader, asking).decisions
    return decision.known()


def _allowed(asked: WhyQuestion, found: tuple[Proof, ...]) -> str:
    ways = "one way" if len(found) == 1 else f"{len(found)} ways"
    return f"{asked.subject} has {asked.relation} on {asked.object}: {ways} told"


def _denied(asked: WhyQuestion) -> str:
    return f"{asked.subject} has no {asked.relation} on {asked.object}"


class _Seen:
    """What sentences may look at. Names are read for many objects at once, where these are said before."""

    def __init__(self, room: View, grounding: Grounding) -> None:
        self._room = room
        self._grounding = grounding
        self._names: dict[Object, str | None] = {}

    def learn(self, tuples: Iterable[StoredTuple]) -> None:
        """Read the names of all objects in these."""
        objects = {one for each in tuples for one in _objects(each.tuple)} - self._names.keys()
        kept = self._room.attributes(sorted(objects))
        for one in objects:
            name = kept.get(one, {}).get("name")
            self._names[one] = name if isinstance(name, str) and name else None

    def name(self, object_: Object) -> str | None:
        """What people call an object."""
        if object_ not in self._names:
            name = self._room.attributes([object_]).get(object_, {}).get("name")
            self._names[object_] = name if isinstance(name, str) and name else None
        return self._names[object_]

    def of(self, object_: Object, relation: str) -> list[RelationTuple]:
        """The tuples of an object and relation that hold."""
        now = self._grounding.now
        found = (one.tuple for one in self._grounding.read(object_, relation))
        return [one for one in found if one.expires_at is None or one.expires_at > now]


def _objects(one: RelationTuple) -> list[Object]:
    subject = one.subject.object if isinstance(one.subject, Userset) else one.subject
    return [one.object, subject] if isinstance(subject, Object) else [one.object]
