"""What a request passes before its route, and what routes lean on: the connection, the key, the body's form."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import ceil
from typing import Any, Final, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, current_app, g, request
from flask.json.provider import DefaultJSONProvider
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from iamgraph.access.access import Access
from iamgraph.access.callers import Callers
from iamgraph.access.own_sessions import OwnSessions
from iamgraph.access.secrets import SESSION, TOKEN, kind_of
from iamgraph.access.sessions import Sessions, SessionState
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError, StoreError
from iamgraph.keys import Keys, lacks, not_held
from iamgraph.questions import ALL_STORES, StoredKey
from iamgraph.ring import KeyRing
from iamgraph.service.arrival import ARRIVED_AT
from iamgraph.service.page_files import LOOPBACK_NAMES
from iamgraph.service.problems import SCIM_JSON, SCIM_ROOT, problem
from iamgraph.service.readiness import Readiness
from iamgraph.service.retention import Retention
from iamgraph.service.scopes import (
    ACCESS_ROUTES,
    CALLER_ROUTES,
    GLOBAL_ROUTES,
    OPEN_ROUTES,
    SCOPE_OF_ROUTE,
    STORELESS_ROUTES,
    WHOLE_ROUTES,
)
from iamgraph.service.streams import Streams
from iamgraph.service.warming import Warming
from iamgraph.wiring import Connection

METRICS: Final = "metrics"
LISTS: Final = frozenset({"type", "relation"})
# These read their bodies themselves.
STREAMED_ROUTES: Final = frozenset({"bulk.load"})
# These take CSV in place of JSON.
CSV_ROUTES: Final = frozenset({"trail.add_people"})
_NAME: Final = "iamgraph"
_CHALLENGE: Final = 'Bearer realm="iamgraph"'


@dataclass(frozen=True, slots=True)
class Doors:
    """What one worker's requests share. `ring` is None where no key is asked for."""

    connection: Connection
    ring: KeyRing | None
    readiness: Readiness
    streams: Streams
    retention: Retention | None
    warming: Warming | None


def open_doors(app: Flask, connection: Connection, *, keys: bool) -> None:
    """Let requests in; in the worker, after the fork."""
    ring = KeyRing(connection.keeper) if keys else None
    if ring is not None:
        ring.start()
    days = app.config["RETENTION"]
    retention = Retention(connection.keeper, days) if days else None
    readiness = Readiness(connection.keeper, keys=keys, store=app.config["STORE"])
    warming = Warming(connection.authorizer, app.config["STORE"]) if app.config["WARM"] else None
    app.extensions[_NAME] = Doors(connection, ring, readiness, Streams(app.config["THREADS"]), retention, warming)


def end_streams(app: Flask) -> None:
    """Let the requests that wait in this worker end: it is about to."""
    doors = app.extensions.get(_NAME)
    if doors is not None:
        doors.streams.stop()


def close_doors(app: Flask) -> None:
    """Close the connection of this worker."""
    doors = app.extensions.pop(_NAME, None)
    if doors is not None:
        if doors.ring is not None:
            doors.ring.stop()
        doors.readiness.close()
        if doors.retention is not None:
            doors.retention.stop()
        if doors.warming is not None:
            doors.warming.stop()
        doors.connection.authorizer.close()


def doors() -> Doors:
    """The doors of this worker."""
    return cast(Doors, current_app.extensions[_NAME])


def authorizer() -> Authorizer:
    """The authorizer questions are put to, for as long as this request may take."""
    return doors().connection.authorizer.until(g.end)


def patient_authorizer() -> Authorizer:
    """The authorizer for a request that waits: each of its calls has the time a request has."""
    return doors().connection.authorizer


@contextmanager
def waiting() -> Iterator[Streams]:
    """Counts this request among those that wait; `LimitError` where too many do."""
    streams = doors().streams
    streams.enter()
    try:
        yield streams
    finally:
        streams.leave()


def keys() -> Keys:
    """The keys, within the reach of the one this request came with, and for as long as it may take."""
    return Keys(doors().connection.keeper.until(g.end), asking_key())


def access_store() -> str:
    """The store of the access model."""
    return cast(str, current_app.config["STORE"])


def sessions() -> Sessions:
    """The sessions of members, for as long as this request may take."""
    return Sessions(authorizer(), doors().connection.keeper.until(g.end), access_store())


def own_sessions() -> OwnSessions:
    """The sessions that the caller may begin, see and end."""
    return OwnSessions(sessions(), caller())


def session(store: str, secret: str) -> SessionState:
    """What became of the session that questions came with, which was used by that."""
    if store != access_store():
        raise RequestError(
            "sessions are of members of the access model: checks in other stores take none",
            code="session_refused",
            pointer="/session",
        )
    return sessions().touch(secret)


def caller() -> Caller:
    """Who acts on the access model: a token, a session's member, or the key this request came with, which may all."""
    key = asking_key()
    return cast(Caller, g.get("caller")) or Caller(None, f"key {key.name}" if key is not None else "no key")


def access(reason: str | None = None, idempotency_key: str | None = None) -> Access:
    """What the caller can do, for that reason, and once under that key; for as long as this request may take."""
    keeper = doors().connection.keeper.until(g.end)
    return Access.by(caller(), authorizer(), keeper, access_store()).saying(reason, idempotency_key)


def patient_access() -> Access:
    """As `access`, for an answer that is long in coming: each of its calls has the time a request has."""
    return Access.by(caller(), patient_authorizer(), doors().connection.keeper, access_store())


def refresh_keys() -> None:
    """Let this worker know at once what this request changed; the others find out in their time."""
    ring = doors().ring
    if ring is not None:
        # What was changed is changed: to say otherwise now would lose a new secret.
        with suppress(StoreError):
            ring.refresh(0.0, g.end)


def asking_key() -> StoredKey | None:
    """The key this request came with; None where no key is asked for."""
    return cast("StoredKey | None", g.get("key"))


def actor(claimed: str | None) -> str | None:
    """Who does it, for the record: who the client says, and always the key that said so."""
    key = asking_key()
    if key is None or not claimed:
        return claimed if key is None or claimed is not None else key.name
    return f"{claimed} by key {key.name}"


def set_deadline() -> None:
    """A request has so many seconds from its arrival on, whatever it passes, the wait for a thread included."""
    now = time.monotonic()
    g.end = (ARRIVED_AT.get() or now) + current_app.config["DEADLINE"]
    if g.end <= now and request.endpoint not in OPEN_ROUTES:
        raise StoreError("no thread was free before the deadline", code="deadline_exceeded")


def check_listener() -> Response | None:
    """Where metrics are answered without a key, nothing else is answered at all."""
    if _on_metrics_listener() and request.endpoint != METRICS:
        return problem(404, "route_not_found", "this address answers `/metrics` only")
    return None


def _on_metrics_listener() -> bool:
    port: str | None = current_app.config["METRICS_PORT"]
    return port is not None and request.environ["SERVER_PORT"] == port


def check_key() -> Response | None:
    """Closed by default: a request goes on with a living key that has the route's scope, in the store it names.

    What is done in workspaces goes on with the secret of a token or session too: what that may is asked of the model.
    """
    if request.endpoint in OPEN_ROUTES or _on_metrics_listener():
        return None
    ring, secret = doors().ring, _secret()
    refused = _check_host() if ring is None else None
    if refused is not None:
        return refused
    if secret is not None and kind_of(secret) in (TOKEN, SESSION):
        return _check_caller(secret)
    if ring is None:
        return None
    if secret is None:
        return _unauthenticated("send a key: `Authorization: Bearer iag_…`")
    key = ring.find(secret, g.end)
    if key is None:
        return _unknown()
    g.key, g.key_id = key, key.id
    return _check_rate(key.id) or _check_reach(key)


def _check_caller(secret: str) -> Response | None:
    """A token or session opens what is done in workspaces, and what any caller may learn: that there is no route."""
    if request.endpoint is not None and request.endpoint not in CALLER_ROUTES:
        return _unknown()
    found = Callers(sessions(), doors().connection.keeper.until(g.end)).find(secret)
    if found is None:
        return _unknown()
    g.caller = found
    return _check_rate(found.name)


def _unknown() -> Response:
    # The same for a secret that never was, has ended, is another's or is for elsewhere: who knows none learns nothing.
    return _unauthenticated("the key is not known, has expired or was revoked")


def _secret() -> str | None:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" and secret else None


def still_allowed() -> Callable[[], bool]:
    """Says, also once this request's context is gone, whether its key may still do what it was let in for.

    Raises `StoreError` when the keys cannot be read.
    """
    ring, secret = doors().ring, _secret()
    if ring is None or secret is None:
        return lambda: True
    scope, store = SCOPE_OF_ROUTE[request.endpoint or ""], (request.view_args or {})["store"]
    seconds = current_app.config["DEADLINE"]

    def allowed() -> bool:
        key = ring.find(secret, time.monotonic() + seconds)
        return key is not None and key.may(scope) and key.holds_for([store])

    return allowed


def check_still() -> None:
    """After a wait: the answer may only go out if the request would still be let in."""
    if not still_allowed()():
        abort(_unauthenticated("the key has ended, was revoked or may no longer do this"))


def _unauthenticated(detail: str) -> Response:
    refused = problem(401, "unauthenticated", detail)
    refused.headers["WWW-Authenticate"] = _CHALLENGE
    return refused


def _check_rate(asking: str) -> Response | None:
    seconds = current_app.config["RATES"].wait(asking)
    if not seconds:
        return None
    refused = problem(429, "rate_exceeded", "the key asks more often than it may: wait")
    refused.headers["Retry-After"] = str(ceil(seconds))
    return refused


def _check_reach(key: StoredKey) -> Response | None:
    if request.endpoint is None:
        return None  # there is no such route, which any key may learn
    scope = SCOPE_OF_ROUTE[request.endpoint]
    if not key.may(scope):
        refused = problem(403, "scope_missing", lacks(scope).message, scope=scope.value)
        refused.headers["WWW-Authenticate"] = f'{_CHALLENGE}, error="insufficient_scope", scope="{scope.value}"'
        return refused
    if request.endpoint in GLOBAL_ROUTES | WHOLE_ROUTES:
        check_store(ALL_STORES)
    elif request.endpoint in ACCESS_ROUTES:
        check_store(access_store())
    elif request.endpoint not in STORELESS_ROUTES:
        check_store((request.view_args or {})["store"])
    return None


def check_store(store: str) -> None:
    """`RequestError` if the request's key does not hold for the store, whether there is such a store or not.

    `ALL_STORES` is held by a key for all stores only.
    """
    key = asking_key()
    if key is not None and not key.holds_for([store]):
        raise not_held([store])


def check_cypher() -> None:
    """`RequestError` (`cypher_off`) unless the service answers statements of people's own."""
    if not current_app.config["CYPHER"]:
        raise RequestError("this service answers no Cypher: it is not started with IAMGRAPH_CYPHER", code="cypher_off")


def _check_host() -> Response | None:
    # Without keys, a page elsewhere whose name was made to lead here must not be answered.
    name = request.host.rpartition(":")[0] or request.host
    if name not in LOOPBACK_NAMES and request.host not in LOOPBACK_NAMES:
        return problem(403, "host_refused", "without keys iamgraph answers on loopback names only")
    # Nor may a page elsewhere send what a browser sends without asking first, as plain text to import.
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        return problem(403, "host_refused", "without keys iamgraph answers to pages of its own only")
    return None


def check_query() -> None:
    """A parameter of the query stands once, but for lists: of two, a client could not know which counts."""
    if request.query_string and any(len(values) > 1 and name not in LISTS for name, values in request.args.lists()):
        raise RequestError("a parameter stands twice in the query", code="malformed_request")


def check_body() -> None:
    """A body is JSON, or CSV where that is taken, said to be so, and sent as it is."""
    if request.method in ("POST", "PUT", "PATCH") and request.endpoint not in STREAMED_ROUTES:
        csv = request.endpoint in CSV_ROUTES
        wanted = "text/csv" if csv else "application/json"
        if request.mimetype != wanted and not (_is_scim() and request.mimetype == SCIM_JSON):
            raise UnsupportedMediaType(f"send `Content-Type: {wanted}`")
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType("send the body without `Content-Encoding`")
        _read_body()
        if not csv:
            request.get_json()


def _is_scim() -> bool:
    return request.path.startswith(SCIM_ROOT)


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
