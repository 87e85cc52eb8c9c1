"""`iamgraph invite` and `iamgraph request`: who is to come in, and who asks for more."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, grants, option, secret


@click.group()
def invite() -> None:
    """The invites to a workspace."""


@click.group()
def request() -> None:
    """Access requests: a member asks for more, and an owner decides."""


INVITES = Family(invite, "invites", "invite")
REQUESTS = Family(request, "requests", "request")

INVITES.list("Show the invites that are open.", ("id", "email", "expires_at", "expired", "groups", "policies"))
INVITES.act(
    "create",
    "Invite somebody; the secret is printed once, and accepts.",
    "created",
    argument("email"),
    option("--group", "The id of a group they come into.", to="groups", multiple=True),
    grants(),
    option("--days", "For how many days it can be accepted.", type=int, default=7, show_default=True),
)
INVITES.act("revoke", "End an invite.", "revoked", argument("invite"))
Family(invite, "invites", "member").act(
    "accept",
    "Become a member with what the invite holds.",
    "added",
    secret("IAMGRAPH_SECRET", "the invite's secret"),
    option("--name", "Of an account that is made; a known one keeps its own."),
)

REQUESTS.list("Show the open requests.", ("id", "requester", "text", "created_at"))
REQUESTS.act("create", "Ask the owners for more access; as a member.", "created", argument("text"))
REQUESTS.act(
    "approve",
    "Give who asked a policy for each `--grant`, and end the request.",
    "approved",
    argument("request"),
    grants(),
)
REQUESTS.act("dismiss", "End a request and give nothing.", "dismissed", argument("request"))
