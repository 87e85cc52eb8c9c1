"""`iamgraph group`: the groups of a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, option, pii


@click.group()
def group() -> None:
    """The groups of a workspace."""


COLUMNS = ("id", "name", "members")
GROUPS = Family(group, "groups", "group")

GROUPS.list("Show the groups of a workspace.", COLUMNS)
GROUPS.show("get", "Show a group, with its members, invites and policies.", argument("group"))
GROUPS.act("create", "Make a group.", "created", argument("name"), option("--id", "A new one if not said.", to="id_"))
GROUPS.act("rename", "Give a group another name.", "renamed", argument("group"), argument("name"))
GROUPS.act(
    "set-pii", "Let its members see personal data in what it reaches, or not.", "changed", argument("group"), pii()
)
GROUPS.act("delete", "End a group; its members stay in the workspace.", "deleted", argument("group"))
GROUPS.act("add", "Add members, by id or address.", "changed", argument("group"), argument("members", many=True))
GROUPS.act("remove", "Take members out.", "changed", argument("group"), argument("members", many=True))
GROUPS.act("replace", "Make exactly these its members.", "changed", argument("group"), argument("members", many=True))
