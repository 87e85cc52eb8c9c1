"""`iamgraph token`: the tokens of a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, Time, argument, grants, option, pii


@click.group()
def token() -> None:
    """The tokens of a workspace."""


COLUMNS = ("id", "description", "owner", "provisioning", "policies", "creator_name", "expires_at", "last_used_at")
TOKENS = Family(token, "tokens", "token")

TOKENS.list("Show the tokens of a workspace, never their secrets.", COLUMNS)
TOKENS.act(
    "create",
    "Make a token; its secret is printed once.",
    "created",
    argument("description"),
    option("--owner", "It may all in the workspace, but make tokens.", is_flag=True),
    option("--provisioning", "It keeps members and groups by SCIM, and may nothing else.", is_flag=True),
    grants(),
    option("--expires-at", "When it ends; never if not said.", type=Time()),
)
TOKENS.act("describe", "Give a token another description.", "described", argument("token"), argument("description"))
TOKENS.act("set-pii", "Let a token see personal data in what it reaches, or not.", "changed", argument("token"), pii())
TOKENS.act("revoke", "End a token.", "revoked", argument("token"))
