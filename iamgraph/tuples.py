"""Objects, subjects and relation tuples: the words of a statement, and their one string form.

A tuple reads `object#relation@subject`, for example `source:orders#admin@group:eng#member`. The first colon
parts type from id. The only escape: a `#` inside an id is written `##`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from iamgraph.errors import RequestError

MAX_TYPE_LENGTH: Final = 254
MAX_RELATION_LENGTH: Final = 50
MAX_ID_LENGTH: Final = 256
MAX_CONTEXT_DEPTH: Final = 32

NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-/]*")
_PLAIN_ID: Final = re.compile(r"[!-~]+")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"})
# What a spreadsheet would take for a formula.
_FORMULA: Final = (*"=+-@＝＋－＠", "\t", "\r")
# An id with its doubled `#`, and, after a single one, the rest: a relation, or a relation and a subject.
_WRITTEN: Final = re.compile(r"(?P<id>(?:[^#]|##)*)(?:#(?P<rest>[^#].*))?", re.DOTALL)


def check_type(name: str) -> str:
    """The name, if it can name a type; else `RequestError`."""
    return _check_name("type", name, MAX_TYPE_LENGTH)


def check_relation(name: str) -> str:
    """The name, if it can name a relation; else `RequestError`."""
    return _check_name("relation", name, MAX_RELATION_LENGTH)


def _check_name(kind: str, name: str, limit: int) -> str:
    if len(name) > limit or not NAME.fullmatch(name):
        raise RequestError(
            f"malformed {kind} `{shown(name)}`: up to {limit} letters, digits and `_`, `.`, `-`, `/`",
            code="malformed_name",
        )
    return name


def _check_id(text: str) -> str:
    # ASCII ids, the usual ones, need no look at each character.
    fits = 0 < len(text) <= MAX_ID_LENGTH and text != "*"
    if not fits or not (
        _PLAIN_ID.fullmatch(text) or not any(unicodedata.category(c) in _REFUSED_CATEGORIES for c in text)
    ):
        raise RequestError(
            f"malformed id `{shown(text)}`: 1 to {MAX_ID_LENGTH} characters, no spaces or control characters,"
            " not `*` alone",
            code="malformed_id",
        )
    return text


def check_text(field: str, text: str | None, limit: int) -> None:
    """`RequestError` if a line of free text is empty, too long, or holds what cannot be printed or kept."""
    if text is None:
        return
    if not 0 < len(text) <= limit or any(unicodedata.category(c) in ("Cc", "Cs") for c in text):
        raise RequestError(
            f"malformed `{field}`: 1 to {limit} characters, no control characters",
            code="malformed_text",
            pointer=f"/{field}",
        )


def canonical_json(text: str) -> str:
    """The one spelling of a JSON object, in ASCII; `RequestError` for what is none."""
    try:
        value = json.loads(text)
        written = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as fault:
        raise RequestError("a context is not JSON", code="malformed_context") from fault
    if not isinstance(value, dict):
        raise RequestError("a context is not a JSON object", code="malformed_context")
    return written


def depth(value: Any) -> int:
    """How many lists and objects of JSON stand in each other."""
    found, inside = 0, [value]
    while inside := [one for one in inside if isinstance(one, dict | list)]:
        found += 1
        inside = [item for one in inside for item in (one.values() if isinstance(one, dict) else one)]
    return found


def shown(text: str) -> str:
    """A caller's text made fit for one line of a message: escaped where unprintable, and cut."""
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return line if len(line) <= 120 else line[:117] + "..."


def harmless(cell: Any) -> Any:
    """A cell of a CSV file; what a spreadsheet would take for a formula begins with an apostrophe."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


@dataclass(frozen=True, slots=True, order=True)
class Object:
    """A thing access is asked for, written `type:id`."""

    type: str
    id: str

    def __post_init__(self) -> None:
        check_type(self.type)
        _check_id(self.id)

    def __str__(self) -> str:
        return f"{self.type}:{self.id.replace('#', '##')}"


@dataclass(frozen=True, slots=True, order=True)
class Userset:
    """All subjects that hold `relation` on `object`, written `type:id#relation`."""

    object: Object
    relation: str

    def __post_init__(self) -> None:
        check_relation(self.relation)

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}"


@dataclass(frozen=True, slots=True, order=True)
class Wildcard:
    """Every object of a type, known to the store or not, written `type:*`."""

    type: str

    def __post_init__(self) -> None:
        check_type(self.type)

    def __str__(self) -> str:
        return f"{self.type}:*"


Subject = Object | Userset | Wildcard


@dataclass(frozen=True, slots=True)
class ConditionUse:
    """The condition a tuple holds under: its name, and the parameters stored with it as canonical JSON."""

    name: str
    context: str = "{}"

    def __post_init__(self) -> None:
        object.__setattr__(self, "context", canonical_json(self.context))


@dataclass(frozen=True, slots=True)
class RelationTuple:
    """One statement: `subject` has `relation` on `object`, until `expires_at` and under `condition` if given.

    `expires_at` is an aware `datetime`. Two tuples with the same object, relation and subject are the
    same tuple in a store: the later write replaces condition and expiry.
    """

    object: Object
    relation: str
    subject: Subject
    expires_at: datetime | None = None
    condition: ConditionUse | None = None

    def __post_init__(self) -> None:
        check_relation(self.relation)
        if self.expires_at is not None:
            _check_time(self.expires_at)

    def __str__(self) -> str:
        return f"{self.object}#{self.relation}@{self.subject}"


def _check_time(time: datetime) -> None:
    try:
        aware = time.astimezone(UTC) if time.tzinfo is not None else None
    except (OverflowError, ValueError):
        aware = None
    if aware is None:
        raise RequestError("`expires_at` needs a time zone, and a year from 1 to 9999", code="malformed_time")


@dataclass(frozen=True, slots=True)
class StoredTuple:
    """A tuple as a store holds it: since which revision, when, by whom and why."""

    tuple: RelationTuple
    since: int
    at: datetime
    by: str | None = None
    reason: str | None = None

    def __str__(self) -> str:
        return str(self.tuple)


def whole_type(text: str | None) -> str | None:
    """The type that `type:` stands for as a whole, or None for any other text."""
    if text is None or not text.endswith(":") or text.count(":") > 1:
        return None
    return check_type(text[:-1])


def parse_object(text: str) -> Object:
    """Read `type:id`.

    >>> parse_object("source:orders")
    Object(type='source', id='orders')
    """
    subject = parse_subject(text)
    if not isinstance(subject, Object):
        raise RequestError(
            f"malformed object `{shown(text)}`: expected `type:id`, with `##` for each `#` in the id",
            code="malformed_object",
        )
    return subject


def parse_subject(text: str) -> Subject:
    """Read `type:id`, `type:id#relation` or `type:*`.

    >>> str(parse_subject("group:eng#member"))
    'group:eng#member'
    """
    type_, id_, rest = _split(text)
    if rest is not None:
        return Userset(Object(type_, id_), rest)
    return Wildcard(type_) if id_ == "*" else Object(type_, id_)


def parse_tuple(text: str) -> RelationTuple:
    """Read `object#relation@subject`.

    >>> str(parse_tuple("source:orders#admin@group:eng#member"))
    'source:orders#admin@group:eng#member'
    """
    type_, id_, rest = _split(text)
    relation, at, subject = (rest or "").partition("@")
    if not at:
        raise RequestError(
            f"malformed tuple `{shown(text)}`: expected `object#relation@subject`", code="malformed_tuple"
        )
    return RelationTuple(Object(type_, id_), relation, parse_subject(subject))


def _split(text: str) -> tuple[str, str, str | None]:
    """Type, id with `##` undone, and what follows the first single `#`."""
    type_, colon, written = text.partition(":")
    match = _WRITTEN.fullmatch(written)
    if not colon or match is None:
        raise RequestError(
            f"malformed `{shown(text)}`: expected `type:id`, `type:id#relation` or `type:*`",
            code="malformed_object",
        )
    return type_, match["id"].replace("##", "#"), match["rest"]


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """What sort of subject: objects of `type` (`via` None), its wildcard (`*`), or its usersets of relation `via`.

    A tuple's relationship carries the same `via` in the graph.
    """

    type: str
    via: str | None = None

    def __str__(self) -> str:
        if self.via is None:
            return self.type
        return f"{self.type}:*" if self.via == "*" else f"{self.type}#{self.via}"


def kind_of(subject: Subject) -> Kind:
    """The kind of a subject."""
    match subject:
        case Object(type_):
            return Kind(type_)
        case Userset(object_, relation):
            return Kind(object_.type, relation)
        case Wildcard(type_):
            return Kind(type_, "*")
