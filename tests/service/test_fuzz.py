"""Fuzzing: mutated requests over every route get answers below 500 that fit the service's own description."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

import pytest
from ulid import ULID

from iamgraph.service.reference import ARGUMENTS, example
from tests.service.acme import made
from tests.service.client import Client, Reply
from tests.service.conftest import MODEL
from tests.service.schema import faults

SEEDS: Final = tuple(range(12))
REQUESTS: Final = int(os.environ.get("IAMGRAPH_FUZZED", "2160")) // len(SEEDS)
TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
ACT: Final = {"by": "carol", "reason": "why"}
FULL_TUPLE: Final = TUPLE | {
    "expires_at": "2099-01-01T00:00:00Z",
    "condition": {"name": "weekday", "context": {"day": "monday"}},
    "relation": "conditional",
}
FUZZED: Final = (
    MODEL
    + """\
    define conditional: [member with weekday]
condition weekday(day: string) {
  day != "sunday"
}
"""
)
# The store's path stands for `{store}`; a body of None is none.
CALLS: Final[tuple[tuple[str, str, Any], ...]] = (
    ("POST", "/v1/stores/{store}/check", TUPLE | {"explain": True, "context": {"a": [1]}}),
    ("POST", "/v1/stores/{store}/check", TUPLE | {"contextual_tuples": [FULL_TUPLE, TUPLE], "zookie": "AAAA"}),
    ("POST", "/v1/stores/{store}/tuples/write", ACT | {"writes": [FULL_TUPLE, TUPLE | {"subject": "group:a#member"}]}),
    (
        "POST",
        "/v1/stores/{store}/tuples/write",
        {"writes": [TUPLE], "deletes": [], "preconditions": [{"tuple": TUPLE, "must_exist": False}]}
        | {"idempotency_key": "k", "on_missing": "ignore"},
    ),
    ("POST", "/v1/stores/{store}/tuples/delete", ACT | {"tuples": [TUPLE], "on_missing": "ignore"}),
    ("POST", "/v1/stores/{store}/tuples/read", {"object": "resource:", "subject": "member:ada", "limit": 3}),
    ("POST", "/v1/stores/{store}/tuples/read", {"relation": "viewer", "cursor": "WyJhIiwiYiIsImMiLCJkIl0="}),
    (
        "POST",
        "/v1/stores/{store}/tuples/delete-by-filter",
        ACT | {"object": "resource:", "relation": "viewer", "subject": "member:", "limit": 5, "dry_run": True},
    ),
    ("POST", "/v1/stores/{store}/objects/delete", ACT | {"object": "member:ada"}),
    ("POST", "/v1/stores/{store}/models", ACT | {"text": FUZZED}),
    ("GET", "/v1/stores/{store}/changes?since=0&limit=10", None),
    ("GET", "/v1/stores/{store}/changes?type=group&type=resource&relation=viewer&wait=0", None),
    ("GET", "/v1/stores/{store}/models", None),
    ("GET", "/v1/stores/{store}/models/current", None),
    ("GET", "/v1/stores/{store}", None),
    ("GET", "/v1/stores", None),
    # No store is ended but one that a mutated id made.
    ("POST", "/v1/stores", {"id": "a b"}),
    ("DELETE", "/v1/stores/{store}-not-there", None),
)
TEXTS: Final = (
    *("", " ", "*", "#", ":", "a:", ":a", "member:*", "member:a##b", "group:a#member", "group:a#", "resource:wiki"),
    *("\0", "\n", "\ud800", "\udfff\ud800", "\u202e", "\ufeff", "é", "😀", "a" * 300, "a" * 70_000, "🔒" * 300),
    *("`) DETACH DELETE n //", "' OR 1=1", "\\u0060", "${x}", "{{x}}", "%00", "../..", "null", "NaN", "1e999"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2024-02-30T00:00:00Z", "2024-01-01T00:00:00+23:59"),
    *("2024-01-01T00:00:00.123456789Z", "2024-01-01T24:00:00Z", "-001-01-01T00:00:00Z", "2024-06-30T23:59:60Z"),
)
VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63) - 1, 2**70, 10**400, 0.5, -0.0, 1e308),
    *([], {}, [[]], [None], [{}], {"": ""}, {"a": {"a": []}}, [1] * 1200, ["member:ada"]),
)


# All that the description has of these is asked too, with its own examples for bodies and paths.
DESCRIBED: Final = ("/v1/workspaces", "/v1/sessions", "/v1/roles", "/v1/stores/{store}/checks")


def described(said: dict[str, Any]) -> tuple[tuple[str, str, Any], ...]:
    """A call of every operation below these paths, from what `/openapi.json` says."""
    found = []
    for path, item in said["paths"].items():
        for method, one in item.items() if path.startswith(DESCRIBED) else ():
            schema = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
            body = example(said, schema) if schema is not None else None
            parameters = one.get("parameters", ())
            query = {each["name"]: ARGUMENTS.get(each["name"], "1") for each in parameters if each["in"] == "query"}
            asked = path
            for name, value in ARGUMENTS.items():
                asked = asked.replace(f"{{{name}}}", value) if name != "store" else asked
            found.append((method.upper(), f"{asked}?{urlencode(query)}" if query else asked, body))
    return tuple(found)


def mutated(rng: random.Random, value: Any) -> Any:
    """The value with one or more places changed."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        return _mutated_dict(rng, dict(value))
    if isinstance(value, list) and value and rng.random() < 0.7:
        place = rng.randrange(len(value))
        return [*value[:place], mutated(rng, value[place]), *value[place + rng.randrange(2) :]]
    if isinstance(value, str) and rng.random() < 0.5:
        place = rng.randrange(len(value) + 1)
        return value[:place] + rng.choice(TEXTS) + value[place + rng.randrange(2) :]
    return rng.choice(TEXTS) if rng.random() < 0.6 else rng.choice(VALUES)


def _mutated_dict(rng: random.Random, value: dict[str, Any]) -> dict[str, Any]:
    name = rng.choice(sorted(value))
    match rng.randrange(8):
        case 0:
            del value[name]
        case 1:
            value[rng.choice(TEXTS)] = rng.choice(VALUES)
        case _:
            value[name] = mutated(rng, value[name])
    return value


def broken(rng: random.Random, text: str) -> bytes:
    """The text of a body with some bytes changed."""
    raw = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(raw) + 1)
        raw[place : place + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return bytes(raw)


@dataclass(frozen=True, slots=True)
class Ground:
    """What is asked: the calls, in which store and workspace, with these secrets."""

    calls: tuple[tuple[str, str, Any], ...]
    store: str
    workspace: str
    clients: tuple[Client, ...]


def request(rng: random.Random, ground: Ground) -> tuple[str, str, bytes | None]:
    """A random call: method, path and body."""
    method, path, body = rng.choice(ground.calls)
    path = path.replace("{store}", ground.store).replace("acme", ground.workspace)
    if rng.random() < 0.1:
        path = path.replace("0", quote(rng.choice(TEXTS)[:500], safe="", errors="replace"), 1)
    if rng.random() < 0.1:
        path = path.replace(
            rng.choice((ground.workspace, "source:", "-", "=1")), quote(rng.choice(TEXTS)[:500], errors="replace")
        )
    if isinstance(body, dict):
        body = json.loads(json.dumps(body).replace("acme", ground.workspace))
    if body is None:
        return method, path, None
    for _ in range(rng.randrange(3)):
        body = mutated(rng, body)
    text = json.dumps(body)
    return method, path, broken(rng, text) if rng.random() < 0.15 else text.encode()


def sent(client: Client, method: str, path: str, body: bytes | None) -> Reply:
    """The answer to a call; a store it made is ended again, since others use the same Neo4j."""
    reply = client.send(method, path, body)
    if path == "/v1/stores" and reply.status == HTTPStatus.CREATED:
        assert HTTPStatus.NO_CONTENT == client.delete(f"/v1/stores/{reply.json['id']}").status
    return reply


@pytest.fixture(scope="module")
def judge(client: Client) -> Callable[[str, str, Reply], list[str]]:
    """Says what is wrong with an answer to a call."""
    said = client.get("/openapi.json").json
    schemas, paths = said["components"]["schemas"], said["paths"]

    def judged(method: str, path: str, reply: Reply) -> list[str]:
        if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return [f"{reply.status}"]
        if reply.status >= HTTPStatus.BAD_REQUEST:
            right = reply.headers["content-type"] == "application/problem+json"
            return faults(reply.json, schemas["ProblemAnswer"], schemas) if right else ["no problem document"]
        if reply.status == HTTPStatus.NO_CONTENT:
            return ["a body"] if reply.body else []
        operation = _operation(paths, method, path)
        assert str(reply.status) in operation["responses"], (method, path, reply.status)
        content = operation["responses"][str(reply.status)]["content"]
        if "application/json" not in content:  # text, as a document or a trail to keep
            return [] if reply.headers["content-type"].partition(";")[0] in content else ["another type of answer"]
        schema = content["application/json"]["schema"]
        return faults(reply.json, schema, schemas)

    return judged


def _operation(paths: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    """The described call a path leads to."""
    parts = path.partition("?")[0].split("/")
    for known, item in paths.items():
        wanted = known.split("/")
        fits = len(wanted) == len(parts) and all(
            one.startswith("{") or one == part for one, part in zip(wanted, parts, strict=True)
        )
        if fits and method.lower() in item:
            return dict(item[method.lower()])
    raise AssertionError(f"{method} {path} is not described")


@pytest.fixture(scope="module")
def store(client: Client) -> Iterator[str]:
    """The id of a store for all fuzzing."""
    name = f"http-{ULID()}"
    assert 201 == client.post("/v1/stores", {"id": name}).status
    assert 201 == client.post(f"/v1/stores/{name}/models", {"text": FUZZED}).status
    yield name
    client.delete(f"/v1/stores/{name}")


@pytest.fixture(scope="module")
def ground(client: Client, store: str) -> Iterator[Ground]:
    """What is asked, in part by an owner's token and session; with one of each thing the examples name."""
    acme = made(client)
    things: tuple[tuple[str, dict[str, Any]], ...] = (
        ("/members", {"email": f"ada@{acme.id}.example", "id": f"{acme.id}-ada"}),
        ("/groups", {"name": "Engineers", "id": f"{acme.id}-eng"}),
        ("/resources", {"type": "source", "id": f"{acme.id}-orders"}),
        ("/policies", {"role": "source_admin", "id": f"{acme.id}-prod"}),
        ("/labels", {"label": "brand:shoes"}),
    )
    for path, body in things:
        acme.post(path, **body)
    calls = CALLS + described(client.get("/openapi.json").json)
    with acme.by(acme.token(owner=True)) as token, acme.by(acme.session(acme.olga)) as session:
        yield Ground(calls, store, acme.id, (client, client, token, session))


def asked(rng: random.Random, ground: Ground, method: str, path: str, body: bytes | None) -> Reply:
    """The answer to a call, of whoever may come with it."""
    called = path.startswith(("/v1/workspaces", "/v1/sessions", "/v1/roles"))
    return sent(rng.choice(ground.clients) if called else ground.clients[0], method, path, body)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_request_is_a_fault(ground: Ground, judge: Callable[[str, str, Reply], list[str]], seed: int) -> None:
    """Whatever is sent, the answer is below 500 and fits the schema of its status."""
    rng = random.Random(seed)
    wrong = []
    for _ in range(REQUESTS):
        method, path, body = request(rng, ground)
        reply = asked(rng, ground, method, path, body)
        found = judge(method, path, reply)
        if found:
            wrong.append((found, method, path[:200], (body or b"")[:2000], reply.body[:300]))
    assert [] == wrong


def test_the_fuzzer_asks_all_kinds(ground: Ground) -> None:
    """Of its requests some are answered and some refused with each usual status, and every route is asked."""
    rng = random.Random("kinds")
    calls = [request(rng, ground) for _ in range(800)]
    statuses = {asked(rng, ground, *call).status for call in calls}
    assert {200, 201, 400, 401, 403, 404, 409} <= statuses
    routes = {(method, path.partition("?")[0]) for method, path, _ in calls}
    for method, path, _ in ground.calls:
        told = path.partition("?")[0].replace("{store}", ground.store).replace("acme", ground.workspace)
        assert (method, told) in routes, (method, path)
    assert 2000 <= len(SEEDS) * REQUESTS


def test_the_judge_sees_faults(client: Client, judge: Callable[[str, str, Reply], list[str]], store: str) -> None:
    """An answer with a wrong type, a missing or an unknown member does not pass."""
    path = f"/v1/stores/{store}"
    good = client.get(path)
    assert [] == judge("GET", path, good)
    for change in ({"revision": "1"}, {"revision": True}, {"zookie": None}, {"colour": "red"}):
        body = json.dumps(good.json | change).encode()
        assert [] != judge("GET", path, Reply(200, good.headers, body)), change
    assert [] != judge("GET", path, Reply(200, good.headers, b"{}"))
    assert [] != judge("GET", path, Reply(500, good.headers, good.body))
