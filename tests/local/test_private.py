"""The private Neo4j: shared by those who use it, ended with the last, recovered after a kill of anyone."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Final

import psutil
import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.errors import StoreError
from iamgraph.local.private import Lease, acquire, running
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.wiring import join
from tests.local.holder import STORE
from tests.processes import runs

pytestmark = pytest.mark.long

ROOT: Final = Path(__file__).parents[2]
END_SECONDS: Final = 60.0
KILLS: Final = int(os.environ.get("IAMGRAPH_KILLS", "1"))
# A Neo4j that has just started is slow at first.
PATIENT: Final = Settings(deadline=60)
MODEL: Final = "model\n  schema 1.1\ntype member\ntype group\n  relations\n    define member: [member]\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a private Neo4j, made by the first who acquires it."""
    return tmp_path_factory.mktemp("private") / "neo4j"


def lease(folder: Path) -> Lease:
    """The use of it by this process."""
    return acquire(folder, Settings().cache_dir)


@contextmanager
def holder(folder: Path, role: str = "hold") -> Iterator[subprocess.Popen[str]]:
    """Another process that uses it; killed at the end if it still runs."""
    command = [sys.executable, "-m", "tests.local.holder", str(folder), role]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for end in (process.stdin, process.stdout):
            assert end is not None
            end.close()


def said(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The pid and address of the server that a holder found."""
    pid, uri = _out(process).readline().split()
    return int(pid), uri


def _out(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def wait_for_end(pid: int) -> None:
    """Wait until a server is gone."""
    end = time.monotonic() + END_SECONDS
    while runs(pid):
        assert time.monotonic() < end, f"server {pid} did not end"
        time.sleep(0.1)


def test_it_is_shared_and_ends_with_its_last_user(folder: Path) -> None:
    """A second user, in this process or another, finds the first one's server; once all have left it is gone."""
    with lease(folder) as mine, lease(folder) as again, holder(folder) as other:
        assert (mine.pid, mine.server) == (again.pid, again.server)
        assert (mine.pid, mine.server.uri) == said(other)
        mine.release()
        again.release()
        time.sleep(1)
        assert runs(mine.pid)
    wait_for_end(mine.pid)
    assert running(folder) is None


def test_it_keeps_to_itself_and_ends_with_a_killed_user(folder: Path) -> None:
    """It listens on loopback only, bounds its heap, reports nothing, and shows its password to nobody else.

    A user that is killed has left all the same.
    """
    with holder(folder) as other:
        pid, _ = said(other)
        _assert_closed(folder, pid)
        other.kill()
        wait_for_end(pid)


def _assert_closed(folder: Path, pid: int) -> None:
    with lease(folder) as mine:
        assert pid == mine.pid
        process = psutil.Process(mine.pid)
        listening = {one.laddr.ip for one in process.net_connections() if one.status == psutil.CONN_LISTEN}
        assert {"127.0.0.1"} == {address.removeprefix("::ffff:") for address in listening}
        assert not any(mine.server.password in word for word in process.cmdline())
        assert "1g" in process.cmdline()
        settings = (folder / "neo4j.conf").read_text()
        assert "dbms.usage_report.enabled=false" in settings
        assert "dbms.security.auth_enabled=true" in settings
        for _ in range(5):
            with pytest.raises(StoreError, match="refused the user name or password"):
                _ping(Neo4jServer(mine.server.uri, "neo4j", "not the password"))
        _ping(mine.server)  # wrong passwords lock nobody out
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
        assert 0o600 == stat.S_IMODE((folder / "password").stat().st_mode)
        holding = [one for one in folder.rglob("*") if one.is_file() and _holds(one, mine.server.password)]
        assert [folder / "password"] == holding


def _ping(server: Neo4jServer) -> None:
    keeper = Neo4jKeeper(server)
    try:
        keeper.ping()
    finally:
        keeper.close()


def _holds(file: Path, text: str) -> bool:
    return text.encode() in file.read_bytes()


def test_a_forked_child_keeps_it(folder: Path) -> None:
    """A server lives on while a child of its user does, though the user itself is gone; a kill of the child ends it."""
    with holder(folder, "fork") as parent:
        pid, _ = said(parent)
        assert 0 == parent.wait(END_SECONDS)
        time.sleep(1)
        assert runs(pid)
        # The child reads the input we hold: it ends with it.
        assert parent.stdin is not None
        parent.stdin.close()
        wait_for_end(pid)


def test_many_at_once_start_one(folder: Path) -> None:
    """Four processes that ask at once, over the leavings of a dead server or rubbish, get the same one."""
    (folder / "server.json").write_text("{half")
    assert running(folder) is None
    (folder / "server.json").write_text('{"pid": 1, "port": 1}')
    assert running(folder) is None
    with ThreadPoolExecutor(4) as pool:
        with holder(folder) as a, holder(folder) as b, holder(folder) as c, holder(folder) as d:
            found = set(pool.map(said, (a, b, c, d)))
        assert 1 == len(found)
        wait_for_end(found.pop()[0])


def test_what_was_acknowledged_survives_a_kill(folder: Path) -> None:
    """After `kill -9` amid writes the next start has every acknowledged write, no half of one, and no gap."""
    with lease(folder) as mine:
        _new_store(mine)
    acknowledged: list[str] = []
    for _ in range(KILLS):
        with lease(folder) as mine, holder(folder, "write") as writer:
            assert mine.pid == said(writer)[0]
            acknowledged += [_out(writer).readline().strip() for _ in range(150)]
            psutil.Process(mine.pid).send_signal(signal.SIGKILL)
            acknowledged += _out(writer).read().split()
            writer.wait(END_SECONDS)
        with lease(folder) as again:
            assert mine.pid != again.pid
            _assert_whole(join(again.server, PATIENT).authorizer, set(acknowledged))
    wait_for_end(again.pid)


def _new_store(mine: Lease) -> None:
    connection = join(mine.server, PATIENT)
    with connection.authorizer as authorizer:
        connection.keeper.migrate()
        authorizer.create_store(STORE)
        authorizer.write_model(STORE, MODEL)


def _assert_whole(authorizer: Authorizer, acknowledged: set[str]) -> None:
    with authorizer:
        tuples: list[str] = []
        cursor: str | None = None
        while True:
            page = authorizer.read(STORE, limit=1_000, cursor=cursor)
            tuples += map(str, page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        there = {side: {one.rpartition(":")[2] for one in tuples if one.startswith(f"group:{side}")} for side in "ab"}
        assert there["a"] == there["b"]
        assert set() == acknowledged - there["a"]
        revisions = [one.revision for one in _changes(authorizer)]
        assert all(after == before + 1 for before, after in pairwise(revisions))
        assert authorizer.get_store(STORE).revision.number == revisions[-1] == len(there["a"]) + 1


def _changes(authorizer: Authorizer) -> list:  # type: ignore[type-arg] # of changes
    found: list = []  # type: ignore[type-arg] # as above
    while batch := authorizer.changes(STORE, found[-1].revision if found else 0, 1_000):
        found += batch
    return found
