"""What docs/access.md says of who may what, by sets alone. It shares nothing with iamgraph, and is in no hurry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

# Section 2: what each role may, by type of resource. What it may in the workspace itself, only one without narrowing.
MAY: Final[dict[str, dict[str, set[str]]]] = {
    "source_admin": {
        "source": {"can_read", "can_edit"},
        "destination": {"can_read", "can_edit"},
        "workspace": {"can_create_source"},
    },
    "source_reader": {"source": {"can_read"}, "destination": {"can_read"}},
    "function_admin": {"function": {"can_read", "can_edit"}, "workspace": {"can_create_function"}},
    "function_reader": {"function": {"can_read"}},
    "space_admin": {"space": {"can_read", "can_use", "can_edit"}},
    "space_user": {"space": {"can_read", "can_use"}},
    "space_reader": {"space": {"can_read"}},
    "warehouse_admin": {"workspace": {"can_edit_warehouses"}},
    "tracking_plan_reader": {"workspace": {"can_read_tracking_plans"}},
    "workspace_owner": {},
}
LABELLED: Final = {"source_admin", "source_reader", "space_admin", "space_user", "space_reader"}
SINGLE: Final = {
    **dict.fromkeys(("source_admin", "source_reader"), "source"),
    **dict.fromkeys(("function_admin", "function_reader"), "function"),
    **dict.fromkeys(("space_admin", "space_user", "space_reader"), "space"),
}
# Personal data: in what its holder can see, and, to be downloaded, in what its holder administers.
PII: Final = {"can_see_pii": "can_read", "can_download_pii": "can_edit"}
ASKED: Final = {
    "workspace": {"can_open", "can_manage_access", *(one for may in MAY.values() for one in may.get("workspace", ()))},
    "source": {*MAY["source_admin"]["source"], "can_see_pii", "can_connect_warehouse"},
    "destination": MAY["source_admin"]["destination"],
    "space": {*MAY["space_admin"]["space"], "can_see_pii", "can_download_pii"},
    "function": MAY["function_admin"]["function"],
}


@dataclass
class Policy:
    """A role, on resources or on what carries the labels or on all, and who holds it."""

    home: str
    role: str
    resources: set[str]
    labels: set[str]
    holders: set[str]
    # One that was on single resources stays so when they are gone.
    single: bool = False


@dataclass
class Group:
    """Members of a workspace."""

    home: str
    members: set[str] = field(default_factory=set)
    pii: bool = False


@dataclass
class Resource:
    """What access is asked for; a destination is in a source."""

    home: str
    labels: set[str] = field(default_factory=set)
    source: str | None = None


@dataclass
class Oracle:
    """The organisation. Everything is named `type:id`; what is in a workspace is named by it."""

    inside: dict[str, set[str]] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=dict)
    pii: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    resources: dict[str, Resource] = field(default_factory=dict)

    # --- questions ---

    def may(self, subject: str, relation: str, object_: str) -> bool:
        """The answer."""
        type_ = object_.partition(":")[0]
        home = object_ if type_ == "workspace" else self.root(object_).home
        if subject not in self.inside[home]:
            return False
        if relation == "can_open" or self._owns(subject, home):
            return True
        if relation == "can_connect_warehouse":
            return self.may(subject, "can_edit", object_) and self.may(subject, "can_edit_warehouses", home)
        wanted = PII.get(relation, relation)
        return any(
            wanted in MAY[policy.role].get(type_, ()) and self._reaches(policy, object_)
            for policy, sees_pii in self._held(subject, home)
            if sees_pii or relation not in PII
        )

    def _owns(self, subject: str, home: str) -> bool:
        return subject in self.owners[home] or any(
            policy.role == "workspace_owner" for policy, _ in self._held(subject, home)
        )

    def _held(self, subject: str, home: str) -> Iterator[tuple[Policy, bool]]:
        """The policies somebody has in a workspace, each as often as they have it, and whether with personal data."""
        for policy in self.policies.values():
            if policy.home != home:
                continue
            if subject in policy.holders:
                yield policy, subject in self.pii[home]
            for name, group in self.groups.items():
                if name in policy.holders and subject in group.members:
                    yield policy, group.pii

    def _reaches(self, policy: Policy, object_: str) -> bool:
        if policy.single:
            return object_ in policy.resources or self._source_of(object_) in policy.resources
        if object_.startswith("workspace:"):
            return not policy.labels
        return policy.labels <= self.root(object_).labels

    def _source_of(self, object_: str) -> str | None:
        found = self.resources.get(object_)
        return found.source if found is not None else None

    def root(self, object_: str) -> Resource:
        """The resource by which another is reached."""
        return self.resources[self.resources[object_].source or object_]

    # --- verbs: each says whether it is done ---

    def add_member(self, home: str, person: str, *, owner: bool) -> bool:
        """Membership, minimal or as an owner."""
        if person in self.inside[home]:
            return False
        self.inside[home].add(person)
        self.owners[home] |= {person} if owner else set()
        return True

    def set_role(self, home: str, person: str, *, owner: bool) -> bool:
        """An owner, or no longer one."""
        if person not in self.inside[home] or (not owner and self._is_last(home, person)):
            return False
        (self.owners[home].add if owner else self.owners[home].discard)(person)
        return True

    def set_pii(self, home: str, person: str, *, pii: bool) -> bool:
        """Personal data for a member."""
        if person not in self.inside[home]:
            return False
        (self.pii[home].add if pii else self.pii[home].discard)(person)
        return True

    def remove_member(self, home: str, person: str) -> bool:
        """All that somebody has in a workspace ends."""
        if person not in self.inside[home] or self._is_last(home, person):
            return False
        for names in (self.inside[home], self.owners[home], self.pii[home]):
            names.discard(person)
        for group in self.groups.values():
            if group.home == home:
                group.members.discard(person)
        self._let_go(home, person)
        return True

    def _is_last(self, home: str, person: str) -> bool:
        people = {one for one in self.owners[home] if one.startswith("member:")}
        return people == {person}

    def _let_go(self, home: str, holder: str) -> None:
        """Policies that nobody holds are gone."""
        for name, policy in list(self.policies.items()):
            if policy.home == home and holder in policy.holders:
                policy.holders.discard(holder)
                if not policy.holders:
                    del self.policies[name]

    def revoke(self, home: str, token: str) -> bool:
        """The end of a token."""
        if token not in self.inside[home]:
            return False
        self.inside[home].discard(token)
        self.owners[home].discard(token)
        self._let_go(home, token)
        return True

    def group_add(self, home: str, group: str, person: str) -> bool:
        """One more member."""
        if not self._is_of(group, home) or person not in self.inside[home]:
            return False
        self.groups[group].members.add(person)
        return True

    def group_remove(self, home: str, group: str, person: str) -> bool:
        """One member less."""
        if not self._is_of(group, home) or person not in self.inside[home]:
            return False
        self.groups[group].members.discard(person)
        return True

    def group_pii(self, home: str, group: str, *, pii: bool) -> bool:
        """Personal data for a group."""
        if not self._is_of(group, home):
            return False
        self.groups[group].pii = pii
        return True

    def group_delete(self, home: str, group: str) -> bool:
        """The end of a group; its members stay."""
        if not self._is_of(group, home):
            return False
        del self.groups[group]
        self._let_go(home, group)
        return True

    def _is_of(self, group: str, home: str) -> bool:
        return group in self.groups and self.groups[group].home == home

    def policy(self, name: str, policy: Policy) -> bool:
        """A new policy, within the rules."""
        keys = [one.partition(":")[0] for one in policy.labels]
        refused = (
            (policy.labels and policy.role not in LABELLED)
            or (policy.labels and policy.resources)
            or len(set(keys)) < len(keys)
            or any(one.partition(":")[0] != SINGLE.get(policy.role) for one in policy.resources)
            or any(self.resources[one].home != policy.home for one in policy.resources)
            or not all(self._can_hold(one, policy.home) for one in policy.holders)
            or name in self.policies
        )
        if not refused:
            self.policies[name] = policy
            policy.single = bool(policy.resources)
        return not refused

    def _can_hold(self, holder: str, home: str) -> bool:
        return self._is_of(holder, home) or holder in self.inside[home]

    def policy_delete(self, home: str, name: str) -> bool:
        """The end of a policy."""
        if name not in self.policies or self.policies[name].home != home:
            return False
        del self.policies[name]
        return True

    def attach(self, home: str, resource: str, label: str) -> bool:
        """One value of a key."""
        found = self.resources[resource]
        keys = {one.partition(":")[0] for one in found.labels - {label}}
        if found.home != home or label.partition(":")[0] in keys:
            return False
        found.labels.add(label)
        return True

    def detach(self, home: str, resource: str, label: str) -> bool:
        """A label less."""
        if self.resources[resource].home != home:
            return False
        self.resources[resource].labels.discard(label)
        return True

    def move(self, home: str, resource: str, other: str) -> bool:
        """Another workspace; labels and what was given on it singly stay behind."""
        if self.resources[resource].home != home or home == other:
            return False
        self.resources[resource].home = other
        self.resources[resource].labels.clear()
        for policy in self.policies.values():
            policy.resources.discard(resource)
        return True
