"""Overload: more than may wait is refused at once, who waits is answered in time, silence holds nothing."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import neo4j
import pytest

from iamgraph.service.worker import SEND_SECONDS
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.service.client import Client, Reply
from tests.service.process import Running, serving

THREADS: Final = 2
WAITING: Final = 4
MANY: Final = 20
TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
# An answer that waits for nothing, on a machine that does other things too.
AT_ONCE: Final = 5.0
DEADLINE: Final = 20.0


@pytest.fixture(scope="module")
def small(server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of one worker with two threads, where four requests may wait."""
    folder = tmp_path_factory.mktemp("small")
    settings = {"workers": "1", "threads": str(THREADS), "max_waiting": str(WAITING), "deadline": str(DEADLINE)}
    with serving(server, folder, **settings) as running:
        yield running


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer, and when it came after it was asked for."""

    reply: Reply
    seconds: float


@contextmanager
def locked(server: Neo4jServer, home: str) -> Iterator[None]:
    """The store's lock is held by somebody else meanwhile, so that its writes wait."""
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
        session.begin_transaction() as transaction,
    ):
        transaction.run("MATCH (st:IamStore {id: $id}) SET st:IamStore", id=home.rpartition("/")[2]).consume()
        yield


def ask(client: Client, home: str) -> Answered:
    """A write, which takes the store's lock, and how long it took."""
    began = time.monotonic()
    reply = client.post(f"{home}/tuples/write", {"writes": [TUPLE]})
    return Answered(reply, time.monotonic() - began)


def test_past_those_that_may_wait_each_is_refused_at_once(
    server: Neo4jServer, small: Running, secret: str, home: str
) -> None:
    """Of many writes that cannot be answered six are kept, and the others get 503 with Retry-After at once.

    Meanwhile health, readiness and metrics answer. Those kept are answered once it is possible, and all is well then.
    """
    with ExitStack() as opened:
        clients = [opened.enter_context(Client(small.port, secret)) for _ in range(MANY)]
        # Half of the connections are kept from before.
        for one in clients[::2]:
            assert 200 == ask(one, home).reply.status
        pool = opened.enter_context(ThreadPoolExecutor(MANY))
        with locked(server, home):
            asked = [pool.submit(ask, one, home) for one in clients]
            refused = _first(asked, MANY - THREADS - WAITING)
            _probes_answer(small, secret)
            assert MANY - len(refused) == sum(not one.done() for one in asked)
        replies = [one.result(DEADLINE) for one in asked]
        assert {(503, "overloaded", None)} == {one.reply.problem for one in refused}
        assert {"1"} == {one.reply.headers["retry-after"] for one in refused}
        assert {"close"} == {one.reply.headers["connection"].lower() for one in refused}
        assert all(one.reply.headers["x-request-id"] == one.reply.json["request_id"] for one in refused)
        assert THREADS + WAITING == sum(one.reply.status == 200 for one in replies)
        assert [200] * MANY == [ask(one, home).reply.status for one in clients]
    assert "overloaded" in small.log.read_text()


def _first(asked: list[Any], count: int) -> list[Answered]:
    """The answers of those that are there first, and none of them late."""
    end = time.monotonic() + AT_ONCE
    while sum(one.done() for one in asked) < count and time.monotonic() < end:
        time.sleep(0.01)
    found = [one.result() for one in asked if one.done()]
    assert count == len(found)
    return found


def _probes_answer(service: Running, secret: str) -> None:
    for path in ("/healthz", "/readyz", "/metrics"):
        with Client(service.port, secret) as client:
            began = time.monotonic()
            assert 200 == client.get(path).status
            assert time.monotonic() - began < AT_ONCE


def test_a_requests_time_runs_while_it_waits(server: Neo4jServer, secret: str, home: str, tmp_path: Path) -> None:
    """Five writes in line for one thread, none of which can be answered, are all over after one deadline, not five."""
    with (
        serving(server, tmp_path, workers="1", threads="1", deadline="3") as service,
        ExitStack() as opened,
    ):
        clients = [opened.enter_context(Client(service.port, secret)) for _ in range(5)]
        pool = opened.enter_context(ThreadPoolExecutor(5))
        with locked(server, home):
            answers = [one.result(60) for one in [pool.submit(ask, one, home) for one in clients]]
    assert {(503, "deadline_exceeded", None)} == {one.reply.problem for one in answers}
    assert max(one.seconds for one in answers) < 2 * 3


def test_who_says_nothing_holds_no_thread(small: Running, secret: str, home: str) -> None:
    """With many connections that send nothing, or have had their answer and do not go, others are answered at once."""
    with ExitStack() as opened:
        for i in range(4 * (THREADS + WAITING)):
            silent = opened.enter_context(socket.create_connection(("127.0.0.1", small.port), timeout=30))
            if i % 2:
                silent.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert silent.recv(65_536).startswith(b"HTTP/1.1 200")
        client = opened.enter_context(Client(small.port, secret))
        answers = [ask(client, home) for _ in range(5)]
    assert [200] * 5 == [one.reply.status for one in answers]
    assert max(one.seconds for one in answers) < AT_ONCE / 2


def test_who_reads_no_answer_holds_no_thread(small: Running, secret: str, home: str) -> None:
    """Clients that ask and ask and read nothing lose their threads to others by and by, and their connections."""
    asked = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with ExitStack() as opened:
        deaf = [opened.enter_context(socket.socket()) for _ in range(THREADS)]
        for one in deaf:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            one.settimeout(30)
            one.connect(("127.0.0.1", small.port))
            one.sendall(asked * 500)
        client = opened.enter_context(Client(small.port, secret))
        answered = ask(client, home)
        assert 200 == answered.reply.status or answered.reply.problem[:2] == (503, "deadline_exceeded")
        assert answered.seconds < SEND_SECONDS + AT_ONCE
        assert 200 == ask(client, home).reply.status
        for one in deaf:
            with suppress(ConnectionError):
                while one.recv(65_536):
                    pass


def test_a_refused_request_with_a_body_reads_its_answer(
    server: Neo4jServer, small: Running, secret: str, home: str
) -> None:
    """A client that is still sending a body while it is refused gets the whole problem, not a broken connection."""
    body = b'{"subject": "' + b"a" * 500_000 + b'"}'
    head = (
        f"POST {home}/check HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with ExitStack() as opened:
        clients = [opened.enter_context(Client(small.port, secret)) for _ in range(MANY)]
        pool = opened.enter_context(ThreadPoolExecutor(MANY))
        with locked(server, home):
            kept = [pool.submit(ask, one, home) for one in clients]
            _first(kept, MANY - THREADS - WAITING)
            with socket.create_connection(("127.0.0.1", small.port), timeout=30) as sending:
                sending.sendall(head.encode() + body)
                answer = b"".join(iter(lambda: sending.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b'"code": "overloaded"' in answer
        assert THREADS + WAITING == sum(one.result(DEADLINE).reply.status == 200 for one in kept)


def test_a_key_may_ask_so_often(server: Neo4jServer, secret: str, keeper: Neo4jKeeper, tmp_path: Path) -> None:
    """With a rate, a key that asks more often gets 429 and when to come back, and another key is not touched by it."""
    key, other = make_key(keeper, "another that asks")
    with serving(server, tmp_path, workers="1", rate="5") as service:
        with Client(service.port, secret) as client:
            replies = [client.get("/v1/nothing") for _ in range(50)]
        late = [one for one in replies if one.status == 429]
        assert {404, 429} == {one.status for one in replies}
        assert replies[:5] == [one for one in replies[:5] if one.status == 404]
        assert {(429, "rate_exceeded", None)} == {one.problem for one in late}
        assert {"1"} == {one.headers["retry-after"] for one in late}
        with Client(service.port, other) as client:
            assert 404 == client.get("/v1/nothing").status
    end_key(keeper, key)
