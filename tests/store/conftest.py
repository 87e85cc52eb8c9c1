"""What the store's tests share: doors, stores with a model, and the graph seen past iamgraph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ulid import ULID

from iamgraph.authorizer import Answerers, Authorizer
from iamgraph.check.query import QueryChecker
from iamgraph.check.walk import WalkChecker
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.store.given import MODEL, NOW
from tests.store.graph import Graph, connected
from tests.store.private import own_server

__all__ = ["own_server"]


@pytest.fixture(scope="session")
def graph(server: Neo4jServer) -> Iterator[Graph]:
    """Plain Cypher on the tests' Neo4j."""
    graph = connected(server)
    yield graph
    graph.driver.close()


@pytest.fixture
def door(authorizer: Authorizer, store: str) -> Authorizer:
    """The door, with the model in the test's store."""
    authorizer.write_model(store, MODEL)
    return authorizer


@pytest.fixture
def clocked(keeper: Neo4jKeeper) -> Authorizer:
    """A door whose clock stands still."""
    return Authorizer(keeper, Answerers(QueryChecker(keeper), WalkChecker(keeper)), clock=lambda: NOW)


@pytest.fixture
def second(door: Authorizer) -> Iterator[str]:
    """A second store with the same model."""
    name = f"test-{ULID()}"
    door.create_store(name)
    door.write_model(name, MODEL)
    yield name
    door.delete_store(name)
