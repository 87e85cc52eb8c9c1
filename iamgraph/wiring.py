"""The one place that names concrete classes: settings become a Neo4j, a keeper and an authorizer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from iamgraph.access.access import found_store
from iamgraph.access.sentences import AccessSentences
from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.check.observed import ObservedChecker
from iamgraph.local.jars import Tell
from iamgraph.local.private import Lease, acquire
from iamgraph.observer import UNOBSERVED, Observer
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer

TIDY_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True)
class Connection:
    """A keeper, and the authorizer in front of it."""

    keeper: Neo4jKeeper
    authorizer: Authorizer


def connect(
    uri: str | None = None,
    user: str = "neo4j",
    password: str = "",
    *,
    database: str = "neo4j",
    settings: Settings | None = None,
    tell: Tell = lambda _: None,
) -> Authorizer:
    """An authorizer on the Neo4j at `uri`; without one, on what the environment names, else on a private Neo4j.

    Brings the database to the newest schema. Close it, or use it as a context manager. `tell` hears lines of
    progress: the first start of a private Neo4j fetches it, which takes a minute.

    Raises `StoreError` where Neo4j cannot be had, reached or signed in to.
    """
    named = Neo4jServer(uri, user, password, database) if uri is not None else None
    return open_connection(settings or Settings(), named, tell).authorizer


def open_connection(settings: Settings, named: Neo4jServer | None = None, tell: Tell = lambda _: None) -> Connection:
    """As `connect`, with the keeper besides."""
    server, release = named or settings.server, _nothing
    if server is None:
        held = lease(settings, tell)
        server, release = held.server, held.release
    connection = join(server, settings, release)
    try:
        prepare(connection.keeper)
    except BaseException:
        connection.authorizer.close()
        raise
    return connection


def prepare(keeper: Neo4jKeeper) -> None:
    """Bring the database to the newest schema, and remove what is left of stores that were ended."""
    keeper.migrate()
    keeper.until(time.monotonic() + TIDY_SECONDS).tidy()


def prepare_service(connection: Connection, settings: Settings) -> None:
    """As `prepare`, and make the store of the access model where there is none; before the service forks."""
    prepare(connection.keeper)
    found_store(connection.authorizer.until(time.monotonic() + TIDY_SECONDS), settings.store)


def join(
    server: Neo4jServer,
    settings: Settings,
    release: Callable[[], None] = lambda: None,
    observer: Observer = UNOBSERVED,
) -> Connection:
    """A connection to a server whose schema is in place, made by the process that will use it."""
    keeper = Neo4jKeeper(server, deadline=settings.deadline, observer=observer)
    checker = ObservedChecker(GraphChecker(keeper, max_tuples_read=settings.max_tuples_read), observer)
    speaking = (AccessSentences(),)
    authorizer = Authorizer(keeper, checker, deadline=settings.deadline, closing=release, speaking=speaking)
    return Connection(keeper, authorizer)


def lease(settings: Settings, tell: Tell) -> Lease:
    """The use of the private Neo4j the settings describe."""
    return acquire(settings.data_dir, settings.cache_dir, heap=settings.heap, tell=tell)


def _nothing() -> None:
    """There is nothing to release."""
