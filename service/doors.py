"""What a request passes before its route, and what routes lean on: the connection, the key, the body's form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Flask, Response, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import UnsupportedMediaType

from iamgraph.authorizer import Authorizer
from iamgraph.keys import KeyRing
from iamgraph.service.problems import problem
from iamgraph.wiring import Connection

OPEN_ROUTES: Final = frozenset({"healthz", "readyz", "openapi"})
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
    """The authorizer questions are put to."""
    return doors().connection.authorizer


def actor() -> str | None:
    """Who asks: the name of the key, or None where keys are not asked for."""
    return cast("str | None", g.get("actor"))


def check_key() -> Response | None:
    """Closed by default: a request without a known key goes no further."""
    if request.endpoint in OPEN_ROUTES:
        return None
    ring = doors().ring
    if ring is None:
        return _check_host()
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    key = ring.find(secret.strip()) if scheme.lower() == "bearer" and secret else None
    if key is None:
        refused = problem(401, "unauthenticated", "send a key: `Authorization: Bearer iag_…`")
        refused.headers["WWW-Authenticate"] = 'Bearer realm="iamgraph"'
        return refused
    g.actor = key.name
    return None


def _check_host() -> Response | None:
    # Without keys, a page elsewhere whose name was made to lead here must not be answered.
    name = request.host.rpartition(":")[0] or request.host
    if name not in LOOPBACK_NAMES and request.host not in LOOPBACK_NAMES:
        return problem(403, "host_refused", "without keys iamgraph answers on loopback names only")
    return None


def check_body() -> None:
    """A body is JSON, said to be so, and an object."""
    if request.method in ("POST", "PUT", "PATCH"):
        if request.mimetype != "application/json":
            raise UnsupportedMediaType("send `Content-Type: application/json`")
        request.get_json()


class StrictJson(DefaultJSONProvider):
    """JSON as its standard has it: no name twice in an object, no NaN."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """What the text says; `ValueError` where it is not JSON."""
        return json.loads(s, object_pairs_hook=_once, parse_constant=_no_constant, **kwargs)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
