"""Why a subject may: the shortest proofs of an allowed check, each by itself enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from iamgraph.check.walk import Truth
from iamgraph.fixpoint import Solved, in_order, settled, solved
from iamgraph.grounding import Ask, Clear, Goal, Ground, Grounding, Held, Leaf
from iamgraph.reasons import NotFound, Proof
from iamgraph.tuples import StoredTuple

# How many more than are asked for are kept of each goal, since some lead in circles or are one within another.
SPARE: Final = 3

# The number of each tuple, in the order of a path, and by its set; then what was not found.
_Path = tuple[tuple[int, ...], frozenset[int], frozenset[NotFound]]


def proofs(grounding: Grounding, root: Goal, known: Solved[Truth], limit: int) -> tuple[Proof, ...]:
    """The shortest proofs of a goal that is true, then by their text; none of them holds another."""
    grounds = settled(grounding.grounds, known, lambda one: known.of(one) is Truth.TRUE)
    held = _held(grounds.values())
    algebra = _Proofs({str(one): i for i, one in enumerate(held)}, limit + SPARE)
    found = solved(grounds, in_order(grounds, grounding.check_deadline), algebra, grounding.check_deadline)
    return tuple(
        Proof(tuple(held[i] for i in path), tuple(sorted(absent, key=lambda one: (one.object, one.taken))))
        for path, _, absent in found.of(Ask(root))[:limit]
    )


def _held(grounds: Iterable[Ground]) -> list[StoredTuple]:
    """Every tuple that is there, by its text."""
    found: dict[str, StoredTuple] = {}
    waiting = list(grounds)
    while waiting:
        one = waiting.pop()
        if isinstance(one, Held):
            found[str(one.stored)] = one.stored
        waiting.extend(getattr(one, "parts", ()))
    return [found[text] for text in sorted(found)]


@dataclass(frozen=True, slots=True)
class _Proofs:
    """A value is the shortest proofs, none of which holds another; some and each are those of sets of sets."""

    numbers: Mapping[str, int]
    most: int

    @property
    def nothing(self) -> tuple[_Path, ...]:
        return ()

    def leaf(self, one: Leaf) -> tuple[_Path, ...]:
        match one:
            case Held(stored):
                number = self.numbers[str(stored)]
                return (((number,), frozenset((number,)), frozenset()),)
            case Clear(missing):
                return (((), frozenset(), frozenset((missing,))),)
            case _:
                return ()

    def some(self, values: list[tuple[_Path, ...]]) -> tuple[_Path, ...]:
        full = [one for one in values if one]
        return full[0] if len(full) == 1 else self._best(one for value in full for one in value)

    def each(self, values: list[tuple[_Path, ...]]) -> tuple[_Path, ...]:
        together: tuple[_Path, ...] = (((), frozenset(), frozenset()),)
        for value in values:
            if not value:
                return ()
            together = self._best(_joined(one, other) for one in together for other in value)
        return together

    def without(self, _base: tuple[_Path, ...], _taken: Callable[[], tuple[_Path, ...]], /) -> tuple[_Path, ...]:
        raise AssertionError("every `but not` is judged before")

    def _best(self, found: Iterable[_Path]) -> tuple[_Path, ...]:
        kept: list[_Path] = []
        for one in sorted(found, key=lambda each: (len(each[1]), sorted(each[1]), each[0])):
            if not any(other[1] <= one[1] for other in kept):
                kept.append(one)
                if len(kept) == self.most:
                    break
        return tuple(kept)


def _joined(one: _Path, other: _Path) -> _Path:
    further = tuple(i for i in other[0] if i not in one[1])
    return (*one[0], *further), one[1] | other[1], one[2] | other[2]
