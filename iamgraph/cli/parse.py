"""What was typed becomes words: questions, times, JSON, filters, kinds and files."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from iamgraph.errors import RequestError
from iamgraph.questions import TupleFilter
from iamgraph.tuples import (
    Kind,
    Object,
    RelationTuple,
    Subject,
    check_relation,
    check_type,
    parse_object,
    parse_subject,
    parse_tuple,
    shown,
    whole_type,
)

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def question(words: Sequence[str]) -> tuple[Subject, str, Object]:
    """Subject, relation and object, given as three words or as one tuple."""
    if len(words) == 1:
        asked = parse_tuple(words[0])
        return asked.subject, asked.relation, asked.object
    if len(words) != 3:
        raise click.UsageError("ask SUBJECT RELATION OBJECT, or OBJECT#RELATION@SUBJECT in one word")
    return parse_subject(words[0]), check_relation(words[1]), parse_object(words[2])


def tuples(texts: Sequence[str]) -> tuple[RelationTuple, ...]:
    """Tuples in their string form."""
    return tuple(map(parse_tuple, texts))


def time(text: str | None) -> datetime | None:
    """A time in ISO 8601."""
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError as fault:
        raise RequestError(
            f"malformed time `{shown(text)}`: expected one like `2030-01-31T12:00:00Z`", code="malformed_time"
        ) from fault


def moment(text: str) -> int | datetime:
    """A revision's number, or a time."""
    if text.isascii() and text.isdigit():
        return int(text[:20])
    found = time(text)
    assert found is not None
    return found if found.tzinfo is not None else found.astimezone()


def lifetime(text: str) -> timedelta:
    """How long: a number of minutes, hours, days or weeks, such as `30d`."""
    found = re.fullmatch(r"([0-9]{1,9})([mhdw])", text)
    if found is None:
        raise RequestError(
            f"malformed time `{shown(text)}`: expected one like `30m`, `12h`, `90d` or `4w`", code="malformed_time"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def context(text: str | None, option: str) -> str | None:
    """A JSON object, in its canonical text."""
    if text is None:
        return None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as fault:
        raise RequestError(f"`{option}` is not JSON: {fault}", code="malformed_context") from fault
    if not isinstance(value, dict):
        raise RequestError(f"`{option}` takes a JSON object", code="malformed_context")
    return json.dumps(value, sort_keys=True)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number JSON knows")


def wanted(object_: str | None, relation: str | None, subject: str | None) -> TupleFilter:
    """Which tuples are meant; `type:` stands for a whole type."""
    object_type, subject_type = whole_type(object_), whole_type(subject)
    of = parse_object(object_) if object_ is not None and object_type is None else None
    by = parse_subject(subject) if subject is not None and subject_type is None else None
    return TupleFilter(of.type if of else object_type, of.id if of else None, relation, by, subject_type)


def kind(text: str) -> Kind:
    """A kind of subject: `type`, `type#relation` or `type:*`."""
    type_, hash_, relation = text.partition("#")
    if hash_:
        return Kind(check_type(type_), check_relation(relation))
    if text.endswith(":*"):
        return Kind(check_type(text[:-2]), "*")
    return Kind(check_type(text))


def type_and_relation(text: str) -> tuple[str, str]:
    """A relation of a type, `type#relation`."""
    type_, hash_, relation = text.partition("#")
    if not hash_:
        raise RequestError(f"malformed `{shown(text)}`: expected `type#relation`", code="malformed_relation")
    return check_type(type_), check_relation(relation)


def text_of(file: str) -> str:
    """The text of a file, or of stdin for `-`."""
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return raw.decode("utf-8")
    except OSError as fault:
        raise RequestError(f"cannot read `{shown(file)}`: {fault.strerror}", code="file_not_read") from fault
    except ValueError as fault:
        raise RequestError(f"`{shown(file)}` is not UTF-8 text", code="malformed_text") from fault
