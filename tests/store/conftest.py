"""What the store's tests share: doors, stores with a model, and the graph seen past iamgraph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.conftest import SECONDS
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
    return Authorizer(keeper, GraphChecker(keeper), clock=lambda: NOW, deadline=SECONDS)


@pytest.fixture
def own(server: Neo4jServer) -> Iterator[Neo4jKeeper]:
    """A keeper that remembers nothing yet, as in another process."""
    keeper = Neo4jKeeper(server, strict=True, deadline=SECONDS)
    yield keeper
    keeper.close()


@pytest.fixture
def spare(authorizer: Authorizer) -> Iterator[str]:
    """The id of a store that a test may create, and need not delete."""
    name = f"test-{ULID()}"
    yield name
    if any(one.id == name for one in authorizer.list_stores()):
        authorizer.delete_store(name)


@pytest.fixture
def second(door: Authorizer) -> Iterator[str]:
    """A second store with the same model."""
    name = f"test-{ULID()}"
    door.create_store(name)
    door.write_model(name, MODEL)
    yield name
    door.delete_store(name)
