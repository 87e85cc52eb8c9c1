"""The routes of tokens, invites, access requests and sessions: each reads, acts as the caller, and tells."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.access.tokens import Tokens
from iamgraph.service import access_answers as answers
from iamgraph.service import access_wire as wire
from iamgraph.service.answers import PROBLEMS
from iamgraph.service.doors import access, own_sessions, sessions
from iamgraph.tuples import Object

_HOME: Final = "/workspaces/<workspace>"
_DONE: Final[dict[Any, Any]] = {200: answers.DoneAnswer}
_MADE: Final[dict[Any, Any]] = {201: answers.DoneAnswer}
_SECRET: Final[dict[Any, Any]] = {201: answers.SecretAnswer}
_STATE: Final[dict[Any, Any]] = {200: answers.SessionStateAnswer}

routes = APIBlueprint("credentials", __name__, url_prefix="/v1", abp_responses=PROBLEMS)


# --- tokens ---


def _tokens(path: wire.WorkspacePath, act: wire.Act | wire.ActQuery) -> Tokens:
    return access(act.reason, act.idempotency_key).tokens(path.workspace)


@routes.get(f"{_HOME}/tokens", responses={200: answers.TokensAnswer})
def list_tokens(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The tokens of a workspace, without their secrets."""
    tokens = access().tokens(path.workspace)
    found, cursor = answers.page(lambda after, most: tokens.all(after=after, limit=most), query.limit, query.cursor)
    told = [answers.TokenAnswer(**one) for one in found]
    return answers.TokensAnswer(tokens=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/tokens", responses=_SECRET)
def create_token(path: wire.WorkspacePath, body: wire.TokenBody) -> Response:
    """A new token, and its secret, which is told this once."""
    grants = [one.to_grant() for one in body.grants]
    done, secret = _tokens(path, body).create(
        body.description,
        owner=body.owner,
        provisioning=body.provisioning,
        grants=grants,
        expires_at=body.expires_at,
    )
    return answers.SecretAnswer.of(done, secret=secret).response(201)


@routes.patch(f"{_HOME}/tokens/<token>", responses=_DONE)
def update_token(path: wire.TokenPath, body: wire.TokenChangeBody) -> Response:
    """Give a token another description, or let it see personal data or not."""
    tokens = _tokens(path, body)
    if body.description is not None:
        return answers.DoneAnswer.of(tokens.describe(path.token, body.description)).response()
    return answers.DoneAnswer.of(tokens.set_pii(path.token, pii=body.pii is True)).response()


@routes.delete(f"{_HOME}/tokens/<token>", responses=_DONE)
def revoke_token(path: wire.TokenPath, query: wire.ActQuery) -> Response:
    """End a token: the next check of it, and the next request with it, is denied."""
    return answers.DoneAnswer.of(_tokens(path, query).revoke(path.token)).response()


@routes.post(f"{_HOME}/tokens/<token>/policies", responses=_DONE)
def give_token(path: wire.TokenPath, body: wire.GrantsBody) -> Response:
    """Give a token more policies of its own."""
    return _given(path, body, "token", path.token, replacing=False)


@routes.put(f"{_HOME}/tokens/<token>/policies", responses=_DONE)
def replace_token_policies(path: wire.TokenPath, body: wire.GrantsBody) -> Response:
    """Give a token exactly these policies of its own, in place of those it holds."""
    return _given(path, body, "token", path.token, replacing=True)


def _given(path: wire.WorkspacePath, body: wire.GrantsBody, type_: str, id_: str, *, replacing: bool) -> Response:
    policies = access(body.reason, body.idempotency_key).policies(path.workspace)
    done = policies.give(str(Object(type_, id_)), body.to_grants(), replacing=replacing)
    return answers.DoneAnswer.of(done).response()


# --- invites ---


@routes.get(f"{_HOME}/invites", responses={200: answers.InvitesAnswer})
def list_invites(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The invites that were neither accepted nor revoked, those that have expired too."""
    found, cursor = answers.cut(access().invites(path.workspace).all(), query.limit, query.cursor)
    told = [answers.InviteAnswer(**one) for one in found]
    return answers.InvitesAnswer(invites=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/invites", responses=_SECRET)
def create_invite(path: wire.WorkspacePath, body: wire.InviteBody) -> Response:
    """Invite somebody; the secret for the link they are sent is told this once."""
    grants = [one.to_grant() for one in body.grants]
    invites = access(body.reason, body.idempotency_key).invites(path.workspace)
    done, secret = invites.create(body.email, groups=body.groups, grants=grants, days=body.days)
    return answers.SecretAnswer.of(done, secret=secret).response(201)


@routes.delete(f"{_HOME}/invites/<invite>", responses=_DONE)
def revoke_invite(path: wire.InvitePath, query: wire.ActQuery) -> Response:
    """End an invite."""
    done = access(query.reason, query.idempotency_key).invites(path.workspace).revoke(path.invite)
    return answers.DoneAnswer.of(done).response()


@routes.post(f"{_HOME}/invites/<invite>/policies", responses=_DONE)
def give_invite(path: wire.InvitePath, body: wire.GrantsBody) -> Response:
    """Let an invite hold more policies, which it gives once it is accepted."""
    return _given(path, body, "invite", path.invite, replacing=False)


@routes.put(f"{_HOME}/invites/<invite>/policies", responses=_DONE)
def replace_invite_policies(path: wire.InvitePath, body: wire.GrantsBody) -> Response:
    """Let an invite hold exactly these policies, in place of those it holds."""
    return _given(path, body, "invite", path.invite, replacing=True)


@routes.post(f"{_HOME}/invites/accept", responses=_DONE)
def accept_invite(path: wire.WorkspacePath, body: wire.AcceptBody) -> Response:
    """Make whom the invite is for a member with what it holds; its secret is the proof, whoever calls."""
    invites = access(body.reason, body.idempotency_key).invites(path.workspace)
    return answers.DoneAnswer.of(invites.accept(body.secret, name=body.name)).response()


# --- access requests ---


@routes.get(f"{_HOME}/access-requests", responses={200: answers.RequestsAnswer})
def list_requests(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The open access requests."""
    found, cursor = answers.cut(access().requests(path.workspace).all(), query.limit, query.cursor)
    told = [answers.RequestAnswer(**one) for one in found]
    return answers.RequestsAnswer(requests=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/access-requests", responses=_MADE)
def create_request(path: wire.WorkspacePath, body: wire.AskBody) -> Response:
    """Ask the owners for more access; with a member's session only."""
    done = access(body.reason, body.idempotency_key).requests(path.workspace).create(body.text)
    return answers.DoneAnswer.of(done).response(201)


@routes.post(f"{_HOME}/access-requests/<request>/approve", responses=_DONE)
def approve_request(path: wire.RequestPath, body: wire.GrantsBody) -> Response:
    """Give who asked these policies, and end the request."""
    requests = access(body.reason, body.idempotency_key).requests(path.workspace)
    return answers.DoneAnswer.of(requests.approve(path.request, body.to_grants())).response()


@routes.delete(f"{_HOME}/access-requests/<request>", responses=_DONE)
def dismiss_request(path: wire.RequestPath, query: wire.ActQuery) -> Response:
    """End a request and give nothing; who asked may take it back."""
    done = access(query.reason, query.idempotency_key).requests(path.workspace).dismiss(path.request)
    return answers.DoneAnswer.of(done).response()


# --- accounts ---


@routes.get("/accounts/<member>", responses={200: answers.AccountAnswer})
def get_account(path: wire.AccountPath) -> Response:
    """An account, with its workspaces; for a key, and for themselves."""
    return answers.AccountAnswer(**access().accounts.get(path.member)).response()


@routes.patch("/accounts/<member>", responses=_DONE)
def update_account(path: wire.AccountPath, body: wire.AccountBody) -> Response:
    """Give an account another name, for a key and for themselves; or another address, for a key alone."""
    accounts = access(body.reason, body.idempotency_key).accounts
    if body.name is not None:
        return answers.DoneAnswer.of(accounts.rename(path.member, body.name)).response()
    return answers.DoneAnswer.of(accounts.set_email(path.member, body.email or "")).response()


@routes.delete("/accounts/<member>", responses=_DONE)
def delete_account(path: wire.AccountPath, query: wire.ActQuery) -> Response:
    """End an account, its sessions, and all it has in every workspace; for a key, and for themselves."""
    accounts = access(query.reason, query.idempotency_key).accounts
    return answers.DoneAnswer.of(sessions().delete_account(accounts, path.member)).response()


# --- sessions ---


@routes.post("/sessions", responses={201: answers.NewSessionAnswer})
def issue_session(body: wire.SessionBody) -> Response:
    """A new session of an account, and its secret, which is told this once."""
    session, secret = own_sessions().issue(body.member)
    return answers.NewSessionAnswer.of(session, secret=secret).response(201)


@routes.post("/sessions/verify", responses=_STATE)
def verify_session(body: wire.SecretBody) -> Response:
    """What became of the session with that secret; that does not count as a use."""
    return answers.SessionStateAnswer.of(sessions().verify(body.secret)).response()


@routes.post("/sessions/touch", responses=_STATE)
def touch_session(body: wire.SecretBody) -> Response:
    """As verify, and the session was used, if it is active."""
    return answers.SessionStateAnswer.of(sessions().touch(body.secret)).response()


@routes.get("/sessions", responses={200: answers.SessionsAnswer})
def list_sessions(query: wire.SessionsQuery) -> Response:
    """The sessions of a member, those that ended in the last days too; for a key, and for themselves."""
    told = [answers.SessionAnswer.of(*one) for one in own_sessions().all(query.member)]
    page, cursor = answers.cut([one.model_dump() for one in told], query.limit, query.cursor)
    return answers.SessionsAnswer(
        sessions=[answers.SessionAnswer(**one) for one in page], next_cursor=cursor
    ).response()


@routes.delete("/sessions/<session>", responses={204: None})
def end_session(path: wire.SessionPath) -> Response:
    """End a session for good; for a key, and for whose it is."""
    own_sessions().end(path.session)
    return Response(status=204)
