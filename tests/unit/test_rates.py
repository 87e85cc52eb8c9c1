"""How often a key may ask: the bucket, on a clock of the test's own."""

from __future__ import annotations

from dataclasses import dataclass

from iamgraph.service.rates import Rates


@dataclass(slots=True)
class Clock:
    """A clock that stands still until it is set."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_without_a_rate_nobody_waits() -> None:
    """At 0, which is the default, a key asks as often as it likes."""
    assert {0.0} == {Rates(0.0).wait("a") for _ in range(10_000)}


def test_a_key_asks_a_seconds_worth_at_once() -> None:
    """Ten a second are ten at once; the next is told when there is a token again, and gets it then."""
    clock = Clock()
    rates = Rates(10.0, clock)
    assert [0.0] * 10 == [rates.wait("a") for _ in range(10)]
    assert 0.09 < rates.wait("a") <= 0.1
    clock.seconds += 0.11
    assert 0.0 == rates.wait("a")
    assert rates.wait("a") > 0


def test_each_key_has_its_own() -> None:
    """What one key asks costs no other."""
    rates = Rates(1.0, Clock())
    assert 0.0 == rates.wait("a")
    assert rates.wait("a") > 0
    assert 0.0 == rates.wait("b")


def test_in_the_long_run_it_is_the_rate() -> None:
    """Over a minute of asking as fast as can be, the answers are a second's worth and the rate; refusals cost none."""
    clock = Clock()
    rates = Rates(5.0, clock)
    answered = 0
    for i in range(6000):
        clock.seconds = i / 100
        answered += rates.wait("a") == 0.0
    assert 5 + 5 * 60 - 1 <= answered <= 5 + 5 * 60
    clock.seconds += 1e6
    assert [0.0] * 5 == [rates.wait("a") for _ in range(5)]
    assert rates.wait("a") > 0


def test_a_slow_rate_lets_one_through() -> None:
    """Less than one a second is one at a time."""
    clock = Clock()
    rates = Rates(0.1, clock)
    assert 0.0 == rates.wait("a")
    assert 10.0 == rates.wait("a")
    clock.seconds = 10.5
    assert 0.0 == rates.wait("a")
