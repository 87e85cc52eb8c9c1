"""A service in a process of its own: started on a free port, ended by its pid, its log kept."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
from ulid import ULID

from iamgraph.store.neo4j import Neo4jServer

WORKERS: Final = 2
STOP_SECONDS: Final = 20.0
# Other tests run at the same time; those of the deadline itself set one.
PATIENCE: Final = "60"
ROOT: Final = Path(__file__).parents[2]
# The store of the access model of every service here: nobody else's, since others use the same Neo4j.
STORE: Final = f"access-{ULID()}"


@dataclass(frozen=True, slots=True)
class Running:
    """A service that listens."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def workers(self) -> set[int]:
        """The pids of its workers."""
        return {child.pid for child in psutil.Process(self.process.pid).children()}

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


@contextmanager
def serving(server: Neo4jServer, folder: Path, **settings: str) -> Iterator[Running]:
    """A service on that Neo4j, with these settings, or variables in capitals, besides; its log goes to `folder`."""
    port = free_port()
    log = folder / f"service-{port}.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.service"],
            cwd=ROOT,
            env=_environment(server, port, settings),
            stdout=file,
            stderr=file,
        )
        try:
            _wait_for_start(process, log)
            yield Running(process, port, log)
        finally:
            _end(process)


def _wait_for_start(process: subprocess.Popen[bytes], log: Path) -> None:
    while process.poll() is None and "listening\n" not in log.read_text():
        time.sleep(0.02)
    assert process.poll() is None, log.read_text()


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _environment(server: Neo4jServer, port: int, settings: dict[str, str]) -> dict[str, str]:
    named = {name if name.isupper() else f"IAMGRAPH_{name.upper()}": value for name, value in settings.items()}
    return {
        **os.environ,
        "NEO4J_URI": server.uri,
        "NEO4J_USER": server.user,
        "NEO4J_PASSWORD": server.password,
        "NEO4J_DATABASE": server.database,
        "IAMGRAPH_PORT": str(port),
        "IAMGRAPH_WORKERS": str(WORKERS),
        "IAMGRAPH_DEADLINE": PATIENCE,
        "IAMGRAPH_STORE": STORE,
        "IAMGRAPH_WARM": "false",
        **named,
    }


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
