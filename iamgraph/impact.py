"""What if: who gains and who loses which access, between two states of a store. What is asked, answered, and how."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.errors import LimitError, RequestError
from iamgraph.history import Moment, State
from iamgraph.model.model import ComputedUserset, Model, Rewrite, This, TupleToUserset
from iamgraph.model.resolver import parts
from iamgraph.questions import CheckQuestion, Outcome, StoreInfo, TupleFilter, Unknown
from iamgraph.revision import Revision
from iamgraph.store.contract import Room, TupleReader
from iamgraph.store.overlay import Overlay, Remembered
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard

MAX_ACCESSES_TRIED: Final = 10_000
_TRIED: Final = "tried"

Goal = tuple[Object, str]
Access = tuple[Subject, str, Object]


@dataclass(frozen=True, slots=True)
class Scoped:
    """Whose access, and to what, is looked at: all there is where nothing is given."""

    subject: Subject | None = None
    object: Object | None = None
    relations: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()

    def wants(self, goal: Goal) -> bool:
        """Whether a relation on an object is looked at."""
        object_, relation = goal
        return (
            (self.object is None or object_ == self.object)
            and (not self.relations or relation in self.relations)
            and (not self.types or object_.type in self.types)
        )


@dataclass(frozen=True, slots=True)
class Trial:
    """What would be, were these tuples deleted and written, and this model the current one? Nothing is written.

    A tuple to delete that is not there changes nothing; one to write replaces what is there.
    """

    store: str
    writes: tuple[RelationTuple, ...] = ()
    deletes: tuple[RelationTuple, ...] = ()
    model: str | None = None
    scoped: Scoped = Scoped()


@dataclass(frozen=True, slots=True)
class Between:
    """Who gained and who lost access between two revisions or times, on one object or of one subject?"""

    store: str
    since: Moment
    until: Moment
    scoped: Scoped

    def __post_init__(self) -> None:
        if self.scoped.object is None and self.scoped.subject is None:
            raise RequestError("say an `object`, a `subject`, or both", code="object_or_subject_required")


@dataclass(frozen=True, slots=True)
class Shift:
    """One access that differs. `type:*` stands for those of a type whom no tuple beneath the object names."""

    subject: Subject
    relation: str
    object: Object
    before: Outcome
    after: Outcome

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}@{self.subject}"


@dataclass(frozen=True, slots=True)
class Impact:
    """Every access that differs, by object, relation and subject; how many were tried; the revision it started from.

    Objects and `type:*` are told of; usersets only where asked for as the subject.
    """

    revision: Revision
    shifts: tuple[Shift, ...]
    tried: int

    @property
    def gained(self) -> tuple[Shift, ...]:
        """Those that are allowed and were not."""
        return tuple(one for one in self.shifts if one.after is Outcome.ALLOWED)

    @property
    def lost(self) -> tuple[Shift, ...]:
        """Those that were allowed and are not."""
        return tuple(one for one in self.shifts if one.before is Outcome.ALLOWED)


def what_if(room: Room, checker: Checker, before: State, trial: Trial, *, model: CurrentModel, end: float) -> Impact:
    """Who gains and loses what by a trial; `model` is that of afterwards. `LimitError` past `MAX_ACCESSES_TRIED`."""
    info = before.info
    written = [StoredTuple(one, info.revision.number + 1, before.now) for one in trial.writes]
    laid: dict[str, StoredTuple | None] = {str(one): None for one in trial.deletes} | {str(one): one for one in written}
    reader = Overlay(before.reader, laid, StoreInfo(info.revision, model.id))
    after = State(reader, model, before.now, laid)
    touched = None if trial.model is not None else [*trial.writes, *trial.deletes]
    return _Comparison(room, before, after, trial.scoped).impact(checker, touched, end)


def tried_model(model: Model) -> CurrentModel:
    """A model that is tried."""
    return CurrentModel(_TRIED, model)


def between(room: Room, checker: Checker, asked: Between, states: tuple[State, State], end: float) -> Impact:
    """Who gained and lost what between two states."""
    return _Comparison(room, *states, asked.scoped).impact(checker, None, end)


class _Comparison:
    """Two states of a store, and which accesses may differ between them."""

    def __init__(self, room: Room, before: State, after: State, scoped: Scoped) -> None:
        self._room = room
        self._states = tuple(State(Remembered(one.reader), one.current, one.now, one.laid) for one in (before, after))
        self._scoped = scoped
        self._above: dict[Subject, list[RelationTuple]] = {}
        self._laid: dict[Subject, list[RelationTuple]] = {}
        for stored in (*before.laid.values(), *after.laid.values()):
            if stored is not None:
                self._laid.setdefault(stored.tuple.subject, []).append(stored.tuple)

    def impact(self, checker: Checker, touched: Iterable[RelationTuple] | None, end: float) -> Impact:
        """The accesses that differ; `touched` are the tuples that do, where no model does and no time passes."""
        asked = sorted(self._accesses(touched), key=lambda one: (one[2], one[1], str(one[0])))
        outcomes = [_outcomes(state, checker, asked, end) for state in self._states]
        shifts = tuple(
            Shift(subject, relation, object_, before, after)
            for (subject, relation, object_), before, after in zip(asked, *outcomes, strict=True)
            if before is not after
        )
        return Impact(self._states[1].info.revision, shifts, len(asked))

    def _accesses(self, touched: Iterable[RelationTuple] | None) -> set[Access]:
        found: set[Access] = set()
        for object_, relation in filter(self._asked, self._goals(touched)):
            subjects = [self._scoped.subject] if self._scoped.subject is not None else self._named((object_, relation))
            found |= {(one, relation, object_) for one in subjects}
            _limit(found)
        return found

    def _asked(self, goal: Goal) -> bool:
        """Whether a goal is looked at and there is such a relation."""
        models = [one.current.model for one in self._states]
        return self._scoped.wants(goal) and any(one.relation(goal[0].type, goal[1]) is not None for one in models)

    # --- which relations of which objects ---

    def _goals(self, touched: Iterable[RelationTuple] | None) -> set[Goal]:
        """Every relation of an object that may differ for somebody looked at."""
        scoped = self._scoped
        if scoped.object is not None:
            return self._all_of([scoped.object])
        if touched is not None:
            return self._upward((one.object, one.relation) for one in touched)
        if scoped.subject is not None:
            return self._upward(self._reached_first(scoped.subject))
        return self._all_of(self._objects())

    def _all_of(self, objects: Iterable[Object]) -> set[Goal]:
        types = [type_ for one in self._states for type_ in one.current.model.types]
        return {
            (one, relation.name)
            for one in objects
            for type_ in types
            if type_.name == one.type
            for relation in type_.relations
        }

    def _objects(self) -> set[Object]:
        """Every object a tuple names."""
        every = [one.tuple for one in self._room.every(TupleFilter())]
        every += [one for laid in self._laid.values() for one in laid]
        found = {one.object for one in every}
        for one in every:
            if isinstance(one.subject, Userset):
                found.add(one.subject.object)
            elif isinstance(one.subject, Object):
                found.add(one.subject)
        _limit(found)
        return found

    def _reached_first(self, subject: Subject) -> Iterator[Goal]:
        """What a subject has by tuples that name it, or everybody of its type."""
        if isinstance(subject, Userset):
            yield subject.object, subject.relation
        subjects: list[Subject] = [subject]
        if isinstance(subject, Object):
            subjects.append(Wildcard(subject.type))
        for one in subjects:
            yield from ((each.object, each.relation) for each in self._with(one))

    def _upward(self, goals: Iterable[Goal]) -> set[Goal]:
        """The goals, and every one whose value may depend on them, in either state."""
        seen = set(goals)
        left = list(seen)
        while left:
            goal = left.pop()
            for one in self._leaning(goal):
                if one not in seen:
                    seen.add(one)
                    left.append(one)
            _limit(seen)
        return seen

    def _leaning(self, goal: Goal) -> Iterator[Goal]:
        object_, relation = goal
        for one in self._with(Userset(object_, relation)):
            yield one.object, one.relation
        for state in self._states:
            for type_, name, hops in _leaning_on(state.current.model, relation):
                for reached in self._back(object_, hops):
                    if reached.type == type_:
                        yield reached, name

    def _back(self, object_: Object, hops: tuple[str, ...]) -> set[Object]:
        """The objects from which these tuplesets, last first, lead to the object."""
        reached = {object_}
        for hop in hops:
            reached = {one.object for each in reached for one in self._with(each) if one.relation == hop}
        return reached

    def _with(self, subject: Subject) -> list[RelationTuple]:
        """Every tuple with this subject, in either state."""
        if subject not in self._above:
            found = [one.tuple for one in self._room.every(TupleFilter(subject=subject))]
            self._above[subject] = [*found, *self._laid.get(subject, ())]
        return self._above[subject]

    # --- which subjects ---

    def _named(self, goal: Goal) -> set[Subject]:
        """The objects and wildcards that tuples beneath a goal name, in either state.

        To all others of a type it is as to its wildcard.
        """
        found: set[Subject] = set()
        for state in self._states:
            found |= _beneath(state, goal)
        return {one for one in found if not isinstance(one, Userset)}


def _beneath(state: State, goal: Goal) -> set[Subject]:
    """Every subject a tuple names that may count for a goal, on whatever side of a rewrite."""
    subjects: set[Subject] = set()
    seen, left = {goal}, [goal]
    while left:
        object_, name = left.pop()
        relation = state.current.model.relation(object_.type, name)
        if relation is None:
            continue
        further: list[Goal] = []
        for leaf in _leaves(relation.rewrite):
            match leaf:
                case This():
                    stored = [one.tuple.subject for one in state.reader.read(object_, name)]
                    subjects.update(stored)
                    further += [(one.object, one.relation) for one in stored if isinstance(one, Userset)]
                case ComputedUserset(other):
                    further.append((object_, other))
                case TupleToUserset(tuplesets, other):
                    further += [(one, other) for one in _along(state.reader, object_, tuplesets)]
        for one in further:
            if one not in seen:
                seen.add(one)
                left.append(one)
    return subjects


def _along(reader: TupleReader, object_: Object, tuplesets: tuple[str, ...]) -> set[Object]:
    reached = {object_}
    for relation in tuplesets:
        subjects = [one.tuple.subject for each in reached for one in reader.read(each, relation)]
        reached = {one for one in subjects if isinstance(one, Object)}
    return reached


def _leaves(rewrite: Rewrite) -> Iterator[This | ComputedUserset | TupleToUserset]:
    return (one for one in parts(rewrite) if isinstance(one, This | ComputedUserset | TupleToUserset))


def _leaning_on(model: Model, relation: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """The relations whose value may depend on one of this name: type, name, and the tuplesets back to their object."""
    for type_ in model.types:
        for one in type_.relations:
            for leaf in _leaves(one.rewrite):
                for name, hops in _read_by(leaf):
                    if name == relation:
                        yield type_.name, one.name, hops


def _read_by(leaf: This | ComputedUserset | TupleToUserset) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The relations a leaf reads on objects, each with the tuplesets from there back to the leaf's own object."""
    match leaf:
        case ComputedUserset(relation):
            yield relation, ()
        case TupleToUserset(tuplesets, relation, guards):
            back = tuple(reversed(tuplesets))
            yield relation, back
            for i, name in enumerate(tuplesets):
                yield name, tuple(reversed(tuplesets[:i]))
            for guard in guards:
                yield guard.required, back
                yield guard.within, ()
        case This():
            pass


def _outcomes(state: State, checker: Checker, asked: list[Access], end: float) -> list[Outcome]:
    store = state.info.id
    questions = tuple(CheckQuestion(store, *one) for one in asked)
    decisions = checker.check_in(state.reader, AskingMany(store, questions, state.current, state.now, end)).decisions
    # Without parameters a condition is unknown, and that is what is compared; what a limit kept unknown is not.
    return [one.known(but=Unknown.CONDITION).outcome for one in decisions]


def _limit(found: set[Object] | set[Goal] | set[Access]) -> None:
    if len(found) > MAX_ACCESSES_TRIED:
        raise LimitError(
            f"more than {MAX_ACCESSES_TRIED} accesses may differ: name an object, a subject, or both, or fewer"
            " relations and types",
            code="too_many_accesses",
        )
