"""What would let a subject that may not: the fewest tuples that, written, would allow it, and give least besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, islice
from typing import Final

from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.walk import Truth, answer
from iamgraph.fixpoint import Solved, Truths, in_order, settled, solved, truths
from iamgraph.grounding import (
    Absent,
    Ask,
    Clear,
    Each,
    Goal,
    Ground,
    Grounding,
    Held,
    Leaf,
    Passed,
    Some,
    Way,
    Without,
    asks,
)
from iamgraph.model.model import Model, This
from iamgraph.questions import CheckQuestion, Outcome
from iamgraph.reasons import Remedy, Seen, Sentences, WhyQuestion
from iamgraph.store.contract import View
from iamgraph.tuples import Object, RelationTuple, Subject, Userset, kind_of

MAX_WRITES: Final = 2
MAX_REMEDIES: Final = 5
# Of changes that bring a thing of their own, so many are told besides.
MAX_OFFERS: Final = 1
MAX_TRIED: Final = 60
# Objects of one type that a missing tuple may lead to, and others of the asked type that gains are counted on.
MAX_NEAR: Final = 20
MAX_COMPARED: Final = 30
# A subject that stands in more tuples than this is not looked past: it leads everywhere.
MAX_FORWARD: Final = 1_000
# Of tuples alike (type, relation, kind of subject), so many are thought of, and so many told.
_ALIKE: Final = 8
_TOLD_ALIKE: Final = 2
_KEPT: Final = 64
# Where a question leads to more goals than this, gains are counted on its own object alone.
_MANY: Final = 200
_TOO_MANY: Final = MAX_WRITES + 1

_Set = frozenset[str]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Tuples that may be enough."""

    writes: tuple[RelationTuple, ...]
    far: bool
    gain: int

    @property
    def place(self) -> tuple[int, bool, int, list[str]]:
        """Where it comes among others: fewer tuples first, then what is near, then what gives less besides."""
        return len(self.writes), self.far, self.gain, list(map(str, self.writes))


class Remedies:
    """The search: back from the object over tuples that are missing, to what the subject has already."""

    def __init__(
        self, room: View, grounding: Grounding, current: CurrentModel, asked: WhyQuestion, known: Solved[Truth]
    ) -> None:
        """`known` is how true each goal is, as the grounds are now."""
        self._room = room
        self._least = _Least(known)
        self._grounding = grounding
        self._current = current
        self._asked = asked
        self._root: Goal = (asked.object, asked.relation)
        self._home = {one for each in grounding.met() for one in _objects(each)} | {asked.object}
        self._tried = 0
        self._usersets: dict[str, set[str]] = {}
        for type_, via in _userset_kinds(current.model):
            self._usersets.setdefault(type_, set()).add(via)
        self.more = False
        """Whether other tuples may do as well that were not tried, or are not told."""

    def find(self, seen: Seen, sentences: Sentences) -> tuple[Remedy, ...]:
        """The remedies, each tried by a check: with these tuples it is allowed, and with none of them left out."""
        near, counted = self._near(), self._counted()
        found: list[Remedy] = []
        told: Counter[object] = Counter()
        for most in range(1, MAX_WRITES + 1):
            if len(found) == MAX_REMEDIES:
                self.more = True
            else:
                self._grounding.widen(self._root, near, self._least, most)
                self._try(
                    sorted(self._candidates(most, counted), key=lambda one: one.place), seen, sentences, found, told
                )
        offers = iter(sentences.offers(seen, self._asked))
        found += islice((one for one in offers if self._enough(one.writes)), MAX_OFFERS)
        return tuple(found)

    def _try(
        self,
        candidates: Iterable[Candidate],
        seen: Seen,
        sentences: Sentences,
        found: list[Remedy],
        told: Counter[object],
    ) -> None:
        for one in candidates:
            alike = tuple(sorted(map(_likeness, one.writes)))
            full = len(found) == MAX_REMEDIES or self._tried >= MAX_TRIED
            if full or (one.far and found) or told[alike] >= _TOLD_ALIKE:
                self.more = True
                continue
            self._grounding.check_deadline()
            remedy = sentences.remedy(seen, self._asked, one.writes)
            if remedy is not None and self._enough(one.writes):  # a check that is late is not enough
                told[alike] += 1
                found.append(remedy)

    # --- where missing tuples may lead ---

    def _near(self) -> dict[str, tuple[Object, ...]]:
        """Objects by type: those the subject stands in, those these stand in, and those met on the way back."""
        subject, grounding = self._asked.subject, self._grounding
        mine = sorted({one.tuple.object for one in grounding.own.values()})
        first = [subject.object] if isinstance(subject, Userset) else []
        starts: list[Subject] = [each for one in dict.fromkeys((*first, *mine)) for each in self._kinds(one)]
        further = self._room.by_subjects(starts, MAX_FORWARD, grounding.left) if starts else ()
        order = dict.fromkeys((*first, *mine))
        order |= dict.fromkeys(sorted({one.tuple.object for one in further}))
        order |= dict.fromkeys(sorted(self._home))
        near: dict[str, list[Object]] = {}
        for one in order:
            if one != subject:
                near.setdefault(one.type, []).append(one)
        # Among those the subject has something to do with, the ones met on the way back come first.
        self.more = self.more or any(len(found) > MAX_NEAR for found in near.values())
        return {
            type_: tuple(sorted(found, key=lambda one: one not in self._home)[:MAX_NEAR])
            for type_, found in near.items()
        }

    def _kinds(self, object_: Object) -> Iterator[Subject]:
        """An object, and its usersets that stand as subjects anywhere in the model."""
        yield object_
        for relation in self._usersets.get(object_.type, ()):
            yield Userset(object_, relation)

    def _counted(self) -> frozenset[Goal]:
        """The goals that gains are counted on: of this object, of what it is in, and of others like it."""
        model, object_ = self._current.model, self._asked.object
        plain = [one for one in self._grounding.met() if one.object == object_]
        above = sorted({one.subject for one in plain if isinstance(one.subject, Object)})
        goals: dict[Goal, None] = {self._root: None}
        for one in (object_, *above):
            type_ = model.type(one.type)
            relations = type_.relations if type_ is not None else ()
            goals |= {(one, each.name): None for each in relations if not isinstance(each.rewrite, This)}
        if len(self._grounding.grounds) > _MANY:  # each of them may lead to as much again
            self._grounding.beside(goals)
            return frozenset(goals)
        beneath = self._room.by_subjects(above, MAX_FORWARD, self._grounding.left) if above else ()
        like = sorted({one.tuple.object for one in beneath if one.tuple.object.type == object_.type} - {object_})
        goals |= {(one, self._asked.relation): None for one in islice(like, MAX_COMPARED)}
        self._grounding.ground(goals)
        return frozenset(goals)

    # --- what may be enough, and what is ---

    def _candidates(self, most: int, counted: frozenset[Goal]) -> Iterator[Candidate]:
        """What may be enough and is of so many tuples."""
        grounds, check = self._grounding.grounds, self._grounding.check_deadline
        known = truths(grounds, in_order(grounds, check), check=check)
        open_ = settled(grounds, known, lambda _: True)
        missing = {str(one.tuple): one.tuple for one in _absent(open_.values())}
        algebra = _Missing(missing, most)
        sets = solved(open_, in_order(open_, check), algebra, check).of(Ask(self._root))
        self.more = self.more or algebra.cut
        gains, away = _Gains(open_, known), self._away()
        for one in sets:
            if len(one) == most:
                writes = tuple(missing[text] for text in sorted(one))
                check()
                far = any(one in away for each in writes for one in _objects(each))
                yield Candidate(writes, far, gains.of(writes, counted))

    def _away(self) -> set[Object]:
        """The objects that have nothing to do with those met on the way back from the object asked about."""
        home = self._home - {self._asked.subject}
        met = list(self._grounding.met())
        near = {one.object for one in met if not home.isdisjoint(_objects(one))}
        return {one for each in met for one in _objects(each)} - home - near - {self._asked.subject}

    def _enough(self, writes: tuple[RelationTuple, ...]) -> bool:
        """Whether a check is allowed with all of them, and denied without any one."""
        fewer = (tuple(one) for one in combinations(writes, len(writes) - 1)) if len(writes) > 1 else ()
        return self._allowed(writes) and not any(self._allowed(one) for one in fewer)

    def _allowed(self, writes: tuple[RelationTuple, ...]) -> bool:
        self._tried += 1
        asked, grounding = self._asked, self._grounding
        question = CheckQuestion(asked.store, asked.subject, asked.relation, asked.object, contextual_tuples=writes)
        asking = Asking(question, self._current, grounding.now, grounding.deadline)
        return answer(grounding, asking).outcome is Outcome.ALLOWED


def _objects(one: RelationTuple) -> list[Object]:
    subject = one.subject.object if isinstance(one.subject, Userset) else one.subject
    return [one.object, subject] if isinstance(subject, Object) else [one.object]


def _userset_kinds(model: Model) -> Iterator[tuple[str, str]]:
    for type_ in model.types:
        for relation in type_.relations:
            yield from ((one.type, one.relation) for one in relation.direct_types if one.relation is not None)


def _likeness(one: RelationTuple) -> tuple[str, str, str]:
    return one.object.type, one.relation, str(kind_of(one.subject))


def _absent(grounds: Iterable[Ground]) -> Iterator[Absent]:
    waiting = list(grounds)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Absent):
            yield one
        waiting.extend(getattr(one, "parts", ()))
        waiting.extend(getattr(one, name) for name in ("base", "taken") if hasattr(one, name))


@dataclass(slots=True)
class _Missing:
    """A value is the smallest sets of missing tuples that would do, none of which holds another."""

    missing: Mapping[str, RelationTuple]
    most: int
    cut: bool = False
    """Whether there were more than are kept."""

    @property
    def nothing(self) -> tuple[_Set, ...]:
        return ()

    def leaf(self, one: Leaf) -> tuple[_Set, ...]:
        match one:
            case Held() | Clear():
                return (frozenset(),)
            case Absent(wanted):
                return (frozenset((str(wanted),)),)
            case _:
                return ()

    def some(self, values: Iterable[tuple[_Set, ...]]) -> tuple[_Set, ...]:
        full = [one for one in values if one]
        return full[0] if len(full) == 1 else self._best(one for value in full for one in value)

    def each(self, values: Iterable[tuple[_Set, ...]]) -> tuple[_Set, ...]:
        together: tuple[_Set, ...] = (frozenset(),)
        wanted = [one for one in values if one != together]
        if not all(wanted):
            return ()
        # What needs least comes first: much of the rest then has no room.
        for value in sorted(wanted, key=len):
            if not together:
                break
            together = self._best(one | other for one in together for other in value if len(one | other) <= self.most)
        return together

    def without(self, _base: tuple[_Set, ...], _taken: Callable[[], tuple[_Set, ...]], /) -> tuple[_Set, ...]:
        raise AssertionError("every `but not` is judged before")

    def _best(self, found: Iterable[_Set]) -> tuple[_Set, ...]:
        kept: list[_Set] = []
        alike: Counter[object] = Counter()
        for one in sorted(found, key=lambda each: (len(each), sorted(each))):
            if any(other <= one for other in kept):
                continue
            likeness = tuple(sorted(_likeness(self.missing[text]) for text in one))
            if alike[likeness] < _ALIKE and len(kept) < _KEPT:
                alike[likeness] += 1
                kept.append(one)
            else:
                self.cut = True
        return tuple(kept)


class _Gains:
    """How many goals besides become true by tuples that are written, in grounds where every `but not` is judged."""

    def __init__(self, grounds: Mapping[Goal, Ground], known: Solved[Truth]) -> None:
        self._known = known
        # What may become true, alone enough for a goal, by the tuples and goals that are in it.
        self._leaning: dict[str | Goal, list[tuple[Goal, Ground]]] = {}
        for goal, ground in grounds.items():
            for one in _alternatives(ground) if known.values.get(goal) is not Truth.TRUE else ():
                within: list[str | Goal] = [*asks(one), *(str(each.tuple) for each in _absent([one]))]
                for leans_on in within:
                    self._leaning.setdefault(leans_on, []).append((goal, one))

    def of(self, writes: tuple[RelationTuple, ...], counted: frozenset[Goal]) -> int:
        """How many of the counted goals are true then and were not."""
        waiting: list[str | Goal] = list(map(str, writes))
        found = Solved(Truths(frozenset(map(str, writes))), dict(self._known.values))
        gained = 0
        while waiting:
            for goal, one in self._leaning.get(waiting.pop(), ()):
                if found.values.get(goal) is not Truth.TRUE and found.of(one) is Truth.TRUE:
                    found.values[goal] = Truth.TRUE
                    gained += goal in counted
                    waiting.append(goal)
        return gained


def _alternatives(ground: Ground) -> Iterator[Ground]:
    """The parts of which any is enough."""
    waiting = [ground]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Some):
            waiting.extend(one.parts)
        else:
            yield one


def _together(ground: Each | Passed | Way) -> Iterator[Ground]:
    """All that must hold, that of guards too."""
    for one in ground.parts:
        yield from one.parts if isinstance(one, Passed) else (one,)


@dataclass(frozen=True)
class _Least:
    """How many tuples are missing at least, by what is known of the goals that were met before any was looked for."""

    known: Solved[Truth]

    @cached_property
    def proven(self) -> frozenset[Goal]:
        return frozenset(goal for goal, truth in self.known.values.items() if truth is Truth.TRUE)

    def of(self, ground: Ground) -> int:
        match ground:
            case Ask(goal):
                return int(goal in self.known.values and goal not in self.proven)
            case Some(parts):
                return min(map(self.of, parts), default=_TOO_MANY)
            case Each(parts) if ground.rewrite is not None:
                return max(map(self.of, parts), default=0)
            case Each() | Passed() | Way():
                needed = list(_together(ground))
                absent = {str(one.tuple) for one in needed if isinstance(one, Absent)}  # each is written once
                return len(absent) + sum(self.of(one) for one in needed if not isinstance(one, Absent))
            case Without(base, taken):
                return self.of(base) if self.known.of(taken) is Truth.FALSE else _TOO_MANY
            case Held() | Clear():
                return 0
            case Absent():
                return 1
            case _:
                return _TOO_MANY
