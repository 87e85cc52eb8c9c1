"""`iamgraph resource`: the resources in a workspace."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, option


@click.group()
def resource() -> None:
    """The resources in a workspace, named `type:id`."""


RESOURCES = Family(resource, "resources", "resource")
_TYPE = click.Argument(["type_"], metavar="TYPE")

RESOURCES.list(
    "Show the resources of a type that may be read.",
    ("id", "name", "parent", "labels"),
    _TYPE,
    option("--parent", "The id of the source or space they are in."),
)
RESOURCES.show("get", "Show a resource.", argument("resource"))
RESOURCES.act(
    "create",
    "Make a resource.",
    "created",
    _TYPE,
    option("--name", "Its name."),
    option("--id", "A new one if not said.", to="id_"),
    option("--parent", "The id of the source or space it is in."),
    option("--label", "`key:value`.", to="labels", multiple=True),
    option("--engage-source", "Of a space: the id of the source that stands for it."),
)
RESOURCES.act("rename", "Give a resource another name.", "renamed", argument("resource"), argument("name"))
RESOURCES.act("delete", "End a resource, and what is in it.", "deleted", argument("resource"))
RESOURCES.act(
    "move",
    "Move a resource to another workspace; for an owner of both.",
    "moved",
    argument("resource"),
    click.Argument(["workspace"], metavar="TO"),
)


def _admitted(_: click.Context, __: click.Parameter, labels: tuple[str, ...]) -> list[str] | None:
    if labels == ("all",):
        return None
    return [] if labels == ("none",) else list(labels)


RESOURCES.act(
    "admit",
    "Say which sources may be connected to a space: `all`, `none`, or those that carry one of these labels.",
    "changed",
    argument("space"),
    click.Argument(["labels"], metavar="LABEL", nargs=-1, required=True, callback=_admitted),
)
