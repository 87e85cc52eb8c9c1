"""What would let a subject that may not: the fewest tuples that, written, would allow it, and give least besides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, islice
from typing import Final

from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.walk import Truth, answer
from iamgraph.fixpoint import Solved, Truths, in_order, rise, settled, solved, truths
from iamgraph.grounding import Absent, Ask, Clear, Goal, Ground, Grounding, Held, Leaf, asks
from iamgraph.model.model import This
from iamgraph.questions import CheckQuestion, Outcome
from iamgraph.reasons import Remedy, Seen, Sentences, WhyQuestion
from iamgraph.store.contract import View
from iamgraph.tuples import Object, RelationTuple, Subject, Userset, kind_of

MAX_WRITES: Final = 2
MAX_REMEDIES: Final = 5
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

    def __init__(self, room: View, grounding: Grounding, current: CurrentModel, asked: WhyQuestion) -> None:
        self._room = room
        self._grounding = grounding
        self._current = current
        self._asked = asked
        self._root: Goal = (asked.object, asked.relation)
        self._home = {one for each in grounding.met() for one in _objects(each)} | {asked.object}
        self._counted: frozenset[Goal] = frozenset()
        self._tried = 0

    def find(self, seen: Seen, sentences: Sentences) -> tuple[Remedy, ...]:
        """The remedies, each tried by a check: with these tuples it is allowed, and with none of them left out."""
        roots = self._roots()
        self._counted = frozenset(roots)
        self._grounding.again(self._near(), roots)
        found: list[Remedy] = []
        told: Counter[object] = Counter()
        candidates = sorted(self._candidates(), key=lambda one: one.place)
        for one in candidates:
            if len(found) == MAX_REMEDIES or self._tried >= MAX_TRIED:
                break
            self._grounding.check_deadline()
            if one.far and found:
                continue
            alike = tuple(sorted(map(_likeness, one.writes)))
            if told[alike] >= _TOLD_ALIKE:
                continue
            remedy = sentences.remedy(seen, self._asked, one.writes)
            if remedy is not None and self._enough(one.writes):  # a check that is late is not enough
                told[alike] += 1
                found.append(remedy)
        return tuple(found)

    # --- where missing tuples may lead ---

    def _near(self) -> dict[str, tuple[Object, ...]]:
        """Objects by type: those the subject stands in, those these stand in, and those met on the way back."""
        subject, grounding = self._asked.subject, self._grounding
        mine = {one.tuple.object: (one.tuple.relation,) for one in grounding.own.values()}
        starts: list[Subject] = [*mine, *(Userset(one, relation) for one, (relation,) in mine.items())]
        further = self._room.by_subjects(starts, MAX_FORWARD, grounding.left) if starts else ()
        order = dict.fromkeys([subject.object] if isinstance(subject, Userset) else [])
        order |= dict.fromkeys(sorted(mine))
        order |= dict.fromkeys(sorted({one.tuple.object for one in further}))
        order |= dict.fromkeys(sorted(self._home))
        near: dict[str, list[Object]] = {}
        for one in order:
            if one != subject:
                near.setdefault(one.type, []).append(one)
        # Among those the subject has something to do with, the ones met on the way back come first.
        return {
            type_: tuple(sorted(found, key=lambda one: one not in self._home)[:MAX_NEAR])
            for type_, found in near.items()
        }

    def _roots(self) -> list[Goal]:
        """The goal, and those that gains are counted on: of this object, of what it is in, and of others like it."""
        model, object_ = self._current.model, self._asked.object
        plain = [one for one in self._grounding.met() if one.object == object_]
        above = sorted({one.subject for one in plain if isinstance(one.subject, Object)})
        beneath = self._room.by_subjects(above, MAX_FORWARD, self._grounding.left) if above else ()
        like = sorted({one.tuple.object for one in beneath if one.tuple.object.type == object_.type} - {object_})
        if len(self._grounding.grounds) > _MANY:
            like = []  # each of them leads to as much again
        goals: dict[Goal, None] = {self._root: None}
        for one in (object_, *above):
            type_ = model.type(one.type)
            relations = type_.relations if type_ is not None else ()
            goals |= {(one, each.name): None for each in relations if not isinstance(each.rewrite, This)}
        return list(goals | {(one, self._asked.relation): None for one in islice(like, MAX_COMPARED)})

    # --- what may be enough, and what is ---

    def _candidates(self) -> Iterator[Candidate]:
        grounds, check = self._grounding.grounds, self._grounding.check_deadline
        groups = in_order(grounds, check)
        known = truths(grounds, groups, check=check)
        missing = {str(one.tuple): one.tuple for one in _absent(grounds.values())}
        open_ = settled(grounds, known, lambda _: True)
        sets = solved(open_, in_order(open_, check), _Missing(missing), check).of(Ask(self._root))
        gains, away = _Gains(grounds, groups, known), self._away()
        for one in sets:
            writes = tuple(missing[text] for text in sorted(one))
            check()
            far = any(one in away for each in writes for one in _objects(each))
            yield Candidate(writes, far, gains.of(writes, self._counted))

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


@dataclass(frozen=True, slots=True)
class _Missing:
    """A value is the smallest sets of missing tuples that would do, none of which holds another."""

    missing: Mapping[str, RelationTuple]

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
        # What needs least comes first: much of the rest then has no room.
        for value in sorted(values, key=len):
            if not value:
                return ()
            together = self._best(one | other for one in together for other in value if len(one | other) <= MAX_WRITES)
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
        return tuple(kept)


class _Gains:
    """How many goals besides become true by tuples that are written."""

    def __init__(self, grounds: Mapping[Goal, Ground], groups: list[list[Goal]], known: Solved[Truth]) -> None:
        self._grounds = grounds
        self._groups = groups
        self._known = known
        self._leaning: dict[Goal, list[Goal]] = {}
        self._holding: dict[str, list[Goal]] = {}
        for goal, ground in grounds.items():
            for one in asks(ground):
                self._leaning.setdefault(one, []).append(goal)
            for each in _absent([ground]):
                self._holding.setdefault(str(each.tuple), []).append(goal)

    def of(self, writes: tuple[RelationTuple, ...], counted: frozenset[Goal]) -> int:
        """How many of the counted goals are true then and were not."""
        texts = frozenset(map(str, writes))
        touched = self._touched(texts)
        found = Solved(Truths(texts), dict(self._known.values))
        for group in self._groups:
            if not touched.isdisjoint(group):
                rise(self._grounds, group, found)
        return sum(
            found.values[one] is Truth.TRUE and self._known.values[one] is not Truth.TRUE for one in counted & touched
        )

    def _touched(self, texts: frozenset[str]) -> set[Goal]:
        waiting = [goal for text in texts for goal in self._holding.get(text, ())]
        touched: set[Goal] = set()
        while waiting:
            goal = waiting.pop()
            if goal not in touched:
                touched.add(goal)
                waiting += self._leaning.get(goal, ())
        return touched
