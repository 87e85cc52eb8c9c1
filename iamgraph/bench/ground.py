"""Where it is measured: a private Neo4j and a service on it, both only for this; or a service that runs already."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import psutil

from iamgraph.bench.wire import Target, target
from iamgraph.bulk.imports import Import, Importer, Step
from iamgraph.errors import StoreError
from iamgraph.keys import Keys, expiry
from iamgraph.local.jars import Tell
from iamgraph.local.private import Lease, acquire
from iamgraph.questions import ALL_STORES, Scope, StoredModel, StoreInfo
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.wiring import Connection, join, prepare

# The first statements are the slowest a Neo4j ever runs, and a large organisation takes long to write.
DEADLINE_SECONDS: Final = 60.0
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 40.0


class Door(Protocol):
    """What makes and ends a store: an `Authorizer`, or a service asked by HTTP."""

    def create_store(self, store: str) -> StoreInfo:
        """A new empty store."""

    def write_model(self, store: str, text: str) -> StoredModel:
        """Make a model the store's current one."""

    def delete_store(self, store: str) -> None:
        """End a store."""


@dataclass(frozen=True, slots=True)
class Processes:
    """The processes of a service and of its Neo4j."""

    service: psutil.Process
    neo4j: psutil.Process

    def of_service(self) -> list[psutil.Process]:
        """gunicorn's master and its workers."""
        return [self.service, *self.service.children(recursive=True)]


@dataclass(frozen=True, slots=True)
class Inside:
    """What is seen only on the machine itself; `warm_start` is how many seconds a later start of Neo4j took."""

    connection: Connection
    processes: Processes
    warm_start: float | None


@dataclass(frozen=True, slots=True)
class Ground:
    """A service to load, a door to its stores, and a way to import files into them."""

    door: Door
    load: Callable[[Import, BinaryIO], Iterator[Step]]
    target: Target
    inside: Inside | None


@contextmanager
def private(settings: Settings, tell: Tell, *, restart: bool) -> Iterator[Ground]:
    """A Neo4j and a service of its own, gone afterwards; `restart` measures how long Neo4j's later starts take."""
    settings = settings.model_copy(update={"deadline": DEADLINE_SECONDS})
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="iamgraph-bench-")))
        lease = acquire(folder / "neo4j", settings.cache_dir, heap=settings.heap, tell=tell)
        held.callback(_gone, lease.pid)
        seconds = None
        if restart:
            lease.release()
            _gone(lease.pid)
            began = time.perf_counter()
            lease = acquire(folder / "neo4j", settings.cache_dir, heap=settings.heap, tell=tell)
            seconds = time.perf_counter() - began
            held.callback(_gone, lease.pid)
        held.enter_context(lease)
        yield held.enter_context(_on(lease, settings, folder, tell, seconds))


@contextmanager
def _on(lease: Lease, settings: Settings, folder: Path, tell: Tell, warm_start: float | None) -> Iterator[Ground]:
    connection = join(lease.server, settings)
    with connection.authorizer:
        prepare(connection.keeper)
        keys = Keys(connection.keeper)
        _, key = keys.create_key("bench", scopes={Scope.ADMIN}, stores={ALL_STORES}, expires_at=expiry())
        tell("starting the service")
        with _serving(lease.server, folder) as (process, url):
            processes = Processes(psutil.Process(process.pid), psutil.Process(lease.pid))
            inside = Inside(connection, processes, warm_start)
            door = connection.authorizer
            yield Ground(door, lambda wanted, file: Importer(door, file, wanted).steps(), target(url, key), inside)


def _gone(pid: int) -> None:
    """Wait for the private Neo4j to end: its last user has left, and its folder goes next."""
    end = time.monotonic() + STOP_SECONDS
    while _runs(pid):
        if time.monotonic() > end:
            raise StoreError(f"the private Neo4j, process {pid}, does not end", code="neo4j_not_ended")
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    # In a container, nobody may hear of the end of a process whose parent is gone.
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def _serving(server: Neo4jServer, folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`iamgraph serve` on that Neo4j, with the environment's other settings, on a free port of loopback."""
    named = {
        "NEO4J_URI": server.uri,
        "NEO4J_USER": server.user,
        "NEO4J_PASSWORD": server.password,
        "NEO4J_DATABASE": server.database,
        "IAMGRAPH_HOST": "127.0.0.1",
        "IAMGRAPH_NO_AUTH": "false",
        "IAMGRAPH_WARM": "false",
    }
    said, log = folder / "service.out", folder / "service.log"
    command = [sys.executable, "-m", "iamgraph.cli.main", "serve", "--port", "0", "--json"]
    with said.open("w") as out, log.open("w") as err:
        process = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            command, env=os.environ | named, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
    try:
        yield process, _url(process, said, log)
    finally:
        _end(process)


def _url(process: subprocess.Popen[bytes], said: Path, log: Path) -> str:
    end = time.monotonic() + START_SECONDS
    while not (text := said.read_text()).endswith("\n"):
        if process.poll() is not None or time.monotonic() > end:
            last = (log.read_text().strip() or "it said nothing").splitlines()[-1]
            raise StoreError(f"the service did not start: {last}", code="service_not_started")
        time.sleep(0.02)
    url: str = json.loads(text.splitlines()[0])["url"]
    return url


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
