"""Why a subject may not: each branch of the relation asked for, and where it stopped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from iamgraph.check.walk import Truth
from iamgraph.fixpoint import Solved
from iamgraph.grounding import Absent, Ask, Each, Goal, Ground, Grounding, Held, Some, Way, Without, asks
from iamgraph.model.model import ComputedUserset, Intersection, Rewrite, This, TupleToUserset, Union
from iamgraph.model.printer import print_rewrite
from iamgraph.proofs import proofs
from iamgraph.reasons import Branch, Lack, Seen, Sentences, WhyQuestion
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Userset, Wildcard, kind_of

MAX_BRANCHES: Final = 50
# So many objects reached are named in one branch, the others counted.
SHOWN: Final = 3
_LOOKED_INTO: Final = 200
_DEPTH: Final = 8


class Denial:
    """The branches of one denied question."""

    def __init__(
        self, grounding: Grounding, known: Solved[Truth], asked: WhyQuestion, seen: Seen, sentences: Sentences
    ) -> None:
        self._grounding = grounding
        self._model = grounding.model
        self._known = known
        self._asked = asked
        self._seen = seen
        self._sentences = sentences

    def branches(self) -> tuple[Branch, ...]:
        """Each operand of the relation's unions, those of the relations it stands for among them."""
        root = (self._asked.object, self._asked.relation)
        return tuple(islice(self._branches(root, set()), MAX_BRANCHES))

    def _branches(self, goal: Goal, met: set[Goal]) -> Iterator[Branch]:
        relation = self._model.relation(goal[0].type, goal[1])
        if relation is None or goal in met:
            return
        met.add(goal)
        yield from self._operands(relation.rewrite, self._grounding.grounds[goal], goal, met)

    def _operands(self, rewrite: Rewrite, ground: Ground, goal: Goal, met: set[Goal]) -> Iterator[Branch]:
        if isinstance(rewrite, Union) and isinstance(ground, Some):
            for operand, part in zip(rewrite.operands, ground.parts, strict=True):
                yield from self._operands(operand, part, goal, met)
        elif isinstance(ground, Ask):
            yield from self._branches(ground.goal, met)
        elif (further := self._single(ground)) is not None:
            yield from self._branches(further, met)
        else:
            path, stopped = self._stopped(rewrite, ground, goal, _DEPTH)
            late = "; ".join((stopped, *self._expired(ground)))
            yield Branch(goal[0], print_rewrite(rewrite), late, path)
            if isinstance(ground, Each):
                for one in ground.parts:
                    if isinstance(one, Ask) and not self._holds(one):
                        yield from self._branches(one.goal, met)

    def _single(self, ground: Ground) -> Goal | None:
        """What alone is asked by an arrow that reached one object, where that is worked out in its turn."""
        ways = [one for one in getattr(ground, "parts", ()) if isinstance(one, Way)]
        if len(ways) != 1 or ways[0].guards or not all(isinstance(one, Held) for one in ways[0].hops):
            return None
        object_, name = goal = ways[0].then.goal
        relation = self._model.relation(object_.type, name)
        worked_out = relation is not None and isinstance(relation.rewrite, Union | ComputedUserset)
        return goal if worked_out else None

    # --- where a rewrite stopped ---

    def _stopped(self, rewrite: Rewrite, ground: Ground, goal: Goal, depth: int) -> tuple[tuple[StoredTuple, ...], str]:
        """What was found of a rewrite that does not hold, and what was not."""
        match ground:
            case Some(parts) if isinstance(rewrite, TupleToUserset):
                return self._at_arrow(rewrite, [one for one in parts if isinstance(one, Way)], goal[0], depth)
            case Some(parts) if isinstance(rewrite, This):
                return (), self._at_tuples(rewrite, parts, goal)
            case Each(parts) if isinstance(rewrite, Intersection):
                return self._at_operands(rewrite, parts, goal, depth)
            case Without():
                return self._at_taken(ground, goal, depth)
            case Some(parts) if isinstance(rewrite, Union):
                told = [self._stopped(*one, goal, depth) for one in zip(rewrite.operands, parts, strict=True)]
                return max((path for path, _ in told), key=len, default=()), ", and ".join(text for _, text in told)
            case Ask(other) if depth > 0:
                return self._at_goal(other, depth - 1)
            case _:
                return (), self._lacks(goal)

    def _at_goal(self, goal: Goal, depth: int) -> tuple[tuple[StoredTuple, ...], str]:
        """Why a goal does not hold: more than that it does not, only where part of it does."""
        relation = self._model.relation(goal[0].type, goal[1])
        ground = self._grounding.grounds.get(goal)
        if relation is not None and ground is not None and depth > 0 and self._partly(ground, depth):
            rewrite = relation.rewrite
            if isinstance(rewrite, Union) and isinstance(ground, Some):
                for operand, part in zip(rewrite.operands, ground.parts, strict=True):
                    if self._partly(part, depth):
                        return self._stopped(operand, part, goal, depth)
            return self._stopped(rewrite, ground, goal, depth)
        return (), self._lacks(goal)

    def _partly(self, ground: Ground, depth: int) -> bool:
        """Whether of several things that must hold some do, of which the subject is one."""
        if depth <= 0 or self._holds(ground):
            return False
        match ground:
            case Ask(goal):
                return goal in self._grounding.grounds and self._partly(self._grounding.grounds[goal], depth - 1)
            case Some(parts):
                return any(self._partly(one, depth) for one in parts)
            case Way(then, _, guards):
                return self._holds(then) and bool(guards)
            case Each(parts) if isinstance(ground.rewrite, Intersection):
                return any(map(self._holds, parts)) or any(self._partly(one, depth) for one in parts)
            case Without(base):
                return self._holds(base)
            case _:
                return False

    def _at_tuples(self, rewrite: This, parts: Iterable[Ground], goal: Goal) -> str:
        sets = [one.parts[0].goal for one in parts if isinstance(one, Each) and isinstance(one.parts[0], Ask)]
        if sets:
            return f"{self._lacks(goal)}, nor is it in {_some([str(Userset(*one)) for one in sets])}"
        kinds = [one.kind for one in rewrite.types]
        if kind_of(self._asked.subject) in kinds or not any(one.via == "*" for one in kinds):
            return self._lacks(goal)
        return f"there is no tuple {RelationTuple(goal[0], goal[1], Wildcard(kind_of(self._asked.subject).type))}"

    def _at_operands(
        self, rewrite: Intersection, parts: tuple[Ground, ...], goal: Goal, depth: int
    ) -> tuple[tuple[StoredTuple, ...], str]:
        """The first operand that does not hold, and those that do."""
        both = list(zip(rewrite.operands, parts, strict=True))
        held = [print_rewrite(operand) for operand, part in both if self._holds(part)]
        operand, part = next((one for one in both if not self._holds(one[1])), both[-1])
        path, stopped = self._stopped(operand, part, goal, depth)
        return path, self._has(held, goal, stopped) if held else stopped

    def _at_taken(self, ground: Without, goal: Goal, depth: int) -> tuple[tuple[StoredTuple, ...], str]:
        if not self._holds(ground.base):
            return self._stopped(ground.rewrite.base, ground.base, goal, depth)
        taken = f"{print_rewrite(ground.rewrite.subtract)} takes it away"
        return self._proof_of(ground.taken), self._has([print_rewrite(ground.rewrite.base)], goal, taken)

    def _has(self, held: list[str], goal: Goal, stopped: str) -> str:
        return f"{self._asked.subject} has {' and '.join(held)} on {goal[0]}, but {stopped}"

    def _proof_of(self, ground: Ground) -> tuple[StoredTuple, ...]:
        """What proves a ground that holds."""
        made: Goal = (self._asked.object, "")
        self._grounding.grounds[made] = ground
        self._known.values[made] = Truth.TRUE
        try:
            found = proofs(self._grounding, made, self._known, 1)
        finally:
            del self._grounding.grounds[made], self._known.values[made]
        return found[0].path if found else ()

    # --- arrows ---

    def _at_arrow(
        self, arrow: TupleToUserset, ways: list[Way], object_: Object, depth: int
    ) -> tuple[tuple[StoredTuple, ...], str]:
        there = [one for one in ways if all(isinstance(hop, Held) for hop in one.hops)]
        if not there:
            return (), self._nothing_reached(arrow, object_)
        lacking = [one for one in there if self._holds(one.then) and not self._passes(one)]
        if lacking:
            return _found(lacking[0]), _some([self._lack(one) for one in lacking], " and ")
        open_ = [one for one in there if self._passes(one)]
        partly = [one for one in open_ if depth > 0 and self._partly(one.then, depth)]
        if partly:
            path, stopped = self._at_goal(partly[0].then.goal, depth - 1)
            return (*path, *_found(partly[0])), f"{partly[0].then.goal[0]} is reached, but {stopped}"
        if open_:
            named = _some([str(one.then.goal[0]) for one in open_])
            return _found(open_[0]), f"reached {named}, where {self._asked.subject} has no {arrow.relation}"
        named = _some([str(one.then.goal[0]) for one in there])
        count = "it requires" if len(there) == 1 else "each requires"
        return _found(there[0]), (
            f"reached {named}, where {self._asked.subject} has no {arrow.relation}, and {count} what {object_} lacks"
        )

    def _nothing_reached(self, arrow: TupleToUserset, object_: Object) -> str:
        """The first hop that leads nowhere."""
        at = [object_]
        for relation in arrow.tuplesets:
            further = self._grounding.reached(at, relation)
            if not further:
                return f"{_some(list(map(str, at)))} has no {relation}"
            at = further
        return f"{_some(list(map(str, at)))} has no relation {arrow.relation}"

    def _lack(self, way: Way) -> str:
        failed = next(one for one in way.guards if not self._holds(one))
        if failed.lacking:
            guard = failed.guard
            lack = Lack(failed.reached, failed.object, guard.required, guard.within, failed.lacking)
            return self._sentences.lack(self._seen, self._asked, lack)
        return f"{failed.reached} is reached, but has no {failed.guard.required} that counts"

    def _passes(self, way: Way) -> bool:
        return all(map(self._holds, way.guards))

    # --- what has expired ---

    def _expired(self, ground: Ground) -> Iterator[str]:
        """The tuples that would be in the branch and have expired, a few of them."""
        found: dict[str, None] = {}
        waiting, met = [ground], set[Goal]()
        while waiting and len(met) < _LOOKED_INTO:
            one = waiting.pop()
            for each in _parts(one):
                if isinstance(each, Absent) and each.over is not None and self._is_over(each.over):
                    at = each.over.tuple.expires_at
                    assert at is not None
                    found[f"{each.over} expired at {at.isoformat().replace('+00:00', 'Z')}"] = None
            further = [goal for goal in asks(one) if goal not in met and goal in self._grounding.grounds]
            met.update(further)
            waiting += [self._grounding.grounds[goal] for goal in further]
        yield from islice(sorted(found), SHOWN)

    def _is_over(self, stored: StoredTuple) -> bool:
        at = stored.tuple.expires_at
        return at is not None and at <= self._grounding.now

    def _holds(self, ground: Ground) -> bool:
        return self._known.of(ground) is Truth.TRUE

    def _lacks(self, goal: Goal) -> str:
        return f"{self._asked.subject} is not {goal[1]} of {goal[0]}"


def _parts(ground: Ground) -> Iterator[Ground]:
    waiting = [ground]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(getattr(one, "parts", ()))
        if isinstance(one, Without):
            waiting.append(one.base)


def _found(way: Way) -> tuple[StoredTuple, ...]:
    """The tuples that were found on a way, those of its guards too."""
    held = (*way.hops, *(part for one in way.guards for part in one.parts))
    return tuple(dict.fromkeys(one.stored for one in held if isinstance(one, Held)))


def _some(named: list[str], between: str = ", ") -> str:
    """The first of them, each once, and how many more there are."""
    each = list(dict.fromkeys(named))
    more = f"{between}{len(each) - SHOWN} more" if len(each) > SHOWN else ""
    return between.join(each[:SHOWN]) + more
