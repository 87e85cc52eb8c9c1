"""Whether a model has what is named."""

from __future__ import annotations

from collections.abc import Iterable

from iamgraph.errors import RequestError
from iamgraph.model.model import Model
from iamgraph.tuples import shown


def check_relation_exists(model: Model, type_: str, relation: str, pointer: str | None = None) -> None:
    """`RequestError` if the model lacks the type or the relation."""
    if model.type(type_) is None:
        raise RequestError(f"no type `{shown(type_)}` in the model", code="type_not_found", pointer=pointer)
    if model.relation(type_, relation) is None:
        raise RequestError(
            f"no relation `{shown(relation)}` on type `{type_}`", code="relation_not_found", pointer=pointer
        )


def check_types_exist(model: Model, types: Iterable[str], pointer: str = "/types") -> None:
    """`RequestError` if the model lacks one of the types."""
    for type_ in sorted(types):
        if model.type(type_) is None:
            raise RequestError(f"no type `{shown(type_)}` in the model", code="type_not_found", pointer=pointer)
