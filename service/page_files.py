"""The page at `/`, which shows who has access: its files, as they were built, and what it must know to begin."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import metadata, resources
from typing import Final

from flask import Response, current_app, jsonify, request

from iamgraph.service.problems import problem

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "img-src 'self' data: blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)
_INDEX: Final = "index.html"
_TYPES: Final = {
    _INDEX: "text/html; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "layout.js": "text/javascript; charset=utf-8",
    "style.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})


def index() -> Response:
    """The page itself; it holds no key, and asks for one."""
    return page_file(_INDEX)


def about() -> Response:
    """What the page must know to begin: the store, and whether a key is asked for."""
    refused = _refused()
    if refused is not None:
        return refused
    said = {"store": current_app.config["STORE"], "keys": current_app.config["KEYS"]}
    return _closed(jsonify(**said, version=metadata.version("iamgraph")))


def page_file(file: str) -> Response:
    """One of the page's files; a browser that has it is told so."""
    refused = _refused()
    if refused is not None:
        return refused
    if file not in _TYPES:
        return problem(404, "route_not_found", "the page has no such file")
    packed = request.accept_encodings["gzip"] > 0
    body, tag = _read(file, packed=packed)
    response = Response(body, content_type=_TYPES[file])
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(tag)
    response.make_conditional(request)
    return _closed(response)


def _closed(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


def _refused() -> Response | None:
    """A name that somebody else points here would make the page theirs."""
    name = request.host.rpartition(":")[0] if not request.host.endswith("]") else request.host
    if {name or request.host, request.host} & (LOOPBACK_NAMES | current_app.config["HOSTS"]):
        return None
    return problem(403, "host_refused", "the page is not served under this name: add it to `IAMGRAPH_HOSTS`")


@cache
def _read(file: str, *, packed: bool) -> tuple[bytes, str]:
    body = (resources.files("iamgraph.service") / "assets" / "page" / file).read_bytes()
    tag = hashlib.sha256(body).hexdigest()[:32]
    return (gzip.compress(body, mtime=0), f"{tag}-gzip") if packed else (body, tag)
