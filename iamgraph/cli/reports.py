"""`iamgraph report`: reviews of access, and what had better be looked at, as a table, JSON, CSV or a page."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

import click

from iamgraph.cli import options
from iamgraph.cli.families import columns, write
from iamgraph.cli.output import Out
from iamgraph.tuples import check_relation, check_type, parse_object

if TYPE_CHECKING:
    from iamgraph.cli.places import Place
    from iamgraph.printing import Report

TABLE: Final = "table"
_relation = click.option(
    "--relation", "relations", multiple=True, metavar="RELATION", help="Only this; may be repeated."
)


@click.group()
def report() -> None:
    """Reports of access, each true at one revision: to look at, to hand in, to print.

    Those of a workspace are for its owners. On Neo4j itself whoever runs these commands may read all.
    """


def _printed(command: Callable[..., Report]) -> options.Command:
    """Adds `--format`, `--output` and what reaches a store; the command gives the report it made."""

    @wraps(command)
    def run(*, place: Place, out: Out, format_: str, output: str | None, **given: Any) -> None:
        made = command(place=place, **given)
        _print(made, "json" if out.json and format_ == TABLE else format_, output, out)

    formats = click.Choice([TABLE, "json", "csv", "html"])
    as_what = click.option("--format", "format_", type=formats, default=TABLE, show_default=True, help="As what.")
    where = click.option("-o", "--output", metavar="FILE", help="Where to; stdout without.")
    return as_what(where(options.store(options.reaching(run))))


def _print(made: Report, format_: str, output: str | None, out: Out) -> None:
    from iamgraph.printing import as_csv, as_html, as_json  # noqa: PLC0415 - only where a report is made

    if format_ == TABLE and output is None:
        click.echo(f"{made.title}: revision {made.revision} of store {made.store}, {made.at:%Y-%m-%d %H:%M:%S} UTC")
        filled = [name for i, name in enumerate(made.columns) if any(row[i] is not None for row in made.rows)]
        out.many(made.lines(), columns(*filled))
        return
    text = {"json": as_json, "html": as_html}.get(format_, lambda one: "".join(as_csv(one)))(made)
    if output is None:
        click.echo(text, nl=False)
        return
    write(output, text)
    out.one({"report": made.name, "file": output, "rows": len(made.rows)}, f"{made.title} written to {output}")


def _of_workspace(name: str, help_: str, *params: Callable[[options.Command], options.Command]) -> None:
    def run(*, place: Place, store: str, workspace: str, **given: Any) -> Report:
        return _named(place, store, workspace, name, given)

    command = _printed(run)
    for one in reversed(params):
        command = one(command)
    report.add_command(click.command(name, help=help_)(click.argument("workspace")(command)))


def _named(place: Place, store: str, workspace: str, name: str, given: dict[str, Any]) -> Report:
    from iamgraph.printing import report_of  # noqa: PLC0415 - as above

    with place.verbs(store) as verbs:
        return report_of(verbs.call("reports.named", {"home": workspace, "name": name, **given}))


_of_workspace("access", "Every member, token and invite of a workspace, with each role they hold.")
_of_workspace("unused-groups", "Groups without members, or without policies.")
_of_workspace("idle-policies", "Policies that could go without anybody losing anything.")
_of_workspace(
    "wide-labels",
    "Labels whose policies reach much.",
    click.option(
        "--over", default="50%", show_default=True, help="More than this number or share of sources and spaces."
    ),
)
_of_workspace("owners", "The owners of a workspace, and whether there is but one.")
_of_workspace(
    "one-path",
    "Who has access to OBJECT in one way only.",
    click.argument("object"),
    click.option("--relation", help="By this relation alone."),
)


@report.command()
@click.argument("object_", metavar="OBJECT")
@_relation
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Subjects of this type; may be repeated.")
@click.option("--one-path", is_flag=True, help="Only who has it in one way alone.")
@_printed
def review(
    *, object_: str, relations: tuple[str, ...], types: tuple[str, ...], one_path: bool, store: str, place: Place
) -> Report:
    """Who has which relation on OBJECT, through what, since when, and given by whom; in any model."""
    from iamgraph.review import ReviewQuestion  # noqa: PLC0415 - as above

    found = frozenset(map(check_relation, relations)), frozenset(map(check_type, types))
    return place.review(ReviewQuestion(store, parse_object(object_), *found, one_path=one_path, whole=True))
