"""`iamgraph label`: the labels of a workspace, and what carries them."""

from __future__ import annotations

import click

from iamgraph.cli.families import Family, argument, option


@click.group()
def label() -> None:
    """The labels of a workspace, and what carries them."""


COLUMNS = ("label", "description")
LABELS = Family(label, "labels", "label")
_CARRIED = Family(label, "labels", "resource")

LABELS.list("Show the labels of a workspace.", COLUMNS)
LABELS.act(
    "create",
    "Make a label `key:value`; it cannot be renamed.",
    "created",
    click.Argument(["text"], metavar="LABEL"),
    option("--description", "What it is for."),
)
LABELS.act("delete", "End a label that nothing uses.", "deleted", click.Argument(["text"], metavar="LABEL"))
_CARRIED.act(
    "attach",
    "Let a source or space carry labels.",
    "labelled",
    argument("resource"),
    argument("labels", many=True),
    option("--replace", "Exactly these.", to="replacing", is_flag=True),
)
_CARRIED.act("detach", "Let it carry some no longer.", "labelled", argument("resource"), argument("labels", many=True))
LABELS.act(
    "attach-many",
    "Let many resources carry labels, in place of values of the same keys.",
    "attached",
    argument("labels", many=True),
    option("--resource", "One that is to carry them.", to="resources", multiple=True, required=True),
)
