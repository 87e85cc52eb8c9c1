"""Neo4j's own files: listed with their sums, fetched once, and refused where they are not what the list says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from iamgraph.local.jars import NEO4J_VERSION, Jar, classpath, fetched
from iamgraph.settings import Settings

SCRIPT: Final = """\
import sys
from pathlib import Path
from iamgraph.errors import StoreError
from iamgraph.local.jars import classpath
try:
    print(len(classpath(Path(sys.argv[1]), lambda line: None)))
except StoreError as error:
    print(error.code, error.message)
"""
# A network that leads nowhere: a closed port of this machine.
CUT_OFF: Final = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:1")


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache with every file in it."""
    cache = Settings().cache_dir
    classpath(cache, lambda _: None)
    return cache


@pytest.fixture
def copy(cache: Path, tmp_path: Path) -> Path:
    """A cache of its own with the same files, as links."""
    shutil.copytree(cache / f"neo4j-{NEO4J_VERSION}", tmp_path / f"neo4j-{NEO4J_VERSION}", copy_function=os.link)
    return tmp_path


def cut_off(cache: Path) -> str:
    """What asking for the files says where there is no network."""
    environment = {**os.environ, **CUT_OFF, "no_proxy": "", "NO_PROXY": ""}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(cache)], env=environment, capture_output=True, text=True, check=False
    )
    assert 0 == done.returncode, done.stderr
    return done.stdout.strip()


def replace_with(file: Path, content: bytes) -> None:
    """Other content in place of a file, and of it alone."""
    file.unlink()
    file.write_bytes(content)


def test_a_path_gives_coordinates() -> None:
    """Group, artifact, version and classifier come out of where a file lies."""
    plain = Jar("", "org/neo4j/neo4j-io/2026.09.0/neo4j-io-2026.09.0.jar")
    assert ("org.neo4j", "neo4j-io", "2026.09.0", "") == plain.coordinates
    native = Jar("", "io/netty/netty-x/4.2/netty-x-4.2-linux-x86_64.jar")
    assert ("io.netty", "netty-x", "4.2", "linux-x86_64") == native.coordinates


def test_every_file_is_there(cache: Path) -> None:
    """All files of the list are fetched, each once, Neo4j's own version among them."""
    found = classpath(cache, lambda _: None)
    assert len(found) == len(set(found)) > 200
    assert all(one.stat().st_size > 0 for one in found)
    assert any(one.name == f"neo4j-kernel-{NEO4J_VERSION}.jar" for one in found)


def test_a_full_cache_needs_no_network(cache: Path) -> None:
    """What was fetched and verified is used without asking anybody."""
    assert str(len(classpath(cache, lambda _: None))) == cut_off(cache)


def test_without_network_the_message_says_what_to_do(tmp_path: Path) -> None:
    """With nothing fetched and no network there is an error of ours that names both ways out."""
    said = cut_off(tmp_path)
    assert said.startswith("neo4j_not_fetched")
    assert "NEO4J_URI" in said
    assert "network" in said
    assert not fetched(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"another file altogether"])
def test_a_wrong_file_is_fetched_anew(copy: Path, content: bytes) -> None:
    """A file that is cut short or replaced is not used: it is had again, and is then what the list says."""
    folder = copy / f"neo4j-{NEO4J_VERSION}"
    (folder / "verified").unlink()
    jar = next(one for one in classpath_of(folder) if one.name.startswith("slf4j-api"))
    right = jar.read_bytes()
    replace_with(jar, content)
    heard: list[str] = []
    classpath(copy, heard.append)
    assert right == jar.read_bytes()
    assert heard
    assert fetched(copy)


def test_a_missing_file_is_noticed(copy: Path) -> None:
    """A cache that lost a file since it was verified is not taken for whole."""
    jar = next(classpath_of(copy / f"neo4j-{NEO4J_VERSION}"))
    jar.unlink()
    assert not fetched(copy)
    assert cut_off(copy).startswith("neo4j_not_fetched")


def classpath_of(folder: Path) -> Iterator[Path]:
    """The files of a cache, as they lie there."""
    return folder.rglob("*.jar")
