"""The routes of workspaces, their members, groups and policies: each reads, acts as the caller, and tells."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.access.policies import Policies
from iamgraph.access.roles import ROLES
from iamgraph.service import access_answers as answers
from iamgraph.service import access_wire as wire
from iamgraph.service.answers import PROBLEMS
from iamgraph.service.doors import access
from iamgraph.tuples import Object

_HOME: Final = "/workspaces/<workspace>"
_DONE: Final[dict[Any, Any]] = {200: answers.DoneAnswer}
_MADE: Final[dict[Any, Any]] = {201: answers.DoneAnswer}

routes = APIBlueprint("access", __name__, url_prefix="/v1", abp_responses=PROBLEMS)


@routes.get("/roles", responses={200: answers.RolesAnswer})
def list_roles() -> Response:
    """The roles that a policy can give."""
    return answers.RolesAnswer(roles=[answers.RoleAnswer.of(one) for one in ROLES.values()]).response()


# --- workspaces ---


@routes.get("/workspaces", responses={200: answers.WorkspacesAnswer})
def list_workspaces(query: wire.ListQuery) -> Response:
    """The workspaces the caller is in; for a key all of them."""
    found, cursor = answers.cut(access().workspaces.all(), query.limit, query.cursor)
    told = [answers.WorkspaceAnswer(**one) for one in found]
    return answers.WorkspacesAnswer(workspaces=told, next_cursor=cursor).response()


@routes.post("/workspaces", responses=_MADE)
def create_workspace(body: wire.WorkspaceBody) -> Response:
    """A new workspace with its first owner; with a key only."""
    done = access(body.reason, body.idempotency_key).workspaces.create(
        body.id, name=body.name, owner=body.owner, plan=body.plan, region=body.region, hipaa=body.hipaa
    )
    return answers.DoneAnswer.of(done).response(201)


@routes.get(_HOME, responses={200: answers.WorkspaceAnswer})
def get_workspace(path: wire.WorkspacePath) -> Response:
    """A workspace, for whoever is in it."""
    return answers.WorkspaceAnswer(**access().workspaces.get(path.workspace)).response()


@routes.patch(_HOME, responses=_DONE)
def update_workspace(path: wire.WorkspacePath, body: wire.WorkspaceChangeBody) -> Response:
    """Change what is given of a workspace."""
    done = access(body.reason, body.idempotency_key).workspaces.update(
        path.workspace, name=body.name, plan=body.plan, region=body.region, hipaa=body.hipaa
    )
    return answers.DoneAnswer.of(done).response()


@routes.delete(_HOME, responses=_DONE)
def delete_workspace(path: wire.WorkspacePath, query: wire.ActQuery) -> Response:
    """End a workspace five days from now, unless it is kept before; nobody new comes in meanwhile."""
    done = access(query.reason, query.idempotency_key).workspaces.delete(path.workspace)
    return answers.DoneAnswer.of(done).response()


@routes.post(f"{_HOME}/keep", responses=_DONE)
def keep_workspace(path: wire.WorkspacePath, body: wire.KeepBody) -> Response:
    """Take back the deletion of a workspace, while it has not ended."""
    done = access(body.reason, body.idempotency_key).workspaces.keep(path.workspace)
    return answers.DoneAnswer.of(done).response()


# --- members ---


@routes.get(f"{_HOME}/members", responses={200: answers.MembersAnswer})
def list_members(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The members of a workspace."""
    members = access().members(path.workspace)
    found, cursor = answers.page(lambda after, most: members.all(after=after, limit=most), query.limit, query.cursor)
    told = [answers.MemberAnswer(**one) for one in found]
    return answers.MembersAnswer(members=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/members", responses=_MADE)
def add_member(path: wire.WorkspacePath, body: wire.MemberBody) -> Response:
    """Make a person a member, with minimal access or as an owner."""
    members = access(body.reason, body.idempotency_key).members(path.workspace)
    done = members.add(body.email, name=body.name, role=body.role, id_=body.id)
    return answers.DoneAnswer.of(done).response(201)


@routes.get(f"{_HOME}/members/<member>", responses={200: answers.MemberAnswer})
def get_member(path: wire.MemberPath) -> Response:
    """A member with their groups and policies; for owners, and for themselves."""
    return answers.MemberAnswer(**access().members(path.workspace).get(path.member)).response()


@routes.patch(f"{_HOME}/members/<member>", responses=_DONE)
def update_member(path: wire.MemberPath, body: wire.MemberChangeBody) -> Response:
    """Make a member an owner or no owner, or let them see personal data or not."""
    members = access(body.reason, body.idempotency_key).members(path.workspace)
    if body.role is not None:
        done = members.set_role(path.member, body.role)
    else:
        done = members.set_pii(path.member, pii=body.pii is True)
    return answers.DoneAnswer.of(done).response()


@routes.delete(f"{_HOME}/members/<member>", responses=_DONE)
def remove_member(path: wire.MemberPath, query: wire.ActQuery) -> Response:
    """End all a member has in the workspace. They may go by themselves; the last owner may not."""
    done = access(query.reason, query.idempotency_key).members(path.workspace).remove(path.member)
    return answers.DoneAnswer.of(done).response()


@routes.post(f"{_HOME}/members/<member>/policies", responses=_DONE)
def give_member(path: wire.MemberPath, body: wire.GrantsBody) -> Response:
    """Give a member more policies of their own."""
    done = _policies(path, body).give(_member(path), body.to_grants())
    return answers.DoneAnswer.of(done).response()


@routes.put(f"{_HOME}/members/<member>/policies", responses=_DONE)
def replace_member_policies(path: wire.MemberPath, body: wire.GrantsBody) -> Response:
    """Give a member exactly these policies of their own, in place of those they hold."""
    done = _policies(path, body).give(_member(path), body.to_grants(), replacing=True)
    return answers.DoneAnswer.of(done).response()


def _member(path: wire.MemberPath) -> str:
    return str(Object("member", path.member))


def _policies(path: wire.WorkspacePath, body: wire.Act) -> Policies:
    return access(body.reason, body.idempotency_key).policies(path.workspace)


# --- groups ---


@routes.get(f"{_HOME}/groups", responses={200: answers.GroupsAnswer})
def list_groups(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The groups of a workspace."""
    found, cursor = answers.page(access().groups(path.workspace).page, query.limit, query.cursor)
    told = [answers.GroupLineAnswer(id=one["id"], name=one["name"], size=one["members"]) for one in found]
    return answers.GroupsAnswer(groups=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/groups", responses=_MADE)
def create_group(path: wire.WorkspacePath, body: wire.GroupBody) -> Response:
    """A new group without members or policies."""
    done = access(body.reason, body.idempotency_key).groups(path.workspace).create(body.name, id_=body.id)
    return answers.DoneAnswer.of(done).response(201)


@routes.get(f"{_HOME}/groups/<group>", responses={200: answers.GroupAnswer})
def get_group(path: wire.GroupPath) -> Response:
    """A group with its members, invites and policies."""
    return answers.GroupAnswer(**access().groups(path.workspace).get(path.group)).response()


@routes.patch(f"{_HOME}/groups/<group>", responses=_DONE)
def update_group(path: wire.GroupPath, body: wire.GroupChangeBody) -> Response:
    """Give a group another name, or let its members see personal data or not."""
    groups = access(body.reason, body.idempotency_key).groups(path.workspace)
    if body.name is not None:
        done = groups.rename(path.group, body.name)
    else:
        done = groups.set_pii(path.group, pii=body.pii is True)
    return answers.DoneAnswer.of(done).response()


@routes.delete(f"{_HOME}/groups/<group>", responses=_DONE)
def delete_group(path: wire.GroupPath, query: wire.ActQuery) -> Response:
    """End a group; its members stay in the workspace."""
    done = access(query.reason, query.idempotency_key).groups(path.workspace).delete(path.group)
    return answers.DoneAnswer.of(done).response()


@routes.post(f"{_HOME}/groups/<group>/members", responses=_DONE)
def add_to_group(path: wire.GroupPath, body: wire.PeopleBody) -> Response:
    """Add members of the workspace to a group."""
    groups = access(body.reason, body.idempotency_key).groups(path.workspace)
    return answers.DoneAnswer.of(groups.add(path.group, body.members)).response()


@routes.put(f"{_HOME}/groups/<group>/members", responses=_DONE)
def replace_group_members(path: wire.GroupPath, body: wire.PeopleBody) -> Response:
    """Make exactly these the members of a group."""
    groups = access(body.reason, body.idempotency_key).groups(path.workspace)
    return answers.DoneAnswer.of(groups.replace(path.group, body.members)).response()


@routes.post(f"{_HOME}/groups/<group>/members/remove", responses=_DONE)
def remove_from_group(path: wire.GroupPath, body: wire.PeopleBody) -> Response:
    """Take members out of a group."""
    groups = access(body.reason, body.idempotency_key).groups(path.workspace)
    return answers.DoneAnswer.of(groups.remove(path.group, body.members)).response()


@routes.post(f"{_HOME}/groups/<group>/policies", responses=_DONE)
def give_group(path: wire.GroupPath, body: wire.GrantsBody) -> Response:
    """Give a group more policies."""
    done = _policies(path, body).give(_group(path), body.to_grants())
    return answers.DoneAnswer.of(done).response()


@routes.put(f"{_HOME}/groups/<group>/policies", responses=_DONE)
def replace_group_policies(path: wire.GroupPath, body: wire.GrantsBody) -> Response:
    """Give a group exactly these policies, in place of those it holds."""
    done = _policies(path, body).give(_group(path), body.to_grants(), replacing=True)
    return answers.DoneAnswer.of(done).response()


def _group(path: wire.GroupPath) -> str:
    return str(Object("group", path.group))


# --- policies ---


@routes.get(f"{_HOME}/policies", responses={200: answers.PoliciesAnswer})
def list_policies(path: wire.WorkspacePath, query: wire.PoliciesQuery) -> Response:
    """The policies of a workspace, or those that one holder holds, itself or through its groups."""
    policies = access().policies(path.workspace)

    def read(after: str, most: int) -> list[dict[str, Any]]:
        if query.holder is None:
            return policies.page(after, most)
        return policies.all(query.holder, inherited=query.inherited)

    found, cursor = answers.page(read, query.limit, query.cursor)
    told = [answers.PolicyAnswer(**one) for one in found]
    return answers.PoliciesAnswer(policies=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/policies", responses=_MADE)
def create_policy(path: wire.WorkspacePath, body: wire.PolicyBody) -> Response:
    """A new policy: a role on the workspace, on what carries some labels, or on single resources."""
    done = _policies(path, body).create(body.to_grant(), body.holders, id_=body.id)
    return answers.DoneAnswer.of(done).response(201)


@routes.get(f"{_HOME}/policies/<policy>", responses={200: answers.PolicyAnswer})
def get_policy(path: wire.PolicyPath) -> Response:
    """A policy: its role, what it is on, and who holds it."""
    return answers.PolicyAnswer(**access().policies(path.workspace).get(path.policy)).response()


@routes.delete(f"{_HOME}/policies/<policy>", responses=_DONE)
def delete_policy(path: wire.PolicyPath, query: wire.ActQuery) -> Response:
    """End a policy, and what it gave."""
    done = access(query.reason, query.idempotency_key).policies(path.workspace).delete(path.policy)
    return answers.DoneAnswer.of(done).response()


@routes.post(f"{_HOME}/policies/<policy>/holders", responses=_DONE)
def add_holders(path: wire.PolicyPath, body: wire.HoldersBody) -> Response:
    """Let others hold a policy too."""
    return answers.DoneAnswer.of(_policies(path, body).add_holders(path.policy, body.holders)).response()


@routes.post(f"{_HOME}/policies/<policy>/holders/remove", responses=_DONE)
def remove_holders(path: wire.PolicyPath, body: wire.HoldersBody) -> Response:
    """Take a policy from some of its holders."""
    return answers.DoneAnswer.of(_policies(path, body).remove_holders(path.policy, body.holders)).response()
