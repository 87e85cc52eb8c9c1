"""Damaged HTTP over plain sockets: whatever bytes come, no answer is a fault, and the next request is answered."""

from __future__ import annotations

import json
import os
import random
import re
import socket
from typing import Final

import pytest

from tests.service.client import Client
from tests.service.process import Running

SEEDS: Final = tuple(range(4))
REQUESTS: Final = int(os.environ.get("IAMGRAPH_FUZZED", "1000")) // len(SEEDS)
TUPLE: Final = json.dumps({"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"})
# What a parser may trip over.
PIECES: Final = (
    *(b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\0", b" ", b"\t", b":", b"%", b"%00", b"%zz", b"\xff", b"\xc3\x28", b"../"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 1e9\r\n", b"content-length:\r\n"),
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"transfer-encoding: chunked, chunked\r\n"),
    *(
        b"Expect: 100-continue\r\n",
        b"Expect: tea\r\n",
        b"Connection: upgrade\r\n",
        b"Upgrade: h2c\r\n",
        b"Host: a b\r\n",
    ),
    *(b"Content-Encoding: gzip\r\n", b"Content-Type: \xe9\r\n", b"Origin: \r\n", b"X-Request-Id: \x7f\r\n"),
    *(b"HTTP/0.9", b"HTTP/1.0", b"HTTP/2.0", b"HTTP/11.1", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"PROXY TCP4 1.1.1.1 "),
    *(b"ffffffffffffffff\r\n", b"0\r\n\r\n", b"-1\r\n", b"3;a=b\r\nabc\r\n", b"a" * 9_000, b"9" * 400),
)
_STATUS: Final = re.compile(rb"HTTP/1\.[01] (\d{3}) ")


def _whole(rng: random.Random, home: str, secret: str) -> bytes:
    """A proper request, its body in one piece or in chunks, or none."""
    head = f"Host: localhost\r\nAuthorization: Bearer {secret}\r\n"
    match rng.randrange(4):
        case 0:
            return f"GET {home}/changes?since=0 HTTP/1.1\r\n{head}\r\n".encode()
        case 1:
            chunks = "".join(f"{len(one):x}\r\n{one}\r\n" for one in (TUPLE[:9], TUPLE[9:]))
            said = "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
            return f"POST {home}/check HTTP/1.1\r\n{head}{said}\r\n{chunks}0\r\n\r\n".encode()
        case 2:
            said = f"Content-Type: application/x-ndjson\r\nContent-Length: {len(TUPLE) + 1}\r\n"
            return f"POST {home}/import?dry_run=true HTTP/1.1\r\n{head}{said}\r\n{TUPLE}\n".encode()
        case _:
            said = f"Content-Type: application/json\r\nContent-Length: {len(TUPLE)}\r\n"
            return f"POST {home}/check HTTP/1.1\r\n{head}{said}\r\n{TUPLE}".encode()


def _damaged(rng: random.Random, raw: bytes) -> bytes:
    found = bytearray(raw)
    for _ in range(rng.randrange(1, 5)):
        place = rng.randrange(len(found) + 1)
        match rng.randrange(5):
            case 0:
                del found[place : place + rng.randrange(1, 30)]
            case 1:
                found[place:place] = found[place : place + rng.randrange(1, 60)]
            case 2:
                found[place : place + 1] = rng.randbytes(1)
            case 3:
                del found[place:]
            case _:
                found[place:place] = rng.choice(PIECES)
    return bytes(found)


def _answer(port: int, raw: bytes) -> bytes:
    """All that comes back for some bytes, after which the client sends no more."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(raw)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""  # it was refused before all of it was read


@pytest.mark.parametrize("seed", SEEDS)
def test_no_bytes_are_a_fault(service: Running, client: Client, secret: str, home: str, seed: int) -> None:
    """Whatever bytes are sent, every answer is below 500; then a proper request is answered as ever."""
    rng = random.Random(f"bytes {seed}")
    statuses: set[int] = set()
    for _ in range(REQUESTS):
        raw = _damaged(rng, _whole(rng, home, secret))
        found = {int(one) for one in _STATUS.findall(_answer(service.port, raw))}
        assert not any(one >= 500 for one in found), raw
        statuses |= found
    assert {200, 400} <= statuses
    assert 200 == client.send("POST", f"{home}/check", TUPLE).status
