"""Faults: what the service answers while Neo4j is killed, stopped or locked, and that it recovers by itself."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import neo4j
import psutil
import pytest

from iamgraph.local.private import Lease, acquire, running
from iamgraph.questions import WriteRequest
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_tuple
from iamgraph.wiring import join
from tests.made_keys import make_key
from tests.service.client import Client
from tests.service.conftest import MODEL
from tests.service.process import serving

pytestmark = pytest.mark.long

HOME = "/v1/stores/faults"
TUPLE = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
# Promises of the service, with room for a busy machine.
GONE_SECONDS = 2.0
LATE_SECONDS = 4.5
RECOVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """A service, and the private Neo4j below it that a test may harm."""

    folder: Path
    lease: Lease
    port: int
    secret: str

    def client(self) -> Client:
        """A client with a connection of its own, so that any worker may answer it."""
        return Client(self.port, self.secret)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service on a Neo4j of its own, with one store, its model and one tuple."""
    folder = tmp_path_factory.mktemp("faults")
    with acquire(folder / "neo4j", Settings().cache_dir, heap="512m") as lease:
        secret = _filled(lease.server)
        with serving(lease.server, folder, deadline="3") as service:
            yield Site(folder / "neo4j", lease, service.port, secret)


def _filled(server: Neo4jServer) -> str:
    """The secret of a key, once store, model and tuple are there: past the service, whose deadline is short for a
    Neo4j that has just started.
    """
    connection = join(server, Settings(deadline=60))
    with connection.authorizer as door:
        connection.keeper.migrate()
        door.create_store("faults")
        door.write_model("faults", MODEL)
        door.write(WriteRequest("faults", writes=(parse_tuple("resource:wiki#viewer@member:ada"),)))
        return make_key(connection.keeper, "faults")[1]


def asked(site: Site, body: dict[str, object] | None = None) -> tuple[int, str | None, float]:
    """Status and code of a check on a new connection, and how long it took."""
    with site.client() as client:
        began = time.monotonic()
        reply = client.post(f"{HOME}/check", body or TUPLE)
        return reply.status, reply.json.get("code"), time.monotonic() - began


def warm(site: Site) -> None:
    """Let every worker have kept connections to Neo4j."""
    until = time.monotonic() + RECOVERY_SECONDS
    good = 0
    while good < 12 and time.monotonic() < until:
        good = good + 1 if asked(site)[0] == 200 else 0
        time.sleep(0.02)
    assert 12 == good


@contextmanager
def stopped(site: Site) -> Iterator[None]:
    """Neo4j neither answers nor closes anything meanwhile."""
    pid = site.lease.pid
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_a_store_locked_by_somebody_else_ends_with_the_deadline(site: Site) -> None:
    """While a foreign transaction holds a store's lock its checks end with 503 by the deadline, then work again."""
    warm(site)
    with (
        neo4j.GraphDatabase.driver(site.lease.server.uri, auth=("neo4j", site.lease.server.password)) as driver,
        driver.session() as session,
        session.begin_transaction() as transaction,
    ):
        transaction.run("MATCH (st:IamStore {id: 'faults'}) SET st:IamStore").consume()
        status, code, seconds = asked(site)
    assert (503, "deadline_exceeded") == (status, code)
    assert seconds < LATE_SECONDS
    assert (200, None) == asked(site)[:2]


def test_a_stopped_neo4j_does_not_hang_the_service(site: Site) -> None:
    """While Neo4j is stopped every check ends with 503 by the deadline, and all is well once it goes on."""
    warm(site)
    with stopped(site):
        answers = [asked(site) for _ in range(4)]
        with site.client() as client:
            assert 200 == client.get("/healthz").status
    assert [503] * 4 == [status for status, _, _ in answers]
    assert max(seconds for _, _, seconds in answers) < LATE_SECONDS
    warm(site)


def test_a_killed_neo4j_is_an_error_at_once_and_no_loss(site: Site) -> None:
    """After a kill checks get 503 with Retry-After at once; a new Neo4j is found again, with every tuple."""
    warm(site)
    written = _write_many(site, 20)
    _kill(site)
    with site.client() as client:
        began = time.monotonic()
        reply = client.post(f"{HOME}/check", TUPLE)
        assert (503, "store_unavailable", None) == reply.problem
        assert time.monotonic() - began < GONE_SECONDS
        assert "1" == reply.headers["retry-after"]
        assert (503, "store_unavailable", None) == client.get("/readyz").problem
        assert 200 == client.get("/healthz").status
    with acquire(site.folder, Settings().cache_dir, heap="512m") as again:
        assert site.lease.server == again.server
        warm(site)
        with site.client() as client:
            assert 200 == client.get("/readyz").status
            kept = client.post(f"{HOME}/tuples/read", {"object": "resource:"}).json["tuples"]
        assert {"resource:wiki", *written} == {one["object"] for one in kept}


def _write_many(site: Site, count: int) -> list[str]:
    """Objects of tuples whose write was acknowledged."""
    names = [f"resource:{i}" for i in range(count)]
    with site.client() as client:
        for name in names:
            assert 200 == client.post(f"{HOME}/tuples/write", {"writes": [TUPLE | {"object": name}]}).status
    return names


def _kill(site: Site) -> None:
    psutil.Process(site.lease.pid).kill()
    while running(site.folder) is not None:
        time.sleep(0.02)
