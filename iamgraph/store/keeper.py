"""Stores, models, tuples, changes and keys, kept in Neo4j: the statements of `cypher/`, in transactions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final

from ulid import ULID

from iamgraph.errors import ConflictError, LimitError, RequestError, StoreError
from iamgraph.model.model import Model
from iamgraph.model.printer import model_hash
from iamgraph.queries import object_key, relationship_type, statement, subject_key
from iamgraph.questions import (
    Act,
    Change,
    Page,
    StoredKey,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
    check_store_id,
    no_key,
)
from iamgraph.revision import Revision
from iamgraph.store.contract import ModelChanged
from iamgraph.store.migrations import Migration, migrations
from iamgraph.store.neo4j import (
    Neo4jConnection,
    Run,
    asked,
    faults,
    info_of,
    late,
    left,
    no_store,
    retried,
    retrying,
)
from iamgraph.store.rows import (
    body_hash,
    change_of,
    cursor_of,
    place_of,
    stored_key,
    stored_tuple,
    tuple_row,
    tuple_text,
)
from iamgraph.tuples import Object, RelationTuple, StoredTuple, kind_of, shown

MAX_DELETED_WITH_OBJECT: Final = 10_000
PURGE_BATCH: Final = 5_000
MIGRATION_SECONDS: Final = 120.0


class Neo4jKeeper(Neo4jConnection):
    """A `Keeper` in one Neo4j database. Made once per process, after a fork."""

    @retried
    def read(self, store: str, wanted: TupleFilter, limit: int, cursor: str | None) -> Page[StoredTuple]:
        """A page of tuples, by object, then relation, then subject."""
        low, high = _object_range(store, wanted)
        after = place_of(cursor, low, high)
        parameters: dict[str, Any] = {
            "from": low,
            "to": high,
            "type": relationship_type(wanted.relation) if wanted.relation is not None else None,
            "after": after,
            "limit": limit + 1,
        }
        name = "tuples/read_by_object"
        if wanted.subject is not None:
            name = "tuples/read_by_subject"
            parameters |= {"subject": subject_key(store, wanted.subject), "via": kind_of(wanted.subject).via}
        with self._locked(store) as (run, info):
            found = [stored_tuple(row) for row in run(statement(name), parameters)]
        more = len(found) > limit
        return Page(tuple(found[:limit]), cursor_of(store, found[limit - 1].tuple) if more else None, info.revision)

    @retried
    def changes(self, store: str, since: int, limit: int) -> tuple[Change, ...]:
        """The changes after a revision, oldest first."""
        with self._locked(store) as (run, _):
            rows = run(statement("tuples/changes"), {"store": store, "since": since, "limit": limit})
            return tuple(map(change_of, rows))

    # --- writing ---

    @retried
    def write(self, request: WriteRequest, model: str, now: datetime) -> Revision:
        """Make the change whole or not at all."""
        with self._locked(request.store) as (run, info):
            done = self._replayed(run, info, request)
            if done is not None:
                return done
            if info.model != model:
                raise ModelChanged
            deletes = self._present(run, request, now)
            number = self._change(run, request, deletes, now)
            run.commit()
        return Revision(request.store, info.revision.epoch, number)

    @retried
    def replayed(self, request: WriteRequest) -> Revision | None:
        """The revision the request's idempotency key was used for."""
        if request.idempotency_key is None:
            return None
        with self._locked(request.store) as (run, info):
            return self._replayed(run, info, request)

    def _replayed(self, run: Run, info: StoreInfo, request: WriteRequest) -> Revision | None:
        if request.idempotency_key is None:
            return None
        parameters = {"store": request.store, "idempotency_key": request.idempotency_key}
        for row in run(statement("tuples/replay"), parameters):
            if row["body_hash"] != body_hash(request):
                raise ConflictError(
                    "the idempotency key was used for another request: take a new key", code="idempotency_key_reused"
                )
            return Revision(request.store, info.revision.epoch, row["revision"])
        return None

    def _present(self, run: Run, request: WriteRequest, now: datetime) -> tuple[RelationTuple, ...]:
        """The tuples to delete that are there; `ConflictError` for a failed precondition or a missing one."""
        asked = [*(one.tuple for one in request.preconditions), *request.deletes]
        if not asked:
            return ()
        rows = [tuple_row(request.store, one) for one in asked]
        state = run(statement("tuples/present"), {"rows": rows, "now": now})
        live = [row["live"] for row in state]
        present = [row["present"] for row in state]
        for i, (condition, found) in enumerate(zip(request.preconditions, live, strict=False)):
            if found is not condition.must_exist:
                what = "is not there" if condition.must_exist else "is there"
                raise ConflictError(
                    f"precondition failed: `{condition.tuple}` {what}",
                    code="precondition_failed",
                    pointer=f"/preconditions/{i}",
                )
        there = dict(zip(request.deletes, present[len(request.preconditions) :], strict=True))
        missing = next((one for one, found in there.items() if not found), None)
        if missing is not None and not request.ignore_missing:
            raise ConflictError(f"no tuple `{missing}` to delete", code="tuple_not_found")
        return tuple(one for one, found in there.items() if found)

    def _change(self, run: Run, request: WriteRequest, deletes: tuple[RelationTuple, ...], now: datetime) -> int:
        rows = run(
            statement("tuples/change"),
            {
                "store": request.store,
                "at": now,
                "by": request.by,
                "reason": request.reason,
                "idempotency_key": request.idempotency_key,
                "body_hash": body_hash(request) if request.idempotency_key is not None else None,
                "deletes": [tuple_row(request.store, one) for one in deletes],
                "writes": [tuple_row(request.store, one) for one in request.writes],
                "deleted": [tuple_text(one) for one in deletes],
                "written": [tuple_text(one) for one in request.writes],
            },
        )
        number: int = rows[0]["revision"]
        return number

    @retried
    def delete_object(
        self,
        store: str,
        object_: Object,
        required: frozenset[tuple[str, str]],
        model: str,
        act: Act,
    ) -> tuple[Revision, int]:
        """Delete an object and every tuple it stands in."""
        with self._locked(store) as (run, info):
            if info.model != model:
                raise ModelChanged
            found = [
                stored_tuple(row).tuple
                for row in run(
                    statement("tuples/around"),
                    {"object": object_key(store, object_), "limit": MAX_DELETED_WITH_OBJECT + 1},
                )
            ]
            _refuse_required(object_, found, required)
            if not found:
                return info.revision, 0
            if len(found) > MAX_DELETED_WITH_OBJECT:
                raise LimitError(
                    f"`{object_}` stands in more than the {MAX_DELETED_WITH_OBJECT} tuples that one change"
                    " may delete: delete some of them first",
                    code="too_many_tuples",
                )
            number = self._change(run, WriteRequest(store, by=act.by, reason=act.reason), tuple(found), act.at)
            run(statement("tuples/remove_object"), {"object": object_key(store, object_)})
            run.commit()
        return Revision(store, info.revision.epoch, number), len(found)

    # --- stores and models ---

    @retried
    def create_store(self, store: str, now: datetime) -> StoreInfo:
        """A new empty store."""
        check_store_id(store)
        self._purge(store)
        parameters = {"store": store, "epoch": secrets.token_hex(16), "at": now}
        rows = self._write_alone(statement("stores/create"), parameters)
        if not rows[0]["created"]:
            raise ConflictError(f"store `{store}` exists", code="store_exists")
        return self.get_store(store)

    @retried
    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""
        with self._locked(store) as (_, info):
            return info

    @retried
    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores, by id."""
        return tuple(info_of(row["store"], row) for row in self._read(statement("stores/list"), {}))

    def delete_store(self, store: str) -> None:
        """End a store at once, then remove what it held; what there is no time for is left to `tidy`."""
        self._retire(store)
        try:
            with faults():
                self._purge(store)
        except StoreError as fault:
            if fault.code != late().code:
                raise

    @retried
    def _retire(self, store: str) -> None:
        if not self._write_alone(statement("stores/retire"), {"store": asked(store)}):
            raise no_store(store)

    @retried
    def tidy(self) -> None:
        """Remove what is left of stores that were ended."""
        for row in self._read(statement("stores/retired"), {}):
            self._purge(row["store"])

    def _purge(self, store: str) -> None:
        # A deletion that was cut off goes on here, before the id can be used again.
        parameters = {"store": store, "from": f"{store}/", "to": f"{store}0", "limit": PURGE_BATCH}
        while retrying(lambda: self._write_alone(statement("stores/purge"), parameters), self.end())[0]["removed"]:
            pass
        retrying(lambda: self._write_alone(statement("stores/forget"), {"store": store}), self.end())

    @retried
    def write_model(self, store: str, model: Model, text: str, act: Act) -> StoredModel:
        """Make a model the current one."""
        stored: dict[str, Any] = {"id": str(ULID()), "text": text, "hash": model_hash(model), "at": act.at}

        with self._locked(store) as (run, _):
            rows = run(statement("models/write"), {"store": store, "by": act.by, "reason": act.reason, **stored})
            run.commit()
        return StoredModel(**stored, revision=rows[0]["revision"])

    @retried
    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""
        with self._locked(store) as (run, _):
            # An id is a ULID; what is outside ASCII is none, and some of it the driver cannot send.
            known = id_ is None or id_.isascii()
            rows = run(statement("models/get"), {"store": store, "id": id_}) if known else []
        if not rows:
            what = f"model `{shown(id_)}`" if id_ is not None else "model yet"
            raise RequestError(f"store `{store}` has no {what}", code="model_not_found")
        return _stored_model(rows[0])

    @retried
    def list_models(self, store: str) -> tuple[StoredModel, ...]:
        """The models of a store, newest first."""
        with self._locked(store) as (run, _):
            return tuple(map(_stored_model, run(statement("models/list"), {"store": store})))

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
        version: int = self._read(statement("schema/version"), {})[0]["version"]
        return version

    def _apply(self, migration: Migration) -> None:
        """One migration; cut off, it is run again, which its statements allow."""
        end = time.monotonic() + MIGRATION_SECONDS
        for text in migration.statements:
            retrying(partial(self._write_alone, text, {}, left(end)), end)
        self._write_alone(statement("schema/migrated"), {"version": migration.number})

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
        self._write_alone(statement("keys/create"), parameters)

    @retried
    def list_keys(self) -> tuple[StoredKey, ...]:
        """All keys, the ended ones too, by name and id."""
        return tuple(map(stored_key, self._read(statement("keys/list"), {"since": 0})))

    @retried
    def get_key(self, id_: str) -> StoredKey:
        """One key; `RequestError` (`key_not_found`) if there is none of that id."""
        # What is outside ASCII is no id, and some of it the driver cannot send.
        rows = self._read(statement("keys/get"), {"id": id_}) if id_.isascii() else []
        if not rows:
            raise no_key(id_)
        return stored_key(rows[0])

    @retried
    def revoke_key(self, id_: str, now: datetime) -> None:
        """End a key; one that was ended stays so. `RequestError` (`key_not_found`) if there is none of that id."""
        if not id_.isascii() or not self._write_alone(statement("keys/revoke"), {"id": id_, "at": now}):
            raise no_key(id_)


def _refuse_required(object_: Object, found: Iterable[RelationTuple], required: frozenset[tuple[str, str]]) -> None:
    for one in found:
        if one.subject == object_ and (one.object.type, one.relation) in required:
            raise ConflictError(
                f"`{object_}` is required by `{one}`: deleting it would widen access, delete that tuple first",
                code="object_required",
            )


def _object_range(store: str, wanted: TupleFilter) -> tuple[str, str]:
    """The half-open range of keys a filter's object lies in."""
    if wanted.object_type is None:
        return f"{store}/", f"{store}0"  # `0` follows `/`
    if wanted.object_id is None:
        return f"{store}/{wanted.object_type}:", f"{store}/{wanted.object_type};"  # `;` follows `:`
    key = object_key(store, Object(wanted.object_type, wanted.object_id))
    return key, key + "\x01"  # no id holds a control character


def _stored_model(row: Mapping[str, Any]) -> StoredModel:
    return StoredModel(row["id"], row["text"], row["hash"], row["revision"], row["at"].to_native())
