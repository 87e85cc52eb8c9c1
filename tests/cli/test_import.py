"""`iamgraph import`, on Neo4j and through a service."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.runner import Cli, Ran, claimed

ADA = "resource:wiki#viewer@member:ada"
BOB = "resource:wiki#viewer@member:bob"
CSV = "subject,relation,object\nmember:ada,viewer,resource:wiki\nmember:bob,viewer,resource:wiki\n"
BAD = CSV + "member:eve,viewer,resource\n\nrobot:r,viewer,resource:wiki\n"


def tuples(cli: Cli, store: str) -> list[str]:
    """The tuples of a store, as text."""
    ran = cli.done("tuple", "read", "--store", store, "--json")
    return [f"{one['object']}#{one['relation']}@{one['subject']}" for one in ran.lines]


def file(path: Path, text: str, name: str = "tuples.csv") -> str:
    """A file with that text, in gzip if its name says so."""
    raw = text.encode()
    (path / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return str(path / name)


def outcome(ran: Ran) -> dict[str, Any]:
    """What an import says of itself, but for its id and revision."""
    said: dict[str, Any] = ran.json
    return {name: value for name, value in said.items() if name not in {"id", "zookie"}}


def test_a_file_is_imported(either: Cli, modelled: str, tmp_path: Path) -> None:
    """The tuples of a file are written, with who did it and why, and the outcome tells how many."""
    who = ("--by", "eve", "--reason", "new here")
    said = outcome(either.done("import", file(tmp_path, CSV), "--store", modelled, "--json", *who))
    counts = {"lines": 3, "written": 2, "rejected": 0, "skipped": 0, "stopped": False, "dry_run": False}
    assert counts | {"revision": 2} == said
    assert [ADA, BOB] == tuples(either, modelled)
    change = either.done("changes", "--store", modelled, "--since", "1", "--json").json
    assert ("eve", "new here") == (claimed(change["by"]), change["reason"])


def test_again_is_nothing(either: Cli, modelled: str, tmp_path: Path) -> None:
    """The same file again writes nothing and says so; under an id of its own it is written again."""
    name = file(tmp_path, CSV, "tuples.csv.gz")
    assert either.done("import", name, "--store", modelled).out.startswith("2 tuples written, 0 rejected, revision 2")
    again = either.done("import", name, "--store", modelled).out
    assert "0 tuples written, 0 rejected, 3 lines were dealt with by an earlier run" in again
    assert "2 tuples written" in either.done("import", name, "--store", modelled, "--id", "again").out


def test_from_stdin(either: Cli, modelled: str) -> None:
    """`-` is stdin, whose format is seen by its beginning, or named."""
    assert "2 tuples" in either.done("import", "-", "--store", modelled, given=CSV).out
    words = ("import", "-", "--store", modelled, "--format", "relationships")
    assert "1 tuples" in either.done(*words, given=f"// one\n{ADA}\n").out


def test_rejected_lines_are_told(either: Cli, modelled: str, tmp_path: Path) -> None:
    """Rejected lines are told with number and reason on stderr, the rest is written, and the command exits 1."""
    ran = either.run("import", file(tmp_path, BAD), "--store", modelled)
    assert (1, [ADA, BOB]) == (ran.code, tuples(either, modelled))
    lines = ran.err.splitlines()
    assert lines[0].startswith("line 4: malformed `resource`")
    assert lines[1].startswith("line 6: `resource#viewer` takes no `robot`")
    assert ran.out.startswith("2 tuples written, 2 rejected")


def test_rejected_lines_are_kept(either: Cli, modelled: str, tmp_path: Path) -> None:
    """`--errors` has each rejected line with its text, as JSON lines; nothing is told on stderr then."""
    errors = tmp_path / "errors.jsonl"
    ran = either.run("import", file(tmp_path, BAD), "--store", modelled, "--errors", str(errors), "--json")
    assert (1, "") == (ran.code, ran.err)
    kept = [json.loads(line) for line in errors.read_text().splitlines()]
    assert [(4, "malformed_object"), (6, "tuple_not_allowed")] == [(one["line"], one["code"]) for one in kept]
    assert ["member:eve,viewer,resource", "robot:r,viewer,resource:wiki"] == [one["text"] for one in kept]


def test_strict_and_dry_run(either: Cli, modelled: str, tmp_path: Path) -> None:
    """`--strict` writes nothing of a chunk with a rejected line; `--dry-run` never writes anything."""
    name = file(tmp_path, BAD)
    strict = either.run("import", name, "--store", modelled, "--strict", "--json")
    assert (1, 0, True) == (strict.code, strict.json["written"], strict.json["stopped"])
    dry = either.run("import", name, "--store", modelled, "--dry-run", "--json")
    assert (1, 2, 2, True) == (dry.code, dry.json["written"], dry.json["rejected"], dry.json["dry_run"])
    assert [] == tuples(either, modelled)


def test_what_is_there(either: Cli, modelled: str, tmp_path: Path) -> None:
    """`--on-existing` touches, ignores, or fails."""
    either.done("tuple", "write", ADA, "--store", modelled)
    words = ("import", file(tmp_path, CSV), "--store", modelled, "--json", "--on-existing")
    assert (2, "tuple_exists") == either.run(*words, "fail").failure
    assert 1 == either.done(*words, "ignore").json["written"]
    assert 2 == either.done(*words, "touch").json["written"]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("a.csv", "subject,relation\n", "malformed_header"),
        ("a.txt", "ada is here", "unknown_format"),
        ("a.yaml", "a: [", "malformed_document"),
        ("a.jsonl.gz", "", "malformed_gzip"),
    ],
)
def test_files_that_cannot_be_read(either: Cli, modelled: str, tmp_path: Path, name: str, text: str, code: str) -> None:
    """A file that cannot be read is refused whole, with a code."""
    path = file(tmp_path, text, name)
    if code == "malformed_gzip":
        Path(path).write_bytes(gzip.compress(CSV.encode())[:-4])
    assert (2, code) == either.run("import", path, "--store", modelled, "--json").failure


def test_wrong_words(either: Cli, modelled: str, tmp_path: Path) -> None:
    """A file that is not there, a folder, a malformed id, and a file for errors that cannot be written."""
    name = file(tmp_path, CSV)
    assert (2, "file_not_read") == either.run("import", f"{tmp_path}/none", "--store", modelled, "--json").failure
    assert (2, "file_not_read") == either.run("import", str(tmp_path), "--store", modelled, "--json").failure
    words = ("import", name, "--store", modelled, "--json")
    assert (2, "malformed_import_id") == either.run(*words, "--id", "a/b").failure
    assert (2, "file_not_written") == either.run(*words, "--errors", f"{tmp_path}/none/e").failure
    assert (2, "store_not_found") == either.run("import", name, "--store", "nope", "--json").failure
    assert [] == tuples(either, modelled)


def test_export_and_import(either: Cli, modelled: str, spare: str, model_file: str, tmp_path: Path) -> None:
    """What `export` writes, to stdout or to a file, `import` takes; a file is there once it is whole."""
    either.done("tuple", "write", ADA, BOB, "--store", modelled, "--by", "eve")
    whole = either.done("export", "--store", modelled)
    header, *lines = whole.lines
    assert (modelled, 2, 2) == (header["store"], header["revision"], header["tuples"])
    assert ["member:ada", "member:bob"] == [one["subject"] for one in lines]
    packed = tmp_path / "all.jsonl.gz"
    assert 2 == either.done("export", "--store", modelled, "-o", str(packed), "--json").json["tuples"]
    assert [packed] == list(tmp_path.glob("*all*"))
    either.done("store", "create", spare)
    either.done("model", "write", model_file, "--store", spare)
    assert 2 == either.done("import", str(packed), "--store", spare, "--json").json["written"]
    assert lines == either.done("export", "--store", spare).lines[1:]
    assert "eve" == claimed(either.done("export", "--store", modelled, "--history").lines[1]["by"])


def test_an_export_that_cannot_be(either: Cli, modelled: str, tmp_path: Path) -> None:
    """There is no export of what is not there, nor to where nothing can be written."""
    assert (2, "store_not_found") == either.run("export", "--store", "nope", "--json").failure
    words = ("export", "--store", modelled, "--json", "-o")
    assert (2, "file_not_written") == either.run(*words, f"{tmp_path}/none/e").failure
    assert (2, "store_not_found") == either.run("export", "--store", "nope", "--json", "-o", f"{tmp_path}/e").failure
    assert [] == list(tmp_path.iterdir())
