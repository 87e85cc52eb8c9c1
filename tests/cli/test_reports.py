"""`iamgraph report`, on Neo4j and on a service."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.runner import Cli


@pytest.fixture
def wiki(direct: Cli, modelled: str) -> str:
    """A store where ada may view the wiki by way of a group."""
    tuples = ("group:eng#member@member:ada", "resource:wiki#viewer@group:eng#member")
    direct.done("tuple", "write", *tuples, "--store", modelled, "--by", "eve", "--reason", "on [red]call")
    return modelled


def test_a_review_as_a_table(either: Cli, wiki: str) -> None:
    """It says what it is of, and who may through what, given by whom."""
    told = either.done("report", "review", "resource:wiki", "--store", wiki, "--relation", "viewer").out
    assert f"Access review of resource:wiki: revision 2 of store {wiki}" in told
    assert "member:ada is member of group:eng; group:eng#member is viewer of resource:wiki" in told
    assert "on [red]call" in told


def test_a_review_is_the_same_here_and_there(both: tuple[Cli, Cli], wiki: str) -> None:
    """Neo4j and the service give the same rows, and each of the other forms."""
    asked = ("report", "review", "resource:wiki", "--store", wiki)
    direct, remote = (one.done(*asked, "--json").json for one in both)
    assert direct["rows"] == remote["rows"]
    assert direct["columns"] == remote["columns"]
    for one in both:
        assert one.done(*asked, "--format", "csv").out.startswith("subject,relation,access,through,path")
        assert one.done(*asked, "--one-path", "--format", "html").out.startswith("<!doctype html>")


def test_into_a_file(direct: Cli, wiki: str, tmp_path: Path) -> None:
    """A page is written where it is wanted."""
    file = tmp_path / "review.html"
    direct.done("report", "review", "resource:wiki", "--store", wiki, "--format", "html", "-o", str(file))
    assert "<h1>Access review of resource:wiki</h1>" in file.read_text()
    assert 2 == direct.run("report", "review", "resource:wiki", "--store", wiki, "-o", str(tmp_path)).code


def test_wrong_calls(either: Cli, wiki: str) -> None:
    """What is not there is an error."""
    assert 2 == either.run("report", "review", "wiki", "--store", wiki).code
    assert 2 == either.run("report", "review", "resource:wiki", "--store", wiki, "--relation", "editor").code
