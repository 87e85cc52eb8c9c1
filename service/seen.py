"""What is seen of each request from outside: its id, its line in the log, its counts."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Literal

import structlog
from flask import Response, g, request
from flask_openapi3 import OpenAPI

from iamgraph.service.logs import Budget
from iamgraph.service.metrics import Metrics
from iamgraph.tracing import begin_request, trace_id

METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
OTHER: Final = "other"  # the method of nobody, and the route of what is on none
HEADER: Final = "X-Request-Id"
MAX_REQUEST_ID_LENGTH: Final = 128
MAX_SHOWN: Final = 64
_REQUEST_ID: Final = re.compile(rf"[A-Za-z0-9._~:+/=@-]{{1,{MAX_REQUEST_ID_LENGTH}}}")

AccessLog = Literal["off", "errors", "all"]

_log = structlog.get_logger("iamgraph.service")


class SeenApp(OpenAPI):
    """An application whose every request is seen, from before its first step until it is answered.

    It stands around the dispatching: hooks of Flask's for the same would cost three times as much.
    """

    def see(self, metrics: Metrics, access_log: AccessLog, slow: float) -> None:
        """What to count with, and which requests get a line; before the first request."""
        self.metrics = metrics
        self.line = Line(access_log, slow)

    def full_dispatch_request(self) -> Response:
        """Flask answers a request here, with a problem whatever goes wrong."""
        began = time.monotonic()
        environ, rule = request.environ, request.url_rule
        method, route = _known(environ["REQUEST_METHOD"]), pattern(rule.rule) if rule is not None else OTHER
        g.request_id = id_ = request_id(environ.get("HTTP_X_REQUEST_ID"))
        self.metrics.began()
        traced = begin_request(method, route, environ.get("HTTP_TRACEPARENT"), environ.get("HTTP_TRACESTATE"))
        try:
            response = super().full_dispatch_request()
            response.headers.add(HEADER, id_)
            seconds, status = time.monotonic() - began, response.status_code
            code = g.get("code") if status >= 400 else None
            self.metrics.answered(method, route, status, code, seconds)
            self.line.write(route, status, seconds)
            if traced is not None:
                traced.answered(status, code)
            return response
        finally:
            self.metrics.ended()
            if traced is not None:
                traced.end()

    def see_refused(self, code: str, id_: str) -> None:
        """Count and tell of what came in and could not be read as a request."""
        self.metrics.refused(code)
        self.line.refused(code, id_)


def request_id(sent: str | None) -> str:
    """The id a client gave its request, if it is plain enough to be told again; else a new one."""
    return sent if sent is not None and _REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def _known(method: str) -> str:
    return method if method in METHODS else OTHER


@cache
def pattern(rule: str) -> str:
    """A route's pattern in the form the description has."""
    return rule.replace("<", "{").replace(">", "}")


class Line:
    """The one line of a request, where it gets one."""

    def __init__(self, wanted: AccessLog, slow: float) -> None:
        self._wanted = wanted
        self._slow = slow
        self._budget = Budget()

    def write(self, route: str, status: int, seconds: float) -> None:
        """Tell of a request that was answered, if it is wanted."""
        if wants_line(self._wanted, status, seconds >= self._slow):
            level = _log.error if status >= 500 else _log.warning if status >= 400 else _log.info
            self._tell(level, lambda: _told(route, status, seconds))

    def refused(self, code: str, id_: str) -> None:
        """Tell of one that could not be read."""
        if self._wanted != "off":
            self._tell(_log.warning, lambda: {"code": code, "request_id": id_})

    def _tell(self, level: Callable[..., None], told: Callable[[], dict[str, Any]]) -> None:
        omitted = self._budget.take()
        if omitted is not None:
            found = told() | {"omitted": omitted or None}
            level("request", **{name: value for name, value in found.items() if value is not None})


def wants_line(wanted: AccessLog, status: int, late: bool) -> bool:
    """Whether an answer gets its line; a fault of ours always does."""
    match wanted:
        case "all":
            return True
        case "errors":
            return status >= 400 or late
        case "off":
            return status >= 500


def _told(route: str, status: int, seconds: float) -> dict[str, Any]:
    store = (request.view_args or {}).get("store")
    return {
        "method": request.method[:MAX_SHOWN],
        "route": route,
        "store": store[:MAX_SHOWN] if store is not None else None,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "request_id": g.request_id,
        "key": g.get("key_id"),
        "caller": g.caller.name if "caller" in g else None,
        "code": g.get("code"),
        "cause": g.get("cause"),
        "trace": trace_id(),
        "exc_info": g.get("fault"),
    }
