"""`POST …/cypher`: off by default, for keys that hold for all stores, and as bounded as the command."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Final

import pytest

from iamgraph.questions import Scope
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import EVERYWHERE, end_key, make_key
from tests.service.client import Client
from tests.service.process import Running, serving

QUICK: Final = {"statement": "RETURN 1 AS x"}
SLOW: Final = "UNWIND range(1, 100000000000) AS x RETURN sum(x) AS x"


@pytest.fixture(scope="module")
def allowing(
    server: Neo4jServer, secret: str, access_store: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A service that answers Cypher."""
    with serving(server, tmp_path_factory.mktemp("cypher"), cypher="True") as running:
        yield running


@pytest.fixture(scope="module")
def asking(allowing: Running, secret: str) -> Iterator[Client]:
    """A client of it, whose key may all."""
    with Client(allowing.port, secret) as client:
        yield client


def test_it_is_off_by_default(client: Client, shared: str) -> None:
    """Without the setting every statement is refused, with a code of its own."""
    assert (403, "cypher_off", None) == client.post(f"{shared}/cypher", {"statement": "RETURN 1 AS x"}).problem


def test_rows(asking: Client, shared: str) -> None:
    """The answer has columns and rows, nulls in them, and the revision it is true of; `$store` is the path's."""
    body = {"statement": "UNWIND $a AS x RETURN x, $store AS s, {n: null} AS m", "parameters": {"a": [1, None]}}
    said = asking.post(f"{shared}/cypher", body).json
    store = shared.rpartition("/")[2]
    rows = [[1, store, {"n": None}], [None, store, {"n": None}]]
    told = {"columns": ["x", "s", "m"], "rows": rows, "truncated": False, "revision": 1, "zookie": said["zookie"]}
    assert told == said


def test_a_picture(asking: Client, shared: str) -> None:
    """Who accepts SVG gets the paths drawn; where there is none, a problem."""
    asking.post(
        f"{shared}/tuples/write", {"writes": [{"subject": "member:ada", "relation": "member", "object": "group:eng"}]}
    )
    text = "MATCH p = (:Object {key: $store + '/member:ada'})-->() RETURN p"
    drawn = asking.send("POST", f"{shared}/cypher", json.dumps({"statement": text}), {"Accept": "image/svg+xml"})
    assert (200, "image/svg+xml") == (drawn.status, drawn.headers["content-type"])
    assert drawn.body.startswith(b"<svg")
    none = asking.send("POST", f"{shared}/cypher", '{"statement": "RETURN 1 AS x"}', {"Accept": "image/svg+xml"})
    assert (400, "nothing_to_draw", None) == none.problem


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"statement": "CREATE (n)"}, 400, "statement_refused", "/statement"),
        ({"statement": "LOAD CSV FROM 'file:///etc/passwd' AS x RETURN x"}, 400, "statement_refused", "/statement"),
        ({"statement": "RETRUN 1"}, 400, "statement_failed", "/statement"),
        ({"statement": ""}, 400, "invalid_request", "/statement"),
        ({"statement": "RETURN 1 AS x", "limit": 0}, 400, "invalid_request", "/limit"),
        ({"statement": "RETURN 1 AS x", "parameters": {"store": "other"}}, 400, "invalid_request", "/parameters/store"),
        ({"statement": "RETURN 1 AS x", "more": 1}, 400, "invalid_request", "/more"),
    ],
)
def test_what_is_refused(asking: Client, shared: str, body: object, status: int, code: str, pointer: str) -> None:
    """What would write, reach out, or makes no sense is a problem of the caller's."""
    assert (status, code, pointer) == asking.post(f"{shared}/cypher", body).problem


def test_cut_rows_are_said_to_be(asking: Client, shared: str) -> None:
    """Of more rows than are wanted the first are told, and that there are more."""
    said = asking.post(f"{shared}/cypher", {"statement": "UNWIND range(1, 9) AS x RETURN x", "limit": 2}).json
    assert ([[1], [2]], True) == (said["rows"], said["truncated"])


def test_a_key_for_one_store_is_not_enough(allowing: Running, keeper: Neo4jKeeper, shared: str) -> None:
    """Since a statement can read every store, a key for one is refused, in its own too; so is one that may less."""
    store = shared.rpartition("/")[2]
    tried = (({Scope.ADMIN}, {store}, "store_not_held"), ({Scope.READ, Scope.WRITE}, EVERYWHERE, "scope_missing"))
    for scopes, stores, code in tried:
        key, secret = make_key(keeper, "cypher", scopes, stores)
        with Client(allowing.port, secret) as client:
            assert (403, code) == _problem(client, f"{shared}/cypher")
        end_key(keeper, key)


def _problem(client: Client, path: str) -> tuple[int, str | None]:
    """The answer, once the worker that gives it knows the key: a second later, if it looked just before."""
    for _ in range(50):
        found = client.post(path, {"statement": "RETURN 1 AS x"}).problem[:2]
        if 401 != found[0]:
            break
        time.sleep(0.1)
    return found


def test_a_slow_statement_ends_with_the_request(
    server: Neo4jServer, secret: str, access_store: str, shared: str, tmp_path: Path
) -> None:
    """A statement that would take long is stopped with its request's time, and the service goes on.

    While as many are answered as may be, another is refused at once, and what is no long question is answered.
    """
    one = {"workers": "1", "max_long": "1", "cypher": "True", "deadline": "3"}
    with (
        serving(server, tmp_path, **one) as running,
        Client(running.port, secret) as client,
        Client(running.port, secret) as second,
        Client(running.port, secret) as third,
        ThreadPoolExecutor() as beside,
    ):
        asked = [beside.submit(one.post, f"{shared}/cypher", {"statement": SLOW}) for one in (second, third)]
        answers = as_completed(asked)
        refused = next(answers).result()
        assert 200 == client.get(shared).status
        ended = next(answers).result()
        assert (503, "too_many_long", None) == refused.problem
        assert "1" == refused.headers["retry-after"]
        assert (503, "deadline_exceeded") == ended.problem[:2]
        assert [[1]] == client.post(f"{shared}/cypher", QUICK).json["rows"]
