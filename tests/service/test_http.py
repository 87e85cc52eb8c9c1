"""HTTP itself: what is no proper request is refused as a problem, and one connection carries many requests."""

from __future__ import annotations

import json
import socket
import time
from typing import Final

import pytest

from tests.service.client import Client
from tests.service.process import Running

HEAD: Final = "GET /v1/stores HTTP/1.1\r\nHost: localhost\r\n"
POST: Final = "POST /v1/stores HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\n"
JSON: Final = "Content-Type: application/json\r\n"
CHUNKED: Final = POST + JSON + "Transfer-Encoding: chunked\r\n\r\n"
RAW: Final = {
    "no HTTP at all": ("hello\r\n\r\n", 400, "malformed_request"),
    "a line without a version": ("GET /v1/stores\r\n\r\n", 400, "malformed_request"),
    "a version of the future": ("GET / HTTP/9.9\r\n\r\n", 400, "malformed_request"),
    "a header without a colon": (HEAD + "nonsense\r\n\r\n", 400, "malformed_request"),
    "a NUL in a header": (HEAD + "X-A: a\0b\r\n\r\n", 400, "malformed_request"),
    "a header with a space in its name": (HEAD + "X A: b\r\n\r\n", 400, "malformed_request"),
    "a URL of 5,000 characters": (f"GET /{'a' * 5000} HTTP/1.1\r\n\r\n", 414, "url_too_long"),
    "a header of 9,000 characters": (HEAD + f"X-A: {'a' * 9000}\r\n\r\n", 431, "headers_too_large"),
    "101 headers": (HEAD + "".join(f"X-{i}: a\r\n" for i in range(101)) + "\r\n", 431, "headers_too_large"),
    "a length that is none": (POST + JSON + "Content-Length: ten\r\n\r\n{}", 400, "malformed_request"),
    "a negative length": (POST + JSON + "Content-Length: -1\r\n\r\n{}", 400, "malformed_request"),
    "a length and chunks": (
        POST + JSON + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "malformed_request",
    ),
    "an unknown transfer coding": (POST + JSON + "Transfer-Encoding: rot13\r\n\r\n", 400, "malformed_request"),
    "two lengths": (POST + JSON + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, "malformed_request"),
    "a chunk of no size": (CHUNKED + "zz\r\n{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "a chunk that is longer than it says": (CHUNKED + "2\r\n{}{}\r\n0\r\n\r\n", 400, "malformed_request"),
    "chunks past the limit": (
        CHUNKED + ("10000\r\n" + " " * 65_536 + "\r\n") * 17 + "0\r\n\r\n",
        413,
        "body_too_large",
    ),
}


def exchange(port: int, text: str) -> tuple[int, str, str | None]:
    """Status, content type and code of the answer to bytes sent as they are."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1"))
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.decode().partition("\r\n\r\n")
    headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
    return int(head.split(" ")[1]), headers["content-type"], json.loads(body).get("code")


@pytest.mark.parametrize(("text", "status", "code"), RAW.values(), ids=RAW)
def test_what_is_no_request_is_refused(service: Running, secret: str, text: str, status: int, code: str) -> None:
    """Bytes that are no proper request get a problem document, never a page of HTML nor a fault."""
    assert (status, "application/problem+json", code) == exchange(service.port, text.replace("{secret}", secret))


def test_proper_chunks_are_read(service: Running, secret: str) -> None:
    """A body in chunks is a body: this one lacks its field."""
    text = CHUNKED.replace("{secret}", secret) + "1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
    assert (400, "application/problem+json", "invalid_request") == exchange(service.port, text)


@pytest.mark.parametrize(("version", "asked"), [("1.1", b"HTTP/1.1 100 Continue\r\n\r\n"), ("1.0", b"")])
@pytest.mark.parametrize("pieces", [("{}",), ("{", "}")], ids=["at once", "in pieces"])
def test_a_body_that_waits_is_asked_for_once(
    service: Running, secret: str, version: str, asked: bytes, pieces: tuple[str, ...]
) -> None:
    """Who says `Expect: 100-continue` is asked for the body, once; not a client of HTTP/1.0, which lacks that."""
    head = POST.replace("{secret}", secret).replace("1.1", version) + JSON
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(f"{head}Content-Length: 2\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n".encode())
        assert asked == connection.recv(len(asked))
        for piece in pieces:
            time.sleep(0.1)
            connection.sendall(piece.encode())
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(f"HTTP/{version} 400 ".encode())


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/stores/s/check", {"OPTIONS", "POST"}),
        ("PUT", "/v1/stores", {"GET", "HEAD", "OPTIONS", "POST"}),
        ("POST", "/v1/stores/s", {"GET", "HEAD", "DELETE", "OPTIONS"}),
        ("DELETE", "/healthz", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_a_wrong_method_is_told_the_right_ones(client: Client, method: str, path: str, allow: set[str]) -> None:
    """405 lists in `Allow` what the route takes."""
    reply = client.send(method, path, "{}")
    assert (405, "method_not_allowed", None) == reply.problem
    assert allow == set(reply.headers["allow"].split(", "))


def test_refusals_do_not_mix_up_a_connection(client: Client, home: str) -> None:
    """After each refused body the next request of the same connection gets its own answer."""
    name = home.rpartition("/")[2]
    for body in ("[" * 50_000, "{", "[]", " " * 1_048_577, json.dumps({"subject": 1})):
        assert client.send("POST", f"{home}/check", body).status in (400, 413)
        assert name == client.get(home).json["id"]


def test_head_has_no_body(client: Client, home: str) -> None:
    """HEAD answers as GET does, without the body."""
    reply = client.send("HEAD", home)
    assert (200, b"", client.get(home).headers["content-length"]) == (
        reply.status,
        reply.body,
        reply.headers["content-length"],
    )
