"""Which worker a new connection is left to."""

from __future__ import annotations

from iamgraph.service.balance import MAX_WORKERS, Balance


def test_who_has_more_than_another_is_told() -> None:
    """The counts of others are compared with; as many is not more."""
    balance = Balance()
    first, second = balance.enter(), balance.enter()
    assert (False, False) == (balance.has_more(first), balance.has_more(second))
    balance.tell(first, 2)
    balance.tell(second, 1)
    assert (True, False) == (balance.has_more(first), balance.has_more(second))
    balance.tell(second, 2)
    assert (False, False) == (balance.has_more(first), balance.has_more(second))


def test_a_few_of_many_do_not_matter() -> None:
    """An eighth more is let be, so that workers with many connections do not wait for each other."""
    balance = Balance()
    first, second = balance.enter(), balance.enter()
    balance.tell(first, 80)
    balance.tell(second, 70)
    assert not balance.has_more(first)
    balance.tell(second, 69)
    assert balance.has_more(first)


def test_who_is_gone_does_not_count() -> None:
    """A worker that ended leaves its place to the next, who has nothing yet."""
    balance = Balance()
    first, second = balance.enter(), balance.enter()
    balance.tell(first, 3)
    balance.leave(second)
    assert not balance.has_more(first)
    assert second == balance.enter()
    assert balance.has_more(first)


def test_past_all_places() -> None:
    """One worker too many takes what it gets, and is in nobody's way."""
    balance = Balance()
    places = [balance.enter() for _ in range(MAX_WORKERS + 1)]
    assert places[-1] is None
    assert MAX_WORKERS == len(set(places[:-1]))
    balance.tell(None, 5)
    balance.leave(None)
    assert not balance.has_more(None)
    assert not balance.has_more(places[0])
