"""The numbered files of `cypher/schema/`, in order: what a database must have before it is used."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Final

from iamgraph.queries import statement

_NUMBERED: Final = re.compile(r"(\d{3})_\w+\.cypher")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, and its statements, each safe to run again."""

    number: int
    statements: tuple[str, ...]


@cache
def migrations() -> tuple[Migration, ...]:
    """Every migration, by number, which count from 1 without gaps."""
    names = sorted(one.name for one in (resources.files("iamgraph") / "cypher" / "schema").iterdir())
    return tuple(_migration(name) for name in names if _NUMBERED.fullmatch(name))


def _migration(name: str) -> Migration:
    lines = [line for line in statement(f"schema/{name.removesuffix('.cypher')}").splitlines() if line[:2] != "//"]
    statements = (one.strip() for one in "\n".join(lines).split(";"))
    return Migration(int(name[:3]), tuple(one for one in statements if one))
