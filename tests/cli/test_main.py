"""The command as a whole: errors, exit codes, interrupts, and what is imported when."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from iamgraph.cli.main import cli
from tests.cli.runner import COMMAND, NOWHERE, ROOT, SCRIPT, Cli, environment, started, stop

ALONE = Cli(NOWHERE)
HEAVY = ("neo4j", "flask", "gunicorn", "jpype", "pydantic", "rich", "requests")
IMPORTED = """
import sys
from iamgraph.cli.main import cli
try:
    cli.main(sys.argv[2:])
except SystemExit as ended:
    assert ended.code == 0, ended.code
print(",".join(one for one in sys.argv[1].split(",") if one in sys.modules), file=sys.stderr)
"""


def commands() -> list[tuple[str, ...]]:
    """Every command by its words."""
    found: list[tuple[str, ...]] = []
    for name, one in cli.commands.items():
        found += [(name, below) for below in one.commands] if isinstance(one, click.Group) else [(name,)]
    return found


def imported(*words: str) -> str:
    """Which heavy libraries a command imports."""
    ran = subprocess.run(
        [sys.executable, "-c", IMPORTED, ",".join(HEAVY), *words],
        cwd=ROOT,
        env=environment(NOWHERE),
        capture_output=True,
        text=True,
        check=True,
    )
    return ran.stderr.strip()


@pytest.mark.parametrize("words", [("--help",), ("check", "--help"), ("serve", "--help"), ("doctor", "--help")])
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    """Help comes at once: neither the driver nor Flask nor anything else that is slow is imported."""
    assert "" == imported(*words)


def test_validate_imports_nothing_heavy(model_file: str) -> None:
    """A model is validated by the parser alone."""
    assert "" == imported("model", "validate", model_file)


def test_the_watch_notices(model_file: str) -> None:
    """A command that does need the driver is seen to import it, so that the tests above can fail."""
    assert "neo4j" in imported("model", "cypher", "resource#viewer", "--file", model_file).split(",")


@pytest.mark.parametrize("words", commands(), ids="-".join)
def test_every_command_has_help_and_json(words: tuple[str, ...]) -> None:
    """Each command says what it does, and can print JSON."""
    ran = ALONE.done(*words, "--help")
    assert "--json" in ran.out
    assert ran.out.startswith("Usage: iamgraph " + " ".join(words))


@pytest.mark.parametrize("words", commands(), ids="-".join)
def test_misuse_is_json_where_asked(words: tuple[str, ...]) -> None:
    """An option nobody knows is an error of every command, exit code 2, as JSON with `--json`."""
    assert (2, "usage") == ALONE.run(*words, "--json", "--nonsense").failure
    plain = ALONE.run(*words, "--nonsense")
    assert 2 == plain.code
    assert "No such option" in plain.err
    assert "Traceback" not in plain.err


def test_commands() -> None:
    """The commands are these."""
    assert {
        *(
            ("check",),
            ("expand",),
            ("why",),
            ("cypher",),
            ("changes",),
            ("import",),
            ("export",),
            ("what-if",),
            ("history", "changes"),
            ("history", "since"),
            ("serve",),
            ("demo",),
            ("doctor",),
            ("bench",),
            ("object", "delete"),
        ),
        *(("list", one) for one in ("objects", "subjects", "access")),
        *(("tuple", one) for one in ("write", "delete", "delete-by-filter", "read")),
        *(("model", one) for one in ("validate", "write", "get", "list", "cypher")),
        *(("store", one) for one in ("create", "get", "list", "trim", "delete")),
        *(("keys", one) for one in ("create", "list", "revoke")),
        *(("workspace", one) for one in ("list", "show", "create", "update", "apply", "export", "import-members")),
        *(("workspace", one) for one in ("delete", "keep", "upgrade")),
        *(("report", one) for one in ("review", "access", "unused-groups", "idle-policies", "wide-labels")),
        *(("report", one) for one in ("one-path", "owners")),
        *(("account", one) for one in ("get", "rename", "set-email", "delete")),
        *(("workspace", one) for one in ("members", "groups", "policies", "labels", "tokens")),
        *(("member", one) for one in ("list", "get", "add", "set-role", "set-pii", "remove")),
        *(
            ("group", one)
            for one in ("list", "get", "create", "rename", "set-pii", "delete", "add", "remove", "replace")
        ),
        *(("policy", one) for one in ("list", "get", "create", "delete", "give", "hold", "release")),
        *(("label", one) for one in ("list", "create", "delete", "attach", "detach", "attach-many")),
        *(("resource", one) for one in ("list", "get", "create", "rename", "delete", "move", "admit")),
        *(("token", one) for one in ("list", "create", "describe", "set-pii", "revoke")),
        *(("invite", one) for one in ("list", "create", "revoke", "accept")),
        *(("request", one) for one in ("list", "create", "approve", "dismiss")),
        *(("session", one) for one in ("list", "issue", "verify", "touch", "end")),
        *(("audit", one) for one in ("list", "export")),
    } == set(commands())


def test_version() -> None:
    """The version is told."""
    assert ALONE.done("--version").out.startswith("iamgraph, version ")


def test_an_error_is_one_line() -> None:
    """An error for people is one line on stderr, and nothing on stdout."""
    ran = ALONE.run("check", "ada", "viewer", "resource:wiki")
    assert (2, "") == (ran.code, ran.out)
    assert "iamgraph: malformed `ada`: expected `type:id`, `type:id#relation` or `type:*`\n" == ran.err


def test_an_error_in_json() -> None:
    """An error as JSON has code, message and pointer."""
    said = ALONE.run("check", "ada", "viewer", "resource:wiki", "--json").said
    assert {"code", "message", "pointer"} == set(said)
    assert ("malformed_object", None) == (said["code"], said["pointer"])


def test_bytes_that_are_no_text() -> None:
    """Bytes of another encoding in an argument are an error of the call, wherever they stand."""
    ran = subprocess.run(
        [*COMMAND, "store", "get", b"caf\xe9", "--json"],
        cwd=ROOT,
        env=environment(NOWHERE),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (2, "malformed_text") == (ran.returncode, json.loads(ran.stderr)["code"])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NEO4J_URI", "bolt://127.0.0.1:1", "NEO4J_URI is set without NEO4J_PASSWORD"),
        ("IAMGRAPH_DEADLINE", "soon", "IAMGRAPH_DEADLINE: input should be a valid number"),
        ("IAMGRAPH_HEAP", "much", "IAMGRAPH_HEAP: string should match"),
    ],
)
def test_settings_that_are_wrong(name: str, value: str, message: str) -> None:
    """A variable that is wrong is named, without its value."""
    ran = ALONE.run("store", "list", **{name: value})
    assert 2 == ran.code
    assert ran.err.startswith(f"iamgraph: {message}")
    assert 1 == len(ran.err.splitlines())
    assert value not in ran.err


def test_no_neo4j(direct: Cli) -> None:
    """A Neo4j that cannot be reached is one line."""
    ran = direct.run("store", "list", NEO4J_URI="bolt://127.0.0.1:1")
    assert (2, "iamgraph: Neo4j cannot be reached\n") == (ran.code, ran.err)
    assert (2, "store_unavailable") == direct.run("store", "list", "--json", NEO4J_URI="bolt://127.0.0.1:1").failure


def test_an_interrupt_is_quiet(tmp_path: Path) -> None:
    """Ctrl-C ends a command with 130 and says nothing."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with started("model", "validate", str(pipe), env=NOWHERE) as process:
        # Opens once the command has opened it too, and waits for what is written.
        with pipe.open("w"):
            assert 130 == stop(process, signal.SIGINT)
        assert process.stdout is not None
        assert process.stderr is not None
        assert ("", "") == (process.stdout.read(), process.stderr.read().strip())


def test_a_reader_that_leaves(direct: Cli, modelled: str) -> None:
    """A pipe that is closed early is no traceback."""
    read, write = os.pipe()
    os.close(read)
    ran = subprocess.run(
        [*COMMAND, "changes", "--store", modelled, "--json"],
        cwd=ROOT,
        env=environment(direct.env),
        stdout=write,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    os.close(write)
    assert "" == ran.stderr


def test_the_script_is_installed() -> None:
    """`iamgraph` is a command of its own, not the module alone."""
    ran = subprocess.run([SCRIPT, "--version"], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("iamgraph, version ")
