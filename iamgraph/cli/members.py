"""`iamgraph member`: the members of a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, option, pii


@click.group()
def member() -> None:
    """The members of a workspace."""


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
