"""`iamgraph model`: with nothing but a file, on Neo4j and on a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import MODEL
from tests.cli.runner import NOWHERE, Cli, claimed

ALONE = Cli(NOWHERE)
WRONG = "model\n  schema 1.1\ntype member\ntype doc\n  relations\n    define viewer: [membr]\n    define editor: ownr\n"
FAULTS = [(6, 21), (7, 20)]


def test_validate(model_file: str) -> None:
    """A right model is counted, from a file and from stdin."""
    assert "valid: 3 types, 4 relations\n" == ALONE.done("model", "validate", model_file).out
    assert "valid: 3 types, 4 relations\n" == ALONE.done("model", "validate", "-", given=MODEL).out


def test_validate_json(model_file: str) -> None:
    """The JSON tells the hash the model will have."""
    said = ALONE.done("model", "validate", model_file, "--json").json
    assert (True, 3, 4, 64) == (said["valid"], said["types"], said["relations"], len(said["hash"]))


def test_validate_tells_all_faults() -> None:
    """Every fault stands on stderr with its line and a caret under the place."""
    ran = ALONE.run("model", "validate", "-", given=WRONG)
    assert (2, "") == (ran.code, ran.out)
    lines = ran.err.splitlines()
    assert lines[0].startswith("iamgraph: 2 faults in the model: line 6, column ")
    assert ["      define viewer: [membr]", "      define editor: ownr"] == [lines[2], lines[5]]
    assert ["membr]", "ownr"] == [lines[i][lines[i + 1].index("^") :] for i in (2, 5)]


def test_validate_tells_all_faults_in_json() -> None:
    """As JSON the faults are a list with places."""
    said = ALONE.run("model", "validate", "-", "--json", given=WRONG).said
    assert ("invalid_model", None) == (said["code"], said["pointer"])
    assert FAULTS == [(one["line"], one["column"]) for one in said["faults"]]


def test_validate_what_is_no_text(tmp_path: Path) -> None:
    """A file that is missing, a folder, and bytes that are no text are each one line of error."""
    assert (2, "file_not_read") == ALONE.run("model", "validate", str(tmp_path / "none"), "--json").failure
    assert (2, "file_not_read") == ALONE.run("model", "validate", str(tmp_path), "--json").failure
    assert (2, "malformed_text") == ALONE.run("model", "validate", "-", "--json", given=b"\xff").failure


def test_write_and_get(either: Cli, store: str, model_file: str) -> None:
    """A model written is the current one, and its text comes back as it was."""
    said = either.done("model", "write", model_file, "--store", store).out
    assert said.startswith("model 01")
    assert said.endswith(", revision 1\n")
    assert MODEL == either.done("model", "get", "--store", store).out


def test_write_json(both: tuple[Cli, Cli], store: str) -> None:
    """Neo4j and the service tell the same of a model, written from stdin by somebody for a reason."""
    for one in both:
        who = ("--by", "eve", "--reason", "new")
        written = one.done("model", "write", "-", "--store", store, *who, "--json", given=MODEL).json
        assert {"id", "text", "hash", "revision", "at", "zookie"} == set(written)
        for other in both:
            assert written == other.done("model", "get", "--store", store, "--json").json
        change = one.done("changes", "--since", str(written["revision"] - 1), "--store", store, "--json").json
        assert ("eve", "new", written["id"]) == (claimed(change["by"]), change["reason"], change["model"])


def test_write_tells_faults(both: tuple[Cli, Cli], store: str) -> None:
    """A model with faults is refused with the same lines and carets by Neo4j's door and by the service."""
    wrong = WRONG.replace("[membr]", "[\tmembr]")
    direct, remote = (one.run("model", "write", "-", "--store", store, given=wrong) for one in both)
    assert direct == remote
    assert 2 == direct.code
    assert "^" in direct.err
    direct, remote = (one.run("model", "write", "-", "--store", store, "--json", given=wrong) for one in both)
    assert direct.said == remote.said
    assert 2 == len(direct.said["faults"])


def test_get_an_older_one(both: tuple[Cli, Cli], store: str, model_file: str) -> None:
    """Every model can be had by its id, and the list is newest first."""
    older = both[0].done("model", "write", model_file, "--store", store, "--json").json["id"]
    newer = both[1].done("model", "write", model_file, "--store", store, "--json").json["id"]
    for one in both:
        assert older == one.done("model", "get", older, "--store", store, "--json").json["id"]
        assert [newer, older] == [line["id"] for line in one.done("model", "list", "--store", store, "--json").lines]
        table = one.done("model", "list", "--store", store).out.splitlines()
        assert ["model", newer, older] == [line.split()[0] for line in table]


def test_get_what_is_not_there(either: Cli, store: str) -> None:
    """A store without a model, and a model nobody wrote, are errors."""
    assert (2, "model_not_found") == either.run("model", "get", "--store", store, "--json").failure
    assert (2, "model_not_found") == either.run("model", "get", "01NONE", "--store", store, "--json").failure


# --- the statement of a check ---


def test_cypher_of_a_file(model_file: str) -> None:
    """The statement of a file's model needs no Neo4j, and differs for each kind of subject."""
    kinds = ("member", "group#member", "member:*")
    asked = ("model", "cypher", "resource#viewer", "--file", model_file)
    texts = [ALONE.done(*asked, "--subject-type", kind).out for kind in kinds]
    assert 3 == len(set(texts))
    assert all("MATCH" in one for one in texts)
    assert texts[0] == ALONE.done(*asked).out


def test_cypher_of_a_store(either: Cli, modelled: str, model_file: str) -> None:
    """A store's model gives the statement its text gives."""
    alone = ALONE.done("model", "cypher", "resource#viewer", "--file", model_file, "--json").json
    assert alone == either.done("model", "cypher", "resource#viewer", "--store", modelled, "--json").json
    assert alone["statement"].startswith("CYPHER 25")


def test_cypher_that_is_none(model_file: str) -> None:
    """Where checks walk, the exit code is 1 and stderr says why."""
    asked = ("model", "cypher", "resource#reader", "--file", model_file)
    ran = ALONE.run(*asked)
    assert (1, "") == (ran.code, ran.out)
    assert "no statement" in ran.err
    assert "office_hours" in ran.err
    assert "office_hours" in ALONE.run(*asked, "--json").said["reason"]


@pytest.mark.parametrize(
    ("asked", "kind", "code"),
    [
        ("resource#vewer", "member", "relation_not_found"),
        ("resurce#viewer", "member", "type_not_found"),
        ("resource#viewer", "user", "type_not_found"),
        ("resource#viewer", "group#leader", "relation_not_found"),
        ("resource#viewer", "user:*", "type_not_found"),
        ("resource", "member", "malformed_relation"),
        ("resource#viewer", "member:ada", "malformed_name"),
    ],
)
def test_cypher_of_what_is_not_there(model_file: str, asked: str, kind: str, code: str) -> None:
    """Names the model lacks are errors, not statements that find nothing."""
    ran = ALONE.run("model", "cypher", asked, "--subject-type", kind, "--file", model_file, "--json")
    assert (2, code) == ran.failure
