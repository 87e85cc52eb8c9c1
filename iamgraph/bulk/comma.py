"""CSV, with iamgraph's columns or OpenFGA's: a header, then a record a line."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from iamgraph.bulk.records import json_of, known_object, known_subject, malformed, time_of, use_of
from iamgraph.errors import RequestError
from iamgraph.tuples import ConditionUse, Object, RelationTuple, Subject, Userset, Wildcard, shown

Row = Mapping[str, str]

_OWN_NEEDED: Final = frozenset({"subject", "relation", "object"})
_OWN: Final = _OWN_NEEDED | {"expires_at", "condition", "context"}
_OPENFGA_NEEDED: Final = frozenset({"user_type", "user_id", "relation", "object_type", "object_id"})
_OPENFGA: Final = _OPENFGA_NEEDED | {"user_relation", "condition_name", "condition_context"}


class CommaReader:
    """Reads records under a header. A record ends with its line: what is damaged in one stays in it."""

    def __init__(self, header: str) -> None:
        """`RequestError` where the header has other columns than a tuple has."""
        self._header = header
        self._columns = [name.strip() for name in cells(header)]
        self._tuple = _tuple_of(self._columns)

    def read(self, line: str) -> RelationTuple | None:
        """The tuple of a record; None for an empty line, and for the header wherever it stands."""
        if line == self._header or not line or line.isspace():
            return None
        row = cells(line)
        if len(row) != len(self._columns):
            raise malformed(f"{len(row)} cells under {len(self._columns)} columns")
        return self._tuple(dict(zip(self._columns, row, strict=True)))


def is_header(line: str) -> bool:
    """Whether a line can be the header of tuples."""
    names = {name.strip() for name in line.replace('"', "").split(",")}
    return names >= _OWN_NEEDED or names >= _OPENFGA_NEEDED


def cells(line: str) -> list[str]:
    """The cells of a record."""
    try:
        return next(csv.reader([line], strict=True))
    except csv.Error as fault:
        raise malformed(f"damaged CSV: {fault}") from fault


def _tuple_of(columns: Sequence[str]) -> Callable[[Row], RelationTuple]:
    names = frozenset(columns)
    own = "subject" in names
    needed, known = (_OWN_NEEDED, _OWN) if own else (_OPENFGA_NEEDED, _OPENFGA)
    if len(names) < len(columns) or not needed <= names <= known:
        raise RequestError(
            f"malformed CSV header `{shown(','.join(columns))}`: expected `subject,relation,object` and perhaps"
            " `expires_at,condition,context`, or OpenFGA's columns",
            code="malformed_header",
        )
    return _own if own else _openfga


def _own(row: Row) -> RelationTuple:
    ends = row.get("expires_at")
    return RelationTuple(
        known_object(row["object"]),
        row["relation"],
        known_subject(row["subject"]),
        time_of(ends) if ends else None,
        _use(row.get("condition"), row.get("context")),
    )


def _openfga(row: Row) -> RelationTuple:
    use = _use(row.get("condition_name"), row.get("condition_context"))
    return RelationTuple(Object(row["object_type"], row["object_id"]), row["relation"], _user(row), condition=use)


def _user(row: Row) -> Subject:
    type_, id_, relation = row["user_type"], row["user_id"], row.get("user_relation")
    if relation:
        return Userset(Object(type_, id_), relation)
    return Wildcard(type_) if id_ == "*" else Object(type_, id_)


def _use(name: str | None, context: str | None) -> ConditionUse | None:
    if not name:
        if context:
            raise malformed("a context without a condition")
        return None
    return use_of(name, json_of(context) if context else None)
