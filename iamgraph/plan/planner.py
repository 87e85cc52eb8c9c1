"""Model → plan: the rewrites a relation leads to, made into steps for one kind of subject, pruned and inlined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
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
from iamgraph.plan.plan import (
    AllOf,
    AnyOf,
    Ask,
    But,
    Conditional,
    Direct,
    Everyone,
    GuardTypes,
    Hop,
    Move,
    Never,
    Repeat,
    Same,
    Step,
    Through,
)
from iamgraph.tuples import Kind

MAX_GOALS: Final = 1_000
MAX_HOPS: Final = 50
MAX_WAYS: Final = 500
MAX_STEPS: Final = 2_000
MAX_DEPTH: Final = 60
MAX_PLANNING: Final = 2_500


class NotCompiled(Exception):  # noqa: N818 - a finding that ends planning, not a fault
    """Why a relation has no statement of its own; walk answers it."""

    @property
    def reason(self) -> str:
        """One line for people."""
        return str(self)


def plan_relation(model: Model, type_: str, relation: str, kind: Kind) -> Step:
    """The plan of `type_#relation` for subjects of `kind`.

    Raises `NotCompiled` where one statement cannot say it. The relation must exist.
    """
    root = Ask(type_, relation)
    goals = _asked(root, goals_of(model, (root,), kind))
    _refuse_conditions(goals)
    return _Inliner(goals).plan(root)


def goals_of(model: Model, roots: tuple[Ask, ...], kind: Kind) -> dict[Ask, Step]:
    """Each relation the roots lead to, with its steps, which ask for others; what no subject of the kind can pass is
    `Never`. Raises `NotCompiled` where there are too many.
    """
    return _prune(_goals(model, roots, kind))


# --- rewrites to steps -----------------------------------------------------------------------------------


def _goals(model: Model, roots: tuple[Ask, ...], kind: Kind) -> dict[Ask, Step]:
    """Each relation the roots lead to, with its steps."""
    goals: dict[Ask, Step] = {}
    waiting = list(roots)
    while waiting:
        goal = waiting.pop()
        if goal not in goals:
            if len(goals) == MAX_GOALS:
                raise NotCompiled(f"`{roots[0].type}#{roots[0].relation}` leads to more than {MAX_GOALS} relations")
            goals[goal] = _goal_step(model, goal, kind)
            waiting.extend(_asks(goals[goal]))
    return goals


def _goal_step(model: Model, goal: Ask, kind: Kind) -> Step:
    relation = model.relation(goal.type, goal.relation)
    assert relation is not None
    step = _Rewriter(model, goal, kind).step(relation.rewrite)
    return _any_of((Same(), step)) if kind == Kind(goal.type, goal.relation) else step


@dataclass(frozen=True, slots=True)
class _Rewriter:
    """The rewrites of one relation, as steps for one kind of subject."""

    model: Model
    goal: Ask
    kind: Kind

    def step(self, rewrite: Rewrite) -> Step:
        match rewrite:
            case This(types):
                return _any_of(tuple(self._direct(one) for one in types))
            case ComputedUserset(relation):
                return Ask(self.goal.type, relation)
            case TupleToUserset():
                return _any_of(tuple(self._arrows(rewrite)))
            case Union(operands):
                return _any_of(tuple(map(self.step, operands)))
            case Intersection(operands):
                return AllOf(tuple(map(self.step, operands)))
            case Exclusion(base, subtract):
                return But(self.step(base), self.step(subtract))

    def _direct(self, allowed: DirectType) -> Step:
        relation = self.goal.relation
        if allowed.relation is not None:
            reached = Ask(allowed.type, allowed.relation)
            found: Step = Through((Hop(relation, allowed.relation, allowed.type),), reached)
        elif allowed.kind == self.kind:
            found = Direct(relation)
        elif allowed.wildcard and self.kind == Kind(allowed.type):
            found = Everyone(relation)
        else:
            return Never()
        if allowed.condition is None:
            return found
        # Kept beside its condition: where no subject of the kind is behind it, the condition cannot matter.
        return AllOf((Conditional(relation, allowed.condition), found))

    def _arrows(self, arrow: TupleToUserset) -> Iterator[Step]:
        for hops in self._ways(arrow.tuplesets):
            if self.model.relation(hops[-1].type, arrow.relation) is not None:
                guards = tuple(self._guard(one, hops[-1].type) for one in arrow.guards)
                yield Through(hops, Ask(hops[-1].type, arrow.relation), guards)

    def _ways(self, tuplesets: tuple[str, ...]) -> list[tuple[Hop, ...]]:
        # Each type on the way multiplies them, so they are counted while they are made.
        found = self._hops(self.goal.type, tuplesets) if len(tuplesets) <= MAX_HOPS else iter(())
        ways = list(islice(found, MAX_WAYS + 1))
        if not 0 < len(ways) <= MAX_WAYS:
            limits = f"more than {MAX_HOPS} relations or {MAX_WAYS} ways"
            raise NotCompiled(f"an arrow of `{self.goal.type}#{self.goal.relation}` follows {limits}")
        return ways

    def _hops(self, type_: str, tuplesets: tuple[str, ...]) -> Iterator[tuple[Hop, ...]]:
        if not tuplesets:
            yield ()
            return
        relation = self.model.relation(type_, tuplesets[0])
        for allowed in relation.direct_types if relation is not None else ():
            for rest in self._hops(allowed.type, tuplesets[1:]):
                yield Hop(tuplesets[0], None, allowed.type), *rest

    def _guard(self, guard: Guard, reached: str) -> GuardTypes:
        return GuardTypes(
            guard, self._plain_types(reached, guard.required), self._plain_types(self.goal.type, guard.within)
        )

    def _plain_types(self, type_: str, relation: str) -> tuple[str, ...]:
        found = self.model.relation(type_, relation)
        return tuple(one.type for one in found.direct_types) if found is not None else ()


# --- pruning ---------------------------------------------------------------------------------------------


def _prune(goals: dict[Ask, Step]) -> dict[Ask, Step]:
    """The same goals without the branches that cannot lead to a subject of the kind."""
    holds: set[Ask] = set()
    grown = True
    while grown:
        found = {goal for goal, step in goals.items() if goal not in holds and _can_hold(step, holds)}
        holds |= found
        grown = bool(found)
    return {goal: _simplified(step, holds) for goal, step in goals.items()}


def _asked(root: Ask, goals: dict[Ask, Step]) -> dict[Ask, Step]:
    """The goals the root still leads to."""
    kept: dict[Ask, Step] = {}
    waiting = [root]
    while waiting:
        goal = waiting.pop()
        if goal not in kept:
            kept[goal] = goals[goal]
            waiting.extend(_asks(kept[goal]))
    return kept


def _can_hold(step: Step, holds: set[Ask]) -> bool:
    match step:
        case Never():
            return False
        case Ask():
            return step in holds
        case Through(_, then):
            return _can_hold(then, holds)
        case AnyOf(steps):
            return any(_can_hold(one, holds) for one in steps)
        case AllOf(steps):
            return all(_can_hold(one, holds) for one in steps)
        case But(base):
            return _can_hold(base, holds)
        case _:
            return True


def _simplified(step: Step, holds: set[Ask]) -> Step:
    if not _can_hold(step, holds):
        return Never()
    match step:
        case Through(_, then):
            return replace(step, then=_simplified(then, holds))
        case AnyOf(steps):
            return _any_of(tuple(_simplified(one, holds) for one in steps))
        case AllOf(steps):
            return AllOf(tuple(_simplified(one, holds) for one in steps))
        case But(base, subtract):
            kept, taken = _simplified(base, holds), _simplified(subtract, holds)
            return kept if taken == Never() else But(kept, taken)
        case _:
            return step


def _any_of(steps: tuple[Step, ...]) -> Step:
    """A flat union without what never holds and without repetitions."""
    flat: dict[Step, None] = {}
    for step in steps:
        for one in step.steps if isinstance(step, AnyOf) else (step,):
            if one != Never():
                flat[one] = None
    kept = tuple(flat)
    return Never() if not kept else kept[0] if len(kept) == 1 else AnyOf(kept)


def _refuse_conditions(goals: dict[Ask, Step]) -> None:
    for goal, step in goals.items():
        for one in _all_steps(step):
            if isinstance(one, Conditional):
                raise NotCompiled(f"`{goal.type}#{goal.relation}` may depend on condition `{one.condition}`")


# --- inlining and recursion ------------------------------------------------------------------------------


class _Inliner:
    """Replaces each `Ask` by its steps, and each recursion by a `Repeat`."""

    def __init__(self, goals: dict[Ask, Step]) -> None:
        self._goals = goals
        leads = {goal: frozenset(_asks(step)) for goal, step in goals.items()}
        self._reach = {goal: _reached(goal, leads) for goal in goals}
        self._cycles = _cycles(self._reach)
        self._done: dict[Ask, Step] = {}

    def plan(self, root: Ask) -> Step:
        # What leads to less comes first, so that each finds done what it asks for, however long the chain.
        for goal in sorted(self._goals, key=lambda one: len(self._reach[one] | {one})):
            cycle = self._cycles.get(goal)
            if cycle is None or goal == root or self._asked_from_outside(goal, cycle):
                step = self._inline(self._goals[goal]) if cycle is None else self._repeat(goal, cycle)
                _refuse_size(goal, step)
                self._done[goal] = step
        return self._done[root]

    def _asked_from_outside(self, goal: Ask, cycle: frozenset[Ask]) -> bool:
        return any(goal in _asks(step) for one, step in self._goals.items() if one not in cycle)

    def _inline(self, step: Step) -> Step:
        match step:
            case Ask():
                return self._done[step]
            case Through(_, then):
                return _spread(step, self._inline(then))
            case AnyOf(steps):
                return _any_of(tuple(map(self._inline, steps)))
            case AllOf(steps):
                return AllOf(tuple(map(self._inline, steps)))
            case But(base, subtract):
                return But(self._inline(base), self._inline(subtract))
            case _:
                return step

    def _repeat(self, goal: Ask, cycle: frozenset[Ask]) -> Step:
        types = [one.type for one in cycle]
        if len(set(types)) < len(types):
            names = ", ".join(f"`{one.type}#{one.relation}`" for one in sorted(cycle))
            raise NotCompiled(f"the recursion over {names} has more than one relation of a type")
        moves: list[Move] = []
        ends: list[tuple[str, Step]] = []
        for one in sorted(cycle):
            turns, rest = self._parted(one, cycle)
            moves.extend(turns)
            if rest != Never():
                ends.append((one.type, rest))
        if any(len(move.hops) > 1 for move in moves) and len(moves) > 1:
            raise NotCompiled(f"`{goal.type}#{goal.relation}` recurs by several arrows, one of them chained")
        if any(len(set(move.hops)) < len(move.hops) for move in moves):
            # In a cycle a turn may have to take one relationship twice, which no pattern does.
            raise NotCompiled(f"`{goal.type}#{goal.relation}` recurs by an arrow chained over one relation twice")
        return Repeat(tuple(moves), tuple(ends))

    def _parted(self, goal: Ask, cycle: frozenset[Ask]) -> tuple[list[Move], Step]:
        """The turns of the recursion at a goal, and the rest of its union."""
        step = self._goals[goal]
        moves: list[Move] = []
        rest: list[Step] = []
        for one in step.steps if isinstance(step, AnyOf) else (step,):
            if not cycle.intersection(_asks(one)):
                rest.append(self._inline(one))
            elif isinstance(one, Through) and one.then in cycle and not one.guards:
                moves.append(Move(goal.type, one.hops))
            else:
                raise NotCompiled(
                    f"`{goal.type}#{goal.relation}` recurs inside `and`, `but not`, a guarded arrow or another relation"
                )
        return moves, _any_of(tuple(rest))


def _refuse_size(goal: Ask, step: Step) -> None:
    if sum(1 for _ in _all_steps(step)) > MAX_STEPS:
        raise NotCompiled(f"`{goal.type}#{goal.relation}` needs more than {MAX_STEPS} steps")
    if _depth(step) > MAX_DEPTH:
        raise NotCompiled(f"`{goal.type}#{goal.relation}` nests more than {MAX_DEPTH} steps")
    if _planning(step) > MAX_PLANNING:
        raise NotCompiled(f"`{goal.type}#{goal.relation}` has more or longer paths than Neo4j plans in time")


def _planning(step: Step, hops: int = 0) -> int:
    """What Neo4j's first planning of the statement costs: it grows as the cube of each path's length."""
    match step:
        case Never():
            return 0
        case Through(more, AllOf() | But() as then):
            return (hops + len(more)) ** 3 + _planning(then)
        case Through(more, then):
            return _planning(then, hops + len(more))
        case Repeat(moves, ends):
            return sum(_planning(end, hops + len(moves)) for _, end in ends)
        case AnyOf(steps) | AllOf(steps):
            return sum(_planning(one, hops) for one in steps)
        case But(base, subtract):
            return _planning(base, hops) + _planning(subtract, hops)
        case _:
            return (hops + 1) ** 3


def _depth(step: Step) -> int:
    """How deep steps stand in each other."""
    level, depth = [step], 0
    while level:
        level, depth = [inner for one in level for inner in _inner(one)], depth + 1
    return depth


def _spread(through: Through, then: Step) -> Step:
    """An arrow to a union, as a union of arrows, so that each is a path of its own."""
    if isinstance(then, AnyOf):
        return _any_of(tuple(_spread(through, one) for one in then.steps))
    if isinstance(then, Through) and not then.guards and not through.guards:
        return replace(then, hops=through.hops + then.hops)
    return replace(through, then=then)


def _cycles(reach: dict[Ask, frozenset[Ask]]) -> dict[Ask, frozenset[Ask]]:
    """For each goal that leads back to itself, the goals it does so with."""
    return {
        goal: frozenset(one for one in reached if goal in reach[one])
        for goal, reached in reach.items()
        if goal in reached
    }


def _reached(goal: Ask, leads: dict[Ask, frozenset[Ask]]) -> frozenset[Ask]:
    found: set[Ask] = set()
    waiting = list(leads[goal])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(leads[one])
    return frozenset(found)


def _asks(step: Step) -> Iterator[Ask]:
    return (one for one in _all_steps(step) if isinstance(one, Ask))


def _all_steps(step: Step) -> Iterator[Step]:
    waiting = [step]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(_inner(one))


def _inner(step: Step) -> tuple[Step, ...]:
    match step:
        case Through(_, then):
            return (then,)
        case AnyOf(steps) | AllOf(steps):
            return steps
        case But(base, subtract):
            return (base, subtract)
        case Repeat(_, ends):
            return tuple(end for _, end in ends)
        case _:
            return ()
