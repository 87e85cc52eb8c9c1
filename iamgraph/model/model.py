"""The model as values: types, relations, rewrites and conditions. Valid once resolved; knows no text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from iamgraph.tuples import Kind


@dataclass(frozen=True, slots=True, order=True)
class DirectType:
    """One kind of subject a relation takes directly: `type`, `type#relation` or `type:*`.

    With `condition`, a tuple of this kind holds only while that condition does.
    """

    type: str
    relation: str | None = None
    wildcard: bool = False
    condition: str | None = None

    @property
    def kind(self) -> Kind:
        """The kind of subject this allows."""
        return Kind(self.type, "*" if self.wildcard else self.relation)


@dataclass(frozen=True, slots=True)
class This:
    """The subjects of the relation's own tuples, limited to `types`: `[member, group#member, member:*]`."""

    types: tuple[DirectType, ...]


@dataclass(frozen=True, slots=True)
class ComputedUserset:
    """The subjects of another relation on the same object: `editor`."""

    relation: str


@dataclass(frozen=True, slots=True)
class Guard:
    """`where required within within`: what the reached object requires, this object must have.

    Of the reached object X and this object o: the subjects of X#`required` are not none, and each of them
    is a subject of o#`within`.
    """

    required: str
    within: str


@dataclass(frozen=True, slots=True)
class TupleToUserset:
    """The arrow, plain, chained or guarded: `holder from source_admin from workspace where a within b`.

    `tuplesets` are in the order they are followed from the object, so ("workspace", "source_admin") for
    the example; `relation` ("holder") is asked on each object reached last, of which `guards` are demanded.
    """

    tuplesets: tuple[str, ...]
    relation: str
    guards: tuple[Guard, ...] = ()


@dataclass(frozen=True, slots=True)
class Union:
    """Subjects of any operand: `a or b`."""

    operands: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True)
class Intersection:
    """Subjects of every operand: `a and b`."""

    operands: tuple[Rewrite, ...]


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Subjects of `base` that are none of `subtract`: `a but not b`."""

    base: Rewrite
    subtract: Rewrite


Rewrite = This | ComputedUserset | TupleToUserset | Union | Intersection | Exclusion


@dataclass(frozen=True, slots=True)
class Relation:
    """A named set on a type, and the rewrite that defines it."""

    name: str
    rewrite: Rewrite

    @property
    def direct_types(self) -> tuple[DirectType, ...]:
        """The kinds of subject a tuple of this relation may have; empty if it takes no tuples."""
        return _direct_types(self.rewrite)


def _direct_types(rewrite: Rewrite) -> tuple[DirectType, ...]:
    match rewrite:
        case This(types):
            return types
        case Union(operands) | Intersection(operands):
            return tuple(one for operand in operands for one in _direct_types(operand))
        case Exclusion(base, subtract):
            return _direct_types(base) + _direct_types(subtract)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class TypeDefinition:
    """A kind of object and its relations, in the order written."""

    name: str
    relations: tuple[Relation, ...] = ()


@dataclass(frozen=True, slots=True)
class ParameterType:
    """The type of a condition parameter: `string`, `list<string>`; `of` only for `list` and `map`."""

    name: str
    of: ParameterType | None = None

    def __str__(self) -> str:
        return self.name if self.of is None else f"{self.name}<{self.of}>"


@dataclass(frozen=True, slots=True)
class Condition:
    """A named CEL expression over typed parameters: `condition name(param: type, ...) { expression }`."""

    name: str
    parameters: tuple[tuple[str, ParameterType], ...]
    expression: str


@dataclass(frozen=True)
class Model:
    """A resolved model: every name in it exists, and no relation depends on itself through `but not`."""

    types: tuple[TypeDefinition, ...]
    conditions: tuple[Condition, ...] = ()

    def relation(self, type_: str, relation: str) -> Relation | None:
        """The relation of that name on that type, or None."""
        return self._relations.get((type_, relation))

    def type(self, name: str) -> TypeDefinition | None:
        """The type of that name, or None."""
        return self._types.get(name)

    def reached(self, types: frozenset[str], relation: str) -> frozenset[str]:
        """The types of the subjects that objects of these types may have in a relation."""
        if (types, relation) not in self._reached:
            found = (self.relation(one, relation) for one in types)
            reached = frozenset(allowed.type for one in found if one is not None for allowed in one.direct_types)
            self._reached[types, relation] = reached
        return self._reached[types, relation]

    @cached_property
    def _reached(self) -> dict[tuple[frozenset[str], str], frozenset[str]]:
        return {}

    @cached_property
    def _types(self) -> dict[str, TypeDefinition]:
        return {one.name: one for one in self.types}

    @cached_property
    def _relations(self) -> dict[tuple[str, str], Relation]:
        return {(one.name, relation.name): relation for one in self.types for relation in one.relations}
