"""Tuples and changes as rows: what statements take as parameters and give back as columns."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from iamgraph.errors import RequestError
from iamgraph.queries import node_label, object_key, relation_of, relationship_type, subject_key, subject_of
from iamgraph.questions import Act, Change, FilterDelete, Scope, StoredKey, StoredModel, StoreInfo, WriteRequest
from iamgraph.tuples import ConditionUse, Object, RelationTuple, StoredTuple, kind_of, parse_tuple

Row = Mapping[str, Any]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLUMNS: Final = (
    *("object_type", "object_id", "type", "subject_type", "subject_id", "via"),
    *("since", "at", "by", "reason", "expires_at", "condition", "context"),
)
# A control character, which a caller's key cannot hold.
_OURS: Final = "\x01"


def tuple_row(store: str, one: RelationTuple) -> dict[str, Any]:
    """A tuple as the parameters that find or make its relationship."""
    kind = kind_of(one.subject)
    subject = one.subject if isinstance(one.subject, Object) else getattr(one.subject, "object", None)
    return {
        "subject": subject_key(store, one.subject),
        "subject_label": node_label(kind.type),
        "subject_type": kind.type,
        "subject_id": subject.id if subject is not None else "*",
        "via": kind.via,
        "type": relationship_type(one.relation),
        "object": object_key(store, one.object),
        "object_label": node_label(one.object.type),
        "object_type": one.object.type,
        "object_id": one.object.id,
        "properties": properties_of(one),
    }


def properties_of(one: RelationTuple) -> dict[str, Any]:
    """What a tuple's relationship carries of the tuple itself."""
    properties: dict[str, Any] = {}
    if one.expires_at is not None:
        properties["expires_at"] = one.expires_at.astimezone(UTC)
    if one.condition is not None:
        properties["condition"] = one.condition.name
        properties["context"] = one.condition.context
    return properties


def plain_tuple(row: Row) -> RelationTuple:
    """The tuple a relationship's columns stand for, whatever is known of its history."""
    condition = row.get("condition")
    expires_at = row.get("expires_at")
    return RelationTuple(
        Object(row["object_type"], row["object_id"]),
        relation_of(row["type"]),
        subject_of(row["subject_type"], row["subject_id"], row["via"]),
        expires_at.to_native() if expires_at is not None else None,
        ConditionUse(condition, row.get("context") or "{}") if condition is not None else None,
    )


def stored_tuple(row: Row) -> StoredTuple:
    """The tuple a relationship's columns stand for, with its history."""
    return StoredTuple(
        plain_tuple(row),
        since=row["since"],
        at=row["at"].to_native(),
        by=row["by"],
        reason=row["reason"],
    )


def listed_tuple(values: Sequence[Any]) -> StoredTuple:
    """As `stored_tuple`, of the columns as a list, its time in microseconds since 1970."""
    row = dict(zip(_COLUMNS, values, strict=True))
    at = _EPOCH + timedelta(microseconds=row["at"])
    return StoredTuple(plain_tuple(row), since=row["since"], at=at, by=row["by"], reason=row["reason"])


def stored_model(row: Row, info: StoreInfo) -> StoredModel:
    """The model of a store that a node's columns stand for."""
    return StoredModel(row["id"], row["text"], row["hash"], info.at(row["revision"]), row["at"].to_native())


def tuple_text(one: RelationTuple) -> str:
    """A tuple as a change keeps it: JSON with all it says."""
    said: dict[str, str] = {"tuple": str(one)}
    if one.expires_at is not None:
        said["expires_at"] = one.expires_at.isoformat()
    if one.condition is not None:
        said |= {"condition": one.condition.name, "context": one.condition.context}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def tuple_of_text(text: str) -> RelationTuple:
    """The tuple a change's text stands for."""
    said = json.loads(text)
    plain = parse_tuple(said["tuple"])
    expires_at = datetime.fromisoformat(said["expires_at"]) if "expires_at" in said else None
    condition = ConditionUse(said["condition"], said["context"]) if "condition" in said else None
    return RelationTuple(plain.object, plain.relation, plain.subject, expires_at, condition)


def change_of(row: Row) -> Change:
    """The change a node's columns stand for."""
    return Change(
        row["revision"],
        row["at"].to_native(),
        row["by"],
        row["reason"],
        tuple(map(tuple_of_text, row["writes"])),
        tuple(map(tuple_of_text, row["deletes"])),
        row["model"],
    )


def before_of(row: Row) -> dict[str, StoredTuple | None]:
    """What was there before a change: of each tuple it touched how it was, None where it was not there."""
    before: dict[str, StoredTuple | None] = {
        json.loads(text)["tuple"]: None for side in ("deletes", "writes") for text in row[side]
    }
    return before | {str(one): one for one in map(_stored_of_text, row["before"] or ())}


def _stored_of_text(text: str) -> StoredTuple:
    """The tuple as a statement put it into text when it was deleted or replaced."""
    said: list[str | None] = [part or None for part in text.split("\x1f")]
    object_type, object_id, type_, subject_type, subject_id, via, since, at, by, reason, expires_at, *condition = said
    name, context = condition
    assert object_type and object_id and type_ and subject_type and subject_id and since and at
    one = RelationTuple(
        Object(object_type, object_id),
        relation_of(type_),
        subject_of(subject_type, subject_id, via),
        datetime.fromisoformat(expires_at) if expires_at is not None else None,
        ConditionUse(name, context or "{}") if name is not None else None,
    )
    return StoredTuple(one, int(since), datetime.fromisoformat(at), by, reason)


def stored_key(row: Row) -> StoredKey:
    """The key a node's columns stand for. A scope that only a newer iamgraph knows opens nothing here."""
    return StoredKey(
        row["id"],
        row["name"],
        row["hash"],
        frozenset(one for one in Scope if one.value in row["scopes"]),
        frozenset(row["stores"]),
        row["at"].to_native(),
        row["by"],
        *(
            None if row[name] is None else row[name].to_native()
            for name in ("expires_at", "revoked_at", "last_used_at")
        ),
    )


@dataclass(frozen=True, slots=True)
class Once:
    """What makes a change happen once: its key, and a hash of all its request said. Both are kept with the change."""

    key: str
    body: str


def once_for_write(request: WriteRequest) -> Once:
    """A write, once."""
    return _once(
        request.idempotency_key,
        "write",
        request.store,
        [tuple_text(one) for one in request.writes],
        [tuple_text(one) for one in request.deletes],
        [[tuple_text(one.tuple), one.must_exist] for one in request.preconditions],
        [request.by, request.reason, request.on_existing.value, request.on_missing.value],
    )


def once_for_filter(request: FilterDelete) -> Once:
    """A deletion by filter, once."""
    wanted = request.wanted
    subject = str(wanted.subject) if wanted.subject is not None else None
    return _once(
        request.idempotency_key,
        "delete by filter",
        request.store,
        [wanted.object_type, wanted.object_id, wanted.relation, subject, wanted.subject_type],
        [request.limit, request.by, request.reason],
    )


def once_for_object(store: str, object_: Object, act: Act) -> Once:
    """An object's deletion, once."""
    return _once(act.idempotency_key, "delete object", store, str(object_), [act.by, act.reason])


def once_for_model(store: str, text: str, act: Act, replacing: str | None) -> Once:
    """A new model, once."""
    said = [act.by, act.reason] if replacing is None else [act.by, act.reason, replacing]
    return _once(act.idempotency_key, "write model", store, text, said)


def once_for_act(store: str, act: Act) -> Once:
    """An act that looks before it changes, once."""
    return _once(act.idempotency_key, "act", store, act.body, [act.by, act.reason])


def _once(key: str | None, *said: Any) -> Once:
    # A change without a key gets one of ours, which no caller can send: should the answer to its commit be lost,
    # the key finds it. JSON with the kind of the act in front tells any two requests apart.
    return Once(key or _OURS + secrets.token_hex(16), hashlib.sha256(json.dumps(said).encode()).hexdigest())


def cursor_of(store: str, one: RelationTuple) -> str:
    """Where a page ended, for a client to hand back."""
    row = tuple_row(store, one)
    place = [row["object"], row["type"], row["subject"], row["via"] or ""]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


def place_of(cursor: str | None, low: str, high: str) -> list[str] | None:
    """The place a cursor stands for; `RequestError` for what is none, or lies outside the keys read."""
    if cursor is None:
        return None
    try:
        place = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        "".join(place).encode()  # half a character can stand in JSON, not in Neo4j
    except (binascii.Error, ValueError, TypeError, RecursionError) as fault:
        raise _no_cursor() from fault
    if not isinstance(place, list) or len(place) != 4 or not low <= place[0] < high:
        raise _no_cursor()
    return place


def _no_cursor() -> RequestError:
    return RequestError(
        "the cursor is damaged, or of another question: start again without it", code="malformed_cursor"
    )
