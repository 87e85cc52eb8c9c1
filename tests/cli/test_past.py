"""`iamgraph history` and `iamgraph what-if`, on Neo4j and on a service."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import MODEL
from tests.cli.runner import Cli

GRANT = "resource:wiki#viewer@group:eng#member"
ADA = "group:eng#member@member:ada"


def test_what_if(both: tuple[Cli, Cli], modelled: str) -> None:
    """What a change would give is told by both ways alike, and nothing is written."""
    both[0].done("tuple", "write", GRANT, "--store", modelled)
    asked = ("what-if", "--write", ADA, "--type", "resource", "--store", modelled)
    direct, remote = (one.done(*asked, "--json").json for one in both)
    assert direct == remote
    assert [("member:ada", "denied", "allowed")] == [
        (one["subject"], one["before"], one["after"]) for one in direct["shifts"]
    ]
    shown = "denied -> allowed  resource:wiki#viewer@member:ada\n1 gained, 0 lost, of 1 looked at\n"
    assert [shown, shown] == [one.done(*asked).out for one in both]


def test_what_if_the_model_were_another(either: Cli, modelled: str, tmp_path: Path) -> None:
    """A model that takes groups away is tried."""
    either.done("tuple", "write", GRANT, ADA, "--store", modelled)
    file = tmp_path / "other.fga"
    file.write_text(MODEL.replace("viewer: [member, member:*, group#member]", "viewer: [member]"))
    told = either.done("what-if", "--model", str(file), "--store", modelled, "--json").json
    assert ["resource:wiki#viewer@member:ada"] == [
        f"{one['object']}#{one['relation']}@{one['subject']}" for one in told["shifts"]
    ]
    assert (0, 1) == (told["gained"], told["lost"])


def test_history_changes(both: tuple[Cli, Cli], modelled: str) -> None:
    """Who gained access to an object between two revisions, the same from both."""
    both[0].done("tuple", "write", GRANT, "--store", modelled)
    both[0].done("tuple", "write", ADA, "--store", modelled)
    asked = ("history", "changes", "--since", "2", "--until", "3", "--object", "resource:wiki", "--store", modelled)
    direct, remote = (one.done(*asked, "--json").json for one in both)
    assert direct == remote
    assert (1, 0) == (direct["gained"], direct["lost"])


def test_history_since(both: tuple[Cli, Cli], modelled: str) -> None:
    """Who gave an access that came, went and came again: the later change, the same from both."""
    both[0].done("tuple", "write", GRANT, ADA, "--store", modelled)
    both[0].done("tuple", "delete", ADA, "--store", modelled)
    both[0].done("tuple", "write", ADA, "--store", modelled, "--by", "eve", "--reason", "back again")
    asked = ("history", "since", "resource:wiki#viewer@member:ada", "--store", modelled)
    direct, remote = (one.done(*asked, "--json").json for one in both)
    assert direct == remote
    assert (True, 4, "eve") == (direct["allowed"], direct["change"]["revision"], direct["change"]["by"])
    assert "allowed since revision 4, " in both[0].done(*asked).out
    assert "denied\n" == both[0].done("history", "since", "member:bob", "viewer", "resource:wiki", *asked[3:]).out


def test_lists_of_then(both: tuple[Cli, Cli], modelled: str) -> None:
    """Who might, and what might be had, before the grant and after, the same from both."""
    both[0].done("tuple", "write", GRANT, "--store", modelled)
    both[0].done("tuple", "write", ADA, "--store", modelled)
    for words, found in (
        (("subjects", "resource:wiki", "viewer", "member"), "member:ada"),
        (("objects", "member:ada", "viewer", "resource"), "resource:wiki"),
    ):
        for at, told in (("2", []), ("3", [found])):
            for limit in ((), ("--limit", "5")):
                asked = ("list", *words, "--store", modelled, "--at", at, *limit, "--json")
                said = [[next(iter(one.values())) for one in cli.done(*asked).lines] for cli in both]
                assert [told, told] == said
