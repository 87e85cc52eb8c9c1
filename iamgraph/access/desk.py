"""Where acts are done: the caller authorised by iamgraph's own check, the change made, the refused ones recorded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.questions import Act, Done, Effect, Entry, Note, RecordQuery, Refusal
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, Subject

T = TypeVar("T")
# Whoever is refused may know why; what is malformed was no act.
_REFUSED: Final = (RequestError, ConflictError, LimitError)
# Who stands in one of these is inside a workspace, or keeps who is.
JOINING: Final = frozenset({("workspace", "member"), ("workspace", "token"), ("workspace", "provisioner")})
# By which of its relations a member or token belongs to a workspace.
BELONGING: Final = {"member": ("member",), "token": ("token", "provisioner")}
# When a workspace that is being deleted ends, as it is kept of it.
ENDS_AT: Final = "ends_at"
# Refusals of one day that are kept of who is not in a workspace; more are counted. Those of who is in it are all kept.
MAX_REFUSED_OUTSIDE: Final = 1_000
# Who does these is in no workspace yet, though a service's key does it for them.
PROVED_BY_SECRET: Final = frozenset({"invite.accept"})


class RecordKeeper(Protocol):
    """Keeps what was refused, and tells it with what was done."""

    def record(self, store: str, asked: RecordQuery) -> tuple[Entry, ...]:
        """The lines asked for, newest first."""

    def record_refusal(self, store: str, refusal: Refusal) -> None:
        """Keep a refusal, if there is an object it is listed under."""


class RelationMissingError(RequestError):
    """The caller may not; `relation` is what they lack."""

    default_code = "relation_missing"

    def __init__(self, message: str, relation: str) -> None:
        super().__init__(message)
        self.relation = relation


class Known(Protocol):
    """What rules are judged by: a store's state, or what a document says it is to be."""

    def has(self, object_: Object, relation: str, subject: Subject) -> bool:
        """Whether the tuple is there."""


@dataclass(frozen=True, slots=True)
class Need:
    """What the caller must be allowed: a relation on an object.

    `older` is asked in its place where the store's model is from before there was the relation.
    """

    relation: str
    object: Object
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    """One caller's, for one store. `reason` and `idempotency_key` are those of the acts done at it."""

    authorizer: Authorizer
    keeper: RecordKeeper
    store: str
    caller: Caller
    reason: str | None = None
    idempotency_key: str | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    refused_outside: int = MAX_REFUSED_OUTSIDE

    def act(self, note: Note, need: Need | None, decide: Callable[[Transaction], Effect], said: Any = None) -> Done:
        """Do what is decided, if the caller may: asked, looked at and done in one transaction.

        `said` is what the request said, as JSON, by which two requests of one idempotency key are told apart.
        A refusal is recorded, and raised.
        """
        within, said = str(note.within), str(note.object) if said is None else said
        body = json.dumps([note.action, within, said], default=str)
        by, at = self.caller.name, self.clock()

        def decided(transaction: Transaction) -> Effect:
            if need is not None:
                self.require(transaction, need)
            effect = decide(transaction)
            refuse_joining(transaction, effect)
            return effect

        act = self._once(Act(at, by, self.reason, self.idempotency_key, body))
        return self._recorded(note, lambda: self.authorizer.transact(self.store, decided, act))

    def _once(self, act: Act) -> Act:
        """The act under a key of the caller's own: by a key taken, a stranger could keep others from acting."""
        if self.caller.subject is None or act.idempotency_key is None:
            return act
        own = hashlib.sha256(f"{act.by} {act.idempotency_key}".encode()).hexdigest()
        return replace(act, idempotency_key=own)

    def look(self, note: Note, need: Need | None, tell: Callable[[Transaction], T]) -> T:
        """What is told of the store's state, if the caller may know; a refusal is recorded, and raised."""

        def told(transaction: Transaction) -> T:
            if need is not None:
                self.require(transaction, need)
            return tell(transaction)

        return self._recorded(note, lambda: self.authorizer.look(self.store, told))

    def require(self, transaction: Transaction, need: Need) -> None:
        """`RelationMissingError` where the caller lacks it; a service's own key may all, of what is there."""
        subject = self.caller.subject
        if subject is None:
            if not exists(transaction, need.object):
                raise not_found(need.object)
            return
        relation = need.relation
        if need.older is not None and not transaction.defines(need.object.type, relation):
            relation = need.older
        if not transaction.check(subject, relation, need.object):
            raise RelationMissingError(f"`{subject}` lacks `{relation}` on `{need.object}`", relation)

    def allowed(self, transaction: Transaction, relation: str, objects: list[Object]) -> list[Object]:
        """Those of the objects on which the caller has the relation."""
        subject = self.caller.subject
        return objects if subject is None else transaction.allowed(subject, relation, objects)

    def _recorded(self, note: Note, do: Callable[[], T]) -> T:
        try:
            return do()
        except _REFUSED as fault:
            most = None if self._stands_in(note) else self.refused_outside
            refusal = Refusal(note, self.clock(), self.caller.name, self.reason, fault.code, fault.message, most)
            self.keeper.record_refusal(self.store, refusal)
            raise

    def _stands_in(self, note: Note) -> bool:
        """Whether the caller belongs to what an act is listed under, so that its refusals are all kept."""
        subject = self.caller.subject
        if subject is None:
            return note.action not in PROVED_BY_SECRET
        if note.within.type != "workspace":
            return note.within == subject
        return self.authorizer.look(
            self.store,
            lambda transaction: any(transaction.has(note.within, one, subject) for one in BELONGING[subject.type]),
        )


def refuse_joining(transaction: Transaction, effect: Effect) -> None:
    """`ConflictError` (`workspace_ends`) where somebody would come into a workspace that is being deleted."""
    settled = {one.object for one in effect.attributes if ENDS_AT in one.values}
    joined = {one.object for one in effect.writes if (one.object.type, one.relation) in JOINING} - settled
    for one, values in transaction.attributes(joined).items():
        if ENDS_AT in values:
            raise ConflictError(f"`{one}` is being deleted, and takes in nobody: keep it first", code="workspace_ends")


def exists(transaction: Transaction, object_: Object) -> bool:
    """Whether the store knows the object."""
    return object_ in transaction.attributes([object_])


def not_found(object_: Object) -> RequestError:
    """What is told of an object that is not there, or belongs to another workspace."""
    return RequestError(f"no {object_.type.replace('_', ' ')} `{object_.id}`", code=f"{object_.type}_not_found")


def belongs(known: Known, object_: Object, workspace: Object) -> None:
    """`RequestError` (`…_not_found`) unless the object is one of the workspace's."""
    if not known.has(object_, "workspace", workspace):
        raise not_found(object_)


def taken(object_: Object) -> ConflictError:
    """What is told of an id that something has already."""
    return ConflictError(f"`{object_}` exists: take another id", code="id_taken", pointer="/id")


def subjects(transaction: Transaction, object_: Object, relation: str) -> list[Subject]:
    """Who stands in a relation of an object."""
    return [one.tuple.subject for one in transaction.of(object_, relation)]
