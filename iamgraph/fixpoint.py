"""Grounds judged: one value a goal, out of those it leads to, again and again where goals lead to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from iamgraph.check.walk import Truth
from iamgraph.grounding import (
    Absent,
    Ask,
    Blocked,
    Clear,
    Doubtful,
    Each,
    Goal,
    Ground,
    Held,
    Leaf,
    Passed,
    Some,
    Way,
    Without,
    asks,
)

V = TypeVar("V")


class Algebra(Protocol[V]):
    """What a value is, and how values of parts become one. A value never falls: `some` of it and another has it in."""

    @property
    def nothing(self) -> V:
        """The value of what nothing makes true, with which every goal begins."""

    def leaf(self, one: Leaf) -> V:
        """The value of a tuple."""

    def some(self, values: list[V]) -> V:
        """The value of at least one."""

    def each(self, values: list[V]) -> V:
        """The value of every one."""

    def without(self, base: V, taken: Callable[[], V], /) -> V:
        """The value of a base from which something is taken away, whose value is final."""


def in_order(grounds: Mapping[Goal, Ground], check: Callable[[], None] = lambda: None) -> list[list[Goal]]:
    """The goals in groups: each group leads to itself and to groups before it (Tarjan's strong components)."""
    number: dict[Goal, int] = {}
    low: dict[Goal, int] = {}
    stack: list[Goal] = []
    on_stack: set[Goal] = set()
    groups: list[list[Goal]] = []
    for root in grounds:
        if root in number:
            continue
        check()
        work = [(root, iter(list(asks(grounds[root]))))]
        number[root] = low[root] = len(number)
        stack.append(root)
        on_stack.add(root)
        while work:
            goal, further = work[-1]
            for one in further:
                if one not in grounds:
                    continue
                if one not in number:
                    number[one] = low[one] = len(number)
                    stack.append(one)
                    on_stack.add(one)
                    work.append((one, iter(list(asks(grounds[one])))))
                    break
                if one in on_stack:
                    low[goal] = min(low[goal], number[one])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[goal])
                if low[goal] == number[goal]:
                    group: list[Goal] = []
                    while not group or group[-1] != goal:
                        group.append(stack.pop())
                        on_stack.discard(group[-1])
                    groups.append(group)
    return groups


@dataclass(frozen=True)
class Solved(Generic[V]):
    """The value of each goal, and of whatever ground leads to them."""

    algebra: Algebra[V]
    values: dict[Goal, V]

    def of(self, ground: Ground) -> V:
        """The value of a ground."""
        algebra = self.algebra
        match ground:
            case Ask(goal):
                return self.values.get(goal, algebra.nothing)
            case Some(parts):
                return algebra.some([self.of(one) for one in parts])
            case Each() | Passed() | Way():
                return algebra.each([self.of(one) for one in ground.parts])
            case Without(base, taken):
                return algebra.without(self.of(base), lambda: self.of(taken))
            case _:
                return algebra.leaf(ground)


def solved(
    grounds: Mapping[Goal, Ground],
    groups: Iterable[list[Goal]],
    algebra: Algebra[V],
    check: Callable[[], None] = lambda: None,
) -> Solved[V]:
    """Every goal's value in the least fixpoint. `check` ends it where it is late."""
    found: Solved[V] = Solved(algebra, {})
    for group in groups:
        rise(grounds, group, found, check)
    return found


def rise(
    grounds: Mapping[Goal, Ground], group: list[Goal], found: Solved[V], check: Callable[[], None] = lambda: None
) -> None:
    """The values of goals that lead to each other, up to their fixpoint."""
    algebra = found.algebra
    found.values.update(dict.fromkeys(group, algebra.nothing))
    rising = True
    while rising:
        check()
        rising = False
        for goal in reversed(group):
            before = found.values[goal]
            after = algebra.some([before, found.of(grounds[goal])])
            if after != before:
                found.values[goal], rising = after, True
        rising = rising and (len(group) > 1 or group[0] in asks(grounds[group[0]]))


class Truths:
    """How true each goal is, where written tuples count as there."""

    nothing = Truth.FALSE

    def __init__(self, written: frozenset[str] = frozenset()) -> None:
        self._written = written

    def leaf(self, one: Leaf) -> Truth:
        """Unknown under a condition."""
        match one:
            case Held() | Clear():
                return Truth.TRUE
            case Absent(wanted):
                return Truth.TRUE if str(wanted) in self._written else Truth.FALSE
            case Doubtful():
                return Truth.UNKNOWN
            case Blocked():
                return Truth.FALSE

    def some(self, values: list[Truth]) -> Truth:
        """The greatest."""
        return max(values, default=Truth.FALSE)

    def each(self, values: list[Truth]) -> Truth:
        """The least."""
        return min(values, default=Truth.TRUE)

    def without(self, base: Truth, taken: Callable[[], Truth], /) -> Truth:
        """What is true and not taken away."""
        return base if base is Truth.FALSE else min(base, Truth(Truth.TRUE - taken()))


def settled(grounds: Mapping[Goal, Ground], known: Solved[Truth], keep: Callable[[Ground], bool]) -> dict[Goal, Ground]:
    """The grounds in which every `but not` is judged, of the goals and parts that are to be kept."""
    return {goal: _settled(ground, known, keep) for goal, ground in grounds.items() if keep(Ask(goal))}


def _settled(ground: Ground, known: Solved[Truth], keep: Callable[[Ground], bool]) -> Ground:
    match ground:
        case Some(parts):
            return Some(tuple(_settled(one, known, keep) for one in parts if keep(one)))
        case Each() | Passed() | Way():
            return Each(tuple(_settled(one, known, keep) for one in ground.parts))
        case Without(base, taken, missing):
            if known.of(taken) is not Truth.FALSE:
                return Blocked()
            return Each((_settled(base, known, keep), Clear(missing)))
        case _:
            return ground


def truths(
    grounds: Mapping[Goal, Ground], groups: Iterable[list[Goal]], check: Callable[[], None] = lambda: None
) -> Solved[Truth]:
    """How true each goal is."""
    return solved(grounds, groups, Truths(), check)
