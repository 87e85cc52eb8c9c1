"""Access requests: a member asks for more. They give nothing until an owner decides."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, RelationMissingError, belongs, subjects
from iamgraph.access.policies import Grant, check_holder, policy_tuples
from iamgraph.access.words import is_
from iamgraph.errors import LimitError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object

MAX_OPEN_REQUESTS: Final = 10


class AccessRequests:
    """What can be done with the access requests of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def create(self, text: str) -> Done:
        """Ask the owners, in words, for more access. Only a member can, for themselves."""
        request = words.new_id("access_request")

        def decide(transaction: Transaction) -> Effect:
            person = self._desk.caller.subject
            if person is None or person.type != "member":
                raise RelationMissingError("access is asked for by a member, for themselves", "can_request_access")
            self._check_open(transaction, person)
            writes = (is_(request, "workspace", self._home), is_(request, "requester", person))
            kept = {"text": text, "created_at": transaction.now.isoformat()}
            return Effect(note, writes, attributes=(Attributes(request, kept),))

        note = Note("access_request.create", request, self._home)
        return self._desk.act(note, Need("can_request_access", self._home), decide, text)

    def _check_open(self, transaction: Transaction, person: Object) -> None:
        """`LimitError` where the person has as many requests open in the workspace as one may."""
        wanted = TupleFilter(object_type="access_request", relation="requester", subject=person)
        theirs = [one.tuple.object for one in transaction.every(wanted)]
        if sum(transaction.has(one, "workspace", self._home) for one in theirs) >= MAX_OPEN_REQUESTS:
            raise LimitError(
                f"{MAX_OPEN_REQUESTS} of your requests are open: take one back first", code="too_many_requests"
            )

    def approve(self, request: str, grants: Collection[Grant]) -> Done:
        """Give who asked these policies, and end the request."""
        found = Object("access_request", request)
        new = [(words.new_id("policy"), grant) for grant in grants]

        def decide(transaction: Transaction) -> Effect:
            belongs(transaction, found, self._home)
            (person,) = (one for one in subjects(transaction, found, "requester") if isinstance(one, Object))
            check_holder(transaction, self._home, person)
            writes = [
                one for policy, grant in new for one in policy_tuples(transaction, self._home, policy, grant, (person,))
            ]
            return Effect(note, tuple(writes), removed=(found,))

        note = Note("access_request.approve", found, self._home)
        said = [request, [[one.role, one.resources, one.labels] for one in grants]]
        return self._desk.act(note, Need("can_manage_access", self._home), decide, said)

    def dismiss(self, request: str) -> Done:
        """End a request and give nothing. Who asked may take it back too."""
        found = Object("access_request", request)

        def decide(transaction: Transaction) -> Effect:
            if not transaction.has(found, "requester", self._desk.caller.subject or found):
                self._desk.require(transaction, Need("can_manage_access", self._home))
            belongs(transaction, found, self._home)
            return Effect(note, removed=(found,))

        note = Note("access_request.dismiss", found, self._home)
        return self._desk.act(note, None, decide)

    def all(self) -> list[dict[str, Any]]:
        """The open requests, oldest first."""
        note = Note("access_request.list", self._home, self._home)

        def tell(transaction: Transaction) -> list[dict[str, Any]]:
            wanted = TupleFilter(object_type="access_request", relation="workspace", subject=self._home)
            found = [one.tuple.object for one in transaction.every(wanted)]
            kept = transaction.attributes(found)
            told = [
                {
                    "id": one.id,
                    "requester": str(next(iter(subjects(transaction, one, "requester")), "")),
                    "text": kept[one].get("text"),
                    "created_at": kept[one].get("created_at"),
                }
                for one in found
            ]
            return sorted(told, key=lambda one: (str(one["created_at"]), str(one["id"])))

        return self._desk.look(note, Need("can_manage_access", self._home), tell)
