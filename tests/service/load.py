"""Load for tests: clients that ask all the while, and what became of each of their requests."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from statistics import median
from typing import Any, Final

from tests.service.client import Reply
from tests.service.site import HOME, TUPLE

# Far past any deadline: a request that takes so long is a hang.
HANG_SECONDS: Final = 30.0
# Of clients that ask beside something else, which they would take half of the machine from.
PAUSE: Final = 0.02
ASKED: Final = (("member:ada", True), ("member:bob", False))


@dataclass(frozen=True, slots=True)
class Ended:
    """A request and its answer; `reply` is None where the connection broke first."""

    body: dict[str, Any]
    began: float
    seconds: float
    reply: Reply | None

    @property
    def status(self) -> int | None:
        """The answer's."""
        return self.reply.status if self.reply is not None else None


def ask(port: int, secret: str, path: str, body: dict[str, Any]) -> Ended:
    """One request on a connection of its own, sent once."""
    connection = HTTPConnection("127.0.0.1", port, timeout=HANG_SECONDS)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Connection": "close"}
    began = time.monotonic()
    reply = None
    try:
        connection.request("POST", path, json.dumps(body), headers)
        answer = connection.getresponse()
        names = {name.lower(): value for name, value in answer.getheaders()}
        reply = Reply(answer.status, names, answer.read())
    except TimeoutError:
        raise
    except (OSError, HTTPException):
        pass
    finally:
        connection.close()
    return Ended(body, began, time.monotonic() - began, reply)


@dataclass(slots=True)
class Load:
    """What clients saw so far, in the order of the answers."""

    ended: list[Ended] = field(default_factory=list)
    over: bool = False

    def since(self, when: float) -> list[Ended]:
        """What was asked from then on."""
        return [one for one in self.ended if one.began >= when]

    def answered(self) -> list[Ended]:
        """What got 200."""
        return [one for one in self.ended if one.status == 200]

    def shown(self) -> str:
        """Its figures."""
        statuses = [one.status for one in self.ended]
        counts = {str(one): statuses.count(one) for one in sorted(set(statuses), key=str)}
        times = sorted(one.seconds for one in self.ended) or [0.0]
        return f"{len(statuses)} requests, {counts}, median {median(times):.3f} s, longest {times[-1]:.3f} s"


@contextmanager
def running(clients: int, act: Callable[[Load, int], None]) -> Iterator[Load]:
    """So many clients, each of which acts again and again, with its number, until this ends."""
    load = Load()

    def go(number: int) -> None:
        while not load.over:
            act(load, number)

    with ThreadPoolExecutor(clients) as pool:
        going = [pool.submit(go, number) for number in range(clients)]
        try:
            yield load
        finally:
            load.over = True
    for one in going:
        one.result()


@contextmanager
def checking(port: int, secret: str, clients: int = 8, pause: float = 0.0) -> Iterator[Load]:
    """Clients that ask what is allowed and what is denied, in turn, as fast as they can, or with a pause between."""

    def act(load: Load, _number: int) -> None:
        for subject, _ in ASKED:
            load.ended.append(ask(port, secret, f"{HOME}/check", TUPLE | {"subject": subject}))
            time.sleep(pause if load.ended[-1].status == 200 else 0.1)

    with running(clients, act) as load:
        yield load


def assert_right(load: Load, *, longest: float, broken: bool = False) -> None:
    """No answer is wrong, what is not answered is 503 with Retry-After, and none took longer.

    Connections break only where `broken` says that they may.
    """
    expected = dict(ASKED)
    assert [] == [
        one for one in load.answered() if one.reply and expected[one.body["subject"]] != one.reply.json["allowed"]
    ]
    assert {one.status for one in load.ended} <= {200, 503} | ({None} if broken else set())
    assert [] == [
        one for one in load.ended if one.status == 503 and one.reply and "1" != one.reply.headers["retry-after"]
    ]
    assert max(one.seconds for one in load.ended) < longest


def first_success(load: Load, when: float, patience: float) -> float:
    """How long after that moment the first request was answered 200, whenever it was asked."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = [one.began + one.seconds for one in list(load.ended) if one.status == 200]
        later = [at for at in found if at > when]
        if later:
            return min(later) - when
        time.sleep(0.02)
    raise AssertionError(f"nothing was answered in {patience} s")
