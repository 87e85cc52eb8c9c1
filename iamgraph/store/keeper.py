"""Stores, models, tuples, changes and keys, kept in Neo4j: the statements of `cypher/`, in transactions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final

from iamgraph.errors import ConflictError, RequestError, StoreError
from iamgraph.queries import statement
from iamgraph.questions import (
    Page,
    StoredKey,
    StoredModel,
    StoreInfo,
    TupleFilter,
    check_store_id,
    no_key,
)
from iamgraph.revision import Revision
from iamgraph.store.changes import Neo4jFollower
from iamgraph.store.credentials import Neo4jCredentials
from iamgraph.store.exploring import Neo4jExplorer
from iamgraph.store.loader import Neo4jLoader
from iamgraph.store.migrations import Migration, migrations
from iamgraph.store.neo4j import Neo4jReader, faults, info_of, left, retried, retrying
from iamgraph.store.records import Neo4jRecorder
from iamgraph.store.rows import cursor_of, place_of, stored_key, stored_model
from iamgraph.store.transactions import Neo4jTransactor
from iamgraph.store.writing import find_tuples, key_range
from iamgraph.tuples import StoredTuple, shown

PURGE_BATCH: Final = 5_000
MIGRATION_SECONDS: Final = 120.0


class Neo4jKeeper(Neo4jFollower, Neo4jLoader, Neo4jTransactor, Neo4jRecorder, Neo4jCredentials, Neo4jExplorer):
    """A `Keeper` in one Neo4j database. Made once per process, after a fork."""

    @retried
    def read(self, store: str, wanted: TupleFilter, limit: int, cursor: str | None) -> Page[StoredTuple]:
        """A page of tuples, by object, then relation, then subject."""
        after = place_of(cursor, *key_range(store, wanted))

        return self.at_one_revision(store, lambda reader: _page(reader, wanted, after, limit))

    @retried
    def read_locked(self, store: str, limit: int, cursor: str | None) -> Page[StoredTuple]:
        """As `read`, of all tuples and under the lock: it ends, however much is written meanwhile."""
        wanted = TupleFilter()
        after = place_of(cursor, *key_range(store, wanted))
        with self._locked(store) as (run, info):
            return _page(Neo4jReader(run, info, self._planned()), wanted, after, limit)

    # --- stores and models ---

    def create_store(self, store: str, now: datetime) -> StoreInfo:
        """A new empty store."""
        check_store_id(store)
        return self._create_store(store, secrets.token_hex(16), now)

    @retried
    def _create_store(self, store: str, epoch: str, now: datetime) -> StoreInfo:
        self._purge(store)
        # Done again after its answer was lost, it is known by its epoch.
        rows = self._act(statement("stores/create"), {"store": store, "epoch": epoch, "at": now})
        if not rows[0]["created"]:
            raise ConflictError(f"store `{store}` exists", code="store_exists")
        return StoreInfo(Revision(store, epoch, 0), None)

    @retried
    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""
        return self.state(store)

    @retried
    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores, by id."""
        return tuple(info_of(row["store"], row) for row in self._alone(statement("stores/list"), {}))

    def delete_store(self, store: str) -> None:
        """End a store at once, then remove what it held; what cannot be removed now is left to `tidy`."""
        # By its epoch, so that a store made anew meanwhile is not ended when this is done again.
        self._retire(store, self.get_store(store).revision.epoch)
        try:
            with faults():
                self._purge(store)
        except StoreError:
            return

    @retried
    def _retire(self, store: str, epoch: str) -> None:
        self._act(statement("stores/retire"), {"store": store, "epoch": epoch})

    @retried
    def tidy(self) -> None:
        """Remove what is left of stores that were ended."""
        for row in self._alone(statement("stores/retired"), {}):
            self._purge(row["store"])

    def _purge(self, store: str) -> None:
        # A deletion that was cut off goes on here, before the id can be used again.
        what = {"store": store, "from": f"{store}/", "to": f"{store}0", "limit": PURGE_BATCH}
        removed = True
        while removed:
            rows = retrying(lambda: self._alone(statement("stores/purge"), what), self.end())
            removed = any(row["removed"] for row in rows)

    @retried
    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""
        with self._locked(store) as (run, info):
            # An id is a ULID; what is outside ASCII is none, and some of it the driver cannot send.
            known = id_ is None or id_.isascii()
            rows = run(statement("models/get"), {"store": store, "id": id_}) if known else []
        if not rows:
            what = f"model `{shown(id_)}`" if id_ is not None else "model yet"
            raise RequestError(f"store `{store}` has no {what}", code="model_not_found")
        return stored_model(rows[0], info)

    @retried
    def list_models(self, store: str) -> tuple[StoredModel, ...]:
        """The models of a store, newest first."""
        with self._locked(store) as (run, info):
            return tuple(stored_model(row, info) for row in run(statement("models/list"), {"store": store}))

    def migrate(self) -> None:
        """Bring the database to the newest schema; changes nothing where it is there already.

        Raises `StoreError` (`schema_too_new`) where a newer iamgraph has been.
        """
        known = migrations()
        version = self.schema_version()
        with faults():
            if version > known[-1].number:
                raise StoreError(
                    f"the database has schema {version}, this iamgraph knows {known[-1].number}: use a newer iamgraph",
                    code="schema_too_new",
                )
            for one in known[version:]:
                self._apply(one)

    @retried
    def schema_version(self) -> int:
        """The number of the newest migration the database has had, 0 before the first."""
        version: int = self._alone(statement("schema/version"), {})[0]["version"]
        return version

    def _apply(self, migration: Migration) -> None:
        """One migration; cut off, it is run again, which its statements allow."""
        end = time.monotonic() + MIGRATION_SECONDS
        for text in migration.statements:
            retrying(partial(self._alone, text, {}, left(end)), end)
        self._alone(statement("schema/migrated"), {"version": migration.number})

    # --- API keys ---

    @retried
    def create_key(self, key: StoredKey) -> None:
        """Keep a key; its secret is not part of it."""
        parameters = {
            "id": key.id,
            "name": key.name,
            "hash": key.hash,
            "scopes": sorted(one.value for one in key.scopes),
            "stores": sorted(key.stores),
            "at": key.at,
            "by": key.by,
            "expires_at": key.expires_at,
        }
        # Done again after its answer was lost, it may be there already.
        if not self._alone(statement("keys/get"), {"id": key.id}):
            self._act(statement("keys/create"), parameters)

    @retried
    def keys_version(self) -> int:
        """The number of the newest change of the keys."""
        version: int = self._alone(statement("keys/version"), {})[0]["version"]
        return version

    @retried
    def list_keys(self, since: int = 0) -> tuple[StoredKey, ...]:
        """The keys changed after that version, all of them after 0, the ended ones too, by name and id."""
        return tuple(map(stored_key, self._alone(statement("keys/list"), {"since": since})))

    @retried
    def has_keys(self, now: datetime) -> bool:
        """Whether anybody could ask: there is a key that lives."""
        living: bool = self._alone(statement("keys/living"), {"now": now})[0]["living"]
        return living

    @retried
    def record_uses(self, uses: Mapping[str, datetime]) -> None:
        """Remember when keys, by their ids, were last used."""
        # In one order, so that no two processes wait for each other.
        self._alone(statement("keys/used"), {"uses": [{"id": id_, "at": uses[id_]} for id_ in sorted(uses)]})

    @retried
    def get_key(self, id_: str) -> StoredKey:
        """One key; `RequestError` (`key_not_found`) if there is none of that id."""
        # What is outside ASCII is no id, and some of it the driver cannot send.
        rows = self._alone(statement("keys/get"), {"id": id_}) if id_.isascii() else []
        if not rows:
            raise no_key(id_)
        return stored_key(rows[0])

    @retried
    def revoke_key(self, id_: str, now: datetime) -> None:
        """End a key; one that was ended stays so. `RequestError` (`key_not_found`) if there is none of that id."""
        if not id_.isascii() or not self._act(statement("keys/revoke"), {"id": id_, "at": now}):
            raise no_key(id_)


def _page(reader: Neo4jReader, wanted: TupleFilter, after: list[str] | None, limit: int) -> Page[StoredTuple]:
    found = find_tuples(reader.run, reader.info.id, wanted, after, limit + 1)
    cursor = cursor_of(reader.info.id, found[limit - 1].tuple) if len(found) > limit else None
    return Page(tuple(found[:limit]), cursor, reader.info.revision)
