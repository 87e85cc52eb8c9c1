"""gunicorn's threaded worker, made to answer what it cannot read as HTTP by a problem document too."""

from __future__ import annotations

import json
import socket
from http import HTTPStatus
from types import FrameType
from typing import Any, Final, cast

from flask import Flask
from gunicorn.http import errors
from gunicorn.util import write_nonblock
from gunicorn.workers.gthread import ThreadWorker

from iamgraph.service.doors import end_streams
from iamgraph.service.seen import HEADER, SeenApp, request_id

REFUSED: Final[dict[type[Exception], tuple[int, str]]] = {
    errors.LimitRequestLine: (414, "url_too_long"),
    errors.LimitRequestHeaders: (431, "headers_too_large"),
    errors.ParseException: (400, "malformed_request"),
}


class Worker(ThreadWorker):
    """Serves requests, some threads at a time."""

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
        cast(SeenApp, self.wsgi).see_refused(refused[1], id_)
        try:
            write_nonblock(client, _answer(*refused, id_))
        except OSError:
            self.log.debug("the client was gone before it was answered")


def _answer(status: int, code: str, id_: str) -> bytes:
    title = HTTPStatus(status).phrase
    said = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": "not HTTP as served here"}
    body = json.dumps(said | {"request_id": id_})
    head = (
        f"HTTP/1.1 {status} {title}",
        "Connection: close",
        "Content-Type: application/problem+json",
        f"Content-Length: {len(body)}",
        f"{HEADER}: {id_}",
    )
    return "\r\n".join((*head, "", body)).encode("ascii")
