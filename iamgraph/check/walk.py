"""The walk answerer: the rewrites evaluated step by step over a reader of tuples. The reference for the others.

A goal is "the subject has this relation on this object". Goals in progress count as false for the time being,
and a goal that others leant on is asked again until nothing rises: the least fixpoint. What a `but not` takes
away is solved by itself first, which the model's stratification allows.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final, Protocol

from iamgraph.check.contract import Asking, refuse_other_model
from iamgraph.model.model import (
    ComputedUserset,
    DirectType,
    Exclusion,
    Guard,
    Intersection,
    Model,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)
from iamgraph.questions import Answerer, Decision, Outcome, Unknown
from iamgraph.store.contract import TupleReader
from iamgraph.store.overlay import Overlay, laid_over
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard, kind_of

MAX_TUPLES_READ: Final = 100_000
MAX_EXCLUSIONS: Final = 50


class Truth(IntEnum):
    """Kleene's three values, in the order that makes `or` the greatest and `and` the least."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """How true, the tuples that prove it where it is true, and why it is not where it is unknown."""

    truth: Truth
    proof: tuple[StoredTuple, ...] = ()
    reason: tuple[Unknown, str] | None = None


_FALSE: Final = Finding(Truth.FALSE)
_OUTCOMES: Final = {Truth.TRUE: Outcome.ALLOWED, Truth.FALSE: Outcome.DENIED, Truth.UNKNOWN: Outcome.UNKNOWN}

Goal = tuple[Object, str]
# An evaluation yields the goals it needs and is sent their findings, so depth costs no Python stack.
Evaluation = Generator[Goal, Finding, Finding]


def answer(reader: TupleReader, asking: Asking, max_tuples_read: int = MAX_TUPLES_READ) -> Decision:
    """The decision over a reader: takes request-time tuples, and is unknown where a condition or a limit decides."""
    refuse_other_model(reader.info, asking.current)
    question, revision = asking.question, reader.info.revision
    limited = _Limited(reader, question.contextual_tuples, asking, max_tuples_read)
    try:
        walk = _Walk(asking.current.model, limited, question.subject, asking.now)
        found = walk.solve((question.object, question.relation))
    except _LimitHit as hit:
        return Decision(Outcome.UNKNOWN, revision, reason=hit.reason, detail=hit.detail, answerer=Answerer.WALK)
    reason, detail = found.reason or (None, "")
    allowed = found.truth is Truth.TRUE
    path = tuple(dict.fromkeys(found.proof)) if question.explain and allowed else None
    outcome = _OUTCOMES[found.truth]
    if allowed:
        return Decision(outcome, revision, path, answerer=Answerer.WALK)
    return Decision(outcome, revision, None, reason, detail, Answerer.WALK)


class _LimitHit(Exception):  # noqa: N818 - ends a walk with an answer, unknown
    def __init__(self, reason: Unknown, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class _Limited:
    """The reader with request-time tuples laid over it, counting what is read."""

    def __init__(
        self, reader: TupleReader, contextual: tuple[RelationTuple, ...], asking: Asking, max_tuples_read: int
    ) -> None:
        revision = reader.info.revision.number
        laid = laid_over(StoredTuple(one, revision, asking.now) for one in contextual)
        self._reader: TupleReader = Overlay(reader, laid) if laid else reader
        self._deadline = asking.deadline
        self._left = max_tuples_read
        self._max = max_tuples_read
        self._seen: dict[tuple[Object, str, Kind | None], list[StoredTuple]] = {}

    def find(self, wanted: RelationTuple) -> Iterable[StoredTuple]:
        found = self._reader.find(wanted)
        self._count(1)
        return () if found is None else (found,)

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> list[StoredTuple]:
        key = (object_, relation, kind)
        if key not in self._seen:
            found = list(self._reader.read(object_, relation, kind))
            self._count(1 + len(found))
            self._seen[key] = found
        return self._seen[key]

    def _count(self, read: int) -> None:
        self._left -= read
        if self._left < 0:
            raise _LimitHit(Unknown.TUPLES_READ, f"the check read more than {self._max} tuples")
        self.check_deadline()

    def check_deadline(self) -> None:
        """End the walk if it is late."""
        if time.monotonic() > self._deadline:
            raise _LimitHit(Unknown.DEADLINE, "the check was not decided before the deadline")


class Reading(Protocol):
    """Reads the tuples of an object and relation, of one kind of subject if given."""

    def read(self, object_: Object, relation: str, kind: Kind | None = None, /) -> Iterable[StoredTuple]:
        """The tuples."""


class Follower:
    """Follows arrows and judges their guards, over what a reader reads."""

    def __init__(self, model: Model, reader: Reading, now: datetime) -> None:
        self._model = model
        self._reader = reader
        self._now = now

    def live(self, stored: StoredTuple) -> bool:
        """Whether a tuple has not expired."""
        expires_at = stored.tuple.expires_at
        return expires_at is None or expires_at > self._now

    def reached(self, object_: Object, tuplesets: tuple[str, ...]) -> Iterable[tuple[Object, tuple[StoredTuple, ...]]]:
        """The objects at the end of the tuplesets, each once, with the tuples that lead there, nearest last."""
        reached: dict[Object, tuple[StoredTuple, ...]] = {object_: ()}
        for relation in tuplesets:
            further: dict[Object, tuple[StoredTuple, ...]] = {}
            for one, path in reached.items():
                for stored in self._plain(one, relation):
                    subject = stored.tuple.subject
                    if isinstance(subject, Object) and self.live(stored):
                        further.setdefault(subject, (stored, *path))
            reached = further
        return reached.items()

    def _plain(self, object_: Object, name: str) -> Iterable[StoredTuple]:
        """The unconditioned tuples with plain subjects that the model allows for a directly assigned relation."""
        relation = self._model.relation(object_.type, name)
        for allowed in relation.direct_types if relation is not None else ():
            yield from (one for one in self._reader.read(object_, name, allowed.kind) if _condition(one) is None)

    def guarded(self, reached: Object, object_: Object, guards: tuple[Guard, ...]) -> tuple[StoredTuple, ...] | None:
        """The tuples by which the object passes the guards of the one reached; None if it does not."""
        passed: list[StoredTuple] = []
        for guard in guards:
            # Every tuple counts here, also one an older model left: what cannot be met closes the guard.
            required = self._reader.read(reached, guard.required)
            fit = set(self._plain(reached, guard.required))
            within = {one.tuple.subject: one for one in self._plain(object_, guard.within) if _lasting(one)}
            if not required or not all(
                one in fit and _lasting(one) and one.tuple.subject in within for one in required
            ):
                return None
            passed += required
            passed += (within[one.tuple.subject] for one in required)
        return tuple(passed)


class _Walk:
    """One question's evaluation over one reader."""

    def __init__(self, model: Model, reader: _Limited, subject: Subject, now: datetime) -> None:
        self._model = model
        self._reader = reader
        self._subject = subject
        self._kind = kind_of(subject)
        self._follow = Follower(model, reader, now)
        self._final: dict[Goal, Finding] = {}
        self._exclusions = 0

    def solve(self, root: Goal) -> Finding:
        """The root's value in the least fixpoint, by rounds: each starts from the values of the one before."""
        known: dict[Goal, Finding] = {}
        while True:
            found, leant = self._round(root, known)
            if not leant:
                # Nothing in progress was asked, so every value of this round is final.
                self._final |= found
                return found[root]
            if all(found[goal].truth == known.get(goal, _FALSE).truth for goal in found):
                self._final |= found
                return found[root]
            known |= found

    def _round(self, root: Goal, known: dict[Goal, Finding]) -> tuple[dict[Goal, Finding], bool]:
        """Every goal the root needs, evaluated once; one in progress counts as what the last round said."""
        found: dict[Goal, Finding] = {}
        leant = False
        stack: list[tuple[Goal, Evaluation]] = [(root, self._evaluate(root))]
        running = {root}
        reply: Finding | None = None
        while stack:
            self._reader.check_deadline()
            goal, evaluation = stack[-1]
            try:
                asked = evaluation.send(reply) if reply is not None else next(evaluation)
            except StopIteration as stop:
                stack.pop()
                running.discard(goal)
                # What an earlier round proved stays proved, even if this one did not look as far.
                found[goal] = reply = _greater(known.get(goal, _FALSE), stop.value)
                continue
            reply = self._final.get(asked) or found.get(asked)
            if reply is None and asked in running:
                leant = True
                reply = known.get(asked, _FALSE)
            if reply is None:
                running.add(asked)
                stack.append((asked, self._evaluate(asked)))
        return found, leant

    # --- rewrites ---

    def _evaluate(self, goal: Goal) -> Evaluation:
        object_, name = goal
        if self._subject == Userset(object_, name):
            return Finding(Truth.TRUE)
        relation = self._model.relation(object_.type, name)
        if relation is None:
            return _FALSE
        return (yield from self._rewrite(relation.rewrite, goal))

    def _rewrite(self, rewrite: Rewrite, goal: Goal) -> Evaluation:
        match rewrite:
            case This(types):
                return (yield from self._this(types, goal))
            case ComputedUserset(relation):
                return (yield (goal[0], relation))
            case TupleToUserset():
                return (yield from self._arrow(rewrite, goal))
            case Union(operands):
                return (yield from self._union(operands, goal))
            case Intersection(operands):
                return (yield from self._intersection(operands, goal))
            case Exclusion(base, subtract):
                return (yield from self._exclusion(base, subtract, goal))

    def _union(self, operands: tuple[Rewrite, ...], goal: Goal) -> Evaluation:
        best = _FALSE
        for operand in operands:
            found = yield from self._rewrite(operand, goal)
            best = _greater(best, found)
            if best.truth is Truth.TRUE:
                break
        return best

    def _intersection(self, operands: tuple[Rewrite, ...], goal: Goal) -> Evaluation:
        least = Finding(Truth.TRUE)
        for operand in operands:
            found = yield from self._rewrite(operand, goal)
            least = _both(least, found)
            if least.truth is Truth.FALSE:
                break
        return least

    def _exclusion(self, base: Rewrite, subtract: Rewrite, goal: Goal) -> Evaluation:
        kept = yield from self._rewrite(base, goal)
        if kept.truth is Truth.FALSE:
            return kept
        taken = self._settled(subtract, goal)
        if taken.truth is Truth.TRUE:
            return _FALSE
        return kept if taken.truth is Truth.FALSE else _both(kept, taken)

    def _settled(self, rewrite: Rewrite, goal: Goal) -> Finding:
        """A rewrite's value in its own fixpoint: nothing it leads to can be in progress here."""
        evaluation = self._rewrite(rewrite, goal)
        reply: Finding | None = None
        self._exclusions += 1
        if self._exclusions > MAX_EXCLUSIONS:
            raise _LimitHit(Unknown.EXCLUSIONS, f"more than {MAX_EXCLUSIONS} `but not`s lead into each other")
        while True:
            try:
                asked = evaluation.send(reply) if reply is not None else next(evaluation)
            except StopIteration as stop:
                self._exclusions -= 1
                found: Finding = stop.value
                return found
            reply = self._final.get(asked) or self.solve(asked)

    def _this(self, types: tuple[DirectType, ...], goal: Goal) -> Evaluation:
        best = _FALSE
        for allowed in types:
            for stored in self._tuples(allowed, goal):
                subject = stored.tuple.subject
                found = Finding(Truth.TRUE)
                if isinstance(subject, Userset):
                    found = yield (subject.object, subject.relation)
                found = _with(found, stored, allowed)
                best = _greater(best, found)
                if best.truth is Truth.TRUE:
                    return best
        return best

    def _tuples(self, allowed: DirectType, goal: Goal) -> Iterable[StoredTuple]:
        """The live tuples of one allowed kind that bear on the subject."""
        object_, relation = goal
        if allowed.relation is not None:
            stored: Iterable[StoredTuple] = self._reader.read(object_, relation, allowed.kind)
        elif allowed.kind == self._kind:
            stored = self._reader.find(RelationTuple(object_, relation, self._subject))
        elif allowed.wildcard and self._kind == Kind(allowed.type):
            stored = self._reader.find(RelationTuple(object_, relation, Wildcard(allowed.type)))
        else:
            return ()
        return [one for one in stored if self._follow.live(one) and _condition(one) == allowed.condition]

    # --- arrows ---

    def _arrow(self, arrow: TupleToUserset, goal: Goal) -> Evaluation:
        best = _FALSE
        for reached, hops in self._follow.reached(goal[0], arrow.tuplesets):
            if self._model.relation(reached.type, arrow.relation) is None:
                continue
            guarded = self._follow.guarded(reached, goal[0], arrow.guards)
            if guarded is None:
                continue
            found = yield (reached, arrow.relation)
            if found.truth is Truth.TRUE:
                return Finding(Truth.TRUE, (*found.proof, *hops, *guarded))
            best = _greater(best, found)
        return best


def _condition(stored: StoredTuple) -> str | None:
    return stored.tuple.condition.name if stored.tuple.condition is not None else None


def _lasting(stored: StoredTuple) -> bool:
    """Whether a tuple may count for a guard: a plain subject, no condition, no expiry."""
    one = stored.tuple
    return isinstance(one.subject, Object) and one.condition is None and one.expires_at is None


def _with(found: Finding, stored: StoredTuple, allowed: DirectType) -> Finding:
    """What lies behind a tuple, and the tuple itself."""
    if found.truth is Truth.FALSE:
        return found
    if allowed.condition is not None:
        return Finding(
            Truth.UNKNOWN,
            reason=(Unknown.CONDITION, f"condition `{allowed.condition}` of `{stored}` cannot be evaluated"),
        )
    return Finding(found.truth, (*found.proof, stored), found.reason)


def _greater(one: Finding, other: Finding) -> Finding:
    return other if other.truth > one.truth else one


def _both(one: Finding, other: Finding) -> Finding:
    truth = min(one.truth, other.truth)
    if truth is Truth.FALSE:
        return _FALSE
    return Finding(truth, tuple(dict.fromkeys(one.proof + other.proof)), one.reason or other.reason)
