"""An independent evaluation of checks: every goal of every known object, by sets, up to the least fixpoint.

It shares no evaluation with the package, and takes no care to be fast, so that it can be seen to be right.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import IntEnum
from typing import Final

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
from iamgraph.tuples import Object, RelationTuple, Subject, Userset, Wildcard


class Truth(IntEnum):
    """Kleene's three values: `or` is the greatest, `and` the least, `not` counts from the other end."""

    FALSE = 0
    UNKNOWN = 1
    TRUE = 2


WORDS: Final = {Truth.TRUE: "allowed", Truth.FALSE: "denied", Truth.UNKNOWN: "unknown"}

Goal = tuple[Object, str]
Name = tuple[str, str]


def evaluate(
    model: Model, tuples: Iterable[RelationTuple], now: datetime, subject: Subject, relation: str, object_: Object
) -> str:
    """The answer to one check: `allowed`, `denied` or `unknown`."""
    return Oracle(model, tuples, now).check(subject, relation, object_)


class Oracle:
    """Answers checks over a fixed set of tuples, at a fixed time."""

    def __init__(self, model: Model, tuples: Iterable[RelationTuple], now: datetime) -> None:
        self.model = model
        self.now = now
        self.tuples: dict[Goal, list[RelationTuple]] = {}
        self.objects: set[Object] = set()
        for one in tuples:
            self.tuples.setdefault((one.object, one.relation), []).append(one)
            self.objects |= {one.object, *_object_of(one.subject)}
        self._strata = strata(model)
        self._known: dict[tuple[Subject, Object | None], dict[Goal, Truth]] = {}

    def check(self, subject: Subject, relation: str, object_: Object) -> str:
        """May the subject have the relation on the object: `allowed`, `denied` or `unknown`."""
        if subject == Userset(object_, relation):
            return WORDS[Truth.TRUE]
        return WORDS[self.truths(subject, object_).get((object_, relation), Truth.FALSE)]

    def truths(self, subject: Subject, object_: Object) -> dict[Goal, Truth]:
        """Every goal of every object known or asked about, and how true it is for the subject."""
        key = (subject, None if object_ in self.objects else object_)
        if key not in self._known:
            self._known[key] = self._solved(subject, self.objects | {object_})
        return self._known[key]

    def _solved(self, subject: Subject, objects: set[Object]) -> dict[Goal, Truth]:
        truths: dict[Goal, Truth] = {}
        for names in self._strata:
            goals = [(one, relation) for one in objects for type_, relation in names if one.type == type_]
            truths |= dict.fromkeys(goals, Truth.FALSE)
            rising = True
            while rising:
                again = {goal: _Goal(self, subject, goal, truths).truth() for goal in goals}
                rising = any(again[goal] != truths[goal] for goal in goals)
                truths |= again
        return truths


class _Goal:
    """One goal judged by the truths of the others so far."""

    def __init__(self, oracle: Oracle, subject: Subject, goal: Goal, truths: dict[Goal, Truth]) -> None:
        self._oracle = oracle
        self._subject = subject
        self._object, self._name = goal
        self._truths = truths

    def truth(self) -> Truth:
        if self._subject == Userset(self._object, self._name):
            return Truth.TRUE
        relation = self._oracle.model.relation(self._object.type, self._name)
        return Truth.FALSE if relation is None else self._rewrite(relation.rewrite)

    def _rewrite(self, rewrite: Rewrite) -> Truth:
        match rewrite:
            case This(types):
                return self._this(types)
            case ComputedUserset(relation):
                return self._truths[self._object, relation]
            case TupleToUserset():
                return self._arrow(rewrite)
            case Union(operands):
                return max(map(self._rewrite, operands))
            case Intersection(operands):
                return min(map(self._rewrite, operands))
            case Exclusion(base, subtract):
                return min(self._rewrite(base), Truth(Truth.TRUE - self._rewrite(subtract)))

    # --- direct ---

    def _this(self, types: tuple[DirectType, ...]) -> Truth:
        own = self._oracle.tuples.get((self._object, self._name), [])
        kept = [one for one in own if self._live(one) and any(_fits(one, allowed) for allowed in types)]
        return max(map(self._tuple, kept), default=Truth.FALSE)

    def _tuple(self, one: RelationTuple) -> Truth:
        found = self._among(one.subject)
        return found if one.condition is None else min(found, Truth.UNKNOWN)

    def _among(self, stands: Subject) -> Truth:
        """Whether the subject asked for is among those a tuple's subject stands for."""
        match stands:
            case Userset(object_, relation):
                return self._truths[object_, relation]
            case Wildcard(type_):
                everyone = isinstance(self._subject, Object) and self._subject.type == type_
                return Truth.TRUE if everyone or stands == self._subject else Truth.FALSE
            case _:
                return Truth.TRUE if stands == self._subject else Truth.FALSE

    def _live(self, one: RelationTuple) -> bool:
        return one.expires_at is None or one.expires_at > self._oracle.now

    # --- arrows ---

    def _arrow(self, arrow: TupleToUserset) -> Truth:
        reached = {self._object}
        for tupleset in arrow.tuplesets:
            reached = {subject for one in reached for subject in self._hop(one, tupleset)}
        return max(
            (
                self._truths[one, arrow.relation]
                for one in reached
                if self._oracle.model.relation(one.type, arrow.relation) is not None
                and all(self._passes(one, guard) for guard in arrow.guards)
            ),
            default=Truth.FALSE,
        )

    def _hop(self, object_: Object, relation: str) -> set[Object]:
        return {subject for one, subject in self._plain(object_, relation) if self._live(one)}

    def _passes(self, reached: Object, guard: Guard) -> bool:
        """Every tuple that requires something counts, allowed by the model or not: a leftover closes the guard."""
        required = self._oracle.tuples.get((reached, guard.required), [])
        fit = self._lasting(reached, guard.required)
        within = self._lasting(self._object, guard.within).values()
        return bool(required) and all(one in fit and one.subject in within for one in required)

    def _lasting(self, object_: Object, relation: str) -> dict[RelationTuple, Object]:
        return {one: subject for one, subject in self._plain(object_, relation) if one.expires_at is None}

    def _plain(self, object_: Object, name: str) -> Iterator[tuple[RelationTuple, Object]]:
        """The tuples with plain subjects and no condition that the model allows as such."""
        relation = self._oracle.model.relation(object_.type, name)
        types = relation.direct_types if relation is not None else ()
        for one in self._oracle.tuples.get((object_, name), []):
            if isinstance(one.subject, Object) and one.condition is None and DirectType(one.subject.type) in types:
                yield one, one.subject


def _fits(one: RelationTuple, allowed: DirectType) -> bool:
    """Whether the model, as it is now, allows the tuple by this entry."""
    condition = one.condition.name if one.condition is not None else None
    match one.subject:
        case Object(type_):
            return allowed == DirectType(type_, condition=condition)
        case Userset(object_, relation):
            return allowed == DirectType(object_.type, relation, condition=condition)
        case Wildcard(type_):
            return allowed == DirectType(type_, wildcard=True, condition=condition)


def _object_of(subject: Subject) -> set[Object]:
    match subject:
        case Object():
            return {subject}
        case Userset(object_):
            return {object_}
        case Wildcard():
            return set()


# --- strata: what a `but not` takes away is final before it is used --------------------------------------


def strata(model: Model) -> list[list[Name]]:
    """The model's relations in layers: each leans on its own and lower ones, and subtracts lower ones only."""
    leans = {(type_.name, one.name): one.rewrite for type_ in model.types for one in type_.relations}
    height = dict.fromkeys(leans, 0)
    rising = True
    while rising:
        rising = False
        for name, rewrite in leans.items():
            least = max((height[to] + taken for to, taken in _leans(model, name[0], rewrite)), default=0)
            if least > height[name]:
                assert least <= len(leans), f"{name} depends on itself through `but not`"
                height[name] = least
                rising = True
    layers = sorted(set(height.values()))
    return [[name for name in leans if height[name] == layer] for layer in layers]


def _leans(model: Model, type_: str, rewrite: Rewrite) -> Iterator[tuple[Name, int]]:
    """The relations a rewrite leans on, with 1 where they are taken away and 0 where not."""
    match rewrite:
        case This(types):
            yield from (((one.type, one.relation), 0) for one in types if one.relation is not None)
        case ComputedUserset(relation):
            yield (type_, relation), 0
        case TupleToUserset(tuplesets, relation):
            ends = _ends(model, type_, tuplesets)
            yield from (((end, relation), 0) for end in ends if model.relation(end, relation) is not None)
        case Union(operands) | Intersection(operands):
            for operand in operands:
                yield from _leans(model, type_, operand)
        case Exclusion(base, subtract):
            yield from _leans(model, type_, base)
            yield from ((name, 1) for name, _ in _leans(model, type_, subtract))


def _ends(model: Model, type_: str, tuplesets: tuple[str, ...]) -> set[str]:
    types = {type_}
    for tupleset in tuplesets:
        relations = [model.relation(one, tupleset) for one in types]
        types = {allowed.type for relation in relations if relation is not None for allowed in relation.direct_types}
    return types
