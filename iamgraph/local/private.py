"""A private Neo4j for whoever needs one: started on first use, shared by those who ask later, ended with the last."""

from __future__ import annotations

import fcntl
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Self

from iamgraph.errors import StoreError
from iamgraph.local.files import Folder, State, lock
from iamgraph.local.jars import Tell, classpath
from iamgraph.store.neo4j import Neo4jConnection, Neo4jServer

START_SECONDS: Final = 120.0
ANSWER_SECONDS: Final = 5.0
HEAP: Final = "1g"
_POLL_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Lease:
    """The use of a private Neo4j, by this process and those forked from it; over once all have released it."""

    server: Neo4jServer
    pid: int
    _held: IO[str]

    def release(self) -> None:
        """Say that this process needs it no longer."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(path: Path, cache: Path, *, heap: str = HEAP, tell: Tell = lambda _: None) -> Lease:
    """The private Neo4j of the folder `path`, started if it does not run; its files are kept in `cache`.

    Raises `StoreError`: `neo4j_not_fetched`, or `neo4j_not_started` with the place of its log.
    """
    folder = Folder(path.absolute())
    folder.make()
    # Waits here while a server without users is ending.
    held = lock(folder.users, fcntl.LOCK_SH)
    try:
        with lock(folder.starting, fcntl.LOCK_EX):
            state = _running(folder) or _start(folder, classpath(cache.absolute(), tell), heap, tell)
        return Lease(_server(folder, state), state.pid, held)
    except BaseException:
        held.close()
        raise


def running(path: Path) -> State | None:
    """The state of the folder's server if one runs and is ready; starts nothing."""
    folder = Folder(path.absolute())
    return folder.state() if folder.serving.exists() and _alive(folder) else None


def _alive(folder: Folder) -> bool:
    try:
        lock(folder.serving, fcntl.LOCK_EX | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return True
    return False


def _running(folder: Folder) -> State | None:
    """The server that runs, once it is ready; None where none does."""
    end = time.monotonic() + START_SECONDS
    while _alive(folder) and time.monotonic() < end:
        state = _ready(folder)
        # One that was killed may hold its locks for a while, and answers nothing.
        if state is not None and _answers(folder, state):
            return state
    if time.monotonic() >= end:
        raise StoreError(f"the private Neo4j of {folder.path} does not answer", code="neo4j_not_started")
    return None


def _answers(folder: Folder, state: State) -> bool:
    connection = Neo4jConnection(_server(folder, state), deadline=ANSWER_SECONDS)
    try:
        connection.ping()
    except StoreError:
        return False
    finally:
        connection.close()
    return True


def _server(folder: Folder, state: State) -> Neo4jServer:
    return Neo4jServer(f"bolt://127.0.0.1:{state.port}", "neo4j", folder.password())


def _start(folder: Folder, jars: list[Path], heap: str, tell: Tell) -> State:
    tell("starting the private Neo4j")
    last = folder.clear_state()
    names = folder.path / "classpath"
    names.write_text("\n".join(map(str, jars)))
    port = last.port if last is not None and _free(last.port) else 0
    command = [sys.executable, "-m", "iamgraph.local.server", str(folder.path), heap, str(names), str(port)]
    with folder.log.open("w") as log:
        folder.log.chmod(0o600)
        # It leaves the terminal: an interrupt there ends its users first, and the last of them ends it.
        done = subprocess.run(  # noqa: S603 - our own module, by our own interpreter
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, check=False
        )
    state = _ready(folder) if done.returncode == 0 else None
    if state is None:
        raise StoreError(f"the private Neo4j did not start: see {folder.log}", code="neo4j_not_started")
    return state


def _ready(folder: Folder) -> State | None:
    """The server's state once it has said it; None if it ends or hangs before that."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and _alive(folder):
        state = folder.state()
        if state is not None:
            return state
        time.sleep(_POLL_SECONDS)
    return None


def _free(port: int) -> bool:
    """Whether the last port can be had again, so that drivers that knew it find the new server."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
