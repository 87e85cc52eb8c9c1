"""How many connections each worker has, known to all: a new one goes to a worker that has the fewest.

Connections stay where they were taken, and the worker that wakes first takes one. Without this, of eight connections
one of two workers has often had seven, and the other half of the machine was idle.
"""

from __future__ import annotations

from multiprocessing.sharedctypes import RawArray
from typing import Final

MAX_WORKERS: Final = 128
SLACK: Final = 8  # the part of its connections a worker may have more than another
_FREE: Final = -1


class Balance:
    """The counts, in memory that workers share: made before the fork. Each worker writes its own alone."""

    def __init__(self) -> None:
        """No worker yet."""
        self._counts = RawArray("i", [_FREE] * MAX_WORKERS)

    def enter(self) -> int | None:
        """A place for a new worker; None where there is none left, and it takes what it gets."""
        for place, count in enumerate(self._counts):
            if count == _FREE:
                self._counts[place] = 0
                return place
        return None

    def leave(self, place: int | None) -> None:
        """The place is free again."""
        if place is not None:
            self._counts[place] = _FREE

    def tell(self, place: int | None, count: int) -> None:
        """How many connections the worker at a place has."""
        if place is not None:
            self._counts[place] = count

    def has_more(self, place: int | None) -> bool:
        """Whether another worker has fewer, and by what matters: with many connections a few more do not."""
        if place is None:
            return False
        mine = self._counts[place]
        return any(_FREE < one < mine - mine // SLACK for one in self._counts)
