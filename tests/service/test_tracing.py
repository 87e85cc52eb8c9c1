"""Traces: a check's three spans, one within the other, in the caller's trace; nothing where nobody traces."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import neo4j
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tracing import begin_request, span, trace_id
from tests.service.client import Client
from tests.service.process import Running, serving

TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
CALLER: Final = "b7ad6b7169203331"
SENT: Final = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "vendor=1"}
TUPLE: Final = '{"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}'
SERVER, CLIENT = 2, 3
WAIT_SECONDS: Final = 20.0


class Collector:
    """Receives spans by OTLP, as a collector does."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.services: set[str] = set()

    def take(self, body: bytes) -> None:
        """Keep what was sent."""
        for of_service in ExportTraceServiceRequest.FromString(body).resource_spans:
            names = {one.key: one.value.string_value for one in of_service.resource.attributes}
            self.services.add(names["service.name"])
            self.spans += [one for scope in of_service.scope_spans for one in scope.spans]

    def of(self, trace: str) -> list[Any]:
        """The spans of a trace, once that of the request is there, which ends last."""
        until = time.monotonic() + WAIT_SECONDS
        found: list[Any] = []
        while not any(one.kind == SERVER for one in found) and time.monotonic() < until:
            time.sleep(0.05)
            found = [one for one in self.spans if one.trace_id.hex() == trace]
        return found


@contextmanager
def receiving(collector: Collector) -> Iterator[str]:
    """The address spans can be sent to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def collector() -> Collector:
    """A collector that has received nothing yet."""
    return Collector()


@pytest.fixture(scope="module")
def traced(server: Neo4jServer, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A service that sends its spans to the collector."""
    with receiving(collector) as address:
        variables = {"OTEL_EXPORTER_OTLP_ENDPOINT": address, "OTEL_BSP_SCHEDULE_DELAY": "100", "traces": "otlp"}
        with serving(server, tmp_path_factory.mktemp("traced"), **variables) as running:
            yield running


def attributes(one: Any) -> dict[str, Any]:
    """What a span says of itself."""
    return {found.key: found.value.string_value or found.value.int_value for found in one.attributes}


def test_a_check_has_three_spans(traced: Running, collector: Collector, secret: str, shared: str) -> None:
    """The request's span is the caller's child, the check's the request's, and each statement's the check's."""
    with Client(traced.port, secret) as client:
        assert 200 == client.send("POST", f"{shared}/check", TUPLE, SENT).status
    found = {one.name: one for one in collector.of(TRACE)}
    request, check = found["POST /v1/stores/{store}/check"], found["check"]
    statement = found["neo4j compiled"]
    assert (CALLER, request.span_id, check.span_id) == (
        request.parent_span_id.hex(),
        check.parent_span_id,
        statement.parent_span_id,
    )
    assert (SERVER, CLIENT) == (request.kind, statement.kind)
    assert {
        "http.request.method": "POST",
        "http.route": "/v1/stores/{store}/check",
        "http.response.status_code": 200,
    } == (attributes(request))
    assert {"iamgraph.outcome": "denied"} == attributes(check)
    assert {"db.system.name": "neo4j", "db.query.summary": "compiled"} == attributes(statement)
    assert {"iamgraph"} == collector.services


def test_a_fault_is_told_by_its_code(traced: Running, collector: Collector, secret: str) -> None:
    """Spans of a refused check carry the error's code, and no text of the caller's."""
    trace = TRACE[::-1]
    with Client(traced.port, secret) as client:
        sent = {"traceparent": f"00-{trace}-{CALLER}-01"}
        assert 404 == client.send("POST", "/v1/stores/no-such-store/check", TUPLE, sent).status
    found = collector.of(trace)
    assert {"store_not_found"} == {attributes(one).get("error.type") for one in found if "neo4j" not in one.name}
    assert "no-such-store" not in str(found)


def test_an_odd_parent_is_no_parent(traced: Running, collector: Collector) -> None:
    """A traceparent that is none begins a trace of its own."""
    with Client(traced.port, None) as client:
        for odd in ("x", "00-0-0-00", "", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", "é"):
            assert 200 == client.send("GET", "/healthz", headers={"traceparent": odd}).status
    until = time.monotonic() + WAIT_SECONDS
    while len(roots := [one for one in collector.spans if one.name == "GET /healthz"]) < 5 and time.monotonic() < until:
        time.sleep(0.05)
    assert [b""] * 5 == [one.parent_span_id for one in roots]


def test_the_log_and_neo4j_know_the_trace(server: Neo4jServer, secret: str, shared: str, service: Running) -> None:
    """Without any collector the caller's trace stands in the log, and with the transaction in Neo4j."""
    driver = neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password))
    with driver, driver.session() as session, session.begin_transaction() as locked:
        locked.run("MATCH (st:IamStore {id: $id}) SET st:IamStore", id=shared.rpartition("/")[2]).consume()
        asking = threading.Thread(target=_ask, args=(service, secret, shared))
        asking.start()
        seen = _seen_in_neo4j(driver)
        locked.rollback()
        asking.join()
    assert {"trace": TRACE} in seen
    with Client(service.port, secret) as client:
        assert 404 == client.send("GET", "/nothing", headers=SENT).status
    assert f'"trace": "{TRACE}"' in service.log.read_text()


def _ask(service: Running, secret: str, home: str) -> None:
    with Client(service.port, secret) as client:
        client.send("POST", f"{home}/check", TUPLE, SENT)


def _seen_in_neo4j(driver: neo4j.Driver) -> list[dict[str, str]]:
    """What running transactions are marked with, once one is of the trace."""
    until = time.monotonic() + WAIT_SECONDS
    seen: list[dict[str, str]] = []
    while {"trace": TRACE} not in seen and time.monotonic() < until:
        seen = [row["metaData"] for row in driver.execute_query("SHOW TRANSACTIONS YIELD metaData")[0]]
    return seen


def test_without_a_tracer_there_is_no_span() -> None:
    """Nobody traces: no span is made, and nothing is passed on."""
    assert begin_request("GET", "/", None, None) is None
    with span("check") as found:
        assert (False, None) == (found.is_recording(), trace_id())
