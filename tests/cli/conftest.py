"""What the command line's tests share: the two ways to a store, and a store with a model in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import ACCESS_STORE, NOWHERE, Cli, first_line, on, started, until
from tests.made_keys import end_key, make_key

MODEL = """\
model
  schema 1.1
type member
type group
  relations
    define member: [member, group#member]
type resource
  relations
    define owner: [member]
    define viewer: [member, member:*, group#member] or owner
    define reader: [member, member with office_hours]
condition office_hours(hour: int) {
  hour < 18
}
"""


@pytest.fixture(scope="session")
def direct(server: Neo4jServer) -> Cli:
    """The command line on Neo4j itself."""
    return Cli(on(server))


@pytest.fixture(scope="session")
def access_store(authorizer: Authorizer) -> Iterator[str]:
    """The store of the services' workspaces, which the first of them makes."""
    yield ACCESS_STORE
    if any(one.id == ACCESS_STORE for one in authorizer.list_stores()):
        authorizer.delete_store(ACCESS_STORE)


@pytest.fixture(scope="session")
def url(server: Neo4jServer, access_store: str) -> Iterator[str]:
    """The address of a service that `iamgraph serve` runs, and that asks for keys."""
    with started("serve", "--port", "0", "--workers", "1", "--json", env=on(server)) as process:
        yield json.loads(first_line(process))["url"]


@pytest.fixture(scope="session")
def secret(keeper: Neo4jKeeper) -> Iterator[str]:
    """A key of the service, revoked afterwards."""
    key, secret = make_key(keeper, f"command line {ULID()}")
    yield secret
    end_key(keeper, key)


@pytest.fixture(scope="session")
def remote(url: str, secret: str) -> Cli:
    """The command line on the service, named by the environment."""
    cli = Cli(NOWHERE | {"IAMGRAPH_URL": url, "IAMGRAPH_KEY": secret})
    # A service knows a new key a second later, if it looked just before.
    assert until(lambda: cli.run("store", "list").code == 0)
    return cli


@pytest.fixture(params=["direct", "remote"])
def either(request: pytest.FixtureRequest, direct: Cli, remote: Cli) -> Cli:
    """The command line, on Neo4j and on the service in turn."""
    return {"direct": direct, "remote": remote}[request.param]


@pytest.fixture
def both(direct: Cli, remote: Cli) -> tuple[Cli, Cli]:
    """The command line on Neo4j, and on the service."""
    return direct, remote


@pytest.fixture
def modelled(authorizer: Authorizer, store: str) -> str:
    """A store with a model of members, groups and resources."""
    authorizer.write_model(store, MODEL)
    return store


@pytest.fixture
def spare(authorizer: Authorizer) -> Iterator[str]:
    """The id of a store that a test may create, and need not delete."""
    name = f"cli-{ULID()}"
    yield name
    if any(one.id == name for one in authorizer.list_stores()):
        authorizer.delete_store(name)


@pytest.fixture
def model_file(tmp_path: Path) -> str:
    """The path of a file with the model."""
    file = tmp_path / "model.fga"
    file.write_text(MODEL)
    return str(file)
