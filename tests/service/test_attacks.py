"""Every management route, found in the application's own map, by who has no right there, and with what is another's."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.service.app import create_app
from iamgraph.service.scopes import CALLER_ROUTES
from iamgraph.settings import Settings
from tests.access.over_http import PATCH, USER
from tests.service.acme import Acme, made
from tests.service.client import Client, Reply
from tests.service.process import STORE

GROUP: Final = USER.replace("User", "Group")
# What is asked by what is no JSON of the description: SCIM, people, and a list that names its type.
BODIES: Final[Mapping[str, Any]] = {
    **{f"scim.{one}_user": {"schemas": [USER], "userName": "new@x.io"} for one in ("create", "replace")},
    **{f"scim.{one}_group": {"schemas": [GROUP], "displayName": "new"} for one in ("create", "replace")},
    "scim.patch_user": {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"active": False}}]},
    "scim.patch_group": {"schemas": [PATCH], "Operations": [{"op": "replace", "value": {"displayName": "new"}}]},
    "trail.add_people": "email\nnew@x.io\n",
}
QUERIES: Final = {"resources.list_resources": "?type=source"}
# What whoever is inside may look at, a member may do for themselves, and what a secret of its own proves.
INSIDE: Final = frozenset({"access.get_workspace", "resources.list_labels", "resources.list_resources"})
MAY: Final = {
    "mia": INSIDE | {"credentials.create_request"},
    "reader": INSIDE | {"resources.get_resource"},
    "zoe": frozenset[str](),
    "theirs": frozenset[str](),
}
BY_SECRET: Final = frozenset({"credentials.accept_invite"})
# What there is of SCIM, which is the same for all.
TOLD: Final = frozenset(f"scim.{one}" for one in ("config", "list_types", "get_type", "list_schemas", "get_schema"))
# Arguments of paths that name nothing of a workspace's.
PLAIN: Final = frozenset({"workspace", "name"})


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be done in a workspace."""

    endpoint: str
    method: str
    rule: str
    named: frozenset[str]

    def __str__(self) -> str:
        return f"{self.method} {self.rule}"


ROUTES: Final = tuple(
    Route(rule.endpoint, method, rule.rule, frozenset(rule.arguments - PLAIN))
    for rule in create_app(Settings()).url_map.iter_rules()
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    if rule.endpoint in CALLER_ROUTES - BY_SECRET - TOLD and "workspace" in rule.arguments
)


@dataclass(frozen=True, slots=True)
class Attack:
    """Two workspaces with one of everything each, and who comes to the first with which secret."""

    ours: Acme
    ids: Mapping[str, dict[str, str]]
    callers: Mapping[str, Client]
    names: Mapping[str, str]
    examples: Mapping[tuple[str, str], Any]

    def ask(self, caller: str, route: Route, whose: str = "ours") -> Reply:
        """The answer to a good request in the first workspace, about what is of one of the two, or of none."""
        ids = self.ids[whose] | {"workspace": self.ours.id, "name": "owners"}
        kind = "space" if route.endpoint == "resources.admit" else "source"
        ids = ids | {"resource": f"{kind}:{ids[kind]}"}
        path = route.rule
        for name, value in ids.items():
            path = path.replace(f"<{name}>", value)
        assert "<" not in path, f"say what stands for the arguments of {route.rule}"
        body = BODIES.get(route.endpoint, self.examples.get((route.method, route.rule)))
        text = body if isinstance(body, str) else json.dumps(body) if body is not None else None
        csv = {"Content-Type": "text/csv"} if isinstance(body, str) else {}
        return self.callers[caller].send(route.method, path + QUERIES.get(route.endpoint, ""), text, csv)

    @property
    def revision(self) -> int:
        """The store's newest."""
        return int(self.ours.get(f"/v1/stores/{STORE}")["revision"])

    def trail(self, limit: int) -> list[Any]:
        """The newest lines of the first workspace's audit trail."""
        return list(self.ours.get(f"/audit?limit={limit}")["entries"])


@pytest.fixture(scope="module")
def attack(client: Client) -> Iterator[Attack]:
    """Both workspaces, and a client of each caller: a member and a reader of the first, an owner of the second."""
    ours, theirs = made(client), made(client)
    ids = {"ours": _one_of_each(ours), "theirs": _one_of_each(theirs)}
    # A label is known by its text, which both could have.
    theirs.post("/labels", label="brand:theirs")
    ids["theirs"]["label"] = "brand:theirs"
    mia = ours.member("mia")
    reader = ours.post("/tokens", description="reader", grants=[{"role": "source_reader"}])
    owner = theirs.post("/tokens", description="owner", owner=True)
    secrets = {
        "mia": ours.session(mia),
        "reader": reader["secret"],
        "zoe": theirs.session(theirs.olga),
        "theirs": owner["secret"],
        "olga": ours.session(ours.olga),
    }
    names = {
        "mia": f"member:{mia}",
        "reader": f"token:{reader['id']}",
        "zoe": f"member:{theirs.olga}",
        "theirs": f"token:{owner['id']}",
    }
    with ExitStack() as opened:
        callers = {name: opened.enter_context(ours.by(secret)) for name, secret in secrets.items()}
        ids["nowhere"] = {name: str(ULID()) for name in ids["ours"]} | {"label": "brand:nowhere"}
        yield Attack(ours, ids, callers, names, _examples(client, ours, theirs))


def _one_of_each(acme: Acme) -> dict[str, str]:
    """Ids by what stands for them in paths."""
    member = acme.member("ada")
    with acme.by(acme.session(member)) as ada:
        request = ada.post(f"{acme.home}/access-requests", {"text": "more"}).json["id"]
    return {
        "member": member,
        "user": member,
        "group": acme.post("/groups", name="Engineers")["id"],
        "source": acme.source(),
        "space": acme.post("/resources", type="space")["id"],
        "policy": acme.post("/policies", role="source_admin")["id"],
        "label": acme.post("/labels", label="brand:ours")["id"],
        "token": acme.post("/tokens", description="a token")["id"],
        "invite": acme.post("/invites", email=f"new@{acme.id}.example")["id"],
        "request": request,
    }


def _examples(client: Client, ours: Acme, theirs: Acme) -> dict[tuple[str, str], Any]:
    """The example body of each route, as the service describes it, about the first workspace."""
    doc = client.get("/openapi.json").json
    found = {}
    for path, methods in doc["paths"].items():
        for method, told in methods.items():
            schema = told.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            example = doc["components"]["schemas"].get(schema.get("$ref", "").rpartition("/")[2], {}).get("example")
            if example is not None:
                said = (
                    json.dumps(example)
                    .replace("acme-eu", theirs.id)
                    .replace("workspace: acme", f"workspace: {ours.id}")
                )
                found[method.upper(), path.replace("{", "<").replace("}", ">")] = json.loads(said)
    return found


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_who_has_no_right_does_nothing(attack: Attack, route: Route) -> None:
    """Each is told which relation they lack, stands in the trail with it once, and nothing is another.

    A member without policies, a token that reads, and of another workspace its owner and their token. That the session
    or token of who is nobody any longer gets 401 proves `test_scopes.py`, of all routes.
    """
    refused = [one for one in MAY if route.endpoint not in MAY[one]]
    before, (last, *_) = attack.revision, attack.trail(1)
    replies = {one: attack.ask(one, route) for one in refused}
    assert {403} == {one.status for one in replies.values()}, replies
    if not route.endpoint.startswith("scim."):
        assert {"relation_missing"} == {one.json["code"] for one in replies.values()}
        assert all(f"`{one.json['relation']}`" in one.json["detail"] for one in replies.values())
    *lines, old = attack.trail(len(refused) + 1)
    assert (before, last) == (attack.revision, old)
    assert [(attack.names[one], "relation_missing") for one in reversed(refused)] == [
        (one["by"], one["code"]) for one in lines
    ]
    assert all(" lacks `can_" in one["message"] for one in lines)


@pytest.mark.parametrize("route", [one for one in ROUTES if one.named], ids=str)
def test_what_is_another_workspace_s_is_as_if_it_were_not(attack: Attack, route: Route) -> None:
    """An owner who names what is another workspace's is answered as of what never was, and nothing is another."""
    before = attack.revision
    theirs, nowhere = (attack.ask("olga", route, whose) for whose in ("theirs", "nowhere"))
    assert theirs.status in {403, 404}
    assert (theirs.status, theirs.json.get("code"), theirs.json.get("relation")) == (
        nowhere.status,
        nowhere.json.get("code"),
        nowhere.json.get("relation"),
    )
    assert before == attack.revision
