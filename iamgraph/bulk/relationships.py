"""Relationships as SpiceDB writes them, a line each; without a suffix they are iamgraph's plain string form."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from iamgraph.bulk.records import json_of, malformed, time_of, use_of
from iamgraph.tuples import RelationTuple, parse_tuple

COMMENTS: Final = ("//", "#")
_EXPIRATION: Final = re.compile(r"(?P<rest>.*)\[expiration:(?P<time>[^\[\]]+)\]")
# The first bracket begins the caveat; its context may hold any.
_CAVEAT: Final = re.compile(r"(?P<rest>[^\[]*)\[(?P<name>[A-Za-z_][\w./-]*)(?::(?P<context>\{.*\}))?\]")
_ELLIPSIS: Final = "#..."


def tuple_of_relationship(line: str) -> RelationTuple | None:
    """The tuple of a line; None for a comment, and for an empty line."""
    text = line.strip()
    if not text or text.startswith(COMMENTS):
        return None
    ends = condition = None
    if text.endswith("]"):
        if (found := _EXPIRATION.fullmatch(text)) is not None:
            text, ends = found["rest"], time_of(found["time"])
        if (found := _CAVEAT.fullmatch(text)) is not None:
            context = json_of(found["context"]) if found["context"] is not None else None
            text, condition = found["rest"], use_of(found["name"], context)
        # A caveat that is not understood must not become part of an id, which would hold without it.
        if text.endswith("]"):
            raise malformed("what stands in brackets is neither a caveat nor an expiration")
    one = parse_tuple(text.removesuffix(_ELLIPSIS))
    return one if ends is None and condition is None else replace(one, expires_at=ends, condition=condition)
