"""Model → the ways by which a relation is reached: what leads from subjects to objects, judged by nobody yet.

A frame says too much rather than too little: of an `and` it follows one side, one without a guard if there is one, of
a `but not` the left one, and neither guards nor conditions. So it finds every object and subject a check could allow;
a check decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from iamgraph.model.model import Model
from iamgraph.plan.plan import AllOf, AnyOf, Ask, But, Conditional, Direct, Everyone, Hop, Same, Step, Through
from iamgraph.plan.planner import goals_of
from iamgraph.tuples import Kind


@dataclass(frozen=True, slots=True)
class Place:
    """The objects of `type` from which `hops`, in order, lead to one where `goal` holds."""

    type: str
    hops: tuple[Hop, ...]
    goal: Ask


@dataclass(frozen=True, slots=True)
class Link:
    """An object of `upper` is reached from one of `lower`: by the hop, or as the same object without one."""

    upper: Place
    hop: Hop | None
    lower: Place


@dataclass(frozen=True, slots=True)
class Leaf:
    """An object of `place` is reached from the subjects of its tuples of `relation` that carry `via`."""

    place: Place
    relation: str
    via: str | None


@dataclass(frozen=True, slots=True)
class Frame:
    """All that leads to some relations for one kind of subject; in `own`, its usersets are their own subjects.

    `guards` are the names of the relations that guards on the way compare.
    """

    kind: Kind
    roots: tuple[Place, ...]
    links: tuple[Link, ...]
    leaves: tuple[Leaf, ...]
    own: frozenset[Place]
    guards: frozenset[str]


def frame_of(model: Model, roots: Iterable[tuple[str, str]], kind: Kind, *, whole: bool = False) -> Frame:
    """What leads to the (type, relation) pairs; `whole`: by every side of every rewrite, what is taken away too.

    Raises `NotCompiled` for more relations or ways than are followed.
    """
    asks = tuple(Ask(*one) for one in roots)
    return _Framing(goals_of(model, asks, kind), kind, whole).made(asks)


@dataclass(slots=True)
class _Framing:
    goals: dict[Ask, Step]
    kind: Kind
    whole: bool
    links: list[Link] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    own: set[Place] = field(default_factory=set)
    guards: set[str] = field(default_factory=set)

    def made(self, asks: tuple[Ask, ...]) -> Frame:
        roots = tuple(_at(one) for one in asks)
        waiting, seen = list(roots), set(roots)
        while waiting:
            for lower in self._below(waiting.pop()):
                if lower not in seen:
                    seen.add(lower)
                    waiting.append(lower)
        return Frame(
            self.kind, roots, tuple(self.links), tuple(self.leaves), frozenset(self.own), frozenset(self.guards)
        )

    def _below(self, place: Place) -> Iterator[Place]:
        """The places one link below."""
        if place.hops:
            hop, *rest = place.hops
            yield self._linked(place, hop, Place(hop.type, tuple(rest), place.goal))
            return
        for step in self._sides(self.goals[place.goal]):
            match step:
                case Direct(relation):
                    self.leaves.append(Leaf(place, relation, self.kind.via))
                case Everyone(relation):
                    self.leaves.append(Leaf(place, relation, "*"))
                case Same():
                    self.own.add(place)
                case Ask():
                    yield self._linked(place, None, _at(step))
                case Through(hops, Ask() as then, guards):
                    for one in guards:
                        self.guards |= {one.guard.required, one.guard.within}
                    yield self._linked(place, None, Place(place.type, hops, then))

    def _guarded(self, step: Step) -> bool:
        """Whether guards stand on the ways that lead to the step."""
        seen, waiting = {step}, [step]
        while waiting:
            match waiting.pop():
                case Through(_, _, guards) if guards:
                    return True
                case Through(_, then):
                    further: tuple[Step, ...] = (then,)
                case Ask() as ask:
                    further = (self.goals[ask],)
                case AnyOf(steps) | AllOf(steps):
                    further = steps
                case But(base):
                    further = (base,)
                case _:
                    further = ()
            waiting += [one for one in further if one not in seen]
            seen.update(further)
        return False

    def _linked(self, upper: Place, hop: Hop | None, lower: Place) -> Place:
        self.links.append(Link(upper, hop, lower))
        return lower

    def _sides(self, step: Step) -> Iterator[Step]:
        """The steps of which one must lead to whoever passes the step."""
        match step:
            case AnyOf(steps):
                for one in steps:
                    yield from self._sides(one)
            case AllOf(steps):
                plain = [one for one in steps if not isinstance(one, Conditional)]
                # What a guard would leave out is not known here.
                for one in plain if self.whole else sorted(plain, key=self._guarded)[:1]:
                    yield from self._sides(one)
            case But(base, subtract):
                yield from self._sides(base)
                if self.whole:
                    yield from self._sides(subtract)
            case _:
                yield step


def _at(ask: Ask) -> Place:
    return Place(ask.type, (), ask)
