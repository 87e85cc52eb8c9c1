"""What members and tokens come with: sessions, and when a secret was last used. No tuples, and no revision for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamgraph.queries import object_key, statement
from iamgraph.questions import StoredSession
from iamgraph.store.neo4j import Neo4jConnection, retried
from iamgraph.tuples import Object


class Neo4jCredentials(Neo4jConnection):
    """Keeps sessions, and uses of secrets. Made once per process, after a fork."""

    @retried
    def create_session(self, store: str, session: StoredSession, forget: datetime) -> None:
        """Keep a session, and forget those of the member that began before `forget`."""
        parameters = {
            "store": store,
            "id": session.id,
            "member": session.member,
            "hash": session.hash,
            "at": session.at,
            "forget": forget,
        }
        self._act(statement("credentials/create_session"), parameters)

    @retried
    def get_session(self, store: str, id_: str) -> StoredSession | None:
        """The session of that id."""
        rows = self._alone(statement("credentials/get_session"), {"store": store, "id": id_})
        return _session(rows[0]) if rows else None

    @retried
    def list_sessions(self, store: str, member: str) -> tuple[StoredSession, ...]:
        """The sessions of a member, newest first, the ended ones too."""
        return tuple(
            map(_session, self._alone(statement("credentials/list_sessions"), {"store": store, "member": member}))
        )

    @retried
    def see_session(self, store: str, id_: str, at: datetime) -> None:
        """The session was used at that time."""
        self._alone(statement("credentials/see_session"), {"store": store, "id": id_, "at": at})

    @retried
    def end_session(self, store: str, id_: str, at: datetime, by: str) -> bool:
        """End a session for good; whether there is one of that id."""
        return bool(self._act(statement("credentials/end_session"), {"store": store, "id": id_, "at": at, "by": by}))

    @retried
    def record_use(self, store: str, object_: Object, at: str) -> None:
        """Remember when the secret of an object was last used."""
        self._alone(statement("credentials/used"), {"key": object_key(store, object_), "at": at})


def _session(row: Any) -> StoredSession:
    ended = row["ended_at"]
    return StoredSession(
        row["id"],
        row["member"],
        row["hash"],
        row["at"].to_native(),
        row["seen_at"].to_native(),
        ended.to_native() if ended is not None else None,
        row["ended_by"],
    )
