"""What a command prints: results on stdout, talk and errors on stderr; JSON, a value a line, where asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from iamgraph.cli.said import Said

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

    Columns = Mapping[str, Callable[[Said], object]]

# A table in a pipe is cut and wrapped by nobody.
WIDTH_IN_A_PIPE = 1_000_000


@dataclass(frozen=True, slots=True)
class Out:
    """How a command was asked to print."""

    json: bool

    def one(self, said: Said, text: str) -> None:
        """One result: as JSON, or this text for people."""
        click.echo(_line(said) if self.json else text)

    def many(self, said: Iterable[Said], columns: Columns) -> None:
        """Results: as JSON lines, or a table with these columns."""
        if self.json:
            for one in said:
                click.echo(_line(one))
        else:
            _table(said, columns)

    def talk(self, said: Said, text: str) -> None:
        """What goes beside the results."""
        click.echo(_line(said) if self.json else text, err=True)

    def tell(self, line: str) -> None:
        """A line of progress."""
        self.talk({"progress": line}, f"iamgraph: {line}")


def fail(said: Said, text: str, *, as_json: bool) -> None:
    """An error: as one JSON line with its code, or as text."""
    click.echo(_line(said) if as_json else f"iamgraph: {text}", err=True)


def console() -> Console:
    """Where tables and trees are drawn: nothing of a caller's text is taken for markup."""
    from rich.console import Console  # noqa: PLC0415 - only where something is drawn

    width = None if sys.stdout.isatty() else WIDTH_IN_A_PIPE
    return Console(width=width, markup=False, emoji=False, highlight=False)


def _line(said: Said) -> str:
    return json.dumps(said)


def _table(said: Iterable[Said], columns: Columns) -> None:
    from rich.table import Table  # noqa: PLC0415 - as above

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(name, overflow="fold")
    for one in said:
        table.add_row(*(_cell(value(one)) for value in columns.values()))
    console().print(table)


def _cell(value: object) -> str:
    return "" if value is None else str(value)
