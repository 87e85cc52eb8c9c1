"""The graph seen past iamgraph: plain Cypher on the database of the tests, and whole dumps of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString

import neo4j

from iamgraph.queries import relation_of, subject_of
from iamgraph.questions import Change
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import Object, RelationTuple


@dataclass(frozen=True, slots=True)
class Graph:
    """A driver of the tests' own."""

    driver: neo4j.Driver
    database: str

    def rows(self, text: LiteralString, seconds: float = 10.0, **parameters: Any) -> list[dict[str, Any]]:
        """What a statement returns."""
        with self.driver.session(database=self.database) as session:
            return session.run(neo4j.Query(text, timeout=seconds), parameters).data()

    def tuples(self, store: str) -> list[str]:
        """Every tuple of a store as its relationships say, one entry for each, in order."""
        found = self.rows(
            "MATCH (s:Object {store: $store})-[r]->(o:Object) RETURN s.type AS subject_type, s.id AS subject_id,"
            " r.via AS via, type(r) AS type, o.type AS type_, o.id AS id",
            store=store,
        )
        return sorted(
            str(
                RelationTuple(
                    Object(row["type_"], row["id"]),
                    relation_of(row["type"]),
                    subject_of(row["subject_type"], row["subject_id"], row["via"]),
                )
            )
            for row in found
        )

    def nodes(self, store: str) -> int:
        """How many nodes carry a store's name in any property."""
        text = (
            "MATCH (n) WHERE any(key IN keys(n) WHERE n[key] IS :: STRING AND"
            " (n[key] = $store OR n[key] STARTS WITH $store + '/')) RETURN count(n) AS nodes"
        )
        nodes: int = self.rows(text, store=store)[0]["nodes"]
        return nodes

    def dump(self) -> list[str]:
        """Every node and every relationship with all they have, as text, in order."""
        nodes = self.rows("MATCH (n) RETURN elementId(n) AS id, labels(n) AS labels, properties(n) AS has")
        edges = self.rows(
            "MATCH (a)-[r]->(b) RETURN elementId(r) AS id, type(r) AS type, properties(r) AS has,"
            " a.key AS from, b.key AS to"
        )
        schema = self.rows("SHOW INDEXES YIELD name, labelsOrTypes, properties")
        constraints = self.rows("SHOW CONSTRAINTS YIELD name, type, labelsOrTypes, properties")
        users = self.rows("SHOW USERS YIELD user, passwordChangeRequired")
        return sorted(map(repr, [*nodes, *edges, *schema, *constraints, *users]))


def connected(server: Neo4jServer) -> Graph:
    """A graph on that server; close its driver."""
    driver = neo4j.GraphDatabase.driver(
        server.uri, auth=(server.user, server.password), notifications_min_severity="OFF"
    )
    return Graph(driver, server.database)


def replayed(changes: Iterable[Change]) -> list[str]:
    """The tuples a store has after these changes from its first on, in order."""
    live: set[str] = set()
    for one in changes:
        deleted = set(map(str, one.deletes))
        assert deleted <= live, f"change {one.revision} deletes what is not there"
        live = (live - deleted) | set(map(str, one.writes))
    return sorted(live)
