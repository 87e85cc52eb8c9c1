"""`iamgraph member` and `iamgraph account`: the members of a workspace, and their accounts."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, option, pii


@click.group()
def member() -> None:
    """The members of a workspace."""


@click.group()
def account() -> None:
    """Accounts, each its person's own: with their session's secret in IAMGRAPH_KEY."""


COLUMNS = ("id", "email", "name", "role", "pii")
MEMBERS = Family(member, "members", "member")
_ROLE = click.Choice(["member", "owner"])

MEMBERS.list("Show the members of a workspace.", COLUMNS)
MEMBERS.show("get", "Show a member, with their groups and policies.", argument("member"))
MEMBERS.act(
    "add",
    "Make the person with that address a member, with minimal access or as an owner.",
    "added",
    argument("email"),
    option("--name", "Of an account that is made; a known one keeps its own."),
    option("--role", "What they are.", type=_ROLE, default="member", show_default=True),
    option("--id", "Of an account that is made; a new one if not said.", to="id_"),
)
MEMBERS.act(
    "set-role",
    "Make a member an owner, or an owner a member.",
    "changed",
    argument("member"),
    click.Argument(["role"], type=_ROLE),
)
MEMBERS.act(
    "set-pii", "Let a member see personal data in what they reach, or not.", "changed", argument("member"), pii()
)
MEMBERS.act("remove", "End all a member has in the workspace.", "removed", argument("member"))

ACCOUNTS = Family(account, "accounts", "account", home=False)

ACCOUNTS.show("get", "Show an account, with its workspaces.", argument("member"))
ACCOUNTS.act("rename", "Give an account another name.", "renamed", argument("member"), argument("name"))
ACCOUNTS.act("set-email", "Give an account another address.", "changed", argument("member"), argument("email"))
ACCOUNTS.act("delete", "End an account, and all it has in every workspace.", "deleted", argument("member"))
