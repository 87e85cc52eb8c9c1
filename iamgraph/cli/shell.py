"""A shell for statements of one's own: lines up to one that ends with `;` are one statement, with a history."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import click

from iamgraph.cli.cypher import read_value
from iamgraph.errors import IamgraphError

HISTORY: Final = 1_000
_PARAMETER: Final = re.compile(r":param\s+(\w+)\s*=>\s*(.+?)\s*;?")
_HELP: Final = """\
A statement ends with `;` at the end of a line, and may only read. `$store` is the store.
:param NAME => VALUE   gives `$NAME` a value: JSON, 'text', or text without blanks
:params                shows the values
:exit                  ends; so does Ctrl-D
"""

Ask = Callable[[str, Mapping[str, Any]], None]


def run(ask: Ask, given: Mapping[str, str]) -> None:
    """Ask each statement typed, until the end of the input; a fault is told, and the next may come."""
    values = {name: read_value(text) for name, text in given.items()}
    with _edited():
        if sys.stdin.isatty():
            click.echo("Ask in Cypher, each statement up to a `;`. `:help` says more.", err=True)
        for text in _statements(values):
            try:
                ask(text, values)
            except IamgraphError as fault:
                click.echo(f"iamgraph: {fault.message}", err=True)


def _statements(values: dict[str, Any]) -> Iterator[str]:
    lines: list[str] = []
    while True:
        try:
            line = input(_prompt("cypher> " if not lines else "   ...> "))
        except EOFError:
            if "".join(lines).strip():
                yield "\n".join(lines)
            return
        except KeyboardInterrupt:
            click.echo("", err=True)
            lines.clear()
            continue
        if not lines and line.lstrip().startswith(":"):
            if line.strip() == ":exit":
                return
            _command(line.strip(), values)
        elif line.rstrip().endswith(";"):
            lines.append(line.rstrip()[:-1])
            if "".join(lines).strip():
                yield "\n".join(lines)
            lines.clear()
        elif lines or line.strip():
            lines.append(line)


def _prompt(text: str) -> str:
    return text if sys.stdin.isatty() else ""


def _command(line: str, values: dict[str, Any]) -> None:
    found = _PARAMETER.fullmatch(line)
    if found is not None:
        text = found[2]
        quoted = len(text) > 1 and text[0] == text[-1] == "'"
        values[found[1]] = text[1:-1] if quoted else read_value(text)
    elif line == ":params":
        for name, value in values.items():
            click.echo(f"{name} => {value!r}", err=True)
    else:
        click.echo(_HELP, err=True, nl=False)


@contextmanager
def _edited() -> Iterator[None]:
    """Lines can be edited and called back, also those of earlier shells, where a person types."""
    if not sys.stdin.isatty():
        yield
        return
    import readline  # noqa: PLC0415 - it looks at the terminal when it is imported

    from iamgraph.cli.places import read_settings  # noqa: PLC0415 - as elsewhere

    file = Path(read_settings().home).expanduser() / "cypher_history"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    readline.read_history_file(file)
    readline.set_history_length(HISTORY)
    try:
        yield
    finally:
        readline.write_history_file(file)
