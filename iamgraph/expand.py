"""Expand: the tree behind a relation of an object, down to the subjects of its tuples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from iamgraph.check.contract import CurrentModel, refuse_other_model
from iamgraph.check.walk import Follower
from iamgraph.model.model import (
    ComputedUserset,
    DirectType,
    Exclusion,
    Intersection,
    Rewrite,
    This,
    TupleToUserset,
    Union,
)
from iamgraph.questions import Consistency, check_consistency
from iamgraph.revision import Revision
from iamgraph.store.contract import TupleReader
from iamgraph.tuples import Object, Subject, Userset, check_relation

MAX_EXPANDED: Final = 1_000
MAX_EXPANDED_DEPTH: Final = 50
MAX_LEAVES: Final = 10_000


@dataclass(frozen=True, slots=True)
class ExpandQuestion:
    """What stands behind `relation` of `object`?"""

    store: str
    object: Object
    relation: str
    zookie: str | None = None
    consistency: Consistency = Consistency.MINIMIZE_LATENCY

    def __post_init__(self) -> None:
        check_relation(self.relation)
        check_consistency(self.consistency, self.zookie)


class NodeKind(Enum):
    """What a node of the tree is."""

    RELATION = "relation"
    DIRECT = "direct"
    ARROW = "arrow"
    UNION = "union"
    INTERSECTION = "intersection"
    EXCLUSION = "exclusion"


@dataclass(frozen=True, slots=True)
class Node:
    """Who is meant at one place of the tree.

    A relation is who its one child says; with `repeated`, who the same relation elsewhere in the tree says. What is
    direct or an arrow is `subjects` and whoever is in a child; a union any, an intersection every child; an exclusion
    the first without the second. `conditional` are subjects whose tuple has a condition, which nobody evaluated. Where
    `truncated`, the tree goes on and is not shown.
    """

    kind: NodeKind
    userset: Userset | None = None
    subjects: tuple[Subject, ...] = ()
    conditional: tuple[Subject, ...] = ()
    children: tuple[Node, ...] = ()
    repeated: bool = False
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """The tree behind a relation, true of the store at `revision`; `truncated` if any node of it is."""

    root: Node
    truncated: bool
    revision: Revision


def expand(reader: TupleReader, current: CurrentModel, asked: ExpandQuestion, now: datetime) -> Tree:
    """The tree, by what the reader reads."""
    refuse_other_model(reader.info, current)
    expansion = _Expansion(current, reader, Follower(current.model, reader, now))
    root = expansion.relation(Userset(asked.object, asked.relation), 0)
    return Tree(root, expansion.truncated, reader.info.revision)


@dataclass(slots=True)
class _Expansion:
    """A tree in the making; of each relation of an object it has one, however often it is met."""

    current: CurrentModel
    reader: TupleReader
    follower: Follower
    truncated: bool = False
    nodes: int = 0
    leaves: int = 0
    met: set[Userset] = field(default_factory=set)

    def relation(self, userset: Userset, depth: int) -> Node:
        """The node of a relation of an object."""
        if userset in self.met:
            return Node(NodeKind.RELATION, userset, repeated=True)
        relation = self.current.model.relation(userset.object.type, userset.relation)
        if relation is None:
            return Node(NodeKind.RELATION, userset)
        if self.nodes >= MAX_EXPANDED or depth >= MAX_EXPANDED_DEPTH:
            self.truncated = True
            return Node(NodeKind.RELATION, userset, truncated=True)
        self.nodes += 1
        self.met.add(userset)
        return Node(NodeKind.RELATION, userset, children=(self._rewrite(relation.rewrite, userset, depth + 1),))

    def _rewrite(self, rewrite: Rewrite, at: Userset, depth: int) -> Node:
        match rewrite:
            case This(types):
                return self._direct(types, at, depth)
            case ComputedUserset(relation):
                return self.relation(Userset(at.object, relation), depth)
            case TupleToUserset():
                reached = self._arrow(rewrite, at.object)
                return Node(NodeKind.ARROW, children=tuple(self.relation(one, depth) for one in reached))
            case Union(operands):
                return Node(NodeKind.UNION, children=tuple(self._rewrite(one, at, depth) for one in operands))
            case Intersection(operands):
                return Node(NodeKind.INTERSECTION, children=tuple(self._rewrite(one, at, depth) for one in operands))
            case Exclusion(base, subtract):
                both = (self._rewrite(base, at, depth), self._rewrite(subtract, at, depth))
                return Node(NodeKind.EXCLUSION, children=both)

    def _direct(self, types: tuple[DirectType, ...], at: Userset, depth: int) -> Node:
        subjects: list[Subject] = []
        usersets: list[Userset] = []
        conditional: list[Subject] = []
        truncated = False
        for allowed, subject in self._tuples(types, at):
            if self.leaves >= MAX_LEAVES:
                truncated = self.truncated = True
                break
            self.leaves += 1
            if allowed.condition is not None:
                conditional.append(subject)
            elif isinstance(subject, Userset):
                usersets.append(subject)
            else:
                subjects.append(subject)
        return Node(
            NodeKind.DIRECT,
            subjects=tuple(subjects),
            conditional=tuple(conditional),
            children=tuple(self.relation(one, depth) for one in usersets),
            truncated=truncated,
        )

    def _tuples(self, types: tuple[DirectType, ...], at: Userset) -> Iterator[tuple[DirectType, Subject]]:
        """The subjects of the live tuples that the model allows."""
        for allowed in types:
            for stored in self.reader.read(at.object, at.relation, allowed.kind):
                condition = stored.tuple.condition.name if stored.tuple.condition is not None else None
                if condition == allowed.condition and self.follower.live(stored):
                    yield allowed, stored.tuple.subject

    def _arrow(self, arrow: TupleToUserset, object_: Object) -> list[Userset]:
        """The relations an arrow leads to, by the guards it passes."""
        return [
            Userset(one, arrow.relation)
            for one, _ in self.follower.reached(object_, arrow.tuplesets)
            if self.current.model.relation(one.type, arrow.relation) is not None
            and self.follower.guarded(one, object_, arrow.guards) is not None
        ]
