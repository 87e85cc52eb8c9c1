"""`iamgraph why`, on Neo4j and on a service."""

from __future__ import annotations

import pytest

from tests.cli.runner import Cli

ADA = ("member:ada", "viewer", "resource:wiki")
BOB = ("member:bob", "viewer", "resource:wiki")


@pytest.fixture
def wiki(direct: Cli, modelled: str) -> str:
    """A store where ada may view the wiki by way of a group, and by herself."""
    tuples = ("group:eng#member@member:ada", "resource:wiki#viewer@group:eng#member", "resource:wiki#viewer@member:ada")
    direct.done("tuple", "write", *tuples, "--store", modelled, "--by", "eve", "--reason", "on [red]call")
    return modelled


def test_allowed(either: Cli, wiki: str) -> None:
    """Each proof is a sentence with its tuples beneath, the shortest first, with who wrote them and why."""
    told = either.done("why", *ADA, "--store", wiki).out
    assert "allowed: member:ada has viewer on resource:wiki" in told
    assert "member:ada is member of group:eng; group:eng#member is viewer of resource:wiki" in told
    assert told.index("resource:wiki#viewer@member:ada") < told.index("group:eng#member@member:ada")
    assert "by eve: on [red]call" in told.replace(" by key cli tests", "")


def test_denied(either: Cli, wiki: str) -> None:
    """A denial names its branches and the commands that would allow it."""
    told = either.done("why", *BOB, "--store", wiki).out
    assert "denied: member:bob has no viewer on resource:wiki" in told
    assert "member:bob is not viewer of resource:wiki, nor is it in group:eng#member" in told
    assert "iamgraph tuple write 'resource:wiki#viewer@member:bob'" in told
    assert "iamgraph tuple write 'group:eng#member@member:bob'" in told


def test_json(both: tuple[Cli, Cli], wiki: str) -> None:
    """Neo4j and the service give the same JSON, of a proof and of a denial."""
    for asked in (ADA, BOB):
        direct, remote = (one.done("why", *asked, "--store", wiki, "--json").json for one in both)
        assert direct == remote
        assert {"allowed", "sentence", "proofs", "branches", "changes", "complete", "more", "zookie"} == set(direct)


def test_as_of_then(both: tuple[Cli, Cli], wiki: str) -> None:
    """Who lost access is told the proof of then by Neo4j and the service alike; who had none, no change."""
    both[0].done("tuple", "delete", "group:eng#member@member:ada", "resource:wiki#viewer@member:ada", "--store", wiki)
    assert not both[0].done("why", *ADA, "--store", wiki, "--json").json["allowed"]
    for asked, found in ((ADA, (True, 2)), (BOB, (False, 0))):
        direct, remote = (one.done("why", *asked, "--at", "2", "--store", wiki, "--json").json for one in both)
        assert direct == remote
        assert (*found, []) == (direct["allowed"], len(direct["proofs"]), direct["changes"])
    assert (2, "zookie_refused") == both[0].run(
        "why", *ADA, "--at", "2", "--zookie", "z", "--store", wiki, "--json"
    ).failure


def test_limit(either: Cli, wiki: str) -> None:
    """No more proofs are told than asked for, and a limit past the largest is refused."""
    assert 1 == len(either.done("why", *ADA, "--store", wiki, "--limit", "1", "--json").json["proofs"])
    assert 2 == either.run("why", *ADA, "--store", wiki, "--limit", "51").code


def test_unknown_relation(either: Cli, wiki: str) -> None:
    """What the model lacks is an error, never a denial."""
    failed = either.run("why", "member:bob", "vewer", "resource:wiki", "--store", wiki, "--json")
    assert (2, "relation_not_found") == failed.failure
