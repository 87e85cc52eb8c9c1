"""`iamgraph tuple`, `object` and `changes`, on Neo4j and on a service."""

from __future__ import annotations

import json
import signal

import pytest

from tests.cli.runner import Cli, Ran, claimed, started, stop

ADA = "resource:wiki#viewer@member:ada"
BOB = "resource:wiki#viewer@member:bob"
PLAN = "resource:plan#owner@member:ada"


def written(ran: Ran) -> list[str]:
    """The tuples of JSON lines, as text."""
    return [_text(one) for one in ran.lines]


def test_write_and_delete(either: Cli, modelled: str) -> None:
    """What is written is there, what is deleted is gone, and both tell the revision."""
    said = either.done("tuple", "write", ADA, BOB, "--store", modelled).out
    assert said.startswith("revision 2, zookie ")
    assert 3 == either.done("tuple", "delete", BOB, "--store", modelled, "--json").json["revision"]
    assert [ADA] == written(either.done("tuple", "read", "--store", modelled, "--json"))


def test_write_json(either: Cli, modelled: str) -> None:
    """The JSON of a write has its revision and a zookie that checks accept."""
    said = either.done("tuple", "write", ADA, "--store", modelled, "--json").json
    assert {"revision", "zookie"} == set(said)
    assert "allowed\n" == either.done("check", ADA, "--store", modelled, "--zookie", said["zookie"]).out


def test_by_and_reason(either: Cli, modelled: str) -> None:
    """Author and reason stay with the tuple, and with its deletion in the changes."""
    who = ("--by", "eve", "--reason", "new here", "--store", modelled)
    either.done("tuple", "write", ADA, *who)
    (read,) = either.done("tuple", "read", "--store", modelled, "--json").lines
    assert ("eve", "new here") == (claimed(read["by"]), read["reason"])
    either.done("tuple", "delete", ADA, "--by", "dan", "--reason", "gone", "--store", modelled)
    change = either.done("changes", "--store", modelled, "--since", "2", "--json").json
    assert ("dan", "gone") == (claimed(change["by"]), change["reason"])


def test_expires_at(either: Cli, modelled: str) -> None:
    """A tuple holds until its time, which needs a zone."""
    either.done("tuple", "write", ADA, "--expires-at", "2999-01-01T00:00:00+02:00", "--store", modelled)
    either.done("tuple", "write", BOB, "--expires-at", "2001-01-01T00:00:00Z", "--store", modelled)
    assert "allowed\n" == either.done("check", ADA, "--store", modelled).out
    assert "denied\n" == either.done("check", BOB, "--store", modelled).out
    ends = [one["expires_at"] for one in either.done("tuple", "read", "--store", modelled, "--json").lines]
    assert ["2998-12-31T22:00:00Z", "2001-01-01T00:00:00Z"] == ends
    for wrong in ("2999-01-01T00:00:00", "tomorrow"):
        ran = either.run("tuple", "write", ADA, "--expires-at", wrong, "--store", modelled, "--json")
        assert (2, "malformed_time") == ran.failure


def test_condition(both: tuple[Cli, Cli], modelled: str) -> None:
    """Condition and stored parameters come back as they were given, the same in both ways."""
    reader = "resource:wiki#reader@member:ada"
    use = ("--condition", "office_hours", "--condition-context", '{"b": [1, "é"], "a": null}')
    expected = {"name": "office_hours", "context": {"a": None, "b": [1, "é"]}}
    for one in both:
        one.done("tuple", "write", reader, *use, "--store", modelled)
        for other in both:
            assert expected == other.done("tuple", "read", "--store", modelled, "--json").json["condition"]
        assert 'office_hours {"a": null, "b": [1, "é"]}' in one.done("tuple", "read", "--store", modelled).out


def test_condition_context_needs_a_condition(direct: Cli, modelled: str) -> None:
    """Parameters of no condition are a mistake in the call."""
    ran = direct.run("tuple", "write", ADA, "--condition-context", "{}", "--store", modelled)
    assert 2 == ran.code
    assert "--condition-context needs --condition" in ran.err


def test_preconditions(either: Cli, modelled: str) -> None:
    """A write happens only if what must be there is, and what must not is not."""
    at = ("--store", modelled, "--json")
    assert (2, "precondition_failed") == either.run("tuple", "write", BOB, "--must-exist", ADA, *at).failure
    either.done("tuple", "write", ADA, "--must-not-exist", ADA, *at)
    assert (2, "precondition_failed") == either.run("tuple", "write", BOB, "--must-not-exist", ADA, *at).failure
    either.done("tuple", "write", BOB, "--must-exist", ADA, *at)


def test_idempotency_key(either: Cli, modelled: str) -> None:
    """The same key with the same change gives the first answer again, with another change a conflict."""
    key = ("--idempotency-key", "k1", "--store", modelled, "--json")
    first = either.done("tuple", "write", ADA, *key).json
    assert first == either.done("tuple", "write", ADA, *key).json
    assert (2, "idempotency_key_reused") == either.run("tuple", "write", BOB, *key).failure
    gone = ("--idempotency-key", "k2", "--store", modelled, "--json")
    assert either.done("tuple", "delete", ADA, *gone).json == either.done("tuple", "delete", ADA, *gone).json


def test_on_missing(either: Cli, modelled: str) -> None:
    """A tuple that is not there cannot be deleted, unless that is ignored."""
    at = ("--store", modelled, "--json")
    assert (2, "tuple_not_found") == either.run("tuple", "delete", ADA, *at).failure
    either.done("tuple", "delete", ADA, "--on-missing", "ignore", *at)


def test_on_existing(either: Cli, modelled: str) -> None:
    """A tuple that is there is replaced, a conflict, or left as it is."""
    at = ("--store", modelled, "--json")
    either.done("tuple", "write", ADA, *at)
    assert (2, "tuple_exists") == either.run("tuple", "write", ADA, "--on-existing", "fail", *at).failure
    assert 2 == either.done("tuple", "write", ADA, "--on-existing", "ignore", *at).json["revision"]
    assert 3 == either.done("tuple", "write", ADA, *at).json["revision"]


def test_delete_by_filter(either: Cli, modelled: str) -> None:
    """A dry run shows what would go; without agreement nothing goes; with it all that matches does."""
    at = ("--store", modelled)
    either.done("tuple", "write", ADA, BOB, PLAN, *at)
    named = ("tuple", "delete-by-filter", "--object", "resource:wiki", "--subject", "member:", *at)
    dry = either.done(*named, "--dry-run", "--json").json
    assert (2, [ADA, BOB]) == (dry["deleted"], [_text(one) for one in dry["tuples"]])
    refused = either.run(*named, given="n\n")
    assert (130, "") == (refused.code, refused.out)
    assert "delete 2 tuples" in refused.err
    assert "2 tuples deleted, revision 3\n" == either.run(*named, given="y\n").out
    assert [PLAN] == written(either.done("tuple", "read", *at, "--json"))
    assert 0 == either.done(*named, "--yes", "--json").json["deleted"]
    assert (2, "empty_filter") == either.run("tuple", "delete-by-filter", "--yes", "--json", *at).failure


def _text(one: dict[str, str]) -> str:
    return f"{one['object']}#{one['relation']}@{one['subject']}"


def test_a_tuple_the_model_refuses(either: Cli, modelled: str) -> None:
    """The error points to the tuple, in both ways."""
    said = either.run("tuple", "write", ADA, "resource:wiki#owner@group:eng#member", "--store", modelled, "--json").said
    assert ("tuple_not_allowed", "/writes/1") == (said["code"], said["pointer"])


# --- reading ---


@pytest.fixture
def three(direct: Cli, modelled: str) -> str:
    """A store with three tuples."""
    direct.done("tuple", "write", ADA, BOB, PLAN, "--store", modelled)
    return modelled


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ((), [PLAN, ADA, BOB]),
        (("--object", "resource:wiki"), [ADA, BOB]),
        (("--object", "resource:"), [PLAN, ADA, BOB]),
        (("--object", "group:"), []),
        (("--relation", "owner", "--object", "resource:"), [PLAN]),
        (("--subject", "member:ada"), [PLAN, ADA]),
        (("--subject", "member:ada", "--object", "resource:wiki"), [ADA]),
    ],
)
def test_read(either: Cli, three: str, wanted: tuple[str, ...], expected: list[str]) -> None:
    """Every side filters."""
    assert sorted(expected) == sorted(written(either.done("tuple", "read", *wanted, "--store", three, "--json")))


def test_read_table(either: Cli, three: str) -> None:
    """People get a table, a tuple a line."""
    lines = either.done("tuple", "read", "--store", three).out.splitlines()
    assert lines[0].startswith("tuple")
    assert {ADA, BOB, PLAN} == {line.split()[0] for line in lines[1:]}


def test_pages(both: tuple[Cli, Cli], three: str) -> None:
    """A page tells on stderr where the next begins, and the last says nothing; cursors go from one way to the other."""
    direct, remote = both
    at = ("--store", three, "--json")
    first = direct.run("tuple", "read", "--limit", "2", *at)
    assert (0, 2) == (first.code, len(first.lines))
    rest = remote.done("tuple", "read", "--cursor", first.said["next_cursor"], *at)
    assert {ADA, BOB, PLAN} == {*written(first), *written(rest)}
    assert first.said == remote.run("tuple", "read", "--limit", "2", *at).said


def test_the_next_page_for_people(either: Cli, three: str) -> None:
    """People are told what to add."""
    assert either.run("tuple", "read", "--limit", "1", "--store", three).err.startswith("there are more: add --cursor ")


def test_all_pages(either: Cli, three: str) -> None:
    """With `--all` every page is read, however small."""
    at = ("--store", three, "--json")
    assert [PLAN, ADA, BOB] == written(either.done("tuple", "read", "--all", "--limit", "1", *at))
    assert [PLAN, ADA, BOB] == written(either.done("tuple", "read", "--all", *at))


def test_a_limit_of_nothing(either: Cli, three: str) -> None:
    """A page of no tuples is refused, not taken for the usual one."""
    assert (2, "malformed_limit") == either.run("tuple", "read", "--limit", "0", "--store", three, "--json").failure


def test_the_same_tuples(both: tuple[Cli, Cli], three: str) -> None:
    """Neo4j and the service give the same JSON lines."""
    direct, remote = (one.done("tuple", "read", "--store", three, "--json").lines for one in both)
    assert direct == remote
    assert 3 == len(direct)


# --- objects and changes ---


def test_object_delete(either: Cli, three: str) -> None:
    """An object goes with every tuple it stands in, and the change tells by whom and why."""
    who = ("--by", "eve", "--reason", "left")
    said = either.done("object", "delete", "member:ada", *who, "--store", three, "--json").json
    assert (2, 3) == (said["deleted"], said["revision"])
    assert [BOB] == written(either.done("tuple", "read", "--store", three, "--json"))
    change = either.done("changes", "--since", "2", "--store", three, "--json").json
    assert ("eve", "left", 2) == (claimed(change["by"]), change["reason"], len(change["deletes"]))


def test_object_delete_for_people(either: Cli, three: str) -> None:
    """People are told how many tuples went."""
    assert "2 tuples deleted, revision 3\n" == either.done("object", "delete", "resource:wiki", "--store", three).out


def test_changes(both: tuple[Cli, Cli], three: str) -> None:
    """Changes are JSON lines, oldest first, the same from both, from a revision on and so many at most."""
    direct, remote = (one.done("changes", "--store", three, "--json").lines for one in both)
    assert direct == remote
    assert [1, 2] == [one["revision"] for one in direct]
    for one in both:
        assert [1] == [
            line["revision"] for line in one.done("changes", "--store", three, "--limit", "1", "--json").lines
        ]
        assert [2] == [
            line["revision"] for line in one.done("changes", "--store", three, "--since", "1", "--json").lines
        ]


def test_changes_since_what_is_no_revision(direct: Cli) -> None:
    """A number no revision can have is misuse, and never reaches Neo4j."""
    for odd in ("-1", str(2**63), "x"):
        assert (2, "usage") == direct.run("changes", "--since", odd, "--json").failure


def test_changes_table(either: Cli, three: str) -> None:
    """People see what came, what went, and which model was written."""
    either.done("tuple", "delete", BOB, "--store", three)
    said = either.done("changes", "--store", three).out
    assert said.splitlines()[0].startswith("revision")
    assert f"+ {ADA}" in said
    assert f"- {BOB}" in said
    assert "model 01" in said


def test_changes_of_some_types(either: Cli, modelled: str) -> None:
    """Only tuples of the types and relations named are shown."""
    either.done("tuple", "write", ADA, "group:eng#member@member:ada", "--store", modelled)
    lines = either.done("changes", "--store", modelled, "--type", "group", "--json").lines
    assert [[], ["group:eng"]] == [[one["object"] for one in line["writes"]] for line in lines]
    lines = either.done("changes", "--store", modelled, "--relation", "viewer", "--since", "1", "--json").lines
    assert [["resource:wiki"]] == [[one["object"] for one in line["writes"]] for line in lines]


def test_changes_are_followed(either: Cli, modelled: str) -> None:
    """With `--follow` changes are printed as they come, until interrupted."""
    with started("changes", "--store", modelled, "--since", "1", "--follow", "--json", env=either.env) as process:
        assert process.stdout is not None
        for i, one in enumerate((ADA, BOB)):
            either.done("tuple", "write", one, "--store", modelled)
            assert 2 + i == json.loads(process.stdout.readline())["revision"]
        assert 130 == stop(process, signal.SIGINT)


def test_trim(direct: Cli, modelled: str) -> None:
    """Changes made before a time are forgotten; who asks for them is told; the time needs a zone."""
    direct.done("tuple", "write", ADA, "--store", modelled)
    assert (2, "malformed_time") == direct.run("store", "trim", modelled, "--before", "2999-01-01", "--json").failure
    trimmed = direct.done("store", "trim", modelled, "--before", "2999-01-01T00:00:00Z", "--json").json
    assert {"id": modelled, "trimmed": 2} == trimmed
    assert (2, "changes_gone") == direct.run("changes", "--store", modelled, "--json").failure
    assert [ADA] == written(direct.done("tuple", "read", "--store", modelled, "--json"))
