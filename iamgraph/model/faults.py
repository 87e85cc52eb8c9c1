"""What is wrong with a model's text, and where: every fault with line, column and caret."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from iamgraph.errors import ModelError

# Of a long line, as much is shown as fits a screen: so much before the place, and so much in all.
SHOWN_BEFORE: Final = 90
SHOWN_LENGTH: Final = 120


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One fault: `line` and `column` count from 1; `source` is the line it stands on."""

    line: int
    column: int
    message: str
    source: str = ""

    def __str__(self) -> str:
        cut = max(0, self.column - SHOWN_BEFORE)
        line = ("..." if cut else "") + self.source[cut : cut + SHOWN_LENGTH]
        more = "..." if len(self.source) > cut + SHOWN_LENGTH else ""
        caret = " " * (self.column - 1 - cut + (3 if cut else 0)) + "^"
        return f"{self.line}:{self.column} {self.message}\n  {line}{more}\n  {caret}"


class ModelTextError(ModelError):
    """A model's text cannot be accepted; `faults` holds everything found, in the text's order."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults))
        first = self.faults[0]
        count = f"{len(self.faults)} faults" if len(self.faults) > 1 else "1 fault"
        super().__init__(f"{count} in the model: line {first.line}, column {first.column}: {first.message}")

    def render(self) -> str:
        """All faults, each with its line and a caret under the place."""
        return "\n".join(map(str, self.faults))


def meant(name: str, known: Iterable[str]) -> str:
    """A hint at a known name that looks like the one given, or nothing."""
    close = difflib.get_close_matches(name, list(known), n=1)
    return f", did you mean `{close[0]}`?" if close else ""
