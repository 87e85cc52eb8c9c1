"""Accounts: one for each e-mail address, its person's own, whatever workspaces it is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, RelationMissingError, not_found, subjects
from iamgraph.access.members import keep_an_owner, pending, removal
from iamgraph.access.words import is_
from iamgraph.access.workspaces import only_by_key
from iamgraph.errors import ConflictError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple

# Kept of an account that was deleted, so that nobody ever gets its id.
DELETED_AT: Final = "deleted_at"


class Accounts:
    """What a person can do with their own account; a service's own key can do it for them, nobody else can."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, member: str) -> dict[str, Any]:
        """An account: its address and name, and the workspaces it is a member of."""
        person, note = _named("account.get", member)

        def tell(transaction: Transaction) -> dict[str, Any]:
            kept = self._kept(transaction, person)
            told = {"id": person.id, "email": kept.get("email"), "name": kept.get("name")}
            return {**told, "workspaces": [one.id for one in _homes(transaction, person)]}

        return self._desk.look(note, None, tell)

    def rename(self, member: str, name: str) -> Done:
        """Give an account another name, which all its workspaces see."""
        person, note = _named("account.rename", member)

        def decide(transaction: Transaction) -> Effect:
            self._kept(transaction, person)
            seen = replace(note, others=tuple(_homes(transaction, person)))
            return Effect(seen, attributes=(Attributes(person, {"name": name}),))

        return self._desk.act(note, None, decide, [member, name])

    def set_email(self, member: str, email: str) -> Done:
        """Give an account another address, which is nobody's; what it may stays.

        Only a service's own key may: the address is to be proved first. Who is added or invited by it is whoever has it
        here, so that a person could take what is meant for another.
        """
        person, note = _named("account.set_email", member)
        address = words.email(email)

        def decide(transaction: Transaction) -> Effect:
            self._kept(transaction, person)
            only_by_key(self._desk.caller, "the address of an account is changed")
            if subjects(transaction, address, "account") not in ([], [person]):
                raise ConflictError(f"`{address.id}` is the address of another account", code="email_taken")
            new = is_(address, "account", person)
            old = tuple(one for one in _addresses(transaction, person) if one != new)
            homes = _homes(transaction, person)
            # The link of an invite to the old address would bring back who is removed from there meanwhile.
            stale = [each for one in homes for each in pending(transaction, one, person)] if old else []
            kept = Attributes(person, {"email": address.id})
            return Effect(
                replace(note, others=tuple(homes)), (new,), old, attributes=(kept,), removed=tuple(dict.fromkeys(stale))
            )

        return self._desk.act(note, None, decide, [member, email])

    def delete(self, member: str) -> Done:
        """End an account, and all it has in every workspace; refused where it is the last owner of one.

        No workspace ends with it, its id is nobody else's ever after, and its address is free.
        """
        person, note = _named("account.delete", member)

        def decide(transaction: Transaction) -> Effect:
            kept = self._kept(transaction, person)
            homes = _homes(transaction, person)
            ends = [self._leaving(transaction, home, person, note) for home in homes]
            gone = dict.fromkeys(kept) | {DELETED_AT: transaction.now.isoformat()}
            return Effect(
                replace(note, others=tuple(homes)),
                deletes=(*_addresses(transaction, person), *(each for one in ends for each in one.deletes)),
                attributes=(Attributes(person, gone),),
                removed=tuple(dict.fromkeys(each for one in ends for each in one.removed)),
            )

        return self._desk.act(note, None, decide, member)

    def _leaving(self, transaction: Transaction, home: Object, person: Object, note: Note) -> Effect:
        keep_an_owner(transaction, home, person)
        return removal(transaction, home, person, note)

    def _kept(self, transaction: Transaction, person: Object) -> dict[str, Any]:
        """What is kept of the account, for who may know; `RequestError` where there is none."""
        subject = self._desk.caller.subject
        if subject not in (None, person):
            raise RelationMissingError(f"`{person}` is for themselves alone to see and change", "account")
        kept = transaction.attributes([person]).get(person)
        if kept is None or DELETED_AT in kept:
            raise not_found(person)
        return dict(kept)


def _named(action: str, member: str) -> tuple[Object, Note]:
    person = Object("member", member)
    return person, Note(action, person, person)


def _homes(transaction: Transaction, person: Object) -> list[Object]:
    wanted = TupleFilter(object_type="workspace", relation="member", subject=person)
    return [one.tuple.object for one in transaction.every(wanted)]


def _addresses(transaction: Transaction, person: Object) -> Iterator[RelationTuple]:
    wanted = TupleFilter(object_type="email", relation="account", subject=person)
    return (one.tuple for one in transaction.every(wanted))
