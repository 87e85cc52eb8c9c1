"""Groups of a workspace's members: the policies of a group are those of all in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, belongs, exists, subjects, taken
from iamgraph.access.invites import invited
from iamgraph.access.policies import held_policies, left_without
from iamgraph.access.words import is_
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, Subject, Wildcard, shown

EVERYBODY = Wildcard("member")
# So many members are looked up one by one; for more, all of the workspace are read at once.
FEW: Final = 100


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What is to become of a group: of `members`, ids, it has exactly these, then some are added and some removed.

    What is None stays as it is; an empty `external_id` takes it away.
    """

    name: str | None = None
    external_id: str | None = None
    members: frozenset[str] | None = None
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()


class Groups:
    """What can be done with the groups of one workspace."""

    def __init__(self, desk: Desk, workspace: str, need: Need | None = None) -> None:
        """`need` is what the caller needs where it is not to manage access."""
        self._desk = desk
        self._home = words.workspace(workspace)
        self._need = need or Need("can_manage_access", self._home)

    def create(
        self, name: str, *, id_: str | None = None, members: Collection[str] = (), external_id: str | None = None
    ) -> Done:
        """A new group without policies, of these members. No other group of the workspace may have the name.

        Members are named by id; `external_id` is what an identity provider calls the group.
        """
        group = words.new_id("group", id_)
        values = {"name": name} | ({"external_id": external_id} if external_id else {})

        def decide(transaction: Transaction) -> Effect:
            if exists(transaction, group):
                raise taken(group)
            self._check_name(transaction, name)
            people = [Object("member", one) for one in sorted(set(members))]
            check_members(transaction, self._home, people)
            writes = (is_(group, "workspace", self._home), *(is_(group, "added", one) for one in people))
            return Effect(note, writes, attributes=(Attributes(group, values),))

        note = Note("group.create", group, self._home)
        return self._act(note, decide, [name, id_, sorted(members), external_id])

    def rename(self, group: str, name: str) -> Done:
        """Give a group another name."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            self._check_name(transaction, name, found)
            return Effect(note, attributes=(Attributes(found, {"name": name}),))

        return self._on("group.rename", group, decide, name)

    def delete(self, group: str) -> Done:
        """End a group. Its members stay in the workspace; its policies go where nobody else holds them."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            idle = left_without(transaction, found, held_policies(transaction, self._home, found))
            return Effect(note, removed=(found, *idle))

        return self._on("group.delete", group, decide)

    def add(self, group: str, members: Collection[str]) -> Done:
        """Add members of the workspace, by id or e-mail address; an address that is invited joins once it accepts."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            return Effect(note, self._added(transaction, found, members))

        return self._on("group.add_members", group, decide, sorted(members))

    def remove(self, group: str, members: Collection[str]) -> Done:
        """Take members, or who is invited, out; what they hold by themselves or by other groups stays."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            return Effect(note, deletes=self._added(transaction, found, members))

        return self._on("group.remove_members", group, decide, sorted(members))

    def replace(self, group: str, members: Collection[str]) -> Done:
        """Make exactly these its members."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            wanted = self._added(transaction, found, members)
            there = [one.tuple for relation in ("added", "invited") for one in transaction.of(found, relation)]
            return Effect(note, wanted, tuple(one for one in there if one not in wanted))

        return self._on("group.replace_members", group, decide, sorted(members))

    def change(self, group: str, change: GroupChange) -> Done:
        """Name it anew, put some in and take others out, in one act; who is taken out need not be a member."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:
            gained, lost = change.added, change.removed
            if change.members is not None:
                there = frozenset(_ids(subjects(transaction, found, "added")))
                wanted = change.members - change.removed | change.added
                gained, lost = wanted - there, there - wanted
            people = [Object("member", one) for one in sorted(gained)]
            check_members(transaction, self._home, people)
            added = tuple(is_(found, "added", one) for one in people)
            gone = tuple(is_(found, "added", Object("member", one)) for one in sorted(lost))
            values = self._changed(transaction, found, change)
            return Effect(note, added, gone, (Attributes(found, values),) if values else ())

        said = [change.name, change.external_id, *map(sorted, (change.members or (), change.added, change.removed))]
        return self._on("group.change", group, decide, [*said, change.members is None])

    def _changed(self, transaction: Transaction, group: Object, change: GroupChange) -> dict[str, str | None]:
        kept = transaction.attributes([group])[group]
        values: dict[str, str | None] = {}
        if change.name is not None and change.name != kept.get("name"):
            self._check_name(transaction, change.name, group)
            values["name"] = change.name
        if change.external_id is not None and (change.external_id or None) != kept.get("external_id"):
            values["external_id"] = change.external_id or None
        return values

    def set_pii(self, group: str, *, pii: bool) -> Done:
        """Let its members see personal data in what the group's policies reach, or no longer."""

        def decide(transaction: Transaction, found: Object, note: Note) -> Effect:  # noqa: ARG001
            flag = (is_(found, "pii", EVERYBODY),)
            return Effect(note, writes=flag if pii else (), deletes=() if pii else flag)

        return self._on("group.set_pii", group, decide, pii)

    def get(self, group: str) -> dict[str, Any]:
        """A group, with its members, invites and policies."""
        found = Object("group", group)

        def tell(transaction: Transaction) -> dict[str, Any]:
            belongs(transaction, found, self._home)
            return {
                "id": found.id,
                "name": transaction.attributes([found])[found].get("name"),
                "pii": transaction.has(found, "pii", EVERYBODY),
                "members": _ids(subjects(transaction, found, "added")),
                "invites": _ids(subjects(transaction, found, "invited")),
                "policies": sorted(one.id for one in held_policies(transaction, self._home, found)),
            }

        note = Note("group.get", found, self._home)
        return self._desk.look(note, self._need, tell)

    def all(self) -> list[dict[str, Any]]:
        """The groups, by name: id, name, and how many members each has."""
        note = Note("group.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            beneath = transaction.beneath(self._home, "workspace")
            added = (one for one in beneath if one.relation == "added")
            told = _lines(transaction, self._all(transaction), added)
            return sorted(told, key=lambda one: (str(one["name"]), str(one["id"])))

        return self._desk.look(note, self._need, tell)

    def page(self, after: str, limit: int) -> list[dict[str, Any]]:
        """As `all`, by id: those past the id `after`, and no more than `limit`; no other is read."""

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            groups = transaction.next_beneath(self._home, "workspace", "group", after, limit)
            return _lines(transaction, groups, transaction.of_each(groups, "added"))

        return self._desk.look(Note("group.list", self._home, self._home), self._need, tell)

    def _all(self, transaction: Transaction) -> list[Object]:
        found = transaction.every(TupleFilter(object_type="group", relation="workspace", subject=self._home))
        return [one.tuple.object for one in found]

    def _check_name(self, transaction: Transaction, name: str, but: Object | None = None) -> None:
        kept = transaction.attributes(self._all(transaction))
        if any(one != but and values.get("name") == name for one, values in kept.items()):
            raise name_taken(name)

    def _added(self, transaction: Transaction, group: Object, members: Collection[str]) -> tuple[RelationTuple, ...]:
        invites = invited(transaction, self._home) if any("@" in one for one in members) else {}
        joining = dict.fromkeys(_joining(transaction, self._home, one, invites) for one in members)
        return tuple(is_(group, "invited" if one.type == "invite" else "added", one) for one in joining)

    def _on(
        self, action: str, group: str, decide: Callable[[Transaction, Object, Note], Effect], said: Any = None
    ) -> Done:
        """An act on a group that is the workspace's."""
        found = Object("group", group)
        note = Note(action, found, self._home)

        def decided(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            return decide(transaction, found, note)

        return self._act(note, decided, [group, said])

    def _act(self, note: Note, decide: Callable[[Transaction], Effect], said: Any) -> Done:
        return self._desk.act(note, self._need, decide, said)


def member_of(transaction: Transaction, home: Object, named: str) -> Object:
    """The member with that id or e-mail address; `RequestError` (`member_not_found`) if the workspace has none."""
    return _joining(transaction, home, named, {})


def _joining(transaction: Transaction, home: Object, named: str, invites: Mapping[str, Object]) -> Object:
    """The member with that id or e-mail address, or that address's invite; `RequestError` if there is neither."""
    found: Subject | None = Object("member", named)
    if "@" in named:
        found = next(iter(subjects(transaction, words.email(named), "account")), None)
    if isinstance(found, Object) and transaction.has(home, "member", found):
        return found
    if named.lower() not in invites:
        raise no_member(named)
    return invites[named.lower()]


def no_member(named: str) -> RequestError:
    """What is told of an id or e-mail address that is no member's."""
    return RequestError(f"no member `{shown(named)}`", code="member_not_found", pointer="/members")


def name_taken(name: str) -> ConflictError:
    """What is told of a name that a group of the workspace has."""
    return ConflictError(f"a group is named `{shown(name)}` already", code="name_taken", pointer="/name")


def check_members(transaction: Transaction, home: Object, people: Collection[Object]) -> None:
    """`RequestError` (`member_not_found`) naming one of them whom the workspace does not have."""
    if len(people) <= FEW:
        missing = [one for one in people if not transaction.has(home, "member", one)]
    else:
        members = set(subjects(transaction, home, "member"))
        missing = [one for one in people if one not in members]
    if missing:
        raise no_member(missing[0].id)


def _lines(
    transaction: Transaction, groups: Collection[Object], added: Iterable[RelationTuple]
) -> list[dict[str, Any]]:
    """Id and name of each group, and how many members it has, counted by their tuples."""
    kept = transaction.attributes(groups)
    counts = Counter(one.object for one in added)
    return [{"id": one.id, "name": kept[one].get("name"), "members": counts[one]} for one in groups]


def _ids(found: Collection[Subject]) -> list[str]:
    return sorted(one.id for one in found if isinstance(one, Object))
