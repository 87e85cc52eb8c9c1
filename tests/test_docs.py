"""The docs and the code, held to each other: every command in them runs, and nothing stands in only one of them."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import Final

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families

from iamgraph.access.access import shipped_model
from iamgraph.access.roles import ROLES
from iamgraph.authorizer import Authorizer
from iamgraph.cli.main import cli
from iamgraph.errors import RequestError
from iamgraph.model.parser import parse_model
from iamgraph.questions import Unknown
from iamgraph.service.app import create_app
from iamgraph.service.metrics import Metrics
from iamgraph.service.problems import CODE_OF_STATUS, STATUS_OF_CODE
from iamgraph.service.worker import REFUSED
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer

ROOT: Final = Path(__file__).parents[1]
README: Final = (ROOT / "README.md").read_text()
LINKED: Final = ROOT / "iamgraph" / "service"
SOURCES: Final = tuple(
    sorted(
        file for room in ("iamgraph", "service") for file in (ROOT / room).rglob("*.py") if LINKED not in file.parents
    )
)

_LANGUAGES: Final = ("console", "cypher", "python")
_ALLOWED: Final = re.compile(r'"allowed":(\w+)')


def block(language: str, holding: str) -> str:
    """The README's one block of a language that holds a text."""
    found = [one for one in re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL) if holding in one]
    assert len(found) == 1
    return str(found[0])


def rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table whose first line begins with a heading."""
    table = text[text.index(f"| {heading} |") :].split("\n\n", maxsplit=1)[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]


def codes(cell: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


@pytest.fixture(scope="module")
def environment(server: Neo4jServer, keeper: Neo4jKeeper, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that uses the tests' Neo4j."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "NEO4J_URI": server.uri,
        "NEO4J_USER": server.user,
        "NEO4J_PASSWORD": server.password,
        "IAMGRAPH_HOME": str(tmp_path_factory.mktemp("home")),
        "IAMGRAPH_DEADLINE": "60",
    }


@pytest.fixture(scope="module")
def wiki(authorizer: Authorizer, environment: dict[str, str]) -> Iterator[list[tuple[str, str]]]:
    """The README's commands, each with what it printed."""
    _delete(authorizer, "wiki")
    lines = [line.removeprefix("$ ") for line in block("console", "iamgraph check").splitlines()]
    yield [(line, _output(shlex.split(line), environment)) for line in lines]
    _delete(authorizer, "wiki")


def _delete(authorizer: Authorizer, store: str) -> None:
    try:
        authorizer.delete_store(store)
    except RequestError as missing:
        assert "store_not_found" == missing.code


def _output(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (0, "") == (done.returncode, done.stderr)
    return done.stdout


def test_the_commands_run(wiki: list[tuple[str, str]]) -> None:
    """Every command of the README's first steps runs, and the two checks answer as they should."""
    checks = [printed for line, printed in wiki if line.startswith("iamgraph check")]
    assert ["allowed", "denied"] == [printed.split()[0] for printed in checks]
    assert "CYPHER 25" in wiki[-1][1]


def test_the_python_runs(wiki: list[tuple[str, str]], environment: dict[str, str]) -> None:
    """The README's Python prints an allowed answer and the path that proves it."""
    printed = _output([sys.executable, "-W", "error", "-c", block("python", "iamgraph.connect")], environment)
    expected = "Outcome.ALLOWED ['group:eng#member@member:ada', 'page:home#viewer@group:eng#member']\n"
    assert expected == printed


def test_the_cypher_runs(wiki: list[tuple[str, str]], keeper: Neo4jKeeper) -> None:
    """The README's Cypher finds who may view what through which group."""
    found = [dict(row) for row in keeper._alone(block("cypher", "granted_by"), {})]
    assert {"member": "ada", "through": "eng", "page": "home", "granted_by": None, "because": None} in found


def test_the_demo_and_its_calls(environment: dict[str, str], authorizer: Authorizer, tmp_path: Path) -> None:
    """The demo prints calls that answer allowed, denied, and, after a write, allowed; it answers the README's too, and
    all that `docs/cypher.md` and `docs/reports.md` ask of it.
    """
    with demo(environment) as printed:
        calls = "\n".join(line.removeprefix("  ") for line in printed if re.match(r"  (export|curl|  -d)", line))
        answers = _output(["bash", "-c", calls], environment).splitlines()
        assert ["true", "false", "true"] == [one[1] for one in map(_ALLOWED.search, answers) if one is not None]
        assert '"path":[' in answers[0]
        assignments = dict(line.removeprefix("  export ").split("=", 1) for line in printed if "export" in line)
        mine = block("sh", "curl").replace("http://127.0.0.1:8080/v1/stores/demo", assignments["URL"])
        assert '"allowed":true' in _output(["bash", "-c", mine], environment | assignments)
        _ask_in_cypher(environment, authorizer, tmp_path)
        _ask_for_reports(environment, tmp_path)


def _ask_in_cypher(environment: dict[str, str], authorizer: Authorizer, folder: Path) -> None:
    text = (ROOT / "docs" / "cypher.md").read_text()
    console, own, python = (
        one.group(1) for one in (re.search(rf"```{name}\n(.*?)```", text, re.DOTALL) for name in _LANGUAGES) if one
    )
    for line in console.splitlines():
        assert _output(["bash", "-c", f"cd {folder} && {line.removeprefix('$ ')}"], environment)
    assert (folder / "orders.svg").read_text().startswith("<svg")
    # Three people are in two groups of acme, one in one of mercy.
    assert 4 == len(authorizer.query(own, store="demo").paths)
    expected = "('id',) ['eng', 'support', 'ward']\n"
    assert expected == _output([sys.executable, "-W", "error", "-c", python], environment)


def _ask_for_reports(environment: dict[str, str], folder: Path) -> None:
    text = (ROOT / "docs" / "reports.md").read_text()
    console, python = (re.search(rf"```{name}\n(.*?)```", text, re.DOTALL) for name in ("console", "python"))
    assert console is not None
    assert python is not None
    for line in console.group(1).splitlines():
        assert _output(["bash", "-c", f"cd {folder} && {line.removeprefix('$ ')}"], environment)
    assert "<h1>Owners of workspace Acme</h1>" in (folder / "owners.html").read_text()
    printed = _output([sys.executable, "-W", "error", "-c", python.group(1)], environment)
    assert "['member:ada', 'member:bob', 'member:cyd']\n" == printed


@contextmanager
def demo(environment: dict[str, str]) -> Iterator[list[str]]:
    """What `iamgraph demo` prints once it serves; an interrupt ends it, as its text says."""
    command = ["iamgraph", "demo", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = list(takewhile(lambda line: "Press Ctrl-C" not in line, process.stdout))
        try:
            yield [line.rstrip("\n") for line in lines]
        finally:
            process.send_signal(signal.SIGINT)
            assert 0 == process.wait(30)


# --- tables ---


def test_every_route_is_in_the_readme() -> None:
    """The README's routes are the app's, each with its method."""
    documented = {code for row in rows(README, "Route") for code in codes(row[0])}
    app = create_app(Settings())
    served = {
        f"{method} {_written(rule.rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert documented == served


def _written(rule: str) -> str:
    return re.sub(r"<(?:[a-z]+:)?(.*?)>", r"{\1}", rule)


def test_every_setting_is_in_the_readme() -> None:
    """The README's settings are those read from the environment, each with its default."""
    documented = {codes(row[0])[0]: "".join(codes(row[1])) for row in rows(README, "Variable")}
    read = {
        str(field.validation_alias or f"IAMGRAPH_{name.upper()}"): "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert documented == read


def test_every_command_is_in_the_readme() -> None:
    """The README's commands are those the program has."""
    documented = {code.removeprefix("iamgraph ") for row in rows(README, "Command") for code in codes(row[0])}
    assert documented == set(_commands(cli))


def _commands(command: click.Command, path: str = "") -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path.strip()
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None
        yield from _commands(found, f"{path} {name}")


def test_every_error_code_is_documented() -> None:
    """The documented codes are those the code gives, no more and no less."""
    text = (ROOT / "docs" / "errors.md").read_text()
    documented = {code for row in rows(text, "Code") for code in codes(row[0])}
    given = {code for file in SOURCES for code in _codes(ast.parse(file.read_text()))}
    given |= {one.value for one in Unknown} | set(STATUS_OF_CODE) | set(CODE_OF_STATUS.values())
    given |= {code for _, code in REFUSED.values()}
    assert documented == given - {"error"}


def _codes(tree: ast.AST) -> Iterator[str]:
    """Texts given as `code`, as the second argument of `problem`, or as the code of an error's class."""
    for node in ast.walk(tree):
        match node:
            case ast.keyword(arg="code", value=ast.Constant(value=str(code))):
                yield code
            case ast.Dict(keys=[ast.Constant(value="code"), *_], values=[ast.Constant(value=str(code)), *_]):
                yield code
            case ast.Call(func=ast.Name(id="problem"), args=[_, ast.Constant(value=str(code)), *_]):
                yield code
            case ast.Call(func=ast.Attribute(attr="get"), args=[_, ast.Constant(value="http_error" as code)]):
                yield str(code)
            case ast.AnnAssign(target=ast.Name(id="default_code"), value=ast.Constant(value=str(code))):
                yield code
            case ast.Assign(targets=[ast.Name(id="default_code")], value=ast.Constant(value=str(code))):
                yield code


def test_every_limit_is_documented() -> None:
    """The documented limits are the code's, each with its value."""
    text = (ROOT / "docs" / "limits.md").read_text()
    documented = {codes(row[0])[0]: int(row[1]) for row in rows(text, "Limit")}
    modules = [_module(file) for file in SOURCES if re.search(r"^MAX_\w+", file.read_text(), re.MULTILINE)]
    found = {
        name: value
        for module in modules
        for name, value in vars(importlib.import_module(module)).items()
        if name.startswith("MAX_")
    }
    assert documented == found


def _module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts if parts[0] == "iamgraph" else ("iamgraph", *parts))


def test_every_metric_is_documented() -> None:
    """The documented metrics are those a scrape finds, each with its labels."""
    text = (ROOT / "docs" / "operations.md").read_text()
    documented = {codes(row[0])[0]: set(codes(row[1])) for row in rows(text, "Metric")}
    metrics = Metrics()
    metrics.answered("GET", "other", 404, "route_not_found", 0.1)
    metrics.ran("compiled", 0.1)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for one in family.samples for label in one.labels}
        if not name.endswith("_created"):  # of one process alone; the service's workers have none
            found[name] = labels - {"le"}
    assert documented == found


def test_every_file_is_in_the_architecture() -> None:
    """The architecture names every file of the package that holds something, and no other."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    documented = {name for row in rows(text, "File") for name in codes(row[0]) if name.endswith(".py")}
    there = {
        str(file.relative_to(ROOT)) for file in SOURCES if file.name != "__init__.py" or len(file.read_text()) > 300
    }
    assert documented == there


def test_the_access_model_is_documented() -> None:
    """The roles are documented as the code has them, and each permission of the model is named, and no other."""
    text = (ROOT / "docs" / "access.md").read_text()
    told = {codes(row[0])[0]: (row[1], codes(row[2]), bool(row[3])) for row in rows(text, "Role")}
    assert told == {
        one.id: (one.description, [one.single] if one.single else [], one.labelled) for one in ROLES.values()
    }
    model = parse_model(shipped_model())
    permissions = {each.name for one in model.types for each in one.relations if each.name.startswith("can_")}
    assert permissions == set(re.findall(r"`(can_\w+)`", text))


def test_every_decision_has_a_reason() -> None:
    """What the access model leaves open is decided in one table, each line with the reason."""
    decided = rows((ROOT / "docs" / "access.md").read_text(), "Question")
    assert len(decided) > 30
    assert [] == [one for one in decided if len(one) != 3 or not all(cell.strip() for cell in one)]
