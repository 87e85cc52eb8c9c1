"""Workspaces: made by who runs iamgraph, changed by their owners."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import ENDS_AT, Desk, Need, exists, not_found, taken
from iamgraph.access.words import Caller
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, OnExisting, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, Subject

PLANS: Final = ("free", "team", "business")
REGIONS: Final = ("us", "eu")
BUILT_IN_LABELS: Final = ("environment:dev", "environment:prod")
# How long a deletion can be taken back.
DELETED_AFTER: Final = timedelta(days=5)
HIPAA: Final = Object("regime", "hipaa")
HIPAA_SAID: Final = "whether a workspace is HIPAA-eligible is said"


class Workspaces:
    """What can be done with workspaces."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def create(
        self, id_: str, *, name: str, owner: str, plan: str = "business", region: str = "us", hipaa: bool = False
    ) -> Done:
        """A new workspace, and its first owner, by e-mail address, whose account is made where there is none.

        Only a service's own key may: there is no owner yet to ask.
        """
        home = words.workspace(id_)
        address = words.email(owner)
        values = workspace_values(name, plan, region)
        account = words.new_id("member")

        def decide(transaction: Transaction) -> Effect:
            only_by_key(self._desk.caller)
            if exists(transaction, home):
                raise taken(home)
            first, made = account_of(transaction, address, account)
            labels = [words.label(home, text) for text in BUILT_IN_LABELS]
            writes = [
                words.is_(home, "member", first),
                words.is_(home, "owner_direct", first),
                *(words.is_(one, "workspace", home) for one in labels),
                *([words.is_(HIPAA, "workspace", home)] if hipaa else ()),
                *made.writes,
            ]
            return Effect(note, tuple(writes), attributes=(Attributes(home, values), *made.attributes))

        note = Note("workspace.create", home, home)
        return self._desk.act(note, None, decide, [id_, owner, hipaa, values])

    def update(
        self,
        id_: str,
        *,
        name: str | None = None,
        plan: str | None = None,
        region: str | None = None,
        hipaa: bool | None = None,
    ) -> Done:
        """Change what is given of a workspace.

        Whether it is HIPAA-eligible counts at once for the sessions of all its members, in other workspaces too: so
        that is for a service's own key to say.
        """
        home = words.workspace(id_)
        given = {key: value for key, value in workspace_values(name, plan, region).items() if value is not None}

        def decide(transaction: Transaction) -> Effect:
            _kept(transaction, home)
            if hipaa is not None:
                only_by_key(self._desk.caller, HIPAA_SAID)
            bound = (words.is_(HIPAA, "workspace", home),)
            return Effect(
                note,
                writes=bound if hipaa else (),
                deletes=bound if hipaa is False else (),
                attributes=(Attributes(home, given),) if given else (),
            )

        note = Note("workspace.update", home, home)
        return self._desk.act(note, Need("can_manage_settings", home), decide, [given, hipaa])

    def delete(self, id_: str) -> Done:
        """End a workspace, five days from now, unless it is kept before: nobody is in it any longer from then on.

        Until then all goes on in it, but that nobody new comes in. Its id is never used again.
        """
        home = words.workspace(id_)
        note = Note("workspace.delete", home, home)

        def decide(transaction: Transaction) -> Effect:
            if ENDS_AT in _kept(transaction, home):
                raise ConflictError(f"`{home}` is being deleted already", code="workspace_ends")
            end = transaction.now + DELETED_AFTER
            ending = tuple(replace(one, expires_at=_ending(one, end)) for one in _inside(transaction, home))
            kept = Attributes(home, {ENDS_AT: end.isoformat()})
            return Effect(note, ending, attributes=(kept,), on_existing=OnExisting.TOUCH)

        return self._desk.act(note, Need("can_delete", home), decide)

    def keep(self, id_: str) -> Done:
        """Take back the deletion of a workspace, while it has not ended."""
        home = words.workspace(id_)
        note = Note("workspace.keep", home, home)

        def decide(transaction: Transaction) -> Effect:
            ends = _kept(transaction, home).get(ENDS_AT)
            if ends is None:
                return Effect(note)
            if datetime.fromisoformat(ends) <= transaction.now:
                raise ConflictError(f"`{home}` has ended", code="workspace_ended")
            inside = [one for one in _inside(transaction, home) if one.expires_at == datetime.fromisoformat(ends)]
            own = _expiries(transaction, [one.subject for one in inside if isinstance(one.subject, Object)])
            staying = tuple(replace(one, expires_at=own.get(one.subject)) for one in inside)
            return Effect(note, staying, attributes=(Attributes(home, {ENDS_AT: None}),), on_existing=OnExisting.TOUCH)

        return self._desk.act(note, Need("can_delete", home), decide)

    def get(self, id_: str) -> dict[str, Any]:
        """A workspace, for whoever is in it."""
        home = words.workspace(id_)

        def tell(transaction: Transaction) -> dict[str, Any]:
            return _told(home, _kept(transaction, home), hipaa=transaction.has(HIPAA, "workspace", home))

        return self._desk.look(Note("workspace.get", home, home), Need("can_open", home), tell)

    def all(self) -> list[dict[str, Any]]:
        """The workspaces the caller is in, by id; for a service's own key all of them."""

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            found = sorted({one.tuple.object for one in transaction.every(self._mine())})
            bound = {one.tuple.subject for one in transaction.of(HIPAA, "workspace")}
            kept = transaction.attributes(found)
            return [_told(one, dict(kept[one]), hipaa=one in bound) for one in found if one in kept]

        return self._desk.authorizer.look(self._desk.store, tell)

    def _mine(self) -> TupleFilter:
        subject = self._desk.caller.subject
        if subject is None:
            return TupleFilter(object_type="workspace", relation="member")
        return TupleFilter(object_type="workspace", relation=subject.type, subject=subject)


def only_by_key(caller: Caller, what: str = "workspaces are made") -> None:
    """`RequestError` (`relation_missing`) unless a service's own key does what no owner of the workspace may."""
    if caller.subject is not None:
        raise RequestError(f"{what} with a key of scope `admin`", code="relation_missing")


def workspace_values(name: str | None, plan: str | None, region: str | None) -> dict[str, str | None]:
    """What is kept of a workspace; `RequestError` for a plan or region there is none of."""
    if plan is not None and plan not in PLANS:
        raise RequestError(f"a plan is one of {', '.join(PLANS)}", code="malformed_plan", pointer="/plan")
    if region is not None and region not in REGIONS:
        raise RequestError(f"a region is one of {', '.join(REGIONS)}", code="malformed_region", pointer="/region")
    return {"name": name, "plan": plan, "region": region}


def _told(home: Object, kept: dict[str, Any], *, hipaa: bool) -> dict[str, Any]:
    return {"id": home.id, **{key: kept.get(key) for key in ("name", "plan", "region", ENDS_AT)}, "hipaa": hipaa}


def _kept(transaction: Transaction, home: Object) -> dict[str, Any]:
    """What is kept of a workspace; `RequestError` (`workspace_not_found`) where there is none."""
    kept = transaction.attributes([home]).get(home)
    if kept is None:
        raise not_found(home)
    return dict(kept)


def _inside(transaction: Transaction, home: Object) -> list[RelationTuple]:
    """The tuples by which somebody is in a workspace."""
    return [one.tuple for relation in ("member", "token", "provisioner") for one in transaction.of(home, relation)]


def _ending(one: RelationTuple, end: datetime) -> datetime:
    """When who is in by the tuple is out.

    An end of its own is not known any longer where it would come later, so that who has one, and is no token, is not
    let in again: they end an instant before all others.
    """
    if one.expires_at is None or (isinstance(one.subject, Object) and one.subject.type == "token"):
        return min(end, one.expires_at or end)
    return min(one.expires_at, end - timedelta.resolution)


def _expiries(transaction: Transaction, subjects: list[Object]) -> dict[Subject, datetime]:
    """When the tokens among them end by themselves."""
    kept = transaction.attributes([one for one in subjects if one.type == "token"])
    ends = {one: values.get("expires_at") for one, values in kept.items()}
    return {one: datetime.fromisoformat(end) for one, end in ends.items() if end is not None}


class Made:
    """What an account that is made brings along."""

    def __init__(self, writes: tuple[RelationTuple, ...] = (), attributes: tuple[Attributes, ...] = ()) -> None:
        self.writes = writes
        self.attributes = attributes


def account_of(
    transaction: Transaction, address: Object, account: Object, name: str | None = None
) -> tuple[Object, Made]:
    """The member whose address it is; where there is none, that account, and what makes it. A known name stays."""
    known = accounts_of(transaction, [address])
    if address in known:
        return known[address], Made()
    if exists(transaction, account):
        raise taken(account)
    return account, made_account(address, account, name)


def accounts_of(transaction: Transaction, addresses: Iterable[Object]) -> dict[Object, Object]:
    """The members whose addresses these are, by address; those of nobody are left out."""
    found = transaction.of_each(addresses, "account")
    return {one.object: one.subject for one in found if isinstance(one.subject, Object)}


def made_account(address: Object, account: Object, name: str | None) -> Made:
    """What makes an account of an address that is nobody's."""
    attributes = Attributes(account, {"email": address.id, "name": name})
    return Made((words.is_(address, "account", account),), (attributes,))
