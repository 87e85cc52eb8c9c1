"""What is in a workspace and can be worked on: sources, spaces, and all the rest that access is asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Known, Need, belongs, exists, not_found, subjects, taken
from iamgraph.access.labels import LABELLED, carried_by, carrying
from iamgraph.access.policies import check_label, left_pointless
from iamgraph.access.words import is_
from iamgraph.errors import RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, Subject, Wildcard, parse_object, shown

EVERY_SOURCE: Final = Wildcard("source")
LOOKED_AT_ONCE: Final = 500


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
        sort = sort_of(type_)
        resource = words.new_id(type_, id_)
        above = parent_of(self._home, sort, parent)
        standing = Standing(labels_named(self._home, labels), source_named(engage_source))
        check_standing(resource, standing)

        def decide(transaction: Transaction) -> Effect:
            if exists(transaction, resource):
                raise taken(resource)
            writes = resource_tuples(transaction, self._home, resource, above, standing)
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
        """End a resource, what is in it, and the policies that were on nothing else."""
        found = _resource(resource)

        def decide(transaction: Transaction) -> Effect:
            self._check_in(transaction, found)
            gone = (found, *_inside(transaction, found))
            return Effect(note, removed=(*gone, *left_pointless(transaction, gone)))

        note = Note(f"{found.type}.delete", found, self._home)
        return self._desk.act(note, Need("can_delete", found), decide)

    def move(self, resource: str, workspace: str) -> Done:
        """Move a resource, with what is in it, to another workspace; only an owner of both may.

        Labels and policies are the old workspace's: it leaves them, and policies that were on nothing else end.
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
            return Effect(
                note,
                (is_(found, "workspace", other),),
                tuple(ended),
                removed=tuple(left_pointless(transaction, [found])),
            )

        note = Note(f"{found.type}.move", found, self._home, (other,))
        return self._desk.act(note, Need("can_move_resources", self._home), decide, [resource, workspace])

    def admit(self, space: str, labels: Collection[str] | None) -> Done:
        """Say which sources may be connected to a space: those that carry one of the labels; None for all of them.

        Only an owner may: who edits the space is whom it binds.
        """
        found = Object("space", space)
        wanted = None if labels is None else labels_named(self._home, labels)

        def decide(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            now = list(admitting(transaction, self._home, found, wanted))
            there = [one.tuple for relation in ("open", "admits") for one in transaction.of(found, relation)]
            return Effect(note, tuple(now), tuple(one for one in there if one not in now))

        note = Note("space.admit", found, self._home)
        said = [space, None if labels is None else sorted(labels)]
        return self._desk.act(note, Need("can_manage_labels", self._home), decide, said)

    def get(self, resource: str) -> dict[str, Any]:
        """A resource: its name, what it is in, its labels."""
        found = _resource(resource)

        def tell(transaction: Transaction) -> dict[str, Any]:
            self._check_in(transaction, found)
            parent = subjects(transaction, found, SORTS[found.type].parent)[0]
            carried = _carried(transaction, [found])
            return _told(found, transaction.attributes([found])[found], parent, carried[found])

        return self._desk.look(Note(f"{found.type}.get", found, self._home), Need("can_read", found), tell)

    def all(
        self, type_: str, parent: str | None = None, *, after: str = "", limit: int | None = None
    ) -> list[dict[str, Any]]:
        """The resources of a type that the caller may read, by id; in the workspace, or in a parent.

        Those past the id `after`, and no more than `limit`, if there is one.
        """
        sort = sort_of(type_)
        above = parent_of(self._home, sort, parent)
        note = Note(f"{type_}.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            if above != self._home:
                belongs(transaction, above, self._home)
            found = transaction.every(TupleFilter(object_type=type_, relation=sort.parent, subject=above))
            objects = sorted(one.tuple.object for one in found if one.tuple.object.id > after)
            page = list(islice(self._readable(transaction, objects), limit))
            kept = transaction.attributes(page)
            carried = _carried(transaction, page)
            return [_told(one, kept[one], above, carried[one]) for one in page]

        return self._desk.look(note, Need("can_open", self._home), tell)

    def _readable(self, transaction: Transaction, resources: list[Object]) -> Iterator[Object]:
        """Those the caller may read, some looked at at once: who wants the first of thousands waits for these alone."""
        for i in range(0, len(resources), LOOKED_AT_ONCE):
            yield from self._desk.allowed(transaction, "can_read", resources[i : i + LOOKED_AT_ONCE])

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


@dataclass(frozen=True, slots=True)
class Standing:
    """How a resource stands to others: the labels it carries, and, of a space, its source and whom it admits.

    `admitted` are the labels of the sources that may be connected; None admits every source.
    """

    labels: tuple[Object, ...] = ()
    engage_source: Object | None = None
    admitted: tuple[Object, ...] | None = None


def _carried(transaction: Transaction, resources: list[Object]) -> defaultdict[Object, list[str]]:
    """The texts of the labels that resources carry."""
    carried: defaultdict[Object, list[str]] = defaultdict(list)
    for one in transaction.of_each([each for each in resources if each.type in LABELLED], "label"):
        if isinstance(one.subject, Object):
            carried[one.object].append(words.label_text(one.subject))
    return carried


def _told(resource: Object, kept: Mapping[str, Any], parent: Subject, labels: list[str]) -> dict[str, Any]:
    return {
        "id": resource.id,
        "type": resource.type,
        "name": kept.get("name"),
        "parent": str(parent),
        "labels": sorted(labels),
    }


def labels_named(home: Object, texts: Collection[str]) -> tuple[Object, ...]:
    """Labels of the workspace, by their texts."""
    return tuple(words.label(home, text) for text in dict.fromkeys(texts))


def source_named(id_: str | None) -> Object | None:
    """The source of that id, if one is given."""
    return None if id_ is None else Object("source", id_)


def sort_of(type_: str) -> Sort:
    """The sort of a type of resource; `RequestError` if there is none."""
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
    sort_of(found.type)
    return found


def parent_of(home: Object, sort: Sort, parent: str | None) -> Object:
    """What a resource of the sort is in: the workspace, or the source or space named."""
    if (sort.parent == "workspace") is (parent is not None):
        where = "the workspace itself" if sort.parent == "workspace" else f"a {sort.parent}: name it as `parent`"
        raise RequestError(f"it is in {where}", code="malformed_parent", pointer="/parent")
    return home if parent is None else Object(sort.parent, parent)


def check_standing(resource: Object, standing: Standing) -> None:
    """`RequestError` for what a resource of the type has not, and for two labels of one key."""
    if standing.labels and resource.type not in LABELLED:
        raise RequestError(f"a {resource.type} carries no labels", code="labels_refused", pointer="/labels")
    words.one_value_per_key(standing.labels, "a resource carries one", "label_key_taken")
    if resource.type != "space" and (standing.engage_source is not None or standing.admitted is not None):
        raise RequestError(
            f"a {resource.type} has no source of its own and admits none: spaces do", code="space_expected"
        )


def resource_tuples(
    known: Known, home: Object, resource: Object, above: Object, standing: Standing
) -> Iterator[RelationTuple]:
    """The tuples of a new resource; `RequestError` where the workspace has not what it names."""
    if above != home:
        belongs(known, above, home)
    yield is_(resource, SORTS[resource.type].parent, above)
    for one in standing.labels:
        check_label(known, home, one)
        yield from carrying(resource, one)
    if standing.engage_source is not None:
        belongs(known, standing.engage_source, home)
        yield is_(resource, "engage_source", standing.engage_source)
    if resource.type == "space":
        yield from admitting(known, home, resource, standing.admitted)


def admitting(
    known: Known, home: Object, space: Object, admitted: tuple[Object, ...] | None
) -> Iterator[RelationTuple]:
    """The tuples that say which sources may be connected to a space."""
    if admitted is None:
        yield is_(space, "open", EVERY_SOURCE)
        return
    for one in admitted:
        check_label(known, home, one)
        yield is_(space, "admits", one)


def _inside(transaction: Transaction, resource: Object) -> list[Object]:
    """What is in a resource."""
    found: list[Object] = []
    for type_, sort in SORTS.items():
        if sort.parent == resource.type:
            wanted = TupleFilter(object_type=type_, relation=sort.parent, subject=resource)
            found += [one.tuple.object for one in transaction.every(wanted)]
    return found
