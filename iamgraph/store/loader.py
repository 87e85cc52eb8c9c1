"""Chunks of an import, written to Neo4j: one transaction and one change each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamgraph.errors import ConflictError
from iamgraph.queries import statement
from iamgraph.questions import Load, Loaded, OnExisting
from iamgraph.store.columns import Columns
from iamgraph.store.neo4j import Run, retried
from iamgraph.store.rows import Once, tuple_text
from iamgraph.store.writing import Neo4jWriter, change_made, check_model
from iamgraph.tuples import RelationTuple


class Neo4jLoader(Neo4jWriter):
    """Writes chunks, and knows which are written."""

    @retried
    def load(self, load: Load, model: str, now: datetime) -> Loaded:
        """Write a chunk's tuples, each of which it names once, in one change; none if there is nothing to write.

        A dry run only counts what it would write, and fails where writing would.
        """
        with self._locked(load.store) as (run, info):
            once = Once(load.idempotency_key, load.body_hash)
            done = None if load.dry_run else change_made(run, load.store, once)
            if done is not None:
                return Loaded(info.at(done["revision"]), done["written"])
            check_model(info, model)
            columns = _to_write(run, load, now)
            if load.dry_run or not columns.tuples:
                return Loaded(info.revision, len(columns.tuples))
            number = _record(run, load, columns.tuples, now)
            run(statement("bulk/objects"), {"store": load.store, "types": columns.types})
            act = {"since": number, "at": now, "by": load.by, "reason": load.reason}
            run(statement("bulk/tuples"), {"store": load.store, "groups": columns.groups, **act})
            run.commit()
        return Loaded(info.at(number), len(columns.tuples))

    @retried
    def written(self, store: str, prefix: str) -> dict[str, str]:
        """The idempotency keys with this beginning that were used, each with the hash it is bound to."""
        with self._locked(store) as (run, _):
            rows = run(statement("bulk/written"), {"store": store, "prefix": prefix})
            return {row["idempotency_key"]: row["body_hash"] for row in rows}


def _to_write(run: Run, load: Load, now: datetime) -> Columns:
    """The tuples to write; without those that are there and hold, where they are to stay."""
    columns = Columns(load.store, load.writes)
    if load.on_existing is OnExisting.TOUCH:
        return columns
    rows = run(statement("bulk/existing"), {"groups": columns.groups, "now": now})
    there = {columns.at(row["number"], row["place"]) for row in rows}
    if there and load.on_existing is OnExisting.FAIL:
        raise ConflictError(f"the tuple `{min(map(str, there))}` is there already", code="tuple_exists")
    return Columns(load.store, (one for one in load.writes if one not in there))


def _record(run: Run, load: Load, writes: tuple[RelationTuple, ...], now: datetime) -> int:
    """The change, and its revision."""
    parameters: dict[str, Any] = {
        "store": load.store,
        "at": now,
        "by": load.by,
        "reason": load.reason,
        "idempotency_key": load.idempotency_key,
        "body_hash": load.body_hash,
        "written": [tuple_text(one) for one in writes],
    }
    number: int = run(statement("bulk/change"), parameters)[0]["revision"]
    return number
