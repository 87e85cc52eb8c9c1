"""Clients that load a service: each waits for its answer before it asks again, or all keep to a rate whatever comes."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from selectors import EVENT_READ, DefaultSelector
from typing import Final

from iamgraph.bench.wire import Call, Client, Target
from iamgraph.errors import StoreError

# The service answers within its deadline; who waits this long has been forgotten.
DRAIN_SECONDS: Final = 10.0
# At a given rate: connections at most, and how long a call waits for one before its client gives up.
CONNECTIONS: Final = 256
PATIENCE_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Load:
    """What clients saw: milliseconds of each call answered 200, in order of size; checks answered; all other ends.

    `cpu` is the seconds the clients themselves took.
    """

    seconds: float
    times: tuple[float, ...]
    answers: int
    errors: Mapping[str, int]
    cpu: float

    @property
    def calls(self) -> int:
        """Calls answered 200."""
        return len(self.times)


class _Tally:
    """Judges every answer, and counts those of so many seconds from now."""

    def __init__(self, seconds: float) -> None:
        self.begins = time.perf_counter()
        self.ends = self.begins + seconds
        self.errors: Counter[str] = Counter()
        self._cpu = time.process_time()
        self._times: list[float] = []
        self._answers = 0

    def answered(self, call: Call, started: float, body: bytes) -> None:
        now = time.perf_counter()
        answers = call.judge(body)
        if now <= self.ends:
            self._times.append((now - started) * 1_000)
            self._answers += answers
            if answers < len(call.asked):
                self.errors["in a batch"] += len(call.asked) - answers

    def failed(self, how: str) -> None:
        if time.perf_counter() <= self.ends:
            self.errors[how] += 1

    def load(self) -> Load:
        times = tuple(sorted(self._times))
        cpu = time.process_time() - self._cpu
        return Load(self.ends - self.begins, times, self._answers, dict(self.errors), cpu)


def closed(to: Target, scripts: Sequence[Sequence[Call]], seconds: float) -> Load:
    """A client for each script, over and over: each waits for its answer before it asks again."""
    return _closed(to, [cycle(one) for one in scripts], seconds)


def through(to: Target, scripts: Sequence[Sequence[Call]], seconds: float) -> Load:
    """A client for each script, once through it, or for so many seconds if that is less."""
    return _closed(to, [iter(one) for one in scripts], seconds)


def _closed(to: Target, scripts: Sequence[Iterator[Call]], seconds: float) -> Load:
    with _clients(to, len(scripts)) as (selector, clients):
        left = dict(zip(clients, scripts, strict=True))
        tally = _Tally(seconds)
        for client, script in left.items():
            client.send(next(script), time.perf_counter())
        busy = len(clients)
        while busy and time.perf_counter() < tally.ends + DRAIN_SECONDS:
            for client, again in _moved(selector, tally, DRAIN_SECONDS):
                now = time.perf_counter()
                call = (again or next(left[client], None)) if now < tally.ends else None
                if call is None:
                    busy -= 1
                else:
                    client.send(call, now)
        if busy:
            tally.errors["unanswered"] = busy
        return tally.load()


def paced(to: Target, script: Sequence[Call], rate: float, seconds: float) -> Load:
    """So many calls a second, whatever becomes of them; a call's time counts from when it was due."""
    due: deque[tuple[float, Call]] = deque()
    calls, planned = cycle(script), 0
    with _clients(to, CONNECTIONS) as (selector, clients):
        idle = list(clients)
        tally = _Tally(seconds)
        while (now := time.perf_counter()) < tally.ends:
            while (next_due := tally.begins + planned / rate) <= now:
                due.append((next_due, next(calls)))
                planned += 1
            while due and now - due[0][0] > PATIENCE_SECONDS:
                due.popleft()
                tally.errors["gave up"] += 1
            while due and idle:
                started, call = due.popleft()
                idle.pop().send(call, started)
            idle += [client for client, _ in _moved(selector, tally, max(0.0, next_due - time.perf_counter()))]
        waiting = len(due) + CONNECTIONS - len(idle)
        if waiting:
            tally.errors["unanswered"] = waiting
        return tally.load()


@contextmanager
def _clients(to: Target, count: int) -> Iterator[tuple[DefaultSelector, list[Client]]]:
    with DefaultSelector() as selector:
        clients = [Client(to) for _ in range(count)]
        for client in clients:
            selector.register(client.socket, EVENT_READ, client)
        try:
            yield selector, clients
        finally:
            for client in clients:
                client.close()


def _moved(selector: DefaultSelector, tally: _Tally, timeout: float) -> Iterator[tuple[Client, Call | None]]:
    """The clients whose call has ended by now; with the call, if it must be made again."""
    for key, _ in selector.select(timeout):
        client: Client = key.data
        call, started = client.call, client.started
        try:
            found = client.receive()
        except ConnectionError:
            # Between calls too: a service ends connections nobody used for a while.
            selector.unregister(key.fileobj)
            client.reconnect()
            selector.register(client.socket, EVENT_READ, client)
            found = (0, b"")
        if found is None or call is None:
            continue
        status, body = found
        if status == 200:
            tally.answered(call, started, body)
            yield client, None
        else:
            tally.failed(str(status) if status else "hung up")
            yield client, _again(call, status)


def _again(call: Call, status: int) -> Call | None:
    """The call, if it must be made until it succeeds; one that is refused for what it is never would."""
    if call.insists and status in (400, 401, 403, 404, 409, 422):
        raise StoreError(f"a write was refused with {status}", code="write_refused")
    return call if call.insists else None
