"""A driver whose calls fail on purpose: the Nth one before it takes effect, after it did, or after hanging."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Self, TypeVar, cast

import neo4j
from neo4j.exceptions import IncompleteCommit, ServiceUnavailable

T = TypeVar("T")


class When(Enum):
    """When a call fails."""

    BEFORE = auto()
    """It does nothing and fails."""
    AFTER = auto()
    """It does all it should, and its answer is lost."""
    HANGING = auto()
    """It does all it should, and its answer is lost only after a while."""


class FaultyDriver:
    """Passes every call on to a driver, but for one that fails, or for all from it on (`lasting`)."""

    def __init__(self, driver: neo4j.Driver, nth: int, when: When, *, lasting: bool = False, hang: float = 0.0) -> None:
        """`nth` counts from 1; a hanging call fails after `hang` seconds."""
        self._driver = driver
        self._nth = nth
        self._when = when
        self._lasting = lasting
        self._hang = hang
        self.calls = 0

    @property
    def failed(self) -> bool:
        """Whether any call failed."""
        return self.calls >= self._nth

    def close(self) -> None:
        """Close the driver."""
        self._driver.close()

    def session(self, **options: Any) -> FaultySession:
        """A session whose calls count."""
        return FaultySession(self, self._driver.session(**options))

    def call(self, act: Callable[[], T], fault: type[Exception], end: Callable[[], object] = lambda: None) -> T:
        """The act, or the fault in its place; `end` is what a server does when its client is gone."""
        self.calls += 1
        if self.calls != self._nth and not (self._lasting and self.calls > self._nth):
            return act()
        if self._when is not When.BEFORE and self.calls == self._nth:
            act()
        end()
        if self._when is When.HANGING:
            time.sleep(self._hang)
        raise fault(f"call {self.calls} fails on purpose")


class FaultySession:
    """A session of a driver whose calls fail."""

    def __init__(self, driver: FaultyDriver, session: neo4j.Session) -> None:
        self._driver = driver
        self._session = session

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def run(self, query: Any, parameters: Any) -> list[neo4j.Record]:
        """A statement that commits by itself, with all its rows."""
        return self._driver.call(lambda: list(self._session.run(query, parameters)), ServiceUnavailable)

    def begin_transaction(self, **options: Any) -> FaultyTransaction:
        """A transaction whose calls count."""
        begun = self._driver.call(
            lambda: self._session.begin_transaction(**options), ServiceUnavailable, self._session.close
        )
        return FaultyTransaction(self._driver, begun)


class FaultyTransaction:
    """A transaction of a driver whose calls fail."""

    def __init__(self, driver: FaultyDriver, transaction: neo4j.Transaction) -> None:
        self._driver = driver
        self._transaction = transaction

    def run(self, text: Any, parameters: Any) -> list[neo4j.Record]:
        """A statement, with all its rows."""
        return self._driver.call(
            lambda: list(self._transaction.run(text, parameters)), ServiceUnavailable, self._transaction.close
        )

    def commit(self) -> None:
        """The commit; one that fails leaves its caller not knowing."""
        self._driver.call(self._transaction.commit, IncompleteCommit, self._transaction.close)


def faulty(nth: int, when: When, *, lasting: bool = False, hang: float = 0.0) -> Callable[[neo4j.Driver], neo4j.Driver]:
    """What makes a connection's driver fail so."""

    def wrap(driver: neo4j.Driver) -> neo4j.Driver:
        return cast(neo4j.Driver, FaultyDriver(driver, nth, when, lasting=lasting, hang=hang))

    return wrap
