"""What the store's tests share: the graph seen past iamgraph."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iamgraph.store.neo4j import Neo4jServer
from tests.store.graph import Graph, connected


@pytest.fixture(scope="session")
def graph(server: Neo4jServer) -> Iterator[Graph]:
    """Plain Cypher on the tests' Neo4j."""
    graph = connected(server)
    yield graph
    graph.driver.close()
