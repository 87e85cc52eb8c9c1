"""Documents of workspaces read, planned and applied, each in one act."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Final

from ulid import ULID

from iamgraph.access import words
from iamgraph.access.described import document_of, read_workspace
from iamgraph.access.describing import Describing
from iamgraph.access.desk import Desk, Need, exists, not_found
from iamgraph.access.document import Document
from iamgraph.access.planned import Plan, difference
from iamgraph.access.words import is_
from iamgraph.access.workspaces import HIPAA, HIPAA_SAID, only_by_key
from iamgraph.errors import ConflictError, RequestError
from iamgraph.questions import Done, Effect, Note
from iamgraph.revision import Revision
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object

MAX_REMOVALS: Final = 25
# What whoever applies a document has to be allowed: all that an owner is, named where it is missing.
NEEDS: Final = ("can_manage_access", "can_manage_labels", "can_manage_settings", "owner")


class Documents:
    """What can be done with documents of workspaces.

    One is kept from plan to apply: a large workspace takes seconds to look at, for a plan without the store's lock, for
    an apply under it, and checks wait for the lock. If the store is still the same, what was planned is applied unseen.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seed = ULID()
        self._seen: tuple[Document, Revision, Plan] | None = None

    def read(self, workspace: str) -> Document:
        """What there is, as a document, without tokens, invites and access requests."""
        home = words.workspace(workspace)

        def tell(transaction: Transaction) -> Document:
            there = read_workspace(transaction, home)
            if not there.exists:
                raise not_found(home)
            return document_of(there)

        return self._desk.look(Note("workspace.export", home, home), Need("can_manage_access", home), tell)

    def plan(self, document: Document) -> Plan:
        """What applying it would change; changes nothing. Raises as `apply`, but for too many removals."""
        home = words.workspace(document.workspace)
        note = Note("workspace.plan", home, home)

        def tell(transaction: Transaction) -> tuple[Document, Revision, Plan]:
            return document, transaction.info.revision, self._planned(transaction, document)

        self._seen = self._desk.look(note, None, tell)
        return self._seen[2]

    def apply(self, document: Document, *, removals: int = MAX_REMOVALS, shown: str | None = None) -> Done:
        """Make the workspace what the document says, in one act; where it is that already, nothing is changed.

        What the document does not name goes, but for tokens, invites and access requests, and policies these hold.
        Only an owner may; only a service's own key makes a workspace. Raises `FaultyFileError` with all that is wrong
        with the document, `LimitError` (`too_many_removals`) where more than `removals` lines of the plan begin with
        `-`, and `ConflictError` (`plan_changed`) where the plan is no longer the one `shown`, given by its token.
        """
        if shown is not None:
            self._seed = _seed(shown)
        home = words.workspace(document.workspace)
        note = Note("workspace.apply", home, home)

        def decide(transaction: Transaction) -> Effect:
            plan = self._planned(transaction, document)
            if shown is not None and plan.token != shown:
                raise ConflictError(
                    "the workspace was changed meanwhile: look at the plan again", code="plan_changed", pointer="/plan"
                )
            plan.check(removals)
            return Effect(note, plan.writes, plan.deletes, plan.attributes, plan.removed)

        said = document.text() if self._desk.idempotency_key is not None else None
        return self._desk.act(note, None, decide, said)

    def _planned(self, transaction: Transaction, document: Document) -> Plan:
        home = words.workspace(document.workspace)
        if exists(transaction, home):
            for relation in NEEDS:
                self._desk.require(transaction, Need(relation, home))
        else:
            if self._desk.caller.subject is not None:
                # Refused as where there is one: who may not look into a workspace does not learn whether it is there.
                self._desk.require(transaction, Need(NEEDS[0], home))
            only_by_key(self._desk.caller)
        seen = self._seen
        if seen is not None and seen[:2] == (document, transaction.info.revision) and seen[2].seed == str(self._seed):
            return seen[2]
        there = read_workspace(transaction, home)
        describing = Describing(transaction, document, there, self._account)
        wanted = describing.described()
        plan = replace(difference(there, wanted, describing.notes, describing.ending), seed=str(self._seed))
        if is_(HIPAA, "workspace", home) in (*plan.writes, *plan.deletes):
            only_by_key(self._desk.caller, HIPAA_SAID)
        return plan

    def _account(self, address: Object) -> Object:
        """The id of a new account: of one seed always the same, so that the one that was shown is made."""
        drawn = hashlib.sha256(self._seed.bytes + str(address).encode()).digest()
        return Object("member", str(ULID(self._seed.bytes[:6] + drawn[:10])))


def _seed(token: str) -> ULID:
    try:
        return ULID.from_str(token.partition("-")[0])
    except ValueError as fault:
        raise RequestError("malformed token of a plan", code="malformed_plan_token", pointer="/plan") from fault
