"""Policies: who holds which role, on the whole workspace, on what carries some labels, or on single resources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Known, Need, belongs, exists, not_found, subjects, taken
from iamgraph.access.roles import ROLES, Role, role
from iamgraph.access.words import is_
from iamgraph.errors import RequestError
from iamgraph.questions import Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, parse_object

# Who may hold a policy, and by which relation.
HOLDING: Final = {"member": "direct", "token": "direct", "group": "group", "invite": "invited"}


@dataclass(frozen=True, slots=True)
class Grant:
    """What a policy gives: a role, on the workspace, narrowed by all of the labels if there are any, or on resources.

    `labels` are `key:value`, `resources` ids of what the role can be given on singly.
    """

    role: str
    resources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class Policies:
    """What can be done with the policies of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(self, grant: Grant, holders: Collection[str] = (), *, id_: str | None = None) -> Done:
        """A new policy, held by these: `member:…`, `token:…`, `group:…` or `invite:…`."""
        policy = words.new_id("policy", id_)
        held = tuple(map(parse_object, dict.fromkeys(holders)))

        def decide(transaction: Transaction) -> Effect:
            if exists(transaction, policy):
                raise taken(policy)
            return Effect(note, tuple(policy_tuples(transaction, self._home, policy, grant, held)))

        note = Note("policy.create", policy, self._home)
        return self._act(note, decide, [grant.role, grant.resources, grant.labels, list(holders), id_])

    def add_holders(self, policy: str, holders: Collection[str]) -> Done:
        """Let others hold it too."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            return Effect(note, tuple(self._held(transaction, found, holders)))

        return self._on("policy.add_holders", policy, decide, sorted(holders))

    def remove_holders(self, policy: str, holders: Collection[str]) -> Done:
        """Take it from some; it stays, though nobody may hold it then."""
        held = tuple(map(parse_object, holders))

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:  # noqa: ARG001
            return Effect(note, deletes=tuple(is_(found, _holding(one), one) for one in held))

        return self._on("policy.remove_holders", policy, decide, sorted(holders))

    def delete(self, policy: str) -> Done:
        """End a policy, and what it gave."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:  # noqa: ARG001
            return Effect(note, removed=(found,))

        return self._on("policy.delete", policy, decide)

    def give(self, holder: str, grants: Collection[Grant], *, replacing: bool = False) -> Done:
        """Give a holder a policy of its own for each grant; `replacing` ends what it holds now first.

        A policy that others hold too stays theirs.
        """
        held = parse_object(holder)
        new = [(words.new_id("policy"), grant) for grant in grants]

        def decide(transaction: Transaction) -> Effect:
            check_holder(transaction, self._home, held)
            writes = [
                one for policy, grant in new for one in policy_tuples(transaction, self._home, policy, grant, (held,))
            ]
            if not replacing:
                return Effect(note, tuple(writes))
            there = held_policies(transaction, self._home, held)
            ends = tuple(is_(one, _holding(held), held) for one in there)
            return Effect(note, tuple(writes), ends, removed=tuple(left_without(transaction, held, there)))

        note = Note("policy.replace" if replacing else "policy.add", held, self._home)
        return self._act(note, decide, [holder, [[one.role, one.resources, one.labels] for one in grants]])

    def get(self, policy: str) -> dict[str, Any]:
        """A policy: its role, what it is on, and who holds it."""
        found = Object("policy", policy)
        note = Note("policy.get", found, self._home)

        def tell(transaction: Transaction) -> dict[str, Any]:
            belongs(transaction, found, self._home)
            told = [one for one in policies_of(self._home, self._tuples(transaction)) if one["id"] == policy]
            return _named(transaction, told)[0]

        return self._desk.look(note, Need("can_manage_access", self._home), tell)

    def all(self, holder: str | None = None, *, inherited: bool = False) -> list[dict[str, Any]]:
        """The policies, by id; of one holder only, if named, which may see its own, and not who holds them besides.

        `inherited` adds those of the groups a member is in, and to each `through` whom it is held.
        """
        note = Note("policy.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            tuples = self._tuples(transaction)
            told = policies_of(self._home, tuples)
            if holder is None:
                return _named(transaction, told)
            groups = {str(one.object) for one in tuples if one.relation == "added" and str(one.subject) == holder}
            through = {holder, *(groups if inherited else ())}
            held = [(one, sorted(through.intersection(one["holders"]))) for one in told]
            more = [{"through": by} if inherited else {} for _, by in held]
            found = [
                {**one, "holders": by if theirs else one["holders"], **also}
                for (one, by), also in zip(held, more, strict=True)
                if by
            ]
            return _named(transaction, found)

        theirs = holder is not None and str(self._desk.caller.subject) == holder
        return self._desk.look(note, Need("can_open" if theirs else "can_manage_access", self._home), tell)

    def page(self, after: str, limit: int) -> list[dict[str, Any]]:
        """As `all`, those past the id `after`, and no more than `limit`; no other is read."""

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            policies = transaction.next_beneath(self._home, "workspace", "policy", after, limit)
            given = transaction.by_subjects(policies)
            on = {one.object for one in given if one.object != self._home}
            here = {one.object for one in transaction.of_each(on, "workspace") if one.subject == self._home}
            given = [one for one in given if one.object == self._home or one.object in here]
            return _named(transaction, policies_of(self._home, [*transaction.of_each(policies), *given]))

        note = Note("policy.list", self._home, self._home)
        return self._desk.look(note, Need("can_manage_access", self._home), tell)

    def _tuples(self, transaction: Transaction) -> list[RelationTuple]:
        return [*transaction.beneath(self._home, "workspace"), *transaction.of_each([self._home])]

    def _held(self, transaction: Transaction, policy: Object, holders: Iterable[str]) -> Iterator[RelationTuple]:
        for one in map(parse_object, dict.fromkeys(holders)):
            check_holder(transaction, self._home, one)
            yield is_(policy, _holding(one), one)

    def _on(
        self, action: str, policy: str, decide: Callable[[Transaction, Object, Note], Effect], said: Any = None
    ) -> Done:
        """An act on a policy that is the workspace's."""
        found = Object("policy", policy)
        note = Note(action, found, self._home)

        def decided(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            return decide(transaction, found, note)

        return self._act(note, decided, [policy, said])

    def _act(self, note: Note, decide: Callable[[Transaction], Effect], said: Any) -> Done:
        return self._desk.act(note, Need("can_manage_access", self._home), decide, said)


# --- what a policy is, as tuples ---------------------------------------------------------------------------


def policy_tuples(
    known: Known, home: Object, policy: Object, grant: Grant, holders: Iterable[Object]
) -> Iterator[RelationTuple]:
    """The tuples of a new policy; `RequestError` where the workspace has not what it names, or the role forbids it."""
    given = role(grant.role)
    labels = tuple(words.label(home, text) for text in dict.fromkeys(grant.labels))
    _check_reach(given, grant, labels)
    yield is_(policy, "workspace", home)
    for one in labels:
        check_label(known, home, one)
        yield is_(policy, "required_label", one)
    for target in _targets(known, home, given, grant):
        yield is_(target, given.by_label if labels else given.id, policy)
    for holder in holders:
        check_holder(known, home, holder)
        yield is_(policy, _holding(holder), holder)


def _check_reach(given: Role, grant: Grant, labels: tuple[Object, ...]) -> None:
    if labels and not given.labelled:
        able = ", ".join(f"`{one.id}`" for one in ROLES.values() if one.labelled)
        raise RequestError(
            f"role `{given.id}` cannot be narrowed by labels: only {able} can", code="labels_refused", pointer="/labels"
        )
    if labels and grant.resources:
        raise RequestError(
            "labels narrow a role on the whole workspace: name resources or labels, not both",
            code="labels_refused",
            pointer="/labels",
        )
    if grant.resources and given.single is None:
        raise RequestError(
            f"role `{given.id}` covers the whole workspace: it cannot be given on single resources",
            code="resources_refused",
            pointer="/resources",
        )
    words.one_value_per_key(labels, "no resource carries both, so that the policy would give nothing", "labels_refused")


def _targets(known: Known, home: Object, given: Role, grant: Grant) -> Iterator[Object]:
    if not grant.resources or given.single is None:
        yield home
        return
    for id_ in dict.fromkeys(grant.resources):
        resource = Object(given.single, id_)
        belongs(known, resource, home)
        yield resource


def check_label(known: Known, home: Object, one: Object) -> None:
    """`RequestError` (`label_not_found`) unless the workspace has the label."""
    if not known.has(one, "workspace", home):
        raise RequestError(
            f"no label `{words.label_text(one)}`: an owner has to create it first",
            code="label_not_found",
            pointer="/labels",
        )


def _holding(holder: Object) -> str:
    relation = HOLDING.get(holder.type)
    if relation is None:
        raise RequestError(
            f"`{holder}` cannot hold a policy: {', '.join(f'`{one}:…`' for one in HOLDING)} can",
            code="holder_refused",
            pointer="/holders",
        )
    return relation


def check_holder(known: Known, home: Object, holder: Object) -> None:
    """`RequestError` unless a policy of the workspace can be held by it."""
    inside = {"member": (home, "member", holder), "token": (home, "token", holder)}.get(
        holder.type, (holder, "workspace", home)
    )
    _holding(holder)
    if not known.has(*inside):
        raise not_found(holder)


def policies_of(home: Object, tuples: Collection[RelationTuple]) -> list[dict[str, Any]]:
    """The policies as they are told, out of the tuples of all that is in the workspace, and of itself."""
    told: dict[Object, dict[str, Any]] = {}
    for one in tuples:
        if one.object.type == "policy" and one.relation == "workspace":
            told[one.object] = {"id": one.object.id, "role": None, "resources": [], "labels": [], "holders": []}
    for one in tuples:
        if one.object in told and isinstance(one.subject, Object):
            if one.relation == "required_label":
                told[one.object]["labels"].append(words.label_text(one.subject))
            elif one.relation in HOLDING.values():
                told[one.object]["holders"].append(str(one.subject))
        elif one.subject in told and isinstance(one.subject, Object):
            told[one.subject]["role"] = one.relation.removesuffix("_by_label")
            if one.object != home:
                told[one.subject]["resources"].append(one.object.id)
    for each in told.values():
        for many in ("resources", "labels", "holders"):
            each[many].sort()
    return sorted(told.values(), key=lambda one: str(one["id"]))


def _named(transaction: Transaction, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Policies with the names of their holders, in the holders' order."""
    kept = transaction.attributes({parse_object(each) for one in told for each in one["holders"]})
    return [{**one, "names": [name_of(kept.get(parse_object(each), {})) for each in one["holders"]]} for one in told]


def name_of(kept: Mapping[str, Any]) -> str:
    """What somebody is called: by name, what a token is for, or an address; nothing for who has none of them."""
    return str(kept.get("name") or kept.get("description") or kept.get("email") or "")


# --- what somebody holds -----------------------------------------------------------------------------------


def held_policies(transaction: Transaction, home: Object, holder: Object) -> list[Object]:
    """The policies of the workspace that the holder holds itself."""
    wanted = TupleFilter(object_type="policy", relation=_holding(holder), subject=holder)
    found = [one.tuple.object for one in transaction.every(wanted)]
    return [one for one in found if transaction.has(one, "workspace", home)]


def left_without(transaction: Transaction, holder: Object, policies: Iterable[Object]) -> list[Object]:
    """Those of the policies that nobody holds once this one does not."""
    return [one for one in policies if not _holders(transaction, one) - {holder}]


def left_pointless(transaction: Transaction, gone: Collection[Object]) -> list[Object]:
    """The policies that are on single resources, and on none but these, which go."""
    on = {one.subject for one in transaction.of_each(gone) if isinstance(one.subject, Object)}
    return [
        one
        for one in sorted(each for each in on if each.type == "policy")
        if all(it.tuple.object in gone for it in transaction.every(TupleFilter(subject=one)))
    ]


def _holders(transaction: Transaction, policy: Object) -> set[Any]:
    return {one for relation in set(HOLDING.values()) for one in subjects(transaction, policy, relation)}
