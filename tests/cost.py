"""What being seen costs a request: `python -m tests.cost` compares an empty route without and with it, in process."""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from flask import Response, jsonify, request
from flask_openapi3 import OpenAPI
from werkzeug.test import EnvironBuilder

from iamgraph.service.metrics import Metrics, share
from iamgraph.service.seen import SeenApp
from iamgraph.tracing import span

ROUNDS: Final = 15
CALLS: Final = 2_000


def _add_route(app: OpenAPI) -> None:
    """A route that reads its body and does nothing."""

    def check(store: str) -> Response:
        assert request.get_json() is not None
        return jsonify(allowed=False)

    app.add_url_rule("/v1/<store>/check", "check", check, methods=["POST"])


def seconds(made: OpenAPI) -> float:
    """The time of one call."""
    body = b'{"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}'
    environ = EnvironBuilder("/v1/s/check", method="POST", data=body, content_type="application/json").get_environ()
    statuses = set()

    def start(status: str, headers: object, fault: object = None, /) -> Callable[[bytes], object]:
        statuses.add(status)
        return lambda _: None

    def call() -> None:
        b"".join(made.wsgi_app({**environ, "wsgi.input": BytesIO(body)}, start))

    found = _each(call)
    assert {"200 OK"} == statuses
    return found


def _each(act: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(CALLS):
        act()
    return (time.process_time() - began) / CALLS


def _span() -> None:
    with span("check"):
        pass


def main() -> None:
    """Print the medians, measured in turns."""
    with TemporaryDirectory() as folder:
        share(Path(folder))
        bare, seen = OpenAPI("bare", doc_ui=False), SeenApp("seen", doc_ui=False)
        seen.see(Metrics(Path(folder)), "errors", 1.0)
        _add_route(bare)
        _add_route(seen)
        found = [(seconds(bare), seconds(seen), _each(_span)) for _ in range(ROUNDS)]
    empty, full, one = (median(column) * 1e6 for column in zip(*found, strict=True))
    print(f"empty route {empty:.0f} us, seen {full:.0f} us, x {full / empty:.2f}; a span nobody takes {one:.1f} us")  # noqa: T201


if __name__ == "__main__":
    main()
