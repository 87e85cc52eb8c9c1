"""Model → text, always the same for the same model, and the hash of what a model says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from iamgraph.model.model import (
    ComputedUserset,
    Condition,
    DirectType,
    Exclusion,
    Intersection,
    Model,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)


def print_model(model: Model) -> str:
    """The model's text, which parses to the same model."""
    return "\n".join(_lines(model)) + "\n"


def model_hash(model: Model) -> str:
    """SHA-256 of the printed text, in hex: equal for texts that differ only in layout and comments."""
    return hashlib.sha256(print_model(model).encode()).hexdigest()


def _lines(model: Model) -> Iterator[str]:
    yield from ("model", "  schema 1.1")
    for type_ in model.types:
        yield from ("", f"type {type_.name}")
        if type_.relations:
            yield "  relations"
        for relation in type_.relations:
            yield f"    define {relation.name}: {print_rewrite(relation.rewrite)}"
    for condition in model.conditions:
        yield from ("", *_condition(condition))


def print_rewrite(rewrite: Rewrite) -> str:
    """A rewrite's text."""
    match rewrite:
        case This(types):
            return f"[{', '.join(map(_direct_type, types))}]"
        case ComputedUserset(relation):
            return relation
        case TupleToUserset(tuplesets, relation, guards):
            arrow = " from ".join((relation, *reversed(tuplesets)))
            where = ", ".join(f"{one.required} within {one.within}" for one in guards)
            return f"{arrow} where {where}" if where else arrow
        case Union(operands):
            return " or ".join(map(_operand, operands))
        case Intersection(operands):
            return " and ".join(map(_operand, operands))
        case Exclusion(base, subtract):
            return f"{_operand(base)} but not {_operand(subtract)}"


def _operand(rewrite: Rewrite) -> str:
    text = print_rewrite(rewrite)
    return f"({text})" if isinstance(rewrite, Union | Intersection | Exclusion) else text


def _direct_type(one: DirectType) -> str:
    return f"{one.kind} with {one.condition}" if one.condition is not None else str(one.kind)


def _condition(one: Condition) -> Iterator[str]:
    parameters = ", ".join(f"{name}: {type_}" for name, type_ in one.parameters)
    yield f"condition {one.name}({parameters}) {{"
    yield from (f"  {line.strip()}" for line in one.expression.split("\n"))
    yield "}"
