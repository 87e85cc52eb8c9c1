"""Readiness: each part told apart, by who looks within a short time, and nothing that is nobody's business."""

from __future__ import annotations

import secrets
import threading
import time
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self

import neo4j
import pytest
from ulid import ULID

from iamgraph.access.access import shipped_model
from iamgraph.authorizer import Authorizer
from iamgraph.errors import StoreError
from iamgraph.questions import StoredModel, StoreInfo
from iamgraph.revision import Revision
from iamgraph.service.readiness import SECONDS, Readiness, look
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.migrations import migrations
from iamgraph.store.neo4j import Neo4jServer
from tests.service.client import Client
from tests.service.process import Running, serving

NEWEST = migrations()[-1].number
DOWN = StoreError("Neo4j cannot be reached")


class Database:
    """What is looked at, in a state of a test's choosing; a part that is an error raises it."""

    def __init__(self, version: int = NEWEST, stores: object = (), keys: object = (), database: object = None) -> None:
        self.parts = {"database": database, "version": version, "stores": stores, "keys": keys}
        self.hold = threading.Event()
        self.hold.set()
        self.looks = 0

    def until(self, end: float) -> Self:
        """The same."""
        return self

    def _part(self, name: str) -> object:
        found = self.parts[name]
        if isinstance(found, StoreError):
            raise found
        return found

    def ping(self) -> None:
        """Answers once it is let go."""
        self.looks += 1
        self.hold.wait(10 * SECONDS)
        self._part("database")

    def schema_version(self) -> int:
        """The version given."""
        found = self._part("version")
        assert isinstance(found, int)
        return found

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """The stores given."""
        found = self._part("stores")
        assert isinstance(found, tuple)
        return found

    def get_model(self, store: str, id_: str | None) -> StoredModel:
        """There is none to look at."""
        raise NotImplementedError

    def has_keys(self, now: datetime) -> bool:
        """Whether keys were given."""
        return bool(self._part("keys"))


INFO = StoreInfo(Revision("s", "e", 1), "m")


@pytest.mark.parametrize(
    ("database", "code", "statuses"),
    [
        (Database(), None, ["ok", "ok", "none", "none"]),
        (Database(stores=(INFO,), keys=("key",)), None, ["ok", "ok", "ok", "ok"]),
        (Database(stores=(replace(INFO, model=None),)), None, ["ok", "ok", "without_model", "none"]),
        (Database(NEWEST - 1), "schema_old", ["ok", "old", "unknown", "unknown"]),
        (Database(NEWEST + 1), "schema_too_new", ["ok", "too_new", "unknown", "unknown"]),
        (Database(database=DOWN), "store_unavailable", ["failed", "unknown", "unknown", "unknown"]),
        (Database(stores=DOWN), "store_unavailable", ["ok", "ok", "failed", "unknown"]),
        (Database(keys=DOWN), "store_unavailable", ["ok", "ok", "none", "failed"]),
    ],
)
def test_each_part_has_its_state(database: Database, code: str | None, statuses: list[str]) -> None:
    """What is missing is told where it is missing, and decides only where answers need it."""
    found = look(database, keys=True)
    assert (code, statuses) == (found.code, [one["status"] for one in found.parts.values()])


def test_an_older_access_model_is_told(keeper: Neo4jKeeper, authorizer: Authorizer) -> None:
    """The access model of the service's store is told to be the shipped one or another, which keeps nobody out."""
    store = f"ready-{ULID()}"
    told = [look(keeper, keys=False, store=store)]
    authorizer.create_store(store)
    for text in (
        shipped_model(),
        shipped_model().replace("define can_open_home: owner", "define can_open_home: inside"),
    ):
        authorizer.write_model(store, text)
        told.append(look(keeper, keys=False, store=store))
    authorizer.delete_store(store)
    assert [(None, "none"), (None, "ok"), (None, "other")] == [
        (one.code, one.parts["access_model"]["status"]) for one in told
    ]


def test_without_keys_none_are_looked_for() -> None:
    """A service that asks for no keys is ready without being able to read any."""
    found = look(Database(keys=DOWN), keys=False)
    assert (None, "off") == (found.code, found.parts["keys"]["status"])


def test_who_hangs_is_late_and_looked_at_once() -> None:
    """A database that does not answer is told so in time, and however many ask, one thread waits for it."""
    database = Database()
    database.hold.clear()
    readiness = Readiness(database, keys=True)
    began = time.monotonic()
    asking = [threading.Thread(target=readiness.found) for _ in range(5)]
    for one in asking:
        one.start()
    found = readiness.found()
    for one in asking:
        one.join()
    assert ("deadline_exceeded", "late") == (found.code, found.parts["database"]["status"])
    assert time.monotonic() - began < 2 * SECONDS
    assert 1 == database.looks
    database.hold.set()
    while readiness.found().code is not None:
        time.sleep(0.01)
    readiness.close()


def test_a_ready_service_says_so(service: Running, server: Neo4jServer) -> None:
    """On the real Neo4j every part is there, and neither its address nor any name of a store or key is told."""
    with Client(service.port, None) as client:
        reply = client.get("/readyz")
    assert 200 == reply.status
    said = reply.json
    assert ("ok", NEWEST, NEWEST) == tuple(said["schema"][one] for one in ("status", "version", "known"))
    assert ("ready", "ok", "ok") == (said["status"], said["database"]["status"], said["keys"]["status"])
    assert {"status", "database", "schema", "stores", "keys", "access_model"} == set(said)
    address = server.uri.partition("://")[2]
    assert [] == [one for one in (address, server.user, server.password, "service tests") if one in reply.body.decode()]


def test_a_wrong_password_is_told_by_its_code(server: Neo4jServer, tmp_path: Path) -> None:
    """A service that cannot sign in is not ready, and lives."""
    wrong = replace(server, password="not this one")
    with serving(wrong, tmp_path) as service, Client(service.port, None) as client:
        reply = client.get("/readyz")
        assert (503, "store_sign_in_failed", None) == reply.problem
        assert {"status": "failed", "code": "store_sign_in_failed"} == reply.json["database"]
        assert 200 == client.get("/healthz").status
        assert "not this one" not in service.log.read_text()


def test_a_user_who_may_not_is_told_so(server: Neo4jServer) -> None:
    """What Neo4j refuses a user for is a fault of who set it up, not one of iamgraph's own."""
    name, password = f"u{secrets.token_hex(8)}", secrets.token_urlsafe(16)
    made = {"name": name, "password": password}
    as_user = replace(server, user=name, password=password)
    with (
        neo4j.GraphDatabase.driver(server.uri, auth=(server.user, server.password)) as driver,
        driver.session(database="system") as session,
    ):
        session.run("CREATE USER $name SET PASSWORD $password CHANGE REQUIRED", made).consume()
        refused = pytest.raises(StoreError, match="Neo4j refused its user: CredentialsExpired")
        try:
            with closing(Neo4jKeeper(as_user, deadline=60.0)) as keeper, refused as told:
                keeper.ping()
        finally:
            session.run("DROP USER $name", {"name": name}).consume()
    assert "store_sign_in_failed" == told.value.code
