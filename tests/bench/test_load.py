"""The clients of the benchmark, against a server that answers as told: nothing is missed, and nothing wrong passes."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

from iamgraph.bench.load import closed, paced, through
from iamgraph.bench.organisation import Question
from iamgraph.bench.wire import Call, Target, WrongAnswer, check, checks, target, write
from iamgraph.errors import RequestError, StoreError

YES: Final = Question("member:a", "viewer", "source:s", True)
NO: Final = Question("member:b", "viewer", "source:s", False)

# What becomes of a request's body; a connection ends where it gives False.
Answer = Callable[[bytes, Callable[[bytes], None]], bool | None]


def http(status: int, body: str) -> bytes:
    """An answer as the service sends it."""
    head = f"HTTP/1.1 {status} X\r\nServer: gunicorn\r\nContent-Length: {len(body)}\r\nVary: x\r\n\r\n"
    return head.encode() + body.encode()


@contextmanager
def answering(answer: Answer) -> Iterator[Target]:
    """A server on loopback that hands each request to `answer`, with a way to send."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            # Clients leave when their time is over, whatever they still wait for.
            with suppress(ConnectionError):
                self.requests()

        def requests(self) -> None:
            while line := self.rfile.readline():
                length = 0
                while line.strip():
                    name, _, value = line.decode().partition(":")
                    length = int(value) if name.lower() == "content-length" else length
                    line = self.rfile.readline()
                if answer(self.rfile.read(length), self.request.sendall) is False:
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        request_queue_size = 512

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield Target("127.0.0.1", server.server_address[1], "iag_secret")
        finally:
            server.shutdown()
            thread.join()


def right(body: bytes, send: Callable[[bytes], None]) -> None:
    """Members whose name ends in `a` are allowed; the answer comes in two pieces."""
    allowed = "true" if b"member:a" in body else "false"
    whole = http(200, f'{{"allowed":{allowed},"zookie":"z"}}')
    send(whole[:40])
    send(whole[40:])


def test_every_answer_counts() -> None:
    """Clients ask over and over, and each answered check has a time."""
    with answering(right) as to:
        load = closed(to, [[check(to, "s", YES), check(to, "s", NO)], [check(to, "s", NO)]], 0.2)
    assert load.answers == load.calls > 4
    assert {} == load.errors
    assert list(load.times) == sorted(load.times)


def test_once_through() -> None:
    """A script that is gone through once is asked once."""
    with answering(right) as to:
        load = through(to, [[check(to, "s", YES)] * 3, [check(to, "s", NO)]], 10)
    assert 4 == load.answers


@pytest.mark.parametrize("wrong", [YES._replace(allowed=False), NO._replace(allowed=True)])
def test_a_wrong_answer_ends_it(wrong: Question) -> None:
    """The first wrong answer is raised, and names the question."""
    with answering(right) as to, pytest.raises(WrongAnswer, match=f"`source:s#viewer@{wrong.member}` is"):
        closed(to, [[check(to, "s", wrong)]], 5)


def test_other_statuses_are_errors() -> None:
    """What is not answered 200 is counted by its status, and is no answer."""
    with answering(lambda _, send: send(http(503, '{"allowed":true}'))) as to:
        load = closed(to, [[check(to, "s", YES)]], 0.1)
    assert 0 == load.answers == load.calls
    assert {"503"} == set(load.errors)


def test_a_service_that_hangs_up() -> None:
    """A connection that ends is an error, and made anew."""
    with answering(lambda *_: False) as to:
        load = closed(to, [[check(to, "s", YES)]], 0.1)
    assert {"hung up"} == set(load.errors)
    assert load.errors["hung up"] > 1


def test_a_write_that_fails_is_made_again() -> None:
    """What is asked after a write comes once the write was answered, so that its answer can be judged."""
    seen: list[bool] = []

    def busy(body: bytes, send: Callable[[bytes], None]) -> None:
        seen.append(b"writes" in body)
        if seen.count(True) < 3:
            send(http(503, "{}"))
        else:
            right(body, send)

    with answering(busy) as to:
        load = through(to, [[write(to, "s", ("source:s", "viewer", "member:a")), check(to, "s", YES)]], 10)
    assert [True, True, True, False] == seen
    assert {"503": 2} == load.errors


def test_a_write_that_is_refused_ends_it() -> None:
    """A write that never will be done is not made for ever."""
    with answering(lambda _, send: send(http(400, "{}"))) as to, pytest.raises(StoreError) as fault:
        closed(to, [[write(to, "s", ("source:s", "viewer", "member:a"))]], 5)
    assert "write_refused" == fault.value.code


def test_nobody_there() -> None:
    """A port nobody listens on is said so."""
    with answering(right) as to:
        pass
    with pytest.raises(StoreError) as fault:
        closed(to, [[check(to, "s", YES)]], 1)
    assert "service_unavailable" == fault.value.code


def test_a_rate_is_kept() -> None:
    """At a rate no more is sent than that, however quickly it is answered."""
    with answering(right) as to:
        load = paced(to, [check(to, "s", YES)], 100, 2.0)
    assert load.answers > 0
    assert load.answers + sum(load.errors.values()) <= 201


def test_time_counts_from_when_a_call_was_due() -> None:
    """At a rate a slow service's calls grow old: waiting for a free connection is part of their time."""

    def slow(body: bytes, send: Callable[[bytes], None]) -> None:
        time.sleep(0.2)
        right(body, send)

    with answering(slow) as to:
        load = paced(to, [check(to, "s", YES)], 3_000, 2.0)
    assert load.times[-1] > 350


# --- judging -----------------------------------------------------------------------------------------------

BATCH: Final = Call(b"", (YES, NO, YES))


def test_a_batch_is_judged_in_order() -> None:
    """Each answer stands for its question; an error in a batch is no answer."""
    assert 3 == BATCH.judge(b'{"results":[{"allowed":true},{"allowed":false},{"allowed":true}],"zookie":"z"}')
    body = b'{"results":[{"allowed":true},{"error":{"code":"deadline_exceeded"}},{"allowed":true}],"zookie":"z"}'
    assert 2 == BATCH.judge(body)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"results":[{"allowed":false},{"allowed":true},{"allowed":true}]}', "answered was denied"),
        (b'{"results":[{"allowed":true},{"allowed":true},{"allowed":true}]}', "answered was allowed"),
        (b'{"results":[{"allowed":true},{"allowed":false}]}', "2 of 3 answers"),
        (b"{}", "0 of 3 answers"),
        (b'{"results":[{"error":{}},{"allowed":false},{"allowed":false}]}', "answered was denied"),
    ],
)
def test_a_wrong_batch(body: bytes, found: str) -> None:
    """Answers in the wrong order, missing, or wrong beside an error."""
    with pytest.raises(WrongAnswer, match=found):
        BATCH.judge(body)


def test_requests() -> None:
    """The bytes of a check and of a batch are those of the route."""
    to = Target("127.0.0.1", 8080, "iag_secret")
    body = '{"subject":"member:a","relation":"viewer","object":"source:s"}'
    head = "POST /v1/stores/x/check HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAuthorization: Bearer iag_secret\r\n"
    rest = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    assert (head + rest).encode() == check(to, "x", YES).request
    assert checks(to, "x", [YES]).request.endswith(f'{{"checks":[{body}]}}'.encode())
    assert b"GET /healthz HTTP/1.1\r\nHost: h:1\r\n\r\n" == Target("h", 1, None).request("/healthz")


def test_urls() -> None:
    """A URL of plain HTTP is a target."""
    assert Target("127.0.0.1", 8080, "k") == target("http://127.0.0.1:8080/", "k")
    assert Target("h", 80, None) == target("http://h", None)


@pytest.mark.parametrize("url", ["https://h", "h:80", "http://", "http://h:port", "http://h/path", "http://h:99999"])
def test_other_urls(url: str) -> None:
    """Any other is refused."""
    with pytest.raises(RequestError) as fault:
        target(url, None)
    assert "malformed_url" == fault.value.code
