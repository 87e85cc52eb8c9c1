"""Where calls that wait at the same moment meet: they are made as one, and a lone call is made at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

# How long a call lets others hold it up before it is made by itself.
PATIENCE_SECONDS: Final = 0.1
MAX_TOGETHER: Final = 64

A = TypeVar("A")
R = TypeVar("R")
K = TypeVar("K", bound=Hashable)


@dataclass(slots=True, eq=False)
class _Call(Generic[A, R]):
    """One call that waits: for its answer, for its turn to make a shared call, or for being sent off alone."""

    asked: A
    woken: threading.Event = field(default_factory=threading.Event)
    leads: list[_Call[A, R]] | None = None
    answers: tuple[R, ...] = ()


@dataclass(slots=True)
class _Line(Generic[A, R]):
    """The calls of one key that wait while another of it is under way."""

    waiting: list[_Call[A, R]] = field(default_factory=list)


class Gather(Generic[K, A, R]):
    """Makes calls of one key together while one of them is under way. Safe between threads.

    A call joins only what starts after it, so an answer is never older than its call. A shared call that fails, or
    takes longer than `PATIENCE_SECONDS`, is made again by each of its callers alone: no call fails or waits for
    another's sake.
    """

    def __init__(
        self, make: Callable[[K, Sequence[A], float], Sequence[R]], patience: float = PATIENCE_SECONDS
    ) -> None:
        """`make` answers calls of one key, in order, by an end that is a reading of `time.monotonic`."""
        self._make = make
        self._patience = patience
        self._lock = threading.Lock()
        self._lines: dict[K, _Line[A, R]] = {}

    def __call__(self, key: K, asked: A, end: float) -> R:
        """The answer to one call, by `end`; raises what making it by itself raises."""
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                self._lines[key] = _Line()
                mine = None
            else:
                mine = _Call[A, R](asked)
                line.waiting.append(mine)
        if mine is None:
            return self._lead(key, asked, end)
        return self._follow(key, mine, end)

    def _lead(self, key: K, asked: A, end: float) -> R:
        try:
            return self._make(key, (asked,), end)[0]
        finally:
            self._next(key)

    def _follow(self, key: K, mine: _Call[A, R], end: float) -> R:
        mine.woken.wait(min(self._patience, max(0.0, end - time.monotonic())))
        with self._lock:
            line = self._lines.get(key)
            if line is not None and mine in line.waiting:
                line.waiting.remove(mine)
        if mine.leads is not None:
            self._share(key, mine.leads)
        if mine.answers:
            return mine.answers[0]
        return self._make(key, (mine.asked,), end)[0]

    def _share(self, key: K, together: list[_Call[A, R]]) -> None:
        """Make one call for all; where it fails, each is left to make its own."""
        answers: Sequence[R] = ()
        try:
            answers = self._make(key, [one.asked for one in together], time.monotonic() + self._patience)
        except Exception:
            answers = ()
        finally:
            for one, answer in zip(together, answers, strict=False):
                one.answers = (answer,)
            self._next(key)
            for one in together[1:]:
                one.woken.set()

    def _next(self, key: K) -> None:
        """Let those that wait go on together, led by the first; or close the line."""
        with self._lock:
            line = self._lines[key]
            together, line.waiting = line.waiting[:MAX_TOGETHER], line.waiting[MAX_TOGETHER:]
            if not together:
                del self._lines[key]
                return
            # Under the lock: whoever is about to leave for want of patience sees that it leads.
            together[0].leads = together
        together[0].woken.set()
