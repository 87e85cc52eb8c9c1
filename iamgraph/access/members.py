"""Members of a workspace: added, made owners, removed; and what each holds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, not_found, subjects
from iamgraph.access.invites import ended_by_joining, invite_and_all, invited
from iamgraph.access.policies import held_policies, left_without
from iamgraph.access.words import is_
from iamgraph.access.workspaces import account_of
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, shown

OWNER, MEMBER = "owner", "member"
# So that an id with that of a workspace before it is an id too.
MAX_MEMBER_ID_LENGTH: Final = 128
# By what a member or token stands in what is in a workspace, besides policies.
STANDING: Final = {"group": "added", "access_request": "requester"}


class Members:
    """What can be done with the members of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def add(self, email: str, *, name: str | None = None, role: str = MEMBER, id_: str | None = None) -> Done:
        """Make the person with that address a member, with minimal access or as an owner.

        An account that is there is taken, whatever name is given; one that is not is made. An open invite of theirs
        ends, and gives nothing.
        """
        address = words.email(email)
        account = words.new_id("member", id_)
        owner = is_owner(role)
        check_member_id(account)

        def decide(transaction: Transaction) -> Effect:
            person, made = account_of(transaction, address, account, name)
            writes = [is_(self._home, "member", person), *made.writes]
            if transaction.has(self._home, "member", person):
                raise ConflictError(f"`{address.id}` is a member already", code="member_exists", pointer="/email")
            writes += [is_(self._home, "owner_direct", person)] if owner else []
            ended = ended_by_joining(transaction, self._home, [address])
            note = Note("member.add", person, self._home)
            return Effect(note, tuple(writes), attributes=made.attributes, removed=tuple(ended))

        return self._act(Note("member.add", account, self._home), decide, [email, name, role, id_])

    def set_role(self, member: str, role: str) -> Done:
        """Make a member an owner, or an owner a member with what their policies give.

        With an owner's role goes an invite from before they were added, whose link would bring it back.
        """
        person, owner = Object("member", member), is_owner(role)
        named = is_(self._home, "owner_direct", person)

        def decide(transaction: Transaction) -> Effect:
            self._present(transaction, person)
            if owner:
                return Effect(note, writes=(named,))
            keep_an_owner(transaction, self._home, person)
            was_owner = transaction.has(self._home, "owner_direct", person)
            ended = pending(transaction, self._home, person) if was_owner else ()
            return Effect(note, deletes=(named,), removed=tuple(ended))

        note = Note("member.set_role", person, self._home)
        return self._act(note, decide, [member, role])

    def set_pii(self, member: str, *, pii: bool) -> Done:
        """Let a member see personal data in what their own policies reach, or no longer."""
        person = Object("member", member)
        flag = (is_(self._home, "pii", person),)

        def decide(transaction: Transaction) -> Effect:
            self._present(transaction, person)
            return Effect(note, writes=flag if pii else (), deletes=() if pii else flag)

        note = Note("member.set_pii", person, self._home)
        return self._act(note, decide, [member, pii])

    def remove(self, member: str) -> Done:
        """End all a member has in the workspace: membership, groups, policies, what they asked for. They may go too."""
        person = Object("member", member)

        def decide(transaction: Transaction) -> Effect:
            self._present(transaction, person)
            keep_an_owner(transaction, self._home, person)
            return removal(transaction, self._home, person, note)

        note = Note("member.remove", person, self._home)
        if self._desk.caller.subject == person:
            return self._desk.act(note, None, decide)
        return self._act(note, decide)

    def get(self, member: str) -> dict[str, Any]:
        """A member, with their groups and policies. Owners may look at all, everybody at themselves."""
        person = Object("member", member)

        def tell(transaction: Transaction) -> dict[str, Any]:
            self._present(transaction, person)
            (told,) = self._told(transaction, [person])
            groups = sorted(one.id for one in groups_of(transaction, self._home, person))
            policies = sorted(one.id for one in held_policies(transaction, self._home, person))
            return {**told, "groups": groups, "policies": policies}

        need = None if self._desk.caller.subject == person else Need("can_manage_access", self._home)
        return self._desk.look(Note("member.get", person, self._home), need, tell)

    def all(self, *, after: str = "", limit: int | None = None) -> list[dict[str, Any]]:
        """The members, by id; those past the id `after`, and no more than `limit`, if there is one."""
        note = Note("member.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            people = sorted(one for one in _members(transaction, self._home) if one.id > after)
            return self._told(transaction, people[:limit])

        return self._desk.look(note, Need("can_manage_access", self._home), tell)

    def _act(self, note: Note, decide: Any, said: Any = None) -> Done:
        return self._desk.act(note, Need("can_manage_access", self._home), decide, said)

    def _present(self, transaction: Transaction, person: Object) -> None:
        """`RequestError` (`member_not_found`) unless the person is a member."""
        if not transaction.has(self._home, "member", person):
            raise not_found(person)

    def _told(self, transaction: Transaction, people: list[Object]) -> list[dict[str, Any]]:
        owners = set(subjects(transaction, self._home, "owner_direct"))
        flagged = set(subjects(transaction, self._home, "pii"))
        kept = transaction.attributes(people)
        return [
            {
                "id": one.id,
                "email": kept[one].get("email"),
                "name": kept[one].get("name"),
                "role": OWNER if one in owners else MEMBER,
                "pii": one in flagged,
                "alias_of": self._alias_of(transaction, kept[one]),
            }
            for one in people
        ]

    def _alias_of(self, transaction: Transaction, kept: Mapping[str, Any]) -> str | None:
        """The member whose address this one's is an alias of; who is none of this workspace is not told."""
        plain = words.without_tag(Object("email", kept["email"])) if kept.get("email") else None
        accounts = subjects(transaction, plain, "account") if plain is not None else []
        members = (one for one in accounts if transaction.has(self._home, "member", one))
        return next((one.id for one in members if isinstance(one, Object)), None)


def is_owner(role: str) -> bool:
    """Whether a member of that role is an owner; `RequestError` if there is no such role."""
    if role not in (OWNER, MEMBER):
        raise RequestError(
            f"no role `{shown(role)}` of members: `owner` or `member`", code="role_not_found", pointer="/role"
        )
    return role == OWNER


def check_member_id(account: Object) -> None:
    """`RequestError` for an id that is too long for a member's, or would be taken for an address."""
    if len(account.id) > MAX_MEMBER_ID_LENGTH or "@" in account.id:
        raise RequestError(
            f"a member's id has up to {MAX_MEMBER_ID_LENGTH} characters, and no `@`", code="malformed_id", pointer="/id"
        )


def last_owner(home: Object) -> ConflictError:
    """What is told where a workspace would be left without an owner in their own right."""
    return ConflictError(
        f"`{home}` would be left without an owner in their own right: name another first", code="last_owner"
    )


def _members(transaction: Transaction, home: Object) -> Iterable[Object]:
    return (one for one in subjects(transaction, home, "member") if isinstance(one, Object))


def groups_of(transaction: Transaction, home: Object, person: Object) -> list[Object]:
    """The groups of the workspace that a member is in."""
    return [one.object for one in _standing(transaction, home, person) if one.object.type == "group"]


def _standing(transaction: Transaction, home: Object, subject: Object) -> list[RelationTuple]:
    found = [
        one.tuple
        for type_, relation in STANDING.items()
        for one in transaction.every(TupleFilter(object_type=type_, relation=relation, subject=subject))
    ]
    return [one for one in found if transaction.has(one.object, "workspace", home)]


def keep_an_owner(transaction: Transaction, home: Object, person: Object) -> None:
    """`ConflictError` (`last_owner`) where the workspace would have no owner in their own right without the person."""
    owners = [
        one
        for one in subjects(transaction, home, "owner_direct")
        if isinstance(one, Object) and transaction.has(home, "member", one)
    ]
    if owners == [person]:
        raise last_owner(home)


def removal(transaction: Transaction, home: Object, subject: Object, note: Note) -> Effect:
    """What ends all that a member or token has in a workspace. Policies that nobody holds any longer go with it.

    So does an invite from before a member was added, whose link would bring them back.
    """
    standing = _standing(transaction, home, subject)
    policies = held_policies(transaction, home, subject)
    own = [is_(home, relation, subject) for relation in (subject.type, "owner_direct", "pii")]
    return Effect(
        note,
        deletes=(*own, *standing, *(is_(one, "direct", subject) for one in policies)),
        removed=(
            *(one.object for one in standing if one.object.type == "access_request"),
            *left_without(transaction, subject, policies),
            *pending(transaction, home, subject),
        ),
    )


def pending(transaction: Transaction, home: Object, person: Object) -> list[Object]:
    """The invite to a workspace that a person's address still has, with what it alone holds."""
    email = transaction.attributes([person]).get(person, {}).get("email")
    invite = invited(transaction, home).get(email) if email is not None else None
    return [] if invite is None else invite_and_all(transaction, invite)
