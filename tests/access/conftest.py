"""What the access model's tests share: stores with the shipped model, and the organisation of the truth table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from ulid import ULID

from iamgraph.access.access import Access, shipped_model
from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from tests.access.organisation import Organisation, build
from tests.access.python import PythonDoor


@contextmanager
def opened(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[PythonDoor]:
    """A store of its own with the shipped model, deleted afterwards."""
    name = f"test-{ULID()}"
    authorizer.create_store(name)
    authorizer.write_model(name, shipped_model())
    yield PythonDoor(authorizer, keeper, name)
    authorizer.delete_store(name)


def built(door: PythonDoor) -> Organisation:
    """The organisation of the truth table in a store."""
    made = Organisation(door)
    return build(made, Organisation(replace(door, days_behind=8), made.made))


@pytest.fixture
def door(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[PythonDoor]:
    """A store with the shipped model, and nothing in it."""
    with opened(authorizer, keeper) as door:
        yield door


@pytest.fixture
def root(door: PythonDoor) -> Access:
    """What the service's own key can do there."""
    return door.access(None)


@pytest.fixture(scope="session")
def standing(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[Organisation]:
    """The organisation, for tests that change nothing."""
    with opened(authorizer, keeper) as door:
        yield built(door)


@pytest.fixture
def fresh(door: PythonDoor) -> Organisation:
    """The organisation, for a test that changes it."""
    return built(door)
