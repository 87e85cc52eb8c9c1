"""The door that HTTP is: each verb of the access model as the request a client would send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iamgraph.access.sessions import Sessions
from iamgraph.errors import RequestError
from tests.access.organisation import Made
from tests.service.client import Client

# Method, path below the workspace, and the type of what is made. What the path does not name is sent.
CALLS: Final = {
    "audit.page": ("GET", "audit", ""),
    "members.all": ("GET", "members", ""),
    "members.add": ("POST", "members", "member"),
    "members.remove": ("DELETE", "members/{member}", "member"),
    "groups.remove": ("POST", "groups/{group}/members/remove", "group"),
    "groups.delete": ("DELETE", "groups/{group}", "group"),
    "labels.create": ("POST", "labels", "label"),
    "labels.attach": ("POST", "resources/{resource}/labels", ""),
    "labels.detach": ("POST", "resources/{resource}/labels/remove", ""),
    "labels.delete": ("DELETE", "labels/{text}", "label"),
    "resources.create": ("POST", "resources", ""),
    "resources.delete": ("DELETE", "resources/{resource}", ""),
    "resources.move": ("POST", "resources/{resource}/move", ""),
    "requests.create": ("POST", "access-requests", "access_request"),
    "requests.approve": ("POST", "access-requests/{request}/approve", "access_request"),
    "policies.give": ("POST", "members/{holder}/policies", "member"),
    "invites.create": ("POST", "invites", "invite"),
    "invites.accept": ("POST", "invites/accept", "member"),
    "tokens.create": ("POST", "tokens", "token"),
    "tokens.revoke": ("DELETE", "tokens/{token}", "token"),
}
_NAMES: Final = {"type_": "type", "id_": "id", "text": "text"}


@dataclass(frozen=True, slots=True)
class Secrets:
    """By what somebody is known: a session that is begun, or a token's secret from when it was made."""

    sessions: Sessions
    key: str
    tokens: Mapping[str, str]
    begun: dict[str, str] = field(default_factory=dict)

    def of(self, by: str | None) -> str:
        """The secret of a member or token; of nobody, the key."""
        if by is None:
            return self.key
        if by in self.tokens:
            return self.tokens[by]
        if by not in self.begun:
            self.begun[by] = self.sessions.issue(by.partition(":")[2])[1]
        return self.begun[by]


@dataclass(frozen=True, slots=True)
class HttpDoor:
    """A real service, asked as whoever acts."""

    port: int
    store: str
    secrets: Secrets

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer to a check."""
        body = {"subject": subject, "relation": relation, "object": object_}
        with Client(self.port, self.secrets.key) as client:
            reply = client.post(f"/v1/stores/{self.store}/check", body)
        assert 200 == reply.status, reply
        return bool(reply.json["allowed"])

    def act(self, by: str | None, verb: str, workspace: str, arguments: Mapping[str, Any]) -> Made:
        """What becomes of a verb."""
        method, below, type_ = CALLS[verb]
        given = dict(arguments)
        for name in [one for one in given if f"{{{one}}}" in below]:
            below = below.replace(f"{{{name}}}", str(given.pop(name)).removeprefix("member:"))
        body = {_name(verb, name): _grants(value) if name == "grants" else value for name, value in given.items()}
        sent = body if method == "POST" else None
        with Client(self.port, self.secrets.of(by)) as client:
            reply = client.call(method, f"/v1/workspaces/{workspace}/{below}", sent)
        if reply.status >= 400:
            raise RequestError(str(reply.json["detail"]), code=reply.json["code"])
        told = reply.json
        return Made(f"{type_}:{told['id']}" if "id" in told else None, told.get("secret"))


def _name(verb: str, name: str) -> str:
    return "label" if (verb, name) == ("labels.create", "text") else _NAMES.get(name, name)


def _grants(told: list[Any]) -> list[dict[str, Any]]:
    return [{"role": role, "resources": resources, "labels": labels} for role, resources, labels in told]
