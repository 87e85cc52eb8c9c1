"""The truth table of the access model, through HTTP and through the command line, here and on a service.

Organisations are built through Python, which is quick, and has the clock that makes an invite of the past; asked and
acted upon through the door, by the secrets of those who act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.access.sessions import Sessions
from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.access.conftest import built
from tests.access.organisation import PROVIDED, ROWS, Door, Organisation, Row
from tests.access.over_cli import CliDoor
from tests.access.over_http import HttpDoor, Secrets
from tests.access.python import PythonDoor
from tests.access.test_truth_table import answers, expected
from tests.cli.runner import NOWHERE, Cli, on
from tests.made_keys import end_key, make_key
from tests.service.process import Running, serving

ASKING: Final = [one for one in ROWS if not one.changes]
CHANGING: Final = [one for one in ROWS if one.changes]
WAYS: Final = ("http", "cli", "cli on a service")

Through = Callable[[Organisation, str], Organisation]


@contextmanager
def organisation(authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Iterator[Organisation]:
    """The organisation in the store of that name, made anew and gone afterwards."""
    found_store(authorizer, store)
    yield built(PythonDoor(authorizer, keeper, store))
    authorizer.delete_store(store)


@pytest.fixture(scope="module")
def key(keeper: Neo4jKeeper) -> Iterator[str]:
    """A key of scope admin."""
    made, secret = make_key(keeper, "doors")
    yield secret
    end_key(keeper, made)


@pytest.fixture(scope="module")
def store() -> str:
    """The store of the service's workspaces."""
    return f"doors-{ULID()}"


@pytest.fixture(scope="module")
def service(
    server: Neo4jServer, authorizer: Authorizer, key: str, store: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A real gunicorn on that store."""
    found_store(authorizer, store)
    with serving(server, tmp_path_factory.mktemp("doors"), store=store) as running:
        authorizer.delete_store(store)
        yield running


@pytest.fixture(scope="module")
def through(
    server: Neo4jServer, authorizer: Authorizer, keeper: Neo4jKeeper, service: Running, key: str, store: str
) -> Through:
    """What puts a door before an organisation."""
    sessions = Sessions(authorizer, keeper, store)

    def put(made: Organisation, way: str) -> Organisation:
        tokens = {str(one.object): str(one.secret) for one in made.made.values() if (one.object or "")[:6] == "token:"}
        secrets = Secrets(sessions, key, tokens)
        door: Door
        if way == "http":
            door = HttpDoor(service.port, store, secrets)
        elif way == "cli":
            door = CliDoor(Cli(on(server)), store, secrets, ("--store", store))
        else:
            asked = Cli(NOWHERE | {"IAMGRAPH_URL": f"http://127.0.0.1:{service.port}"})
            door = CliDoor(asked, store, secrets, ())
        return Organisation(door, dict(made.made))

    return put


@pytest.mark.parametrize("way", WAYS)
def test_rows_that_ask(authorizer: Authorizer, keeper: Neo4jKeeper, store: str, through: Through, way: str) -> None:
    """Every question of every such row has the table's answer, and what it refuses is refused."""
    with organisation(authorizer, keeper, store) as made:
        door = through(made, way)
        assert [expected(row) for row in ASKING] == [answers(door, row) for row in ASKING]


@pytest.mark.parametrize(
    ("way", "row"),
    [(way, row) for way in WAYS for row in CHANGING if way == "http" or row.number != PROVIDED],
    ids=str,
)
def test_row_that_changes(
    authorizer: Authorizer, keeper: Neo4jKeeper, store: str, through: Through, way: str, row: Row
) -> None:
    """Every part of the row, one after the other, goes as the table says.

    No command does what an identity provider does: those speak SCIM, which is HTTP.
    """
    with organisation(authorizer, keeper, store) as made:
        assert expected(row) == answers(through(made, way), row)
