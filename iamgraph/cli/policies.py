"""`iamgraph policy`: the policies of a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import GRANT_HELP, Family, Grant, argument, grants, option


@click.group()
def policy() -> None:
    """The policies of a workspace: who holds which role, on what."""


COLUMNS = ("id", "role", "resources", "labels", "holders", "names", "through")
POLICIES = Family(policy, "policies", "policy")

POLICIES.list(
    "Show the policies of a workspace, and who holds them.",
    COLUMNS,
    option("--holder", "Those this one holds itself: `member:…`, `group:…`, `token:…`."),
    option("--inherited", "Those of the holder's groups too, and through whom.", is_flag=True),
)
POLICIES.show("get", "Show a policy.", argument("policy"))
POLICIES.act(
    "create",
    "Make a policy.",
    "created",
    option("--grant", GRANT_HELP.replace(" May stand several times.", ""), required=True, type=Grant()),
    option("--holder", "`member:…`, `group:…`, `token:…` or `invite:…`.", to="holders", multiple=True),
    option("--id", "A new one if not said.", to="id_"),
)
POLICIES.act("delete", "End a policy, and what it gave.", "deleted", argument("policy"))
POLICIES.act(
    "hold", "Let others hold it too.", "held", argument("policy"), argument("holders", many=True), verb="add_holders"
)
POLICIES.act(
    "release",
    "Take it from some.",
    "released",
    argument("policy"),
    argument("holders", many=True),
    verb="remove_holders",
)
POLICIES.act(
    "give",
    "Give a holder a policy of its own for each `--grant`.",
    "given",
    argument("holder"),
    grants(),
    option("--replace", "End what it holds first.", to="replacing", is_flag=True),
)
