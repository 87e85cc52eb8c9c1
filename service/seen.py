"""What is seen of each request from outside: its id, its line in the log, its counts."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any, Final, Literal

import structlog
from flask import Flask, Response, g, request

from iamgraph.service.logs import Budget
from iamgraph.service.metrics import Metrics

HEADER: Final = "X-Request-Id"
MAX_REQUEST_ID_LENGTH: Final = 128
MAX_SHOWN: Final = 64
_REQUEST_ID: Final = re.compile(rf"[A-Za-z0-9._~:+/=@-]{{1,{MAX_REQUEST_ID_LENGTH}}}")

AccessLog = Literal["off", "errors", "all"]

_NAME: Final = "iamgraph.seen"

_log = structlog.get_logger("iamgraph.service")


def see(app: Flask, metrics: Metrics, access_log: AccessLog, slow: float) -> None:
    """Let every request of the app be seen, before anything else is done with it."""
    line = _Line(access_log, slow)
    app.extensions[_NAME] = (metrics, line)

    def begin() -> None:
        g.began = time.monotonic()
        g.request_id = request_id(request.headers.get(HEADER))
        metrics.began()

    def end(response: Response) -> Response:
        seconds = time.monotonic() - g.began
        response.headers[HEADER] = g.request_id
        metrics.answered(request.method, _route(), response.status_code, g.get("code"), seconds)
        line.write(response.status_code, seconds)
        return response

    def leave(_: BaseException | None) -> None:
        if "began" in g:
            metrics.ended()

    app.before_request(begin)
    app.after_request(end)
    app.teardown_request(leave)


def see_refused(app: Flask, code: str, id_: str) -> None:
    """Count and tell of what came in and could not be read as a request."""
    metrics, line = app.extensions[_NAME]
    metrics.refused(code)
    line.refused(code, id_)


def request_id(sent: str | None) -> str:
    """The id a client gave its request, if it is plain enough to be told again; else a new one."""
    return sent if sent is not None and _REQUEST_ID.fullmatch(sent) else secrets.token_hex(16)


def _route() -> str | None:
    """The pattern of the route, in the form the description has."""
    rule = request.url_rule
    return rule.rule.replace("<", "{").replace(">", "}") if rule is not None else None


class _Line:
    """The one line of a request, where it gets one."""

    def __init__(self, wanted: AccessLog, slow: float) -> None:
        self._wanted = wanted
        self._slow = slow
        self._budget = Budget()

    def write(self, status: int, seconds: float) -> None:
        """Tell of a request that was answered, if it is wanted."""
        if wants_line(self._wanted, status, seconds >= self._slow):
            level = _log.error if status >= 500 else _log.warning if status >= 400 else _log.info
            self._tell(level, lambda: _told(status, seconds))

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


def _told(status: int, seconds: float) -> dict[str, Any]:
    store = (request.view_args or {}).get("store")
    return {
        "method": request.method[:MAX_SHOWN],
        "route": _route(),
        "store": store[:MAX_SHOWN] if store is not None else None,
        "status": status,
        "ms": round(seconds * 1000, 1),
        "request_id": g.request_id,
        "key": g.get("key_id"),
        "code": g.get("code"),
        "cause": g.get("cause"),
        "exc_info": g.get("fault"),
    }
