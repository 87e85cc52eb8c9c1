"""What is in a workspace and can be worked on: sources, spaces, and all the rest that access is asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, belongs, exists, not_found, subjects, taken
from iamgraph.access.labels import LABELLED, carried_by, carrying
from iamgraph.access.policies import check_label
from iamgraph.access.words import is_
from iamgraph.errors import RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, Wildcard, parse_object, shown

EVERY_SOURCE: Final = Wildcard("source")


@dataclass(frozen=True, slots=True)
class Sort:
    """A type of resource: the type of what it is in, and the relation to that which who makes one needs."""

    parent: str
    creating: str


SORTS: Final[Mapping[str, Sort]] = {
    "source": Sort("workspace", "can_create_source"),
    "space": Sort("workspace", "can_create_space"),
    "warehouse": Sort("workspace", "can_create_warehouse"),
    "tracking_plan": Sort("workspace", "can_create_tracking_plan"),
    "function": Sort("workspace", "can_create_function"),
    "destination": Sort("source", "can_create_destination"),
    "transformation": Sort("source", "can_create_transformation"),
    "destination_filter": Sort("source", "can_edit"),
    "audience": Sort("space", "can_create_audience"),
    "computed_trait": Sort("space", "can_create_audience"),
    "journey": Sort("space", "can_create_audience"),
}


class Resources:
    """What can be done with the resources of one workspace. They are named `type:id`."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(
        self,
        type_: str,
        *,
        name: str | None = None,
        id_: str | None = None,
        parent: str | None = None,
        labels: Collection[str] = (),
        engage_source: str | None = None,
    ) -> Done:
        """A new resource, in the workspace or in the source or space named `parent`.

        Who may make it only by a policy of labels or of single resources may not; labels need an owner or somebody who
        may make any. `engage_source` is the source that stands for a space, to which destinations are connected.
        """
        sort = _sort(type_)
        resource = words.new_id(type_, id_)
        above = self._above(sort, parent)
        carried = tuple(words.label(self._home, text) for text in dict.fromkeys(labels))
        _check_labels(resource, carried)
        stands = None if engage_source is None else Object("source", engage_source)

        def decide(transaction: Transaction) -> Effect:
            if exists(transaction, resource):
                raise taken(resource)
            if above != self._home:
                belongs(transaction, above, self._home)
            writes = [is_(resource, sort.parent, above)]
            for one in carried:
                check_label(transaction, self._home, one)
                writes += carrying(resource, one)
            if stands is not None:
                belongs(transaction, stands, self._home)
                writes.append(is_(resource, "engage_source", stands))
            if type_ == "space":
                writes.append(is_(resource, "open", EVERY_SOURCE))
            return Effect(note, tuple(writes), attributes=(Attributes(resource, {"name": name}),))

        note = Note(f"{type_}.create", resource, self._home)
        said = [type_, name, id_, parent, sorted(labels), engage_source]
        return self._desk.act(note, Need(sort.creating, above), decide, said)

    def rename(self, resource: str, name: str) -> Done:
        """Give a resource another name."""
        found = _resource(resource)

        def decide(transaction: Transaction) -> Effect:
            self._check_in(transaction, found)
            return Effect(note, attributes=(Attributes(found, {"name": name}),))

        note = Note(f"{found.type}.rename", found, self._home)
        return self._desk.act(note, Need("can_edit", found), decide, [resource, name])

    def delete(self, resource: str) -> Done:
        """End a resource, and what is in it."""
        found = _resource(resource)

        def decide(transaction: Transaction) -> Effect:
            self._check_in(transaction, found)
            return Effect(note, removed=(found, *_inside(transaction, found)))

        note = Note(f"{found.type}.delete", found, self._home)
        return self._desk.act(note, Need("can_delete", found), decide)

    def move(self, resource: str, workspace: str) -> Done:
        """Move a resource, with what is in it, to another workspace; only an owner of both may.

        Labels and policies are the old workspace's: it leaves them.
        """
        found, other = _resource(resource), words.workspace(workspace)
        if SORTS[found.type].parent != "workspace":
            raise RequestError(f"`{found}` moves with what it is in", code="move_refused", pointer="/resource")

        def decide(transaction: Transaction) -> Effect:
            self._desk.require(transaction, Need("can_move_resources", other))
            belongs(transaction, found, self._home)
            if not exists(transaction, other):
                raise not_found(other)
            left = [one.tuple for one in transaction.every(TupleFilter(object_type=found.type, object_id=found.id))]
            carried = [each for one in carried_by(transaction, found) for each in carrying(found, one)]
            stood_for = [
                one.tuple
                for one in transaction.every(TupleFilter(object_type="space", relation="engage_source", subject=found))
            ]
            kept = (is_(found, "open", EVERY_SOURCE),)
            ended = dict.fromkeys((*(one for one in left if one not in kept), *carried, *stood_for))
            return Effect(note, (is_(found, "workspace", other),), tuple(ended))

        note = Note(f"{found.type}.move", found, self._home)
        return self._desk.act(note, Need("can_move_resources", self._home), decide, [resource, workspace])

    def admit(self, space: str, labels: Collection[str] | None) -> Done:
        """Say which sources may be connected to a space: those that carry one of the labels; None for all of them."""
        found = Object("space", space)
        wanted = tuple(words.label(self._home, text) for text in dict.fromkeys(labels or ()))
        everything = is_(found, "open", EVERY_SOURCE)

        def decide(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            for one in wanted:
                check_label(transaction, self._home, one)
            now = [everything] if labels is None else [is_(found, "admits", one) for one in wanted]
            there = [one.tuple for relation in ("open", "admits") for one in transaction.of(found, relation)]
            return Effect(note, tuple(now), tuple(one for one in there if one not in now))

        note = Note("space.admit", found, self._home)
        said = [space, None if labels is None else sorted(labels)]
        return self._desk.act(note, Need("can_edit_settings", found), decide, said)

    def get(self, resource: str) -> dict[str, Any]:
        """A resource: its name, what it is in, its labels."""
        found = _resource(resource)

        def tell(transaction: Transaction) -> dict[str, Any]:
            self._check_in(transaction, found)
            return self._told(transaction, [found])[0]

        return self._desk.look(Note(f"{found.type}.get", found, self._home), Need("can_read", found), tell)

    def all(self, type_: str, parent: str | None = None) -> list[dict[str, Any]]:
        """The resources of a type that the caller may read, by id; in the workspace, or in a parent."""
        sort = _sort(type_)
        above = self._above(sort, parent)
        note = Note(f"{type_}.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            if above != self._home:
                belongs(transaction, above, self._home)
            found = transaction.every(TupleFilter(object_type=type_, relation=sort.parent, subject=above))
            objects = [one.tuple.object for one in found]
            return self._told(transaction, self._desk.allowed(transaction, "can_read", objects))

        return self._desk.look(note, Need("can_open", self._home), tell)

    def _told(self, transaction: Transaction, resources: list[Object]) -> list[dict[str, Any]]:
        kept = transaction.attributes(resources)
        return [
            {
                "id": one.id,
                "type": one.type,
                "name": kept[one].get("name"),
                "parent": str(subjects(transaction, one, SORTS[one.type].parent)[0]),
                "labels": sorted(map(words.label_text, carried_by(transaction, one))) if one.type in LABELLED else [],
            }
            for one in resources
        ]

    def _above(self, sort: Sort, parent: str | None) -> Object:
        if (sort.parent == "workspace") is (parent is not None):
            where = "the workspace itself" if sort.parent == "workspace" else f"a {sort.parent}: name it as `parent`"
            raise RequestError(f"it is in {where}", code="malformed_parent", pointer="/parent")
        return self._home if parent is None else Object(sort.parent, parent)

    def _check_in(self, transaction: Transaction, resource: Object) -> None:
        """`RequestError` (`…_not_found`) unless it is in the workspace, by itself or in what is."""
        sort, above = SORTS[resource.type], resource
        if sort.parent != "workspace":
            found = subjects(transaction, resource, sort.parent)
            if not found or not isinstance(found[0], Object):
                raise not_found(resource)
            above = found[0]
        if not transaction.has(above, "workspace", self._home):
            raise not_found(resource)


def _sort(type_: str) -> Sort:
    found = SORTS.get(type_)
    if found is None:
        raise RequestError(
            f"no type of resource `{shown(type_)}`: it is one of {', '.join(f'`{one}`' for one in SORTS)}",
            code="resource_type_not_found",
            pointer="/type",
        )
    return found


def _resource(text: str) -> Object:
    found = parse_object(text)
    _sort(found.type)
    return found


def _check_labels(resource: Object, labels: tuple[Object, ...]) -> None:
    if labels and resource.type not in LABELLED:
        raise RequestError(f"a {resource.type} carries no labels", code="labels_refused", pointer="/labels")
    words.one_value_per_key(labels, "a resource carries one", "label_key_taken")


def _inside(transaction: Transaction, resource: Object) -> list[Object]:
    """What is in a resource."""
    found: list[Object] = []
    for type_, sort in SORTS.items():
        if sort.parent == resource.type:
            wanted = TupleFilter(object_type=type_, relation=sort.parent, subject=resource)
            found += [one.tuple.object for one in transaction.every(wanted)]
    return found
