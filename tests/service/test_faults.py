"""Faults: what the service answers while Neo4j is killed, stopped or locked, and that it recovers by itself."""

from __future__ import annotations

import time
from collections.abc import Iterator

import neo4j
import pytest

from tests.service.site import HOME, TUPLE, Site, opened, warm

pytestmark = pytest.mark.long

# Promises of the service, with room for a busy machine.
GONE_SECONDS = 2.0
LATE_SECONDS = 4.5


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A service, and a Neo4j of its own."""
    with opened(tmp_path_factory.mktemp("faults")) as site:
        yield site


def asked(site: Site, body: dict[str, object] | None = None) -> tuple[int, str | None, float]:
    """Status and code of a check on a new connection, and how long it took."""
    with site.client() as client:
        began = time.monotonic()
        reply = client.post(f"{HOME}/check", body or TUPLE)
        return reply.status, reply.json.get("code"), time.monotonic() - began


def test_a_store_locked_by_somebody_else_ends_with_the_deadline(site: Site) -> None:
    """While a foreign transaction holds a store's lock its checks end with 503 by the deadline, then work again."""
    warm(site.port, site.secret)
    with (
        neo4j.GraphDatabase.driver(site.server.uri, auth=("neo4j", site.server.password)) as driver,
        driver.session() as session,
        session.begin_transaction() as transaction,
    ):
        transaction.run("MATCH (st:IamStore {id: 'faults'}) SET st:IamStore").consume()
        status, code, seconds = asked(site)
    assert (503, "deadline_exceeded") == (status, code)
    assert seconds < LATE_SECONDS
    assert (200, None) == asked(site)[:2]


def test_a_stopped_neo4j_does_not_hang_the_service(site: Site) -> None:
    """While Neo4j is stopped every check ends with 503 by the deadline, and all is well once it goes on."""
    warm(site.port, site.secret)
    with site.stopped():
        answers = [asked(site) for _ in range(4)]
        with site.client() as client:
            assert 200 == client.get("/healthz").status
    assert [503] * 4 == [status for status, _, _ in answers]
    assert max(seconds for _, _, seconds in answers) < LATE_SECONDS
    warm(site.port, site.secret)


def test_a_killed_neo4j_is_an_error_at_once_and_no_loss(site: Site) -> None:
    """After a kill checks get 503 with Retry-After at once; a new Neo4j is found again, with every tuple."""
    warm(site.port, site.secret)
    written = _write_many(site, 20)
    site.kill()
    with site.client() as client:
        began = time.monotonic()
        reply = client.post(f"{HOME}/check", TUPLE)
        assert (503, "store_unavailable", None) == reply.problem
        assert time.monotonic() - began < GONE_SECONDS
        assert "1" == reply.headers["retry-after"]
        assert (503, "store_unavailable", None) == client.get("/readyz").problem
        assert 200 == client.get("/healthz").status
    with site.start():
        warm(site.port, site.secret)
        with site.client() as client:
            assert 200 == client.get("/readyz").status
            kept = client.post(f"{HOME}/tuples/read", {"object": "resource:"}).json["tuples"]
        assert {"resource:wiki", *written} == {one["object"] for one in kept}


def _write_many(site: Site, count: int) -> list[str]:
    """Objects of tuples whose write was acknowledged."""
    names = [f"resource:{i}" for i in range(count)]
    with site.client() as client:
        for name in names:
            assert 200 == client.post(f"{HOME}/tuples/write", {"writes": [TUPLE | {"object": name}]}).status
    return names
