"""`iamgraph check`, on Neo4j and on a service."""

from __future__ import annotations

import pytest

from tests.cli.runner import Cli

ADA = ("member:ada", "viewer", "resource:wiki")
BOB = ("member:bob", "viewer", "resource:wiki")


@pytest.fixture
def wiki(direct: Cli, modelled: str) -> str:
    """A store where ada may view the wiki by way of a group."""
    tuples = ("group:eng#member@member:ada", "resource:wiki#viewer@group:eng#member")
    direct.done("tuple", "write", *tuples, "--store", modelled, "--by", "eve", "--reason", "on [red]call")
    return modelled


def test_allowed_and_denied(either: Cli, wiki: str) -> None:
    """The answer is one word on stdout, and both answers exit with 0."""
    assert "allowed\n" == either.done("check", *ADA, "--store", wiki).out
    assert "denied\n" == either.done("check", *BOB, "--store", wiki).out


def test_one_tuple_is_a_question(either: Cli, wiki: str) -> None:
    """The question may be written as a tuple."""
    assert "allowed\n" == either.done("check", "resource:wiki#viewer@member:ada", "--store", wiki).out
    assert "denied\n" == either.done("check", "resource:wiki#viewer@member:bob", "--store", wiki).out


def test_exit_code(either: Cli, wiki: str) -> None:
    """With `--exit-code` a script can tell allowed, denied and error apart."""
    asked = ("--store", wiki, "--exit-code")
    assert 0 == either.run("check", *ADA, *asked).code
    assert 1 == either.run("check", *BOB, *asked).code
    assert 2 == either.run("check", "member:bob", "vewer", "resource:wiki", *asked).code


def test_json(both: tuple[Cli, Cli], wiki: str) -> None:
    """Neo4j and the service give the same JSON, with a zookie, and without a path that was not asked for."""
    direct, remote = (one.done("check", *ADA, "--store", wiki, "--json").json for one in both)
    assert direct == remote
    assert {"allowed", "zookie"} == set(direct)
    assert direct["allowed"] is True
    assert remote["zookie"]


def test_explained_json(both: tuple[Cli, Cli], wiki: str) -> None:
    """The path goes from the subject to the object, with author and reason, the same from both."""
    direct, remote = (one.done("check", *ADA, "--store", wiki, "--json", "--explain").json for one in both)
    assert direct == remote
    assert ["group:eng", "resource:wiki"] == [one["object"] for one in direct["path"]]
    assert ("eve", "on [red]call") == (direct["path"][0]["by"], direct["path"][0]["reason"])


def test_explained(either: Cli, wiki: str) -> None:
    """The path is drawn from the subject on, and a reason is shown as it is."""
    lines = either.done("check", *ADA, "--store", wiki, "--explain").out.splitlines()
    assert ["allowed", "member:ada"] == lines[:2]
    assert "group:eng#member@member:ada  (revision 2 by eve: on [red]call)" in lines[2]
    assert "resource:wiki#viewer@group:eng#member" in lines[3]
    assert lines[3].index("resource") > lines[2].index("group")


def test_explained_without_tuples(either: Cli, wiki: str) -> None:
    """A set that is asked about itself needs no tuple, and a denied answer has no path."""
    said = either.done("check", "group:eng#member", "member", "group:eng", "--store", wiki, "--explain").out
    assert "allowed\nno tuple is needed: the subject is the set that is asked about\n" == said
    assert "denied\n" == either.done("check", *BOB, "--store", wiki, "--explain").out


def test_zookie(either: Cli, wiki: str) -> None:
    """A zookie of this store is answered, one made up is refused."""
    zookie = either.done("check", *ADA, "--store", wiki, "--json").json["zookie"]
    assert "allowed\n" == either.done("check", *ADA, "--store", wiki, "--zookie", zookie).out
    refused = either.run("check", *ADA, "--store", wiki, "--zookie", zookie[:-4] + "AAAA", "--json")
    assert (2, "zookie_refused") == refused.failure


def test_contextual(either: Cli, wiki: str) -> None:
    """Contextual tuples hold for the question, and for no other."""
    given = ("--contextual", "group:core#member@member:bob", "--contextual", "group:eng#member@group:core#member")
    assert "allowed\n" == either.done("check", *BOB, "--store", wiki, *given).out
    assert "denied\n" == either.done("check", *BOB, "--store", wiki).out


def test_context(either: Cli, wiki: str) -> None:
    """A context goes along; what is no JSON object is refused before anything is asked."""
    assert "allowed\n" == either.done("check", *ADA, "--store", wiki, "--context", '{"hour": 9}').out
    for wrong in ("[1]", "{", '{"hour": NaN}', "[" * 100_000):
        assert (2, "malformed_context") == either.run("check", *ADA, "--context", wrong, "--json").failure


def test_unknown_is_an_error(either: Cli, wiki: str) -> None:
    """An answer that depends on a condition nobody evaluates is neither allowed nor denied."""
    condition = ("--condition", "office_hours", "--store", wiki)
    either.done("tuple", "write", "resource:wiki#reader@member:ada", *condition)
    asked = either.run("check", "member:ada", "reader", "resource:wiki", "--store", wiki, "--exit-code", "--json")
    assert (2, "condition_not_evaluated") == asked.failure
    assert "" == asked.out


@pytest.mark.parametrize("words", [(), ("member:ada", "viewer"), ("member:ada", "viewer", "resource:wiki", "x")])
def test_wrong_number_of_words(direct: Cli, words: tuple[str, ...]) -> None:
    """Anything but one word or three is answered with how to ask."""
    ran = direct.run("check", *words)
    assert 2 == ran.code
    assert "ask SUBJECT RELATION OBJECT" in ran.err


def test_no_such_store(either: Cli, spare: str) -> None:
    """A store that is not there is an error, with the message of Neo4j's keeper in both ways."""
    ran = either.run("check", *ADA, "--store", spare)
    assert (2, "", f"iamgraph: no store `{spare}`\n") == (ran.code, ran.out, ran.err)


def test_as_of_then(either: Cli, wiki: str) -> None:
    """`--at` answers as of a revision or a time, and refuses one to come."""
    asked = ("check", *ADA, "--store", wiki, "--at")
    assert "denied\n" == either.done(*asked, "1").out
    assert "allowed\n" == either.done(*asked, "2").out
    assert (2, "revision_unknown") == either.run(*asked, "2999-01-01T00:00:00Z", "--json").failure
