"""SCIM over HTTP, as Okta and Entra ID drive it: their sequences, and an error document for whatever goes wrong."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from scim2_models import Context, Error, Group, ListResponse, ResourceType, Schema, ServiceProviderConfig, User
from ulid import ULID

from tests.service.acme import Acme, made
from tests.service.client import Client, Reply
from tests.service.process import STORE as ACCESS
from tests.service.test_fuzz import TEXTS, mutated

USER: Final = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE: Final = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP: Final = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH: Final = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SCIM: Final = "application/scim+json"
FUZZED: Final = int(os.environ.get("IAMGRAPH_FUZZED", "400"))


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider that has the secret of an owner's token of a workspace."""

    client: Client
    acme: Acme

    @property
    def root(self) -> str:
        """The path of SCIM."""
        return f"/scim/v2/{self.acme.id}"

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Reply:
        """The answer to a call below the root."""
        sent = None if body is None else json.dumps(body)
        headers = {"Content-Type": SCIM} if body is not None else {}
        asked = f"{self.root}{path}?{urlencode(query)}" if query else f"{self.root}{path}"
        return self.client.send(method, asked, sent, headers)

    def get(self, path: str, **query: str) -> Any:
        """What a GET tells."""
        return self.done(200, self.ask("GET", path, **query))

    def post(self, path: str, **body: Any) -> Any:
        """What a POST made."""
        return self.done(201, self.ask("POST", path, body))

    def put(self, path: str, **body: Any) -> Any:
        """What a PUT tells."""
        return self.done(200, self.ask("PUT", path, body))

    def patch(self, path: str, *operations: dict[str, Any]) -> Reply:
        """The answer to a PATCH."""
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)})

    def found(self, path: str, filter_: str) -> list[Any]:
        """What a filter finds."""
        told = self.get(path, filter=filter_, startIndex="1", count="100")
        assert told["totalResults"] == told["itemsPerPage"] == len(told["Resources"])
        return list(told["Resources"])

    def email(self, name: str) -> str:
        """An address nobody else has."""
        return f"{name}@{self.acme.id}.example"

    def user(self, name: str) -> str:
        """The id of a new user."""
        return str(self.post("/Users", schemas=[USER], userName=self.email(name), active=True)["id"])

    @staticmethod
    def done(status: int, reply: Reply) -> Any:
        """What an answer of that status says."""
        assert (status, SCIM) == (reply.status, reply.headers["content-type"]), reply.body
        return reply.json


@pytest.fixture
def provider(acme: Acme) -> Iterator[Provider]:
    """A provider of a new workspace."""
    with acme.by(acme.session(acme.olga)) as olga:
        secret = olga.post(f"{acme.home}/tokens", {"description": "the provider", "provisioning": True}).json["secret"]
    with acme.by(secret) as client:
        yield Provider(client, acme)


# --- sequences ---


def test_okta_and_a_user(provider: Provider) -> None:
    """Okta looks for a user, makes it, updates its profile, ends it, finds it again and makes it active."""
    assert 1 == provider.get("/Users", startIndex="1", count="2")["totalResults"]
    name, external = provider.email("ada"), "00u1dhhb1fkIGP7RL1d8"
    assert [] == provider.found("/Users", f'userName eq "{name}"')
    profile = {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": "Lovelace"},
        "emails": [{"primary": True, "value": name, "type": "work"}],
        "displayName": "Ada Lovelace",
        "locale": "en-US",
        "externalId": external,
        "groups": [],
        "password": "1mz050nq",
        "active": True,
    }
    created = provider.ask("POST", "/Users", profile)
    ada = provider.done(201, created)
    assert f"{provider.root}/Users/{ada['id']}" == created.headers["location"].partition(str(provider.client.port))[2]
    assert created.headers["location"] == ada["meta"]["location"]
    assert (True, "Ada Lovelace", external) == (ada["active"], ada["displayName"], ada["externalId"])
    assert "password" not in ada
    assert ada == provider.get(f"/Users/{ada['id']}")
    assert ada == provider.put(f"/Users/{ada['id']}", **{**profile, "id": ada["id"], "locale": "en-GB"})
    ended = provider.patch(f"/Users/{ada['id']}", {"op": "replace", "value": {"active": False}})
    assert {**ada, "active": False} == provider.done(200, ended)
    assert 404 == provider.acme.client.get(f"{provider.acme.home}/members/{ada['id']}").status
    assert [(ada["id"], False)] == [
        (one["id"], one["active"]) for one in provider.found("/Users", f'userName eq "{name}"')
    ]
    assert ada == provider.put(f"/Users/{ada['id']}", **profile)
    assert "member" == provider.acme.get(f"/members/{ada['id']}")["role"]


def test_okta_and_a_group(provider: Provider) -> None:
    """Okta pushes a group: made empty, filled, renamed, emptied, ended; who was in it stays in the workspace."""
    ada, bob = provider.user("ada"), provider.user("bob")
    assert [] == provider.found("/Groups", 'displayName eq "Engineers"')
    group = provider.post("/Groups", schemas=[GROUP], displayName="Engineers", members=[])
    path = f"/Groups/{group['id']}"
    for operation, expected in (
        ({"op": "add", "path": "members", "value": [{"value": ada, "display": "Ada"}, {"value": bob}]}, [ada, bob]),
        ({"op": "remove", "path": f'members[value eq "{ada}"]'}, [bob]),
        ({"op": "replace", "path": "members", "value": [{"value": ada, "display": "Ada"}]}, [ada]),
        ({"op": "replace", "value": {"id": group["id"], "displayName": "Builders"}}, [ada]),
    ):
        assert 204 == provider.patch(path, operation).status
        assert expected == sorted(one["value"] for one in provider.get(path)["members"])
    assert ["Builders"] == [one["displayName"] for one in provider.get("/Groups")["Resources"]]
    put = provider.put(path, schemas=[GROUP], id=group["id"], displayName="Builders", members=[])
    assert [] == put.get("members", [])
    assert 204 == provider.ask("DELETE", path).status
    assert (404, True) == (provider.ask("GET", path).status, provider.get(f"/Users/{ada}")["active"])


def test_entra_and_a_user(provider: Provider) -> None:
    """Entra tests the connection, makes a user, changes it bit by bit, ends it, and deletes it weeks later."""
    assert [] == provider.found("/Users", f'userName eq "{ULID()}"')
    name = provider.email("ada")
    ada = provider.post(
        "/Users",
        **{
            "schemas": [USER, ENTERPRISE],
            "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
            "userName": name,
            "active": True,
            "emails": [{"primary": True, "type": "work", "value": name}],
            "meta": {"resourceType": "User"},
            "name": {"formatted": "Ada Lovelace", "familyName": "Lovelace", "givenName": "Ada"},
            "roles": [],
            ENTERPRISE: {"department": "Engines", "manager": "26118915-6090-4610-87e4-49d8ca9f808d"},
        },
    )
    path = f"/Users/{ada['id']}"
    changed = provider.patch(
        path,
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "ada@elsewhere.example"},
        {"op": "Replace", "path": "name.familyName", "value": "King"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Numbers"},
        {"op": "Remove", "path": f"{ENTERPRISE}:manager"},
        {"op": "Replace", "path": "externalId", "value": "another"},
    )
    assert {**ada, "externalId": "another"} == provider.done(200, changed)
    ended = provider.patch(path, {"op": "Replace", "path": "active", "value": "False"})
    assert False is provider.done(200, ended)["active"]
    begun = provider.patch(path, {"op": "Replace", "path": "active", "value": "True"})
    assert True is provider.done(200, begun)["active"]
    assert 204 == provider.ask("DELETE", path).status
    assert (404, 404) == (provider.ask("GET", path).status, provider.ask("DELETE", path).status)
    assert [] == provider.found("/Users", f'userName eq "{name}"')


def test_entra_and_a_group(provider: Provider) -> None:
    """Entra makes a group, reads it without its members, adds and removes them, asks who is in it, and ends it."""
    ada = provider.user("ada")
    external = "8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159"
    schemas = [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"]
    group = provider.post(
        "/Groups", schemas=schemas, externalId=external, displayName="Engineers", meta={"resourceType": "Group"}
    )
    path = f"/Groups/{group['id']}"
    (found,) = provider.get("/Groups", excludedAttributes="members", filter='displayName eq "Engineers"')["Resources"]
    assert (external, False) == (found["externalId"], "members" in found)
    assert found == provider.get(path, excludedAttributes="members")
    renamed = {"op": "Replace", "path": "displayName", "value": "Builders"}
    assert 204 == provider.patch(path, renamed).status
    member = f'id eq "{group["id"]}" and members eq "{ada}"'
    for op, expected in (("Add", ["Builders"]), ("Remove", [])):
        operation = {"op": op, "path": "members", "value": [{"$ref": None, "value": ada}]}
        assert 204 == provider.patch(path, operation).status
        assert expected == [one["displayName"] for one in provider.found("/Groups", member)]
    assert 204 == provider.ask("DELETE", path).status


def test_what_a_provider_does_counts_at_once(provider: Provider) -> None:
    """A policy that an owner gave to a pushed group is its members' from the PATCH on, until they are ended."""
    ada = provider.user("ada")
    group = provider.post("/Groups", schemas=[GROUP], displayName="Engineers", members=[{"value": ada}])
    provider.acme.post(f"/groups/{group['id']}/policies", 200, grants=[{"role": "source_admin"}])
    question = {
        "subject": f"member:{ada}",
        "relation": "can_create_source",
        "object": f"workspace:{provider.acme.id}",
    }
    check = f"/v1/stores/{ACCESS}/check"
    client = provider.acme.client
    assert True is client.post(check, question).json["allowed"]
    provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": False}})
    assert False is client.post(check, question).json["allowed"]
    provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": True}})
    assert False is client.post(check, question).json["allowed"]


def test_every_act_of_a_provider_is_in_the_trail(provider: Provider) -> None:
    """What a provider did stands in the audit trail, under the name of its token."""
    ada = provider.user("ada")
    provider.patch(f"/Users/{ada}", {"op": "replace", "value": {"active": False}})
    (token,) = provider.acme.get("/tokens")["tokens"]
    told = provider.acme.client.get(f"/v1/stores/{ACCESS}/changes?limit=1000").json["changes"]
    assert f"token:{token['id']}" in {one.get("by") for one in told}


# --- what is told ---


def test_what_is_told_is_scim(provider: Provider) -> None:
    """Every answer is what the standard's own models accept, read as strictly as they can."""
    ada = provider.user("ada")
    provider.post("/Groups", schemas=[GROUP], displayName="Engineers", externalId="g1", members=[{"value": ada}])
    context = Context.RESOURCE_QUERY_RESPONSE
    for path, form in (("/Users", User), ("/Groups", Group), ("/Schemas", Schema), ("/ResourceTypes", ResourceType)):
        told = provider.get(path)
        page = ListResponse[form].model_validate(told, scim_ctx=context)  # type: ignore[valid-type]  # each in turn
        assert told["totalResults"] == len(page.resources or ())
        for one in told["Resources"]:
            assert one == provider.get(f"{path}/{one['id']}")
    config = ServiceProviderConfig.model_validate(provider.get("/ServiceProviderConfig"), scim_ctx=context)
    assert config.patch is not None
    assert (True, False) == (config.patch.supported, config.bulk and config.bulk.supported)


def test_the_schemas_name_what_is_told(provider: Provider) -> None:
    """Whatever a user or group is told with stands in its schema, or is common to all."""
    ada = provider.user("ada")
    group = provider.post("/Groups", schemas=[GROUP], displayName="Engineers", members=[{"value": ada}])
    told = {USER: provider.get(f"/Users/{ada}"), GROUP: group}
    for schema, one in told.items():
        named = {each["name"] for each in provider.get(f"/Schemas/{schema}")["attributes"]}
        assert set(one) - {"schemas", "id", "externalId", "meta"} <= named


# --- what goes wrong ---


def refusal(reply: Reply) -> tuple[int, str | None]:
    """Status and keyword of an error document, once it has been found to be one, and nothing else."""
    error = Error.model_validate(reply.json)
    assert (SCIM, reply.status) == (reply.headers["content-type"], error.status)
    assert isinstance(reply.json["status"], str)
    assert error.detail
    return reply.status, error.scim_type


@pytest.mark.parametrize(
    ("status", "keyword", "method", "path", "body"),
    [
        (400, "invalidFilter", "GET", "/Users?filter=userName+eq", None),
        (400, "invalidFilter", "GET", "/Groups?filter=colour+pr", None),
        (400, "invalidValue", "GET", "/Users?count=many", None),
        (400, "invalidSyntax", "GET", "/Users?count=1&count=2", None),
        (400, "invalidSyntax", "POST", "/Users", "{"),
        (400, "invalidSyntax", "POST", "/Users", "[]"),
        (400, "invalidValue", "POST", "/Users", '{"userName": "no address"}'),
        (400, "invalidValue", "POST", "/Groups", "{}"),
        (400, "invalidValue", "POST", "/Groups", '{"displayName": "a", "members": [{"value": "nobody"}]}'),
        (400, "mutability", "PUT", "/Users/{olga}", '{"userName": "other@acme.example", "active": true}'),
        (400, "noTarget", "PATCH", "/Users/{olga}", '{"Operations": [{"op": "remove"}]}'),
        (400, "invalidPath", "PATCH", "/Users/{olga}", '{"Operations": [{"op": "remove", "path": "a["}]}'),
        (404, None, "GET", "/Users/nobody", None),
        (404, None, "DELETE", "/Groups/nothing", None),
        (404, None, "GET", "/Schemas/none", None),
        (404, None, "GET", "/Nothing", None),
        (405, None, "DELETE", "/Users", None),
        (409, "uniqueness", "POST", "/Users", '{"userName": "{email}"}'),
        (409, None, "DELETE", "/Users/{olga}", None),
        (409, None, "PATCH", "/Users/{olga}", '{"Operations": [{"op": "replace", "value": {"active": false}}]}'),
    ],
)
def test_errors_are_error_documents(
    provider: Provider, status: int, keyword: str | None, method: str, path: str, body: str | None
) -> None:
    """Whatever goes wrong, a provider is told in SCIM's form, with the standard's keyword where there is one."""
    given = {"{olga}": provider.acme.olga, "{email}": provider.email("olga")}
    for name, value in given.items():
        path, body = path.replace(name, value), body.replace(name, value) if body is not None else None
    if body is not None and "Operations" in body:
        body = json.dumps({"schemas": [PATCH], **json.loads(body)})
    headers = {"Content-Type": SCIM} if body is not None else {}
    assert (status, keyword) == refusal(provider.client.send(method, f"{provider.root}{path}", body, headers))


def test_who_may_not_is_told_so(provider: Provider, client: Client) -> None:
    """Without a secret, with one that has ended, another workspace's or that of no owner, nothing is told or done."""
    acme = provider.acme
    other, plain, ended = made(client).token(owner=True), acme.token(), acme.token(owner=True)
    acme.delete(f"/tokens/{ended.split('_')[1]}")
    for secret, status in ((None, 401), (ended, 401), (f"{ended}x", 401), (other, 403), (plain, 403)):
        with acme.by(secret) as asking:
            for method, path in (("GET", "/Users"), ("GET", f"/Users/{acme.olga}"), ("DELETE", f"/Users/{acme.olga}")):
                assert (status, None) == refusal(asking.send(method, f"{provider.root}{path}")), (status, path)


def test_a_key_of_scope_admin_may_all(provider: Provider) -> None:
    """A service's own key provisions as well; a workspace that is not there is told as such."""
    client = provider.acme.client
    assert 1 == client.get(f"{provider.root}/Users").json["totalResults"]
    assert (404, None) == refusal(client.get("/scim/v2/nowhere/Users"))


def test_a_body_says_what_it_is(provider: Provider) -> None:
    """SCIM's media type is understood and so is plain JSON; another is refused, as is SCIM's elsewhere."""
    for media, status in (("application/json", 201), (f"{SCIM}; charset=utf-8", 201), ("text/plain", 415)):
        body = json.dumps({"schemas": [USER], "userName": provider.email(f"a{ULID()}")})
        reply = provider.client.send("POST", f"{provider.root}/Users", body, {"Content-Type": media})
        assert (status, SCIM) == (reply.status, reply.headers["content-type"])
    elsewhere = provider.client.send("POST", f"{provider.acme.home}/groups", '{"name": "a"}', {"Content-Type": SCIM})
    assert (415, "application/problem+json") == (elsewhere.status, elsewhere.headers["content-type"])


# --- whatever is sent ---

# Paths with the ids of a user and of a group; a body of None is none.
CALLS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("GET", '/Users?filter=userName eq "a" and (active eq true or externalId pr)&startIndex=1&count=3', None),
    ("GET", '/Groups?filter=members.value eq "{user}" or displayName co "e"&attributes=members', None),
    ("GET", "/Users/{user}?excludedAttributes=emails,name.formatted", None),
    ("POST", "/Users", {"schemas": [USER], "userName": "a@b.example", "name": {"givenName": "A"}, "active": True}),
    ("PUT", "/Users/{user}", {"schemas": [USER], "userName": "ada@{acme}.example", "externalId": "a", "emails": []}),
    (
        "PATCH",
        "/Users/{user}",
        {"schemas": [PATCH], "Operations": [{"op": "Replace", "path": "active", "value": "True"}]},
    ),
    ("PATCH", "/Users/{user}", {"Operations": [{"op": "add", "value": {"name.familyName": "A", "displayName": "B"}}]}),
    ("POST", "/Groups", {"schemas": [GROUP], "displayName": "ops", "members": [{"value": "{user}", "$ref": None}]}),
    ("PUT", "/Groups/{group}", {"schemas": [GROUP], "displayName": "eng", "members": [{"value": "{user}"}]}),
    ("PATCH", "/Groups/{group}", {"Operations": [{"op": "add", "path": "members", "value": [{"value": "{user}"}]}]}),
    ("PATCH", "/Groups/{group}", {"Operations": [{"op": "remove", "path": 'members[value eq "{user}"]'}]}),
    (
        "PATCH",
        "/Groups/{group}",
        {"Operations": [{"op": "replace", "value": {"displayName": "eng", "externalId": "e"}}]},
    ),
)


def test_no_call_is_a_fault(client: Client) -> None:
    """Whatever is sent, it is understood, or refused by an error document below 500; each kind of call succeeds too."""
    rng, acme = random.Random("scim"), made(client)
    provider = Provider(client, acme)
    user = provider.user("ada")
    group = provider.post("/Groups", schemas=[GROUP], displayName="eng")["id"]
    given = {"{user}": user, "{group}": group, "{acme}": acme.id}
    entered = set()
    for at in range(FUZZED):
        call = CALLS[at % len(CALLS)]
        method, path, body = call
        text = json.dumps(body)
        for name, value in given.items():
            path, text = path.replace(name, value), text.replace(name, value)
        for _ in range(rng.randrange(3)):
            text = json.dumps(mutated(rng, json.loads(text))) if body is not None else text
            path = path if rng.random() < 0.7 else f"{path}{quote(rng.choice(TEXTS)[:300], errors='replace')}"
        reply = client.send(method, f"{provider.root}{quote(path, safe='/?=&%')}", text if body is not None else None)
        if reply.status >= 400:
            assert 500 > refusal(reply)[0], (method, path, text, reply)
        else:
            entered.add((method, call[1]))
    assert {(method, path) for method, path, _ in CALLS} == entered
