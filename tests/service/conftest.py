"""What the service's tests share: a service on a real gunicorn and a real Neo4j, a key, a client, a store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.service.acme import Acme, made
from tests.service.client import Client
from tests.service.process import STORE, Running, serving

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
"""


@pytest.fixture(scope="session")
def secret(keeper: Neo4jKeeper) -> Iterator[str]:
    """A key of the service, revoked afterwards."""
    key, secret = make_key(keeper, "service tests")
    yield secret
    end_key(keeper, key)


@pytest.fixture(scope="session")
def access_store(authorizer: Authorizer) -> Iterator[str]:
    """The store of the access model."""
    found_store(authorizer, STORE)
    yield STORE
    authorizer.delete_store(STORE)


@pytest.fixture(scope="session")
def service(
    server: Neo4jServer, secret: str, access_store: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """The service, with keys asked for; the key and the store of the access model are there before it."""
    with serving(server, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="session")
def client(service: Running, secret: str) -> Iterator[Client]:
    """A client that sends the key."""
    with Client(service.port, secret) as client:
        yield client


@pytest.fixture
def home(client: Client) -> Iterator[str]:
    """The path of a new store, with a model of members, groups and resources."""
    yield from _store(client)


@pytest.fixture(scope="module")
def shared(client: Client) -> Iterator[str]:
    """As `home`, one for all tests of a file, which leave it as it is."""
    yield from _store(client)


@pytest.fixture
def acme(client: Client) -> Acme:
    """A new workspace, owned by olga."""
    return made(client)


def _store(client: Client) -> Iterator[str]:
    name = f"http-{ULID()}"
    assert 201 == client.post("/v1/stores", {"id": name}).status
    path = f"/v1/stores/{name}"
    assert 201 == client.post(f"{path}/models", {"text": MODEL}).status
    yield path
    client.delete(path)
