"""Invites: what somebody would hold once they accept. Until then, and once it has expired, an invite gives nothing."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from ulid import ULID

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, belongs, subjects
from iamgraph.access.policies import Grant, left_without, policy_tuples
from iamgraph.access.secrets import INVITE, hash_of, id_of, matches, new_secret
from iamgraph.access.words import is_
from iamgraph.access.workspaces import account_of
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object

INVITE_DAYS: Final = 7
MAX_INVITE_DAYS: Final = 365


class Invites:
    """What can be done with the invites to one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(
        self,
        email: str,
        *,
        groups: Collection[str] = (),
        grants: Collection[Grant] = (),
        days: int = INVITE_DAYS,
    ) -> tuple[Done, str]:
        """Invite whoever has the address; with the secret for the link they are sent, which is told this once."""
        if not 1 <= days <= MAX_INVITE_DAYS:
            raise RequestError(f"an invite lasts 1 to {MAX_INVITE_DAYS} days", code="malformed_time", pointer="/days")
        address = words.email(email)
        id_ = str(ULID())
        invite, secret = Object("invite", id_), new_secret(INVITE, id_)
        new = [(words.new_id("policy"), grant) for grant in grants]
        ends = self._desk.clock() + timedelta(days=days)
        kept = {"email": address.id, "secret_hash": hash_of(secret), "expires_at": ends.isoformat()}

        def decide(transaction: Transaction) -> Effect:
            self._check_new(transaction, address)
            writes = [is_(invite, "workspace", self._home)]
            for one in dict.fromkeys(groups):
                group = Object("group", one)
                belongs(transaction, group, self._home)
                writes.append(is_(group, "invited", invite))
            for policy, grant in new:
                writes += policy_tuples(transaction, self._home, policy, grant, ())
                writes.append(is_(policy, "invited", invite))
            return Effect(note, tuple(writes), attributes=(Attributes(invite, kept),))

        note = Note("invite.create", invite, self._home)
        said = [email, sorted(groups), [[one.role, one.resources, one.labels] for one in grants], days]
        done = self._desk.act(note, Need("can_manage_access", self._home), decide, said)
        if done.object != invite:
            raise RequestError(
                f"this request made `{done.object}` before, and its secret is shown once: revoke it, and invite again",
                code="secret_shown",
            )
        return done, secret

    def revoke(self, invite: str) -> Done:
        """End an invite, whether it has expired or not, with the policies that nobody else holds."""
        found = Object("invite", invite)

        def decide(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            return Effect(note, removed=tuple(invite_and_all(transaction, found)))

        note = Note("invite.revoke", found, self._home)
        return self._desk.act(note, Need("can_manage_access", self._home), decide)

    def accept(self, secret: str, *, name: str | None = None) -> Done:
        """Become a member with what the invite holds, in the account its address has or gets.

        The secret is the proof of who has the address: whoever calls may pass it on. Refused once it has expired.
        """
        id_ = id_of(INVITE, secret)
        invite = Object("invite", id_ or "unknown")
        account = words.new_id("member")

        def decide(transaction: Transaction) -> Effect:
            kept = transaction.attributes([invite]).get(invite, {})
            if not matches(secret, kept.get("secret_hash")) or not transaction.has(invite, "workspace", self._home):
                raise RequestError("no such invite: it was revoked or accepted", code="invite_not_found")
            if datetime.fromisoformat(kept["expires_at"]) <= transaction.now:
                raise RequestError("the invite has expired: ask an owner for another", code="invite_expired")
            person, made = account_of(transaction, words.email(kept["email"]), account, name)
            if transaction.has(self._home, "member", person):
                raise ConflictError(f"`{kept['email']}` is a member already", code="member_exists")
            writes = [is_(self._home, "member", person), *made.writes]
            writes += [is_(one, "direct", person) for one in _policies(transaction, invite)]
            writes += [is_(one, "added", person) for one in _groups(transaction, invite)]
            note = Note("invite.accept", person, self._home)
            return Effect(note, tuple(writes), attributes=made.attributes, removed=(invite,))

        return self._desk.act(Note("invite.accept", invite, self._home), None, decide, [hash_of(secret), name])

    def all(self) -> list[dict[str, Any]]:
        """The invites, by address; those that have expired show until they are revoked."""
        note = Note("invite.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            invites = list(invited(transaction, self._home).values())
            kept = transaction.attributes(invites)
            return sorted(
                (
                    {
                        "id": one.id,
                        "email": kept[one].get("email"),
                        "expires_at": kept[one].get("expires_at"),
                        "expired": datetime.fromisoformat(kept[one]["expires_at"]) <= transaction.now,
                        "groups": sorted(each.id for each in _groups(transaction, one)),
                        "policies": sorted(each.id for each in _policies(transaction, one)),
                    }
                    for one in invites
                ),
                key=lambda one: (str(one["email"]), str(one["id"])),
            )

        return self._desk.look(note, Need("can_manage_access", self._home), tell)

    def _check_new(self, transaction: Transaction, address: Object) -> None:
        members = set(subjects(transaction, self._home, "member"))
        if members & set(subjects(transaction, address, "account")):
            raise ConflictError(f"`{address.id}` is a member already", code="member_exists", pointer="/email")
        if address.id in invited(transaction, self._home):
            raise ConflictError(
                f"`{address.id}` is invited already: revoke that invite first", code="invite_exists", pointer="/email"
            )


def invited(transaction: Transaction, home: Object) -> dict[str, Object]:
    """The invites to a workspace by address, those that have expired too."""
    found = transaction.every(TupleFilter(object_type="invite", relation="workspace", subject=home))
    kept = transaction.attributes(one.tuple.object for one in found)
    return {str(values["email"]): one for one, values in kept.items()}


def invite_and_all(transaction: Transaction, invite: Object) -> list[Object]:
    """An invite, and the policies that only it holds."""
    return [invite, *left_without(transaction, invite, _policies(transaction, invite))]


def ended_by_joining(transaction: Transaction, home: Object, addresses: Collection[Object]) -> list[Object]:
    """The open invites of whoever becomes a member otherwise, with what they alone hold.

    They end in the same change: their links would later give back what was taken from the member since.
    """
    found = invited(transaction, home)
    open_ = (found[one.id] for one in addresses if one.id in found)
    return list(dict.fromkeys(each for one in open_ for each in invite_and_all(transaction, one)))


def _groups(transaction: Transaction, invite: Object) -> list[Object]:
    wanted = TupleFilter(object_type="group", relation="invited", subject=invite)
    return [one.tuple.object for one in transaction.every(wanted)]


def _policies(transaction: Transaction, invite: Object) -> list[Object]:
    wanted = TupleFilter(object_type="policy", relation="invited", subject=invite)
    return [one.tuple.object for one in transaction.every(wanted)]
