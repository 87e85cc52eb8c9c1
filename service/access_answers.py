"""Answers ↔ JSON: what the routes of the access model give back. No routes, no rules."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Self

from pydantic import Field

from iamgraph.access.audit import AuditPage
from iamgraph.access.roles import Role
from iamgraph.access.sessions import LASTS, SessionState
from iamgraph.access.words import label_text
from iamgraph.errors import RequestError
from iamgraph.questions import Done, StoredSession
from iamgraph.service.answers import Answer

MAX_LISTED: Final = 1_000


class DoneAnswer(Answer):
    """What was done it to, and the revision that made, as a number and as a zookie."""

    id: str = Field(description="of what was made or changed")
    revision: int
    zookie: str

    @classmethod
    def of(cls, done: Done, **more: str) -> Self:
        """The answer for what was done."""
        id_ = label_text(done.object) if done.object.type == "label" else done.object.id
        return cls(id=id_, revision=done.revision.number, zookie=done.revision.zookie(), **more)


class SecretAnswer(DoneAnswer):
    """What was made, with its secret, which nothing can show again."""

    secret: str


# --- what there is ---


class RoleAnswer(Answer):
    """A role that a policy can give."""

    id: str
    name: str
    description: str
    single: str | None = Field(None, description="the type of single resource it can be given on")
    labelled: bool = Field(description="whether labels can narrow it")

    @classmethod
    def of(cls, role: Role) -> Self:
        """The answer for a role."""
        return cls(id=role.id, name=role.name, description=role.description, single=role.single, labelled=role.labelled)


class WorkspaceAnswer(Answer):
    """A workspace."""

    id: str
    name: str | None = None
    plan: str | None = None
    region: str | None = None
    hipaa: bool = Field(description="whether it is HIPAA-eligible")
    ends_at: str | None = Field(None, description="when it ends, if it is being deleted")


class AccountAnswer(Answer):
    """An account."""

    id: str
    email: str | None = None
    name: str | None = None
    workspaces: list[str]


class MemberAnswer(Answer):
    """A member of a workspace; of one asked for alone, with groups and policies."""

    id: str
    email: str | None = None
    name: str | None = None
    role: str = Field(description="`owner` or `member`")
    pii: bool = Field(description="whether they see personal data in what they reach by themselves")
    alias_of: str | None = Field(None, description="the id of the account whose address this one's is an alias of")
    groups: list[str] | None = None
    policies: list[str] | None = Field(None, description="those they hold themselves")


class GroupLineAnswer(Answer):
    """A group in a list."""

    id: str
    name: str | None = None
    size: int = Field(description="how many members it has")


class GroupAnswer(Answer):
    """A group."""

    id: str
    name: str | None = None
    pii: bool = Field(description="whether its members see personal data in what the group reaches")
    members: list[str]
    invites: list[str] = Field(description="those whose acceptance leads into it")
    policies: list[str]


class PolicyAnswer(Answer):
    """A policy."""

    id: str
    role: str | None = None
    resources: list[str] = Field(description="ids of single resources; none for the whole workspace")
    labels: list[str] = Field(description="all of which something must carry to count")
    holders: list[str]
    names: list[str] = Field(description="of the holders, in their order; empty of one that has none")
    through: list[str] | None = Field(None, description="of `inherited`: the holder, and its groups, that hold it")


class LabelAnswer(Answer):
    """A label."""

    label: str
    description: str | None = None


class ResourceAnswer(Answer):
    """A resource."""

    id: str
    type: str
    name: str | None = None
    parent: str = Field(description="what it is in, `type:id`")
    labels: list[str]


class TokenAnswer(Answer):
    """A token. Its secret is nowhere but in the answer that made it."""

    id: str
    description: str | None = None
    created_by: str | None = None
    creator_name: str | None = Field(None, description="of a member who made it and has not left")
    created_at: str | None = None
    expires_at: str | None = None
    last_used_at: str | None = Field(None, description="to about a minute")
    creator_left: bool = Field(description="whether who made it is no member any longer")
    owner: bool
    provisioning: bool = Field(description="whether it keeps members and groups by SCIM, and may nothing else")
    pii: bool
    policies: list[str]


class InviteAnswer(Answer):
    """An invite that was neither accepted nor revoked."""

    id: str
    email: str | None = None
    expires_at: str | None = None
    expired: bool
    groups: list[str]
    policies: list[str]


class RequestAnswer(Answer):
    """An open access request."""

    id: str
    requester: str
    text: str | None = None
    created_at: str | None = None


class SessionAnswer(Answer):
    """A session of a member. Its secret is nowhere but in the answer that issued it."""

    id: str
    member: str
    at: datetime = Field(description="when it began")
    seen_at: datetime = Field(description="when it was last used, to about a minute")
    expires_at: datetime = Field(description="when it ends at the latest")
    active: bool
    ended: str | None = Field(None, description="why it has ended")

    @classmethod
    def of(cls, session: StoredSession, ended: str | None = None, **more: str) -> Self:
        """The answer for a session."""
        return cls(
            id=session.id,
            member=session.member,
            at=session.at,
            seen_at=session.seen_at,
            expires_at=session.at + LASTS,
            active=ended is None,
            ended=ended,
            **more,
        )


class NewSessionAnswer(SessionAnswer):
    """A session just issued, with its secret, which nothing can show again."""

    secret: str


class SessionStateAnswer(Answer):
    """What became of a session."""

    active: bool
    ended: str | None = Field(None, description="why it is not active")
    id: str | None = None
    member: str | None = Field(None, description="whose it is or was")
    expires_at: datetime | None = Field(None, description="when it ends at the latest")

    @classmethod
    def of(cls, state: SessionState) -> Self:
        """The answer for a state."""
        found = state.session
        return cls(
            active=state.ended is None,
            ended=state.ended,
            id=found.id if found is not None else None,
            member=found.member if found is not None else None,
            expires_at=found.at + LASTS if found is not None else None,
        )


# --- lists ---


class ListAnswer(Answer):
    """A page of a list, by id; `next_cursor` gives the next, and is absent on the last."""

    next_cursor: str | None = None


class RolesAnswer(Answer):
    """The roles."""

    roles: list[RoleAnswer]


class WorkspacesAnswer(ListAnswer):
    """Workspaces."""

    workspaces: list[WorkspaceAnswer]


class MembersAnswer(ListAnswer):
    """Members."""

    members: list[MemberAnswer]


class GroupsAnswer(ListAnswer):
    """Groups."""

    groups: list[GroupLineAnswer]


class PoliciesAnswer(ListAnswer):
    """Policies."""

    policies: list[PolicyAnswer]


class LabelsAnswer(ListAnswer):
    """Labels."""

    labels: list[LabelAnswer]


class ResourcesAnswer(ListAnswer):
    """Resources."""

    resources: list[ResourceAnswer]


class TokensAnswer(ListAnswer):
    """Tokens."""

    tokens: list[TokenAnswer]


class InvitesAnswer(ListAnswer):
    """Invites."""

    invites: list[InviteAnswer]


class RequestsAnswer(ListAnswer):
    """Access requests."""

    requests: list[RequestAnswer]


class SessionsAnswer(ListAnswer):
    """Sessions."""

    sessions: list[SessionAnswer]


class EntryAnswer(Answer):
    """A line of the audit trail: what was done, at which revision, or refused, and why."""

    at: datetime
    by: str | None = None
    action: str
    object: str
    reason: str | None = None
    revision: int | None = None
    refused: bool
    code: str | None = Field(None, description="why it was refused, for programs")
    message: str | None = Field(None, description="why it was refused, for people")


class AuditAnswer(ListAnswer):
    """Lines of the trail, newest first."""

    entries: list[EntryAnswer]

    @classmethod
    def of(cls, page: AuditPage) -> Self:
        """The answer for a page."""
        told = [
            EntryAnswer(
                at=one.at,
                by=one.by,
                action=one.action,
                object=one.object,
                reason=one.reason,
                revision=one.revision,
                refused=one.code is not None,
                code=one.code,
                message=one.message,
            )
            for one in page.items
        ]
        return cls(entries=told, next_cursor=page.cursor)


class PlanAnswer(Answer):
    """What applying a document would change, in lines for people."""

    lines: list[str]
    plan: str = Field(description="of this very plan; an apply that carries it is refused where it would do otherwise")


def cut(
    found: Sequence[Mapping[str, Any]], limit: int, cursor: str | None, by: str = "id"
) -> tuple[list[Mapping[str, Any]], str | None]:
    """A page of what was found, in the order of `by`, and the cursor of the next, None after the last."""
    last = _place(limit, cursor)
    left = sorted((one for one in found if str(one[by]) > last), key=lambda one: str(one[by]))
    page = left[:limit]
    return page, _cursor(str(page[-1][by])) if len(left) > limit else None


def page(
    read: Callable[[str, int], Sequence[Mapping[str, Any]]], limit: int, cursor: str | None
) -> tuple[list[Mapping[str, Any]], str | None]:
    """As `cut`, of what `read` finds past an id: no more than a page, and one that says whether more follow."""
    return cut(read(_place(limit, cursor), limit + 1), limit, cursor)


def _place(limit: int, cursor: str | None) -> str:
    """What the page before ended with, if there was one; `RequestError` where no page can have that limit."""
    if not 1 <= limit <= MAX_LISTED:
        raise RequestError(f"`limit` must be 1 to {MAX_LISTED}", code="malformed_limit", pointer="/limit")
    try:
        return base64.b64decode((cursor or "").encode("ascii"), b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as fault:
        raise RequestError("malformed cursor", code="malformed_cursor") from fault


def _cursor(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode()
