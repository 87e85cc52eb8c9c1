"""Reports as values, and as JSON, CSV and a page to print; the only file that imports `jinja2`."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, Final

from iamgraph.tuples import harmless

MAX_PRINTED: Final = 5_000
Cell = str | int | bool | None
FORMATS: Final = ("json", "csv", "html")


@dataclass(frozen=True, slots=True)
class Report:
    """A table with what it is: of one store, true at one revision, made at a time, for somebody.

    A row has a cell for each of `columns`, whose names stay; an empty cell is None.
    """

    name: str
    title: str
    about: str
    store: str
    revision: int
    zookie: str
    at: datetime
    by: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def lines(self) -> Iterator[dict[str, Cell]]:
        """Each row by the names of its columns."""
        return (dict(zip(self.columns, one, strict=True)) for one in self.rows)

    def said(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "name": self.name,
            "title": self.title,
            "about": self.about,
            "store": self.store,
            "revision": self.revision,
            "zookie": self.zookie,
            "at": self.at.isoformat(),
            "by": self.by,
            "columns": list(self.columns),
            "rows": list(self.lines()),
        }


def report_of(said: dict[str, Any]) -> Report:
    """The report that was said as JSON."""
    columns = tuple(said["columns"])
    rows = tuple(tuple(one[name] for name in columns) for one in said["rows"])
    texts = {name: said[name] for name in ("name", "title", "about", "store", "revision", "zookie", "by")}
    return Report(**texts, at=datetime.fromisoformat(said["at"]), columns=columns, rows=rows)


def as_json(report: Report, cursor: str | None = None) -> str:
    """One JSON document; with the cursor of the next page, where there is one."""
    more = {"next_cursor": cursor} if cursor is not None else {}
    return json.dumps(report.said() | more, ensure_ascii=False) + "\n"


def as_csv(report: Report) -> Iterator[str]:
    """A header, and a row a line. What a spreadsheet would take for a formula begins with an apostrophe."""
    yield _line(report.columns)
    for one in report.rows:
        yield _line(_text(cell) for cell in one)


def _line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(one) for one in cells])
    return line.getvalue()


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case _:
            return str(cell)


# --- to print ----------------------------------------------------------------------------------------------


def as_html(report: Report) -> str:
    """A page by itself, without a script, to be looked at and printed.

    Columns that say nothing, or nothing to a reader of paper, are left out. No more than `MAX_PRINTED` rows are on
    it; it says so where there are more.
    """
    shown = [
        i
        for i, name in enumerate(report.columns)
        if name not in ASIDE and any(one[i] is not None for one in report.rows)
    ]
    rows = [[_printed(report.columns[i], one[i]) for i in shown] for one in report.rows[:MAX_PRINTED]]
    page: str = _template().render(
        report=report,
        at=report.at.strftime("%Y-%m-%d %H:%M:%S UTC"),
        heads=[report.columns[i].replace("_", " ") for i in shown],
        rows=[list(map(_breakable, one)) for one in rows],
        wide=len(shown) > WIDE,
        style=_style(),
        policy=page_policy(),
    )
    return page


# So many columns stand on a page that is upright.
WIDE: Final = 7
# In the CSV and the JSON alone: said by other columns already, or for machines.
ASIDE: Final = frozenset({"kind", "path", "since_revision"})
_TIMES: Final = frozenset({"since", "expires_at", "last_used_at"})
# Where a line may end within a word: after a sign, and in any case after so many letters.
_PIECE: Final = re.compile(r"[^:_@./#-]{0,24}[:_@./#-]?")


def _printed(column: str, cell: Cell) -> str:
    text = _text(cell)
    # A day is not parted.
    return f"{text[:10]} {text[11:16]}".replace("-", "\u2011") if column in _TIMES and text else text


def _breakable(text: str) -> Any:
    from markupsafe import Markup  # noqa: PLC0415 - only where a page is made

    # Each piece is escaped as it is joined.
    return Markup("<wbr>").join(one for one in _PIECE.findall(text) if one)


@cache
def page_policy() -> str:
    """The content security policy of the page: its own style, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _style() -> str:
    return (resources.files("iamgraph") / "report.css").read_text(encoding="utf-8")


@cache
def _template() -> Any:
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - only where a page is made

    text = (resources.files("iamgraph") / "report.html.jinja").read_text(encoding="utf-8")
    # What stands in a style element is not escaped by a browser either: it is a file of our own, without `<`.
    made = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return made.from_string(text)
