"""Answers ↔ JSON: what the routes of `/v1` give back. No routes, no rules."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final, Self

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from iamgraph.errors import IamgraphError
from iamgraph.exploring import Rows, json_of
from iamgraph.questions import Answers, Change, ChangePage, Decision, Deletion, Page, StoredKey, StoredModel, StoreInfo
from iamgraph.revision import Revision
from iamgraph.tuples import RelationTuple, StoredTuple


class ConditionAnswer(BaseModel):
    """The condition a tuple holds under, and the parameters stored with it."""

    name: str
    context: dict[str, Any]


class Answer(BaseModel):
    """What a client gets."""

    model_config = ConfigDict(frozen=True)

    def response(self, status: int = 200) -> Response:
        """The answer as JSON, without what is not known."""
        return Response(self.model_dump_json(exclude_none=True) + "\n", status, content_type="application/json")


class TupleAnswer(Answer):
    """A tuple, and as far as known since when, by whom and why."""

    subject: str
    relation: str
    object: str
    expires_at: datetime | None = None
    condition: ConditionAnswer | None = None
    since: int | None = Field(None, description="the revision it holds from")
    at: datetime | None = None
    by: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, one: RelationTuple, stored: StoredTuple | None = None) -> Self:
        """The answer for a tuple."""
        use = one.condition
        said = ConditionAnswer(name=use.name, context=json.loads(use.context)) if use is not None else None
        kept = {} if stored is None else {"since": stored.since, "at": stored.at, "by": stored.by}
        return cls(
            subject=str(one.subject),
            relation=one.relation,
            object=str(one.object),
            expires_at=one.expires_at,
            condition=said,
            reason=stored.reason if stored is not None else None,
            **kept,
        )


class DecisionAnswer(Answer):
    """The decision, and the zookie of the revision it is true of."""

    allowed: bool
    zookie: str
    path: list[TupleAnswer] | None = Field(None, description="the tuples that prove it, from the subject on")
    denied_by: str | None = Field(None, description="where the session denied it: why, for example `session_idle`")

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """The answer for a decision."""
        return cls(
            allowed=decision.allowed,
            zookie=decision.revision.zookie(),
            path=_path(decision),
            denied_by=decision.denied_by,
        )


def _path(decision: Decision) -> list[TupleAnswer] | None:
    return None if decision.path is None else [TupleAnswer.of(one.tuple, one) for one in decision.path]


class RowsAnswer(Answer):
    """What a statement found: rows with a value for each column."""

    columns: list[str]
    rows: list[list[Any]] = Field(description="plain values, nodes, relationships and paths")
    truncated: bool = Field(description="whether there are more rows, which are not here")
    revision: int | None = Field(None, description="the revision all of it is true of; absent if one changed meanwhile")
    zookie: str | None = None

    @classmethod
    def of(cls, found: Rows) -> Self:
        """The answer for what was found."""
        revision = found.revision
        return cls(
            columns=list(found.columns),
            rows=[json_of(one) for one in found.values],
            truncated=found.truncated,
            revision=revision.number if revision is not None else None,
            zookie=revision.zookie() if revision is not None else None,
        )

    def response(self, status: int = 200) -> Response:
        """The answer as JSON; a value that is null stays."""
        unknown = {name for name in ("revision", "zookie") if getattr(self, name) is None}
        return Response(self.model_dump_json(exclude=unknown) + "\n", status, content_type="application/json")


class ErrorAnswer(Answer):
    """What is wrong with one question, or keeps it undecided."""

    code: str
    detail: str
    pointer: str | None = None

    @classmethod
    def of(cls, error: IamgraphError) -> Self:
        """The answer for an error."""
        return cls(code=error.code, detail=error.message, pointer=error.pointer)


class ResultAnswer(Answer):
    """The answer to one question of a batch: either `allowed` or `error`."""

    allowed: bool | None = None
    path: list[TupleAnswer] | None = Field(None, description="the tuples that prove it, from the subject on")
    denied_by: str | None = Field(None, description="where the session denied it: why, for example `session_idle`")
    error: ErrorAnswer | None = None

    @classmethod
    def of(cls, item: Decision | IamgraphError) -> Self:
        """The answer for an item; an unknown one is an error."""
        if isinstance(item, IamgraphError):
            return cls(error=ErrorAnswer.of(item))
        if item.reason is not None:
            return cls(error=ErrorAnswer.of(item.reason.error(item.detail)))
        return cls(allowed=item.allowed, path=_path(item), denied_by=item.denied_by)


class ChecksAnswer(Answer):
    """The answers to a batch, in the order of its questions, and the zookie of the one revision they are true of."""

    results: list[ResultAnswer]
    zookie: str

    @classmethod
    def of(cls, answers: Answers) -> Self:
        """The answer for a batch."""
        return cls(results=[ResultAnswer.of(one) for one in answers.items], zookie=answers.revision.zookie())


class RevisionAnswer(Answer):
    """The revision a change made, as a number and as a zookie."""

    revision: int
    zookie: str
    deleted: int | None = Field(None, description="how many tuples went")

    @classmethod
    def of(cls, revision: Revision, deleted: int | None = None) -> Self:
        """The answer for a revision."""
        return cls(revision=revision.number, zookie=revision.zookie(), deleted=deleted)


class DeletionAnswer(Answer):
    """What a deletion by filter did, or as a dry run would do."""

    revision: int
    zookie: str
    deleted: int = Field(description="how many tuples went, or would go")
    dry_run: bool
    tuples: list[TupleAnswer] | None = Field(
        None, description="of a dry run, the first of them; for keys that may read"
    )

    @classmethod
    def of(cls, done: Deletion, dry_run: bool, *, shown: bool) -> Self:
        """The answer for a deletion; with the first tuples if they are to be shown."""
        return cls(
            revision=done.revision.number,
            zookie=done.revision.zookie(),
            deleted=done.count,
            dry_run=dry_run,
            tuples=[TupleAnswer.of(one.tuple, one) for one in done.first] if shown else None,
        )


class TuplesAnswer(Answer):
    """A page of tuples; `next_cursor` gives the next, and is absent on the last."""

    tuples: list[TupleAnswer]
    next_cursor: str | None = None
    zookie: str

    @classmethod
    def of(cls, page: Page[StoredTuple]) -> Self:
        """The answer for a page."""
        return cls(
            tuples=[TupleAnswer.of(one.tuple, one) for one in page.items],
            next_cursor=page.next_cursor,
            zookie=page.revision.zookie(),
        )


class ChangeAnswer(Answer):
    """One write transaction."""

    revision: int
    at: datetime
    by: str | None = None
    reason: str | None = None
    writes: list[TupleAnswer]
    deletes: list[TupleAnswer]
    model: str | None = Field(None, description="the id of the model this change made current")

    @classmethod
    def of(cls, change: Change) -> Self:
        """The answer for a change."""
        return cls(
            revision=change.revision,
            at=change.at,
            by=change.by,
            reason=change.reason,
            writes=[TupleAnswer.of(tuple_) for tuple_ in change.writes],
            deletes=[TupleAnswer.of(tuple_) for tuple_ in change.deletes],
            model=change.model,
        )


class ChangesAnswer(Answer):
    """Changes, oldest first, and the cursor that goes on after them; `more` if there are later ones already."""

    changes: list[ChangeAnswer]
    cursor: str
    more: bool

    @classmethod
    def of(cls, page: ChangePage) -> Self:
        """The answer for a page."""
        changes = [ChangeAnswer.of(one) for one in page.items]
        return cls(changes=changes, cursor=page.revision.zookie(), more=page.more)


class ModelAnswer(Answer):
    """A model as the store keeps it."""

    id: str
    text: str
    hash: str
    revision: int
    zookie: str
    at: datetime

    @classmethod
    def of(cls, stored: StoredModel) -> Self:
        """The answer for a model."""
        return cls(
            id=stored.id,
            text=stored.text,
            hash=stored.hash,
            revision=stored.revision.number,
            zookie=stored.revision.zookie(),
            at=stored.at,
        )


class ModelsAnswer(Answer):
    """Models, newest first."""

    models: list[ModelAnswer]


class StoreAnswer(Answer):
    """A store: its newest revision and its current model."""

    id: str
    revision: int
    zookie: str
    model: str | None = None

    @classmethod
    def of(cls, info: StoreInfo) -> Self:
        """The answer for a store."""
        return cls(id=info.id, revision=info.revision.number, zookie=info.revision.zookie(), model=info.model)


class StoresAnswer(Answer):
    """Stores, by id."""

    stores: list[StoreAnswer]


class KeyAnswer(Answer):
    """An API key: what it may do, in which stores, until when. Its secret is nowhere but in `NewKeyAnswer`."""

    id: str
    name: str
    scopes: list[str]
    stores: list[str]
    at: datetime
    by: str | None = Field(None, description="the id of the key it was made with")
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = Field(None, description="to about a minute")

    @classmethod
    def of(cls, key: StoredKey, **more: str) -> Self:
        """The answer for a key."""
        return cls(
            id=key.id,
            name=key.name,
            scopes=sorted(one.value for one in key.scopes),
            stores=sorted(key.stores),
            at=key.at,
            by=key.by,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
            last_used_at=key.last_used_at,
            **more,
        )


class NewKeyAnswer(KeyAnswer):
    """A key just made, with its secret, which nothing can show again."""

    secret: str


class KeysAnswer(Answer):
    """API keys, by name."""

    keys: list[KeyAnswer]


class ProblemAnswer(Answer):
    """What went wrong (RFC 9457): `code` is stable, `pointer` names the field."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str = Field(description="the same as in the header `X-Request-Id`, and in the log")
    pointer: str | None = None
    scope: str | None = Field(None, description="the scope a key lacks")
    relation: str | None = Field(None, description="the relation a caller lacks")
    errors: list[dict[str, Any]] | None = None


# What every call can end with.
PROBLEMS: Final[dict[Any, Any]] = {
    str(status): ProblemAnswer for status in (400, 401, 403, 404, 409, 410, 422, 429, 503)
}
