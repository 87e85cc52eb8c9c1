"""What a question rests on: each goal's rewrites over the tuples there are, read for many goals at once.

A goal is "the subject has this relation on this object". Its ground says which tuples would prove it: those that are
there, those that are not, and other goals. Nothing is judged here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

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
from iamgraph.model.printer import print_rewrite
from iamgraph.questions import StoreInfo, TupleFilter, Unknown
from iamgraph.reasons import NotFound
from iamgraph.store.contract import Read, View
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard, kind_of

MAX_TUPLES_EXPLAINED: Final = 20_000

Goal = tuple[Object, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A tuple that is there and counts."""

    stored: StoredTuple


@dataclass(frozen=True, slots=True)
class Absent:
    """A tuple that would count if it were written; `over` is the one that has expired, or may not count here."""

    tuple: RelationTuple
    over: StoredTuple | None = None


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A tuple that counts under a condition, which is not evaluated."""

    stored: StoredTuple


@dataclass(frozen=True, slots=True)
class Clear:
    """What a `but not` looked for and did not find, as it must be."""

    missing: NotFound


@dataclass(frozen=True, slots=True)
class Blocked:
    """What no tuple that is written would make true."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Another goal."""

    goal: Goal


@dataclass(frozen=True, slots=True)
class Some:
    """At least one part; `rewrite` is what it is the ground of, where it is a rewrite's."""

    parts: tuple[Ground, ...]
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Each:
    """Every part."""

    parts: tuple[Ground, ...]
    rewrite: Rewrite | None = None


@dataclass(frozen=True, slots=True)
class Passed:
    """The guard of an object reached: what it requires, and what of it the object asked about has or lacks."""

    reached: Object
    object: Object
    guard: Guard
    parts: tuple[Ground, ...]

    @property
    def lacking(self) -> tuple[Object, ...]:
        """What is required and not there."""
        absent = (one.tuple.subject for one in self.parts if isinstance(one, Absent))
        return tuple(one for one in absent if isinstance(one, Object))


@dataclass(frozen=True, slots=True)
class Way:
    """An object reached by an arrow: what is asked of it, the hops that lead there, and its guards."""

    then: Ask
    hops: tuple[Held | Absent, ...]
    guards: tuple[Passed, ...]

    @property
    def parts(self) -> tuple[Ground, ...]:
        """All that must hold, in the order of a path from the subject on."""
        return (self.then, *self.hops, *self.guards)


@dataclass(frozen=True, slots=True)
class Without:
    """`base`, where the subject is not in `taken`."""

    base: Ground
    taken: Ground
    missing: NotFound
    rewrite: Exclusion


Leaf = Held | Absent | Doubtful | Blocked | Clear
Ground = Leaf | Ask | Some | Each | Passed | Way | Without
ALWAYS: Final = Each(())


class Least(Protocol):
    """How many tuples are missing to what is asked, by what is known before anything is looked for."""

    @property
    def proven(self) -> Container[Goal]:
        """The goals to which none is."""

    def of(self, ground: Ground) -> int:
        """No more than are missing to a ground."""


class Grounding:
    """The grounds of a question, and the tuples read for them. Reads as much at once as it can."""

    def __init__(self, room: View, model: Model, subject: Subject, now: datetime, deadline: float) -> None:
        """`deadline` is a reading of `time.monotonic`."""
        self._room = room
        self.model = model
        self.subject = subject
        self.now = now
        self.deadline = deadline
        self._kind = kind_of(subject)
        self._rows: dict[Read, list[StoredTuple]] = {}
        self._wanted: dict[Read, None] = {}
        self._types: dict[tuple[str, str], tuple[str, ...]] = {}
        self._unread = 0
        self.left = MAX_TUPLES_EXPLAINED
        # Objects by type that missing tuples may lead to, for the goal that is looked at.
        self._near: Mapping[str, tuple[Object, ...]] = {}
        self.complete = True
        self.grounds: dict[Goal, Ground] = {}
        self.own = self._standing()

    def _standing(self) -> dict[str, StoredTuple]:
        """Every tuple the subject itself stands in, or everybody of its type."""
        asked = [self.subject]
        if isinstance(self.subject, Object):
            asked.append(Wildcard(self.subject.type))
        found = [one for each in asked for one in self._room.every(TupleFilter(subject=each))]
        return {str(one): one for one in found}

    # --- the reader's contract, for a check of what was read here ---

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""
        return self._room.reader.info

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The stored tuple with this object, relation and subject, or None."""
        if wanted.subject == self.subject or (
            isinstance(wanted.subject, Wildcard) and self._kind == Kind(wanted.subject.type)
        ):
            return self.own.get(str(wanted))
        return self._room.reader.find(wanted)

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> list[StoredTuple]:
        """All tuples of an object and relation, in the order of their subjects; of one kind if given."""
        key = (object_, relation, kind)
        if key not in self._rows:
            self._rows[key] = sorted(self._room.reader.read(object_, relation, kind), key=_by_subject)
        return self._rows[key]

    # --- reading for many goals at once ---

    def ground(self, roots: Iterable[Goal]) -> None:
        """Find the grounds of the roots and of every goal they lead to, until too much has been read."""
        waiting = dict.fromkeys(one for one in roots if one not in self.grounds)
        asked = dict(waiting)
        while waiting:
            self.check_deadline()
            for goal in list(waiting):
                before = self._unread
                ground = self._goal(goal)
                for one in asks(ground):
                    if one not in self.grounds and one not in asked:
                        asked[one] = waiting[one] = None
                if self._unread == before or not self.complete:
                    self.grounds[goal] = ground
                    del waiting[goal]
            self._fetch()

    def widen(self, root: Goal, near: Mapping[str, tuple[Object, ...]], least: Least, most: int) -> None:
        """Find the grounds anew of what `most` missing tuples may prove the root by, also over objects near.

        What needs more of them is left as it was.
        """
        spare: dict[Goal, int] = {}
        waiting = {root: most}
        while waiting:
            self.check_deadline()
            for goal, left in list(waiting.items()):
                before = self._unread
                self._near = near if left else {}
                ground = self._goal(goal)
                if self._unread != before and self.complete:
                    continue
                self.grounds[goal] = ground
                spare[goal] = left
                del waiting[goal]
                for one, further in _leads(ground, left, least.of):
                    if further and one in least.proven:
                        continue
                    if further > max(spare.get(one, -1), waiting.get(one, -1)) and (further or one not in self.grounds):
                        waiting[one] = further
            self._near = {}
            self._fetch()

    def beside(self, roots: Iterable[Goal]) -> None:
        """Find the grounds of further roots by what was read already: what was not counts as not there."""
        self.grounds |= {one: self._goal(one) for one in roots if one not in self.grounds}
        self._wanted.clear()

    def check_deadline(self) -> None:
        """Ends where it is late."""
        if time.monotonic() > self.deadline:
            raise Unknown.DEADLINE.error("the reasons were not found before the deadline")

    def _fetch(self) -> None:
        reads = list(self._wanted)
        self._wanted.clear()
        if not reads:
            return
        found = list(self._room.of_kinds(reads, self.left + 1)) if self.left > 0 else []
        if len(found) > self.left or self.left <= 0:
            # What was not read counts as not there, and is said to be incomplete.
            self.complete = False
            found = []
        self.left -= len(found) + len(reads)
        by: dict[tuple[Object, str], list[StoredTuple]] = {}
        for one in sorted({str(one): one for one in found}.values(), key=_by_subject):
            by.setdefault((one.tuple.object, one.tuple.relation), []).append(one)
        for object_, relation, kind in reads:
            rows = by.get((object_, relation), ())
            self._rows[object_, relation, kind] = [
                one for one in rows if kind is None or kind_of(one.tuple.subject) == kind
            ]

    def met(self) -> Iterator[RelationTuple]:
        """Every tuple that was read on the way back from what was asked."""
        for rows in list(self._rows.values()):
            for one in rows:
                yield one.tuple

    def reached(self, objects: Iterable[Object], relation: str) -> list[Object]:
        """The objects one hop away from these, by tuples that hold."""
        found = (one for each in objects for one in self._plain(each, relation) if self._lives(one))
        return list(dict.fromkeys(one.tuple.subject for one in found if isinstance(one.tuple.subject, Object)))

    def _of(self, object_: Object, relation: str, kind: Kind | None) -> list[StoredTuple]:
        key = (object_, relation, kind)
        if key not in self._rows:
            self._wanted[key] = None
            self._unread += 1
            return []
        return self._rows[key]

    # --- rewrites ---

    def _goal(self, goal: Goal) -> Ground:
        object_, name = goal
        if self.subject == Userset(object_, name):
            return ALWAYS
        relation = self.model.relation(object_.type, name)
        return Some(()) if relation is None else self._rewrite(relation.rewrite, goal)

    def _rewrite(self, rewrite: Rewrite, goal: Goal) -> Ground:
        match rewrite:
            case This(types):
                return Some(tuple(self._this(types, goal)), rewrite)
            case ComputedUserset(relation):
                return Ask((goal[0], relation))
            case TupleToUserset():
                return Some(tuple(self._ways(rewrite, goal[0])), rewrite)
            case Union(operands):
                return Some(tuple(self._rewrite(one, goal) for one in operands), rewrite)
            case Intersection(operands):
                return Each(tuple(self._rewrite(one, goal) for one in operands), rewrite)
            case Exclusion(base, subtract):
                missing = NotFound(goal[0], print_rewrite(subtract))
                return Without(self._rewrite(base, goal), self._rewrite(subtract, goal), missing, rewrite)

    def _this(self, types: tuple[DirectType, ...], goal: Goal) -> Iterator[Ground]:
        object_, relation = goal
        for allowed in types:
            if allowed.relation is not None:
                yield from self._usersets(allowed, goal)
            elif allowed.kind == self._kind:
                yield self._single(RelationTuple(object_, relation, self.subject), allowed, writable=True)
            elif allowed.wildcard and self._kind == Kind(allowed.type):
                yield self._single(RelationTuple(object_, relation, Wildcard(allowed.type)), allowed, writable=False)

    def _single(self, wanted: RelationTuple, allowed: DirectType, *, writable: bool) -> Ground:
        stored = self.own.get(str(wanted))
        if stored is not None and self._lives(stored) and _condition(stored) == allowed.condition:
            return Held(stored) if allowed.condition is None else Doubtful(stored)
        return Absent(wanted, stored) if writable and allowed.condition is None else Blocked()

    def _usersets(self, allowed: DirectType, goal: Goal) -> Iterator[Ground]:
        object_, relation = goal
        assert allowed.relation is not None
        there = {one.tuple.subject: one for one in self._of(object_, relation, allowed.kind)}
        for subject, stored in there.items():
            assert isinstance(subject, Userset)
            ask = Ask((subject.object, subject.relation))
            if _condition(stored) == allowed.condition and self._lives(stored):
                yield Each((ask, Held(stored) if allowed.condition is None else Doubtful(stored)))
            elif allowed.condition is None:
                yield Each((ask, Absent(RelationTuple(object_, relation, subject), stored)))
        for one in self._near.get(allowed.type, ()) if allowed.condition is None else ():
            subject = Userset(one, allowed.relation)
            if subject not in there:
                yield Each((Ask((one, allowed.relation)), Absent(RelationTuple(object_, relation, subject))))

    # --- arrows and guards ---

    def _ways(self, arrow: TupleToUserset, object_: Object) -> Iterator[Way]:
        reached: list[tuple[Object, tuple[Held | Absent, ...]]] = [(object_, ())]
        for relation in arrow.tuplesets:
            reached = [(one, (hop, *hops)) for at, hops in reached for one, hop in self._hops(at, relation, hops)]
        for one, hops in reached:
            if self.model.relation(one.type, arrow.relation) is not None:
                guards = tuple(self._guard(guard, one, object_) for guard in arrow.guards)
                yield Way(Ask((one, arrow.relation)), hops, guards)

    def _hops(
        self, object_: Object, relation: str, before: tuple[Held | Absent, ...]
    ) -> Iterator[tuple[Object, Held | Absent]]:
        """The objects one hop away; those a tuple is missing to only where it is the one tuple missing on the way."""
        missing = [one.tuple for one in before if isinstance(one, Absent)]
        there: set[Object] = set()
        for stored in self._plain(object_, relation):
            subject = stored.tuple.subject
            assert isinstance(subject, Object)
            there.add(subject)
            if self._lives(stored):
                yield subject, Held(stored)
            elif not missing:
                yield subject, Absent(RelationTuple(object_, relation, subject), stored)
        again = {str(one) for one in missing}
        for type_ in self._plain_types(object_.type, relation):
            for one in self._near.get(type_, ()):
                wanted = RelationTuple(object_, relation, one)
                if one not in there and (not missing or str(wanted) in again):
                    yield one, Absent(wanted)

    def _plain_types(self, type_: str, relation: str) -> tuple[str, ...]:
        key = (type_, relation)
        if key not in self._types:
            found = self.model.relation(type_, relation)
            types = found.direct_types if found is not None else ()
            plain = (one.type for one in types if one.kind.via is None and one.condition is None)
            self._types[key] = tuple(dict.fromkeys(plain))
        return self._types[key]

    def _plain(self, object_: Object, relation: str) -> list[StoredTuple]:
        """The tuples with plain subjects and no condition, expired ones too, that the model allows."""
        types = self._plain_types(object_.type, relation)
        return [one for type_ in types for one in self._of(object_, relation, Kind(type_)) if _condition(one) is None]

    def _guard(self, guard: Guard, reached: Object, object_: Object) -> Passed:
        required = self._of(reached, guard.required, None)
        fit = {str(one) for one in self._plain(reached, guard.required) if one.tuple.expires_at is None}
        within = {one.tuple.subject: one for one in self._plain(object_, guard.within)}
        parts: list[Ground] = []
        for one in required:
            subject = one.tuple.subject
            if str(one) not in fit or not isinstance(subject, Object):
                parts.append(Blocked())
                continue
            parts += [Held(one), self._within(guard, object_, subject, within.get(subject))]
        if not required:
            parts.append(self._narrowing(guard, reached, within))
        return Passed(reached, object_, guard, tuple(parts))

    def _within(self, guard: Guard, object_: Object, subject: Object, stored: StoredTuple | None) -> Ground:
        if stored is not None and stored.tuple.expires_at is None:
            return Held(stored)
        if subject.type not in self._plain_types(object_.type, guard.within):
            return Blocked()
        return Absent(RelationTuple(object_, guard.within, subject), stored)

    def _narrowing(self, guard: Guard, reached: Object, within: Mapping[Subject, StoredTuple]) -> Ground:
        """What would let one pass that requires nothing: to require what is there."""
        types = self._plain_types(reached.type, guard.required)
        lasting = [one for subject, one in within.items() if one.tuple.expires_at is None]
        return Some(
            tuple(
                Each((Absent(RelationTuple(reached, guard.required, one.tuple.subject)), Held(one)))
                for one in lasting
                if isinstance(one.tuple.subject, Object) and one.tuple.subject.type in types
            )
        )

    def _lives(self, stored: StoredTuple) -> bool:
        expires_at = stored.tuple.expires_at
        return expires_at is None or expires_at > self.now


def asks(ground: Ground) -> Iterator[Goal]:
    """The goals a ground leads to at once."""
    waiting: list[Ground] = [ground]
    while waiting:
        one = waiting.pop()
        match one:
            case Ask(goal):
                yield goal
            case Some() | Each() | Passed() | Way():
                waiting.extend(reversed(one.parts))
            case Without(base, taken):
                waiting += [taken, base]
            case _:
                pass


def _leads(ground: Ground, left: int, least: Callable[[Ground], int]) -> Iterator[tuple[Goal, int]]:
    """The goals a ground leads to that no more than `left` missing tuples may prove it by, each with how many."""
    if not left:
        yield from ((goal, 0) for goal in asks(ground))
        return
    match ground:
        case Ask(goal):
            yield goal, left
        case Some(parts):
            for one in parts:
                yield from _leads(one, left, least)
        case Each(parts) if ground.rewrite is not None:
            # One tuple may be what is missing to every operand.
            for one in parts if least(ground) <= left else ():
                yield from _leads(one, left, least)
        case Each() | Passed() | Way():
            spare = left - least(ground)
            for one in ground.parts if spare >= 0 else ():
                yield from _leads(one, spare + least(one), least)
        case Without(base, taken):
            yield from ((goal, 0) for goal in asks(taken))
            yield from _leads(base, left, least)
        case _:
            pass


def _condition(stored: StoredTuple) -> str | None:
    return stored.tuple.condition.name if stored.tuple.condition is not None else None


def _by_subject(stored: StoredTuple) -> str:
    return str(stored.tuple.subject)
