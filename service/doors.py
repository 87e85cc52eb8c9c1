"""What a request passes before its route, and what routes lean on: the connection, the key, the body's form."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Flask, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.keys import KeyRing
from iamgraph.service.problems import problem
from iamgraph.wiring import Connection

OPEN_ROUTES: Final = frozenset({"healthz", "readyz", "openapi"})
METRICS: Final = "metrics"
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
_NAME: Final = "iamgraph"


@dataclass(frozen=True, slots=True)
class Doors:
    """What one worker's requests share. `ring` is None where no key is asked for."""

    connection: Connection
    ring: KeyRing | None


def open_doors(app: Flask, connection: Connection, *, keys: bool) -> None:
    """Let requests in; in the worker, after the fork."""
    app.extensions[_NAME] = Doors(connection, KeyRing(connection.keeper) if keys else None)


def close_doors(app: Flask) -> None:
    """Close the connection of this worker."""
    doors = app.extensions.pop(_NAME, None)
    if doors is not None:
        doors.connection.authorizer.close()


def doors() -> Doors:
    """The doors of this worker."""
    return cast(Doors, current_app.extensions[_NAME])


def authorizer() -> Authorizer:
    """The authorizer questions are put to, for as long as this request may take."""
    return doors().connection.authorizer.until(g.end)


def actor(claimed: str | None) -> str | None:
    """Who does it, for the record: who the client says, and always the key that said so."""
    key = cast("str | None", g.get("actor"))
    if key is None or not claimed:
        return key if claimed is None else claimed
    return f"{claimed} by key {key}"


def set_deadline() -> None:
    """From here on a request has so many seconds, whatever it passes."""
    g.end = time.monotonic() + current_app.config["DEADLINE"]


def check_listener() -> Response | None:
    """Where metrics are answered without a key, nothing else is answered at all."""
    if _on_metrics_listener() and request.endpoint != METRICS:
        return problem(404, "route_not_found", "this address answers `/metrics` only")
    return None


def _on_metrics_listener() -> bool:
    port: str | None = current_app.config["METRICS_PORT"]
    return port is not None and request.environ["SERVER_PORT"] == port


def check_key() -> Response | None:
    """Closed by default: a request without a known key goes no further."""
    if request.endpoint in OPEN_ROUTES or _on_metrics_listener():
        return None
    ring = doors().ring
    if ring is None:
        return _check_host()
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    key = ring.find(secret.strip(), g.end) if scheme.lower() == "bearer" and secret else None
    if key is None:
        refused = problem(401, "unauthenticated", "send a key: `Authorization: Bearer iag_…`")
        refused.headers["WWW-Authenticate"] = 'Bearer realm="iamgraph"'
        return refused
    g.actor, g.key_id = key.name, key.id
    return None


def _check_host() -> Response | None:
    # Without keys, a page elsewhere whose name was made to lead here must not be answered.
    name = request.host.rpartition(":")[0] or request.host
    if name not in LOOPBACK_NAMES and request.host not in LOOPBACK_NAMES:
        return problem(403, "host_refused", "without keys iamgraph answers on loopback names only")
    return None


def check_query() -> None:
    """A parameter of the query stands once: of two, a client could not know which counts."""
    if request.query_string and any(len(values) > 1 for _, values in request.args.lists()):
        raise RequestError("a parameter stands twice in the query", code="malformed_request")


def check_body() -> None:
    """A body is JSON, said to be so, and sent as it is."""
    if request.method in ("POST", "PUT", "PATCH"):
        if request.mimetype != "application/json":
            raise UnsupportedMediaType("send `Content-Type: application/json`")
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType("send the body without `Content-Encoding`")
        _read_body()
        request.get_json()


def _read_body() -> None:
    try:
        data = request.get_data()
    except (OSError, ParseException) as fault:
        raise RequestError("the body ended early, or its chunks are damaged", code="malformed_request") from fault
    # A body in chunks is cut off at the limit without a word.
    if request.content_length is None and len(data) >= current_app.config["MAX_CONTENT_LENGTH"]:
        raise RequestEntityTooLarge


class StrictJson(DefaultJSONProvider):
    """JSON as its standard has it: UTF-8, no name twice in an object, no NaN."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """What the text says; `RequestError` where it is not JSON."""
        try:
            text = s if isinstance(s, str) else s.decode()
            return json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant, **kwargs)
        except json.JSONDecodeError as fault:
            where = f"{fault.msg.lower()} at line {fault.lineno}, column {fault.colno}"
            raise RequestError(f"the body is not JSON: {where}", code="malformed_request") from fault
        except RecursionError as fault:
            raise RequestError("the body is nested too deeply", code="malformed_request") from fault
        except ValueError as fault:
            raise RequestError("the body is not JSON in UTF-8", code="malformed_request") from fault


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RequestError("a name stands twice in an object of the body", code="malformed_request")
    return found


def _no_constant(name: str) -> Any:
    raise RequestError(f"the body is not JSON: it holds `{name}`", code="malformed_request")
