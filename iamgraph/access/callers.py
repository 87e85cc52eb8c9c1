"""Who comes with a secret: a token, or the member whose session it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from iamgraph.access.secrets import SESSION, TOKEN, id_of, kind_of, matches
from iamgraph.access.sessions import Sessions
from iamgraph.access.words import Caller
from iamgraph.tuples import Object

USED_WITHIN: Final = timedelta(minutes=1)


class UseKeeper(Protocol):
    """Remembers uses."""

    def record_use(self, store: str, object_: Object, at: str) -> None:
        """Remember when the secret of an object was last used."""


@dataclass(frozen=True, slots=True)
class Callers:
    """Finds callers by their secrets."""

    sessions: Sessions
    keeper: UseKeeper

    def find(self, secret: str) -> Caller | None:
        """The caller with that secret, which was used by that; None where it is not known, has ended or expired."""
        kind = kind_of(secret)
        if kind == TOKEN:
            return self._token(secret)
        member = self.sessions.touch(secret).member if kind == SESSION else None
        return None if member is None else Caller.of(member)

    def _token(self, secret: str) -> Caller | None:
        token = Object("token", id_of(TOKEN, secret) or "")
        store, now = self.sessions.store, self.sessions.clock()
        kept = self.sessions.authorizer.look(store, lambda transaction: transaction.attributes([token])).get(token)
        if kept is None or not matches(secret, kept.get("secret_hash")) or not _lives(kept, now):
            return None
        if _is_old(kept.get("last_used_at"), now):
            self.keeper.record_use(store, token, now.isoformat())
        return Caller.of(token)


def _lives(kept: Any, now: datetime) -> bool:
    ends = kept.get("expires_at")
    return ends is None or now < datetime.fromisoformat(ends)


def _is_old(used: str | None, now: datetime) -> bool:
    return used is None or now - datetime.fromisoformat(used) >= USED_WITHIN
