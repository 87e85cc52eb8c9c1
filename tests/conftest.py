"""What tests share: a real Neo4j, keepers and authorizers on it, and stores of their own.

`make test` runs files side by side, in workers of pytest-xdist: each file whole and in order, on one worker. All
workers use the same Neo4j, so a test looks at stores of its own, never at all there are.
"""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.local.files import lock
from iamgraph.local.private import acquire
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer

DOCKER_SOCKET: Final = Path("/var/run/docker.sock")
# Tests ask statements that Neo4j has never seen, on a machine that does other things too.
SECONDS: Final = 60.0
# For every Java that tests start. A Neo4j of a test's own lives for seconds, so it is compiled quickly, not well.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files come first: one that began last would keep the other workers waiting for it."""
    items.sort(key=lambda one: one.get_closest_marker("long") is None)


class Remarked(Exception):  # noqa: N818 - what it says is the error
    """Neo4j has a remark on a statement."""


class _Raising(logging.Handler):
    """Raises what is logged. The driver could make warnings of it, but then looks at the stack for each statement."""

    def emit(self, record: logging.LogRecord) -> None:
        raise Remarked(record.getMessage())


@pytest.fixture(scope="session", autouse=True)
def remarks() -> None:
    """What Neo4j remarks on fails the test whose keeper is strict."""
    log = logging.getLogger("neo4j.notifications")
    log.setLevel(logging.DEBUG)
    log.addHandler(_Raising())


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all workers of this run have in common."""
    mine = tmp_path_factory.getbasetemp()
    # A worker's own folder lies in that of the run.
    return mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine


@pytest.fixture(scope="session")
def server(together: Path) -> Iterator[Neo4jServer]:
    """A real Neo4j with the schema: the one `NEO4J_URI` names, else one in Docker where an engine answers (for each
    worker its own), else a private one.
    """
    with _server(together) as server:
        # One worker after the other.
        with lock(together / "migrating", fcntl.LOCK_EX), closing(Neo4jKeeper(server, deadline=SECONDS)) as keeper:
            keeper.migrate()
        yield server


@contextmanager
def _server(folder: Path) -> Iterator[Neo4jServer]:
    if "NEO4J_URI" in os.environ:
        yield Neo4jServer(os.environ["NEO4J_URI"], os.environ["NEO4J_USER"], os.environ["NEO4J_PASSWORD"])
    elif _docker_answers():
        yield from _in_docker()
    else:
        with _lasting():
            lease = acquire(folder / "neo4j", Settings().cache_dir)
        with lease:
            yield lease.server


@contextmanager
def _lasting() -> Iterator[None]:
    """Java as it is for everybody: the shared Neo4j lives for minutes, and is asked much."""
    options = os.environ.pop("JAVA_TOOL_OPTIONS")
    try:
        yield
    finally:
        os.environ["JAVA_TOOL_OPTIONS"] = options


def _docker_answers() -> bool:
    import docker  # noqa: PLC0415
    from docker.errors import DockerException  # noqa: PLC0415

    if "DOCKER_HOST" not in os.environ and not DOCKER_SOCKET.exists():
        return False
    try:
        docker.from_env(timeout=2).ping()
    except DockerException:
        return False
    return True


def _in_docker() -> Iterator[Neo4jServer]:
    from testcontainers.community.neo4j import Neo4jContainer  # noqa: PLC0415

    with Neo4jContainer("neo4j:2026.09.0-community") as container:
        yield Neo4jServer(container.get_connection_url(), container.username, container.password)


@pytest.fixture(scope="session")
def keeper(server: Neo4jServer) -> Iterator[Neo4jKeeper]:
    """A keeper that fails on every notification."""
    with closing(Neo4jKeeper(server, strict=True, deadline=SECONDS)) as keeper:
        yield keeper


@pytest.fixture(scope="session")
def authorizer(keeper: Neo4jKeeper) -> Authorizer:
    """The door, on the real Neo4j."""
    return Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS)


@pytest.fixture
def store(authorizer: Authorizer) -> Iterator[str]:
    """A new empty store, deleted afterwards."""
    name = f"test-{ULID()}"
    authorizer.create_store(name)
    yield name
    authorizer.delete_store(name)
