"""Golden files: what the code wrote once, read by a person, and compared with ever since."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).parent
WRITES = "IAMGRAPH_GOLDEN"


def assert_golden(name: str, actual: str) -> None:
    """The text must equal the file `name`; with `IAMGRAPH_GOLDEN=write` the file is made to."""
    file = FOLDER / name
    if os.environ.get(WRITES) == "write":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(actual.encode())
        return
    if not file.exists():
        raise AssertionError(f"no golden file `{name}`: write it with {WRITES}=write and read it")
    expected = file.read_bytes().decode()
    if expected != actual:
        raise AssertionError(_diff(name, expected, actual))


def golden_names(folder: str, suffix: str) -> set[str]:
    """The names of the golden files in a folder, so that a test can find those nobody compares with."""
    return {one.name.removesuffix(suffix) for one in (FOLDER / folder).glob(f"*{suffix}")}


def _diff(name: str, expected: str, actual: str) -> str:
    lines = difflib.unified_diff(expected.splitlines(), actual.splitlines(), name, "actual", lineterm="")
    return "\n".join((f"`{name}` differs", *lines))
