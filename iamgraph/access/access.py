"""The door of the access model: a caller, and what they can do."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from importlib import resources
from typing import Final

from iamgraph.access.accounts import Accounts
from iamgraph.access.applying import Documents
from iamgraph.access.audit import Audit
from iamgraph.access.desk import Desk, RecordKeeper
from iamgraph.access.groups import Groups
from iamgraph.access.invites import Invites
from iamgraph.access.labels import Labels
from iamgraph.access.members import Members
from iamgraph.access.people import People
from iamgraph.access.policies import Policies
from iamgraph.access.provisioning import Provisioning
from iamgraph.access.reports import Reports
from iamgraph.access.requests import AccessRequests
from iamgraph.access.resources import Resources
from iamgraph.access.tokens import Tokens
from iamgraph.access.words import Caller
from iamgraph.access.workspaces import Workspaces
from iamgraph.authorizer import Authorizer
from iamgraph.errors import ConflictError, RequestError

STORE: Final = "default"


def shipped_model() -> str:
    """The text of the access model."""
    return (resources.files("iamgraph.access") / "access.fga").read_text(encoding="utf-8")


def found_store(authorizer: Authorizer, store: str = STORE) -> None:
    """Make the store with the shipped model in it, where there is none; one that is there stays as it is."""
    try:
        authorizer.get_store(store)
    except RequestError as missing:
        if missing.code != "store_not_found":
            raise
        # Another process may have been quicker.
        with suppress(ConflictError):
            authorizer.create_store(store)
    if authorizer.get_store(store).model is None:
        authorizer.write_model(
            store, shipped_model(), "iamgraph", "the access model it ships", idempotency_key="shipped model"
        )


@dataclass(frozen=True, slots=True)
class Access:
    """What one caller can do, as verbs; `reason` and `idempotency_key` are those of what is done with it."""

    desk: Desk

    @classmethod
    def by(cls, caller: Caller, authorizer: Authorizer, keeper: RecordKeeper, store: str = STORE) -> Access:
        """What that caller can do in the store."""
        return cls(Desk(authorizer, keeper, store, caller))

    def saying(self, reason: str | None = None, idempotency_key: str | None = None) -> Access:
        """The same, with why it is done, and the key by which it is done once."""
        return Access(replace(self.desk, reason=reason, idempotency_key=idempotency_key))

    @property
    def accounts(self) -> Accounts:
        """Accounts, each its person's own."""
        return Accounts(self.desk)

    @property
    def documents(self) -> Documents:
        """Workspaces as documents."""
        return Documents(self.desk)

    @property
    def workspaces(self) -> Workspaces:
        """Workspaces."""
        return Workspaces(self.desk)

    def members(self, workspace: str) -> Members:
        """The members of a workspace."""
        return Members(self.desk, workspace)

    def people(self, workspace: str) -> People:
        """Many people of a workspace at once."""
        return People(self.desk, workspace)

    def provisioning(self, workspace: str) -> Provisioning:
        """The members and groups of a workspace, as an identity provider keeps them."""
        return Provisioning(self.desk, workspace)

    def groups(self, workspace: str) -> Groups:
        """The groups of a workspace."""
        return Groups(self.desk, workspace)

    def policies(self, workspace: str) -> Policies:
        """The policies of a workspace."""
        return Policies(self.desk, workspace)

    def labels(self, workspace: str) -> Labels:
        """The labels of a workspace."""
        return Labels(self.desk, workspace)

    def resources(self, workspace: str) -> Resources:
        """The resources of a workspace."""
        return Resources(self.desk, workspace)

    def tokens(self, workspace: str) -> Tokens:
        """The tokens of a workspace."""
        return Tokens(self.desk, workspace)

    def invites(self, workspace: str) -> Invites:
        """The invites to a workspace."""
        return Invites(self.desk, workspace)

    def audit(self, workspace: str) -> Audit:
        """The audit trail of a workspace."""
        return Audit(self.desk, workspace)

    def reports(self, workspace: str) -> Reports:
        """The reports of a workspace."""
        return Reports(self.desk, workspace)

    def requests(self, workspace: str) -> AccessRequests:
        """The access requests of a workspace."""
        return AccessRequests(self.desk, workspace)
