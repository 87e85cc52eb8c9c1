"""The guards of a model: which relations stand in one, and on which side."""

from __future__ import annotations

from collections.abc import Iterable

from iamgraph.model.model import Guard, Model, TupleToUserset
from iamgraph.model.resolver import parts


def required_relations(model: Model) -> frozenset[tuple[str, str]]:
    """The (type, relation) pairs on the left of a guard: what stands in them narrows somebody's access."""
    names = {guard.required for _, guard in _guards(model)}
    return frozenset(
        (one.name, relation.name) for one in model.types for relation in one.relations if relation.name in names
    )


def guard_relations(model: Model) -> frozenset[tuple[str, str]]:
    """The (type, relation) pairs on either side of a guard."""
    within = frozenset((type_, guard.within) for type_, guard in _guards(model))
    return required_relations(model) | within


def _guards(model: Model) -> Iterable[tuple[str, Guard]]:
    for one in model.types:
        for relation in one.relations:
            for part in parts(relation.rewrite):
                if isinstance(part, TupleToUserset):
                    for guard in part.guards:
                        yield one.name, guard
