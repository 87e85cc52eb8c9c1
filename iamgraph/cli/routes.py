"""The verbs of the access model on a service: the one table of their routes, and how they are asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from iamgraph.cli.said import Said, of_time
from iamgraph.errors import RequestError
from iamgraph.questions import Done
from iamgraph.tuples import Object

if TYPE_CHECKING:
    from iamgraph.access.document import Document
    from iamgraph.cli.remote import Remote

# What is not in the path goes into the body or, of GET and DELETE, the query. Below `/` is the workspace's own.
ROUTES: Final[Mapping[str, str]] = {
    "workspaces.all": "GET /v1/workspaces",
    "workspaces.get": "GET /v1/workspaces/{id_}",
    "workspaces.create": "POST /v1/workspaces",
    "workspaces.update": "PATCH /v1/workspaces/{id_}",
    "workspaces.delete": "DELETE /v1/workspaces/{id_}",
    "workspaces.keep": "POST /v1/workspaces/{id_}/keep",
    "accounts.get": "GET /v1/accounts/{member}",
    "accounts.rename": "PATCH /v1/accounts/{member}",
    "accounts.set_email": "PATCH /v1/accounts/{member}",
    "accounts.delete": "DELETE /v1/accounts/{member}",
    "members.all": "GET /members",
    "members.get": "GET /members/{member}",
    "members.add": "POST /members",
    "members.set_role": "PATCH /members/{member}",
    "members.set_pii": "PATCH /members/{member}",
    "members.remove": "DELETE /members/{member}",
    "people.add": "POST /people",
    "groups.all": "GET /groups",
    "groups.get": "GET /groups/{group}",
    "groups.create": "POST /groups",
    "groups.rename": "PATCH /groups/{group}",
    "groups.set_pii": "PATCH /groups/{group}",
    "groups.delete": "DELETE /groups/{group}",
    "groups.add": "POST /groups/{group}/members",
    "groups.replace": "PUT /groups/{group}/members",
    "groups.remove": "POST /groups/{group}/members/remove",
    "policies.all": "GET /policies",
    "policies.get": "GET /policies/{policy}",
    "policies.create": "POST /policies",
    "policies.delete": "DELETE /policies/{policy}",
    "policies.give": "POST /{holder}/policies",
    "policies.add_holders": "POST /policies/{policy}/holders",
    "policies.remove_holders": "POST /policies/{policy}/holders/remove",
    "labels.all": "GET /labels",
    "labels.create": "POST /labels",
    "labels.delete": "DELETE /labels/{text}",
    "labels.attach": "POST /resources/{resource}/labels",
    "labels.detach": "POST /resources/{resource}/labels/remove",
    "labels.attach_many": "POST /labels/attach",
    "resources.all": "GET /resources",
    "resources.get": "GET /resources/{resource}",
    "resources.create": "POST /resources",
    "resources.rename": "PATCH /resources/{resource}",
    "resources.delete": "DELETE /resources/{resource}",
    "resources.move": "POST /resources/{resource}/move",
    "resources.admit": "PUT /resources/space:{space}/admits",
    "tokens.all": "GET /tokens",
    "tokens.create": "POST /tokens",
    "tokens.describe": "PATCH /tokens/{token}",
    "tokens.set_pii": "PATCH /tokens/{token}",
    "tokens.revoke": "DELETE /tokens/{token}",
    "invites.all": "GET /invites",
    "invites.create": "POST /invites",
    "invites.revoke": "DELETE /invites/{invite}",
    "invites.accept": "POST /invites/accept",
    "requests.all": "GET /access-requests",
    "requests.create": "POST /access-requests",
    "requests.approve": "POST /access-requests/{request}/approve",
    "requests.dismiss": "DELETE /access-requests/{request}",
    "sessions.all": "GET /v1/sessions",
    "sessions.issue": "POST /v1/sessions",
    "sessions.verify": "POST /v1/sessions/verify",
    "sessions.touch": "POST /v1/sessions/touch",
    "sessions.end": "DELETE /v1/sessions/{session}",
    "reports.named": "GET /reports/{name}",
    "audit.page": "GET /audit",
    "audit.export": "GET /audit/export",
}
_RENAMED: Final = {("labels.create", "text"): "label"}
_MOST: Final = 1_000
# Who can be given policies.
HOLDERS: Final = ("member", "token", "group", "invite")


@dataclass(frozen=True, slots=True)
class RemoteVerbs:
    """The verbs, on a service."""

    remote: Remote

    def call(
        self, verb: str, arguments: Mapping[str, Any], reason: str | None = None, idempotency_key: str | None = None
    ) -> Any:
        """What it tells."""
        method, path, given = _asked(verb, arguments)
        given |= {
            name: value
            for name, value in (("reason", reason), ("idempotency_key", idempotency_key))
            if value is not None
        }
        if verb == "audit.export":
            return self.remote.lines(path + _query(given))
        if verb == "people.add":
            text = given.pop("text")
            return self.remote.tell(method, path + _query(given), data=text.encode(), type_="text/csv")
        if method in ("GET", "DELETE"):
            return self._read(method, path, given, whole=verb.endswith(".all"))
        return self.remote.tell(method, path, json=given)

    def _read(self, method: str, path: str, given: Said, *, whole: bool) -> Any:
        if method == "DELETE":
            return self.remote.tell(method, path + _query(given)) or {"id": path.rpartition("/")[2]}
        if not whole:
            told = self.remote.tell(method, path + _query(given))
            return told.get("entries", told)
        found: list[Said] = []
        while True:
            told = self.remote.tell(method, path + _query(given | {"limit": _MOST}))
            found += (_row(one) for value in told.values() if isinstance(value, list) for one in value)
            if told.get("next_cursor") is None:
                return found
            given["cursor"] = told["next_cursor"]


@dataclass(frozen=True, slots=True)
class RemoteDocuments:
    """As `Documents` of the access model, on a service; what it plans are lines."""

    remote: Remote
    reason: str | None

    def read(self, workspace: str) -> Document:
        """What there is."""
        from iamgraph.access.document import parse_document  # noqa: PLC0415 - only where a document is read

        return parse_document("".join(self.remote.lines(_document(workspace))))

    def plan(self, document: Document) -> LinesPlan:
        """What applying it would change."""
        told = self.remote.tell("POST", _document(document.workspace) + "/plan", json={"text": document.text()})
        return LinesPlan(tuple(told["lines"]), told["plan"])

    def apply(self, document: Document, *, removals: int, shown: str | None = None) -> Done:
        """Make it so. The service plans anew, and refuses where that is another plan than was shown."""
        from iamgraph.cli.remote import ToldRevision  # noqa: PLC0415 - HTTP only where it is spoken

        body = {"text": document.text(), "removals": removals, "reason": self.reason, "plan": shown}
        told = self.remote.tell("POST", _document(document.workspace), json=body)
        return Done(ToldRevision("", "", told["revision"], told["zookie"]), Object("workspace", told["id"]))


@dataclass(frozen=True, slots=True)
class LinesPlan:
    """A plan as a service tells it: in lines only."""

    lines: tuple[str, ...]
    token: str
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it would change anything."""
        return bool(self.lines)

    @property
    def removals(self) -> int:
        """How many lines begin with `-`."""
        return sum(line.startswith("-") for line in self.lines)

    def check(self, allowed: int) -> None:
        """`RequestError` if more would go than allowed."""
        if self.removals > allowed:
            raise RequestError(
                f"{self.removals:,} things would go, and {allowed:,} may: look with --dry-run, or say --allow-removals",
                code="too_many_removals",
            )


def _document(workspace: str) -> str:
    return f"/v1/workspaces/{_segment(workspace)}/document"


def _asked(verb: str, arguments: Mapping[str, Any]) -> tuple[str, str, Said]:
    """Method, path, and what goes along."""
    method, _, path = ROUTES[verb].partition(" ")
    given = dict(arguments)
    if given.pop("replacing", False):
        method = "PUT"
    home = given.pop("home", None)
    within = re.findall(r"\{(\w+)\}", path)
    for name in within:
        path = path.replace(f"{{{name}}}", _SEGMENT.get(name, _segment)(str(given.pop(name))))
    if not path.startswith("/v1/"):
        path = f"/v1/workspaces/{_segment(str(home))}{path}"
    grant = given.pop("grant", None) or {}
    return method, path, {_name(verb, name): _json(value) for name, value in given.items()} | grant


def _segment(text: str) -> str:
    # What is empty or only dots would be another path.
    if not text.strip("."):
        raise RequestError(f"malformed id `{text}`", code="malformed_id")
    return quote(text, safe="")


def _holder(text: str) -> str:
    type_, _, id_ = text.partition(":")
    if type_ not in HOLDERS:
        raise RequestError(
            f"`{text}` cannot hold a policy: {', '.join(f'`{one}:…`' for one in HOLDERS)} can", code="holder_refused"
        )
    return f"{type_}s/{_segment(id_)}"


_SEGMENT: Final[Mapping[str, Callable[[str], str]]] = {"holder": _holder}


def _name(verb: str, name: str) -> str:
    return _RENAMED.get((verb, name), name.rstrip("_"))


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return of_time(value)
    return list(value) if isinstance(value, tuple) else value


def _query(given: Said) -> str:
    said = {name: value for name, value in given.items() if value is not None}
    return f"?{urlencode(said)}" if said else ""


def _row(told: Said) -> Said:
    # How many members a group has is told as `members` on Neo4j.
    return {("members" if name == "size" else name): value for name, value in told.items()}
