"""`iamgraph cypher`, on Neo4j and on a service that allows it."""

from __future__ import annotations

import json
import os
import pty
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ulid import ULID

from iamgraph.cookbook import names
from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import COMMAND, NOWHERE, Cli, environment, first_line, on, started, until

PATHS = "MATCH p = (:Object {key: $store + '/member:ada'})-[:MEMBER]->() RETURN p"


@pytest.fixture(scope="module")
def allowing(server: Neo4jServer, access_store: str, secret: str) -> Iterator[Cli]:
    """The command line on a service that answers Cypher."""
    words = ("serve", "--port", "0", "--workers", "1", "--json")
    with started(*words, env=on(server) | {"IAMGRAPH_CYPHER": "True"}) as process:
        url = json.loads(first_line(process))["url"]
        cli = Cli(NOWHERE | {"IAMGRAPH_URL": url, "IAMGRAPH_KEY": secret})
        assert until(lambda: cli.run("store", "list").code == 0)
        yield cli


@pytest.fixture(params=["direct", "allowing"])
def asking(request: pytest.FixtureRequest) -> Cli:
    """On Neo4j itself, and on the service."""
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Cli)
    return found


@pytest.fixture
def grouped(direct: Cli, modelled: str) -> str:
    """A store in which ada is in core, which is in eng."""
    tuples = ("group:eng#member@group:core#member", "group:core#member@member:ada")
    direct.done("tuple", "write", "--store", modelled, *tuples)
    return modelled


def test_a_question_by_name(asking: Cli, grouped: str) -> None:
    """A question gives a table, comma-separated values, or JSON."""
    words = ("cypher", "members_of_nested_groups", "--param", "group=eng", "--store", grouped)
    assert ["member depth through", "ada 2 core, eng"] == [
        re.sub(" +", " ", line).strip() for line in asking.done(*words).out.splitlines()
    ]
    assert 'member,depth,through\nada,2,"core, eng"\n' == asking.done(*words, "--csv").out
    assert {"member": "ada", "depth": 2, "through": ["core", "eng"]} == asking.done(*words, "--json").json


def test_the_questions_are_listed(direct: Cli) -> None:
    """Without a name every question is listed, and each can be shown, to be pasted elsewhere."""
    assert list(names()) == [one["name"] for one in direct.done("cypher", "--json").lines]
    assert direct.done("cypher", "path_between", "--show").out.startswith("CYPHER 25\n// path_between")


def test_a_statement_of_ones_own(asking: Cli, grouped: str, tmp_path: Path) -> None:
    """A file or stdin is asked, with parameters that are JSON or text."""
    file = tmp_path / "own.cypher"
    file.write_text("RETURN $store AS store, $a AS a, $b AS b")
    words = ("--store", grouped, "--param", "a=[1]", "--param", "b=x y", "--json")
    expected = {"store": grouped, "a": [1], "b": "x y"}
    assert expected == asking.done("cypher", "--file", str(file), *words).json
    assert expected == json.loads(asking.run("cypher", "--file", "-", *words, given=file.read_text()).out)


def test_a_picture(asking: Cli, grouped: str, tmp_path: Path) -> None:
    """Paths are drawn into a file, from Neo4j and from what a service tells alike."""
    file = tmp_path / "picture.svg"
    asking.run("cypher", "--file", "-", "--store", grouped, "--svg", str(file), given=PATHS)
    assert file.read_text().startswith("<svg")
    assert "core" in file.read_text()
    ran = asking.run("cypher", "--file", "-", "--store", grouped, "--svg", str(file), "--json", given="RETURN 1 AS x")
    assert (2, "nothing_to_draw") == ran.failure


def test_cut_rows_are_said_to_be(asking: Cli, grouped: str) -> None:
    """More rows than the limit are told of beside the results."""
    words = ("--store", grouped, "--limit", "2", "--csv")
    ran = asking.run("cypher", "--file", "-", *words, given="UNWIND range(1, 9) AS x RETURN x")
    assert (0, "x\n1\n2\n", "only the first 2 rows: there are more\n") == (ran.code, ran.out, ran.err)


def test_no_formula_leaves(direct: Cli, grouped: str) -> None:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    ran = direct.run("cypher", "--file", "-", "--store", grouped, "--csv", given="RETURN '=1+1' AS x")
    assert "x\n'=1+1\n" == ran.out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("no_such",), "question_not_found"),
        (("path_between",), "parameter_missing"),
        (("path_between", "--param", "from"), "malformed_parameter"),
        (("--file", "/no/such/file"), "file_not_read"),
        (("path_between", "--shell"), "usage"),
    ],
)
def test_what_makes_no_sense(direct: Cli, words: tuple[str, ...], code: str) -> None:
    """A question that is not there, lacks a parameter or is asked in two ways at once is told by a code."""
    assert (2, code) == direct.run("cypher", *words, "--json").failure


def test_writes_are_refused(asking: Cli, grouped: str) -> None:
    """A statement that would write is refused, wherever it is asked."""
    ran = asking.run("cypher", "--file", "-", "--store", grouped, "--json", given="CREATE (n) RETURN n")
    assert (2, "statement_refused") == ran.failure


def test_a_service_says_no(remote: Cli, grouped: str) -> None:
    """A service answers no Cypher unless it is set to."""
    ran = remote.run("cypher", "--file", "-", "--store", grouped, "--json", given="RETURN 1 AS x")
    assert (2, "cypher_off") == ran.failure


SHELL = """\
:param name => 'ada'
RETURN $name AS name,
       $store = 'x' AS same;
RETRUN 1;

RETURN 2 AS two
"""


def test_the_shell(direct: Cli, grouped: str) -> None:
    """Lines up to a `;` are one statement; a fault ends nothing; parameters stay; the last needs no `;`."""
    ran = direct.run("cypher", "--shell", "--csv", "--store", grouped, given=SHELL)
    assert (0, "name,same\nada,false\ntwo\n2\n") == (ran.code, ran.out)
    assert "iamgraph: line 1, column 1: invalid input 'RETRUN'\n" == ran.err


def test_the_shell_has_a_history(server: Neo4jServer, store: str, tmp_path: Path) -> None:
    """On a terminal lines are kept for the next shell, where nobody else can read them."""
    mine, its = pty.openpty()
    home = tmp_path / str(ULID())
    env = environment(on(server) | {"IAMGRAPH_HOME": str(home), "TERM": "dumb"})
    import subprocess  # noqa: PLC0415

    words = [*COMMAND, "cypher", "--shell", "--csv", "--store", store]
    with subprocess.Popen(words, env=env, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        os.write(mine, b"RETURN 40 + 2 AS answer;\n:exit\n")
        said, end = b"", time.monotonic() + 60
        while time.monotonic() < end:
            try:
                said += os.read(mine, 4096)
            except OSError:
                break
        assert 0 == process.wait(30)
    os.close(mine)
    assert b"42" in said
    kept = home / "cypher_history"
    assert ("RETURN 40 + 2 AS answer;", 0o600) == (kept.read_text().splitlines()[0], kept.stat().st_mode & 0o777)
