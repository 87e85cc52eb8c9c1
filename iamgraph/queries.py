"""Hand-written Cypher by name, and the names types and relations have in the graph.

Type `tracking_plan` is node label `TrackingPlan`, relation `source_admin` relationship type `SOURCE_ADMIN`.
Names that would need quoting, or be taken for another's, become `X_` and their hex, so nothing is ever quoted.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

from iamgraph.tuples import Object, Subject, Userset, Wildcard

_REGULAR: Final = re.compile(r"[a-z][a-z0-9]*(_[a-z][a-z0-9]*)*")
_ENCODED: Final = "X_"
# Cypher's own words that cannot stand as a name without quotes.
_RESERVED: Final = frozenset({"not", "null", "typed", "normalized", "nfc", "nfd", "nfkc", "nfkd"})


COMPILED: Final = "compiled"
_NAME_OF_TEXT: Final[dict[str, str]] = {}


@cache
def statement(name: str) -> str:
    """The text of `cypher/<name>.cypher`, for example `tuples/write`."""
    text = resources.files("iamgraph").joinpath("cypher", f"{name}.cypher").read_text(encoding="utf-8")
    _NAME_OF_TEXT[text] = name
    return text


def name_of(text: str) -> str:
    """The name of a hand-written statement; `compiled` for what a plan became."""
    return _NAME_OF_TEXT.get(text, COMPILED)


@cache
def node_label(type_: str) -> str:
    """The node label of a type."""
    if _REGULAR.fullmatch(type_) and type_ not in _RESERVED:
        label = "".join(part.capitalize() for part in type_.split("_"))
        # `Object` is on every node, and labels of iamgraph's own nodes begin with `Iam`.
        if label != "Object" and not label.startswith("Iam"):
            return label
    return _encoded(type_)


@cache
def relationship_type(relation: str) -> str:
    """The relationship type of a relation."""
    if _REGULAR.fullmatch(relation) and relation not in _RESERVED and not relation.startswith("x_"):
        return relation.upper()
    return _encoded(relation)


def relation_of(relationship_type: str) -> str:
    """The relation a relationship type stands for."""
    if relationship_type.startswith(_ENCODED):
        return bytes.fromhex(relationship_type.removeprefix(_ENCODED)).decode()
    return relationship_type.lower()


def _encoded(name: str) -> str:
    return _ENCODED + name.encode().hex()


def object_key(store: str, object_: Object) -> str:
    """The `key` of an object's node."""
    return f"{store}/{object_.type}:{object_.id}"


def subject_key(store: str, subject: Subject) -> str:
    """The `key` of the node a tuple with this subject starts at."""
    match subject:
        case Object():
            return object_key(store, subject)
        case Userset():
            return object_key(store, subject.object)
        case Wildcard(type_):
            return wildcard_key(store, type_)


def wildcard_key(store: str, type_: str) -> str:
    """The `key` of the node that stands for every object of a type."""
    return f"{store}/{type_}:*"


def subject_of(type_: str, id_: str, via: str | None) -> Subject:
    """The subject of a relationship that starts at this node and carries this `via`."""
    if via is None:
        return Object(type_, id_)
    return Wildcard(type_) if via == "*" else Userset(Object(type_, id_), via)
