"""JSON → questions: the bodies of `/v1`, and what they become. No routes, no rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from iamgraph.bulk.imports import Import
from iamgraph.errors import IamgraphError, RequestError
from iamgraph.exploring import DEFAULT_ROWS, MAX_ASKED_LENGTH, MAX_ROWS, Exploration
from iamgraph.keys import KEY_DAYS, expiry
from iamgraph.questions import (
    DEFAULT_DELETE_LIMIT,
    CheckBatch,
    CheckQuestion,
    Consistency,
    FilterDelete,
    Following,
    OnExisting,
    OnMissing,
    Precondition,
    Scope,
    TupleFilter,
    WriteRequest,
)
from iamgraph.tuples import (
    MAX_CONTEXT_DEPTH,
    ConditionUse,
    RelationTuple,
    check_type,
    depth,
    parse_object,
    parse_subject,
    whole_type,
)

MAX_REVISION = 2**63 - 1
T = TypeVar("T")


class Body(BaseModel):
    """What a client sends: nothing unknown, nothing converted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def at(pointer: str, read: Callable[[], T]) -> T:
    """What is read; a fault in it points to its field."""
    try:
        return read()
    except RequestError as fault:
        raise RequestError(fault.message, code=fault.code, pointer=fault.pointer or pointer) from fault


def _json(value: dict[str, Any] | None, pointer: str) -> str:
    """The canonical text of a context that can be kept and given back."""
    if depth(value) > MAX_CONTEXT_DEPTH:
        raise RequestError(
            f"a context nests {MAX_CONTEXT_DEPTH} deep at most", code="malformed_context", pointer=pointer
        )
    try:
        json.dumps(value, ensure_ascii=False).encode()
        return json.dumps(value or {}, sort_keys=True, allow_nan=False)
    except ValueError as fault:
        raise RequestError(
            "a context holds a number or a character that JSON does not know", code="malformed_context", pointer=pointer
        ) from fault


def _written_time(value: Any) -> Any:
    """Nothing but the text form: a number would be guessed to be seconds or milliseconds."""
    if value is not None and not (isinstance(value, str) and value[4:5] == "-"):
        raise ValueError("a time is a text such as `2030-01-31T12:00:00Z`")
    return value


def _on_the_calendar(value: datetime | None) -> datetime | None:
    """Only what has a year from 1 to 9999 in UTC too: Neo4j counts in UTC."""
    try:
        return value if value is None else value.astimezone(UTC) and value
    except OverflowError as fault:
        raise ValueError("a time must lie within the years 1 to 9999 in UTC") from fault


Time = Annotated[
    AwareDatetime | None, Field(strict=False), BeforeValidator(_written_time), AfterValidator(_on_the_calendar)
]


_MODEL = """\
model
  schema 1.1
type member
type group
  relations
    define member: [member, group#member]
type source
  relations
    define viewer: [member, group#member]
    define can_view: viewer
"""


def example(**fields: Any) -> dict[str, Any]:
    """What a client could send, for the description."""
    return {"example": fields}


# --- paths and queries ---


class StorePath(BaseModel):
    """The store of a route."""

    store: str = Field(description="the store's id")


class ModelPath(StorePath):
    """A model of a store."""

    model: str = Field(description="the model's id, or `current`")


class ChangesQuery(BaseModel):
    """Which changes to read."""

    model_config = ConfigDict(extra="forbid")

    since: int = Field(0, ge=0, le=MAX_REVISION, description="the revision after which to begin")
    cursor: str | None = Field(None, description="in place of `since`: the cursor of an answer, or any zookie")
    type: list[str] = Field(default=[], description="tell of objects of these types only")
    relation: list[str] = Field(default=[], description="tell of these relations only")

    def to_following(self, store: str) -> Following:
        """What is to be told."""
        types = at("/type", lambda: frozenset(map(check_type, self.type)))
        return at("/relation", lambda: Following(store, self.since, self.cursor, types, frozenset(self.relation)))


class PageQuery(ChangesQuery):
    """Which changes to read, how many, and how long to wait for the first."""

    limit: int = Field(100, description="how many changes at most")
    wait: float = Field(0.0, description="seconds to wait for a change if there is none yet", allow_inf_nan=False)

    def to_following(self, store: str) -> Following:
        """What is to be told, and when."""
        return replace(super().to_following(store), limit=self.limit, wait=self.wait)


class CypherBody(
    Body,
    json_schema_extra=example(
        statement="MATCH (s:Object) WHERE s.key STARTS WITH $store + '/source:' RETURN s.id AS source", limit=100
    ),
):
    """A statement of somebody's own, which may only read."""

    statement: str = Field(min_length=1, max_length=MAX_ASKED_LENGTH)
    parameters: dict[str, Any] = Field(default_factory=dict, description="`store` is the one of the path")
    limit: int = Field(DEFAULT_ROWS, ge=1, le=MAX_ROWS, description="rows wanted")

    def to_exploration(self, store: str) -> Exploration:
        """The statement, with the store of the path."""
        return Exploration(self.statement, self.parameters, store, self.limit)


class ExportQuery(BaseModel):
    """What an export tells of tuples."""

    model_config = ConfigDict(extra="forbid")

    history: bool = Field(False, description="since when each tuple is there, by whom and why")


class ImportQuery(BaseModel):
    """How a file of tuples is to be imported."""

    model_config = ConfigDict(extra="forbid")

    id: str | None = Field(None, description="the import's id; else one of what the file holds")
    format: Literal["jsonl", "csv", "json", "yaml", "relationships"] | None = Field(
        None, description="what the file is; else what its content type says, or its beginning"
    )
    name: str | None = Field(None, max_length=1024, description="the file's name, which may tell its format")
    by: str | None = None
    reason: str | None = None
    on_existing: Literal["touch", "ignore", "fail"] = Field(
        "touch", description="what becomes of tuples that are there already"
    )
    strict: bool = Field(False, description="stop before the first chunk that has a rejected line")
    dry_run: bool = Field(False, description="write nothing")

    def to_import(self, store: str, by: str | None, format_: str | None, max_bytes: int) -> Import:
        """The import asked for."""
        existing = OnExisting(self.on_existing)
        return Import(
            store,
            self.id,
            self.name,
            format_,
            by,
            self.reason,
            existing,
            strict=self.strict,
            dry_run=self.dry_run,
            max_bytes=max_bytes,
        )


# --- tuples ---


class ConditionBody(Body):
    """The condition a tuple holds under."""

    name: str
    context: dict[str, Any] | None = None


class TupleBody(Body):
    """A tuple: may `subject` have `relation` on `object`."""

    subject: str = Field(description="who: `type:id`, `type:id#relation`, or `type:*` for everybody of a type")
    relation: str = Field(description="what: a relation of the object's type")
    object: str = Field(description="on what: `type:id`")
    expires_at: Time = Field(None, description="when it ends, with a time zone")
    condition: ConditionBody | None = None

    def to_tuple(self, pointer: str) -> RelationTuple:
        """The tuple said."""
        subject = at(f"{pointer}/subject", lambda: parse_subject(self.subject))
        object_ = at(f"{pointer}/object", lambda: parse_object(self.object))
        condition = None
        if self.condition is not None:
            context = _json(self.condition.context, f"{pointer}/condition/context")
            condition = ConditionUse(self.condition.name, context)
        return at(pointer, lambda: RelationTuple(object_, self.relation, subject, self.expires_at, condition))


def read_tuples(bodies: list[TupleBody], pointer: str) -> tuple[RelationTuple, ...]:
    return tuple(one.to_tuple(f"{pointer}/{i}") for i, one in enumerate(bodies))


# --- check ---


class QuestionBody(Body):
    """May `subject` have `relation` on `object`?"""

    subject: str = Field(description="who: `type:id`, `type:id#relation` or `type:*`")
    relation: str = Field(description="what: a relation of the object's type")
    object: str = Field(description="on what: `type:id`")
    explain: bool = Field(False, description="answer with the tuples that prove an allowed check")
    context: dict[str, Any] | None = Field(None, description="parameters of conditions")
    contextual_tuples: list[TupleBody] = Field(default=[], description="tuples that hold for this question only")

    def read(self, store: str, pointer: str = "", **freshness: Any) -> CheckQuestion:
        """The question asked; a fault in it points below `pointer`."""
        subject = at(f"{pointer}/subject", lambda: parse_subject(self.subject))
        object_ = at(f"{pointer}/object", lambda: parse_object(self.object))
        contextual = read_tuples(self.contextual_tuples, f"{pointer}/contextual_tuples")
        context = _json(self.context, f"{pointer}/context") if self.context is not None else None
        return at(
            f"{pointer}/relation",
            lambda: CheckQuestion(
                store,
                subject,
                self.relation,
                object_,
                self.explain,
                context=context,
                contextual_tuples=contextual,
                **freshness,
            ),
        )


class FreshnessBody(Body):
    """How new an answer must be."""

    zookie: str | None = Field(None, description="answer at this revision or later")
    consistency: Annotated[Consistency, Field(strict=False)] = Field(
        Consistency.MINIMIZE_LATENCY, description="how new the answer must be; `at_least_as_fresh` needs a zookie"
    )


class SessionedBody(Body):
    """The session a question comes with."""

    session: str | None = Field(
        None, description="the secret of the subject's session: where it has ended, the check is denied"
    )


class CheckBody(
    QuestionBody,
    FreshnessBody,
    SessionedBody,
    json_schema_extra=example(subject="member:ada", relation="can_view", object="source:orders", explain=True),
):
    """May `subject` have `relation` on `object`?"""

    def to_question(self, store: str) -> CheckQuestion:
        """The question asked."""
        return self.read(store, zookie=self.zookie, consistency=self.consistency)


class ChecksBody(
    FreshnessBody,
    SessionedBody,
    json_schema_extra=example(
        checks=[
            {"subject": "member:ada", "relation": "can_view", "object": "source:orders"},
            {"subject": "member:bob", "relation": "can_view", "object": "source:orders"},
        ]
    ),
):
    """Questions to be answered together, all at one revision."""

    checks: list[QuestionBody] = Field(description="the questions; answers come in their order")

    def to_batch(self, store: str) -> CheckBatch:
        """The questions asked; in the place of one that cannot be read stands its error."""
        questions = tuple(_or_fault(one, store, f"/checks/{i}") for i, one in enumerate(self.checks))
        return CheckBatch(store, questions, self.zookie, self.consistency)


def _or_fault(body: QuestionBody, store: str, pointer: str) -> CheckQuestion | IamgraphError:
    try:
        return body.read(store, pointer)
    except IamgraphError as fault:
        return fault


# --- writes ---


class ActBody(Body):
    """Who does it and why, the name of the key is recorded besides; and the key that says it is to be done once."""

    by: str | None = Field(None, description="who does it; recorded with the key's name")
    reason: str | None = Field(None, description="why it is done; recorded")
    idempotency_key: str | None = Field(None, description="the same key with the same body gives the same answer")


_ON_MISSING: Any = Field(OnMissing.FAIL, description="a delete of what is not there is a conflict, or nothing")


class PreconditionBody(Body):
    """A tuple that must, or must not, be there for a write to happen."""

    tuple: TupleBody
    must_exist: bool = True


class WriteBody(
    ActBody,
    json_schema_extra=example(
        writes=[
            {"subject": "member:ada", "relation": "member", "object": "group:eng"},
            {"subject": "group:eng#member", "relation": "viewer", "object": "source:orders"},
            {
                "subject": "member:eve",
                "relation": "viewer",
                "object": "source:orders",
                "expires_at": "2099-12-31T00:00:00Z",
            },
        ],
        reason="the team looks after orders",
    ),
):
    """A change, made whole or not at all: deletes first, then writes."""

    writes: list[TupleBody] = Field(default=[], description="tuples to write")
    deletes: list[TupleBody] = Field(default=[], description="tuples to delete, before any is written")
    preconditions: list[PreconditionBody] = Field(default=[], description="what must hold for any of it to be done")
    on_existing: Annotated[OnExisting, Field(strict=False)] = Field(
        OnExisting.TOUCH, description="a write of what is there replaces it, is a conflict, or leaves it as it is"
    )
    on_missing: Annotated[OnMissing, Field(strict=False)] = _ON_MISSING

    def to_request(self, store: str, by: str | None) -> WriteRequest:
        """The change asked for."""
        return WriteRequest(
            store,
            read_tuples(self.writes, "/writes"),
            read_tuples(self.deletes, "/deletes"),
            tuple(
                Precondition(one.tuple.to_tuple(f"/preconditions/{i}/tuple"), one.must_exist)
                for i, one in enumerate(self.preconditions)
            ),
            by,
            self.reason,
            self.idempotency_key,
            self.on_existing,
            self.on_missing,
        )


class DeleteBody(
    ActBody,
    json_schema_extra=example(
        tuples=[{"subject": "member:eve", "relation": "viewer", "object": "source:orders"}], on_missing="ignore"
    ),
):
    """Tuples to delete, all or none."""

    tuples: list[TupleBody] = Field(description="tuples to delete")
    on_missing: Annotated[OnMissing, Field(strict=False)] = _ON_MISSING

    def to_request(self, store: str, by: str | None) -> WriteRequest:
        """The change asked for."""
        return WriteRequest(
            store,
            deletes=read_tuples(self.tuples, "/tuples"),
            by=by,
            reason=self.reason,
            idempotency_key=self.idempotency_key,
            on_missing=self.on_missing,
        )


class DeleteObjectBody(ActBody, json_schema_extra=example(object="source:orders", reason="it was shut down")):
    """An object to delete with every tuple it stands in."""

    object: str = Field(description="what goes, with every tuple on either side of it: `type:id`")

    def to_object(self) -> Any:
        """The object named."""
        return at("/object", lambda: parse_object(self.object))


# --- filters ---


class FilterBody(Body):
    """Which tuples are meant: every given field must match; `type:` stands for a whole type."""

    object: str | None = Field(None, description="`type:id`, or `type:` for all of a type")
    relation: str | None = Field(None, description="a relation")
    subject: str | None = Field(
        None, description="`type:id`, `type:id#relation`, `type:*`, or `type:` for all of a type"
    )

    def to_filter(self) -> TupleFilter:
        """The filter said."""
        object_type = at("/object", lambda: whole_type(self.object))
        subject_type = at("/subject", lambda: whole_type(self.subject))
        object_ = subject = None
        if self.object is not None and object_type is None:
            object_ = at("/object", partial(parse_object, self.object))
        if self.subject is not None and subject_type is None:
            subject = at("/subject", partial(parse_subject, self.subject))
        type_, id_ = (object_.type, object_.id) if object_ is not None else (object_type, None)
        return at("/relation", lambda: TupleFilter(type_, id_, self.relation, subject, subject_type))


class ReadBody(FilterBody, json_schema_extra=example(object="source:", subject="group:eng#member", limit=50)):
    """Which tuples to read, and how many a page has."""

    limit: int = Field(100, description="how many tuples a page has at most")
    cursor: str | None = Field(None, description="`next_cursor` of the page before")


class FilterDeleteBody(FilterBody, ActBody, json_schema_extra=example(subject="member:ada", dry_run=True)):
    """Which tuples to delete, in one change; more than `limit` are refused, and nothing is deleted."""

    limit: int = Field(DEFAULT_DELETE_LIMIT, description="how many tuples may go at most")
    dry_run: bool = Field(False, description="answer what would be deleted, and change nothing")

    def to_request(self, store: str, by: str | None) -> FilterDelete:
        """The deletion asked for."""
        return FilterDelete(store, self.to_filter(), self.limit, self.dry_run, by, self.reason, self.idempotency_key)


# --- models and stores ---


class ModelBody(ActBody, json_schema_extra=example(text=_MODEL)):
    """A model in its text form."""

    text: str = Field(description="the model, as its language writes it")
    replacing: str | None = Field(
        None, min_length=1, description="the id of the model it is to follow; refused where another is current by now"
    )


class KeyPath(BaseModel):
    """An API key."""

    key: str = Field(description="the key's id, which is part of its secret and none")


class StoreBody(Body, json_schema_extra=example(id="default")):
    """A store to create."""

    id: str = Field(description="letters, digits, `_` and `-`")


class KeyBody(Body, json_schema_extra=example(name="billing", scopes=["check"], stores=["default"])):
    """An API key to make."""

    name: str = Field(description="who uses it, for people")
    scopes: list[Annotated[Scope, Field(strict=False)]] = Field(description="what it may do")
    stores: list[str] = Field(description="ids, or `*` alone for all stores")
    expires_at: Time = Field(None, description=f"when it ends, with a time zone; {KEY_DAYS} days from now if not said")
    never_expires: bool = Field(False, description="it ends only when it is revoked")

    def to_expiry(self) -> datetime | None:
        """When the key ends; None for never."""
        if self.never_expires and self.expires_at is not None:
            raise RequestError(
                "a key that never expires has no `expires_at`", code="malformed_time", pointer="/expires_at"
            )
        return None if self.never_expires else self.expires_at or expiry()
