"""By which ways whoever is in a workspace holds its roles: the whole workspace read once, and told as values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from iamgraph.access.groups import EVERYBODY
from iamgraph.access.labels import LABELLED
from iamgraph.access.policies import HOLDING
from iamgraph.access.roles import ROLES
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, StoredTuple, Subject

OWNER_ROLE: Final = "workspace_owner"
WORKSPACE, LABELS, RESOURCES = "workspace", "labels", "resources"
_PLAIN: Final = {one.id: one for one in ROLES.values()}
_BY_LABEL: Final = {one.by_label: one for one in ROLES.values() if one.labelled}
# The types of resource that roles are of, where they can be on single ones.
_REACHED: Final = {one.id: one.single for one in ROLES.values() if one.single is not None}
_OF_HOME: Final = ("member", "token", "owner_direct", "pii", *_PLAIN, *_BY_LABEL)
_OF_POLICY: Final = ("required_label", *sorted(set(HOLDING.values())))
_OF_GROUP: Final = ("added", "invited", "pii")


@dataclass(frozen=True, slots=True)
class Gift:
    """What a policy gives: a role on all of the workspace, on what carries all `labels`, or on one resource.

    `tuples` are those that say so.
    """

    role: str
    on: str
    labels: frozenset[Object]
    resource: Object | None
    tuples: tuple[StoredTuple, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """One way by which somebody holds a policy, or is an owner without one; `pii` is whether personal data is seen."""

    policy: Object | None
    group: Object | None
    pii: bool
    tuples: tuple[StoredTuple, ...]

    @property
    def through(self) -> str:
        """Through what it is held."""
        return "direct" if self.group is None else str(self.group)


@dataclass(frozen=True)
class Holdings:
    """A workspace as the roles held in it, at one revision.

    An invite stands for whom it invites: what it holds gives nothing until it is accepted.
    """

    home: Object
    inside: Mapping[Object, StoredTuple | None]
    ways: Mapping[Object, tuple[Way, ...]]
    gifts: Mapping[Object, tuple[Gift, ...]]
    groups: Mapping[Object, tuple[Subject, ...]]
    holders: Mapping[Object, tuple[Object, ...]]
    labels: Mapping[Object, frozenset[Object]]
    resources: tuple[Object, ...]
    facts: Mapping[Object, Mapping[str, Any]] = field(repr=False)

    def counts(self, gift: Gift) -> bool:
        """Whether a gift is of what is counted: sources, spaces and functions."""
        return gift.role == OWNER_ROLE or gift.role in _REACHED

    def reached(self, gift: Gift) -> list[Object]:
        """The sources, spaces or functions a gift is on; none where its role is of the workspace alone."""
        if gift.resource is not None:
            return [gift.resource]
        type_ = _REACHED.get(gift.role)
        of = [one for one in self.resources if one.type == type_ or (gift.role == OWNER_ROLE and one.type in _KINDS)]
        return [one for one in of if gift.labels <= self.labels.get(one, frozenset())]

    def named(self, one: Object) -> str | None:
        """What people call something."""
        name = self.facts.get(one, {}).get("name")
        return name if isinstance(name, str) and name else None


_KINDS: Final = frozenset(_REACHED.values())


def holdings(transaction: Transaction, home: Object) -> Holdings:
    """What there is, in a handful of reads, however much it is."""
    beneath = [one.object for one in transaction.beneath(home, "workspace") if one.relation == "workspace"]
    there: dict[str, list[Object]] = defaultdict(list)
    for one in sorted(set(beneath)):
        there[one.type].append(one)
    stored = transaction.stored(_wanted(home, there))
    by: dict[tuple[Object, str], list[StoredTuple]] = defaultdict(list)
    for each in sorted(stored, key=str):
        by[each.tuple.object, each.tuple.relation].append(each)
    return _Reading(transaction, home, there, by).told()


def _wanted(home: Object, there: Mapping[str, list[Object]]) -> Iterator[tuple[Object, str]]:
    yield from ((home, relation) for relation in _OF_HOME)
    for policy in there.get("policy", ()):
        yield from ((policy, relation) for relation in _OF_POLICY)
    for group in there.get("group", ()):
        yield from ((group, relation) for relation in _OF_GROUP)
    for role in ROLES.values():
        yield from ((one, role.id) for one in there.get(role.single or "", ()))
    for type_ in sorted(LABELLED):
        yield from ((one, "label") for one in there.get(type_, ()))


@dataclass(frozen=True)
class _Reading:
    transaction: Transaction
    home: Object
    there: Mapping[str, list[Object]]
    by: Mapping[tuple[Object, str], list[StoredTuple]]

    def told(self) -> Holdings:
        inside: dict[Object, StoredTuple | None] = {
            one: each for kind in ("member", "token") for one, each in self._objects(self.home, kind)
        }
        inside |= dict.fromkeys(self.there.get("invite", ()))
        gifts = {one: tuple(self._gifts(one)) for one in self.there.get("policy", ())}
        groups = {one: self._in(one) for one in self.there.get("group", ())}
        ways: dict[Object, list[Way]] = {one: [] for one in inside}
        holders: dict[Object, list[Object]] = {one: [] for one in gifts}
        for one, each in self._objects(self.home, "owner_direct"):
            if one in ways:
                ways[one].append(Way(None, None, True, (each,)))
        for policy in gifts:
            for holder, way in self._held(policy, groups):
                if holder in ways:
                    ways[holder].append(way)
            holders[policy] = [one for relation in HOLDING.values() for one, _ in self._objects(policy, relation)]
        resources = tuple(one for type_ in ("function", "source", "space") for one in self.there.get(type_, ()))
        return Holdings(
            self.home,
            inside,
            {one: tuple(each) for one, each in ways.items()},
            gifts,
            {one: tuple(each) for one, each in groups.items()},
            {one: tuple(dict.fromkeys(each)) for one, each in holders.items()},
            {one: self._labels(one) for one in resources},
            resources,
            self.transaction.attributes([*inside, *groups, self.home]),
        )

    def _objects(self, of: Object, relation: str) -> Iterator[tuple[Object, StoredTuple]]:
        for each in self.by.get((of, relation), ()):
            if isinstance(each.tuple.subject, Object):
                yield each.tuple.subject, each

    def _labels(self, one: Object) -> frozenset[Object]:
        return frozenset(label for label, _ in self._objects(one, "label"))

    def _in(self, group: Object) -> list[Object]:
        """Those in a group who are in the workspace too, and those it will take in."""
        members = {one for one, _ in self._objects(self.home, "member")}
        there = [one for one, _ in self._objects(group, "added") if one in members]
        return there + [one for one, _ in self._objects(group, "invited")]

    def _gifts(self, policy: Object) -> Iterator[Gift]:
        required = tuple(each for _, each in self._objects(policy, "required_label"))
        labels = frozenset(one for one, _ in self._objects(policy, "required_label"))
        for relation, role in (*_PLAIN.items(), *_BY_LABEL.items()):
            for subject, each in self._objects(self.home, relation):
                if subject == policy and relation in _PLAIN:
                    yield Gift(role.id, WORKSPACE, frozenset(), None, (each,))
                elif subject == policy and labels:
                    yield Gift(role.id, LABELS, labels, None, (each, *required))
        for resource, relation, each in self._single.get(policy, ()):
            yield Gift(relation, RESOURCES, frozenset(), resource, (each,))

    @property
    def _single(self) -> Mapping[Object, list[tuple[Object, str, StoredTuple]]]:
        found: dict[Object, list[tuple[Object, str, StoredTuple]]] = defaultdict(list)
        for (object_, relation), tuples in self.by.items():
            if object_ != self.home and relation in _PLAIN:
                for each in tuples:
                    if isinstance(each.tuple.subject, Object):
                        found[each.tuple.subject].append((object_, relation, each))
        return found

    def _held(self, policy: Object, groups: Mapping[Object, Iterable[Object]]) -> Iterator[tuple[Object, Way]]:
        flagged = {one for one, _ in self._objects(self.home, "pii")}
        for relation in ("direct", "invited"):
            for holder, each in self._objects(policy, relation):
                yield holder, Way(policy, None, holder in flagged, (each,))
        for group, each in self._objects(policy, "group"):
            sees = any(one.tuple.subject == EVERYBODY for one in self.by.get((group, "pii"), ()))
            among = set(groups.get(group, ()))
            for relation in ("added", "invited"):
                for holder, joined in self._objects(group, relation):
                    if holder in among:
                        yield holder, Way(policy, group, sees, (each, joined))
