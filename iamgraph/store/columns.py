"""A chunk's tuples as columns: what is sent to Neo4j by the thousand, without a map for each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from iamgraph.queries import node_label, relationship_type
from iamgraph.store.rows import properties_of
from iamgraph.tuples import Object, RelationTuple, Subject, Userset

_Key = tuple[str, str | None, str, str, bool]


@dataclass(slots=True)
class _Group:
    """Tuples alike but for their ids."""

    subjects: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    tuples: list[RelationTuple] = field(default_factory=list)


class Columns:
    """Tuples by kind: their objects by type, and their ids in columns."""

    def __init__(self, store: str, tuples: Iterable[RelationTuple]) -> None:
        self._store = store
        self.tuples = tuple(tuples)
        ids: dict[str, dict[str, None]] = defaultdict(dict)
        groups: dict[_Key, _Group] = defaultdict(_Group)
        for one in self.tuples:
            subject_type, subject_id, via = _ends(one.subject)
            object_ = one.object
            plain = one.expires_at is None and one.condition is None
            group = groups[one.relation, via, subject_type, object_.type, plain]
            group.subjects.append(subject_id)
            group.objects.append(object_.id)
            group.tuples.append(one)
            ids[subject_type][subject_id] = None
            ids[object_.type][object_.id] = None
        self._ids = ids
        self._groups = groups

    @property
    def types(self) -> list[dict[str, Any]]:
        """The objects the tuples name, by type."""
        return [{"type": type_, "label": node_label(type_), "ids": list(ids)} for type_, ids in self._ids.items()]

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The tuples, by what they have in common."""
        return [
            {
                "number": number,
                "type": relationship_type(relation),
                "via": via,
                "from": f"{self._store}/{subject_type}:",
                "to": f"{self._store}/{object_type}:",
                "subjects": group.subjects,
                "objects": group.objects,
                **({} if plain else _properties(group.tuples)),
            }
            for number, ((relation, via, subject_type, object_type, plain), group) in enumerate(self._groups.items())
        ]

    def at(self, number: int, place: int) -> RelationTuple:
        """The tuple at a place of a group."""
        return list(self._groups.values())[number].tuples[place]


def _properties(tuples: Iterable[RelationTuple]) -> dict[str, list[Any]]:
    """What the tuples carry besides, in columns."""
    each = [properties_of(one) for one in tuples]
    return {name: [one.get(name) for one in each] for name in ("expires_at", "condition", "context")}


def _ends(subject: Subject) -> tuple[str, str, str | None]:
    """Type and id of the node a subject's tuples start at, and what they carry."""
    if isinstance(subject, Object):
        return subject.type, subject.id, None
    if isinstance(subject, Userset):
        return subject.object.type, subject.object.id, subject.relation
    return subject.type, "*", "*"
