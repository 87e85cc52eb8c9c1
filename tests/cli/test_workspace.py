"""`iamgraph workspace`, on Neo4j: made, shown, made what a document says, and lists of what is in it."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.questions import RecordQuery
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object
from tests.cli.runner import NOWHERE, Cli, Ran

DOCUMENT: Final[dict[str, Any]] = {
    "workspace": "acme",
    "name": "Acme",
    "plan": "team",
    "region": "eu",
    "hipaa": False,
    "labels": [{"label": "brand:a"}, {"label": "environment:dev"}, {"label": "environment:prod"}],
    "members": [
        {"id": "ada", "email": "ada@acme.io", "name": "Ada", "role": "owner"},
        {"id": "bob", "email": "bob@acme.io"},
    ],
    "groups": [{"id": "eng", "name": "Engineering", "members": ["bob"]}],
    "resources": [{"type": "source", "id": "s1", "labels": ["brand:a"]}],
    "policies": [{"id": "p1", "role": "source_admin", "labels": ["brand:a"], "holders": ["group:eng"]}],
}


class At:
    """The family of commands at one store."""

    def __init__(self, cli: Cli, store: str, folder: Path) -> None:
        self._cli = cli
        self.store = store
        self.folder = folder

    def run(self, *words: str, given: str | None = None) -> Ran:
        """Run one of them."""
        return self._cli.run("workspace", *words, "--store", self.store, given=given)

    def done(self, *words: str) -> Ran:
        """Run one that must end well and say nothing beside its result."""
        return self._cli.done("workspace", *words, "--store", self.store)

    def file(self, **changes: Any) -> str:
        """The path of a file with the document, changed so."""
        return self.text(yaml.safe_dump(DOCUMENT | changes))

    def text(self, text: str) -> str:
        """The path of a file with the text."""
        path = self.folder / f"{ULID()}"
        path.write_text(text)
        return str(path)

    @property
    def document(self) -> Any:
        """What the workspace is."""
        return yaml.safe_load(self.done("export", "acme").out)


@pytest.fixture
def at(direct: Cli, spare: str, tmp_path: Path) -> At:
    """The commands at a store that is not there yet."""
    return At(direct, spare, tmp_path)


@pytest.fixture
def acme(at: At) -> At:
    """The commands at a store with the workspace of the document."""
    at.done("apply", "-f", at.file(), "--yes", "--json")
    return at


def test_a_life(at: At, keeper: Neo4jKeeper) -> None:
    """A workspace is created once, with its store, by the operating system's user; it is shown and listed."""
    made = at.done("create", "acme", "--name", "Acme", "--owner", "ada@acme.io", "--hipaa", "--reason", "why")
    assert "workspace acme created, revision 2\n" == made.out
    again = at.run("create", "acme", "--name", "Acme", "--owner", "ada@acme.io", "--json")
    assert (2, "id_taken") == again.failure
    expected = {"id": "acme", "name": "Acme", "plan": "business", "region": "us", "hipaa": True}
    assert expected == at.done("show", "acme", "--json").json
    assert [expected] == at.done("list", "--json").lines
    assert "id: acme\nname: Acme\nplan: business\nregion: us\nhipaa: yes\n" == at.done("show", "acme").out
    assert "acme" in at.done("list").out
    asked = RecordQuery(Object("workspace", "acme"), datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    assert (f"user {getpass.getuser()}", "why") == [(one.by, one.reason) for one in keeper.record(at.store, asked)][-1]


def test_apply_and_export(acme: At) -> None:
    """What is exported is what was applied, on stdout or in a file; applied again, it changes nothing."""
    assert DOCUMENT == acme.document
    file = str(acme.folder / "acme.yaml")
    assert f"workspace acme written to {file}\n" == acme.done("export", "acme", "-o", file).out
    assert "workspace acme is what the document says\n" == acme.done("apply", "acme", "-f", file).out
    assert not acme.done("apply", "-f", file, "--yes", "--json").json["changes"]


def test_the_plan_is_shown_and_asked_about(acme: At) -> None:
    """Nothing is changed until somebody says yes to the plan."""
    file = acme.file(name="Acme & Co")
    words = ("apply", "-f", file)
    line = "~ workspace acme: name `Acme` becomes `Acme & Co`\n"
    for answer, code in (("n\n", 130), ("", 130)):
        refused = acme.run(*words, given=answer)
        assert (code, line) == (refused.code, refused.out)
        assert "Acme" == acme.document["name"]
    agreed = acme.run(*words, given="y\n")
    assert (0, line + "workspace acme applied, revision 3\n") == (agreed.code, agreed.out)
    assert "Make it so?" in agreed.err
    assert "Acme & Co" == acme.document["name"]


def test_a_dry_run(at: At) -> None:
    """A dry run tells the plan, exactly in JSON, and makes neither workspace nor store."""
    assert (2, "store_not_found") == at.run("apply", "-f", at.file(), "--dry-run", "--json").failure
    at.done("create", "acme", "--name", "Acme", "--owner", "ada@acme.io")
    before = at.document
    told = at.run(
        "apply", "-f", at.file(members=[{"email": "ada@acme.io", "role": "owner"}], groups=[], policies=[]), "--dry-run"
    )
    assert told.out.endswith("4 tuples would come, 0 go, 0 removals\n")
    said = at.done(
        "apply", "-f", at.file(members=before["members"], groups=[], policies=[]), "--dry-run", "--json"
    ).json
    assert "label:acme/brand:a#workspace@workspace:acme" in said["writes"]
    assert ([], [], True) == (said["deletes"], said["removed"], said["changes"])
    assert before == at.document


def test_what_goes(acme: At) -> None:
    """More removals than allowed are refused before anybody is asked; a larger number allows them."""
    few = acme.file(members=DOCUMENT["members"][:1], groups=[], resources=[], policies=[])
    assert (2, "too_many_removals") == acme.run("apply", "-f", few, "--yes", "--json", "--allow-removals", "3").failure
    said = acme.done("apply", "-f", few, "--yes", "--json", "--allow-removals", "4").json
    assert ["- member bob (`bob@acme.io`)", "- group eng (`Engineering`)", "- source s1", "- policy p1"] == said[
        "lines"
    ]
    assert (4, 3) == (said["removals"], said["revision"])


def test_who_cannot_be_asked(at: At) -> None:
    """Where the answer could not come from stdin, it must be said before."""
    assert (2, "usage") == at.run("apply", "-f", at.file(), "--json").failure
    assert 2 == at.run("apply", "-f", "-", given=Path(at.file()).read_text()).code
    ran = at.run("apply", "-f", "-", "--yes", given=Path(at.file()).read_text())
    assert (0, DOCUMENT) == (ran.code, at.document)


def test_another_workspace(at: At) -> None:
    """The id on the command line is the document's."""
    assert (2, "other_workspace") == at.run("apply", "umbrella", "-f", at.file(), "--yes", "--json").failure


def test_faults(acme: At) -> None:
    """Every fault of a document is told with its place, for people a line each."""
    file = acme.file(plan="golden", groups=[{"id": "eng", "members": ["eve"]}])
    ran = acme.run("apply", "-f", file, "--yes", "--json")
    assert ["/plan", "/groups/eng/members"] == [one["place"] for one in ran.said["faults"]]
    text = acme.run("apply", "-f", file, "--yes").err
    assert "/plan: a plan is one of free, team, business\n/groups/eng/members: no member `eve`\n" in text


def test_import_members(acme: At) -> None:
    """People come out of a CSV file; a faulty one adds nobody and tells the line."""
    file = acme.text("email,name,role,groups\ncy@acme.io,Cy,,eng\ndan@acme.io,,owner,\n")
    assert "2 people, revision 3\n" == acme.done("import-members", "acme", file).out
    assert {"Ada", "Cy"} <= {one.get("name") for one in acme.document["members"]}
    assert 2 == len(acme.document["groups"][0]["members"])
    faulty = acme.run("import-members", "acme", acme.text("email\nx@y.io\nx\n"), "--json")
    assert ["line 3"] == [one["place"] for one in faulty.said["faults"]]
    assert 4 == len(acme.document["members"])


def test_lists(acme: At, authorizer: Authorizer) -> None:
    """Members, groups, policies, labels and tokens are listed, as tables and as JSON."""
    assert [("ada", "owner"), ("bob", "member")] == [
        (one["id"], one["role"]) for one in acme.done("members", "acme", "--json").lines
    ]
    assert [{"id": "eng", "name": "Engineering", "members": 1}] == acme.done("groups", "acme", "--json").lines
    (policy,) = acme.done("policies", "acme", "--json").lines
    assert ("p1", ["group:eng"]) == (policy["id"], policy["holders"])
    assert "brand:a" == acme.done("labels", "acme", "--json").lines[0]["label"]
    assert [] == acme.done("tokens", "acme", "--json").lines
    for name, text in (
        ("members", "ada@acme.io"),
        ("groups", "Engineering"),
        ("policies", "group:eng"),
        ("labels", "brand:a"),
    ):
        assert text in acme.done(name, "acme").out
    assert "description" in acme.done("tokens", "acme").out


@pytest.mark.parametrize("words", [("list",), ("show", "acme"), ("export", "acme"), ("members", "acme")])
def test_a_store_on_a_service(words: tuple[str, ...]) -> None:
    """A service has one store of workspaces: another is not asked for in vain."""
    ran = Cli(NOWHERE).run("workspace", *words, "--url", "http://127.0.0.1:1", "--store", "other", "--json")
    assert (2, "direct_only") == ran.failure
