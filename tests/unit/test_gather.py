"""Calls that wait at the same moment are made as one, and none fails or waits for another's sake."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from iamgraph.store.gather import MAX_TOGETHER, Gather

SECONDS = 30.0


@dataclass
class Made:
    """Doubles numbers, remembers which came together, and waits where it is told to."""

    calls: list[tuple[str, list[int]]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    slow: frozenset[int] = frozenset()
    bad: frozenset[int] = frozenset()

    def __call__(self, key: str, asked: Sequence[int], end: float) -> list[int]:
        """The numbers twice; late for a slow one, and no answer at all with a bad one."""
        self.calls.append((key, list(asked)))
        if 0 in asked:
            self.gate.wait(SECONDS)
        if self.slow.intersection(asked):
            self.gate.wait(max(0.0, end - time.monotonic()))
            raise TimeoutError
        if self.bad.intersection(asked):
            raise ValueError(asked)
        return [2 * one for one in asked]


def end() -> float:
    """Far enough."""
    return time.monotonic() + SECONDS


def until(made: Made, calls: int) -> None:
    """Wait until so many calls were made."""
    while len(made.calls) < calls:
        time.sleep(0.001)


@contextmanager
def line(made: Made, gather: Gather[str, int, int], numbers: Sequence[int]) -> Iterator[list[int | Exception]]:
    """One call under way, and numbers that wait behind it; what each got, once the block has let them go."""
    found: list[int | Exception] = []

    def ask(number: int) -> int | Exception:
        try:
            return gather("key", number, end())
        except Exception as fault:
            return fault

    with ThreadPoolExecutor(len(numbers) + 1) as pool:
        first = pool.submit(ask, 0)
        until(made, 1)
        asked = []
        for i, one in enumerate(numbers, start=1):
            asked.append(pool.submit(ask, one))
            while len(gather._lines["key"].waiting) < i:
                time.sleep(0.001)
        yield found
        assert 0 == first.result()
        found.extend(one.result() for one in asked)


def test_a_lone_call_is_made_at_once() -> None:
    """Calls one after another are each made by themselves, and leave nothing behind."""
    made = Made(gate=threading.Event())
    made.gate.set()
    gather = Gather(made)
    assert [2, 4] == [gather("key", 1, end()), gather("key", 2, end())]
    assert [("key", [1]), ("key", [2])] == made.calls
    assert {} == gather._lines


def test_calls_that_wait_are_made_together() -> None:
    """What comes while a call is under way waits, is made as one call after it, and each gets its own answer."""
    made = Made()
    gather = Gather(made, patience=SECONDS)
    with line(made, gather, [1, 2, 3]) as found:
        made.gate.set()
    assert [2, 4, 6] == found
    assert [("key", [0]), ("key", [1, 2, 3])] == made.calls
    assert {} == gather._lines


def test_no_more_than_the_limit_together() -> None:
    """Past `MAX_TOGETHER` the rest is made as another call."""
    made = Made()
    gather = Gather(made, patience=SECONDS)
    with line(made, gather, range(1, MAX_TOGETHER + 3)) as found:
        made.gate.set()
    assert [2 * one for one in range(1, MAX_TOGETHER + 3)] == found
    assert [1, MAX_TOGETHER, 2] == [len(asked) for _, asked in made.calls]


def test_other_keys_do_not_wait() -> None:
    """A call of another key is made while the first is under way."""
    made = Made()
    gather = Gather(made, patience=SECONDS)
    with line(made, gather, [1]) as found:
        assert 10 == gather("other", 5, end())
        made.gate.set()
    assert [2] == found


def test_patience_ends() -> None:
    """A call that waits behind one that does not end is made by itself; so is the one after it."""
    made = Made()
    gather = Gather(made, patience=0.05)
    with line(made, gather, [1]) as found:
        until(made, 2)
        assert 4 == gather("key", 2, end())
        made.gate.set()
    assert [2] == found
    assert [[0], [1], [2]] == [asked for _, asked in made.calls]
    assert {} == gather._lines


@pytest.mark.parametrize(
    ("made", "fault"), [(Made(slow=frozenset({2})), TimeoutError), (Made(bad=frozenset({2})), ValueError)]
)
def test_one_spoils_no_other(made: Made, fault: type[Exception]) -> None:
    """A slow or failing call that shares with others fails by itself, and the others get their answers."""
    gather = Gather(made, patience=0.2)
    with line(made, gather, [1, 2, 3]) as found:
        made.gate.set()
    assert [2, 6] == [found[0], found[2]]
    assert isinstance(found[1], fault)
    assert {} == gather._lines


def test_an_answer_is_never_older_than_its_call() -> None:
    """Of many calls at once each is answered by one that began after it, with its own answer."""
    began: list[int] = []

    def make(key: str, asked: Sequence[float], end: float) -> list[tuple[float, float]]:
        now = time.monotonic()
        began.append(len(asked))
        time.sleep(0.0005)
        return [(one, now) for one in asked]

    gather: Gather[str, float, tuple[float, float]] = Gather(make, patience=SECONDS)

    def ask(_: int) -> bool:
        called = time.monotonic()
        asked, answered = gather("key", called, end())
        return asked == called and answered >= called

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(4_000)))
    assert 4_000 == sum(began)
    assert max(began) > 1
    assert {} == gather._lines
