"""Faults under load: workers killed, Neo4j slow, silent, stopped or killed, clients that trickle, too many of them.

What may fail, fails with 503 or a broken connection, within the deadline; no answer is ever wrong, no acknowledged
write is lost or made twice, and the service recovers by itself.
"""

from __future__ import annotations

import json
import os
import random
import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

import psutil
import pytest

from iamgraph.service.incoming import MAX_ARRIVAL_SECONDS
from tests.proxy import proxied
from tests.service.conftest import MODEL
from tests.service.load import ASKED, PAUSE, Load, ask, assert_right, checking, first_success, running
from tests.service.process import WORKERS, serving
from tests.service.site import DEADLINE, HOME, TUPLE, Site, opened, warm

pytestmark = pytest.mark.long

KILLS: Final = int(os.environ.get("IAMGRAPH_KILLS", "3"))
OVERLOAD: Final = int(os.environ.get("IAMGRAPH_OVERLOAD", "3"))
TRICKLING: Final = int(os.environ.get("IAMGRAPH_TRICKLING", "50"))
RESTARTS: Final = int(os.environ.get("IAMGRAPH_RESTARTS", "2"))
CLIENTS: Final = 8
# Promises, with room for a busy machine.
LONGEST: Final = DEADLINE + 3.0
WELL_SECONDS: Final = 10.0
RESTART_SECONDS: Final = 40.0  # a Neo4j that has just started is slow, the more so beside other tests


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service, and a Neo4j of its own."""
    with opened(tmp_path_factory.mktemp("load")) as site:
        warm(site.port, site.secret)
        yield site


def show(what: str) -> None:
    """The long run shows its figures."""
    print(what)  # noqa: T201


# --- clients that are slow, or too many ---


@dataclass(slots=True)
class Trickle:
    """A connection on which one request is sent byte by byte, but for a part that goes at once."""

    at_once: bytes
    rest: bytes
    sock: socket.socket = field(init=False)
    answer: bytes = b""
    seconds: float | None = None  # until its end

    def step(self, began: float) -> None:
        """The next byte, if there is one and the service still listens; and what it says."""
        if self.seconds is None:
            with suppress(OSError):
                self.sock.send(self.rest[:1])
                self.rest = self.rest[1:]
            with suppress(BlockingIOError):
                self._hear(began)

    def _hear(self, began: float) -> None:
        try:
            data = self.sock.recv(65_536)
        except ConnectionError:
            data = b""
        self.answer += data
        if not data:
            self.seconds = time.monotonic() - began


def trickles(secret: str) -> list[Trickle]:
    """Slow requests of each kind: their heads, their bodies, and bodies in chunks."""
    post = f"POST {HOME}/check HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n".encode()
    post += b"Content-Type: application/json\r\n"
    body = json.dumps(TUPLE).encode()
    kinds = [
        (b"", post),
        (post + b"Content-Length: %d\r\n\r\n" % len(body), body),
        (post + b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"),
    ]
    return [Trickle(*kinds[i % len(kinds)]) for i in range(TRICKLING)]


def test_who_trickles_holds_up_nobody(site: Site) -> None:
    """While many send a byte a second others are answered as ever, and those are told their end by a named limit."""
    slow = trickles(site.secret)
    with ExitStack() as open_:
        for one in slow:
            one.sock = open_.enter_context(socket.create_connection(("127.0.0.1", site.port), timeout=10))
            one.sock.sendall(one.at_once)
            one.sock.setblocking(False)
        began = time.monotonic()
        with checking(site.port, site.secret, 1, PAUSE) as load:
            while any(one.seconds is None for one in slow) and time.monotonic() < began + 2 * MAX_ARRIVAL_SECONDS:
                for one in slow:
                    one.step(began)
                time.sleep(1)
    assert_right(load, longest=LONGEST)
    assert len(load.ended) == len(load.answered())
    assert median(one.seconds for one in load.ended) < 1
    assert [True] * TRICKLING == [one.answer.startswith(b"HTTP/1.1 408 ") for one in slow]
    assert [True] * TRICKLING == [b'"code": "request_too_slow"' in one.answer for one in slow]
    ends = [one.seconds for one in slow if one.seconds is not None]
    assert TRICKLING == len(ends)
    assert MAX_ARRIVAL_SECONDS - 1 < min(ends)
    assert max(ends) < MAX_ARRIVAL_SECONDS + 5
    show(f"{TRICKLING} trickled and were ended after {min(ends):.1f} to {max(ends):.1f} s; meanwhile {load.shown()}")


@dataclass(slots=True)
class Shot:
    """A request that does not wait for those before it."""

    allowed: bool
    began: float
    answer: bytes = b""
    seconds: float = 0.0


class Gun:
    """Sends checks at a rate, each on a connection of its own, whatever becomes of them."""

    def __init__(self, site: Site) -> None:
        """Loaded with one request for each of what is asked."""
        self._site = site
        self._selector = selectors.DefaultSelector()
        self._raw = {allowed: self._request(subject) for subject, allowed in ASKED}
        self.ended: list[Shot] = []
        self.broken: list[Shot] = []

    def _request(self, subject: str) -> bytes:
        body = json.dumps(TUPLE | {"subject": subject}).encode()
        head = f"POST {HOME}/check HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self._site.secret}\r\n"
        head += f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def fire(self, rate: float, seconds: float) -> None:
        """So many a second; then all that are under way come to their end."""
        began = time.monotonic()
        sent = 0
        while (now := time.monotonic()) < began + seconds:
            while sent < (now - began) * rate:
                self._shoot(sent)
                sent += 1
            self._hear(0.001)
        while self._selector.get_map() and time.monotonic() < began + seconds + 3 * DEADLINE:
            self._hear(0.05)

    @property
    def under_way(self) -> int:
        """Requests without an end."""
        return len(self._selector.get_map())

    def _shoot(self, number: int) -> None:
        sock = socket.socket()
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.connect(("127.0.0.1", self._site.port))
        shot = Shot(number % 2 == 0, time.monotonic())
        self._selector.register(sock, selectors.EVENT_WRITE, shot)

    def _hear(self, timeout: float) -> None:
        for key, events in self._selector.select(timeout):
            sock, shot = key.fileobj, key.data
            assert isinstance(sock, socket.socket)
            try:
                if events & selectors.EVENT_WRITE:
                    sock.sendall(self._raw[shot.allowed])
                    self._selector.modify(sock, selectors.EVENT_READ, shot)
                    continue
                data = sock.recv(65_536)
            except OSError:
                self._end(sock, shot, self.broken)
                continue
            shot.answer += data
            if not data:
                self._end(sock, shot, self.ended)

    def _end(self, sock: socket.socket, shot: Shot, where: list[Shot]) -> None:
        self._selector.unregister(sock)
        sock.close()
        shot.seconds = time.monotonic() - shot.began
        where.append(shot)


def test_too_many_requests_are_refused_and_the_rest_is_right(site: Site) -> None:
    """At several times what is possible each is answered right and in time, or refused at once; then all is well."""
    with checking(site.port, site.secret) as before:
        time.sleep(1)
    gun = Gun(site)
    rate = OVERLOAD * len(before.answered())
    gun.fire(rate, 5)
    over = time.monotonic()
    with checking(site.port, site.secret) as after:
        healed = first_success(after, over, WELL_SECONDS)
        time.sleep(1)
    statuses = Counter(one.answer[9:12] for one in gun.ended)
    answered = [one for one in gun.ended if one.answer.startswith(b"HTTP/1.1 200 ")]
    refused = [one for one in gun.ended if one.answer.startswith(b"HTTP/1.1 503 ")]
    longest = max(one.seconds for one in gun.ended)
    show(f"{rate} a second for 5 s: {dict(statuses)}, {len(gun.broken)} broken, longest {longest:.3f} s")
    assert (0, 0) == (gun.under_way, len(gun.broken))
    assert len(gun.ended) == len(answered) + len(refused)
    assert [] == [one for one in answered if (b'"allowed":true' in one.answer) != one.allowed]
    assert [] == [one for one in refused if b"retry-after: 1\r\n" not in one.answer.lower()]
    assert answered
    assert refused
    assert longest < 2 * DEADLINE
    assert healed < 1.5
    assert_right(after, longest=LONGEST)
    assert len(after.ended) == len(after.answered())


# --- workers ---


@dataclass(slots=True)
class Writers:
    """Clients that write tuples, each of its own, and send a write again with its key until it is acknowledged."""

    site: Site
    home: str
    acknowledged: set[str] = field(default_factory=set)
    next: Counter[int] = field(default_factory=Counter)

    def write(self, load: Load, number: int) -> None:
        """One attempt; once it is acknowledged, what was written holds and nothing else does."""
        name = f"resource:{number}-{self.next[number]}"
        body = {"writes": [TUPLE | {"object": name}], "idempotency_key": name}
        load.ended.append(ask(self.site.port, self.site.secret, f"{self.home}/tuples/write", body))
        if load.ended[-1].status != 200:
            time.sleep(0.02)
            return
        self.acknowledged.add(name)
        self.next[number] += 1
        for subject, _ in ASKED:
            question = TUPLE | {"subject": subject, "object": name}
            load.ended.append(ask(self.site.port, self.site.secret, f"{self.home}/check", question))


def test_killed_workers_lose_and_double_nothing(site: Site) -> None:
    """Workers are killed while clients write: each acknowledged write is there exactly once, and all is well soon."""
    home = "/v1/stores/kills"
    with site.client() as client:
        assert 201 == client.post("/v1/stores", {"id": "kills"}).status
        assert 201 == client.post(f"{home}/models", {"text": MODEL}).status
    writers = Writers(site, home)
    chance = random.Random(KILLS)
    with running(CLIENTS, writers.write) as load:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.2, 1))
            killed = _kill_a_worker(site, chance)
        over = time.monotonic()
        _until_replaced(site, killed)
        warm(site.port, site.secret)
        well = time.monotonic() - over
        until = {number: written + 1 for number, written in writers.next.items()}
        while any(writers.next[number] < wanted for number, wanted in until.items()) and time.monotonic() < over + 30:
            time.sleep(0.05)
    show(f"{KILLS} kills, {len(writers.acknowledged)} writes, well after {well:.1f} s, {load.shown()}")
    assert well < WELL_SECONDS
    checks = [one for one in load.ended if "subject" in one.body and one.reply is not None and one.status == 200]
    assert [] == [one for one in checks if one.reply and dict(ASKED)[one.body["subject"]] != one.reply.json["allowed"]]
    assert {one.status for one in load.ended} <= {200, 503, None}
    _assert_once(site, home, writers)


def _kill_a_worker(site: Site, chance: random.Random) -> int:
    """Its pid."""
    end = time.monotonic() + WELL_SECONDS
    while len(site.service.workers()) < WORKERS and time.monotonic() < end:
        time.sleep(0.02)
    pid = chance.choice(sorted(site.service.workers()))
    psutil.Process(pid).kill()
    return pid


def _until_replaced(site: Site, killed: int) -> None:
    end = time.monotonic() + WELL_SECONDS
    while len(site.service.workers() - {killed}) < WORKERS and time.monotonic() < end:
        time.sleep(0.02)
    assert WORKERS == len(site.service.workers() - {killed})


def _assert_once(site: Site, home: str, writers: Writers) -> None:
    """Changes have revisions without a gap, and hold each acknowledged tuple once; what else, was sent last."""
    changes: list[dict[str, object]] = []
    with site.client() as client:
        while page := client.get(f"{home}/changes?since={len(changes)}&limit=1000").json["changes"]:
            changes += page
    assert list(range(1, len(changes) + 1)) == [one["revision"] for one in changes]
    times = Counter(_written(changes))
    # The last write of a client may have been made without its client knowing.
    in_doubt = {f"resource:{number}-{written}" for number, written in writers.next.items()}
    assert {1} == set(times.values())
    assert writers.acknowledged <= set(times) <= writers.acknowledged | in_doubt


def _written(changes: list[dict[str, object]]) -> Iterator[str]:
    for change in changes:
        writes = change["writes"]
        assert isinstance(writes, list)
        yield from (one["object"] for one in writes)


# --- Neo4j ---


def test_a_slow_and_a_silent_neo4j(site: Site, tmp_path: Path) -> None:
    """Behind a slow network checks are right or 503 in time, behind a silent one 503; health answers; it recovers."""
    with proxied(site.server) as (proxy, seen), serving(seen, tmp_path, deadline=str(DEADLINE)) as service:
        warm(service.port, site.secret)
        proxy.delay = 0.2
        with checking(service.port, site.secret) as slow:
            time.sleep(3)
        proxy.delay = 0.0
        _well_soon(service.port, site.secret)
        with checking(service.port, site.secret) as half_open:
            time.sleep(0.5)
            with proxy.silence():
                silent_from = time.monotonic()
                time.sleep(DEADLINE + 1.5)
                began = time.monotonic()
                assert 200 == ask_health(service.port)
                health = time.monotonic() - began
                silent_to = time.monotonic()
            healed = first_success(half_open, silent_to, WELL_SECONDS)
        _well_soon(service.port, site.secret)
    show(f"slow: {slow.shown()}; silent: {half_open.shown()}, health {health:.3f} s, answered after {healed:.1f} s")
    assert_right(slow, longest=LONGEST)
    assert slow.answered()
    assert min(one.seconds for one in slow.answered() if one.began > slow.ended[0].began + 0.5) > 0.2
    assert_right(half_open, longest=LONGEST)
    ends = [(one.began + one.seconds, one.status) for one in half_open.ended]
    meanwhile = [status for ended, status in ends if silent_from + 0.5 < ended < silent_to]
    assert {503} == set(meanwhile)
    assert health < DEADLINE / 2


def ask_health(port: int) -> int:
    """The status of the service's health."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return int(sock.recv(65_536)[9:12])


def _well_soon(port: int, secret: str) -> None:
    began = time.monotonic()
    warm(port, secret)
    assert time.monotonic() - began < WELL_SECONDS


@pytest.mark.parametrize("seconds", [1, 5])
def test_a_stopped_neo4j_under_load(site: Site, seconds: int) -> None:
    """Neo4j stops for a while: what is asked is right or 503 in time, the workers live, and it goes on at once."""
    warm(site.port, site.secret)
    workers = site.service.workers()
    with checking(site.port, site.secret) as load:
        time.sleep(0.5)
        with site.stopped():
            time.sleep(seconds)
        healed = first_success(load, time.monotonic(), WELL_SECONDS)
        time.sleep(1)
    show(f"stopped for {seconds} s: {load.shown()}, answered after {healed:.1f} s")
    assert_right(load, longest=LONGEST)
    assert seconds < DEADLINE or 503 in {one.status for one in load.ended}
    assert workers == site.service.workers()
    _well_soon(site.port, site.secret)


def test_a_neo4j_that_is_killed_again_and_again(site: Site) -> None:
    """Neo4j is killed and started several times in a row: nothing wrong, nothing late, no worker dies."""
    warm(site.port, site.secret)
    workers = site.service.workers()
    healed: list[float] = []
    with ExitStack() as leases, checking(site.port, site.secret, pause=PAUSE) as load:
        for _ in range(RESTARTS):
            site.kill()
            leases.enter_context(site.start())
            healed.append(first_success(load, time.monotonic(), RESTART_SECONDS))
    show(f"{RESTARTS} restarts: {load.shown()}, answered after {', '.join(f'{one:.1f}' for one in healed)} s")
    assert_right(load, longest=LONGEST)
    assert {200, 503} == {one.status for one in load.ended}
    assert max(healed) < RESTART_SECONDS
    assert workers == site.service.workers()
    _well_soon(site.port, site.secret)
