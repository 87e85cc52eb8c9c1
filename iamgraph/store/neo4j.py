"""Neo4j as the keeper of tuples: the only file that imports the driver, and where its errors end."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Concatenate, Final, NoReturn, ParamSpec, Protocol, Self, TypeVar

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

from iamgraph.errors import LimitError, RequestError, StoreError
from iamgraph.observer import UNOBSERVED, Observer
from iamgraph.queries import name_of, object_key, relationship_type, statement
from iamgraph.questions import StoreInfo, check_store_id
from iamgraph.revision import Revision
from iamgraph.store.gather import Gather
from iamgraph.store.rows import (
    stored_tuple,
    tuple_row,
)
from iamgraph.tracing import SpanKind, span, trace_id
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, shown

MAX_STATES: Final = 10_000
MAX_PLANNED: Final = 10_000
DEADLINE_SECONDS: Final = 3.0
ATTEMPTS: Final = 10
PAUSE_SECONDS: Final = 0.1  # the longest between two attempts
# What was read within this time may be read again under the lock, if writes keep coming between.
LOCKED_SECONDS: Final = 0.25
UNLOCKED_ATTEMPTS: Final = 2

# A new database knows none of a model's names yet: that alone is no fault of a statement.
_STRICT: Final[dict[str, Any]] = {
    "notifications_min_severity": "INFORMATION",
    "notifications_disabled_classifications": ["UNRECOGNIZED"],
}
_QUIET: Final[dict[str, Any]] = {"notifications_min_severity": "OFF"}
# A transaction past its time, and one that was waiting for a lock when its time came.
_LATE: Final = ("Neo.ClientError.Transaction.TransactionTimedOut", "Neo.ClientError.Transaction.LockClientStopped")
_SECURITY: Final = "Neo.ClientError.Security."
_SCHEMES: Final = ("bolt", "bolt+s", "bolt+ssc", "neo4j", "neo4j+s", "neo4j+ssc")
_HOST_AND_PORT: Final = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?/?")
_GONE: Final = "Neo.ClientError.Statement.EntityNotFound"
# More memory than one transaction, or all of them, may take.
_MEMORY: Final = ("MemoryPoolOutOfMemoryError", "TransactionOutOfMemoryError")
# What changes something, or commands Neo4j itself, where only reading is allowed.
_FORBIDDEN: Final = (
    "Neo.ClientError.Statement.AccessMode",
    "Neo.ClientError.Transaction.ForbiddenDueToTransactionType",
)
_PLACE: Final = re.compile(r" *\(line (\d+), column (\d+) \(offset: \d+\)\)")
# Every word that could have stood there.
_EXPECTED: Final = re.compile(r": expected .{100,}")

Parameters = Mapping[str, Any]
# A transaction that only reads.
Reading = neo4j.Transaction
# What a compiled statement says of one question: a map, with what proves it if asked for; None where it is denied.
Allowed = Mapping[str, Any] | None
# The store and the statement that is asked; with what it says, the store's newest state once it had read.
Questions = Gather[tuple[str, str], Parameters, tuple[Allowed, StoreInfo]]
P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound="Neo4jConnection")


@dataclass(frozen=True, slots=True)
class Neo4jServer:
    """Where Neo4j is, and how to sign in."""

    uri: str
    user: str
    password: str
    database: str = "neo4j"

    def __post_init__(self) -> None:
        # What was given is not told again: people put passwords into addresses.
        scheme, _, rest = self.uri.partition("://")
        if scheme not in _SCHEMES or not _HOST_AND_PORT.fullmatch(rest):
            raise RequestError(
                f"malformed Neo4j URI: expected {', '.join(f'`{one}://`' for one in _SCHEMES)} and a host with or"
                " without a port, nothing else",
                code="malformed_uri",
            )

    def __repr__(self) -> str:
        return f"Neo4jServer(uri={self.uri!r}, user={self.user!r}, password=***, database={self.database!r})"


def retried(method: Callable[Concatenate[C, P], T]) -> Callable[Concatenate[C, P], T]:
    """The method, with the driver's errors turned into ours, and tried again where that is safe.

    What commits must find out by itself that it was done already: after a lost answer it is done again.
    """

    @wraps(method)
    def again(connection: C, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with faults():
            return resolving(lambda: method(connection, *args, **kwargs), connection.end())

    return again


class Neo4jConnection:
    """Stores, models, tuples and changes in one Neo4j database. Made once per process, after a fork."""

    def __init__(
        self,
        server: Neo4jServer,
        *,
        strict: bool = False,
        deadline: float = DEADLINE_SECONDS,
        observer: Observer = UNOBSERVED,
        wrap: Callable[[neo4j.Driver], neo4j.Driver] = lambda driver: driver,
    ) -> None:
        """`deadline` is in seconds. For tests: `strict` makes the driver log whatever Neo4j remarks on
        (`neo4j.notifications`), `wrap` is given the driver and gives what is used in its place.
        """
        self._database = server.database
        self._observer = observer
        self._seconds = deadline
        self._end: float | None = None
        # The newest state seen of each store, with no write under way; what a reader starts from.
        self._states: dict[str, StoreInfo] = {}
        self._seen_planned: set[str] = set()
        self._peeks: Gather[str, None, StoreInfo] = Gather(self._peek)
        self._questions: Questions = Gather(self._ask)
        self._driver = wrap(
            neo4j.GraphDatabase.driver(
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

    @retried
    def ping(self) -> None:
        """`StoreError` if Neo4j does not answer."""
        self._alone("RETURN 1 AS one", {})

    # --- reading at one revision ---

    def at_one_revision(self, store: str, act: Callable[[Neo4jReader], T]) -> T:
        """What the act makes of a reader, true of the reader's revision, which no write was after when it was asked.

        Nothing is locked while the act reads. A commit is not atomic to readers, but the store's lock is held through
        the whole of it; so where the lock finds the same revision before and after, no write came between. Else the
        act is done again, even where it failed; at last, if it is quick, under the lock.
        """
        with faults():
            return retrying(lambda: self._at_one_revision(store, act), self.end())

    def _at_one_revision(self, store: str, act: Callable[[Neo4jReader], T]) -> T:
        before = self._states.get(store) or self.state(store)
        quick = 0
        while True:
            started = time.monotonic()
            reader = Neo4jReader(self._run_alone, before, self._planned(), self._questions)
            found = _attempt(act, reader)
            quick += time.monotonic() - started < LOCKED_SECONDS
            after = reader.after or self.state(store)
            if after == before:
                return found()
            before = after
            if quick == UNLOCKED_ATTEMPTS:
                with self._locked(store) as (run, info):
                    return act(Neo4jReader(run, info, self._planned()))

    def state(self, store: str) -> StoreInfo:
        """The store's newest state, and the promise that no write was under way when it was read."""
        return self._peeks(store, None, self.end())

    def _peek(self, store: str, waiting: Sequence[None], end: float) -> list[StoreInfo]:
        rows = self.until(end)._alone(statement("stores/lock"), {"store": asked(store)})
        if not rows:
            self._states.pop(store, None)
            raise no_store(store)
        return [self._seen(info_of(store, rows[0]))] * len(waiting)

    def _seen(self, info: StoreInfo) -> StoreInfo:
        if len(self._states) >= MAX_STATES:
            self._states.clear()
        self._states[info.id] = info
        return info

    def _planned(self) -> set[str]:
        """The statements this process has seen planned."""
        if len(self._seen_planned) >= MAX_PLANNED:
            self._seen_planned.clear()
        return self._seen_planned

    def _run_alone(self, text: str, parameters: Parameters, end: float | None = None) -> list[neo4j.Record]:
        bound = self if end is None else self.until(end)
        with faults():
            return retrying(lambda: bound._alone(text, parameters), bound.end())

    def _ask(
        self, key: tuple[str, str], questions: Sequence[Parameters], end: float
    ) -> list[tuple[Allowed, StoreInfo]]:
        store, text = key
        allowed, info = answered(self._run_alone, store, text, questions, end)
        return [(one, self._seen(info)) for one in allowed]

    # --- under the lock ---

    @contextmanager
    def _locked(self, store: str) -> Iterator[tuple[Run, StoreInfo]]:
        """A transaction under the store's lock; committed only by `run.commit`."""
        with ExitStack() as opened:
            yield retrying(lambda: self._lock(store, opened), self.end())

    def _lock(self, store: str, opened: ExitStack) -> tuple[Run, StoreInfo]:
        session = opened.enter_context(self._session())
        # Its session rolls it back. After a fault that would be wrong: the driver has given the connection to
        # the pool by then, and closing the transaction itself would speak on what may be another's.
        transaction = session.begin_transaction(metadata=_metadata(trace_id()), timeout=left(self.end()))
        run = Run(transaction, self._observer)
        rows = run(statement("stores/lock"), {"store": asked(store)})
        if not rows:
            raise no_store(store)
        return run, info_of(store, rows[0])

    # --- sessions ---

    @contextmanager
    def _session(self) -> Iterator[neo4j.Session]:
        # On a cluster all is asked of the leader: others are late, and may not know yet of a write or a revocation.
        access = neo4j.WRITE_ACCESS
        self._observer.opened(1)
        try:
            with self._driver.session(database=self._database, default_access_mode=access, fetch_size=-1) as session:
                yield session
        finally:
            self._observer.opened(-1)

    @contextmanager
    def _reading(self, rows: int) -> Iterator[Reading]:
        """A transaction in which Neo4j refuses to write, rolled back at its end; rows come in pieces of so many."""
        self._observer.opened(1)
        try:
            with self._driver.session(
                database=self._database, default_access_mode=neo4j.READ_ACCESS, fetch_size=rows
            ) as session:
                yield session.begin_transaction(metadata=_metadata(trace_id()), timeout=left(self.end()))
        finally:
            self._observer.opened(-1)

    def _act(self, text: str, parameters: Parameters) -> list[neo4j.Record]:
        """Run a statement that changes something in a transaction of its own, so that a lost answer is known as one."""
        with self._session() as session:
            run = Run(session.begin_transaction(timeout=left(self.end())), self._observer)
            rows = run(text, parameters)
            run.commit()
            return rows

    def _alone(self, text: str, parameters: Parameters, timeout: float | None = None) -> list[neo4j.Record]:
        """Run a statement by itself; nothing is known of one whose answer is lost."""
        seconds = timeout or left(self.end())
        with self._session() as session, running(text, self._observer) as traced:
            query = neo4j.Query(text, metadata=traced, timeout=seconds)
            return list(session.run(query, dict(parameters)))


def _attempt(act: Callable[[Neo4jReader], T], reader: Neo4jReader) -> Callable[[], T]:
    """The act done: a call that gives what it made or raises what it raised, if that turns out to count.

    Halves of a commit may make no sense, and the act fail of it. A fault of Neo4j's counts at once.
    """
    try:
        answer = act(reader)
    except (StoreError, DriverError, Neo4jError):
        raise
    except Exception as fault:
        return partial(_raise, fault)
    return lambda: answer


def _raise(fault: Exception) -> NoReturn:
    raise fault


@contextmanager
def running(text: str, observer: Observer) -> Iterator[dict[str, str] | None]:
    """Tells the observer and who traces of a statement, however it ends; what its transaction is to be marked with."""
    name = name_of(text)
    began = time.monotonic()
    try:
        with span(f"neo4j {name}", SpanKind.CLIENT, {"db.system.name": "neo4j", "db.query.summary": name}) as found:
            yield _metadata(trace_id(found))
    finally:
        observer.ran(name, time.monotonic() - began)


def _metadata(trace: str | None) -> dict[str, str] | None:
    """Neo4j shows it with a transaction, and in its query log."""
    return {"trace": trace} if trace is not None else None


class RunStatement(Protocol):
    """Runs statements: each by itself, or all in one transaction, whose time is its own."""

    def __call__(self, text: str, parameters: Parameters, end: float | None = None, /) -> list[neo4j.Record]:
        """The rows; by `end`, a reading of `time.monotonic`."""


class Run:
    """Runs statements in one transaction."""

    def __init__(self, transaction: neo4j.Transaction, observer: Observer) -> None:
        self._transaction = transaction
        self._observer = observer

    def __call__(self, text: str, parameters: Parameters, end: float | None = None, /) -> list[neo4j.Record]:  # noqa: ARG002
        """The rows; the transaction was given its time when it began."""
        with running(text, self._observer):
            return list(self._transaction.run(text, dict(parameters)))

    def commit(self) -> None:
        """Make the transaction's changes last."""
        self._transaction.commit()


class Neo4jReader:
    """One store, read under its lock, or without it where what is read is judged afterwards."""

    def __init__(self, run: RunStatement, info: StoreInfo, planned: set[str], gather: Questions | None = None) -> None:
        """`planned` holds the statements that were planned already; `gather` asks a question together with others that
        wait: without it, a transaction is read in.
        """
        self._run = run
        self._planned = planned
        self._gather = gather
        self.info = info
        self.after: StoreInfo | None = None
        """The store's newest state after the last read, where that told it."""

    def run(self, text: str, parameters: Parameters, end: float | None = None) -> list[neo4j.Record]:
        """The rows; by `end`, unless in a transaction."""
        self.after = None
        return self._run(text, parameters, end)

    def ask(self, text: str, questions: Sequence[Parameters], end: float) -> list[Allowed]:
        """What a compiled statement says of each question, in their order; by `end`, unless in a transaction.

        Raises `StoreError` (`deadline_exceeded`) past the end.
        """
        self.after = None
        store = self.info.id
        if len(questions) == 1 and self._gather is not None:
            found, self.after = self._gather((store, text), questions[0], end)
            return [found]
        allowed, self.after = answered(self._run, store, text, questions, end)
        return allowed

    def plan(self, text: str, end: float) -> None:
        """Let Neo4j plan a compiled statement, which takes it up to a second the first time; by `end`."""
        if text not in self._planned:
            answered(self.run, self.info.id, text, (), end)
            self._planned.add(text)

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The stored tuple with this object, relation and subject, or None."""
        rows = self.run(statement("tuples/find"), tuple_row(self.info.id, wanted))
        return stored_tuple(rows[0]) if rows else None

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, of one kind of subject if given."""
        parameters = {
            "object": object_key(self.info.id, object_),
            "type": relationship_type(relation),
            "subject_type": kind.type if kind is not None else None,
            "via": kind.via if kind is not None else None,
        }
        return [stored_tuple(row) for row in self.run(statement("tuples/of_object"), parameters)]


def answered(
    run: RunStatement, store: str, text: str, questions: Sequence[Parameters], end: float
) -> tuple[list[Allowed], StoreInfo]:
    """What a compiled statement says of each question, in their order, and the store's state once it had read."""
    rows = run(
        text, {"asked": {"store": store, "questions": [{"i": i, **one} for i, one in enumerate(questions)]}}, end
    )
    if not rows:
        raise no_store(store)
    (row,) = rows
    allowed = {one["i"]: one for one in row["allowed"]}
    return [allowed.get(i) for i in range(len(questions))], info_of(store, row)


def info_of(store: str, row: Mapping[str, Any]) -> StoreInfo:
    return StoreInfo(Revision(store, row["epoch"], row["revision"]), row["model"])


def asked(store: str) -> str:
    """The id, unless no store can have it, which need not be asked."""
    try:
        return check_store_id(store)
    except RequestError as fault:
        raise no_store(store) from fault


def no_store(store: str) -> RequestError:
    return RequestError(f"no store `{shown(store)}`", code="store_not_found")


# --- faults ------------------------------------------------------------------------------------------------


def left(deadline: float) -> float:
    """Seconds until the deadline, for a server that takes 0 as no limit."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise late()
    return left


def late() -> StoreError:
    return StoreError("Neo4j did not answer before the deadline", code="deadline_exceeded")


def retrying(act: Callable[[], T], deadline: float) -> T:
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
            time.sleep(min(PAUSE_SECONDS, 0.002 * 2**attempt) * (0.5 + secrets.randbelow(100) / 100))
        except IncompleteCommit:
            raise
        except (ServiceUnavailable, SessionExpired):
            # A connection kept from before Neo4j restarted; the driver drops the others with it.
            if attempt > 1:
                raise
    raise AssertionError("unreachable")


def resolving(act: Callable[[], T], deadline: float) -> T:
    """The act; where the answer to its commit was lost, the act done again, which finds out whether it was made.

    A lost commit holds its locks until Neo4j has made it or rolled it back, so who comes next sees which. Raises
    `IncompleteCommit` where it cannot be found out.
    """
    try:
        return retrying(act, deadline)
    except IncompleteCommit as fault:
        lost = fault
    for _ in range(1, ATTEMPTS):
        try:
            return retrying(act, deadline)
        except IncompleteCommit:
            continue
        except (DriverError, Neo4jError, StoreError) as fault:
            raise lost from fault
    raise lost


@contextmanager
def faults_of_statement() -> Iterator[None]:
    """Turns what Neo4j says of somebody's own statement into an error of theirs; other faults are passed on."""
    try:
        yield
    except ClientError as fault:
        if (fault.code or "").startswith((*_LATE, _SECURITY)):
            raise
        if fault.code in _FORBIDDEN:
            raise RequestError(_told(fault), code="statement_refused", pointer="/statement") from fault
        raise RequestError(_told(fault), code="statement_failed", pointer="/statement") from fault
    except TransientError as fault:
        if not any(one in (fault.code or "") for one in _MEMORY):
            raise
        raise LimitError("the statement takes more memory than Neo4j gives it", code="statement_too_large") from fault


def _told(fault: ClientError) -> str:
    """What Neo4j says, in one line, with the place as it is in the statement, which `EXPLAIN` stood a line before."""
    line = (fault.message or "Neo4j refused the statement").partition("\n")[0]
    place = _PLACE.search(line)
    what = _EXPECTED.sub("", _PLACE.sub("", line)).rstrip(".")
    where = f"line {int(place[1]) - 1}, column {place[2]}: " if place is not None and place[1] != "0" else ""
    return where + shown(what[:1].lower() + what[1:])


@contextmanager
def faults() -> Iterator[None]:
    """Turns the driver's errors into ours."""
    try:
        yield
    except IncompleteCommit as fault:
        raise StoreError(
            "the connection was lost while committing, and what became of the change could not be found out: send the"
            " same request with the same idempotency key",
            code="commit_unknown",
        ) from fault
    except AuthError as fault:
        raise StoreError("Neo4j refused the user name or password", code="store_sign_in_failed") from fault
    except ClientError as fault:
        code = fault.code or ""
        if code.startswith(_LATE):
            raise late() from fault
        if code.startswith(_SECURITY):
            # Nothing of iamgraph's own: too many wrong passwords of others, one that has expired, rights that lack.
            why = code.removeprefix(_SECURITY)
            raise StoreError(f"Neo4j refused its user: {why}", code="store_sign_in_failed") from fault
        raise
    except TransientError as fault:
        raise StoreError("Neo4j is busy: try again", code="store_busy") from fault
    except (UnicodeEncodeError, OverflowError) as fault:
        raise RequestError("half a character, or a number past 64 bits, cannot be asked for") from fault
    except (DriverError, Neo4jError) as fault:
        raise StoreError("Neo4j cannot be reached", code="store_unavailable") from fault
