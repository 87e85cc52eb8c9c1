"""The folder of a private Neo4j: its locks, its state, its password. The server and its users meet here only.

Locks are the kernel's, on open files: they end with the process that holds them, however it ends, and a lock
held across a fork ends with the last of the family.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class State:
    """A server that is ready: its process, and the loopback port of its Bolt connector."""

    pid: int
    port: int


@dataclass(frozen=True, slots=True)
class Folder:
    """Where one private Neo4j keeps everything it has."""

    path: Path

    def make(self) -> None:
        """Create it, for its owner's eyes only."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)

    @property
    def users(self) -> Path:
        """Locked shared by every user; the server ends when it can lock it alone."""
        return self.path / "users.lock"

    @property
    def starting(self) -> Path:
        """Locked by whoever starts the server."""
        return self.path / "start.lock"

    @property
    def serving(self) -> Path:
        """Locked by the server for as long as it lives."""
        return self.path / "server.lock"

    @property
    def home(self) -> Path:
        """Neo4j's own folder: data, transaction logs, logs."""
        return self.path / "neo4j"

    @property
    def log(self) -> Path:
        """What the server's process prints."""
        return self.path / "server.log"

    def state(self) -> State | None:
        """What the server said when it was last ready."""
        try:
            return State(**json.loads((self.path / "server.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def write_state(self, state: State) -> None:
        """Say that the server is ready."""
        self._write("server.json", json.dumps(asdict(state)))

    def clear_state(self) -> State | None:
        """Forget the server that was; what it last said."""
        last = self.state()
        (self.path / "server.json").unlink(missing_ok=True)
        return last

    def password(self) -> str:
        """The password, made on first use."""
        path = self.path / "password"
        if not path.exists():
            self._write("password", secrets.token_urlsafe(24))
        return path.read_text()

    def _write(self, name: str, text: str) -> None:
        # Whole or not at all, and never readable by others.
        descriptor, made = tempfile.mkstemp(dir=self.path)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(self.path / name)


def lock(path: Path, how: int) -> IO[str]:
    """The file, locked as `fcntl.flock` says; close it to unlock. Raises `BlockingIOError` with `LOCK_NB`."""
    file = path.open("a")
    try:
        fcntl.flock(file, how)
    except BaseException:
        file.close()
        raise
    return file
