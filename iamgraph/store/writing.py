"""Changes made in Neo4j: each whole or not at all, and once, whatever becomes of the answer to its commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from ulid import ULID

from iamgraph.errors import ConflictError, LimitError
from iamgraph.model.model import Model
from iamgraph.model.printer import model_hash
from iamgraph.queries import object_key, relationship_type, statement, subject_key
from iamgraph.questions import (
    MAX_DELETED_AT_ONCE,
    Act,
    Deletion,
    FilterDelete,
    OnExisting,
    OnMissing,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.revision import Revision
from iamgraph.store.contract import ModelChanged
from iamgraph.store.neo4j import Neo4jConnection, Run, RunStatement, retried
from iamgraph.store.rows import (
    Once,
    once_for_filter,
    once_for_model,
    once_for_object,
    once_for_write,
    stored_model,
    stored_tuple,
    tuple_row,
    tuple_text,
)
from iamgraph.tuples import Object, RelationTuple, StoredTuple, kind_of

MAX_SAMPLE: Final = 100


class Neo4jWriter(Neo4jConnection):
    """Writes and deletes tuples, and makes models current. Made once per process, after a fork."""

    def write(self, request: WriteRequest, model: str, now: datetime) -> Revision:
        """Make the change whole or not at all; where it would change nothing, none is made."""
        return self._write(request, once_for_write(request), model, now)

    @retried
    def _write(self, request: WriteRequest, once: Once, model: str, now: datetime) -> Revision:
        with self._locked(request.store) as (run, info):
            done = change_made(run, request.store, once)
            if done is not None:
                return info.at(done["revision"])
            check_model(info, model)
            deletes, writes = effect_of(run, request, now)
            if not deletes and not writes:
                return info.revision
            number = write_change(
                run, request.store, Act(now, request.by, request.reason), once, deletes=deletes, writes=writes
            )
            run.commit()
        return info.at(number)

    @retried
    def replayed(self, request: WriteRequest) -> Revision | None:
        """The revision the request's idempotency key was used for."""
        if request.idempotency_key is None:
            return None
        with self._locked(request.store) as (run, info):
            done = change_made(run, request.store, once_for_write(request))
            return None if done is None else info.at(done["revision"])

    def delete_object(
        self, store: str, object_: Object, required: frozenset[tuple[str, str]], model: str, act: Act
    ) -> tuple[Revision, int]:
        """Delete an object and every tuple it stands in."""
        once = once_for_object(store, object_, act)
        return self._delete_object(store, object_, required, model=model, act=act, once=once)

    @retried
    def _delete_object(
        self, store: str, object_: Object, required: frozenset[tuple[str, str]], *, model: str, act: Act, once: Once
    ) -> tuple[Revision, int]:
        with self._locked(store) as (run, info):
            done = change_made(run, store, once)
            if done is not None:
                return info.at(done["revision"]), done["deleted"]
            check_model(info, model)
            found = tuples_around(run, store, object_)
            refuse_required(object_, found, required)
            if not found:
                return info.revision, 0
            if len(found) > MAX_DELETED_AT_ONCE:
                raise LimitError(
                    f"`{object_}` stands in more than the {MAX_DELETED_AT_ONCE} tuples that one change"
                    " may delete: delete some of them first",
                    code="too_many_tuples",
                )
            number = write_change(run, store, act, once, deletes=found)
            run(statement("tuples/remove_object"), {"object": object_key(store, object_)})
            run.commit()
        return info.at(number), len(found)

    def delete_matching(
        self, request: FilterDelete, required: frozenset[tuple[str, str]], model: str, now: datetime
    ) -> Deletion:
        """Delete every tuple the filter means, in one change."""
        return self._delete_matching(request, once_for_filter(request), required, model, now)

    @retried
    def _delete_matching(
        self, request: FilterDelete, once: Once, required: frozenset[tuple[str, str]], model: str, now: datetime
    ) -> Deletion:
        with self._locked(request.store) as (run, info):
            done = None if request.dry_run else change_made(run, request.store, once)
            if done is not None:
                return Deletion(info.at(done["revision"]), done["deleted"])
            check_model(info, model)
            found = _matching(run, request)
            _refuse_narrowing(request.wanted, found, required)
            if request.dry_run or not found:
                return Deletion(info.revision, len(found), tuple(found[:MAX_SAMPLE]))
            act = Act(now, request.by, request.reason)
            number = write_change(run, request.store, act, once, deletes=[one.tuple for one in found])
            run.commit()
        return Deletion(info.at(number), len(found))

    def write_model(
        self, store: str, model: Model, text: str, act: Act, *, replacing: str | None = None
    ) -> StoredModel:
        """Make a model the current one, in place of the one `replacing`, if given."""
        stored: dict[str, Any] = {"id": str(ULID()), "text": text, "hash": model_hash(model), "at": act.at}
        return self._write_model(store, stored, act, once_for_model(store, text, act, replacing), replacing)

    @retried
    def _write_model(
        self, store: str, stored: Mapping[str, Any], act: Act, once: Once, replacing: str | None
    ) -> StoredModel:
        with self._locked(store) as (run, info):
            done = change_made(run, store, once)
            if done is not None:
                return stored_model(run(statement("models/get"), {"store": store, "id": done["model"]})[0], info)
            if replacing not in (None, info.model):
                raise ConflictError(
                    f"the model of store `{store}` was changed meanwhile: look at it again",
                    code="model_changed",
                    pointer="/replacing",
                )
            rows = run(
                statement("models/write"),
                {"store": store, "by": act.by, "reason": act.reason, **_marks(once), **stored},
            )
            run.commit()
        return StoredModel(**stored, revision=info.at(rows[0]["revision"]))


def check_model(info: StoreInfo, model: str) -> None:
    if info.model != model:
        raise ModelChanged


# --- once --------------------------------------------------------------------------------------------------


def change_made(run: Run, store: str, once: Once) -> Mapping[str, Any] | None:
    """The change that was made under this key; `ConflictError` if it was another one."""
    for row in run(statement("tuples/replay"), {"store": store, "idempotency_key": once.key}):
        if row["body_hash"] != once.body:
            raise ConflictError(
                "the idempotency key was used for another request: take a new key", code="idempotency_key_reused"
            )
        return row
    return None


def _marks(once: Once) -> dict[str, str]:
    return {"idempotency_key": once.key, "body_hash": once.body}


# --- what a change does ------------------------------------------------------------------------------------


def write_change(
    run: Run,
    store: str,
    act: Act,
    once: Once,
    *,
    deletes: Sequence[RelationTuple],
    writes: Sequence[RelationTuple] = (),
) -> int:
    change = {
        "at": act.at,
        "by": act.by,
        "reason": act.reason,
        **_marks(once),
        "deletes": [tuple_row(store, one) for one in deletes],
        "writes": [tuple_row(store, one) for one in writes],
        "deleted": [tuple_text(one) for one in deletes],
        "written": [tuple_text(one) for one in writes],
    }
    rows = run(statement("tuples/change"), {"store": store, "change": change})
    number: int = rows[0]["revision"]
    return number


def effect_of(
    run: Run, request: WriteRequest, now: datetime
) -> tuple[tuple[RelationTuple, ...], tuple[RelationTuple, ...]]:
    """The deletes and writes that change something; `ConflictError` for what must not be as it is."""
    touching = request.on_existing is OnExisting.TOUCH
    named = (() if touching else request.writes, request.deletes, tuple(one.tuple for one in request.preconditions))
    writes, deletes, conditions = _present(run, request.store, named, now)
    _check_preconditions(request, conditions)
    missing = next((one for one in request.deletes if not deletes[one][0]), None)
    if missing is not None and request.on_missing is OnMissing.FAIL:
        raise ConflictError(f"no tuple `{missing}` to delete", code="tuple_not_found")
    for i, one in enumerate(request.writes):
        if request.on_existing is OnExisting.FAIL and writes[one][1]:
            raise ConflictError(f"the tuple `{one}` is there already", code="tuple_exists", pointer=f"/writes/{i}")
    return (
        tuple(one for one in request.deletes if deletes[one][0]),
        tuple(one for one in request.writes if touching or not writes[one][1]),
    )


def _present(
    run: Run, store: str, named: Sequence[Sequence[RelationTuple]], now: datetime
) -> list[dict[RelationTuple, tuple[bool, bool]]]:
    """For each group of tuples, which of them are there, and which have not expired either."""
    rows = [tuple_row(store, one) for group in named for one in group]
    states = iter(run(statement("tuples/present"), {"asked": {"rows": rows}, "now": now}) if rows else ())
    return [{one: (row["present"], row["live"]) for one, row in zip(group, states, strict=False)} for group in named]


def _check_preconditions(request: WriteRequest, found: Mapping[RelationTuple, tuple[bool, bool]]) -> None:
    for i, condition in enumerate(request.preconditions):
        if found[condition.tuple][1] is not condition.must_exist:
            what = "is not there" if condition.must_exist else "is there"
            raise ConflictError(
                f"precondition failed: `{condition.tuple}` {what}",
                code="precondition_failed",
                pointer=f"/preconditions/{i}",
            )


# --- what a deletion finds ---------------------------------------------------------------------------------


def tuples_around(run: Run, store: str, object_: Object) -> list[RelationTuple]:
    parameters = {"object": object_key(store, object_), "limit": MAX_DELETED_AT_ONCE + 1}
    return [stored_tuple(row).tuple for row in run(statement("tuples/around"), parameters)]


def refuse_required(object_: Object, found: Iterable[RelationTuple], required: frozenset[tuple[str, str]]) -> None:
    for one in found:
        if one.subject == object_ and (one.object.type, one.relation) in required:
            raise ConflictError(
                f"`{object_}` is required by `{one}`: deleting it would widen access, delete that tuple first",
                code="object_required",
            )


def _matching(run: Run, request: FilterDelete) -> list[StoredTuple]:
    found = find_tuples(run, request.store, request.wanted, None, request.limit + 1)
    if len(found) > request.limit:
        raise LimitError(
            f"more than {request.limit} tuples match: nothing is deleted, narrow the filter or raise `limit`",
            code="too_many_tuples",
            pointer="/limit",
        )
    return found


def _refuse_narrowing(wanted: TupleFilter, found: Iterable[StoredTuple], required: frozenset[tuple[str, str]]) -> None:
    """`ConflictError` where a filter by subject would take what a guard requires without having named it.

    By object alone all that an object requires goes together, and what requires nothing grants nothing. By subject
    some of it may stay, and then less is required than before.
    """
    if wanted.relation is not None or (wanted.subject is None and wanted.subject_type is None):
        return
    for one in found:
        if (one.tuple.object.type, one.tuple.relation) in required:
            raise ConflictError(
                f"a guard requires `{one.tuple}`: deleting it would widen access, name its relation to delete it",
                code="object_required",
            )


# --- tuples by filter --------------------------------------------------------------------------------------


def find_tuples(
    run: RunStatement, store: str, wanted: TupleFilter, after: Sequence[str] | None, limit: int
) -> list[StoredTuple]:
    """The tuples a filter means, by object, then relation, then subject; those after a place, if given."""
    low, high = key_range(store, wanted)
    parameters: dict[str, Any] = {
        "from": low,
        "to": high,
        "type": relationship_type(wanted.relation) if wanted.relation is not None else None,
        "subject_type": wanted.subject_type,
        "after": after,
        "limit": limit,
    }
    name = "tuples/read_by_object"
    if wanted.subject is not None:
        name = "tuples/read_by_subject"
        parameters |= {"subject": subject_key(store, wanted.subject), "via": kind_of(wanted.subject).via}
    return [stored_tuple(row) for row in run(statement(name), parameters)]


def key_range(store: str, wanted: TupleFilter) -> tuple[str, str]:
    """The half-open range of keys a filter's object lies in."""
    if wanted.object_type is None:
        return f"{store}/", f"{store}0"  # `0` follows `/`
    if wanted.object_id is None:
        return f"{store}/{wanted.object_type}:", f"{store}/{wanted.object_type};"  # `;` follows `:`
    key = object_key(store, Object(wanted.object_type, wanted.object_id))
    return key, key + "\x01"  # no id holds a control character
