"""The files of `cypher/`: each says what it takes and gives, is used, and leans on an index that exists."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from iamgraph.queries import statement
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.migrations import migrations

ROOT: Final = Path(__file__).parents[2]
# The questions of `explore` are people's, and tested by themselves.
FILES: Final = tuple(sorted(file for file in (ROOT / "cypher").rglob("*.cypher") if file.parent.name != "explore"))
STATEMENTS: Final = tuple(file for file in FILES if not re.match(r"\d{3}_", file.name))
each_statement = pytest.mark.parametrize("file", STATEMENTS, ids=lambda one: f"{one.parent.name}/{one.stem}")
_COMMENT: Final = re.compile(r"^//.*\n", re.MULTILINE)
_COLUMNS: Final = "a tuple's columns"


def header(file: Path) -> dict[str, str]:
    """What a file's first comment says of itself: its purpose, `params`, `returns`, `index`."""
    lines = [line[2:].strip() for line in file.read_text().splitlines() if line.startswith("//")]
    last = next(i for i, line in enumerate(lines) if "index:" in line)
    text = " ".join(lines[: last + 1])
    parts = re.split(r"\b(params|returns|index):", text)
    return {"purpose": parts[0], **dict(zip(parts[1::2], map(str.strip, parts[2::2]), strict=True))}


def body(file: Path) -> str:
    """A file without its comments."""
    return _COMMENT.sub("", file.read_text())


@each_statement
def test_a_file_says_what_it_is(file: Path) -> None:
    """A file is of Cypher 25 and opens with its own name, its parameters, its columns and its index."""
    assert file.read_text().startswith("CYPHER 25\n// ")
    assert header(file)["purpose"].startswith(f"{file.stem}: ")
    assert {"purpose", "params", "returns", "index"} == set(header(file))


@each_statement
def test_the_parameters_are_those_used(file: Path) -> None:
    """A file names each parameter it uses, and no other."""
    said = re.sub(r"\([^)]*\)", "", header(file)["params"])
    named = {name.strip().split(" ")[0] for name in re.split(r"[,;]", said)} - {"none"}
    assert named == set(re.findall(r"\$(\w+)", body(file)))


@each_statement
def test_the_columns_are_those_returned(file: Path) -> None:
    """A file names each column it returns, and no other."""
    said = header(file)["returns"].split(", in the order")[0].split(", and ")[0]
    last = body(file).split("RETURN")[-1].split("ORDER BY")[0]
    columns = set(re.findall(r"AS (\w+)", last)) | set(re.findall(r"(?:^|,)\s*(\w+)(?=,|\s*$)", last))
    assert columns
    if said != _COLUMNS:
        assert {name.strip() for name in said.split(",")} == columns
    else:
        assert {"object_type", "subject_id", "type", "via", "since", "expires_at", "condition"} <= columns


@each_statement
def test_the_index_exists(file: Path, keeper: Neo4jKeeper) -> None:
    """Each index a file leans on is one the migrations make."""
    said = header(file)["index"]
    there = {row["name"] for row in keeper._alone("SHOW INDEXES YIELD name", {})}
    assert said.startswith("none") or {name.strip() for name in said.split(",")} <= there


def test_every_file_is_used() -> None:
    """Each file is run by name somewhere in the store's code, and each name there has its file."""
    code = "\n".join(file.read_text() for file in (ROOT / "iamgraph" / "store").glob("*.py"))
    rooms = "stores|history|models|tuples|bulk|keys|schema|acts|asked|credentials|listing"
    named = set(re.findall(rf'"((?:{rooms})/\w+)"', code))
    assert named == {f"{file.parent.name}/{file.stem}" for file in STATEMENTS}
    assert all(statement(name) for name in named)


def test_migrations_count_without_gaps() -> None:
    """Migrations are numbered from 1 on, and each can be run again."""
    found = migrations()
    assert list(range(1, len(found) + 1)) == [one.number for one in found]
    assert all(re.search("IF NOT EXISTS|DELETE", text) for one in found for text in one.statements)


def test_migrating_again_changes_nothing(keeper: Neo4jKeeper) -> None:
    """A database that has every migration is left as it is."""
    constraints = "SHOW CONSTRAINTS YIELD name RETURN name ORDER BY name"
    before = [dict(row) for row in keeper._alone(constraints, {})]
    keeper.migrate()
    assert before == [dict(row) for row in keeper._alone(constraints, {})]
    assert migrations()[-1].number == keeper.schema_version()
