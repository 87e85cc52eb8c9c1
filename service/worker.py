"""gunicorn's threaded worker, made to wait for nobody and to say early what it cannot do.

A connection takes a thread once its request begins to arrive, a request past those that may wait is refused before it
takes one, and what is not HTTP is answered by a problem document too.
"""

from __future__ import annotations

import json
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any, Final, cast

from flask import Flask
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import TConn, ThreadWorker

from iamgraph.service.arrival import ARRIVED_AT
from iamgraph.service.doors import end_streams
from iamgraph.service.problems import RETRY_AFTER_SECONDS
from iamgraph.service.seen import HEADER, SeenApp, request_id

REFUSED: Final[dict[type[Exception], tuple[int, str]]] = {
    errors.LimitRequestLine: (414, "url_too_long"),
    errors.LimitRequestHeaders: (431, "headers_too_large"),
    errors.ParseException: (400, "malformed_request"),
}
# Asked by whoever watches the service, above all while it is overloaded: these have a thread of their own.
PROBES: Final = (b"GET /healthz ", b"GET /readyz ", b"GET /metrics ")
MAX_PROBES: Final = 8
# How long a connection that was told its end may take to read that.
LEAVE_SECONDS: Final = 2.0


class Worker(ThreadWorker):
    """Serves requests, some threads at a time, while some more may wait."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Of the main thread alone.
        self._busy = 0
        self._probed = 0
        self._leaving: dict[TConn, float] = {}  # until when, in the order of that

    def init_process(self) -> None:
        """In the worker, after the fork."""
        self._probes = ThreadPoolExecutor(1, "probes")
        super().init_process()

    # --- what comes in; all of it on the main thread, which must not wait ---

    def enqueue_req(self, conn: TConn) -> None:
        """Give a connection that may hold a request to a thread, or say that there is none to be had."""
        begun = _begun(conn)
        if begun is None:
            self._wait_for_request(conn)
        elif self._busy < self.cfg.threads + self._app.config["MAX_WAITING"]:
            self._busy += 1
            self._serve(self.tpool, conn, self._served)
        elif begun.startswith(PROBES) and self._probed < MAX_PROBES:
            self._probed += 1
            self._serve(self._probes, conn, self._probe_served)
        else:
            self._refuse(conn)

    def _wait_for_request(self, conn: TConn) -> None:
        """A client that says nothing holds no thread."""
        conn.sock.setblocking(False)
        conn.set_timeout()
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _serve(self, pool: ThreadPoolExecutor, conn: TConn, served: Any) -> None:
        future = pool.submit(self._handle, conn, time.monotonic())
        future.add_done_callback(lambda done: self.method_queue.defer(served, conn, done))

    def _handle(self, conn: TConn, arrived_at: float) -> Any:
        # A request's time runs while it waits.
        ARRIVED_AT.set(arrived_at)
        return self.handle(conn)

    def _served(self, conn: TConn, done: Future[Any]) -> None:
        self._busy -= 1
        self.finish_request(conn, done)

    def _probe_served(self, conn: TConn, done: Future[Any]) -> None:
        self._probed -= 1
        self.finish_request(conn, done)

    def _refuse(self, conn: TConn) -> None:
        id_ = request_id(None)
        self._app.see_refused("overloaded", id_)
        with suppress(OSError):
            write_nonblock(conn.sock, _overloaded(id_))
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
            more = sock.recv(65_536)
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
        """End what has said nothing, or not gone, for too long."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [one for one, until in self._leaving.items() if until <= now]:
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
        self._app.see_refused(refused[1], id_)
        status, code = refused
        try:
            write_nonblock(client, _answer(status, id_, "not HTTP as served here", code=code))
        except OSError:
            self.log.debug("the client was gone before it was answered")

    @property
    def _app(self) -> SeenApp:
        return cast(SeenApp, self.wsgi)


def _begun(conn: TConn) -> bytes | None:
    """How the next request of a connection begins; empty at its end, None where nothing came yet."""
    parser = cast(Any, conn.parser)  # one of HTTP/1: nothing else is spoken here
    if parser is not None and parser.unreader.buf.getvalue():
        return bytes(parser.unreader.buf.getvalue())
    try:
        return conn.sock.recv(len(max(PROBES, key=len)), socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return None
    except OSError:
        return b""


def _overloaded(id_: str) -> bytes:
    detail = "as many requests wait as may wait: try again"
    return _answer(503, id_, detail, f"Retry-After: {RETRY_AFTER_SECONDS}", code="overloaded")


def _answer(status: int, id_: str, detail: str, *more: str, code: str) -> bytes:
    title = HTTPStatus(status).phrase
    said = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail, "request_id": id_}
    body = json.dumps(said)
    head = (
        f"HTTP/1.1 {status} {title}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        f"{HEADER}: {id_}",
        *more,
    )
    return "\r\n".join((*head, "", body)).encode("ascii")
