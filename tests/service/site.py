"""A service on a private Neo4j that tests may harm: stopped, killed, started again."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from iamgraph.local.private import Lease, acquire, running
from iamgraph.questions import WriteRequest
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_tuple
from iamgraph.wiring import join
from tests.made_keys import make_key
from tests.service.client import Client
from tests.service.conftest import MODEL
from tests.service.process import Running, serving

STORE = "faults"
HOME = f"/v1/stores/{STORE}"
TUPLE = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
DEADLINE = 3
# A promise of the service, with room for a busy machine.
RECOVERY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """A service, and the private Neo4j below it."""

    folder: Path
    server: Neo4jServer
    service: Running
    secret: str

    @property
    def port(self) -> int:
        """Where the service listens."""
        return self.service.port

    @property
    def pid(self) -> int:
        """Neo4j's."""
        state = running(self.folder)
        assert state is not None
        return state.pid

    def client(self) -> Client:
        """A client with a connection of its own, so that any worker may answer it."""
        return Client(self.port, self.secret)

    def start(self) -> Lease:
        """Neo4j again, where it was."""
        lease = acquire(self.folder, Settings().cache_dir, heap="512m")
        assert self.server == lease.server
        return lease

    def kill(self) -> None:
        """Neo4j is gone."""
        psutil.Process(self.pid).kill()
        while running(self.folder) is not None:
            time.sleep(0.02)

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """Neo4j neither answers nor closes anything meanwhile."""
        pid = self.pid
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def opened(folder: Path) -> Iterator[Site]:
    """A service on a Neo4j of its own, with one store, its model and one tuple."""
    with acquire(folder / "neo4j", Settings().cache_dir, heap="512m") as lease:
        secret = _filled(lease.server)
        with serving(lease.server, folder, deadline=str(DEADLINE)) as service:
            yield Site(folder / "neo4j", lease.server, service, secret)


def _filled(server: Neo4jServer) -> str:
    """The secret of a key, once store, model and tuple are there: past the service, whose deadline is short for a
    Neo4j that has just started.
    """
    connection = join(server, Settings(deadline=60))
    with connection.authorizer as door:
        connection.keeper.migrate()
        door.create_store(STORE)
        door.write_model(STORE, MODEL)
        door.write(WriteRequest(STORE, writes=(parse_tuple("resource:wiki#viewer@member:ada"),)))
        return make_key(connection.keeper, STORE)[1]


def warm(port: int, secret: str) -> None:
    """Let every worker have kept connections to Neo4j: many right answers in a row, each on a new connection."""
    until = time.monotonic() + RECOVERY_SECONDS
    good = 0
    while good < 12 and time.monotonic() < until:
        with Client(port, secret) as client:
            good = good + 1 if client.post(f"{HOME}/check", TUPLE).status == 200 else 0
        time.sleep(0.02)
    assert 12 == good
