"""gunicorn's threaded worker, made to wait for nobody and to say early what it cannot do.

A request takes a thread once all of it has arrived, one past those that may wait is refused before it takes one, and
what is not HTTP is answered by a problem document too.
"""

from __future__ import annotations

import errno
import json
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from itertools import takewhile
from types import FrameType
from typing import Any, Final, cast

from flask import Flask
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import TConn, ThreadWorker

from iamgraph.service.arrival import ARRIVED_AT
from iamgraph.service.balance import Balance
from iamgraph.service.doors import end_streams
from iamgraph.service.incoming import MAX_ARRIVAL_SECONDS, MAX_ARRIVING_BYTES, READ, Arrived, Incoming, Parser
from iamgraph.service.problems import RETRY_AFTER_SECONDS
from iamgraph.service.seen import HEADER, SeenApp, request_id

REFUSED: Final[dict[type[Exception], tuple[int, str]]] = {
    errors.LimitRequestLine: (414, "url_too_long"),
    errors.LimitRequestHeaders: (431, "headers_too_large"),
    errors.ParseException: (400, "malformed_request"),
}
# Asked by whoever watches the service, above all while it is overloaded: these do not wait for a thread, but have their
# own, one for each, since readiness may wait for Neo4j.
PROBES: Final = (b"GET /healthz ", b"GET /readyz ", b"GET /metrics ")
MAX_PROBES: Final = 8
# How long a worker that has more connections than another leaves it a new one.
YIELD_SECONDS: Final = 0.005
# How long a client may take to read each piece of an answer.
SEND_SECONDS: Final = 10.0
# For how long no connection is taken where no file can be opened.
FULL_SECONDS: Final = 0.1
# New connections that are taken before others are looked at again.
ACCEPTS: Final = 32
# How long a connection that was told its end may take to read that.
LEAVE_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A problem that is answered here, without a thread."""

    status: int
    code: str
    detail: str
    headers: tuple[str, ...] = ()


OVERLOADED: Final = Refusal(
    503,
    code="overloaded",
    detail="as many requests wait as may wait: try again",
    headers=(f"Retry-After: {RETRY_AFTER_SECONDS}",),
)
TOO_SLOW: Final = Refusal(
    408, code="request_too_slow", detail=f"a request is to arrive within {MAX_ARRIVAL_SECONDS:g} seconds"
)


class Worker(ThreadWorker):
    """Serves requests, some threads at a time, while some more may wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.place: int | None = None
        # Of the main thread alone.
        self._pauses_until: float | None = None
        self._yielded = False
        self._busy = 0
        self._probed = 0
        self._arriving: dict[TConn, Incoming] = {}
        self._held = 0  # bytes of these
        self._leaving: dict[TConn, float] = {}  # until when, in the order of that

    def enter(self, balance: Balance) -> None:
        """Be counted among the workers; in the arbiter, before the fork."""
        self._balance = balance
        self.place = balance.enter()

    def init_process(self) -> None:
        """In the worker, after the fork."""
        self._probes = ThreadPoolExecutor(len(PROBES), "probes")
        super().init_process()

    # --- connections; all of it on the main thread, which must not wait ---

    def notify(self) -> None:
        """gunicorn calls this each time around."""
        super().notify()
        self._balance.tell(self.place, self.nr_conns)

    def accept(self, listener: socket.socket) -> None:
        """Take new connections; but let a worker with fewer take them if it does so at once.

        gunicorn takes one each time around, which is too slow to refuse many: while threads are busy, each time around
        is a wait for the interpreter's lock.
        """
        for _ in range(ACCEPTS):
            if self.nr_conns >= self.worker_connections:
                return
            if self._balance.has_more(self.place) and not self._yielded:
                self._pause(YIELD_SECONDS)
                return
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            except OSError as fault:
                if fault.errno not in (errno.EMFILE, errno.ENFILE):
                    raise
                # Connections that end make room; to fail here would end them all.
                self._pause(FULL_SECONDS)
                return
            self.nr_conns += 1
            self._balance.tell(self.place, self.nr_conns)
            self.enqueue_req(TConn(self.cfg, client, address, listener.getsockname()))

    def _pause(self, seconds: float) -> None:
        """Take no connection for so long."""
        self.set_accept_enabled(False)
        self._pauses_until = time.monotonic() + seconds

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """gunicorn would do so each time around."""
        if enabled and self._pauses_until is not None and time.monotonic() < self._pauses_until:
            return
        self._pauses_until = None
        super().set_accept_enabled(enabled)

    def wait_for_and_dispatch_events(self, timeout: float | None) -> None:
        """gunicorn waits here."""
        if self._pauses_until is not None and self.nr_conns < self.worker_connections:
            super().wait_for_and_dispatch_events(max(0.0, self._pauses_until - time.monotonic()))
            self._yielded = True
        else:
            # What is there at once, after that, was left over.
            super().wait_for_and_dispatch_events(timeout)
            self._yielded = False

    # --- what comes in; on the main thread too ---

    def enqueue_req(self, conn: TConn) -> None:
        """Receive the next request of a connection; what came of it already is here."""
        arrived = _arrived(conn)
        request = Incoming(self._app.config["MAX_CONTENT_LENGTH"], time.monotonic() + MAX_ARRIVAL_SECONDS)
        request.add(arrived.take_buffered())
        conn.sock.setblocking(False)
        self._receive(conn, request)
        if request.whole:
            self._answer(conn, request)
        elif self._may_hold(request):
            self._hold(conn, request)
        else:
            self._refuse(conn, OVERLOADED)

    def _receive(self, conn: TConn, request: Incoming) -> None:
        if request.whole:
            return
        try:
            data = conn.sock.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            request.add(data)
        else:
            request.end()

    def _may_hold(self, request: Incoming) -> bool:
        return self._held + len(request.data) <= MAX_ARRIVING_BYTES

    def _hold(self, conn: TConn, request: Incoming) -> None:
        """A client that sends slowly, or nothing yet, holds no thread."""
        self._held += len(request.data)
        self._arriving[conn] = request
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._receive_more, conn))
        self._ask_for_body(conn, request)

    def _receive_more(self, conn: TConn, _sock: socket.socket) -> None:
        request = self._arriving[conn]
        had_head, before = request.has_head, len(request.data)
        self._receive(conn, request)
        self._held += len(request.data) - before
        if request.whole:
            self._answer(self._let_go(conn), request)
        elif self._held > MAX_ARRIVING_BYTES:
            self._refuse(self._let_go(conn), OVERLOADED)
        elif not had_head:
            self._ask_for_body(conn, request)

    def _ask_for_body(self, conn: TConn, request: Incoming) -> None:
        if request.waits_for_leave:
            with suppress(OSError):
                write_nonblock(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")

    def _let_go(self, conn: TConn) -> TConn:
        self._held -= len(self._arriving.pop(conn).data)
        self.poller.unregister(conn.sock)
        return conn

    def _answer(self, conn: TConn, request: Incoming) -> None:
        """Give a request to a thread, or say that there is none to be had."""
        if not request.data:
            self._left(conn)
            return
        _arrived(conn).take(request)
        if self._busy >= self.cfg.threads and self._probed < MAX_PROBES and request.data.startswith(PROBES):
            self._probed += 1
            self._serve(self._probes, conn, self._probe_served)
        elif self._busy < self.cfg.threads + self._app.config["MAX_WAITING"]:
            self._busy += 1
            self._serve(self.tpool, conn, self._served)
        else:
            self._refuse(conn, OVERLOADED)

    def _serve(self, pool: ThreadPoolExecutor, conn: TConn, served: Any) -> None:
        future = pool.submit(self._handle, conn, time.monotonic())
        future.add_done_callback(lambda done: self.method_queue.defer(served, conn, done))

    def _handle(self, conn: TConn, arrived_at: float) -> Any:
        # A request's time runs while it waits.
        ARRIVED_AT.set(arrived_at)
        return self.handle(conn)

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """In a thread: answer a request. A client that does not read its answer does not hold the thread."""
        conn.sock.settimeout(SEND_SECONDS)
        if not _arrived(conn).goes_on:
            req._expected_100_continue = False  # its body was asked for, and is here
        try:
            return bool(super().handle_request(req, conn))
        except TimeoutError as fault:
            raise ConnectionResetError(errno.ECONNRESET, "the client does not read its answer") from fault

    def _served(self, conn: TConn, done: Future[Any]) -> None:
        self._busy -= 1
        self.finish_request(conn, done)

    def _probe_served(self, conn: TConn, done: Future[Any]) -> None:
        self._probed -= 1
        self.finish_request(conn, done)

    def _refuse(self, conn: TConn, why: Refusal) -> None:
        id_ = request_id(None)
        self._app.see_refused(why.code, id_)
        with suppress(OSError):
            write_nonblock(conn.sock, _problem(why, id_))
        self._leave(conn)

    # --- what goes out ---

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """A request was answered: the connection stays for another, or ends."""
        if fs.cancelled() or fs.exception() is not None or not fs.result():
            self._leave(conn)
        else:
            super().finish_request(conn, fs)

    def _leave(self, conn: TConn) -> None:
        """End a connection so that its last answer is still read, without waiting for that here.

        gunicorn's own way waits for the client, on this thread, for up to two seconds.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))
        except (OSError, ValueError):
            self._left(conn)
        else:
            self._leaving[conn] = time.monotonic() + LEAVE_SECONDS

    def _drain(self, conn: TConn, sock: socket.socket) -> None:
        try:
            more = sock.recv(READ)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        if not more:
            self._gone(conn)

    def _gone(self, conn: TConn) -> None:
        del self._leaving[conn]
        self.poller.unregister(conn.sock)
        self._left(conn)

    def _left(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """End what took too long to arrive, or to go. Each of both is kept in the order of its end."""
        now = time.monotonic()
        for conn in list(takewhile(lambda one: self._arriving[one].until <= now, self._arriving)):
            if self._arriving[conn].data:
                self._refuse(self._let_go(conn), TOO_SLOW)
            else:
                self._left(self._let_go(conn))
        for conn in list(takewhile(lambda one: self._leaving[one] <= now, self._leaving)):
            self._gone(conn)

    # --- what is not HTTP ---

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Asked to end: requests that wait are let go at once, the others are waited for."""
        app: object = getattr(self, "wsgi", None)
        if isinstance(app, Flask):  # not while it starts
            end_streams(app)
        super().handle_exit(sig, frame)

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: BaseException) -> None:
        """Answer a request that could not be read; what fails later is gunicorn's matter."""
        refused = next((answer for kind, answer in REFUSED.items() if isinstance(exc, kind)), None)
        # A header the application made is no fault of the client's. The stubs are of an older gunicorn.
        ours = errors.InvalidResponseHeader | errors.InvalidResponseHeaderName  # type: ignore[attr-defined]
        if refused is None or isinstance(exc, ours):
            super().handle_error(req, client, addr, exc)
            return
        id_ = request_id(None)
        why = Refusal(*refused, "not HTTP as served here")
        self._app.see_refused(why.code, id_)
        try:
            write_nonblock(client, _problem(why, id_))
        except OSError:
            self.log.debug("the client was gone before it was answered")

    @property
    def _app(self) -> SeenApp:
        return cast(SeenApp, self.wsgi)


def _arrived(conn: TConn) -> Arrived:
    """What the requests of a connection are read from."""
    if conn.parser is None:
        # Else gunicorn would make one that reads from the client, in a thread, for as long as that takes.
        conn.parser = Parser(conn)
        conn.data_ready = True
    return cast(Arrived, cast(Any, conn.parser).unreader)  # of HTTP/1: nothing else is spoken here


def _problem(why: Refusal, id_: str) -> bytes:
    title = HTTPStatus(why.status).phrase
    said = {"type": "about:blank", "title": title, "status": why.status, "code": why.code, "detail": why.detail}
    body = json.dumps(said | {"request_id": id_})
    head = (
        f"HTTP/1.1 {why.status} {title}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        f"{HEADER}: {id_}",
        *why.headers,
    )
    return "\r\n".join((*head, "", body)).encode("ascii")
