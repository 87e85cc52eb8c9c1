"""A Neo4j of the tests' own, for what must not be done to one that others use."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from iamgraph.local.private import acquire
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer


@pytest.fixture(scope="session")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Neo4jServer]:
    """A private Neo4j that nobody else uses; one for all folders that take this fixture."""
    with acquire(tmp_path_factory.getbasetemp() / "own-neo4j", Settings().cache_dir) as lease:
        yield lease.server
