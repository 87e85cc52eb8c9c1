"""Keys: closed by default, revoked within their time, and their secrets nowhere but with their owners."""

from __future__ import annotations

import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path

import neo4j
import pytest

from iamgraph.errors import RequestError
from iamgraph.ring import BOUND_SECONDS, REFRESH_SECONDS
from iamgraph.service.gunicorn_conf import check_exposure
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.service.client import Client
from tests.service.process import ROOT, Running, serving
from tests.service.wrong_calls import NOWHERE, SURROGATE

ROUTES = (
    ("POST", f"{NOWHERE}/check"),
    ("POST", f"{NOWHERE}/tuples/write"),
    ("POST", f"{NOWHERE}/tuples/delete"),
    ("POST", f"{NOWHERE}/tuples/read"),
    ("POST", f"{NOWHERE}/objects/delete"),
    ("GET", f"{NOWHERE}/changes"),
    ("POST", f"{NOWHERE}/models"),
    ("GET", f"{NOWHERE}/models"),
    ("GET", f"{NOWHERE}/models/current"),
    ("POST", "/v1/stores"),
    ("GET", "/v1/stores"),
    ("GET", NOWHERE),
    ("DELETE", NOWHERE),
    ("GET", "/v1/workspaces"),
    ("POST", "/v1/workspaces/acme/members"),
    ("POST", "/v1/sessions/verify"),
    ("GET", "/nothing"),
    ("BREW", "/v1/stores"),
)
WRONG = {
    "no key": None,
    "an empty header": "",
    "no scheme": "iag_abc",
    "another scheme": "Basic aWFnOmlhZw==",
    "a scheme alone": "Bearer",
    "an empty key": "Bearer ",
    "an unknown key": "Bearer iag_" + "A" * 43,
    "a key of odd bytes": "Bearer iag_\xff\xfe\x80",
    "a key of 7,000 characters": "Bearer " + "a" * 7000,
    "half a surrogate, as a client in UTF-8 would send it": "Bearer "
    + SURROGATE.encode("utf-8", "surrogatepass").decode("latin-1"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_without_a_key_every_route_is_closed(service: Running, wrong: str | None) -> None:
    """Each route, known or not, is 401 and says how to sign in, whatever else is wrong with the request."""
    with Client(service.port, None) as client:
        for method, path in ROUTES:
            reply = client.send(method, path, "no JSON", {"Authorization": wrong})
            assert (401, "unauthenticated", None) == reply.problem, (method, path)
            assert 'Bearer realm="iamgraph"' == reply.headers["www-authenticate"]


def test_a_known_key_under_another_scheme_is_refused(service: Running, secret: str) -> None:
    """The right secret counts as a bearer's key only, and the word may be written in any case."""
    with Client(service.port, None) as client:
        sent = [f"Basic {secret}", f"Bearer x{secret}", f"Bearer {secret}x", f"bearer {secret}", f"BEARER {secret}"]
        statuses = [client.send("GET", "/v1/stores", headers={"Authorization": one}).status for one in sent]
    assert [401, 401, 401, 200, 200] == statuses


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/openapi.json"])
def test_open_routes_need_no_key(service: Running, path: str) -> None:
    """Health, readiness and the description are there for everybody, and are not kept by caches."""
    with Client(service.port, None) as client:
        reply = client.get(path)
    assert (200, "no-store", "nosniff") == (
        reply.status,
        reply.headers["cache-control"],
        reply.headers["x-content-type-options"],
    )


def test_a_revoked_key_is_refused_in_time(service: Running, keeper: Neo4jKeeper) -> None:
    """A new key is known soon, and is refused by every worker within the promised time after its end."""
    key, secret = make_key(keeper, "to be revoked")
    time.sleep(2 * REFRESH_SECONDS)
    assert {200} == _statuses(service, secret)
    end_key(keeper, key)
    time.sleep(BOUND_SECONDS)
    assert {401} == _statuses(service, secret)


def _statuses(service: Running, secret: str) -> set[int]:
    statuses = set()
    for _ in range(8):
        with Client(service.port, secret) as client:
            statuses.add(client.get("/v1/stores").status)
    return statuses


def test_secrets_are_kept_nowhere(service: Running, server: Neo4jServer, client: Client, secret: str) -> None:
    """Neither the log, faults included, nor any key node holds a key's secret or Neo4j's password."""
    broken = "WyJcdWQ4MDAiLCJcdWQ4MDAiLCJcdWQ4MDAiLCJcdWQ4MDAiXQ=="
    client.post(f"{NOWHERE}/tuples/read", {"cursor": broken})
    with neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver:
        rows, _, _ = driver.execute_query("MATCH (k:IamKey) RETURN properties(k) AS kept")
    kept = str([row["kept"] for row in rows]) + service.log.read_text()
    assert "service tests" in kept
    assert [] == [one for one in (secret, secret.removeprefix("iag_"), server.password) if one in kept]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", ""])
def test_without_keys_only_loopback_is_served(server: Neo4jServer, host: str) -> None:
    """A service without keys refuses to start on an address that others can reach."""
    with pytest.raises(RequestError) as refused:
        check_exposure(Settings(no_auth=True, host=host))
    assert "exposed" == refused.value.code


def test_the_exposed_service_does_not_start(server: Neo4jServer, tmp_path: Path) -> None:
    """The process itself ends with an error and never listens."""
    with (
        pytest.raises(AssertionError, match="on loopback only"),
        serving(server, tmp_path, no_auth="1", host="0.0.0.0"),
    ):
        pass


def test_without_keys_a_foreign_host_is_refused(server: Neo4jServer, tmp_path: Path) -> None:
    """Without keys loopback names are answered and any other Host header is refused: no page elsewhere gets in."""
    with serving(server, tmp_path, no_auth="1") as service:
        hosts = {
            f"127.0.0.1:{service.port}": 200,
            "localhost": 200,
            f"localhost:{service.port}": 200,
            "[::1]:80": 200,
            "evil.example": 403,
            f"evil.example:{service.port}": 403,
            "127.0.0.1.evil.example": 403,
            "localhost.": 403,
            "": 403,
        }
        with Client(service.port, None) as client:
            answered = {host: client.send("GET", "/v1/stores", headers={"Host": host}).status for host in hosts}
    assert hosts == answered


def test_without_keys_a_page_elsewhere_is_refused(server: Neo4jServer, tmp_path: Path) -> None:
    """What a browser sends for a page of another origin is refused, also where it need not ask first."""
    with serving(server, tmp_path, no_auth="1") as service, Client(service.port, None) as client:
        origins = {
            None: 404,
            f"http://127.0.0.1:{service.port}": 404,
            "http://evil.example": 403,
            f"http://localhost:{service.port + 1}": 403,
            "null": 403,
        }
        path, tuple_ = "/v1/stores/no-such-store/import", "resource:wiki#viewer@member:ada"
        answered = {
            origin: client.send("POST", path, tuple_, {"Origin": origin, "Content-Type": "text/plain"}).status
            for origin in origins
        }
    assert origins == answered


def test_importing_the_service_opens_nothing() -> None:
    """The service's modules can be imported without Neo4j, settings or a port."""
    code = "import iamgraph.service.gunicorn_conf, iamgraph.service.app"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, check=False)
    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)


def test_two_keys_in_one_request_are_refused(service: Running, secret: str) -> None:
    """Of two Authorization headers none is believed."""
    connection = HTTPConnection("127.0.0.1", service.port, timeout=10)
    connection.putrequest("GET", "/v1/stores")
    for one in (secret, "iag_other"):
        connection.putheader("Authorization", f"Bearer {one}")
    connection.endheaders()
    status = connection.getresponse().status
    connection.close()
    assert status in (400, 401)
