"""The record: what was done and refused within an object of a store, newest first."""

from __future__ import annotations

import hashlib
from typing import Any

from ulid import ULID

from iamgraph.queries import object_key, statement
from iamgraph.questions import Entry, RecordQuery, Refusal
from iamgraph.store.neo4j import Neo4jConnection, retried


class Neo4jRecorder(Neo4jConnection):
    """Keeps refusals, and tells them with what was done. Made once per process, after a fork."""

    def record_refusal(self, store: str, refusal: Refusal) -> None:
        """Keep a refusal, if the store knows the object it is listed under."""
        self._record(store, str(ULID()), refusal)

    @retried
    def _record(self, store: str, id_: str, refusal: Refusal) -> None:
        note = refusal.note
        kept: dict[str, Any] = {
            "within": str(note.within),
            "action": note.action,
            "object": str(note.object),
            "at": refusal.at,
            "by": refusal.by,
            "reason": refusal.reason,
            "code": refusal.code,
            "message": refusal.message,
        }
        key = object_key(store, note.within)
        parameters = {"store": store, "id": id_, "key": key, "refusal": kept}
        if refusal.most is None:
            self._act(statement("acts/refusal"), parameters)
            return
        # In letters that any id can have, whatever those of the object are.
        day = f"{refusal.at.date().isoformat()}-{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        self._act(statement("acts/refusal_outside"), {**parameters, "day": day, "most": refusal.most})

    @retried
    def record(self, store: str, asked: RecordQuery) -> tuple[Entry, ...]:
        """The lines asked for, newest first."""
        after_at, after_id = asked.after or (None, None)
        parameters = {
            "store": store,
            "within": str(asked.within),
            "since": asked.since,
            "until": asked.until,
            "by": asked.by,
            "action": asked.action,
            "object": asked.object,
            "after_at": after_at,
            "after_id": after_id,
            "limit": asked.limit,
        }
        rows = self._alone(statement("acts/list"), parameters)
        return tuple(Entry(**{**row, "at": row["at"].to_native()}) for row in rows)
