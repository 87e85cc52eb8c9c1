"""What `pip install .` puts on a machine: everything the program reads, and nothing that belongs to the checkout."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
# What the page is made of; what is made of it is packed.
SOURCES: Final = ROOT / "service" / "page"


BUILT: Final = ("index.html", "page.js", "style.css", "layout.js", "icon.svg")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*command, "--wheel-dir", str(folder), str(ROOT)], capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return next(folder.glob("*.whl"))


def test_the_wheel_has_every_file(wheel: Path) -> None:
    """Each statement, grammar, model and module is packed, and no test."""
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    expected = {
        f"{room}/{file.relative_to(ROOT / source)}"
        for room, source in (("iamgraph", "iamgraph"), ("iamgraph/service", "service"), ("iamgraph/cypher", "cypher"))
        for file in (ROOT / source).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts and not _linked(file) and SOURCES not in file.parents
    }
    assert expected == packed


def _linked(file: Path) -> bool:
    return any((ROOT / "iamgraph" / room) in file.parents for room in ("service", "cypher"))


def test_the_wheel_has_the_page(wheel: Path) -> None:
    """The page is packed as it is served, and names no other host."""
    packed = zipfile.ZipFile(wheel)
    files = {name: packed.read(f"iamgraph/service/assets/page/{name}").decode() for name in BUILT}
    assert [] == [name for name, text in files.items() if not text]
    assert [] == [name for name in ("index.html", "style.css") if "://" in files[name]]
    lock = (SOURCES / "package-lock.json").read_text()
    assert '"resolved"' not in lock


def test_the_page_makes_no_markup_of_text() -> None:
    """No source of the page writes markup or runs text."""
    forbidden = re.compile(
        r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|document\.write|localStorage|\.html\("
    )
    sources = sorted((SOURCES / "src").glob("*.js"))
    assert sources
    assert [] == [file.name for file in sources if forbidden.search(file.read_text())]


def test_the_wheel_works(wheel: Path, tmp_path: Path) -> None:
    """The packed program, on its own, validates a model and prints the statement of a check."""
    zipfile.ZipFile(wheel).extractall(tmp_path)
    command = [sys.executable, "-m", "iamgraph.cli.main", "model", "cypher", "page#can_view", "--file"]
    done = subprocess.run(
        [*command, str(ROOT / "docs" / "wiki.fga")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("CYPHER 25")


@pytest.mark.parametrize("name", ["iamgraph.tuples"])
def test_the_examples_in_docstrings_hold(name: str) -> None:
    """Every example in a docstring prints what it says."""
    found = doctest.testmod(importlib.import_module(name))
    assert 0 == found.failed
    assert found.attempted > 0
