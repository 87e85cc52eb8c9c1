"""Imports that are killed, at any moment and of any process: run again they end with every tuple written once."""

from __future__ import annotations

import io
import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.bulk.imports import Import, Importer
from iamgraph.errors import StoreError
from iamgraph.local.private import Lease, acquire
from iamgraph.questions import MAX_TUPLES_PER_CHUNK
from iamgraph.settings import Settings
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.wiring import join, prepare
from tests.bulk.given import members
from tests.cli.runner import on, started, stop
from tests.made_keys import make_key
from tests.service.process import serving
from tests.store.given import MODEL
from tests.store.graph import Graph

# How often each is killed; `make long` asks for more.
KILLS: Final = int(os.environ.get("IAMGRAPH_KILLS", "1"))
PIECES: Final = 4
TUPLES: Final = PIECES * MAX_TUPLES_PER_CHUNK


def written_once(door: Authorizer, store: str) -> bool:
    """Whether the changes name every tuple of the file, each in one change alone."""
    named = [str(one) for change in door.changes(store) for one in change.writes]
    return TUPLES == len(named) == len(set(named))


@pytest.mark.parametrize("_round", range(KILLS))
def test_a_killed_client(
    door: Authorizer, store: str, server: Neo4jServer, graph: Graph, tmp_path: Path, _round: int
) -> None:
    """`kill -9` of the command at any moment: run again until it ends, all is written, nothing twice."""
    file = tmp_path / "members.jsonl"
    file.write_bytes(members(TUPLES))
    words = ("import", str(file), "--store", store, "--json")
    with started(*words, env=on(server)) as process:
        # Sometimes before the first change, sometimes in the middle of one.
        wait = secrets.randbelow(PIECES)
        _until(lambda: len(door.changes(store)) > wait or process.poll() is not None)
        time.sleep(secrets.randbelow(100) / 1000)
        stop(process, 9)
    before = sum(len(change.writes) for change in door.changes(store))
    assert 0 == before % MAX_TUPLES_PER_CHUNK
    with started(*words, env=on(server)) as process:
        out, err = process.communicate(timeout=120)
    assert 0 == process.returncode, err
    last = json.loads(out)
    # What the killed one was writing may have been committed after it was gone.
    assert TUPLES == last["written"] + last["skipped"]
    assert last["skipped"] >= before
    assert written_once(door, store)
    assert TUPLES == len(graph.tuples(store))


@pytest.mark.parametrize("_round", range(KILLS))
def test_a_killed_neo4j(tmp_path: Path, _round: int) -> None:
    """`kill -9` of Neo4j amid an import: the import fails, and run again on what Neo4j recovered it ends whole."""
    file = io.BytesIO(members(TUPLES))
    lease = acquire(tmp_path, Settings().cache_dir)
    with _door(lease) as door, _door(lease) as watching:
        door.create_store("killed")
        door.write_model("killed", MODEL)
        killer = threading.Thread(target=_kill, args=(lease, watching))
        killer.start()
        with pytest.raises(StoreError) as failed:
            list(Importer(door, file, Import("killed")).steps())
        killer.join()
    assert failed.value.code in {"store_unavailable", "commit_unknown", "deadline_exceeded"}
    lease.release()
    with acquire(tmp_path, Settings().cache_dir) as again, _door(again) as door:
        last = list(Importer(door, file, Import("killed")).steps())[-1]
        assert TUPLES == last.written + last.skipped
        assert last.skipped > 0
        assert written_once(door, "killed")


@pytest.mark.parametrize("_round", range(KILLS))
def test_a_killed_service(
    door: Authorizer, store: str, server: Neo4jServer, graph: Graph, tmp_path: Path, _round: int
) -> None:
    """`kill -9` of the service amid an import by HTTP: sent again to another, all is written, nothing twice."""
    body = members(TUPLES)
    connection = join(server, Settings())
    with connection.authorizer:
        secret = make_key(connection.keeper, store)[1]
    with serving(server, tmp_path) as service, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(_sent, service.port, secret, store, body)
        wait = secrets.randbelow(PIECES)
        _until(lambda: len(door.changes(store)) > wait or sent.done())
        time.sleep(secrets.randbelow(100) / 1000)
        parent = psutil.Process(service.process.pid)
        for one in (*parent.children(), parent):
            one.kill()
        before = sum(len(change.writes) for change in door.changes(store))
        with suppress(OSError, HTTPException):
            sent.result()
    with serving(server, tmp_path) as service:
        last = _sent(service.port, secret, store, body)["outcome"]
    assert TUPLES == last["written"] + last["skipped"]
    assert last["skipped"] >= before
    assert written_once(door, store)
    assert TUPLES == len(graph.tuples(store))


def _sent(port: int, secret: str, store: str, body: bytes) -> dict[str, Any]:
    """The last line of the answer to an import."""
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/x-ndjson"}
    with closing(connection):
        connection.request("POST", f"/v1/stores/{store}/import", body, headers)
        last: dict[str, Any] = json.loads(connection.getresponse().read().splitlines()[-1])
    return last


def _kill(lease: Lease, watching: Authorizer) -> None:
    """Kill Neo4j once something was written."""
    _until(lambda: len(watching.changes("killed")) > 2)
    time.sleep(secrets.randbelow(100) / 1000)
    psutil.Process(lease.pid).kill()


def _door(lease: Lease) -> Authorizer:
    connection = join(lease.server, Settings(deadline=20))
    prepare(connection.keeper)
    return connection.authorizer


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
