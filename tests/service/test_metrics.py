"""Metrics: they count what happened in every worker, in a number of series that no caller can raise."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample
from ulid import ULID

from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import until
from tests.processes import runs
from tests.service.client import Client
from tests.service.process import Running, free_port, serving

IDS: Final = int(os.environ.get("IAMGRAPH_IDS", "50"))
TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
WAIT_SECONDS: Final = 20.0


def samples(client: Client) -> list[Sample]:
    """What a scrape finds."""
    reply = client.get("/metrics")
    assert (200, "text/plain; version=0.0.4; charset=utf-8") == (reply.status, reply.headers["content-type"])
    return [one for family in text_string_to_metric_families(reply.body.decode()) for one in family.samples]


def value(found: list[Sample], name: str, **labels: str) -> float:
    """The value of the one series so named, 0 where there is none."""
    return sum(one.value for one in found if one.name == name and labels.items() <= one.labels.items())


def series(found: list[Sample]) -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    """The names of all series, labels included."""
    return {(one.name, tuple(sorted(one.labels.items()))) for one in found}


def test_metrics_need_a_key(service: Running) -> None:
    """On the service's own address metrics are closed, as all else is."""
    with Client(service.port, None) as client:
        assert (401, "unauthenticated", None) == client.get("/metrics").problem


def test_requests_are_counted(client: Client, shared: str) -> None:
    """Answers, refusals and checks of all workers are counted once each, by route, status, code and outcome."""
    before = samples(client)
    assert 200 == client.post(f"{shared}/check", TUPLE).status
    assert 400 == client.post(f"{shared}/check", TUPLE | {"relation": "viwer"}).status
    assert 404 == client.get("/nothing").status
    after = samples(client)
    route = "/v1/stores/{store}/check"

    def more(name: str, **labels: str) -> float:
        return value(after, name, **labels) - value(before, name, **labels)

    assert 1 == more("iamgraph_requests_total", method="POST", route=route, status="2xx")
    assert 1 == more("iamgraph_requests_total", method="POST", route=route, status="4xx")
    assert 1 == more("iamgraph_requests_total", method="GET", route="other", status="4xx")
    assert 2 == more("iamgraph_request_seconds_count", route=route)
    assert 1 == more("iamgraph_problems_total", code="relation_not_found")
    assert 1 == more("iamgraph_problems_total", code="route_not_found")
    assert 1 == more("iamgraph_checks_total", answerer="query", outcome="denied")
    assert 1 == more("iamgraph_check_seconds_count")
    assert 1 <= more("iamgraph_neo4j_seconds_count", statement="compiled")


def test_a_walked_check_is_counted_as_such(client: Client, shared: str) -> None:
    """With contextual tuples the walk answers, and what it cannot decide is counted by its reason."""
    before = samples(client)
    assert client.post(f"{shared}/check", TUPLE | {"contextual_tuples": [TUPLE]}).json["allowed"]
    after = samples(client)
    walked = [value(one, "iamgraph_checks_total", answerer="walk", outcome="allowed") for one in (before, after)]
    assert 1 == walked[1] - walked[0]
    assert {"condition_not_evaluated", "deadline_exceeded", "tuples_read_limit", "exclusions_limit"} <= {
        one.labels["reason"] for one in after if one.name == "iamgraph_unknown_total"
    }


def test_what_is_no_request_is_counted(client: Client, service: Running) -> None:
    """Bytes that are not HTTP count as a problem too."""
    before = value(samples(client), "iamgraph_problems_total", code="url_too_long")
    with Client(service.port, None) as stranger:
        assert 414 == stranger.get("/" + "a" * 5000).status
    assert before + 1 == value(samples(client), "iamgraph_problems_total", code="url_too_long")


def test_no_caller_makes_series(client: Client, service: Running, shared: str) -> None:
    """However many ids, stores, routes, methods and headers are sent, the series stay those that were there."""
    _odd_requests(client, shared, 3)
    before = series(samples(client))
    _odd_requests(client, shared, IDS)
    assert before == series(samples(client))


def _odd_requests(client: Client, home: str, count: int) -> None:
    for i in range(count):
        name = f"{ULID()}"
        client.post(f"{home}/check", TUPLE | {"object": f"resource:{name}"})
        client.post(f"/v1/stores/{name}/check", TUPLE)
        client.post(f"{home}/check", TUPLE | {"relation": f"r{name.lower()}"})
        client.send("GET", f"/{name}")
        client.get(f"/v1/workspaces/{name}/members/{name}")
        client.delete(f"/v1/sessions/{name}")
        client.send(f"METHOD{i}", f"/{name}")
        client.send("GET", "/healthz", headers={"X-Request-Id": name, "User-Agent": name})


def test_series_name_nothing_a_caller_sent(client: Client, shared: str) -> None:
    """No label holds an id, a store or a key."""
    _odd_requests(client, shared, 1)
    text = client.get("/metrics").body.decode()
    assert [] == [one for one in (shared.rpartition("/")[2], "ada", "wiki", "service tests") if one in text]


def test_what_is_under_way_is_told(client: Client) -> None:
    """The request that asks is under way itself, no session is left open, and the processes are there."""
    found = samples(client)
    assert 1 == value(found, "iamgraph_requests_in_flight")
    # A worker looks at the keys now and then, and has one for a moment.
    assert until(lambda: value(samples(client), "iamgraph_neo4j_sessions") == 0)
    assert value(found, "iamgraph_resident_memory_bytes") > 10_000_000
    assert value(found, "iamgraph_cpu_seconds_total") > 0
    assert 1 == value(found, "iamgraph_build")


@pytest.fixture(scope="module")
def open_metrics(server: Neo4jServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, int]]:
    """A service that answers metrics on a port of their own."""
    port = free_port()
    with serving(server, tmp_path_factory.mktemp("metrics"), metrics=f"127.0.0.1:{port}") as running:
        yield running, port


def test_a_listener_of_their_own(open_metrics: tuple[Running, int], secret: str) -> None:
    """There metrics need no key, and nothing else is answered, with or without one."""
    running, port = open_metrics
    for key in (None, secret):
        with Client(port, key) as client:
            assert samples(client)
            assert 404 == client.post("/metrics", {}).status
            for path in ("/", "/healthz", "/v1/stores", "/openapi.json", "/v1/stores/s"):
                assert (404, "route_not_found", None) == client.get(path).problem
    with Client(running.port, None) as client:
        assert 401 == client.get("/metrics").status
        assert 401 == client.send("GET", "/metrics", headers={"Host": f"127.0.0.1:{port}"}).status


def test_a_dead_worker_leaves_its_counts(open_metrics: tuple[Running, int], secret: str) -> None:
    """After a worker was killed its counts stay, and it counts no more among the processes."""
    running, port = open_metrics
    with Client(running.port, secret) as client:
        for _ in range(5):
            assert 200 == client.get("/v1/stores").status
    with Client(port, None) as client:
        before = samples(client)
    victim = psutil.Process(min(running.workers()))
    victim.kill()
    until = time.monotonic() + WAIT_SECONDS
    after: list[Sample] = []
    while (runs(victim.pid) or value(after, "iamgraph_processes") < 3) and time.monotonic() < until:
        time.sleep(0.05)
        with Client(port, None) as client:
            after = samples(client)
    counted = [value(one, "iamgraph_requests_total", route="/v1/stores", status="2xx") for one in (before, after)]
    assert 5 == counted[0] == counted[1]
    assert 3 == value(before, "iamgraph_processes") == value(after, "iamgraph_processes")
    assert 1 == value(after, "iamgraph_requests_in_flight")


def test_the_end_leaves_no_files(server: Neo4jServer, tmp_path: Path) -> None:
    """Each start counts in a new folder, and its end removes it."""
    with serving(server, tmp_path, TMPDIR=str(tmp_path)) as running:
        folder = next(tmp_path.glob("iamgraph-metrics-*"))
        assert list(folder.iterdir())
        assert 0 == running.stop()
    assert [] == list(tmp_path.glob("iamgraph-metrics-*"))
