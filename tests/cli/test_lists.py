"""`iamgraph list` and `iamgraph expand`, on Neo4j and on a service."""

from __future__ import annotations

import pytest

from tests.cli.runner import Cli


@pytest.fixture
def wiki(direct: Cli, modelled: str) -> str:
    """A store where ada may view the wiki by way of a group."""
    tuples = ("group:eng#member@member:ada", "resource:wiki#viewer@group:eng#member", "resource:blog#owner@member:ada")
    direct.done("tuple", "write", *tuples, "--store", modelled)
    return modelled


def test_what_a_subject_may(both: tuple[Cli, Cli], wiki: str) -> None:
    """Objects as JSON lines, the same from Neo4j and the service; all of them, or the first."""
    asked = ("list", "objects", "member:ada", "viewer", "resource", "--store", wiki)
    direct, remote = (one.done(*asked, "--json").out for one in both)
    assert direct == remote
    assert '{"object": "resource:blog"}\n{"object": "resource:wiki"}\n' == direct
    for one in both:
        first = one.run(*asked, "--limit", "1", "--json")
        assert ('{"object": "resource:blog"}\n', '{"more": true}\n') == (first.out, first.err)


def test_who_may(both: tuple[Cli, Cli], wiki: str) -> None:
    """Subjects of a type and of a userset kind, the same from both."""
    asked = ("--store", wiki, "--json")
    for kind, subject in (("member", "member:ada"), ("group#member", "group:eng#member")):
        direct, remote = (one.done("list", "subjects", "resource:wiki", "viewer", kind, *asked).out for one in both)
        assert direct == remote
        assert f'{{"subject": "{subject}", "allowed": true}}\n' == direct


def test_all_a_subject_can_do(both: tuple[Cli, Cli], wiki: str) -> None:
    """Relations with their objects, the same from both, as a table too."""
    asked = ("list", "access", "member:ada", "--store", wiki)
    direct, remote = (one.done(*asked, "--json").out for one in both)
    assert direct == remote
    assert "resource#viewer" in both[0].done(*asked).out


def test_the_tree(both: tuple[Cli, Cli], wiki: str) -> None:
    """The tree as JSON, the same from both, and drawn; what names no relation is refused."""
    asked = ("expand", "resource:wiki#viewer", "--store", wiki)
    direct, remote = (one.done(*asked, "--json").json for one in both)
    assert direct == remote
    assert "member:ada" in both[0].done(*asked).out
    assert 2 == both[0].run("expand", "resource:wiki", "--store", wiki).code
