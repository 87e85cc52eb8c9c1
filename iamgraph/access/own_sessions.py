"""Whose sessions a caller may begin, see and end: a key's all, a member's their own, a token's none."""

from __future__ import annotations

from dataclasses import dataclass

from iamgraph.access.sessions import Sessions
from iamgraph.access.words import Caller
from iamgraph.errors import RequestError
from iamgraph.questions import StoredSession
from iamgraph.tuples import Object


@dataclass(frozen=True, slots=True)
class OwnSessions:
    """The sessions of one store, as far as one caller may go."""

    sessions: Sessions
    caller: Caller

    def issue(self, member: str) -> tuple[StoredSession, str]:
        """A new session of an account, for a service's own key: who has proved who they are is its to say."""
        if self.caller.subject is not None:
            raise RequestError("sessions are begun with a key of scope `admin`", code="relation_missing")
        return self.sessions.issue(member)

    def all(self, member: str) -> list[tuple[StoredSession, str | None]]:
        """The sessions of a member; for a key, and for themselves."""
        if self.caller.subject not in (None, Object("member", member)):
            raise RequestError("sessions are shown to whose they are", code="sessions_not_held")
        return self.sessions.all(member)

    def end(self, id_: str) -> None:
        """End a session for good; of another's it is told that there is none."""
        subject = self.caller.subject
        # No session is a token's, whatever its id.
        owner = None if subject is None else subject.id if subject.type == "member" else ""
        self.sessions.end(id_, owner)
