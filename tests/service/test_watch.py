"""Following a store over HTTP: long polls and streams of events, their bounds and ends, and going on after a break."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest

from iamgraph.questions import StoreInfo
from iamgraph.service.retention import Retention
from iamgraph.service.streams import RESERVED_THREADS
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.proxy import proxied
from tests.service.client import Client
from tests.service.process import Running, serving
from tests.service.sse import Event, streaming

THREADS: Final = 4
# How long a stream may take to end, on a busy machine.
PROMPT_SECONDS: Final = 10.0

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def lone(server: Neo4jServer, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service of one worker, so that its bounds can be counted."""
    with serving(server, tmp_path_factory.mktemp("lone"), workers="1", threads=str(THREADS)) as running:
        yield running


@pytest.fixture
def idle(lone: Running, secret: str, home: str) -> None:
    """Waits until no stream of another test holds a thread."""
    end = time.monotonic() + PROMPT_SECONDS
    with ThreadPoolExecutor(THREADS - RESERVED_THREADS) as pool:

        def poll(_: int) -> int:
            with Client(lone.port, secret) as one:
                return one.get(f"{home}/changes?since=1&wait=0.5").status

        while {200} != set(pool.map(poll, range(THREADS - RESERVED_THREADS))) and time.monotonic() < end:
            time.sleep(0.2)


def viewer(name: str) -> dict[str, str]:
    """A tuple that lets somebody view the wiki."""
    return {"subject": f"member:{name}", "relation": "viewer", "object": "resource:wiki"}


def write(client: Client, home: str, *names: str) -> None:
    """One change for each name."""
    for name in names:
        assert 200 == client.post(f"{home}/tuples/write", {"writes": [viewer(name)]}).status


def told(events: list[Event]) -> list[tuple[int, list[str]]]:
    """Revisions and subjects of events."""
    assert {"change"} >= {one.name for one in events}
    return [(one.data["revision"], [each["subject"] for each in one.data["writes"]]) for one in events]


# --- long polls --------------------------------------------------------------------------------------------


def test_a_page_gives_the_cursor_of_the_next(client: Client, home: str) -> None:
    """Pages by cursor follow each other; the last says that there is no more."""
    write(client, home, "ada", "bob")
    first = client.get(f"{home}/changes?since=1&limit=1").json
    assert ([2], True) == ([one["revision"] for one in first["changes"]], first["more"])
    second = client.get(f"{home}/changes?limit=5&cursor={quote(first['cursor'])}").json
    assert ([3], False) == ([one["revision"] for one in second["changes"]], second["more"])


def test_a_long_poll_waits_for_a_change(client: Client, service: Running, secret: str, home: str) -> None:
    """A poll that waits is answered once there is a change, made by whichever worker."""
    with ThreadPoolExecutor(1) as pool, Client(service.port, secret) as other:
        waiting = pool.submit(other.get, f"{home}/changes?since=1&wait=20")
        time.sleep(0.5)
        assert not waiting.done()
        write(client, home, "ada")
        assert [2] == [one["revision"] for one in waiting.result().json["changes"]]


def test_a_long_poll_ends(client: Client, home: str) -> None:
    """A poll for which nothing comes is answered empty, with a cursor to go on from."""
    reply = client.get(f"{home}/changes?since=1&wait=0.3").json
    assert ([], False) == (reply["changes"], reply["more"])
    write(client, home, "ada")
    assert 1 == len(client.get(f"{home}/changes?cursor={quote(reply['cursor'])}").json["changes"])


def test_only_what_is_asked_for(client: Client, home: str) -> None:
    """Types and relations may be named more than once, and nothing else is told but models."""
    group = {"subject": "member:eve", "relation": "member", "object": "group:eng"}
    client.post(f"{home}/tuples/write", {"writes": [viewer("ada"), group]})
    owner = viewer("ada") | {"relation": "owner"}
    client.post(f"{home}/tuples/write", {"writes": [owner]})
    changes = client.get(f"{home}/changes?since=1&type=group&type=resource&relation=member&relation=owner").json
    assert [["group:eng"], ["resource:wiki"]] == [[one["object"] for one in c["writes"]] for c in changes["changes"]]
    assert [2] == [one["revision"] for one in client.get(f"{home}/changes?since=1&type=group").json["changes"]]


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("cursor=AAAA", (400, "zookie_refused", "/cursor")),
        ("since=1&cursor=AAAA", (400, "malformed_cursor", "/cursor")),
        ("wait=21", (400, "malformed_wait", "/wait")),
        ("wait=nan", (400, "invalid_request", "/wait")),
        ("type=NO%20TYPE", (400, "malformed_name", "/type")),
        ("since=1&since=2", (400, "malformed_request", None)),
    ],
)
def test_wrong_questions(client: Client, shared: str, query: str, answer: tuple[int, str, str | None]) -> None:
    """What makes no sense is refused with its field."""
    assert answer == client.get(f"{shared}/changes?{query}").problem


def test_what_is_gone_is_410(client: Client, keeper: Neo4jKeeper, home: str) -> None:
    """Asked from before what is kept, a page and a stream are 410 with what to do."""
    write(client, home, "ada")
    keeper.trim(home.rpartition("/")[2], datetime.now(UTC))
    for route in ("changes", "watch"):
        assert (410, "changes_gone", None) == client.get(f"{home}/{route}").problem
    assert [] == client.get(f"{home}/changes?since=2").json["changes"]


# --- streams -----------------------------------------------------------------------------------------------


def test_a_stream_tells_each_change_and_goes_on_after_a_break(
    client: Client, lone: Running, secret: str, home: str
) -> None:
    """Changes of before and after its start are told once each; the last id goes on from there on a new stream."""
    write(client, home, "a", "b")
    with streaming(lone.port, secret, f"{home}/watch?since=1") as stream:
        assert 200 == stream.status
        events = stream.events()
        first = list(islice(events, 2))
        write(client, home, "c")
        first.append(next(events))
    write(client, home, "d", "e")
    with streaming(lone.port, secret, f"{home}/watch?since=1", last_id=first[1].id) as stream:
        second = list(islice(stream.events(), 3))
    assert [(2, ["member:a"]), (3, ["member:b"]), (4, ["member:c"])] == told(first)
    assert [(4, ["member:c"]), (5, ["member:d"]), (6, ["member:e"])] == told(second)


@pytest.mark.usefixtures("idle")
def test_streams_and_writers_at_once(client: Client, lone: Running, service: Running, secret: str, home: str) -> None:
    """While changes are made through two workers, streams of another service tell all of them in order."""
    count = 20

    def follow(_: int) -> list[tuple[int, list[str]]]:
        with streaming(lone.port, secret, f"{home}/watch?since=1") as stream:
            return told(list(islice(stream.events(), count)))

    def send(i: int) -> None:
        with Client(service.port, secret) as one:
            write(one, home, *(f"{i}-{j}" for j in range(count // 2)))

    with ThreadPoolExecutor(4) as pool:
        following = [pool.submit(follow, i) for i in range(THREADS - RESERVED_THREADS)]
        list(pool.map(send, range(2)))
        first, second = (one.result() for one in following)
    assert first == second
    assert list(range(2, count + 2)) == [revision for revision, _ in first]


@pytest.mark.usefixtures("idle")
def test_a_stream_moves_past_what_it_does_not_tell(client: Client, lone: Running, secret: str, home: str) -> None:
    """The last id moves on with changes that were not asked for, so that a new stream need not read them again."""
    write(client, home, "a", "b")
    with streaming(lone.port, secret, f"{home}/watch?since=1&type=group") as stream:
        threading.Thread(target=_later, args=(client, home)).start()
        events = list(islice(stream.events(), 1))
    assert [4] == [one.data["revision"] for one in events]
    with streaming(lone.port, secret, f"{home}/watch?type=group", last_id=stream.last_id) as stream:
        threading.Thread(target=_later, args=(client, home)).start()
        assert [5] == [one.data["revision"] for one in islice(stream.events(), 1)]


def _later(client: Client, home: str) -> None:
    time.sleep(0.3)
    client.post(f"{home}/tuples/write", {"writes": [viewer("x") | {"relation": "member", "object": "group:eng"}]})


@pytest.mark.usefixtures("idle")
def test_some_threads_are_kept_free(lone: Running, secret: str, home: str) -> None:
    """As many requests may wait as leave two threads; the next is told to try again, and others are answered."""
    path = f"{home}/watch?since=1"
    most = THREADS - RESERVED_THREADS
    with Client(lone.port, secret) as other:
        with streaming(lone.port, secret, path) as first, streaming(lone.port, secret, path) as second:
            assert [200] * most == [first.status, second.status]
            for refused in (other.get(path), other.get(f"{home}/changes?wait=5")):
                assert (503, "too_many_watchers", None) == refused.problem
                assert "1" == refused.headers["retry-after"]
            assert 200 == other.get(f"{home}/changes").status
            assert 200 == other.get(home).status
        end = time.monotonic() + PROMPT_SECONDS
        while (status := other.get(f"{home}/changes?since=1&wait=0.1").status) == 503 and time.monotonic() < end:
            time.sleep(0.2)
        assert 200 == status


@pytest.mark.usefixtures("idle")
def test_a_revoked_key_ends_its_stream(client: Client, keeper: Neo4jKeeper, lone: Running, home: str) -> None:
    """A stream ends with an error once its key is revoked, and tells nothing made after that."""
    key, secret = make_key(keeper, "watcher")
    with Client(lone.port, secret) as new:
        end = time.monotonic() + PROMPT_SECONDS
        while new.get(home).status != 200 and time.monotonic() < end:
            time.sleep(0.1)
    with streaming(lone.port, secret, f"{home}/watch?since=1") as stream:
        events = stream.events()
        write(client, home, "ada")
        assert [(2, ["member:ada"])] == told([next(events)])
        end_key(keeper, key)
        time.sleep(1.5)
        write(client, home, "bob")
        (last,) = events
    assert ("error", "unauthenticated") == (last.name, last.data["code"])


def test_the_end_of_a_worker_ends_its_streams(
    server: Neo4jServer, client: Client, secret: str, home: str, tmp_path: Path
) -> None:
    """Asked to stop, the service ends streams and polls at once; a new one goes on where each was, none told twice."""
    write(client, home, "a")
    with (
        ThreadPoolExecutor(1) as pool,
        serving(server, tmp_path, workers="1") as service,
        streaming(service.port, secret, f"{home}/watch?since=1") as stream,
        Client(service.port, secret) as other,
    ):
        events = stream.events()
        seen = [next(events)]
        polling = pool.submit(other.get, f"{home}/changes?since=2&wait=20")
        time.sleep(0.5)
        began = time.monotonic()
        assert 0 == service.stop()
        assert time.monotonic() - began < PROMPT_SECONDS
        assert [] == list(events)
        poll: dict[str, Any] = polling.result().json
    write(client, home, "b")
    with serving(server, tmp_path, workers="1") as service:
        with streaming(service.port, secret, f"{home}/watch", last_id=stream.last_id) as stream:
            seen.append(next(stream.events()))
        with Client(service.port, secret) as other:
            again = other.get(f"{home}/changes?wait=5&cursor={quote(poll['cursor'])}").json
    assert [(2, ["member:a"]), (3, ["member:b"])] == told(seen)
    assert ([], [3]) == (poll["changes"], [one["revision"] for one in again["changes"]])


def test_a_stream_outlives_neo4js_absence(
    server: Neo4jServer, client: Client, secret: str, home: str, tmp_path: Path
) -> None:
    """While Neo4j cannot be reached a stream waits, and then tells all that happened meanwhile, once."""
    with (
        proxied(server) as (proxy, seen),
        serving(seen, tmp_path, workers="1") as service,
        streaming(service.port, secret, f"{home}/watch?since=1") as stream,
    ):
        events = stream.events()
        write(client, home, "a")
        found = [next(events)]
        with proxy.refusing():
            write(client, home, "b", "c")
            time.sleep(1.5)
        found += islice(events, 2)
        write(client, home, "d")
        found.append(next(events))
    assert [2, 3, 4, 5] == [revision for revision, _ in told(found)]


# --- retention ---------------------------------------------------------------------------------------------


class _OneStore:
    """A keeper that knows of one store: the others are other tests'."""

    def __init__(self, keeper: Neo4jKeeper, store: str) -> None:
        self._keeper = keeper
        self._store = store

    def until(self, end: float) -> _OneStore:
        return self

    def list_stores(self) -> tuple[StoreInfo, ...]:
        return (self._keeper.get_store(self._store),)

    def trim(self, store: str, before: datetime) -> int:
        return self._keeper.trim(store, before)


@pytest.mark.parametrize(("days", "kept"), [(1.0, True), (0.000_000_001, False)])
def test_old_changes_are_forgotten(client: Client, keeper: Neo4jKeeper, home: str, days: float, kept: bool) -> None:
    """What is older than the retention is trimmed at once, what is younger stays."""
    write(client, home, "a")
    time.sleep(0.1)
    retention = Retention(_OneStore(keeper, home.rpartition("/")[2]), days)
    end = time.monotonic() + (0.5 if kept else PROMPT_SECONDS)
    while (status := client.get(f"{home}/changes").status) == 200 and time.monotonic() < end:
        time.sleep(0.1)
    retention.stop()
    assert (200 if kept else 410) == status
