"""What is asked and what is answered: the check question, its decision, and writes. Values only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final, Generic, Self, TypeVar

from iamgraph.errors import IamgraphError, LimitError, ModelError, RequestError
from iamgraph.revision import Revision
from iamgraph.tuples import (
    Object,
    RelationTuple,
    StoredTuple,
    Subject,
    Userset,
    canonical_json,
    check_relation,
    check_text,
    check_type,
    shown,
)

MAX_STORE_ID_LENGTH: Final = 64
MAX_ACTOR_LENGTH: Final = 256
MAX_REASON_LENGTH: Final = 1024
MAX_IDEMPOTENCY_KEY_LENGTH: Final = 128
MAX_TUPLES_PER_CHUNK: Final = 2_000
# Stands for every store there is or will be; no store can have this id.
ALL_STORES: Final = "*"
_STORE_ID_CHARACTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
MAX_DELETED_AT_ONCE: Final = 10_000
DEFAULT_DELETE_LIMIT: Final = 1_000
MAX_WAIT: Final = 20
MAX_ATTRIBUTE_LENGTH: Final = 1024
# What iamgraph itself keeps on an object's node.
RESERVED_ATTRIBUTES: Final = frozenset({"key", "store", "type", "id"})

T = TypeVar("T")


def check_store_id(store: str) -> str:
    """The id, if it can name a store; else `RequestError`."""
    if not 0 < len(store) <= MAX_STORE_ID_LENGTH or not _STORE_ID_CHARACTERS.issuperset(store):
        raise RequestError(
            f"malformed store id `{shown(store)}`: 1 to {MAX_STORE_ID_LENGTH} letters, digits, `_` and `-`",
            code="malformed_store_id",
        )
    return store


class Outcome(Enum):
    """May this subject? `UNKNOWN` never counts as allowed, nor as denied."""

    ALLOWED = "allowed"
    DENIED = "denied"
    UNKNOWN = "unknown"


class Consistency(Enum):
    """How new an answer must be. What is answered from the graph itself is always of the newest revision."""

    MINIMIZE_LATENCY = "minimize_latency"
    AT_LEAST_AS_FRESH = "at_least_as_fresh"
    FULLY_CONSISTENT = "fully_consistent"


@dataclass(frozen=True, slots=True)
class CheckQuestion:
    """May `subject` have `relation` on `object`, in the store of that id?

    `zookie` asks for an answer at that revision or later, as `consistency` may say besides; `context` is JSON text
    with parameters of conditions; `contextual_tuples` hold for this question only; `explain` asks for the path.
    """

    store: str
    subject: Subject
    relation: str
    object: Object
    explain: bool = False
    zookie: str | None = None
    context: str | None = None
    contextual_tuples: tuple[RelationTuple, ...] = ()
    consistency: Consistency = Consistency.MINIMIZE_LATENCY

    def __post_init__(self) -> None:
        check_relation(self.relation)
        check_consistency(self.consistency, self.zookie)
        if self.context is not None:
            object.__setattr__(self, "context", canonical_json(self.context))

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}@{self.subject}"


def check_consistency(consistency: Consistency, zookie: str | None) -> None:
    """`RequestError` for an answer as fresh as a zookie that is not given."""
    if consistency is Consistency.AT_LEAST_AS_FRESH and zookie is None:
        raise RequestError(
            "`at_least_as_fresh` needs a zookie to be as fresh as", code="zookie_required", pointer="/zookie"
        )


@dataclass(frozen=True, slots=True)
class CheckBatch:
    """Questions of one store to be answered together; in the place of one that cannot be read stands its error."""

    store: str
    questions: tuple[CheckQuestion | IamgraphError, ...]
    zookie: str | None = None
    consistency: Consistency = Consistency.MINIMIZE_LATENCY

    def __post_init__(self) -> None:
        check_consistency(self.consistency, self.zookie)


class Unknown(Enum):
    """Why a check could not be decided, and the error a single check then ends with."""

    CONDITION = "condition_not_evaluated"
    DEADLINE = "deadline_exceeded"
    TUPLES_READ = "tuples_read_limit"
    EXCLUSIONS = "exclusions_limit"

    def error(self, detail: str) -> IamgraphError:
        """The error to raise for a single check; `detail` is one line."""
        kind = ModelError if self is Unknown.CONDITION else LimitError
        return kind(detail, code=self.value)


class Answerer(Enum):
    """Who answered a check: one statement, or a walk step by step."""

    QUERY = "query"
    WALK = "walk"


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer to a check, true of the store at `revision`.

    `path` holds the tuples that prove an allowed answer, from the subject to the object, when asked for;
    it is empty where reflexion alone proves it. `reason` and `detail` say why an answer is unknown, `denied_by`
    what besides the model denied it.
    """

    outcome: Outcome
    revision: Revision
    path: tuple[StoredTuple, ...] | None = None
    reason: Unknown | None = None
    detail: str = ""
    answerer: Answerer = Answerer.QUERY
    denied_by: str | None = None

    @property
    def allowed(self) -> bool:
        """True only for `ALLOWED`."""
        return self.outcome is Outcome.ALLOWED

    def known(self, but: Unknown | None = None) -> Self:
        """This decision; raises why it is unknown, unless it is for the reason `but`."""
        if self.reason is not None and self.reason is not but:
            raise self.reason.error(self.detail)
        return self


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to a batch, all true of the store at `revision`: to each question a decision, or what is wrong."""

    revision: Revision
    items: tuple[Decision | IamgraphError, ...]


@dataclass(frozen=True, slots=True)
class Precondition:
    """A tuple that must, or must not, be in the store for a write to happen; one that has expired is not."""

    tuple: RelationTuple
    must_exist: bool = True


class OnExisting(Enum):
    """What becomes of a write whose tuple is there already: replaced, a conflict, or left as it is."""

    TOUCH = "touch"
    FAIL = "fail"
    IGNORE = "ignore"


class OnMissing(Enum):
    """What becomes of a delete whose tuple is not there: a conflict, or nothing."""

    FAIL = "fail"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A change to make whole or not at all: deletes first, then writes.

    The same `idempotency_key` with the same body gives the first answer again. A tuple that has expired is not
    there for `on_existing`, and can be deleted still.
    """

    store: str
    writes: tuple[RelationTuple, ...] = ()
    deletes: tuple[RelationTuple, ...] = ()
    preconditions: tuple[Precondition, ...] = ()
    by: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None
    on_existing: OnExisting = OnExisting.TOUCH
    on_missing: OnMissing = OnMissing.FAIL

    def __post_init__(self) -> None:
        _check_act(self.by, self.reason, self.idempotency_key)
        named = [str(one) for one in (*self.writes, *self.deletes)]
        twice = _twice(named)
        if twice is not None:
            raise RequestError(f"the tuple `{twice}` is named twice in one write", code="tuple_named_twice")


def _check_act(by: str | None, reason: str | None, idempotency_key: str | None) -> None:
    check_text("by", by, MAX_ACTOR_LENGTH)
    check_text("reason", reason, MAX_REASON_LENGTH)
    check_text("idempotency_key", idempotency_key, MAX_IDEMPOTENCY_KEY_LENGTH)


def _twice(named: list[str]) -> str | None:
    seen: set[str] = set()
    for one in named:
        if one in seen:
            return one
        seen.add(one)
    return None


@dataclass(frozen=True, slots=True)
class Load:
    """A chunk of an import: tuples to write in one change. Of a tuple named twice the later counts.

    The same `idempotency_key` with the same `body_hash` is written once. `whole` writes nothing where the model refuses
    one of them, or where others of the chunk could not be read (`incomplete`); `dry_run` writes nothing at all.
    """

    store: str
    writes: tuple[RelationTuple, ...]
    idempotency_key: str
    body_hash: str
    by: str | None = None
    reason: str | None = None
    on_existing: OnExisting = OnExisting.TOUCH
    whole: bool = False
    incomplete: bool = False
    dry_run: bool = False

    def __post_init__(self) -> None:
        _check_act(self.by, self.reason, self.idempotency_key)
        if len(self.writes) > MAX_TUPLES_PER_CHUNK:
            raise LimitError(f"more than {MAX_TUPLES_PER_CHUNK} tuples in one chunk", code="too_many_tuples")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a chunk: the store's revision, how many tuples were written, and which were refused and why."""

    revision: Revision
    written: int
    refused: tuple[tuple[int, RequestError], ...] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """When something is done, by whom and why, and the key that says it is to be done once.

    `body` is all that the request said, where that is not to be seen otherwise.
    """

    at: datetime
    by: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None
    body: str = ""

    def __post_init__(self) -> None:
        _check_act(self.by, self.reason, self.idempotency_key)


Value = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Attributes:
    """Facts about an object that decide nothing, for example its name. None takes one away."""

    object: Object
    values: Mapping[str, Value]

    def __post_init__(self) -> None:
        for name, value in self.values.items():
            if name in RESERVED_ATTRIBUTES or not name.isidentifier():
                raise RequestError(f"no attribute may be named `{shown(name)}`", code="malformed_name")
            if isinstance(value, str):
                check_text(name, value, MAX_ATTRIBUTE_LENGTH)


@dataclass(frozen=True, slots=True)
class Note:
    """What a change was about: the act, the object it was done to, and the one it is listed under.

    `others` are objects it concerns besides, under which it is found too.
    """

    action: str
    object: Object
    within: Object
    others: tuple[Object, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused: what it would have been about, when, to whom, and why.

    `most` is given for who stands outside what it is listed under: of those only so many of a day are kept, the others
    counted.
    """

    note: Note
    at: datetime
    by: str
    reason: str | None
    code: str
    message: str
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the record of an object: what was done in it, at which revision, or refused, and why.

    `message` is None where it was done, `revision` where it was refused.
    """

    id: str
    at: datetime
    by: str | None
    reason: str | None
    action: str
    object: str
    revision: int | None
    code: str | None
    message: str | None


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which lines of the record of an object: from `since` to `until`, by an actor, of an action, on an object.

    `after` is the last line of the page before.
    """

    within: Object
    since: datetime
    until: datetime
    by: str | None = None
    action: str | None = None
    object: str | None = None
    after: tuple[datetime, str] | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Effect:
    """What a transaction is to do, once it has looked: what is missing is not deleted.

    What is there already stays, unless `on_existing` says otherwise. Of the objects in `removed` all goes: every tuple
    they stand in, and their attributes.
    """

    note: Note
    writes: tuple[RelationTuple, ...] = ()
    deletes: tuple[RelationTuple, ...] = ()
    attributes: tuple[Attributes, ...] = ()
    removed: tuple[Object, ...] = ()
    on_existing: OnExisting = OnExisting.IGNORE


@dataclass(frozen=True, slots=True)
class Done:
    """What a transaction did: the revision it holds from, and the object it was done to."""

    revision: Revision
    object: Object


@dataclass(frozen=True, slots=True)
class Change:
    """One write transaction, as the store remembers it. A new model is a change too, with `model` its id."""

    revision: int
    at: datetime
    by: str | None
    reason: str | None
    writes: tuple[RelationTuple, ...]
    deletes: tuple[RelationTuple, ...]
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Changes of a store, oldest first, and the revision up to which they tell all.

    `more` says that there are later ones already. The zookie of `revision` is the cursor that goes on from here.
    """

    items: tuple[Change, ...]
    revision: Revision
    more: bool = False


@dataclass(frozen=True, slots=True)
class Following:
    """Which changes of a store to be told: those after revision `since`, or after a cursor, which is a zookie.

    With `types` or `relations`, only tuples whose object has one of these types, and whose relation is one of these;
    a new model is always told. `wait` is how many seconds to wait for a change if there is none yet.
    """

    store: str
    since: int = 0
    cursor: str | None = None
    types: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()
    limit: int = 100
    wait: float = 0.0

    def __post_init__(self) -> None:
        for type_ in self.types:
            check_type(type_)
        for relation in self.relations:
            check_relation(relation)
        if self.cursor is not None and self.since:
            raise RequestError("say `since` or `cursor`, not both", code="malformed_cursor", pointer="/cursor")
        if not 0 <= self.wait <= MAX_WAIT:
            raise RequestError(f"`wait` must be 0 to {MAX_WAIT} seconds", code="malformed_wait", pointer="/wait")

    def told(self, change: Change) -> Change | None:
        """What of a change is asked for; None if nothing is."""
        if not self.types and not self.relations:
            return change
        writes, deletes = (tuple(filter(self._wanted, side)) for side in (change.writes, change.deletes))
        if not writes and not deletes and change.model is None:
            return None
        return replace(change, writes=writes, deletes=deletes)

    def _wanted(self, one: RelationTuple) -> bool:
        return (not self.types or one.object.type in self.types) and (
            not self.relations or one.relation in self.relations
        )


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A model as a store keeps it: `id` (a ULID), its text, and the hash of what it says."""

    id: str
    text: str
    hash: str
    revision: Revision
    at: datetime


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store: its newest revision, and the id of its current model, None before the first."""

    revision: Revision
    model: str | None

    @property
    def id(self) -> str:
        """The store's id."""
        return self.revision.store

    def at(self, number: int) -> Revision:
        """Another revision of the same store."""
        return replace(self.revision, number=number)


def no_key(id_: str) -> RequestError:
    """The same for a key that is not there and one that may not be seen."""
    return RequestError(f"no key `{shown(id_)}`", code="key_not_found")


class Scope(Enum):
    """What an API key may do. `ADMIN` takes in the others; none of them takes in another."""

    CHECK = "check"
    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """An API key as it is kept: what it may do, in which stores, until when; of its secret only the SHA-256.

    `stores` holds ids of stores, or `ALL_STORES` alone. `by` is the id of the key it was made with.
    """

    id: str
    name: str
    hash: str
    scopes: frozenset[Scope]
    stores: frozenset[str]
    at: datetime
    by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Whether it opens anything at that time."""
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)

    def may(self, scope: Scope) -> bool:
        """Whether it may do what that scope is for."""
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def holds_for(self, stores: Collection[str]) -> bool:
        """Whether it reaches all these stores; `ALL_STORES` is among them only where all are meant."""
        return ALL_STORES in self.stores or self.stores.issuperset(stores)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session as it is kept: whose, since when, last seen when, ended how; of its secret only the SHA-256."""

    id: str
    member: str
    hash: str
    at: datetime
    seen_at: datetime
    ended_at: datetime | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class TupleFilter:
    """Which tuples are meant: every given field must match; `object_id` needs `object_type`.

    `subject_type` is of every subject of a type, usersets and the wildcard among them.
    """

    object_type: str | None = None
    object_id: str | None = None
    relation: str | None = None
    subject: Subject | None = None
    subject_type: str | None = None

    def __post_init__(self) -> None:
        if self.object_type is not None:
            check_type(self.object_type)
        if self.object_id is not None:
            if self.object_type is None:
                raise RequestError("an object's id is read with its type", code="malformed_object", pointer="/object")
            Object(self.object_type, self.object_id)
        if self.relation is not None:
            check_relation(self.relation)
        if self.subject_type is not None:
            check_type(self.subject_type)

    @property
    def everything(self) -> bool:
        """Whether no field is given, so that every tuple of a store is meant."""
        return self == TupleFilter()

    def means(self, one: RelationTuple) -> bool:
        """Whether a tuple is one of those."""
        subject = one.subject.object if isinstance(one.subject, Userset) else one.subject
        return (
            self.object_type in (None, one.object.type)
            and self.object_id in (None, one.object.id)
            and self.relation in (None, one.relation)
            and self.subject in (None, one.subject)
            and self.subject_type in (None, subject.type)
        )


@dataclass(frozen=True, slots=True)
class FilterDelete:
    """A deletion of every tuple a filter means, in one change; `dry_run` finds them and changes nothing.

    More than `limit` of them are a `LimitError`, and nothing is deleted.
    """

    store: str
    wanted: TupleFilter
    limit: int = DEFAULT_DELETE_LIMIT
    dry_run: bool = False
    by: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None

    def __post_init__(self) -> None:
        _check_act(self.by, self.reason, self.idempotency_key)
        if self.wanted.everything:
            raise RequestError("a filter that names nothing would delete every tuple", code="empty_filter")
        if not 1 <= self.limit <= MAX_DELETED_AT_ONCE:
            raise RequestError(f"`limit` must be 1 to {MAX_DELETED_AT_ONCE}", code="malformed_limit", pointer="/limit")


@dataclass(frozen=True, slots=True)
class Deletion:
    """What a deletion did, or would do: how many tuples, the first of them, and the revision it is true of."""

    revision: Revision
    count: int
    first: tuple[StoredTuple, ...] = ()


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of the answers, and the cursor that gives the next; None after the last."""

    items: tuple[T, ...]
    next_cursor: str | None
    revision: Revision
