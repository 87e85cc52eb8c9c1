"""Who may what in the organisation, evaluated by plain sets: it shares no line with what it judges."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Final

# Object, relation, subject, as a tuple's text has them.
Stated = tuple[str, str, str]


class Truth:
    """The tuples as sets, and what `organisation.fga` says of them, written out by hand."""

    def __init__(self, tuples: Iterable[Stated]) -> None:
        self._stated: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
        self._groups: defaultdict[str, set[str]] = defaultdict(set)
        self._names: dict[str, frozenset[str]] = {}
        for one in tuples:
            self.state(one)

    def state(self, one: Stated) -> None:
        """Take a tuple as written."""
        object_, relation, subject = one
        self._stated[object_, relation].add(subject)
        if object_.startswith("group:"):
            self._groups[subject].add(f"{object_}#member")
            self._names.clear()

    def unstate(self, one: Stated) -> None:
        """Take a tuple as deleted."""
        object_, relation, subject = one
        self._stated[object_, relation].discard(subject)
        if object_.startswith("group:"):
            self._groups[subject].discard(f"{object_}#member")
            self._names.clear()

    def allowed(self, member: str, relation: str, object_: str) -> bool:
        """Whether the member has the relation on the object."""
        return _RULES[object_.partition(":")[0], relation](self, self._all_names(member), object_)

    def _all_names(self, member: str) -> frozenset[str]:
        """All a member is meant by: itself, everybody, and each group it is in, however deep."""
        found = self._names.get(member)
        if found is None:
            names, fresh = {"member:*"}, [member]
            while fresh:
                name = fresh.pop()
                names.add(name)
                fresh += self._groups.get(name, set()) - names
            found = self._names[member] = frozenset(names)
        return found

    def of(self, object_: str, relation: str) -> set[str]:
        """The subjects stated for the object and relation."""
        return self._stated.get((object_, relation), set())

    def has(self, names: frozenset[str], object_: str, relation: str) -> bool:
        """Whether a tuple states one of the names."""
        return not names.isdisjoint(self.of(object_, relation))


def _can_open(truth: Truth, names: frozenset[str], workspace: str) -> bool:
    inside = truth.has(names, workspace, "member") or truth.has(names, workspace, "owner")
    return inside and not truth.has(names, workspace, "suspended")


def _viewer(truth: Truth, names: frozenset[str], source: str) -> bool:
    return truth.has(names, source, "viewer")


def _can_edit(truth: Truth, names: frozenset[str], source: str) -> bool:
    return (
        any(truth.has(names, workspace, "owner") for workspace in truth.of(source, "workspace"))
        or any(truth.has(names, policy, "holder") for policy in truth.of(source, "admin"))
        or _by_role(truth, names, source, "source_admin")
        or _by_label(truth, names, source, "source_admin_by_label")
    )


def _can_read(truth: Truth, names: frozenset[str], source: str) -> bool:
    reads = (
        _can_edit(truth, names, source)
        or _viewer(truth, names, source)
        or _by_role(truth, names, source, "source_reader")
        or _by_label(truth, names, source, "source_reader_by_label")
    )
    return reads and not truth.has(names, source, "banned")


def _can_publish(truth: Truth, names: frozenset[str], source: str) -> bool:
    return _can_edit(truth, names, source) and truth.has(names, source, "approver")


def _can_route(truth: Truth, names: frozenset[str], destination: str) -> bool:
    edits = any(_can_edit(truth, names, source) for source in truth.of(destination, "source"))
    return edits or truth.has(names, destination, "operator")


def _by_role(truth: Truth, names: frozenset[str], source: str, role: str) -> bool:
    return any(truth.has(names, policy, "holder") for policy in _policies(truth, source, role))


def _by_label(truth: Truth, names: frozenset[str], source: str, role: str) -> bool:
    """A policy counts if it requires a label, and the source carries every label it requires."""
    labels = truth.of(source, "label")
    return any(
        truth.has(names, policy, "holder") and set() < truth.of(policy, "required_label") <= labels
        for policy in _policies(truth, source, role)
    )


def _policies(truth: Truth, source: str, role: str) -> Iterable[str]:
    return (policy for workspace in truth.of(source, "workspace") for policy in truth.of(workspace, role))


_RULES: Final[Mapping[tuple[str, str], Callable[[Truth, frozenset[str], str], bool]]] = {
    ("workspace", "can_open"): _can_open,
    ("source", "viewer"): _viewer,
    ("source", "can_edit"): _can_edit,
    ("source", "can_read"): _can_read,
    ("source", "can_publish"): _can_publish,
    ("destination", "can_route"): _can_route,
}
