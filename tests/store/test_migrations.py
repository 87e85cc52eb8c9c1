"""Migrations on a Neo4j of the tests' own, whose schema may be spoilt."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from iamgraph.errors import StoreError
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.migrations import migrations
from iamgraph.store.neo4j import Neo4jServer
from tests.conftest import SECONDS
from tests.store.graph import Graph, connected

NEWEST = migrations()[-1].number


@pytest.fixture
def graph(own_server: Neo4jServer) -> Iterator[Graph]:
    """Plain Cypher on the tests' own Neo4j, which is left with the newest schema."""
    graph = connected(own_server)
    yield graph
    graph.rows("MERGE (schema:IamSchema) SET schema.version = $newest", newest=NEWEST)
    graph.driver.close()


@pytest.fixture
def keeper(own_server: Neo4jServer) -> Iterator[Neo4jKeeper]:
    """A keeper on it, which may be told that an index is there already."""
    with closing(Neo4jKeeper(own_server, deadline=SECONDS)) as keeper:
        keeper.migrate()
        yield keeper


def test_migrating_again_changes_nothing(keeper: Neo4jKeeper, graph: Graph) -> None:
    """A database that is at the newest schema is left as it is, to the last node and index."""
    before = graph.dump()
    keeper.migrate()
    assert before == graph.dump()


def test_a_migration_that_was_cut_off_is_run_again(keeper: Neo4jKeeper, graph: Graph) -> None:
    """Where a migration stopped half way, the next one finishes it."""
    before = [row["name"] for row in graph.rows("SHOW CONSTRAINTS YIELD name RETURN name ORDER BY name")]
    graph.rows("DROP CONSTRAINT key_hash")
    graph.rows("MATCH (schema:IamSchema) DELETE schema")
    keeper.migrate()
    assert before == [row["name"] for row in graph.rows("SHOW CONSTRAINTS YIELD name RETURN name ORDER BY name")]
    assert [{"version": NEWEST}] == graph.rows("MATCH (schema:IamSchema) RETURN schema.version AS version")


def test_a_newer_schema_is_refused(keeper: Neo4jKeeper, graph: Graph) -> None:
    """A database that a newer iamgraph has been at is left alone, and the message says what to do."""
    graph.rows("MATCH (schema:IamSchema) SET schema.version = $version", version=NEWEST + 1)
    before = graph.dump()
    with pytest.raises(StoreError, match=f"schema {NEWEST + 1}, this iamgraph knows {NEWEST}: use a newer") as refused:
        keeper.migrate()
    assert "schema_too_new" == refused.value.code
    assert before == graph.dump()
