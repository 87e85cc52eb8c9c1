"""The commands of the access model beyond the truth table: each verb does and tells its own, here and on a service."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.authorizer import Authorizer
from iamgraph.cli.routes import ROUTES
from iamgraph.service.app import create_app
from iamgraph.settings import Settings
from tests.cli.runner import Cli


class At:
    """A workspace of its own on one of the two."""

    def __init__(self, cli: Cli, where: tuple[str, ...], home: str) -> None:
        self.cli, self.where, self.home = cli, where, home

    def done(self, command: str, *words: str) -> str:
        """What a command in the workspace prints."""
        return self.cli.done(*command.split(), self.home, *words, *self.where).out

    def refused(self, command: str, *words: str) -> str:
        """What a command that is refused says, as JSON."""
        return self.cli.run(*command.split(), self.home, *words, *self.where, "--json").err

    def lines(self, command: str, *words: str) -> list[dict[str, object]]:
        """What it lists."""
        return self.cli.done(*command.split(), self.home, *words, *self.where, "--json").lines


@pytest.fixture(params=["direct", "remote"])
def at(request: pytest.FixtureRequest, authorizer: Authorizer) -> Iterator[At]:
    """A workspace whose first owner is ada."""
    cli: Cli = request.getfixturevalue(request.param)
    store, home = f"cli-{ULID()}", f"w{ULID()}".lower()
    where = ("--store", store) if request.param == "direct" else ()
    if where:
        found_store(authorizer, store)
    cli.done("workspace", "create", home, "--name", "Acme", "--owner", f"ada@{home}.io", *where)
    yield At(cli, where, home)
    if where:
        authorizer.delete_store(store)


def test_what_is_made_is_told(at: At) -> None:
    """Groups, policies, labels and resources are made, changed and told."""
    group, source = f"{at.home}-eng", f"{at.home}-s"
    assert f"group {group} created, revision" in at.done("group create", "Eng", "--id", group)
    at.done("group rename", group, "Engineering")
    at.done("label create", "brand:a", "--description", "shoes")
    at.done("resource create", "source", "--id", source, "--name", "Orders", "--label", "brand:a")
    at.done("policy give", f"group:{group}", "--grant", "source_admin+brand:a")
    at.done("policy give", f"group:{group}", "--grant", f"source_reader@{source}", "--replace")
    assert [("Engineering", 0)] == [(one["name"], one["members"]) for one in at.lines("group list")]
    (policy,) = at.lines("policy list", "--holder", f"group:{group}")
    assert ("source_reader", [source], []) == (policy["role"], policy["resources"], policy["labels"])
    assert ["brand:a"] == at.lines("resource list", "source")[0]["labels"]
    assert "labels: brand:a" in at.done("resource get", f"source:{source}")


def test_tokens_and_invites_are_given_policies(at: At) -> None:
    """A token and an invite get policies of their own by `policy give`, and are told as holders by name."""
    for made, of in (("token create", "nightly report"), ("invite create", f"bob@{at.home}.io")):
        assert 0 == at.cli.run(*made.split(), at.home, of, *at.where).code
    token, invite = (at.lines(f"{each} list")[0]["id"] for each in ("token", "invite"))
    for holder, name in ((f"token:{token}", "nightly report"), (f"invite:{invite}", f"bob@{at.home}.io")):
        at.done("policy give", holder, "--grant", "source_admin")
        at.done("policy give", holder, "--grant", "source_reader", "--replace")
        (held,) = at.lines("policy list", "--holder", holder)
        assert ("source_reader", [holder], [name]) == (held["role"], held["holders"], held["names"])
    assert "holder_refused" == json.loads(at.refused("policy give", "source:s", "--grant", "source_admin"))["code"]


def test_secrets_and_sessions(at: At) -> None:
    """A token's secret and a session's are printed once, and both act by IAMGRAPH_KEY; one that ended does not."""
    token = at.cli.run("token", "create", at.home, "nightly", "--owner", *at.where)
    assert token.out.startswith("iat_")
    (ada,) = at.lines("member list")
    issued = at.cli.done("session", "issue", str(ada["id"]), *at.where, "--json").json
    for secret in (token.out.strip(), issued["secret"]):
        assert 0 == at.cli.run("member", "list", at.home, *at.where, IAMGRAPH_KEY=secret).code
    verify = ("session", "verify", "--secret-file", "-", *at.where, "--json")
    assert at.cli.run(*verify, given=issued["secret"]).json["active"]
    at.cli.done("session", "end", issued["id"], *at.where)
    assert "session_ended" == at.cli.run(*verify, given=issued["secret"]).json["ended"]
    ended = at.cli.run("member", "list", at.home, *at.where, "--json", IAMGRAPH_KEY=issued["secret"])
    assert (2, "unauthenticated") == ended.failure


def test_an_account_is_its_persons(at: At) -> None:
    """An account is told, renamed, given another address and deleted, with its sessions."""
    at.done("member add", f"bob@{at.home}.io")
    bob = str(next(one["id"] for one in at.lines("member list") if one["email"] == f"bob@{at.home}.io"))
    at.done("policy give", f"member:{bob}", "--grant", "source_reader")
    issued = at.cli.done("session", "issue", bob, *at.where, "--json").json
    at.cli.done("account", "rename", bob, "Bob", *at.where)
    at.cli.done("account", "set-email", bob, f"robert@{at.home}.io", *at.where)
    told = at.cli.done("account", "get", bob, "--json", *at.where).json
    assert ("Bob", f"robert@{at.home}.io", [at.home]) == (told["name"], told["email"], told["workspaces"])
    (held,) = at.lines("policy list", "--holder", f"member:{bob}", "--inherited")
    assert [f"member:{bob}"] == held["through"]
    at.cli.done("account", "delete", bob, *at.where)
    verify = ("session", "verify", "--secret-file", "-", *at.where, "--json")
    assert "session_ended" == at.cli.run(*verify, given=issued["secret"]).json["ended"]


def test_a_workspace_is_deleted_and_kept(at: At) -> None:
    """A deletion is told with its end, and taken back."""
    at.done("workspace delete", "--reason", "moved")
    assert "ends at: " in at.done("workspace show").replace("_", " ")
    at.done("workspace keep")
    assert "ends at: " not in at.done("workspace show").replace("_", " ")


def test_the_trail(at: At) -> None:
    """The trail is listed by action, and exported as JSON lines and CSV."""
    at.done("label create", "brand:a", "--reason", "shoes")
    (line,) = at.lines("audit list", "--action", "label.create")
    assert "shoes" == line["reason"]
    assert "label.create" in at.done("audit export")
    assert at.done("audit export", "--format", "csv").startswith("at,by,action")


def test_a_document_there_and_back(at: At, tmp_path: object) -> None:
    """What is exported changes nothing when applied, and a change of it is made."""
    text = at.done("workspace export")
    apply = ("workspace", "apply", "-f", "-", "--yes", "--json", *at.where)
    assert not at.cli.run(*apply, given=text).json["changes"]
    assert at.cli.run(*apply, given=text.replace("name: Acme", "name: Umbrella")).json["changes"]
    assert "name: Umbrella" in at.done("workspace show")
    faulty = at.cli.run(
        *apply, given=text.replace("plan: business", "plan: golden").replace("role: owner", "role: boss")
    )
    places = [one["place"] for one in faulty.said["faults"]]
    assert ((2, "faulty_file"), "/plan", True) == (faulty.failure, places[0], "/members" in places)
    people = at.cli.run("workspace", "import-members", at.home, "-", *at.where, given=f"email\nb@{at.home}.io\n")
    assert people.out.startswith("1 people")


def test_every_route_is_there() -> None:
    """Each route of the table is one of the service's."""
    served = {
        f"{method} {re.sub('<[^>]*>', '{}', rule.rule)}"
        for rule in create_app(Settings()).url_map.iter_rules()
        for method in rule.methods or ()
    }
    asked = {re.sub(r"\{\w+\}", "{}", one.replace("space:{space}", "{}")) for one in ROUTES.values()}
    whole = {one if " /v1/" in one else one.replace(" /", " /v1/workspaces/{}/") for one in asked}
    assert whole - {"POST /v1/workspaces/{}/{}/policies"} <= served


def test_reports(at: At) -> None:
    """Each report of a workspace is told, as a table, as JSON and as CSV; what a report does not take is refused."""
    group, source = f"{at.home}-idle", f"{at.home}-s"
    at.done("group create", "Idle", "--id", group)
    at.done("resource create", "source", "--id", source, "--name", "Orders")
    assert "ada@" in at.done("report access")
    assert "no members and no policies" in at.done("report unused-groups")
    assert [True] == [one["only"] for one in at.lines("report owners")[0]["rows"]]  # type: ignore[attr-defined] # JSON
    assert "policy,role,on,targets,holders,why,through\n" == at.done("report idle-policies", "--format", "csv")
    assert "revision" in at.done("report wide-labels", "--over", "3")
    assert "owns" in at.done("report one-path", f"source:{source}", "--relation", "can_edit")
    assert 2 == at.cli.run("report", "wide-labels", at.home, "--over", "half", *at.where).code
