"""Workers: each has a driver of its own, a dead one is replaced, and the end is clean."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from pathlib import Path

import neo4j
import psutil
import pytest
from ulid import ULID

from iamgraph.store.neo4j import Neo4jServer
from tests.processes import runs
from tests.service.client import Client, Reply
from tests.service.conftest import MODEL
from tests.service.process import WORKERS, Running, serving

pytestmark = pytest.mark.long

TUPLE = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
WAIT_SECONDS = 20.0
MANY = 16


def check_often(port: int, secret: str, home: str, count: int) -> set[int]:
    """The statuses of that many checks, each on a connection of its own."""
    statuses = set()
    for _ in range(count):
        with Client(port, secret) as client:
            statuses.add(client.post(f"{home}/check", TUPLE).status)
    return statuses


def replaced(service: Running, before: set[int]) -> set[int]:
    """The workers, once there are as many as before without the one that ended."""
    until = time.monotonic() + WAIT_SECONDS
    while len(service.workers() - before) < 1 and time.monotonic() < until:
        time.sleep(0.05)
    return service.workers()


def test_both_workers_answer(service: Running, secret: str, home: str) -> None:
    """With either worker stopped the other one answers, so each has a working driver."""
    workers = sorted(service.workers())
    assert WORKERS == len(workers)
    for pid in workers:
        other = psutil.Process(pid)
        other.suspend()
        try:
            assert {200} == check_often(service.port, secret, home, 3)
        finally:
            other.resume()


def test_connections_are_shared_out(server: Neo4jServer, secret: str, home: str, tmp_path: Path) -> None:
    """Connections that stay go to the worker that has fewer, however often one worker was the quicker."""
    with serving(server, tmp_path) as service, ExitStack() as opened:
        for _ in range(MANY):
            assert 200 == opened.enter_context(Client(service.port, secret)).post(f"{home}/check", TUPLE).status
        had = [_connections(pid, service.port) for pid in service.workers()]
        assert MANY == sum(had)
        # Evenly, but for a worker that a busy machine wakes late.
        assert min(had) >= MANY // 8


def _connections(pid: int, port: int) -> int:
    """How many clients a worker holds."""
    found = psutil.Process(pid).net_connections("tcp")
    return sum(one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port for one in found)


def test_a_dead_worker_is_replaced(server: Neo4jServer, service: Running, secret: str, home: str) -> None:
    """After the kill of a worker the service still answers, and another worker takes its place."""
    before = service.workers()
    psutil.Process(min(before)).kill()
    after = replaced(service, before)
    assert WORKERS == len(after)
    assert after != before
    assert {200} == check_often(service.port, secret, home, 20)


def test_sigterm_lets_a_request_end(server: Neo4jServer, secret: str, home: str, tmp_path: Path) -> None:
    """A request under way at SIGTERM is answered, and the service ends with status 0."""
    with (
        serving(server, tmp_path) as service,
        neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session() as session,
    ):
        assert {200} == check_often(service.port, secret, home, 1)
        replies: list[Reply] = []
        with session.begin_transaction() as transaction:
            held = transaction.run("MATCH (st:IamStore {id: $id}) SET st:IamStore", id=home.rpartition("/")[2])
            held.consume()
            waiting = threading.Thread(target=lambda: replies.append(_check(service.port, secret, home)))
            waiting.start()
            time.sleep(0.5)
            service.process.terminate()
            time.sleep(0.5)
        waiting.join(WAIT_SECONDS)
        assert [200] == [reply.status for reply in replies]
        assert 0 == service.process.wait(WAIT_SECONDS)


def test_the_end_closes_the_connections(server: Neo4jServer, home: str, secret: str, tmp_path: Path) -> None:
    """After SIGTERM no process of the service is left, and its log tells of no fault."""
    with serving(server, tmp_path, slow="60") as service:
        assert {200} == check_often(service.port, secret, home, 4)
        workers = service.workers()
        assert 0 == service.stop()
    assert [] == [pid for pid in workers if runs(pid)]
    assert "listening\n" == service.log.read_text()


def _check(port: int, secret: str, home: str) -> Reply:
    with Client(port, secret) as client:
        return client.post(f"{home}/check", TUPLE)


def test_a_new_model_reaches_both_workers(service: Running, secret: str, home: str, client: Client) -> None:
    """A relation that only the new model has is known to every worker at once."""
    name = f"r{ULID()}".lower()
    text = MODEL + f"    define {name}: viewer\n"
    assert 201 == client.post(f"{home}/models", {"text": text}).status
    for _ in range(6):
        with Client(service.port, secret) as one:
            assert 200 == one.post(f"{home}/check", TUPLE | {"relation": name}).status
