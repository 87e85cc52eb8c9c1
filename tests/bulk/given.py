"""Files of tuples, and what a store holds, all of it."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

from iamgraph.authorizer import Authorizer
from iamgraph.bulk.imports import Import, Importer, Step
from iamgraph.tuples import RelationTuple
from tests.store.graph import Graph


def lines(*texts: str) -> bytes:
    """A file of tuples in their string form, a JSON text a line."""
    return b"".join(f'"{text}"\n'.encode() for text in texts)


def members(count: int, group: str = "eng", first: int = 0) -> bytes:
    """A file of so many members of a group."""
    return lines(*(f"group:{group}#member@user:u{i}" for i in range(first, first + count)))


def imported(door: Authorizer, raw: bytes, wanted: Import) -> list[Step]:
    """The steps of an import of that file."""
    return list(Importer(door, io.BytesIO(raw), wanted).steps())


def rejected(steps: Iterable[Step]) -> list[tuple[int, str]]:
    """Line and code of all that was rejected."""
    return [(one.line, one.code) for step in steps for one in step.rejects]


def everything(graph: Graph, store: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Every node and relationship of a store with all they have, but for when and in which change."""
    keys: dict[str, Any] = {"from": f"{store}/", "to": f"{store}0"}
    nodes = graph.rows(
        "MATCH (n:Object) WHERE n.key >= $from AND n.key < $to"
        " RETURN labels(n) AS labels, properties(n) AS has ORDER BY n.key",
        **keys,
    )
    edges = graph.rows(
        "MATCH (s:Object)-[r]->(o:Object) WHERE s.key >= $from AND s.key < $to"
        " RETURN split(s.key, '/')[1..] AS from, type(r) AS type, split(o.key, '/')[1..] AS to, properties(r) AS has,"
        " r.since IS :: INTEGER NOT NULL AND r.at IS :: ZONED DATETIME NOT NULL AS dated"
        " ORDER BY from, type, to, r.via",
        **keys,
    )
    for node in nodes:
        assert (store, f"{store}/{node['has']['type']}:{node['has']['id']}") == (
            node["has"].pop("store"),
            node["has"].pop("key"),
        )
    for edge in edges:
        del edge["has"]["since"], edge["has"]["at"]
    return nodes, edges


def replayed(door: Authorizer, store: str) -> list[str]:
    """What a store's changes make of an empty store."""
    live: dict[str, RelationTuple] = {}
    since = 0
    while page := door.changes(store, since, 100):
        for change in page:
            for one in change.deletes:
                del live[str(one)]
            assert len(change.writes) == len(set(map(str, change.writes)))
            live |= {str(one): one for one in change.writes}
        since = page[-1].revision
    return sorted(map(repr, live.values()))
