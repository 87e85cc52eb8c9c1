"""A request as it arrives: it is whole with its last byte, and gunicorn then needs no more."""

from __future__ import annotations

import socket

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.message import Request
from gunicorn.http.parser import RequestParser

from iamgraph.service.incoming import MAX_HEAD_BYTES, MAX_SIZE_LINE, Arrived, Incoming

MAX_BODY = 2_000
POST = b"POST /a HTTP/1.1\r\nHost: h\r\n"
REQUESTS = {
    "no body": (b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", b""),
    "an empty body": (POST + b"Content-Length: 0\r\n\r\n", b""),
    "a length": (POST + b"content-length:5\r\n\r\n\r\n\r\na", b"\r\n\r\na"),
    "a length among others": (POST + b"X-Content-Length: 9\r\nContent-Length: \t5 \r\nA: b\r\n\r\nabcde", b"abcde"),
    "a padded length": (POST + b"Content-Length: " + b"0" * 30 + b"5\r\n\r\nabcde", b"abcde"),
    "a padded size": (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 30 + b"1\r\nx\r\n0\r\n\r\n", b"x"),
    "no chunk": (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b""),
    "chunks": (POST + b"transfer-encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n1\r\n0\r\n0\r\n\r\n", b"\r\n\r\n0"),
    "chunks of much": (POST + b"Transfer-Encoding: chunked\r\n\r\n1F4\r\n" + b"0" * 500 + b"\r\n0\r\n\r\n", b"0" * 500),
    "words beside sizes": (POST + b"Transfer-Encoding: chunked\r\n\r\n1 ;a=b\r\nx\r\n00;c\r\n\r\n", b"x"),
    "fields after chunks": (POST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n", b"x"),
}


def incoming(data: bytes) -> Incoming:
    """A request of which so much came, all at once."""
    request = Incoming(MAX_BODY, until=0)
    request.add(data)
    return request


def parsed(request: Incoming) -> Request:
    """The request as gunicorn reads it from what arrived."""
    parser = RequestParser(Config(), [], ("127.0.0.1", 1))
    arrived = Arrived(None)
    arrived.take(request)
    parser.unreader = arrived
    return next(parser)


def body_of(request: Request) -> bytes:
    """All of its body."""
    assert request.body is not None
    return request.body.read()


@pytest.mark.parametrize(("text", "body"), REQUESTS.values(), ids=REQUESTS)
def test_it_is_whole_with_its_last_byte(text: bytes, body: bytes) -> None:
    """Byte by byte it is not whole before the last one, and then gunicorn reads all of its body."""
    request = Incoming(MAX_BODY, until=0)
    for i in range(len(text)):
        assert not request.whole, text[:i]
        request.add(text[i : i + 1])
    assert request.whole
    assert body == body_of(parsed(request))


@pytest.mark.parametrize(("text", "body"), REQUESTS.values(), ids=REQUESTS)
def test_it_is_whole_at_once_with_another_behind(text: bytes, body: bytes) -> None:
    """In one piece with the next request it is whole, and the next one is kept."""
    request = incoming(text + b"GET /b HTTP")
    assert request.whole
    found = parsed(request)
    assert body == body_of(found)
    assert b"GET /b HTTP" == found.unreader.take_buffered()


@pytest.mark.parametrize(("text", "body"), REQUESTS.values(), ids=REQUESTS)
def test_it_is_whole_in_two_pieces(text: bytes, body: bytes) -> None:
    """Wherever it is cut, the two pieces make it whole."""
    for i in range(1, len(text)):
        request = incoming(text[:i])
        request.add(text[i:])
        assert request.whole, text[:i]
        assert body == body_of(parsed(request))


@pytest.mark.parametrize(
    "text",
    [
        POST + b"Content-Length: 2001\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\n\r\n7D1\r\n" + b"a" * 2_001,
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + (b"64\r\n" + b"a" * 100 + b"\r\n") * 20 + b"1\r\na",
    ],
    ids=["by its length", "in one chunk", "in several chunks"],
)
def test_a_body_that_is_too_large_is_not_waited_for(text: bytes) -> None:
    """Its request is answered as it is, and what more is read of it ends as for a client that stopped sending."""
    request = incoming(text)
    assert request.whole
    with pytest.raises(TimeoutError):
        body_of(parsed(request))


@pytest.mark.parametrize("begin", [b"GET /", POST + b"X: "], ids=["line", "field"])
def test_a_head_without_end_is_refused(begin: bytes) -> None:
    """Past the limit no end is waited for, and gunicorn refuses it."""
    assert not incoming(begin + b"a" * (MAX_HEAD_BYTES - len(begin))).whole
    request = incoming(begin + b"a" * MAX_HEAD_BYTES)
    assert request.whole
    with pytest.raises(Exception, match=r"(?i)limit|large") as refused:
        parsed(request)
    assert type(refused.value).__name__ in {"LimitRequestLine", "LimitRequestHeaders"}


def test_many_fields_without_end_are_refused() -> None:
    """A head of proper lines that goes on past the limit is too large."""
    request = incoming(POST + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 1_000) for i in range(80)))
    assert request.whole
    with pytest.raises(LimitRequestHeaders):
        parsed(request)


@pytest.mark.parametrize("line", [b"zz\r\n", b"-1\r\n", b"\r\n", b"1" * 17 + b"\r\n", b"1" * (MAX_SIZE_LINE + 1)])
def test_a_damaged_size_is_not_waited_for(line: bytes) -> None:
    """What says no size of a chunk goes to gunicorn at once, which refuses it or ends it."""
    request = incoming(POST + b"Transfer-Encoding: chunked\r\n\r\n" + line)
    assert request.whole
    with pytest.raises(Exception, match=r"(?i)chunk|the rest"):
        body_of(parsed(request))


def test_what_its_client_cut_off_ends_there() -> None:
    """After the client's end there is nothing more to read, and that is no fault of time."""
    request = incoming(POST + b"Content-Length: 5\r\n\r\nab")
    before = request.whole
    request.end()
    assert (False, True) == (before, request.whole)
    assert b"ab" == body_of(parsed(request))


def test_a_client_that_waits_to_be_asked_is_known() -> None:
    """`Expect: 100-continue` counts once the head is there, and only in the head."""
    assert incoming(POST + b"Expect: 100-Continue\r\nContent-Length: 5\r\n\r\n").waits_for_leave
    assert not incoming(POST + b"Expect: 100-continue\r\nContent-Length: 5\r\n").waits_for_leave
    assert not incoming(POST + b"Content-Length: 50\r\n\r\n\r\nExpect: 100-continue\r\n").waits_for_leave


def test_the_client_is_read_for_a_large_body_alone() -> None:
    """A thread waits for what a route takes in pieces, until it has answered; never for a request taken for whole."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        arrived = Arrived(ours)
        theirs.sendall(b"more")
        arrived.take(incoming(POST + b"Content-Length: 5\r\n\r\nabcde"))
        with pytest.raises(TimeoutError):
            arrived.chunk()
        arrived.take(incoming(POST + b"Content-Length: 2001\r\n\r\n"))
        assert b"more" == arrived.chunk()
        arrived.answered()
        with pytest.raises(TimeoutError):
            arrived.chunk()
