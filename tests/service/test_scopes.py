"""Every route with every sort of key: what may be done is what the table says, and a foreign store is not there."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from flask import Flask
from ulid import ULID
from werkzeug.routing import Rule

from iamgraph.authorizer import Authorizer
from iamgraph.keys import secret_hash, written
from iamgraph.questions import Scope
from iamgraph.ring import REFRESH_SECONDS
from iamgraph.service.app import create_app
from iamgraph.service.doors import CSV_ROUTES
from iamgraph.service.scopes import (
    ACCESS_ROUTES,
    CALLER_ROUTES,
    GLOBAL_ROUTES,
    OPEN_ROUTES,
    ROUTES_OF_SCOPE,
    STORELESS_ROUTES,
    WHOLE_ROUTES,
    check_declared,
)
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from tests.made_keys import EVERYTHING, end_key, expired_key, make_key
from tests.service.acme import made
from tests.service.client import Client, Reply
from tests.service.process import ROOT, Running
from tests.service.process import STORE as ACCESS_STORE
from tests.test_docs import codes, rows

# No store has this id, so whoever may do a thing finds nothing to do it to.
STORE: Final = f"nowhere-{ULID()}"
# Answers of a route that was entered, with an empty body or nothing there to act on.
ENTERED: Final = frozenset({200, 400, 404})
# What a caller is told who was let in, and lacks what the route needs.
LACKING: Final = frozenset({"relation_missing", "sessions_not_held"})
# What stands for the arguments of paths, besides the store; of what nobody has, something else each time.
NAMED: Final = {"<model>": "current", "<workspace>": STORE, "<label>": "brand:none", "<resource>": "source:none"} | {
    "<name>": "owners"
}
NOBODYS: Final = (
    *("<key>", "<member>", "<group>", "<policy>", "<token>", "<invite>", "<request>", "<session>"),
    *("<user>", "<type>", "<schema>"),
)


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked: an endpoint by one of its methods."""

    endpoint: str
    method: str
    rule: str

    @property
    def tells_codes(self) -> bool:
        """Whether its refusals say their code, for which SCIM's have no place."""
        return self.method != "HEAD" and not self.endpoint.startswith("scim.")

    def path(self, store: str = STORE) -> str:
        """Its path in that store."""
        named = NAMED | {"<store>": store} | {name: str(ULID()) for name in NOBODYS}
        path = self.rule
        for name, value in named.items():
            path = path.replace(name, value)
        assert "<" not in path, f"say what stands for the arguments of {self.rule}"
        return path

    def scope(self) -> Scope:
        """What it asks for."""
        (scope,) = [scope for scope, routes in ROUTES_OF_SCOPE.items() if self.endpoint in routes]
        return scope


ROUTES: Final = tuple(
    Route(rule.endpoint, method, rule.rule)
    for rule in create_app(Settings()).url_map.iter_rules()
    for method in sorted(rule.methods or ())
)
CLOSED: Final = tuple(one for one in ROUTES if one.endpoint not in OPEN_ROUTES)
each_route = pytest.mark.parametrize("route", CLOSED, ids=lambda one: f"{one.method} {one.rule}")
# Which of a path's routes OPTIONS leads to is nobody's matter; it does nothing.
each_deed = pytest.mark.parametrize(
    "route", [one for one in CLOSED if one.method != "OPTIONS"], ids=lambda one: f"{one.method} {one.rule}"
)


@dataclass(frozen=True, slots=True)
class Held:
    """The secrets of one key of each sort; `scoped` ones for the store, `general` ones for all; and other callers'."""

    refused: dict[str, str | None]
    scoped: dict[Scope, str]
    general: dict[Scope, str]
    elsewhere: str
    callers: dict[str, str]

    def ask(self, client: Client, route: Route, secret: str | None, store: str = STORE) -> Reply:
        """The answer to a route's call with that key, with an empty object for a body."""
        header = {"Authorization": None if secret is None else f"Bearer {secret}", "X-Request-Id": "the-same"}
        csv = {"Content-Type": "text/csv"} if route.endpoint in CSV_ROUTES else {}
        return client.send(route.method, route.path(store), "{}", {**csv, **(header or {})})


@pytest.fixture(scope="module")
def held(keeper: Neo4jKeeper, client: Client) -> Iterator[Held]:
    """A key of every sort, and the owners of a workspace that come with a token or a session."""
    scoped = {scope: make_key(keeper, f"only {scope.value}", {scope}, {STORE, ACCESS_STORE}) for scope in Scope}
    general = {scope: make_key(keeper, f"only {scope.value}", {scope}) for scope in Scope}
    elsewhere = make_key(keeper, "elsewhere", EVERYTHING, {f"another-{ULID()}"})
    revoked = make_key(keeper, "revoked")
    end_key(keeper, revoked[0])
    good = elsewhere[1]
    unknown = written(str(ULID()))
    acme = made(client)
    token, session = acme.token(owner=True), acme.session(acme.olga)
    ended = {kind: acme.token(owner=True) if kind == "iat" else acme.session(acme.olga) for kind in ("iat", "ias")}
    acme.delete(f"/tokens/{ended['iat'].split('_')[1]}")
    client.delete(f"/v1/sessions/{ended['ias'].split('_')[1]}")
    yield Held(
        {
            "no key": None,
            "an empty key": "",
            "garbage": "garbage",
            "malformed UTF-8": "iag_\xff\xfe\x80",
            "a damaged key": good[:-1] + ("0" if good[-1] != "0" else "1"),
            "a key of an unknown id": unknown,
            "another secret of a known id": written(elsewhere[0].id),
            "the hash that is kept": secret_hash(good),
            "an expired key": expired_key(keeper, "expired")[1],
            "a revoked key": revoked[1],
            "a revoked token": ended["iat"],
            "an ended session": ended["ias"],
            "a damaged token": token[:-1] + ("0" if token[-1] != "0" else "1"),
            "a damaged session": session[:-1] + ("0" if session[-1] != "0" else "1"),
            "a token said to be a session": f"ias{token[3:]}",
            "a session said to be a token": f"iat{session[3:]}",
            "an invite": acme.post("/invites", email=f"new@{acme.id}.example")["secret"],
        },
        {scope: secret for scope, (_, secret) in scoped.items()},
        {scope: secret for scope, (_, secret) in general.items()},
        good,
        {"a token": token, "a session": session},
    )
    for key, _ in (*scoped.values(), *general.values(), elsewhere):
        end_key(keeper, key)


@pytest.fixture(scope="module")
def keyless(service: Running) -> Iterator[Client]:
    """A client without a key of its own."""
    with Client(service.port, None) as client:
        yield client


@each_route
def test_who_is_nobody_gets_401(keyless: Client, held: Held, route: Route) -> None:
    """Without a key that lives every route is closed, and whoever sent one is not told what is wrong with it."""
    answers = {name: held.ask(keyless, route, secret) for name, secret in held.refused.items()}
    assert {401} == {reply.status for reply in answers.values()}
    assert {'Bearer realm="iamgraph"'} == {reply.headers["www-authenticate"] for reply in answers.values()}
    assert 1 == len({reply.body for name, reply in answers.items() if held.refused[name]})


def test_a_dry_run_shows_tuples_to_who_may_read(keyless: Client, keeper: Neo4jKeeper, home: str) -> None:
    """A key that may only write learns how many tuples it would delete, and none of them."""
    cases = [({Scope.WRITE}, False), ({Scope.READ, Scope.WRITE}, True), ({Scope.ADMIN}, True)]
    made = [make_key(keeper, "of a dry run", scopes, {home.rpartition("/")[2]}) for scopes, _ in cases]
    time.sleep(2 * REFRESH_SECONDS)
    body = json.dumps({"object": "resource:", "dry_run": True})
    for (key, secret), (_, shown) in zip(made, cases, strict=True):
        reply = keyless.send("POST", f"{home}/tuples/delete-by-filter", body, {"Authorization": f"Bearer {secret}"})
        assert (200, shown) == (reply.status, "tuples" in reply.json)
        end_key(keeper, key)


@each_deed
def test_a_scope_opens_its_routes_alone(keyless: Client, held: Held, route: Route) -> None:
    """A key enters a route by the scope it asks for, or by `admin`; else 403 names the scope it lacks."""
    for scope, secret in (held.general if route.endpoint in GLOBAL_ROUTES | WHOLE_ROUTES else held.scoped).items():
        reply = held.ask(keyless, route, secret)
        if scope in (route.scope(), Scope.ADMIN):
            assert reply.status in ENTERED, scope
        else:
            assert 403 == reply.status, scope
            assert f'error="insufficient_scope", scope="{route.scope().value}"' in reply.headers["www-authenticate"]
            if route.tells_codes:
                assert ("scope_missing", route.scope().value) == (reply.json["code"], reply.json["scope"])


@each_deed
def test_tokens_and_sessions_open_workspaces_alone(keyless: Client, held: Held, route: Route) -> None:
    """The secret of a token or session enters what is done in workspaces, even an owner's nothing else.

    In a workspace of others, and where there is none, what lacks is a relation, which the answer names.
    """
    for name, secret in held.callers.items():
        reply = held.ask(keyless, route, secret)
        if route.endpoint not in CALLER_ROUTES:
            assert 401 == reply.status, name
        elif reply.status == 403 and route.tells_codes:
            assert reply.json["code"] in LACKING, name
            assert ("relation" in reply.json) is (reply.json["code"] == "relation_missing"), name
        else:
            assert reply.status in {*ENTERED, 403}, name


@pytest.mark.parametrize(
    "route", [one for one in CLOSED if one.endpoint not in STORELESS_ROUTES], ids=lambda one: f"{one.method} {one.rule}"
)
def test_a_foreign_store_is_refused(keyless: Client, held: Held, route: Route) -> None:
    """A key for another store may do nothing here, nor what concerns all stores, whatever its scopes."""
    reply = held.ask(keyless, route, held.elsewhere)
    assert 403 == reply.status
    assert not route.tells_codes or "store_not_held" == reply.json["code"]


def test_a_foreign_store_cannot_be_told_from_none(keyless: Client, held: Held, authorizer: Authorizer) -> None:
    """Each route answers in the same bytes before a store of another is made, while it is there, and afterwards."""
    store = f"foreign-{ULID()}"

    def answers() -> list[tuple[int, dict[str, str], bytes]]:
        routes = [one for one in CLOSED if one.endpoint not in {"v1.show_keys", "v1.make_key"}]
        replies = [held.ask(keyless, one, held.elsewhere, store) for one in routes if "<key>" not in one.rule]
        made = keyless.send(
            "POST",
            "/v1/stores",
            json.dumps({"id": store}),
            {"Authorization": f"Bearer {held.elsewhere}", "X-Request-Id": "the-same"},
        )
        return [(one.status, {**one.headers, "date": ""}, one.body) for one in (*replies, made)]

    before = answers()
    authorizer.create_store(store)
    during = answers()
    authorizer.delete_store(store)
    assert before == during == answers()
    assert (403, "store_not_held") == (before[-1][0], json.loads(before[-1][2])["code"])


def test_a_key_sees_its_own_stores_alone(service: Running, keeper: Neo4jKeeper, authorizer: Authorizer) -> None:
    """The list of stores holds those of the key, and all of them for a key for all."""
    mine, other = f"mine-{ULID()}", f"other-{ULID()}"
    keys = [make_key(keeper, "a list", {Scope.READ}, stores) for stores in ({mine}, {"*"})]
    for store in (mine, other):
        authorizer.create_store(store)
    time.sleep(2 * REFRESH_SECONDS)
    try:
        seen = []
        for _, secret in keys:
            with Client(service.port, secret) as client:
                seen.append({one["id"] for one in client.get("/v1/stores").json["stores"]})
        assert {mine} == seen[0]
        assert {mine, other} <= seen[1]
    finally:
        for store in (mine, other):
            authorizer.delete_store(store)
        for key, _ in keys:
            end_key(keeper, key)


@pytest.mark.parametrize("path", sorted({one.rule for one in ROUTES if one.endpoint in OPEN_ROUTES}))
def test_the_open_routes_are_these(keyless: Client, path: str) -> None:
    """Health, readiness, the description and the page alone are answered without a key."""
    page = {"page", "page_about", "page_file"}
    assert {"healthz", "readyz", "openapi", "docs", "docs_style", *page} == OPEN_ROUTES
    assert 200 == keyless.get(path.replace("<file>", "page.js")).status


# --- the tables ---


def test_an_undeclared_route_stops_the_application() -> None:
    """A route without a scope, and one that hides its store, are refused when the application is made."""
    app = create_app(Settings())
    check_declared(app)
    for rule, endpoint in (("/v1/new", "v1.new"), ("/v1/<store>/x", "v1.create_store"), ("/v1/x", "v1.check")):
        made = Flask("made")
        made.url_map.add(Rule(rule, endpoint=endpoint))
        with pytest.raises(AssertionError, match=endpoint):
            check_declared(made)


def test_the_tables_name_routes_that_exist() -> None:
    """No scope is for a route that is not there, and each route stands once."""
    declared = [route for routes in ROUTES_OF_SCOPE.values() for route in routes]
    assert sorted({one.endpoint for one in CLOSED}) == sorted(declared)
    assert {one.endpoint for one in CLOSED if "<store>" not in one.rule} == (
        STORELESS_ROUTES | GLOBAL_ROUTES | ACCESS_ROUTES
    )
    assert CALLER_ROUTES < ACCESS_ROUTES


def test_the_scopes_are_documented() -> None:
    """The docs' table is the code's: each scope with the routes it opens."""
    documented: dict[str, set[str]] = {}
    for scope, routes in rows((ROOT / "docs" / "keys.md").read_text(), "Scope"):
        documented.setdefault(codes(scope)[0], set()).update(codes(routes))
    served = {
        scope.value: {
            f"{one.method} {one.rule}".replace("<", "{").replace(">", "}")
            for one in CLOSED
            if one.scope() is scope and one.method not in {"HEAD", "OPTIONS"}
        }
        for scope in Scope
    }
    assert documented == served
