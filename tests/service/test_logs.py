"""The log: JSON lines in ASCII, one a request at most, with an id that the client has too."""

from __future__ import annotations

import json
import re
import socket
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from iamgraph.service.logs import MAX_LINES, Budget
from iamgraph.service.seen import MAX_REQUEST_ID_LENGTH, AccessLog, request_id, wants_line
from iamgraph.store.neo4j import Neo4jServer
from tests.service.acme import Acme
from tests.service.client import Client
from tests.service.process import Running, serving

WAIT_SECONDS = 20.0
MADE = re.compile(r"[0-9a-f]{32}")


def lines(log: Path) -> list[dict[str, Any]]:
    """What a service logged, but for the word that it listens."""
    text = log.read_text()
    assert text.isascii()
    return [json.loads(one) for one in text.splitlines() if one != "listening"]


def test_a_request_id_comes_back(client: Client) -> None:
    """A plain id is told again in the answer's header and in a problem; without one there is a new one each time."""
    sent = {"X-Request-Id": "checkout-7/ab:1.2~x_y=@+"}
    assert sent["X-Request-Id"] == client.send("GET", "/healthz", headers=sent).headers["x-request-id"]
    refused = client.send("GET", "/nothing", headers=sent)
    assert sent["X-Request-Id"] == refused.json["request_id"] == refused.headers["x-request-id"]
    made = {client.get("/healthz").headers["x-request-id"] for _ in range(5)}
    assert 5 == len(made)
    assert all(map(MADE.fullmatch, made))


@pytest.mark.parametrize(
    "sent", ["", " ", "a b", "a\tb", '"', "<script>", "é", "a" * (MAX_REQUEST_ID_LENGTH + 1), None]
)
def test_an_odd_request_id_is_not_told_again(sent: str | None) -> None:
    """What could harm a log or a page is replaced by an id of ours."""
    assert MADE.fullmatch(request_id(sent))


def test_a_refused_head_has_an_id(client: Client) -> None:
    """What cannot be read as a request is answered with an id too."""
    with socket.create_connection(("127.0.0.1", client.port), timeout=10) as connection:
        connection.sendall(b"hello\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
    head, _, body = answer.partition("\r\n\r\n")
    assert f"X-Request-Id: {json.loads(body)['request_id']}" in head.splitlines()


def said(log: Path, request_id: str) -> list[dict[str, Any]]:
    """The lines of one request."""
    return [one for one in lines(log) if one.get("request_id") == request_id]


def test_a_refusal_is_logged_and_a_success_is_not(service: Running, client: Client, shared: str) -> None:
    """Without a setting an answer in good time leaves no line, a refusal one, which says whose and why."""
    assert 200 == client.send("GET", "/healthz", headers={"X-Request-Id": "good"}).status
    assert 400 == client.send("POST", f"{shared}/check", "{", {"X-Request-Id": "bad"}).status
    assert [] == said(service.log, "good")
    (line,) = said(service.log, "bad")
    usual = {"event", "level", "timestamp", "method", "route", "store", "status", "ms", "request_id", "key", "code"}
    assert usual == set(line)
    expected = ("warning", "POST", "/v1/stores/{store}/check", 400, "malformed_request", shared.rpartition("/")[2])
    assert expected == tuple(line[one] for one in ("level", "method", "route", "status", "code", "store"))


def test_a_refused_caller_is_named_in_the_log(service: Running, acme: Acme) -> None:
    """The line of a member who may not says who it was, by which route, and no id of the path."""
    ada = acme.member("ada")
    with acme.by(acme.session(ada)) as client:
        client.send("GET", f"{acme.home}/members/{acme.olga}", headers={"X-Request-Id": f"by-{ada}"})
    (line,) = said(service.log, f"by-{ada}")
    expected = (f"member:{ada}", "/v1/workspaces/{workspace}/members/{member}", 403, "relation_missing")
    assert expected == tuple(line[one] for one in ("caller", "route", "status", "code"))
    assert acme.olga not in str(line)


def test_hostile_text_stays_in_its_line(service: Running, client: Client) -> None:
    """A store of odd characters is escaped and cut short, so no line is made by who asks."""
    odd = "a%0A%7B%22event%22%3A1%7D%C3%A9%E2%80%AE" + "b" * 500
    assert 404 == client.send("GET", f"/v1/stores/{odd}", headers={"X-Request-Id": "odd"}).status
    (line,) = said(service.log, "odd")
    assert 'a\n{"event":1}\u00e9\u202e' + "b" * 49 == line["store"]


@pytest.mark.parametrize(
    ("wanted", "lines"),
    [("all", {200, 201, 400, 503}), ("errors", {400, 503}), ("off", {503})],
)
def test_which_requests_get_a_line(wanted: AccessLog, lines: set[int]) -> None:
    """Successes by `all` only, refusals unless it is off, and our own faults always."""
    assert lines == {status for status in (200, 201, 400, 503) if wants_line(wanted, status, late=False)}


def test_a_late_answer_gets_a_line() -> None:
    """What took too long has a line though all went well, unless lines are off."""
    assert [True, True, False] == [wants_line(wanted, 200, late=True) for wanted in ("all", "errors", "off")]


def test_every_request_and_gunicorn_itself(server: Neo4jServer, secret: str, tmp_path: Path) -> None:
    """With `all` each request has one line, a flood of them only some, and gunicorn's own lines are JSON too."""
    with serving(server, tmp_path, access_log="all", workers="1") as service:
        with Client(service.port, None) as client:
            assert 200 == client.get("/healthz").status
            (line,) = lines(service.log)
            for _ in range(2 * MAX_LINES):
                assert 401 == client.get("/v1/stores").status
        psutil.Process(service.workers().pop()).kill()
        until = time.monotonic() + WAIT_SECONDS
        while not any("Worker" in one["event"] for one in lines(service.log)) and time.monotonic() < until:
            time.sleep(0.05)
        found = lines(service.log)
    assert ("info", "/healthz", 200) == tuple(line[one] for one in ("level", "route", "status"))
    assert {"gunicorn.error"} == {one["logger"] for one in found if "logger" in one}
    refused = [one for one in found if one.get("code") == "unauthenticated"]
    assert len(refused) + sum(one.get("omitted", 0) for one in refused) <= 2 * MAX_LINES


def test_the_level_bounds_the_log(server: Neo4jServer, tmp_path: Path) -> None:
    """From `error` on, refusals are left out."""
    with serving(server, tmp_path, log_level="error", access_log="all", workers="1") as service:
        with Client(service.port, None) as client:
            assert [200, 401] == [client.get(path).status for path in ("/healthz", "/nothing")]
        assert [] == lines(service.log)


def test_a_budget_of_lines() -> None:
    """So many a second, and the next one after a pause says how many were left out."""
    now = [0.0]
    budget = Budget(2, lambda: now[0])
    assert [0, 0, None, None] == [budget.take() for _ in range(4)]
    now[0] += 1
    assert [2, 0, None] == [budget.take() for _ in range(3)]
