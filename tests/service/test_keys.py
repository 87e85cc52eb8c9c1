"""`/v1/keys`: a key's life over HTTP, told once, and never more than its maker's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ulid import ULID

from iamgraph.keys import KEY_DAYS, public_id
from iamgraph.store.keeper import Neo4jKeeper
from tests.cli.runner import until
from tests.made_keys import EVERYTHING, end_key, make_key
from tests.service.client import Client
from tests.service.process import Running

A, B = f"key-a-{ULID()}", f"key-b-{ULID()}"
BODY = {"name": "made", "scopes": ["check"], "stores": [A]}


@pytest.fixture(scope="module")
def bound(service: Running, keeper: Neo4jKeeper) -> Iterator[Client]:
    """A client whose key is `admin`, in store A alone."""
    key, secret = make_key(keeper, "bound", EVERYTHING, {A})
    with Client(service.port, secret) as client:
        assert until(lambda: client.get("/v1/keys").status == 200)
        yield client
    end_key(keeper, key)


def made(client: Client, **said: Any) -> dict[str, Any]:
    """A key made over HTTP."""
    reply = client.post("/v1/keys", BODY | said)
    assert 201 == reply.status, reply.body
    return dict(reply.json)


def test_a_life(client: Client, service: Running) -> None:
    """A key's secret is told once; the list has all but that; revoked, it stays in the list and opens nothing."""
    key = made(client, name=f"life {ULID()}", scopes=["read", "check"], stores=["*"])
    assert key["id"] == public_id(key["secret"])
    (listed,) = [one for one in client.get("/v1/keys").json["keys"] if one["id"] == key["id"]]
    assert {name: value for name, value in key.items() if name != "secret"} == listed  # it was not used yet
    assert (["check", "read"], ["*"]) == (listed["scopes"], listed["stores"])
    with Client(service.port, key["secret"]) as other:
        assert until(lambda: other.get("/v1/stores").status == 200)
        assert 204 == client.delete(f"/v1/keys/{key['id']}").status
        assert until(lambda: other.get("/v1/stores").status == 401)
    (ended,) = [one for one in client.get("/v1/keys").json["keys"] if one["id"] == key["id"]]
    assert ended["revoked_at"] is not None
    # Who did not get the answer asks again.
    assert 204 == client.delete(f"/v1/keys/{key['id']}").status
    (again,) = [one for one in client.get("/v1/keys").json["keys"] if one["id"] == key["id"]]
    assert ended["revoked_at"] == again["revoked_at"]


def test_the_end_that_was_asked_for(client: Client) -> None:
    """A key ends when it is said to, in 90 days if nothing is said, and never only if that is said."""
    at = "2999-01-31T12:00:00Z"
    assert at == made(client, expires_at=at)["expires_at"]
    assert "expires_at" not in made(client, never_expires=True)
    default = datetime.fromisoformat(made(client, expires_at=None)["expires_at"])
    assert abs(default - datetime.now(UTC) - timedelta(days=KEY_DAYS)) < timedelta(minutes=5)


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unknown scope": ({"scopes": ["root"]}, "invalid_request", "/scopes/0"),
    "no scope": ({"scopes": []}, "malformed_scopes", "/scopes"),
    "scopes in one text": ({"scopes": "check"}, "invalid_request", "/scopes"),
    "a scope that is a number": ({"scopes": [1]}, "invalid_request", "/scopes/0"),
    "a scope that is a list": ({"scopes": [["check"]]}, "invalid_request", "/scopes/0"),
    "no store": ({"stores": []}, "malformed_stores", "/stores"),
    "null for all stores": ({"stores": None}, "invalid_request", "/stores"),
    "all and one": ({"stores": ["*", A]}, "malformed_stores", "/stores"),
    "a store with a quote": ({"stores": ["a' OR 1=1"]}, "malformed_store_id", "/stores"),
    "half a character as a store": ({"stores": ["\ud800"]}, "malformed_store_id", "/stores"),
    "half a character as a name": ({"name": "\ud800"}, "malformed_name", "/name"),
    "an end that has passed": ({"expires_at": "2001-01-01T00:00:00Z"}, "malformed_time", "/expires_at"),
    "an end without a time zone": ({"expires_at": "2999-01-01T00:00:00"}, "invalid_request", "/expires_at"),
    "an end that is a number": ({"expires_at": 32503680000}, "invalid_request", "/expires_at"),
    "an end and none": (
        {"expires_at": "2999-01-01T00:00:00Z", "never_expires": True},
        "malformed_time",
        "/expires_at",
    ),
    "a hash of one's own": ({"hash": "0" * 64}, "invalid_request", "/hash"),
    "an id of one's own": ({"id": str(ULID())}, "invalid_request", "/id"),
}


@pytest.mark.parametrize(("said", "code", "pointer"), WRONG.values(), ids=WRONG)
def test_a_malformed_key_is_refused(client: Client, said: dict[str, Any], code: str, pointer: str) -> None:
    """Each wrong field gets 400 with its pointer, and no secret."""
    reply = client.post("/v1/keys", BODY | said)
    assert (400, code, pointer) == reply.problem
    assert b"iag_" not in reply.body


def test_many_stores_are_refused(client: Client) -> None:
    """A key for more stores than one may name is told the limit."""
    reply = client.post("/v1/keys", BODY | {"stores": [f"s{i}" for i in range(101)]})
    assert (422, "limit_exceeded", "/stores") == reply.problem


@pytest.mark.parametrize("id_", ["nobody", "%00", "%ED%A0%80", "%FF", "'%20OR%20''='", "k" * 3000])
def test_a_key_that_is_not_there(client: Client, id_: str) -> None:
    """Whatever stands for an id, there is no such key."""
    assert (404, "key_not_found", None) == client.delete(f"/v1/keys/{id_}").problem


# --- no more than its maker ---


def test_a_bound_key_makes_keys_within_its_stores(bound: Client) -> None:
    """It makes a key for its store with any scope, and none for another store, for all, or for more."""
    key = made(bound, scopes=["admin"])
    assert [A] == key["stores"]
    for beyond in ([B], ["*"], [A, B]):
        assert (403, "store_not_held", None) == bound.post("/v1/keys", BODY | {"stores": beyond}).problem


def test_what_a_bound_key_makes_is_bound_too(bound: Client, service: Running) -> None:
    """The key of a bound key can do no more in turn."""
    with Client(service.port, made(bound, scopes=["admin"])["secret"]) as child:
        assert until(lambda: child.get("/v1/keys").status == 200)
        assert 403 == child.post("/v1/keys", BODY | {"stores": [B]}).status
        assert 403 == child.post("/v1/stores", {"id": B}).status
        assert 403 == child.delete(f"/v1/stores/{B}").status


def test_a_bound_key_neither_sees_nor_ends_foreign_keys(bound: Client, client: Client) -> None:
    """Keys that reach beyond its store are missing from its list, and revoking one answers as for no key."""
    foreign = [made(client, stores=stores)["id"] for stores in ([B], ["*"], [A, B])]
    own = made(client)["id"]
    seen = {one["id"] for one in bound.get("/v1/keys").json["keys"]}
    assert own in seen
    assert set() == seen & set(foreign)
    for id_ in foreign:
        real, none = bound.delete(f"/v1/keys/{id_}"), bound.delete(f"/v1/keys/{ULID()!s}")
        assert (404, "key_not_found", None) == real.problem
        assert set(real.json) == set(none.json)
    assert 204 == bound.delete(f"/v1/keys/{own}").status
    alive = {one["id"] for one in client.get("/v1/keys").json["keys"] if "revoked_at" not in one}
    assert set(foreign) <= alive


@pytest.mark.parametrize("scope", ["check", "read", "write"])
def test_only_admin_makes_keys(client: Client, service: Running, scope: str) -> None:
    """A key without `admin` makes none, sees none and ends none, itself included."""
    key = made(client, scopes=[scope], stores=["*"])
    with Client(service.port, key["secret"]) as other:
        assert until(lambda: other.get("/v1/keys").status != 401)
        for method, path in (("POST", "/v1/keys"), ("GET", "/v1/keys"), ("DELETE", f"/v1/keys/{key['id']}")):
            reply = other.send(method, path, json.dumps(BODY))
            assert (403, "scope_missing") == (reply.status, reply.json["code"])


def test_a_key_may_end_itself(client: Client, service: Running) -> None:
    """An `admin` key revokes itself, and is refused afterwards."""
    key = made(client, scopes=["admin"])
    with Client(service.port, key["secret"]) as other:
        assert until(lambda: other.get("/v1/keys").status == 200)
        assert 204 == other.delete(f"/v1/keys/{key['id']}").status
        assert until(lambda: other.get("/v1/keys").status == 401)
