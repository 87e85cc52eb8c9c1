"""Random cases, the same for the same seed: a model, tuples over it, and questions."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from hypothesis import strategies as st

from iamgraph.model.model import DirectType, Model, This
from iamgraph.tuples import ConditionUse, Object, RelationTuple, Subject, Userset, Wildcard, kind_of
from tests.model_texts import CONDITION, CONDITION_TEXT, PROFILES, make_model

NOW: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
ODD_IDS: Final = ("it's", 'a"b', "back\\slash", "süß☃", "a#b#", "*x", "a:b@c", "{k}", "$now", "L" * 256)


@dataclass(frozen=True, slots=True)
class Question:
    """May `subject` have `relation` on `object`?"""

    subject: Subject
    relation: str
    object: Object

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}@{self.subject}"


@dataclass(frozen=True, slots=True)
class Case:
    """A model, tuples it allows, `leftovers` it does not allow (any more), and what to ask at `NOW`."""

    profile: str
    model_text: str
    model: Model
    tuples: tuple[RelationTuple, ...]
    leftovers: tuple[RelationTuple, ...]
    questions: tuple[Question, ...]


def cases(seed: int, count: int, profiles: tuple[str, ...] = PROFILES) -> Iterator[Case]:
    """So many cases, the profiles taking turns."""
    draw = random.Random(seed)
    for i in range(count):
        yield make_case(draw.getrandbits(64), profiles[i % len(profiles)])


def case_strategy(profiles: tuple[str, ...] = PROFILES) -> st.SearchStrategy[Case]:
    """Cases for hypothesis."""
    return st.builds(make_case, st.integers(0, 2**64 - 1), st.sampled_from(profiles))


def make_case(seed: int, profile: str) -> Case:
    """The case of a seed."""
    draw = random.Random(seed)
    text, model, _ = make_model(draw, profile)
    tuples, leftovers = _Tuples(draw, model).make()
    return Case(profile, text, model, tuples, leftovers, tuple(_questions(draw, model, (*tuples, *leftovers))))


def wide_model_text(tuples: Iterable[RelationTuple]) -> str:
    """A model that allows all these tuples, such as may have been current before another."""
    taken: dict[str, dict[str, set[str]]] = {}
    for one in tuples:
        kind = str(kind_of(one.subject))
        entry = f"{kind} with {one.condition.name}" if one.condition is not None else kind
        relations = taken.setdefault(one.object.type, {})
        relations.setdefault(one.relation, set()).add(entry)
        if isinstance(one.subject, Userset):
            taken.setdefault(one.subject.object.type, {}).setdefault(one.subject.relation, set())
        else:
            taken.setdefault(one.subject.type, {})
    lines = ["model", "  schema 1.1"]
    for type_, relations in sorted(taken.items()):
        lines += [f"type {type_}", *(["  relations"] if relations else [])]
        # The relation's own type is allowed too, so that each relation has a way in.
        lines += [f"    define {name}: [{', '.join(sorted({type_} | kinds))}]" for name, kinds in relations.items()]
    text = "\n".join(lines) + "\n"
    return text + CONDITION_TEXT if f"with {CONDITION}" in text else text


# --- tuples --------------------------------------------------------------------------------------------


class _Tuples:
    """Tuples of one model: what it allows, some of it shaped to hit guards and cycles, and what it does not."""

    def __init__(self, draw: random.Random, model: Model) -> None:
        self._draw = draw
        self._model = model
        self._ids = {one.name: _ids(draw) for one in model.types}
        self._relations = [(type_.name, one) for type_ in model.types for one in type_.relations]
        self._made: dict[str, RelationTuple] = {}

    def make(self) -> tuple[tuple[RelationTuple, ...], tuple[RelationTuple, ...]]:
        """Tuples the model allows, and leftovers."""
        draw = self._draw
        for type_, relation in self._relations:
            if relation.direct_types:
                for _ in range(draw.choice((1, 2, 3, 4))):
                    self._add(type_, relation.name, draw.choice(relation.direct_types))
        self._cycles()
        allowed = tuple(self._made.values())
        leftovers = [one for _ in range(draw.choice((0, 0, 2, 5))) if (one := self._leftover()) is not None]
        return allowed, tuple({str(one): one for one in leftovers}.values())

    def _add(self, type_: str, relation: str, allowed: DirectType) -> None:
        one = RelationTuple(
            self._object(type_),
            relation,
            self._subject(allowed),
            self._expiry(),
            ConditionUse(allowed.condition, self._draw.choice(("{}", '{"day":1}'))) if allowed.condition else None,
        )
        self._made[str(one)] = one

    def _cycles(self) -> None:
        """Sometimes `group:g#member@group:g#member`, and two groups in one another."""
        for type_, relation in self._relations:
            if DirectType(type_, relation.name) in relation.direct_types and self._draw.random() < 0.5:
                one, other = self._object(type_), self._object(type_)
                for left, right in ((one, one), (one, other), (other, one)):
                    made = RelationTuple(left, relation.name, Userset(right, relation.name))
                    self._made[str(made)] = made

    def _leftover(self) -> RelationTuple | None:
        """A tuple the model does not allow; None if the one drawn is allowed or in the way of another."""
        draw = self._draw
        type_, relation = draw.choice([one for one in self._relations if one[1].direct_types])
        other_type, other = draw.choice(self._relations)
        under = draw.choice(relation.direct_types)
        kinds = (
            DirectType("member"),
            DirectType(draw.choice(self._model.types).name, wildcard=True),
            DirectType(other_type, other.name),
            replace(under, condition=None if under.condition else CONDITION),
            replace(under, condition=None if under.condition else CONDITION),
            *other.direct_types[:3],
        )
        kind = draw.choice(kinds)
        name = draw.choice((relation.name, relation.name, relation.name, other.name))
        found = self._model.relation(type_, name)
        condition = ConditionUse(kind.condition) if kind.condition else None
        expires_at = self._expiry() if draw.random() < 0.5 else None
        one = RelationTuple(self._object(type_), name, self._subject(kind), expires_at, condition)
        allowed = found is not None and kind in found.direct_types
        return None if allowed or str(one) in self._made else one

    def _object(self, type_: str) -> Object:
        return Object(type_, self._draw.choice(self._ids[type_]))

    def _subject(self, allowed: DirectType) -> Subject:
        if allowed.wildcard:
            return Wildcard(allowed.type)
        object_ = self._object(allowed.type)
        return object_ if allowed.relation is None else Userset(object_, allowed.relation)

    def _expiry(self) -> datetime | None:
        draw = self._draw
        if draw.random() < 0.8:
            return None
        return NOW + draw.choice((timedelta(days=-1), timedelta(0), timedelta(microseconds=1), timedelta(days=1)))


def _ids(draw: random.Random) -> list[str]:
    ids = ["1", "2", "3"][: draw.randint(1, 3)]
    return [*ids, draw.choice(ODD_IDS)] if draw.random() < 0.3 else ids


# --- questions -----------------------------------------------------------------------------------------


def _questions(draw: random.Random, model: Model, tuples: tuple[RelationTuple, ...]) -> Iterator[Question]:
    """Ten questions by few subjects: mostly of what the tuples name, some of what nobody has heard of."""
    relations = [
        (type_.name, one.name)
        for type_ in model.types
        for one in type_.relations
        for _ in range(1 if isinstance(one.rewrite, This) else 5)
    ]
    subjects: list[Callable[[], Subject]] = [
        lambda: draw.choice(tuples).subject,
        lambda: draw.choice(tuples).subject,
        lambda: Object("member", draw.choice(("1", "2", "3"))),
        lambda: Object("member", draw.choice(("1", "2", "3"))),
        lambda: Object("member", "nobody"),
        lambda: Wildcard(draw.choice(model.types).name),
        lambda: _userset(draw, relations, tuples),
    ]
    asked = [draw.choice(subjects)() for _ in range(4)]
    for i in range(10):
        type_, relation = draw.choice(relations)
        yield Question(asked[i % len(asked)], relation, _known(draw, type_, tuples))
    type_, relation = draw.choice(relations)
    object_ = _known(draw, type_, tuples)
    yield Question(Userset(object_, relation), relation, object_)


def _userset(draw: random.Random, relations: list[tuple[str, str]], tuples: tuple[RelationTuple, ...]) -> Userset:
    type_, relation = draw.choice(relations)
    return Userset(_known(draw, type_, tuples), relation)


def _known(draw: random.Random, type_: str, tuples: tuple[RelationTuple, ...]) -> Object:
    known = [one.object for one in tuples if one.object.type == type_]
    return draw.choice(known) if known and draw.random() < 0.92 else Object(type_, "unheard-of")
