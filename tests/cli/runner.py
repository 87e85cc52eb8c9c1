"""Runs the command line for tests: in this process, or as a process of its own that is ended by its pid."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from click.testing import CliRunner
from ulid import ULID

from iamgraph.cli.main import cli
from iamgraph.store.neo4j import Neo4jServer

STOP_SECONDS: Final = 30.0
ROOT: Final = Path(__file__).parents[2]
# The command as it is installed, by its entry point.
SCRIPT: Final = Path(sys.executable).parent / "iamgraph"
COMMAND: Final = (sys.executable, "-m", "iamgraph.cli.main")

# The workspaces of every service here are in a store of their own, since others use the same Neo4j.
ACCESS_STORE: Final = f"cli-access-{ULID()}"

Environment = dict[str, str | None]

# Nothing of the machine the tests run on.
NOWHERE: Final[Environment] = dict.fromkeys(
    ("NEO4J_URI", "NEO4J_USER", "NEO4J_PASSWORD", "NEO4J_DATABASE", "IAMGRAPH_URL", "IAMGRAPH_KEY")
)


def on(server: Neo4jServer) -> Environment:
    """The environment that names a Neo4j, with time for a machine that is busy with other tests."""
    return NOWHERE | {
        "NEO4J_URI": server.uri,
        "NEO4J_USER": server.user,
        "NEO4J_PASSWORD": server.password,
        "NEO4J_DATABASE": server.database,
        "IAMGRAPH_DEADLINE": "60",
        "IAMGRAPH_STORE": ACCESS_STORE,
    }


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one value on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The values on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def said(self) -> Any:
        """The one value on stderr."""
        return json.loads(self.err)

    @property
    def failure(self) -> tuple[int, str]:
        """Exit code, and the code of the error told as JSON."""
        return self.code, self.said["code"]


@dataclass(frozen=True, slots=True)
class Cli:
    """The command line in an environment."""

    env: Environment

    def run(self, *words: str, given: str | bytes | None = None, **env: str | None) -> Ran:
        """Run a command, with `given` on stdin."""
        ended = CliRunner().invoke(cli, words, input=given, env=self.env | env)
        return Ran(ended.exit_code, ended.stdout, ended.stderr)

    def done(self, *words: str, given: str | None = None) -> Ran:
        """Run a command that must end well and say nothing beside its result."""
        ran = self.run(*words, given=given)
        assert (0, "") == (ran.code, ran.err), ran
        return ran


def environment(env: Environment) -> dict[str, str]:
    """This process's environment changed so, for a process of its own."""
    return {name: value for name, value in {**os.environ, **env}.items() if value is not None}


@contextmanager
def started(*words: str, env: Environment, command: Sequence[str] = COMMAND) -> Iterator[subprocess.Popen[str]]:
    """A command as a process of its own, in the terminal's place."""
    process = subprocess.Popen(
        [*command, *words],
        cwd=ROOT,
        env=environment(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> int:
    """Send a signal to a process that still runs, and wait; its exit code."""
    if process.poll() is None:
        process.send_signal(number)
    try:
        return process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise


def first_line(process: subprocess.Popen[str]) -> str:
    """The first line on stdout; what stands on stderr, if there is none."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return line


def until(holds: Callable[[], bool]) -> bool:
    """Whether something comes to hold, given some time."""
    end = time.monotonic() + STOP_SECONDS
    while not (held := holds()) and time.monotonic() < end:
        time.sleep(0.05)
    return held


def claimed(by: str) -> str:
    """Who somebody said he was; a service adds the key that said so."""
    return by.partition(" by key ")[0]
