"""`iamgraph cypher`: questions to the graph, those that ship with iamgraph and one's own."""

from __future__ import annotations

import csv
import json
import sys
import time
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, Final

import click

from iamgraph.cli import options, parse
from iamgraph.cli.output import Out
from iamgraph.errors import RequestError
from iamgraph.exploring import DEFAULT_ROWS, MAX_ROWS, Exploration, Rows, json_of, text_of
from iamgraph.tuples import harmless, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamgraph.cli.places import Door, Place

SECONDS: Final = 30.0


@click.command("cypher")
@click.argument("name", required=False)
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the question.")
@click.option("--file", "file", metavar="FILE", help="A statement of your own; `-` reads it from stdin.")
@click.option("--shell", is_flag=True, help="Ask statement after statement, each up to a line that ends with `;`.")
@click.option("--show", is_flag=True, help="Print the question's statement, to be pasted elsewhere, and ask nothing.")
@click.option("--csv", "as_csv", is_flag=True, help="Print comma-separated values.")
@click.option("--svg", metavar="FILE", help="Draw the paths found into this file.")
@click.option("--limit", type=click.IntRange(1, MAX_ROWS), default=DEFAULT_ROWS, show_default=True, help="Rows wanted.")
@click.option(
    "--seconds", type=click.FloatRange(0.1, 3600), default=SECONDS, show_default=True, help="How long at most."
)
@options.store
@options.reaching
def cypher(
    *,
    name: str | None,
    params: tuple[str, ...],
    file: str | None,
    shell: bool,
    show: bool,
    as_csv: bool,
    svg: str | None,
    limit: int,
    seconds: float,
    store: str,
    place: Place,
    out: Out,
) -> None:
    """Ask the graph the question NAME, or a statement of your own; without either, list the questions.

    Statements only read, but they read the whole database, whatever `--store` says; `$store` in them is that store.
    """
    if sum((name is not None, file is not None, shell)) > 1:
        raise click.UsageError("name a question, a file or the shell, and one of them only")
    given = _given(params)
    if name is None and file is None and not shell:
        _list(out)
        return
    if shell:
        from iamgraph.cli.shell import run  # noqa: PLC0415 - lines are edited only here

        with _asked(place, seconds) as door:
            run(lambda text, values: _print(door.explore(Exploration(text, values, store, limit)), out, as_csv), given)
        return
    if show and name is not None:
        from iamgraph.cookbook import recipe  # noqa: PLC0415 - read only where asked

        click.echo(recipe(name).statement, nl=False)
        return
    asked = _question(name, given) if name is not None else Exploration(parse.text_of(file or "-"), _read(given))
    with _asked(place, seconds) as door:
        rows = door.explore(replace(asked, store=store, limit=limit))
    if svg is not None:
        _draw(rows, svg, out)
    else:
        _print(rows, out, as_csv)


@contextmanager
def _asked(place: Place, seconds: float) -> Iterator[Door]:
    with place.door() as door:
        # A service has its own time for each request.
        yield door if place.url is not None else door.until(time.monotonic() + seconds)  # type: ignore[union-attr]


def _given(params: Sequence[str]) -> dict[str, str]:
    given = {}
    for one in params:
        name, equals, value = one.partition("=")
        if not equals or not name.isidentifier():
            raise RequestError(f"malformed parameter `{shown(one)}`: expected `name=value`", code="malformed_parameter")
        given[name] = value
    return given


def _read(given: dict[str, str]) -> dict[str, Any]:
    """Parameters of somebody's own statement: JSON where it is that, else text."""
    return {name: read_value(text) for name, text in given.items()}


def read_value(text: str) -> Any:
    """JSON as what it says, anything else as text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _question(name: str, given: dict[str, str]) -> Exploration:
    from iamgraph.cookbook import recipe  # noqa: PLC0415 - read only where asked

    found = recipe(name)
    return Exploration(found.statement, found.given(given))


def _list(out: Out) -> None:
    from iamgraph.cookbook import names, recipe  # noqa: PLC0415 - as above

    found = map(recipe, names())
    told = ({"name": one.name, "question": one.question, "parameters": dict(one.examples)} for one in found)
    out.many(told, {"name": lambda one: one["name"], "question": lambda one: one["question"]})


def _print(rows: Rows, out: Out, as_csv: bool) -> None:
    if as_csv and not out.json:
        table = csv.writer(sys.stdout, lineterminator="\n")
        table.writerow(rows.columns)
        table.writerows([harmless(text_of(each)) for each in one] for one in rows.values)
    else:
        said = ({name: json_of(one[name]) if out.json else text_of(one[name]) for name in one} for one in rows)
        out.many(said, {name: _column(name) for name in rows.columns})
    if rows.truncated:
        out.talk({"truncated": True}, f"only the first {len(rows)} rows: there are more")


def _column(name: str) -> Any:
    return lambda one: one[name]


def _draw(rows: Rows, file: str, out: Out) -> None:
    try:
        File(file).write_text(rows.svg(), encoding="utf-8")
    except OSError as fault:
        raise RequestError(f"cannot write `{shown(file)}`: {fault.strerror}", code="file_not_written") from fault
    out.one({"drawn": len(rows.paths), "file": file}, f"{len(rows.paths)} paths drawn into {file}")
