"""What the security tests share: a Neo4j that holds nothing but what they put there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.conftest import SECONDS
from tests.store.graph import Graph, connected
from tests.store.private import own_server

__all__ = ["own_server"]


@pytest.fixture(scope="session")
def own_keeper(own_server: Neo4jServer) -> Iterator[Neo4jKeeper]:
    """A keeper on the Neo4j of the tests' own, which fails on every notification."""
    with closing(Neo4jKeeper(own_server, strict=True, deadline=SECONDS)) as keeper:
        keeper.migrate()
        yield keeper


@pytest.fixture(scope="session")
def own_graph(own_server: Neo4jServer) -> Iterator[Graph]:
    """Plain Cypher on it."""
    graph = connected(own_server)
    yield graph
    graph.driver.close()


@pytest.fixture
def door(own_keeper: Neo4jKeeper) -> Authorizer:
    """The door to it."""
    return Authorizer(own_keeper, GraphChecker(own_keeper), deadline=SECONDS)


@pytest.fixture
def home(door: Authorizer) -> Iterator[str]:
    """A store of the test's own."""
    name = f"test-{ULID()}"
    door.create_store(name)
    yield name
    door.delete_store(name)
