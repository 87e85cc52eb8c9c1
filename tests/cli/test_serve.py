"""`iamgraph serve` and `demo`, as processes of their own; and all of it on a private Neo4j."""

from __future__ import annotations

import json
import signal
import socket
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil
import pytest
from ulid import ULID

from iamgraph.access.access import shipped_model
from iamgraph.authorizer import Authorizer
from iamgraph.local.private import acquire, running
from iamgraph.settings import Settings
from iamgraph.store.migrations import migrations
from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import NOWHERE, Cli, Environment, first_line, on, started, stop, until

pytestmark = pytest.mark.long

# The command line, with workers that take a minute to start.
SLOW: Final = (
    sys.executable,
    "-c",
    "import time; from iamgraph.cli.main import main; from iamgraph.service import gunicorn_conf;"
    "gunicorn_conf.open_doors = lambda *_, **__: time.sleep(60); main()",
)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def status(url: str) -> int:
    """The status of a GET."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        found: int = answer.status
        return found


def test_options(server: Neo4jServer, access_store: str) -> None:
    """Host, port, workers and no-auth are the ones given, over those of the environment; it ends when told to."""
    port = free_port()
    env = on(server) | {"IAMGRAPH_PORT": "1", "IAMGRAPH_WORKERS": "1", "IAMGRAPH_HOST": "192.0.2.1"}
    words = ("--host", "localhost", "--port", str(port), "--workers", "2", "--no-auth")
    with started("serve", *words, env=env) as process:
        assert f"iamgraph listens on http://localhost:{port}\n" == first_line(process)
        assert 200 == status(f"http://127.0.0.1:{port}/v1/stores")
        assert until(lambda: len(psutil.Process(process.pid).children()) == 2)
        assert 0 == stop(process)
        assert process.stderr is not None
        assert "no API key" not in process.stderr.read()


def test_the_store_of_the_access_model_is_made(server: Neo4jServer, authorizer: Authorizer) -> None:
    """A start makes the store with the shipped model where it is missing; the next one leaves it as it is."""
    store = f"access-{ULID()}"
    env = on(server) | {"IAMGRAPH_STORE": store}
    seen = []
    try:
        for _ in range(2):
            with started("serve", "--port", "0", "--workers", "1", "--no-auth", env=env) as process:
                first_line(process)
                assert 0 == stop(process)
            seen.append(authorizer.get_store(store))
        assert shipped_model() == authorizer.get_model(store).text
        assert seen[0] == seen[1]
    finally:
        authorizer.delete_store(store)


def test_an_interrupt_ends_it(server: Neo4jServer, access_store: str) -> None:
    """Ctrl-C ends the service without a traceback."""
    with started("serve", "--port", "0", "--workers", "1", "--no-auth", "--json", env=on(server)) as process:
        assert json.loads(first_line(process))["url"].startswith("http://127.0.0.1:")
        assert 0 == stop(process, signal.SIGINT)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_that_starts_is_ended_too(server: Neo4jServer, access_store: str, number: signal.Signals) -> None:
    """A signal that comes between a worker's fork and its own handlers ends it; it was lost, and waited for in vain."""
    with started("serve", "--port", "0", "--no-auth", env=on(server), command=SLOW) as process:
        first_line(process)
        assert until(lambda: len(psutil.Process(process.pid).children()) == 2)
        begin = time.monotonic()
        assert 0 == stop(process, number)
        assert time.monotonic() - begin < 20  # gunicorn would wait for 30


def test_no_auth_stays_on_this_machine(direct: Cli) -> None:
    """Without keys no address but loopback is listened on."""
    assert (2, "exposed") == direct.run("serve", "--no-auth", "--host", "0.0.0.0", "--json").failure
    assert (2, "exposed") == direct.run("serve", "--json", IAMGRAPH_NO_AUTH="1", IAMGRAPH_HOST="0.0.0.0").failure


def test_a_port_that_is_taken(direct: Cli) -> None:
    """A port somebody listens on, and an address of nobody, are each one line."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = direct.run("serve", "--port", port)
        assert (2, f"iamgraph: cannot listen on `127.0.0.1:{port}`: address already in use\n") == (ran.code, ran.err)
        assert (2, "address_unavailable") == direct.run("demo", "--port", port, "--json").failure
    assert (2, "address_unavailable") == direct.run("serve", "--host", "no such host", "--json").failure


# --- on a private Neo4j ---


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """The environment of a machine that has no Neo4j of its own yet."""
    home = tmp_path_factory.mktemp("home")
    return NOWHERE | {"IAMGRAPH_HOME": str(home), "IAMGRAPH_WORKERS": "1", "IAMGRAPH_DEADLINE": "60"}


@pytest.fixture(scope="module")
def data(private: Environment) -> Path:
    """The folder of its private Neo4j."""
    return Path(private["IAMGRAPH_HOME"] or "") / "neo4j"


@pytest.fixture(scope="module")
def held(data: Path) -> Iterator[None]:
    """The private Neo4j running for all the tests below."""
    with acquire(data, Settings().cache_dir, heap="512m"):
        yield


def test_doctor_on_a_private_neo4j(held: None, private: Environment) -> None:
    """The private Neo4j is found running, its schema is told and left as it is."""
    cli = Cli(private)
    for _ in range(2):
        found = {one["name"]: one for one in cli.done("doctor", "--json").lines}
        assert "the private Neo4j answers" == found["neo4j"]["text"]
        assert ("note", f"version 0 of {migrations()[-1].number}") == (
            found["schema"]["state"],
            found["schema"]["text"],
        )
        assert {"note"} == {found[name]["state"] for name in ("stores", "keys")}
        assert {"ok"} == {found[name]["state"] for name in ("java", "files")}


def test_serve_on_a_private_neo4j(held: None, private: Environment) -> None:
    """Commands share the private Neo4j with the service, which asks for a first key and takes it once made."""
    cli = Cli(private)
    with started("serve", "--port", "0", "--json", env=private) as process:
        url = json.loads(first_line(process))["url"]
        assert process.stderr is not None
        assert (
            "make one with `iamgraph keys create NAME --scope SCOPE --store STORE`"
            in json.loads(process.stderr.readline())["progress"]
        )
        key = cli.done("keys", "create", "first", "--scope", "read", "--all-stores", "--json").json["secret"]
        (made,) = cli.done("store", "list", "--url", url, "--key", key, "--json").lines
        assert "default" == made["id"]
        assert 0 == stop(process)


def test_demo(held: None, private: Environment) -> None:
    """The demo loads the company, and prints calls with the address it listens on."""
    cli = Cli(private)
    with started("demo", "--port", "0", "--json", env=private) as process:
        text = json.loads(first_line(process))["text"]
        assert "http://127.0.0.1:" in text
        assert "allowed\n" == cli.done("check", "member:bob", "can_edit", "source:orders", "--store", "demo").out
        assert 0 == stop(process)


def test_a_command_starts_a_private_neo4j_and_ends_it(tmp_path: Path) -> None:
    """A command alone starts the private Neo4j, tells so on stderr only, and leaves none behind."""
    env = NOWHERE | {"IAMGRAPH_HOME": str(tmp_path), "IAMGRAPH_DEADLINE": "60"}
    ran = Cli(env).run("store", "create", "first", "--json")
    assert "first" == ran.json["id"]
    assert {"progress": "starting the private Neo4j"} == json.loads(ran.err.splitlines()[-1])
    assert until(lambda: running(tmp_path / "neo4j") is None)
