"""HTTP as cheap as it gets: requests made ready beforehand, one kept connection a client, answers hardly parsed.

The load shares its machine with what it measures, so what it costs is missing there.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from iamgraph.bench.organisation import Question
from iamgraph.errors import RequestError, StoreError

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_ANSWER: Final = re.compile(rb'"allowed":(true|false)|"error":')
_ANSWERS: Final = {b"true": True, b"false": False, b"": None}
_CHUNK: Final = 262_144


class WrongAnswer(Exception):  # noqa: N818 - what it says is the error
    """An answer differs from the evaluation, so nothing measured counts."""

    def __init__(self, question: str, allowed: bool, found: str) -> None:
        """`found` is what was answered instead of `allowed`."""
        right = "allowed" if allowed else "denied"
        super().__init__(f"wrong answer: `{question}` is {right}, answered was {found}")


@dataclass(frozen=True, slots=True)
class Target:
    """A service, and the key that opens it."""

    host: str
    port: int
    key: str | None

    def connect(self) -> socket.socket:
        """A connection that blocks nobody once it stands."""
        try:
            found = socket.create_connection((self.host, self.port), timeout=5)
        except OSError as fault:
            raise StoreError(
                f"no service answers at `http://{self.host}:{self.port}`", code="service_unavailable"
            ) from fault
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        found.setblocking(False)
        return found

    def request(self, path: str, body: Any = None) -> bytes:
        """The bytes of a request: a POST where there is a body."""
        given = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", f"Host: {self.host}:{self.port}"]
        if self.key is not None:
            lines.append(f"Authorization: Bearer {self.key}")
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(given)}"]
        return "\r\n".join([*lines, "\r\n"]).encode() + given


def target(url: str, key: str | None) -> Target:
    """The service at a URL; `RequestError` where that is none of plain HTTP."""
    parts = urlsplit(url)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port or parts.path.strip("/"):
        raise RequestError(f"malformed URL `{url}`: load goes to `http://HOST:PORT` only", code="malformed_url")
    return Target(parts.hostname, port, key)


@dataclass(frozen=True, slots=True)
class Call:
    """A request made ready, and the questions it asks; one that `insists` is made until it succeeds.

    So does a write that answers after it depend on: whether one that failed was done, nobody knows.
    """

    request: bytes
    asked: tuple[Question, ...] = ()
    insists: bool = False

    def judge(self, body: bytes) -> int:
        """How many of its questions were answered; raises `WrongAnswer`. One answered by an error is none."""
        if not self.asked:
            return 0
        found = [_ANSWERS[one[1] or b""] for one in _ANSWER.finditer(body)]
        if len(found) != len(self.asked):
            raise WrongAnswer(str(self.asked[0]), self.asked[0].allowed, f"{len(found)} of {len(self.asked)} answers")
        for one, answer in zip(self.asked, found, strict=True):
            if answer is not None and answer is not one.allowed:
                raise WrongAnswer(str(one), one.allowed, "allowed" if answer else "denied")
        return sum(answer is not None for answer in found)


def check(to: Target, store: str, one: Question) -> Call:
    """One check."""
    return Call(to.request(f"/v1/stores/{store}/check", _asked(one)), (one,))


def checks(to: Target, store: str, asked: Sequence[Question]) -> Call:
    """Many checks in one request."""
    return Call(to.request(f"/v1/stores/{store}/checks", {"checks": list(map(_asked, asked))}), tuple(asked))


def _asked(one: Question) -> dict[str, str]:
    return {"subject": one.member, "relation": one.relation, "object": one.object}


def write(to: Target, store: str, stated: tuple[str, str, str], *, delete: bool = False) -> Call:
    """A tuple written, or deleted; it may be done twice."""
    object_, relation, subject = stated
    named = "deletes" if delete else "writes"
    body = {named: [{"subject": subject, "relation": relation, "object": object_}], "on_missing": "ignore"}
    return Call(to.request(f"/v1/stores/{store}/tuples/write", body), insists=True)


class Client:
    """A kept connection with at most one request on its way."""

    __slots__ = ("_received", "_to", "call", "socket", "started")

    def __init__(self, to: Target) -> None:
        self._to = to
        self._received = b""
        self.socket = to.connect()
        self.call: Call | None = None
        self.started = 0.0

    def send(self, call: Call, started: float) -> None:
        """Send a request, that counts from `started`."""
        self.call, self.started, self._received = call, started, b""
        sent = self.socket.send(call.request)
        while sent < len(call.request):
            # A batch may be more than the socket takes at once.
            self.socket.setblocking(True)
            sent += self.socket.send(call.request[sent:])
            self.socket.setblocking(False)

    def receive(self) -> tuple[int, bytes] | None:
        """Status and body once they are there; raises `ConnectionError` where the service hung up."""
        more = self.socket.recv(_CHUNK)
        if not more:
            raise ConnectionError
        self._received += more
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return None
        length = _LENGTH.search(self._received, 0, head + 2)
        if length is None:
            raise ConnectionError
        if len(self._received) < head + 4 + int(length[1]):
            return None
        self.call = None
        return int(self._received[9:12]), self._received[head + 4 :]

    def reconnect(self) -> None:
        """A new connection in place of one that ended."""
        self.socket.close()
        self.call = None
        self.socket = self._to.connect()

    def close(self) -> None:
        """End the connection."""
        self.socket.close()
