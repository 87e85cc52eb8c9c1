"""The guards of a model: which relations stand in one, and on which side."""

from __future__ import annotations

from collections.abc import Iterable

from iamgraph.model.model import Exclusion, Guard, Intersection, Model, Rewrite, TupleToUserset, Union


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
            for guard in _rewrite_guards(relation.rewrite):
                yield one.name, guard


def _rewrite_guards(rewrite: Rewrite) -> Iterable[Guard]:
    match rewrite:
        case TupleToUserset(guards=guards):
            yield from guards
        case Union(operands) | Intersection(operands):
            for operand in operands:
                yield from _rewrite_guards(operand)
        case Exclusion(base, subtract):
            yield from _rewrite_guards(base)
            yield from _rewrite_guards(subtract)
        case _:
            pass
