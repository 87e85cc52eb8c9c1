"""JSON → what is asked of the access model: the paths, queries and bodies of its routes. No routes, no rules."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from iamgraph.access.applying import MAX_REMOVALS
from iamgraph.access.audit import AuditFilter
from iamgraph.access.document import Document, check_workspace, parse_document
from iamgraph.access.invites import INVITE_DAYS
from iamgraph.access.policies import Grant
from iamgraph.service.wire import Body, Time

# Of members, grants, labels and whatever else one request names.
MAX_NAMED: Final = 1_000
Names = Annotated[list[str], Field(max_length=MAX_NAMED)]


# What stands for a secret in an example.
_TOLD: Final = "as-it-was-told"
_DOCUMENT: Final = """\
workspace: acme
name: Acme
members:
- {email: olga@acme.example, role: owner}
"""


def _example(**fields: Any) -> dict[str, Any]:
    """What a client could send, for the description."""
    return {"example": fields}


# --- paths ---


class WorkspacePath(BaseModel):
    """A workspace."""

    workspace: str = Field(description="the workspace's id")


class MemberPath(WorkspacePath):
    """A member of a workspace."""

    member: str = Field(description="the member's id")


class AccountPath(BaseModel):
    """An account."""

    member: str = Field(description="the member's id")


class GroupPath(WorkspacePath):
    """A group of a workspace."""

    group: str = Field(description="the group's id")


class PolicyPath(WorkspacePath):
    """A policy of a workspace."""

    policy: str = Field(description="the policy's id")


class LabelPath(WorkspacePath):
    """A label of a workspace."""

    label: str = Field(description="the label, `key:value`")


class ResourcePath(WorkspacePath):
    """A resource in a workspace."""

    resource: str = Field(description="the resource, `type:id`")


class TokenPath(WorkspacePath):
    """A token of a workspace."""

    token: str = Field(description="the token's id, which is part of its secret and none")


class InvitePath(WorkspacePath):
    """An invite to a workspace."""

    invite: str = Field(description="the invite's id")


class RequestPath(WorkspacePath):
    """An access request in a workspace."""

    request: str = Field(description="the request's id")


class SessionPath(BaseModel):
    """A session."""

    session: str = Field(description="the session's id, which is part of its secret and none")


# --- queries ---


class Query(BaseModel):
    """What stands in the query: nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ActQuery(Query):
    """Why something is ended, and the key that says it is to be done once."""

    reason: str | None = Field(None, description="why it is done; recorded")
    idempotency_key: str | None = Field(None, description="the same key gives the same answer")


class ListQuery(Query):
    """How much of a list is told."""

    limit: int = Field(100, description="how many a page has at most, 1 to 1,000")
    cursor: str | None = Field(None, description="`next_cursor` of the page before")


class TrailQuery(Query):
    """Which lines of the audit trail are meant."""

    by: str | None = Field(None, description="what this one did: `member:…`, `token:…`, `key …`")
    action: str | None = Field(None, description="for example `group.create`")
    object: str | None = Field(None, description="what was done to this, `type:id`")
    since: Time = Field(None, description="from this time on")
    until: Time = Field(None, description="before this time")

    def to_filter(self) -> AuditFilter:
        """The filter."""
        return AuditFilter(self.by, self.action, self.object, self.since, self.until)


class AuditQuery(TrailQuery, ListQuery):
    """Which lines are told, page by page."""


class AuditExportQuery(TrailQuery):
    """Which lines are exported, and as what."""

    format: Literal["csv", "jsonl"] = "jsonl"


class PoliciesQuery(ListQuery):
    """Which policies are told."""

    holder: str | None = Field(None, description="those this one holds itself: `member:…`, `group:…`, `token:…`")
    inherited: bool = Field(False, description="those of the holder's groups too, each with `through` whom it is held")


class ResourcesQuery(ListQuery):
    """Which resources are told."""

    type: str = Field(description="the type of resource")
    parent: str | None = Field(None, description="the id of the source or space they are in")


class SessionsQuery(ListQuery):
    """Whose sessions are told."""

    member: str = Field(description="the member's id")


# --- bodies ---


class Act(Body):
    """Why something is done, and the key that says it is to be done once. Who does it says the secret sent."""

    reason: str | None = Field(None, description="why it is done; recorded")
    idempotency_key: str | None = Field(None, description="the same key with the same body gives the same answer")


class WorkspaceBody(Act, json_schema_extra=_example(id="acme", name="Acme", owner="olga@acme.example")):
    """A workspace to make, and its first owner."""

    id: str = Field(description="letters, digits, `_` and `-`")
    name: str
    owner: str = Field(description="the e-mail address of its first owner, whose account is made where there is none")
    plan: str = Field("business", description="`free`, `team` or `business`")
    region: str = Field("us", description="`us` or `eu`")
    hipaa: bool = Field(False, description="whether sessions of its members end after 15 idle minutes, everywhere")


class WorkspaceChangeBody(Act, json_schema_extra=_example(hipaa=True, reason="we keep health data")):
    """What to change of a workspace."""

    name: str | None = None
    plan: str | None = Field(None, description="`free`, `team` or `business`")
    region: str | None = Field(None, description="`us` or `eu`")
    hipaa: bool | None = None


class KeepBody(Act, json_schema_extra=_example(reason="we need it after all")):
    """Nothing but why a workspace is kept."""


class MemberBody(Act, json_schema_extra=_example(email="ada@acme.example", name="Ada", id="acme-ada")):
    """Who becomes a member, with minimal access or as an owner."""

    email: str
    name: str | None = Field(None, description="of an account that is made; a known one keeps its own")
    role: str = Field("member", description="`member` or `owner`")
    id: str | None = Field(None, description="of an account that is made; a new one if not said")


class MemberChangeBody(Act, json_schema_extra=_example(pii=True)):
    """What to change of a member: one thing at a time, since each is a change of its own."""

    role: str | None = Field(None, description="`member` or `owner`")
    pii: bool | None = Field(None, description="whether they see personal data in what they reach by themselves")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.role is None) is (self.pii is None):
            raise ValueError("say one of `role` and `pii`")
        return self


class AccountBody(Act, json_schema_extra=_example(name="Ada Lovelace")):
    """What to change of an account: one thing at a time, since each is a change of its own."""

    name: str | None = None
    email: str | None = Field(
        None, description="another address, which is nobody's; with a key only, since it is to be proved first"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) is (self.email is None):
            raise ValueError("say one of `name` and `email`")
        return self


class GroupBody(Act, json_schema_extra=_example(name="Engineers", id="acme-eng")):
    """A group to make."""

    name: str
    id: str | None = Field(None, description="a new one if not said")


class GroupChangeBody(Act, json_schema_extra=_example(name="Engineering")):
    """What to change of a group: one thing at a time, since each is a change of its own."""

    name: str | None = None
    pii: bool | None = Field(None, description="whether its members see personal data in what the group reaches")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.name is None) is (self.pii is None):
            raise ValueError("say one of `name` and `pii`")
        return self


class PeopleBody(Act, json_schema_extra=_example(members=["acme-ada"])):
    """Members of a workspace."""

    members: Names = Field(description="their ids or e-mail addresses")


class GrantBody(Body):
    """What a policy gives: a role on the workspace, narrowed by all of the labels if there are any, or on resources."""

    role: str = Field(description="one of `GET /v1/roles`")
    resources: Names = Field(default=[], description="ids of single resources; none for the whole workspace")
    labels: Names = Field(default=[], description="`key:value`; only what carries all of them counts")

    def to_grant(self) -> Grant:
        """What is given."""
        return Grant(self.role, tuple(self.resources), tuple(self.labels))


Grants = Annotated[list[GrantBody], Field(max_length=MAX_NAMED)]


class GrantsBody(Act, json_schema_extra=_example(grants=[{"role": "source_reader"}])):
    """What somebody is given, by a policy of its own for each."""

    grants: Grants

    def to_grants(self) -> list[Grant]:
        """What is given."""
        return [one.to_grant() for one in self.grants]


class PolicyBody(
    GrantBody,
    Act,
    json_schema_extra=_example(
        id="acme-prod", role="source_admin", labels=["environment:prod"], holders=["group:acme-eng"]
    ),
):
    """A policy to make."""

    holders: Names = Field(default=[], description="`member:…`, `group:…`, `token:…` or `invite:…`")
    id: str | None = Field(None, description="a new one if not said")


class HoldersBody(Act, json_schema_extra=_example(holders=["member:acme-ada"])):
    """Who holds a policy."""

    holders: Names = Field(description="`member:…`, `group:…`, `token:…` or `invite:…`")


class LabelBody(Act, json_schema_extra=_example(label="brand:shoes", description="what the shoe shop sends")):
    """A label to make."""

    label: str = Field(description="`key:value`, each a letter, then letters, digits and hyphens")
    description: str | None = None


class LabelsBody(Act, json_schema_extra=_example(labels=["environment:prod"])):
    """Labels of a workspace."""

    labels: Names = Field(description="`key:value`, of each key one")


class LabelManyBody(Act, json_schema_extra=_example(resources=["source:acme-orders"], labels=["environment:prod"])):
    """Labels for many resources at once; a value of the same key is replaced."""

    resources: Names = Field(description="sources and spaces, `type:id`")
    labels: Names = Field(description="`key:value`, of each key one")


class ResourceBody(Act, json_schema_extra=_example(type="source", id="acme-orders", name="Orders")):
    """A resource to make."""

    type: str = Field(description="`source`, `space`, `warehouse`, `destination`, …")
    name: str | None = None
    id: str | None = Field(None, description="a new one if not said")
    parent: str | None = Field(None, description="the id of the source or space it is in, where it is in one")
    labels: Names = Field(default=[], description="`key:value`, of each key one; of sources and spaces")
    engage_source: str | None = Field(None, description="of a space: the id of the source that stands for it")


class ResourceChangeBody(Act, json_schema_extra=_example(name="All orders")):
    """What to change of a resource."""

    name: str


class MoveBody(Act, json_schema_extra=_example(workspace="acme-eu")):
    """Where a resource goes."""

    workspace: str = Field(description="the other workspace's id, which the caller owns too")


class AdmitsBody(Act, json_schema_extra=_example(labels=["environment:prod"])):
    """Which sources may be connected to a space."""

    labels: Names | None = Field(description="those that carry one of these; null for all")


class TokenBody(Act, json_schema_extra=_example(description="nightly report", grants=[{"role": "source_reader"}])):
    """A token to make."""

    description: str = Field(description="what it is for")
    owner: bool = Field(False, description="whether it may all in the workspace, but make tokens")
    provisioning: bool = Field(False, description="whether it keeps members and groups by SCIM, and may nothing else")
    grants: Grants = Field(default=[], description="what it is given, by a policy of its own for each")
    expires_at: Time = Field(None, description="when it ends, with a time zone; never if not said")


class TokenChangeBody(Act, json_schema_extra=_example(description="weekly report")):
    """What to change of a token: one thing at a time, since each is a change of its own."""

    description: str | None = None
    pii: bool | None = Field(None, description="whether it sees personal data in what it reaches")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.description is None) is (self.pii is None):
            raise ValueError("say one of `description` and `pii`")
        return self


class InviteBody(Act, json_schema_extra=_example(email="bob@acme.example", groups=["acme-eng"])):
    """Somebody to invite, and what they hold once they accept."""

    email: str
    groups: Names = Field(default=[], description="ids of groups they come into")
    grants: Grants = Field(default=[], description="what they are given, by a policy of its own for each")
    days: int = Field(INVITE_DAYS, description="for how many days it can be accepted")


class AcceptBody(Act, json_schema_extra=_example(secret=_TOLD, name="Bob")):
    """The acceptance of an invite."""

    secret: str = Field(description="the invite's secret, by which it is known who accepts")
    name: str | None = Field(None, description="of an account that is made; a known one keeps its own")


class AskBody(Act, json_schema_extra=_example(text="I look after orders now: may I edit them?")):
    """What a member asks the owners for."""

    text: str


class SessionBody(Body, json_schema_extra=_example(member="acme-ada")):
    """Whose session begins."""

    member: str = Field(description="the account's id")


class SecretBody(Body, json_schema_extra=_example(secret=_TOLD)):
    """The secret of a session."""

    secret: str


class DocumentBody(Body, json_schema_extra=_example(text=_DOCUMENT)):
    """A workspace as a document."""

    text: str = Field(description="YAML")

    def to_document(self, workspace: str) -> Document:
        """The document, which must be of that workspace."""
        document = parse_document(self.text)
        check_workspace(document, workspace)
        return document


class ApplyBody(DocumentBody, json_schema_extra=_example(text=_DOCUMENT, removals=25)):
    """What a workspace is to be; what the document does not name goes."""

    removals: int = Field(MAX_REMOVALS, ge=0, description="how many things may go")
    plan: str | None = Field(
        None, max_length=100, description="of the plan that was shown; refused where it is another"
    )
    reason: str | None = None
    idempotency_key: str | None = None
