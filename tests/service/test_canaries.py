"""Secrets: whatever starts, fails or is asked, none is in a log, an answer, a message or a list of processes."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import psutil
import pytest

from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import COMMAND, NOWHERE, ROOT, Environment, environment, on
from tests.service.acme import made
from tests.service.client import Client
from tests.service.process import STORE, Running, serving
from tests.store.graph import connected

# Each looks like what it stands for.
PASSWORD: Final = "canary-PaSsWoRd-7f3a"
KEY: Final = "iag_canaryKeY7f3b" + "A" * 40
BASIC: Final = base64.b64encode(b"canary:canary-basic-7f3c").decode()
HEADER: Final = "canary-otel-7f3d"
IN_URI: Final = "canary-uri-7f3e"
CANARIES: Final = (PASSWORD, KEY, BASIC, "canary-basic-7f3c", HEADER, IN_URI)
SENT: Final = (f"Bearer {KEY}", f"bearer  {KEY}", KEY, f"Basic {BASIC}", f"Bearer {PASSWORD}", f"Bearer {KEY}\t,x")
OPEN: Final = ("/healthz", "/readyz", "/openapi.json", "/metrics", "/nothing")


def told(text: str, *more: str) -> list[str]:
    """The canaries that stand in a text."""
    return [one for one in (*CANARIES, *more) if one in text]


def command_lines(running: Running) -> str:
    """What a list of processes shows of the service."""
    main = psutil.Process(running.process.pid)
    return str([one.cmdline() for one in (main, *main.children(recursive=True))])


@pytest.fixture(params=["right", "wrong"])
def canaried(request: pytest.FixtureRequest, server: Neo4jServer, tmp_path: Path) -> Iterator[Running]:
    """A service full of canaries, whose collector is nowhere; with a wrong password no request gets to Neo4j."""
    settings = {
        "traces": "otlp",
        "log_level": "debug",
        "access_log": "all",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9",
        "OTEL_EXPORTER_OTLP_HEADERS": f"authorization={HEADER}",
        "OTEL_BSP_SCHEDULE_DELAY": "50",
    }
    used = server if request.param == "right" else replace(server, password=PASSWORD)
    with serving(used, tmp_path, **settings) as running:
        yield running


def test_a_service_tells_no_secret(canaried: Running, server: Neo4jServer, secret: str) -> None:
    """Good and bad keys, good and bad sign-ins: nothing of them in any answer, the log or the list of processes."""
    answers = []
    for sent in (*SENT, f"Bearer {secret}"):
        with Client(canaried.port, None) as client:
            for path in (*OPEN, "/v1/stores", f"/v1/stores?key={KEY}"):
                headers = {"Authorization": sent, "X-Request-Id": "a", "Cookie": f"key={KEY}"}
                answers.append(client.send("GET", path, headers=headers))
            answers.append(client.send("POST", "/v1/stores/s/check", "{", {"Authorization": sent}))
    assert {200, 401} <= {one.status for one in answers}
    assert 0 == canaried.stop()
    text = str([(one.headers, one.body) for one in answers]) + canaried.log.read_text()
    assert "request" in canaried.log.read_text()
    assert [] == told(text, secret, server.password)


def test_secrets_of_workspaces_are_told_once(client: Client, server: Neo4jServer, tmp_path: Path) -> None:
    """Of tokens, sessions and invites no log, no answer but the one that made them, and no node has the secret.

    Neither where they are used, nor where they are refused, nor where they are sent by mistake.
    """
    acme = made(client)
    ended = acme.token(owner=True)
    acme.delete(f"/tokens/{ended.split('_')[1]}")
    invite = acme.post("/invites", email=f"bob@{acme.id}.example")["secret"]
    secrets = (acme.token(owner=True), acme.session(acme.olga), invite, ended)
    answers = []
    with serving(server, tmp_path, log_level="debug", access_log="all") as running:
        for sent in secrets:
            with Client(running.port, sent) as used:
                answers += [used.get(acme.home + path) for path in ("", "/tokens", "/invites", f"?key={sent}")]
                answers += [used.get("/v1/stores"), used.post("/v1/sessions/verify", {"secret": sent})]
        with Client(running.port, secrets[0]) as used:
            for sent in secrets:
                answers.append(used.post(f"{acme.home}/invites/accept", {"secret": sent}))
                answers.append(used.post(f"{acme.home}/invites/accept", {"secret": sent, "name": 1}))
        assert 0 == running.stop()
    text = str([(one.headers, one.body) for one in answers]) + running.log.read_text()
    assert {200, 400, 401, 404} <= {one.status for one in answers}
    assert 20 < running.log.read_text().count("/v1/workspaces/{workspace}")
    with closing((graph := connected(server)).driver):
        text += str(graph.rows("MATCH (n) WHERE n.store = $store RETURN properties(n) AS kept", store=STORE))
    assert ended.split("_")[1] in text, "the dump has what is kept of the workspace"
    assert [] == told(text, *secrets, *(one.split("_", 2)[2] for one in secrets))


def test_no_list_of_processes_shows_one(canaried: Running, server: Neo4jServer) -> None:
    """Secrets come by the environment, never by arguments."""
    with Client(canaried.port, None) as client:
        assert 200 == client.get("/healthz").status
    assert [] == told(command_lines(canaried), server.password)


FAILING: Final[dict[str, Environment]] = {
    "a wrong password": {"NEO4J_PASSWORD": PASSWORD},
    "a password in a URI of another scheme": {"NEO4J_URI": f"http://neo4j:{IN_URI}@127.0.0.1:7687"},
    "a password in a URI": {"NEO4J_URI": f"bolt://neo4j:{IN_URI}@127.0.0.1:9"},
    "a password in a URI's query": {"NEO4J_URI": f"bolt://127.0.0.1:9?password={IN_URI}"},
    "a URI that cannot be parsed": {"NEO4J_URI": f"bolt://neo4j:{IN_URI}@[::"},
    "no Neo4j there": {"NEO4J_URI": "bolt://127.0.0.1:9", "NEO4J_PASSWORD": PASSWORD},
    "no password": {"NEO4J_PASSWORD": None, "NEO4J_URI": f"bolt://neo4j:{IN_URI}@127.0.0.1:9"},
    "a port that is none": {"IAMGRAPH_PORT": "x", "NEO4J_PASSWORD": PASSWORD},
    "metrics nowhere": {"IAMGRAPH_METRICS": "x", "NEO4J_PASSWORD": PASSWORD},
}


@pytest.mark.parametrize("wrong", FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("command", ["serve", "doctor"])
def test_a_failing_start_tells_no_secret(server: Neo4jServer, wrong: Environment, command: str) -> None:
    """A start that fails says why in a line or two, in which no secret stands."""
    env = environment(NOWHERE | on(server) | {"IAMGRAPH_DEADLINE": "3"} | wrong)
    done = subprocess.run(
        [*COMMAND, command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    said = done.stdout + done.stderr
    assert 0 != done.returncode, said
    assert [] == told(said, server.password)
    assert "Traceback" not in said
