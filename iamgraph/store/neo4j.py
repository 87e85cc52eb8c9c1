"""Neo4j as the keeper of tuples: the only file that imports the driver, and where its errors end."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any, Concatenate, Final, ParamSpec, Self, TypeVar

import neo4j
from neo4j.exceptions import (
    AuthError,
    ClientError,
    ConstraintError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
    SessionExpired,
    TransientError,
)
from ulid import ULID

from iamgraph.errors import ConflictError, LimitError, RequestError, StoreError
from iamgraph.model.model import Model
from iamgraph.model.printer import model_hash
from iamgraph.queries import object_key, relationship_type, statement, subject_key
from iamgraph.questions import Act, Change, Page, StoredKey, StoredModel, StoreInfo, TupleFilter, WriteRequest
from iamgraph.revision import Revision
from iamgraph.store.contract import ModelChanged
from iamgraph.store.migrations import Migration, migrations
from iamgraph.store.rows import (
    body_hash,
    change_of,
    cursor_of,
    place_of,
    stored_tuple,
    tuple_row,
    tuple_text,
)
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, kind_of, shown

MAX_STORE_ID_LENGTH: Final = 64
MAX_DELETED_WITH_OBJECT: Final = 10_000
PURGE_BATCH: Final = 5_000
DEADLINE_SECONDS: Final = 3.0
MIGRATION_SECONDS: Final = 120.0
ATTEMPTS: Final = 5

# A new database knows none of a model's names yet: that alone is no fault of a statement.
_STRICT: Final[dict[str, Any]] = {
    "warn_notification_severity": "INFORMATION",
    "notifications_disabled_classifications": ["UNRECOGNIZED"],
}
_QUIET: Final[dict[str, Any]] = {"notifications_min_severity": "OFF"}
_STORE_ID_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
# A transaction past its time, and one that was waiting for a lock when its time came.
_LATE: Final = ("Neo.ClientError.Transaction.TransactionTimedOut", "Neo.ClientError.Transaction.LockClientStopped")
_SCHEMES: Final = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_GONE: Final = "Neo.ClientError.Statement.EntityNotFound"

Parameters = Mapping[str, Any]
P = ParamSpec("P")
T = TypeVar("T")


def check_store_id(store: str) -> str:
    """The id, if it can name a store; else `RequestError`."""
    if not 0 < len(store) <= MAX_STORE_ID_LENGTH or not _STORE_ID_CHARACTERS.issuperset(store):
        raise RequestError(
            f"malformed store id `{shown(store)}`: 1 to {MAX_STORE_ID_LENGTH} letters, digits, `_` and `-`",
            code="malformed_store_id",
        )
    return store


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where Neo4j is, and how to sign in."""

    uri: str
    user: str
    password: str
    database: str = "neo4j"

    def __post_init__(self) -> None:
        scheme, colon, rest = self.uri.partition("://")
        if scheme not in _SCHEMES or not colon or not rest:
            raise RequestError(
                f"malformed Neo4j URI `{shown(self.uri)}`: expected {', '.join(f'`{one}://`' for one in _SCHEMES)} and"
                " a host",
                code="malformed_uri",
            )

    def __repr__(self) -> str:
        return f"Neo4jServer(uri={self.uri!r}, user={self.user!r}, password=***, database={self.database!r})"


def _retried(method: Callable[Concatenate[Neo4jKeeper, P], T]) -> Callable[Concatenate[Neo4jKeeper, P], T]:
    """The method, with the driver's errors turned into ours, and tried again where that is safe."""

    @wraps(method)
    def retried(keeper: Neo4jKeeper, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with _faults():
            return _retrying(lambda: method(keeper, *args, **kwargs), keeper.end())

    return retried


class Neo4jKeeper:
    """Stores, models, tuples and changes in one Neo4j database. Made once per process, after a fork."""

    def __init__(self, server: Neo4jServer, *, strict: bool = False, deadline: float = DEADLINE_SECONDS) -> None:
        """`strict` makes the driver report every notification, for tests; `deadline` is in seconds."""
        self._database = server.database
        self._seconds = deadline
        self._end: float | None = None
        self._driver = neo4j.GraphDatabase.driver(
            server.uri,
            auth=(server.user, server.password),
            # Waiting for a connection takes a third of the deadline at most, and leaves a statement the rest.
            connection_timeout=deadline / 4,
            connection_acquisition_timeout=deadline / 3,
            max_transaction_retry_time=0,
            liveness_check_timeout=30,
            keep_alive=True,
            user_agent="iamgraph",
            **(_STRICT if strict else _QUIET),
        )

    def close(self) -> None:
        """Close every connection."""
        self._driver.close()

    def until(self, end: float) -> Self:
        """The same keeper, whose every call ends by that reading of `time.monotonic`."""
        bound = copy(self)
        bound._end = end
        return bound

    def end(self) -> float:
        """When a call that starts now must have ended."""
        return self._end if self._end is not None else time.monotonic() + self._seconds

    @_retried
    def ping(self) -> None:
        """`StoreError` if Neo4j does not answer."""
        self._read("RETURN 1 AS one", {})

    # --- one locked statement: what the query answerer asks ---

    @_retried
    def ask(self, store: str, text: str, parameters: Parameters) -> tuple[StoreInfo, Mapping[str, Any]]:
        """Run a statement that takes the store's lock itself; its one row, and the state it is of.

        A lone statement commits by itself: one round trip.
        """
        rows = self._write_alone(text, {**parameters, "store": _asked(store)})
        if not rows:
            raise _no_store(store)
        return _info(store, rows[0]), rows[0]

    # --- reading under the lock ---

    @contextmanager
    def reader(self, store: str) -> Iterator[Neo4jReader]:
        """A reader that holds the store's lock, and so sees one revision."""
        with _faults(), self._locked(store) as (run, info):
            yield Neo4jReader(run, info)

    @contextmanager
    def _locked(self, store: str) -> Iterator[tuple[_Run, StoreInfo]]:
        """A transaction under the store's lock; committed only by `run.commit`."""
        with ExitStack() as opened:
            yield _retrying(lambda: self._lock(store, opened), self.end())

    def _lock(self, store: str, opened: ExitStack) -> tuple[_Run, StoreInfo]:
        session = opened.enter_context(self._session())
        # Its session rolls it back. After a fault that would be wrong: the driver has given the connection to
        # the pool by then, and closing the transaction itself would speak on what may be another's.
        run = _Run(session.begin_transaction(timeout=_left(self.end())))
        rows = run(statement("stores/lock"), {"store": _asked(store)})
        if not rows:
            raise _no_store(store)
        return run, _info(store, rows[0])

    @_retried
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

    @_retried
    def changes(self, store: str, since: int, limit: int) -> tuple[Change, ...]:
        """The changes after a revision, oldest first."""
        with self._locked(store) as (run, _):
            rows = run(statement("tuples/changes"), {"store": store, "since": since, "limit": limit})
            return tuple(map(change_of, rows))

    # --- writing ---

    @_retried
    def write(self, request: WriteRequest, model: str, now: datetime) -> Revision:
        """Make the change whole or not at all."""
        with self._locked(request.store) as (run, info):
            done = self._replayed(run, info, request)
            if done is not None:
                return done
            if info.model != model:
                raise ModelChanged
            deletes = self._present(run, request)
            number = self._change(run, request, deletes, now)
            run.commit()
        return Revision(request.store, info.revision.epoch, number)

    def _replayed(self, run: _Run, info: StoreInfo, request: WriteRequest) -> Revision | None:
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

    def _present(self, run: _Run, request: WriteRequest) -> tuple[RelationTuple, ...]:
        """The tuples to delete that are there; `ConflictError` for a failed precondition or a missing one."""
        asked = [*(one.tuple for one in request.preconditions), *request.deletes]
        if not asked:
            return ()
        rows = [tuple_row(request.store, one) for one in asked]
        present = [row["present"] for row in run(statement("tuples/present"), {"rows": rows})]
        for i, (condition, found) in enumerate(zip(request.preconditions, present, strict=False)):
            if found is not condition.must_exist:
                state = "is not there" if condition.must_exist else "is there"
                raise ConflictError(
                    f"precondition failed: `{condition.tuple}` {state}",
                    code="precondition_failed",
                    pointer=f"/preconditions/{i}",
                )
        there = dict(zip(request.deletes, present[len(request.preconditions) :], strict=True))
        missing = next((one for one, found in there.items() if not found), None)
        if missing is not None and not request.ignore_missing:
            raise ConflictError(f"no tuple `{missing}` to delete", code="tuple_not_found")
        return tuple(one for one, found in there.items() if found)

    def _change(self, run: _Run, request: WriteRequest, deletes: tuple[RelationTuple, ...], now: datetime) -> int:
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

    @_retried
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
                for row in run(statement("tuples/around"), {"object": object_key(store, object_)})
            ]
            _refuse_required(object_, found, required)
            if not found:
                return info.revision, 0
            if len(found) > MAX_DELETED_WITH_OBJECT:
                raise LimitError(
                    f"`{object_}` stands in {len(found)} tuples, more than {MAX_DELETED_WITH_OBJECT} that one change"
                    " may delete: delete some of them first",
                    code="too_many_tuples",
                )
            number = self._change(run, WriteRequest(store, by=act.by, reason=act.reason), tuple(found), act.at)
            run(statement("tuples/remove_object"), {"object": object_key(store, object_)})
            run.commit()
        return Revision(store, info.revision.epoch, number), len(found)

    # --- stores and models ---

    @_retried
    def create_store(self, store: str, now: datetime) -> StoreInfo:
        """A new empty store."""
        check_store_id(store)
        self._purge(store)
        parameters = {"store": store, "epoch": secrets.token_hex(16), "at": now}
        rows = self._write_alone(statement("stores/create"), parameters)
        if not rows[0]["created"]:
            raise ConflictError(f"store `{store}` exists", code="store_exists")
        return self.get_store(store)

    @_retried
    def get_store(self, store: str) -> StoreInfo:
        """The state of a store."""
        with self._locked(store) as (_, info):
            return info

    @_retried
    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores, by id."""
        return tuple(_info(row["store"], row) for row in self._read(statement("stores/list"), {}))

    def delete_store(self, store: str) -> None:
        """End a store at once, then remove what it held; what there is no time for is left to `tidy`."""
        self._retire(store)
        try:
            with _faults():
                self._purge(store)
        except StoreError as fault:
            if fault.code != _late().code:
                raise

    @_retried
    def _retire(self, store: str) -> None:
        if not self._write_alone(statement("stores/retire"), {"store": _asked(store)}):
            raise _no_store(store)

    @_retried
    def tidy(self) -> None:
        """Remove what is left of stores that were ended."""
        for row in self._read(statement("stores/retired"), {}):
            self._purge(row["store"])

    def _purge(self, store: str) -> None:
        # A deletion that was cut off goes on here, before the id can be used again.
        parameters = {"store": store, "from": f"{store}/", "to": f"{store}0", "limit": PURGE_BATCH}
        while _retrying(lambda: self._write_alone(statement("stores/purge"), parameters), self.end())[0]["removed"]:
            pass
        _retrying(lambda: self._write_alone(statement("stores/forget"), {"store": store}), self.end())

    @_retried
    def write_model(self, store: str, model: Model, text: str, act: Act) -> StoredModel:
        """Make a model the current one."""
        stored: dict[str, Any] = {"id": str(ULID()), "text": text, "hash": model_hash(model), "at": act.at}

        with self._locked(store) as (run, _):
            rows = run(statement("models/write"), {"store": store, "by": act.by, "reason": act.reason, **stored})
            run.commit()
        return StoredModel(**stored, revision=rows[0]["revision"])

    @_retried
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

    @_retried
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
        with _faults():
            if version > known[-1].number:
                raise StoreError(
                    f"the database has schema {version}, this iamgraph knows {known[-1].number}: use a newer iamgraph",
                    code="schema_too_new",
                )
            for one in known[version:]:
                self._apply(one)

    @_retried
    def schema_version(self) -> int:
        """The number of the newest migration the database has had, 0 before the first."""
        version: int = self._read(statement("schema/version"), {})[0]["version"]
        return version

    def _apply(self, migration: Migration) -> None:
        """One migration; cut off, it is run again, which its statements allow."""
        end = time.monotonic() + MIGRATION_SECONDS
        for text in migration.statements:
            _retrying(partial(self._alone, text, {}, neo4j.WRITE_ACCESS, _left(end)), end)
        self._write_alone(statement("schema/migrated"), {"version": migration.number})

    # --- API keys ---

    @_retried
    def create_key(self, key: StoredKey) -> None:
        """Keep a key; its secret is not part of it."""
        self._write_alone(statement("keys/create"), asdict(key))

    @_retried
    def list_keys(self) -> tuple[StoredKey, ...]:
        """All keys, by name and id."""
        return tuple(map(_stored_key, self._read(statement("keys/list"), {})))

    @_retried
    def revoke_key(self, id_: str) -> None:
        """End a key; `RequestError` (`key_not_found`) if there is none of that id."""
        if not self._write_alone(statement("keys/revoke"), {"id": id_}):
            raise RequestError(f"no key `{shown(id_)}`", code="key_not_found")

    # --- sessions ---

    def _session(self, access: str = neo4j.WRITE_ACCESS) -> neo4j.Session:
        return self._driver.session(database=self._database, default_access_mode=access, fetch_size=-1)

    def _read(self, text: str, parameters: Parameters) -> list[neo4j.Record]:
        return self._alone(text, parameters, neo4j.READ_ACCESS)

    def _write_alone(self, text: str, parameters: Parameters) -> list[neo4j.Record]:
        return self._alone(text, parameters, neo4j.WRITE_ACCESS)

    def _alone(
        self, text: str, parameters: Parameters, access: str, timeout: float | None = None
    ) -> list[neo4j.Record]:
        query = neo4j.Query(text, timeout=timeout or _left(self.end()))
        with self._session(access) as session:
            return list(session.run(query, dict(parameters)))


class _Run:
    """Runs statements in one transaction."""

    def __init__(self, transaction: neo4j.Transaction) -> None:
        self._transaction = transaction

    def __call__(self, text: str, parameters: Parameters) -> list[neo4j.Record]:
        result = self._transaction.run(text, dict(parameters))
        return list(result)

    def commit(self) -> None:
        """Make the transaction's changes last."""
        self._transaction.commit()


class Neo4jReader:
    """The tuples of one store, read in a transaction that holds its lock."""

    def __init__(self, run: _Run, info: StoreInfo) -> None:
        self._run = run
        self.info = info

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The stored tuple with this object, relation and subject, or None."""
        rows = self._run(statement("tuples/find"), tuple_row(self.info.id, wanted))
        return stored_tuple(rows[0]) if rows else None

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, of one kind of subject if given."""
        parameters = {
            "object": object_key(self.info.id, object_),
            "type": relationship_type(relation),
            "subject_type": kind.type if kind is not None else None,
            "via": kind.via if kind is not None else None,
        }
        return [stored_tuple(row) for row in self._run(statement("tuples/of_object"), parameters)]


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


def _info(store: str, row: Mapping[str, Any]) -> StoreInfo:
    return StoreInfo(Revision(store, row["epoch"], row["revision"]), row["model"])


def _stored_model(row: Mapping[str, Any]) -> StoredModel:
    return StoredModel(row["id"], row["text"], row["hash"], row["revision"], row["at"].to_native())


def _stored_key(row: Mapping[str, Any]) -> StoredKey:
    return StoredKey(row["id"], row["name"], row["hash"], row["at"].to_native())


def _asked(store: str) -> str:
    """The id, unless no store can have it, which need not be asked."""
    try:
        return check_store_id(store)
    except RequestError as fault:
        raise _no_store(store) from fault


def _no_store(store: str) -> RequestError:
    return RequestError(f"no store `{shown(store)}`", code="store_not_found")


# --- faults ------------------------------------------------------------------------------------------------


def _left(deadline: float) -> float:
    """Seconds until the deadline, for a server that takes 0 as no limit."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise _late()
    return left


def _late() -> StoreError:
    return StoreError("Neo4j did not answer before the deadline", code="deadline_exceeded")


def _retrying(act: Callable[[], T], deadline: float) -> T:
    """The act, tried again while the fault is one after which nothing was changed."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return act()
        except (TransientError, ClientError) as fault:
            # Deadlocks, two writers that made the same node, a store deleted while its lock was waited for: the
            # transaction was rolled back.
            lasting = not isinstance(fault, TransientError | ConstraintError) and fault.code != _GONE
            if lasting or attempt == ATTEMPTS or time.monotonic() >= deadline:
                raise
            time.sleep(0.002 * 2**attempt * (0.5 + secrets.randbelow(100) / 100))
        except IncompleteCommit:
            raise
        except (ServiceUnavailable, SessionExpired):
            # A connection kept from before Neo4j restarted; the driver drops the others with it.
            if attempt > 1:
                raise
    raise AssertionError("unreachable")


@contextmanager
def _faults() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except IncompleteCommit as fault:
        raise StoreError(
            "the connection was lost while committing: send the same request with the same idempotency key to learn"
            " whether it was written",
            code="commit_unknown",
        ) from fault
    except AuthError as fault:
        raise StoreError("Neo4j refused the user name or password", code="store_sign_in_failed") from fault
    except ClientError as fault:
        if fault.code is not None and fault.code.startswith(_LATE):
            raise _late() from fault
        raise
    except TransientError as fault:
        raise StoreError("Neo4j is busy: try again", code="store_busy") from fault
    except (UnicodeEncodeError, OverflowError) as fault:
        raise RequestError("half a character, or a number past 64 bits, cannot be asked for") from fault
    except (DriverError, Neo4jError) as fault:
        raise StoreError("Neo4j cannot be reached", code="store_unavailable") from fault
