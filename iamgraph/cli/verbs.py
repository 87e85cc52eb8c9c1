"""The verbs of the access model as commands call them: by name, with plain values, told as JSON; here on Neo4j."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from iamgraph.access.access import Access
from iamgraph.access.audit import AuditFilter, AuditPage, as_csv, as_jsonl, said
from iamgraph.access.document import Document
from iamgraph.access.own_sessions import OwnSessions
from iamgraph.access.people import parse_people
from iamgraph.access.policies import Grant
from iamgraph.access.reports import named
from iamgraph.access.sessions import LASTS, Sessions
from iamgraph.access.words import label_text
from iamgraph.cli.said import Said, of_time
from iamgraph.questions import Done, StoredSession

_FILTERS: Final = ("by", "action", "object", "since", "until")


class Verbs(Protocol):
    """What somebody can do, here or on a service."""

    def call(
        self, verb: str, arguments: Mapping[str, Any], reason: str | None = None, idempotency_key: str | None = None
    ) -> Any:
        """What `room.verb` tells, as JSON. `home` is the workspace; a grant is `{role, resources, labels}`."""


class Papers(Protocol):
    """Workspaces as documents, here or on a service; a plan of the one is told to the same."""

    def read(self, workspace: str) -> Document:
        """What there is."""

    def plan(self, document: Document) -> Any:
        """What applying it would change: `lines`, `changes`, `removals`, `token`, and tuples where known."""

    def apply(self, document: Document, *, removals: int, shown: str | None = None) -> Done:
        """Make it so."""


@dataclass(frozen=True, slots=True)
class LocalVerbs:
    """The verbs of `Access`, on Neo4j itself."""

    access: Access
    sessions: Sessions

    def call(
        self, verb: str, arguments: Mapping[str, Any], reason: str | None = None, idempotency_key: str | None = None
    ) -> Any:
        """What it tells."""
        room, _, name = verb.partition(".")
        given = {key: _meant(key, value) for key, value in arguments.items()}
        if room == "sessions":
            return _plain(self._of_sessions(name, **given))
        found = getattr(self.access.saying(reason, idempotency_key), room)
        verbs = found(given.pop("home")) if callable(found) else found
        if verb == "reports.named":
            return named(verbs, given.pop("name"), {name: one for name, one in given.items() if one is not None}).said()
        if verb == "accounts.delete":
            return _plain(self.sessions.delete_account(verbs, given["member"]))
        return _plain(_OWN.get(verb, _as_it_is(name))(verbs, given))

    def _of_sessions(self, name: str, **given: Any) -> Any:
        own = OwnSessions(self.sessions, self.access.desk.caller)
        match name:
            case "issue":
                session, secret = own.issue(given["member"])
                return _session(session, None) | {"secret": secret}
            case "all":
                return [_session(*one) for one in own.all(given["member"])]
            case "end":
                own.end(given["session"])
                return {"id": given["session"]}
        state = self.sessions.verify(given["secret"]) if name == "verify" else self.sessions.touch(given["secret"])
        if state.session is None:
            return {"active": False, "ended": state.ended}
        told = _session(state.session, state.ended)
        return {key: told[key] for key in ("active", "ended", "id", "member", "expires_at")}


Own = Callable[[Any, dict[str, Any]], Any]


def _as_it_is(name: str) -> Own:
    return lambda verbs, given: getattr(verbs, name)(**given)


def _page(verbs: Any, given: dict[str, Any]) -> Any:
    return verbs.page(_filter(given), given["limit"])


def _export(verbs: Any, given: dict[str, Any]) -> Iterator[str]:
    entries = verbs.export(_filter(given))
    return as_csv(entries) if given["format"] == "csv" else as_jsonl(entries)


def _filter(given: dict[str, Any]) -> AuditFilter:
    return AuditFilter(**{name: given[name] for name in _FILTERS})


# Verbs that take or tell more than plain values.
_OWN: Final[Mapping[str, Own]] = {
    "people.add": lambda verbs, given: verbs.add(parse_people(given["text"])),
    "audit.page": _page,
    "audit.export": _export,
}


def _meant(name: str, value: Any) -> Any:
    if name == "grants":
        return [_grant(one) for one in value]
    return _grant(value) if name == "grant" else value


def _grant(told: Said) -> Grant:
    return Grant(told["role"], tuple(told["resources"]), tuple(told["labels"]))


def _session(session: StoredSession, ended: str | None) -> Said:
    return {
        "id": session.id,
        "member": session.member,
        "at": of_time(session.at),
        "seen_at": of_time(session.seen_at),
        "expires_at": of_time(session.at + LASTS),
        "active": ended is None,
        "ended": ended,
    }


def _plain(told: Any) -> Any:
    """As the service tells it: what is not known is left out."""
    match told:
        case Done():
            return done(told)
        case (Done() as what, str(secret)):
            return done(what) | {"secret": secret}
        case AuditPage(items=items):
            return [said(one) for one in items]
        case list():
            return [_plain(one) for one in told]
        case dict():
            return {name: value for name, value in told.items() if value is not None}
        case _:
            return told


def done(what: Done) -> Said:
    """What an act was done to, and the revision it made."""
    id_ = label_text(what.object) if what.object.type == "label" else what.object.id
    return {"id": id_, "revision": what.revision.number, "zookie": what.revision.zookie()}
