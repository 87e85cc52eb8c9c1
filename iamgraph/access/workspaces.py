"""Workspaces: made by who runs iamgraph, changed by their owners."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, exists, not_found, taken
from iamgraph.access.words import Caller
from iamgraph.errors import RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple

PLANS: Final = ("free", "team", "business")
REGIONS: Final = ("us", "eu")
BUILT_IN_LABELS: Final = ("environment:dev", "environment:prod")
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
            if not exists(transaction, home):
                raise not_found(home)
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

    def get(self, id_: str) -> dict[str, Any]:
        """A workspace, for whoever is in it."""
        home = words.workspace(id_)

        def tell(transaction: Transaction) -> dict[str, Any]:
            kept = transaction.attributes([home]).get(home)
            if kept is None:
                raise not_found(home)
            return _told(home, dict(kept), hipaa=transaction.has(HIPAA, "workspace", home))

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
    return {"id": home.id, **{key: kept.get(key) for key in ("name", "plan", "region")}, "hipaa": hipaa}


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
