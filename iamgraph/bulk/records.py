"""Tuples as JSON: iamgraph's own form, OpenFGA's, and the plain string; and back to JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, TypeVar

from iamgraph.errors import RequestError
from iamgraph.tuples import (
    MAX_CONTEXT_DEPTH,
    ConditionUse,
    Object,
    RelationTuple,
    StoredTuple,
    Subject,
    depth,
    parse_object,
    parse_subject,
    parse_tuple,
    shown,
)

HEADER: Final = "iamgraph"
# Objects come back in a file, as members of one group or on one resource do.
REMEMBERED: Final = 65_536
_OWN: Final = frozenset({"subject", "relation", "object", "expires_at", "condition"})
_OPENFGA: Final = frozenset({"user", "relation", "object", "condition"})
_PLAIN: Final = frozenset({"tuple", "expires_at", "condition"})
# What an export may tell besides; an import is an act of its own.
_TOLD: Final = frozenset({"since", "at", "by", "reason"})

T = TypeVar("T")

known_object: Final[Callable[[str], Object]] = lru_cache(REMEMBERED)(parse_object)
known_subject: Final[Callable[[str], Subject]] = lru_cache(REMEMBERED)(parse_subject)


def malformed(what: str) -> RequestError:
    """A line that is no tuple."""
    return RequestError(what, code="malformed_tuple")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise malformed("a name stands twice in an object")
    return found


def _no_constant(name: str) -> Any:
    raise malformed(f"not JSON: it holds `{name}`")


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_constant)


def json_of(text: str) -> Any:
    """What a text says as JSON by its standard: no name twice in an object, no NaN."""
    try:
        return _DECODER.decode(text)
    except json.JSONDecodeError as fault:
        raise malformed(f"not JSON: {fault.msg.lower()} at column {fault.colno}") from fault
    except (ValueError, RecursionError) as fault:
        raise malformed("not JSON: a number is too long, or it nests too deeply") from fault


def tuple_of_line(text: str) -> RelationTuple | None:
    """The tuple of a line of JSON; None for the first line of an export, and for one that is empty."""
    if not text or text.isspace():
        return None
    said = json_of(text)
    if isinstance(said, str):
        return parse_tuple(said)
    if not isinstance(said, dict):
        raise malformed("expected a JSON object with `subject`, `relation` and `object`")
    return None if HEADER in said else _tuple(said)


def _tuple(said: dict[str, Any]) -> RelationTuple:
    expires_at = said.get("expires_at")
    ends = time_of(_text(said, "expires_at")) if expires_at is not None else None
    use = said.get("condition")
    condition = _condition(use) if use is not None else None
    names = said.keys() - _TOLD
    if "tuple" in names:
        _check_names(names, _PLAIN)
        plain = parse_tuple(_text(said, "tuple"))
        return RelationTuple(plain.object, plain.relation, plain.subject, ends, condition)
    subject = "user" if "user" in names else "subject"
    _check_names(names, _OPENFGA if subject == "user" else _OWN)
    return RelationTuple(
        known_object(_text(said, "object")),
        _text(said, "relation"),
        known_subject(_text(said, subject)),
        ends,
        condition,
    )


def _check_names(names: set[str], known: frozenset[str]) -> None:
    if not names <= known:
        raise malformed(f"no field `{shown(min(names - known))}` in a tuple")


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str):
        raise malformed(f"`{name}` is not a text" if name in said else f"`{name}` is missing")
    return value


def _condition(said: Any) -> ConditionUse:
    if not isinstance(said, dict) or not said.keys() <= {"name", "context"}:
        raise malformed("`condition` is no object of `name` and `context`")
    return use_of(_text(said, "name"), said.get("context"))


def use_of(name: str, context: Any) -> ConditionUse:
    """A condition with the context stored with it, if any."""
    if context is None:
        return ConditionUse(name)
    if depth(context) > MAX_CONTEXT_DEPTH:
        raise RequestError(f"a context nests {MAX_CONTEXT_DEPTH} deep at most", code="malformed_context")
    try:
        json.dumps(context, ensure_ascii=False).encode()
    except ValueError as fault:
        raise RequestError("a context holds half a character", code="malformed_context") from fault
    return ConditionUse(name, json.dumps(context))


def time_of(text: str) -> datetime:
    """A time in ISO 8601 such as `2030-01-31T12:00:00Z`."""
    try:
        return datetime.fromisoformat(text)
    except ValueError as fault:
        raise RequestError(
            f"malformed time `{shown(text)}`: expected one like `2030-01-31T12:00:00Z`", code="malformed_time"
        ) from fault


# --- writing ---


def line_of(one: RelationTuple, told: StoredTuple | None = None) -> str:
    """The one line of JSON for a tuple, and with `told` since when, by whom and why."""
    said: dict[str, Any] = {"subject": str(one.subject), "relation": one.relation, "object": str(one.object)}
    if one.expires_at is not None:
        said["expires_at"] = _time(one.expires_at)
    if one.condition is not None:
        said["condition"] = {"name": one.condition.name, "context": json.loads(one.condition.context)}
    if told is not None:
        about = {"since": told.since, "at": _time(told.at), "by": told.by, "reason": told.reason}
        said |= {name: value for name, value in about.items() if value is not None}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def _time(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
