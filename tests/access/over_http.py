"""The door that HTTP is: each verb of the access model as the request a client would send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from iamgraph.access.sessions import Sessions
from iamgraph.errors import RequestError
from tests.access.organisation import Made
from tests.access.python import idle_session
from tests.service.client import Client

# Method, path below the workspace, or a whole one, and the type of what is made. What the path does not name is sent.
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
    "accounts.get": ("GET", "/v1/accounts/{member}", "member"),
    "provisioning.enrol": ("POST", "/scim/v2/{home}/Users", "member"),
    "provisioning.change": ("PATCH", "/scim/v2/{home}/Users/{member}", "member"),
}
_NAMES: Final = {"type_": "type", "id_": "id", "text": "text"}
USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


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

    def lives(self, member: str, idle: timedelta) -> bool:
        """Whether a session that has been idle so long lives."""
        secret = idle_session(self.secrets.sessions, member, idle)
        with Client(self.port, self.secrets.key) as client:
            return bool(client.post("/v1/sessions/verify", {"secret": secret}).json["active"])

    def act(self, by: str | None, verb: str, workspace: str, arguments: Mapping[str, Any]) -> Made:
        """What becomes of a verb."""
        method, below, type_ = CALLS[verb]
        below = below.replace("{home}", workspace)
        given = dict(arguments)
        for name in [one for one in given if f"{{{one}}}" in below]:
            below = below.replace(f"{{{name}}}", str(given.pop(name)).removeprefix("member:"))
        body = {_name(verb, name): _grants(value) if name == "grants" else value for name, value in given.items()}
        if below.startswith("/scim/"):
            body = _scim(body)
        path = below if below.startswith("/") else f"/v1/workspaces/{workspace}/{below}"
        with Client(self.port, self.secrets.of(by)) as client:
            reply = client.call(method, path, body if method in ("POST", "PATCH") else None)
        if reply.status >= 400:
            raise RequestError(str(reply.json["detail"]), code=reply.json["code"])
        told = reply.json
        return Made(f"{type_}:{told['id']}" if "id" in told else None, told.get("secret"))


def _name(verb: str, name: str) -> str:
    return "label" if (verb, name) == ("labels.create", "text") else _NAMES.get(name, name)


def _scim(said: dict[str, Any]) -> dict[str, Any]:
    if "email" in said:
        return {"schemas": [USER], "userName": said["email"], "active": True}
    return {"schemas": [PATCH], "Operations": [{"op": "replace", "value": said}]}


def _grants(told: list[Any]) -> list[dict[str, Any]]:
    return [{"role": role, "resources": resources, "labels": labels} for role, resources, labels in told]
