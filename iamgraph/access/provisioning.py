"""Members and groups as an identity provider keeps them: made, ended, made again, and remembered in between."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from iamgraph.access import words
from iamgraph.access.accounts import DELETED_AT
from iamgraph.access.desk import Desk, Need, belongs, not_found, subjects
from iamgraph.access.invites import ended_by_joining
from iamgraph.access.members import keep_an_owner, pending, removal
from iamgraph.access.words import is_
from iamgraph.access.workspaces import account_of
from iamgraph.errors import ConflictError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object

# What the provider knows of a member: `scim_user:acme/01J…`.
KNOWN: Final = "scim_user"


@dataclass(frozen=True, slots=True)
class KnownUser:
    """An account as the provider of one workspace sees it: `active` while it is a member there."""

    id: str
    email: str | None
    name: str | None
    active: bool
    external_id: str | None


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group as the provider sees it; `members` is None where they were not asked for."""

    id: str
    name: str
    external_id: str | None
    members: tuple[str, ...] | None


class _Known(Protocol):
    @property
    def id(self) -> str: ...


T = TypeVar("T")
K = TypeVar("K", bound=_Known)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """Which users or groups are wanted: all that `fits`, from the `start`th on, which counts from 1, up to `count`.

    Only those with that id, e-mail address or member need be looked at, where one is given.
    """

    start: int = 1
    count: int = 100
    id: str | None = None
    email: str | None = None
    member: str | None = None
    fits: Callable[[T], bool] | None = None


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """How many there are, and the part that was wanted."""

    total: int
    items: tuple[T, ...]


def provision(home: Object) -> Need:
    """What whoever keeps members and groups for an identity provider needs: an owner, or a token for that alone."""
    return Need("can_provision", home, older="can_manage_access")


class Provisioning:
    """What an identity provider can do in one workspace; what it does with groups alone, `Groups` does."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    # --- users ---

    def enrol(
        self, email: str, *, name: str | None = None, external_id: str | None = None, active: bool = True
    ) -> Done:
        """Make the person with that address a member with minimal access; only remember them where not `active`.

        An account that is there is taken, whatever name is given, and so is one whose membership has ended.
        """
        address, account = words.email(email), words.new_id("member")

        def decide(transaction: Transaction) -> Effect:
            person, made = account_of(transaction, address, account, name)
            if transaction.has(self._home, "member", person):
                raise ConflictError(f"`{address.id}` is a member already", code="member_exists", pointer="/email")
            known = self._known(person)
            writes = [*made.writes, is_(known, "workspace", self._home)]
            writes += [is_(self._home, "member", person)] if active else []
            kept = Attributes(known, {"external_id": external_id})
            note = Note("member.add" if active else "member.enrol", person, self._home)
            ended = ended_by_joining(transaction, self._home, [address]) if active else ()
            return Effect(note, tuple(writes), attributes=(*made.attributes, kept), removed=tuple(ended))

        said = [email, name, external_id, active]
        return self._act(Note("member.add", account, self._home), decide, said)

    def change(self, member: str, *, active: bool | None = None, external_id: str | None = None) -> Done:
        """End a membership, with all the member has in the workspace, or begin it again with minimal access.

        What is None stays as it is; an empty `external_id` takes it away. Whoever is ended stays known, but does not
        begin again once their account was deleted.
        """
        person = Object("member", member)
        action = {None: "member.enrol", True: "member.add", False: "member.remove"}[active]
        note = Note(action, person, self._home)

        def decide(transaction: Transaction) -> Effect:
            known, inside = self._known(person), self._inside(transaction, person)
            effect = Effect(note)
            if active is False and inside:
                keep_an_owner(transaction, self._home, person)
                effect = removal(transaction, self._home, person, note)
            elif active and not inside:
                if DELETED_AT in transaction.attributes([person]).get(person, {}):
                    raise not_found(person)
                ended = pending(transaction, self._home, person)
                effect = Effect(note, (is_(self._home, "member", person),), removed=tuple(ended))
            values = _changed(transaction, known, external_id)
            remembered = (is_(known, "workspace", self._home),) if active is not None or values else ()
            return replace(
                effect,
                writes=(*effect.writes, *remembered),
                attributes=(Attributes(known, values),) if values else (),
            )

        return self._act(note, decide, [member, active, external_id])

    def forget(self, member: str) -> Done:
        """End a membership as `change` does, and know nothing of it any longer; the account stays."""
        person = Object("member", member)
        note = Note("member.remove", person, self._home)

        def decide(transaction: Transaction) -> Effect:
            if not self._inside(transaction, person):
                return Effect(note, removed=(self._known(person),))
            keep_an_owner(transaction, self._home, person)
            effect = removal(transaction, self._home, person, note)
            return replace(effect, removed=(*effect.removed, self._known(person)))

        return self._act(note, decide, member)

    def user(self, member: str) -> KnownUser:
        """One user, by the account's id."""
        person = Object("member", member)

        def tell(transaction: Transaction) -> KnownUser:
            inside = self._inside(transaction, person)
            return self._users(transaction, [person], {person} if inside else set())[0]

        return self._desk.look(Note("member.get", person, self._home), self._need, tell)

    def users(self, wanted: Wanted[KnownUser]) -> Found[KnownUser]:
        """The users that are wanted, by id: the members, and those who were ended."""

        def tell(transaction: Transaction) -> Found[KnownUser]:
            people, members = self._candidates(transaction, wanted)
            return _part(people, lambda some: self._users(transaction, some, members), wanted)

        return self._desk.look(Note("member.list", self._home, self._home), self._need, tell)

    def _candidates(self, transaction: Transaction, wanted: Wanted[KnownUser]) -> tuple[list[Object], set[Object]]:
        """Who is looked at, by id, and who of them are members."""
        if wanted.id is not None or wanted.email is not None:
            named = [Object("member", wanted.id)] if wanted.id else _accounts(transaction, wanted.email or "")
            members = {one for one in named if transaction.has(self._home, "member", one)}
            known = {one for one in named if transaction.has(self._known(one), "workspace", self._home)}
        else:
            members = {one for one in subjects(transaction, self._home, "member") if isinstance(one, Object)}
            known = {_person(one) for one in _beneath(transaction, KNOWN, self._home)}
        return sorted(members | known, key=lambda one: one.id), members

    def _users(self, transaction: Transaction, people: Collection[Object], members: set[Object]) -> list[KnownUser]:
        known = {one: self._known(one) for one in people}
        kept = transaction.attributes([*people, *known.values()])
        return [
            KnownUser(
                one.id,
                kept.get(one, {}).get("email"),
                kept.get(one, {}).get("name"),
                one in members,
                kept.get(known[one], {}).get("external_id"),
            )
            for one in people
        ]

    def _known(self, person: Object) -> Object:
        return Object(KNOWN, f"{self._home.id}/{person.id}")

    def _inside(self, transaction: Transaction, person: Object) -> bool:
        """Whether the person is a member; `RequestError` (`member_not_found`) where they are not even known."""
        inside = transaction.has(self._home, "member", person)
        if not inside and not transaction.has(self._known(person), "workspace", self._home):
            raise not_found(person)
        return inside

    # --- groups ---

    def group(self, group: str, *, with_members: bool = True) -> KnownGroup:
        """One group."""
        found = Object("group", group)

        def tell(transaction: Transaction) -> KnownGroup:
            belongs(transaction, found, self._home)
            return _groups(transaction, [found], with_members=with_members)[0]

        return self._desk.look(Note("group.get", found, self._home), self._need, tell)

    def groups(self, wanted: Wanted[KnownGroup], *, with_members: bool = True) -> Found[KnownGroup]:
        """The groups that are wanted, by id."""

        def tell(transaction: Transaction) -> Found[KnownGroup]:
            groups = set(_beneath(transaction, "group", self._home))
            if wanted.id is not None:
                groups &= {Object("group", wanted.id)}
            if wanted.member is not None:
                groups &= set(_beneath(transaction, "group", Object("member", wanted.member), "added"))
            ordered = sorted(groups, key=lambda one: one.id)
            return _part(ordered, lambda some: _groups(transaction, some, with_members=with_members), wanted)

        return self._desk.look(Note("group.list", self._home, self._home), self._need, tell)

    @property
    def _need(self) -> Need:
        return provision(self._home)

    def _act(self, note: Note, decide: Callable[[Transaction], Effect], said: object) -> Done:
        return self._desk.act(note, self._need, decide, said)


def _part(ordered: list[Object], tell: Callable[[list[Object]], list[K]], wanted: Wanted[K]) -> Found[K]:
    """Where nothing has to fit, only the part that is wanted is told of at all."""
    part = slice(wanted.start - 1, wanted.start - 1 + wanted.count)
    if wanted.fits is None:
        return Found(len(ordered), tuple(tell(ordered[part])))
    fitting = [one for one in tell(ordered) if wanted.fits(one)]
    return Found(len(fitting), tuple(fitting[part]))


def _changed(transaction: Transaction, known: Object, external_id: str | None) -> dict[str, str | None]:
    kept = transaction.attributes([known]).get(known, {})
    same = external_id is None or (external_id or None) == kept.get("external_id")
    return {} if same else {"external_id": external_id or None}


def _accounts(transaction: Transaction, email: str) -> list[Object]:
    found = subjects(transaction, words.email(email), "account")
    return [one for one in found if isinstance(one, Object)]


def _beneath(transaction: Transaction, type_: str, subject: Object, relation: str = "workspace") -> list[Object]:
    found = transaction.every(TupleFilter(object_type=type_, relation=relation, subject=subject))
    return [one.tuple.object for one in found]


def _person(known: Object) -> Object:
    return Object("member", known.id.partition("/")[2])


def _groups(transaction: Transaction, groups: list[Object], *, with_members: bool) -> list[KnownGroup]:
    kept = transaction.attributes(groups)
    return [
        KnownGroup(
            one.id,
            str(kept.get(one, {}).get("name") or one.id),
            kept.get(one, {}).get("external_id"),
            tuple(each.id for each in subjects(transaction, one, "added") if isinstance(each, Object))
            if with_members
            else None,
        )
        for one in groups
    ]
