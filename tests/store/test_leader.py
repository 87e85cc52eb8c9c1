"""On a cluster followers are late, so every session is opened for writing, which the leader alone serves."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any, cast

import neo4j

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.questions import CheckQuestion, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_object, parse_subject, parse_tuple
from tests.conftest import SECONDS
from tests.store.given import ADA, MODEL


class Seeing:
    """A driver that notes how its sessions are opened."""

    def __init__(self, driver: neo4j.Driver) -> None:
        self._driver = driver
        self.modes: list[str] = []

    def session(self, **config: Any) -> neo4j.Session:
        """A session of the driver's."""
        self.modes.append(config["default_access_mode"])
        return self._driver.session(**config)

    def close(self) -> None:
        """Close the driver."""
        self._driver.close()


def test_all_is_asked_of_the_leader(server: Neo4jServer, spare: str) -> None:
    """Stores, keys, models, tuples, checks, changes and the schema are read where they are written."""
    seen: list[Seeing] = []

    def wrap(driver: neo4j.Driver) -> neo4j.Driver:
        seen.append(Seeing(driver))
        return cast(neo4j.Driver, seen[0])

    with closing(Neo4jKeeper(server, deadline=SECONDS, wrap=wrap)) as keeper:
        door = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS)
        keeper.ping()
        keeper.migrate()
        keeper.has_keys(datetime.now(UTC))
        keeper.list_keys()
        door.create_store(spare)
        assert spare in {one.id for one in door.list_stores()}
        door.write_model(spare, MODEL)
        door.write(WriteRequest(spare, writes=(parse_tuple(ADA),)))
        ada = parse_tuple(ADA)
        question = CheckQuestion(spare, parse_subject("user:ada"), ada.relation, parse_object("group:eng"))
        assert door.check(question).allowed
        assert 2 == len(door.changes(spare))
    assert {neo4j.WRITE_ACCESS} == set(seen[0].modes)
