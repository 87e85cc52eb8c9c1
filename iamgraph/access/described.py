"""A workspace as tuples and facts, whole: read from the store, and told as a document."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.document import Document, Group, Label, Member, Policy, Resource
from iamgraph.access.groups import EVERYBODY
from iamgraph.access.labels import LABELLED
from iamgraph.access.members import MEMBER, OWNER
from iamgraph.access.policies import policies_of
from iamgraph.access.resources import EVERY_SOURCE, SORTS
from iamgraph.access.roles import ROLES
from iamgraph.access.words import is_
from iamgraph.access.workspaces import HIPAA
from iamgraph.questions import Value
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, Subject

# In a workspace, and no part of its document: tuples with one of these on either side stay as they are.
APART: Final = frozenset({"token", "invite", "access_request"})
# By which relation a thing is in a workspace, or in what is in it.
FOUNDING: Final = {
    **dict.fromkeys(("label", "group", "policy"), "workspace"),
    **{type_: sort.parent for type_, sort in SORTS.items()},
}
# What is kept of each type of object that a document says.
FACTS: Final = {
    "workspace": ("name", "plan", "region"),
    "label": ("description",),
    "member": ("email", "name"),
    **dict.fromkeys(("group", *SORTS), ("name",)),
}
# Every relation a document says something of, by type; what else a store's model has is not touched.
_RELATIONS: Final = frozenset(
    {
        *FOUNDING.items(),
        *(("workspace", one) for one in ("member", "owner_direct", "pii")),
        *(("workspace", one.id) for one in ROLES.values()),
        *(("workspace", one.by_label) for one in ROLES.values() if one.labelled),
        *((one.single, one.id) for one in ROLES.values() if one.single is not None),
        *((type_, "label") for type_ in LABELLED),
        *(("space", one) for one in ("engage_source", "admits", "open")),
        *(("group", one) for one in ("added", "pii")),
        *(("policy", one) for one in ("direct", "group", "required_label")),
        ("label", "carrier"),
        ("regime", "workspace"),
    }
)


@dataclass(frozen=True, slots=True)
class Described:
    """A workspace's tuples, what is known of things, and the things: its members and all it has.

    `apart` are the tuples a document has no say in.
    """

    home: Object
    tuples: frozenset[RelationTuple]
    apart: frozenset[RelationTuple]
    facts: Mapping[Object, Mapping[str, Value]]
    things: frozenset[Object]

    @property
    def exists(self) -> bool:
        """Whether there is such a workspace."""
        return self.home in self.facts


def read_workspace(transaction: Transaction, home: Object) -> Described:
    """What there is, in a handful of reads, however much it is."""
    beneath = transaction.beneath(home, "workspace")
    # The regime is beneath every workspace it binds.
    found = transaction.of_each([home]) + [one for one in beneath if one.object.type != "regime" or one.subject == home]
    for type_ in sorted({sort.parent for sort in SORTS.values()} - {"workspace"}):
        parents = [one.object for one in found if one.object.type == type_ and one.relation == "workspace"]
        found += transaction.beneath_each(parents, type_)
    plain = {is_(one.object, one.relation, one.subject) for one in found}
    tuples = frozenset(filter(_is_described, plain))
    things = frozenset(thing for one in tuples if (thing := thing_of(home, one)) is not None)
    kept = transaction.attributes([home, *(one for one in things if one.type in FACTS)])
    facts = {one: {name: values.get(name) for name in FACTS[one.type]} for one, values in kept.items()}
    return Described(home, tuples, frozenset(plain) - tuples, facts, things)


def _is_described(one: RelationTuple) -> bool:
    ends = {one.object.type, getattr(one.subject, "type", None)}
    return (one.object.type, one.relation) in _RELATIONS and not ends & APART


def thing_of(home: Object, one: RelationTuple) -> Object | None:
    """What is in the workspace by a tuple; None for a tuple that says something else of it."""
    if one.object == home:
        return one.subject if one.relation == "member" and isinstance(one.subject, Object) else None
    return one.object if FOUNDING.get(one.object.type) == one.relation else None


# --- as a document -----------------------------------------------------------------------------------------


def document_of(there: Described) -> Document:
    """The document that says what there is. Policies that give nothing any longer, all they were on gone, are no part
    of it; nor are invites, though they hold some.
    """
    return _Telling(there).document()


class _Telling:
    """The tuples by object and relation, and what they say."""

    def __init__(self, there: Described) -> None:
        self._there = there
        self._subjects: dict[tuple[Object, str], list[Subject]] = defaultdict(list)
        for one in there.tuples:
            self._subjects[one.object, one.relation].append(one.subject)
        self._things: dict[str, list[Object]] = defaultdict(list)
        for thing in there.things:
            self._things[thing.type].append(thing)

    def document(self) -> Document:
        """All of it."""
        home = self._there.home
        facts = {name: value for name, value in self._facts(home).items() if value is not None}
        return Document(
            workspace=home.id,
            **facts,
            hipaa=is_(HIPAA, "workspace", home) in self._there.tuples,
            labels=tuple(Label(words.label_text(one), **self._facts(one)) for one in self._things["label"]),
            members=tuple(map(self._member, self._things["member"])),
            groups=tuple(map(self._group, self._things["group"])),
            resources=tuple(self._resource(one) for type_ in SORTS for one in self._things[type_]),
            policies=tuple(self._policies()),
        )

    def _facts(self, one: Object) -> dict[str, Any]:
        return dict(self._there.facts.get(one, {}))

    def _texts(self, object_: Object, relation: str) -> tuple[str, ...]:
        return tuple(one.id for one in self._subjects[object_, relation] if isinstance(one, Object))

    def _labels(self, object_: Object, relation: str) -> tuple[str, ...]:
        return tuple(words.label_text(one) for one in self._subjects[object_, relation] if isinstance(one, Object))

    def _member(self, one: Object) -> Member:
        home, tuples = self._there.home, self._there.tuples
        role = OWNER if is_(home, "owner_direct", one) in tuples else MEMBER
        return Member(one.id, **self._facts(one), role=role, pii=is_(home, "pii", one) in tuples)

    def _group(self, one: Object) -> Group:
        pii = is_(one, "pii", EVERYBODY) in self._there.tuples
        return Group(one.id, **self._facts(one), pii=pii, members=self._texts(one, "added"))

    def _resource(self, one: Object) -> Resource:
        above = SORTS[one.type].parent
        admits_some = one.type == "space" and is_(one, "open", EVERY_SOURCE) not in self._there.tuples
        return Resource(
            one.type,
            one.id,
            **self._facts(one),
            parent=None if above == "workspace" else next(iter(self._texts(one, above)), None),
            labels=self._labels(one, "label"),
            engage_source=next(iter(self._texts(one, "engage_source")), None),
            admits=self._labels(one, "admits") if admits_some else None,
        )

    def _policies(self) -> list[Policy]:
        there = self._there
        return [
            Policy(
                one["id"],
                one["role"],
                tuple(one["resources"]),
                tuple(one["labels"]),
                tuple(holder for holder in one["holders"] if not holder.startswith("invite:")),
            )
            for one in policies_of(there.home, there.tuples | there.apart)
            if one["role"] is not None and (one["labels"] or not self._is_narrowed(one))
        ]

    def _is_narrowed(self, policy: Mapping[str, Any]) -> bool:
        by_label = f"{policy['role']}_by_label"
        return is_(self._there.home, by_label, Object("policy", policy["id"])) in self._there.tuples
