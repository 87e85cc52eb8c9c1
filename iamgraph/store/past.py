"""What a store remembers of its past, read at one revision: changes with what was before them, times, models."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from iamgraph.errors import LimitError, RequestError
from iamgraph.queries import statement
from iamgraph.questions import StoredModel
from iamgraph.store.contract import Undoing
from iamgraph.store.neo4j import Neo4jReader
from iamgraph.store.rows import before_of, change_of, stored_model

MAX_TUPLES_UNDONE: Final = 100_000


def undoing(reader: Neo4jReader, since: int) -> tuple[Undoing, ...]:
    """The changes after a revision with what was there before each, oldest first."""
    asked = {"store": reader.info.id, "since": since}
    (size,) = reader.run(statement("history/size"), asked)
    if size["changes"] < reader.info.revision.number - since:
        raise gone(reader)
    if size["tuples"] > MAX_TUPLES_UNDONE:
        raise LimitError(
            f"{size['tuples']} tuples were written and deleted after revision {since}, and no more than"
            f" {MAX_TUPLES_UNDONE} are undone: ask of a later one",
            code="too_many_tuples",
        )
    rows = reader.run(statement("history/changed"), asked)
    for row in rows:
        if row["before"] is None and (row["writes"] or row["deletes"]):
            raise RequestError(
                f"change {row['revision']} was made by an iamgraph that did not keep what was there before: ask of"
                " that revision or a later one",
                code="changes_gone",
            )
    return tuple(Undoing(change_of(row), before_of(row)) for row in rows)


def revision_at(reader: Neo4jReader, time: datetime) -> int:
    """The newest revision made by a time."""
    (row,) = reader.run(statement("history/revision_at"), {"store": reader.info.id, "time": time})
    found: int = row["revision"]
    # Before the oldest change kept there may have been others.
    if found == 0 and trimmed(reader):
        raise gone(reader)
    return found


def time_of(reader: Neo4jReader, revision: int) -> datetime:
    """When a revision was made."""
    newest = reader.info.revision.number
    if revision > newest:
        raise RequestError(f"revision {revision} is still to come: the newest is {newest}", code="revision_unknown")
    rows = reader.run(statement("history/time_of"), {"store": reader.info.id, "revision": revision})
    if rows:
        made: datetime = rows[0]["at"].to_native()
        return made
    if revision < 1:
        raise RequestError("the first revision is 1: before it there was nothing", code="revision_unknown")
    raise gone(reader)


def model_at(reader: Neo4jReader, revision: int) -> StoredModel:
    """The model in force at a revision."""
    rows = reader.run(statement("models/at"), {"store": reader.info.id, "revision": revision})
    if not rows:
        raise RequestError(f"store `{reader.info.id}` had no model at revision {revision}", code="model_not_found")
    return stored_model(rows[0], reader.info)


def trimmed(reader: Neo4jReader) -> int:
    """The revision up to which the changes are gone."""
    (row,) = reader.run(statement("stores/trimmed"), {"store": reader.info.id})
    revision: int = row["revision"]
    return revision


def gone(reader: Neo4jReader) -> RequestError:
    """What is said of a past that is not kept."""
    return RequestError(
        f"the changes up to revision {trimmed(reader)} are no longer kept: ask of a later one", code="changes_gone"
    )
