"""SCIM without HTTP: documents of identity providers become verbs of one workspace's members and groups."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ulid import ULID

from iamgraph.access.access import Access, shipped_model
from iamgraph.access.audit import AuditFilter
from iamgraph.access.policies import Grant
from iamgraph.access.scim import Scim
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError
from iamgraph.questions import CheckQuestion, TupleFilter
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, parse_object

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"


@dataclass(frozen=True, slots=True)
class House:
    """A store with the workspaces `acme` and `other`, each owned by Olga, and what a service's own key can do there."""

    authorizer: Authorizer
    keeper: Neo4jKeeper
    store: str

    @property
    def root(self) -> Access:
        """Everything."""
        return self.by(Caller(None, "key root"))

    def by(self, caller: Caller) -> Access:
        """What a caller can do."""
        return Access.by(caller, self.authorizer, self.keeper, self.store)

    def scim(self, workspace: str = "acme", caller: Caller | None = None) -> Scim:
        """SCIM of a workspace."""
        access = self.root if caller is None else self.by(caller)
        return Scim(access.desk, workspace, f"https://iam.test/scim/v2/{workspace}")

    def can(self, member: str, relation: str, object_: str) -> bool:
        """Whether a member may."""
        question = CheckQuestion(self.store, Object("member", member), relation, parse_object(object_))
        return self.authorizer.check(question).allowed

    def revision(self) -> int:
        """The store's newest."""
        return self.authorizer.get_store(self.store).revision.number

    def member(self, email: str) -> str:
        """The id of a member of `acme`."""
        return str(next(one["id"] for one in self.root.members("acme").all() if one["email"] == email))


@pytest.fixture
def house(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[House]:
    """The two workspaces."""
    found = House(authorizer, keeper, f"test-{ULID()}")
    authorizer.create_store(found.store)
    authorizer.write_model(found.store, shipped_model())
    for workspace in ("acme", "other"):
        found.root.workspaces.create(workspace, name=workspace, owner="olga@acme.io")
    yield found
    authorizer.delete_store(found.store)


def user(name: str, /, **more: Any) -> dict[str, Any]:
    """A user as a provider sends it."""
    return {"schemas": [USER], "userName": name, **more}


def patch(*operations: dict[str, Any]) -> dict[str, Any]:
    """A PATCH as a provider sends it."""
    return {"schemas": [PATCH], "Operations": list(operations)}


def refused(do: Any) -> str:
    """The code of what an act is refused with."""
    with pytest.raises(IamgraphError) as found:
        do()
    return found.value.code


# --- users ---


def test_a_new_user_is_a_member_with_minimal_access(house: House) -> None:
    """Creating a user makes an account and a member, who may open the workspace and do nothing else."""
    made = house.scim().create_user(user("Ada@Acme.io", displayName="Ada", externalId="00u1", active=True), {})
    assert ("ada@acme.io", "Ada", "00u1", True) == tuple(
        made[name] for name in ("userName", "displayName", "externalId", "active")
    )
    assert made["meta"] == {"resourceType": "User", "location": f"https://iam.test/scim/v2/acme/Users/{made['id']}"}
    assert house.can(made["id"], "can_open", "workspace:acme")
    assert not house.can(made["id"], "owner", "workspace:acme")
    assert not house.can(made["id"], "can_open", "workspace:other")


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"displayName": "Ada L"}, "Ada L"),
        ({"name": {"formatted": "Ada L", "givenName": "A"}}, "Ada L"),
        ({"name": {"givenName": "Ada", "familyName": "L"}}, "Ada L"),
        ({"name": {"givenName": "Ada"}}, "Ada"),
    ],
)
def test_the_name_of_a_new_account_is_what_the_provider_sends(house: House, sent: dict[str, Any], name: str) -> None:
    """A new account takes its name from `displayName`, else from `name`."""
    assert name == house.scim().create_user(user("ada@acme.io", **sent), {})["displayName"]


def test_an_account_that_exists_is_taken_with_its_own_name(house: House) -> None:
    """Creating a user with the address of an account adds that account, whose name the provider does not change."""
    there = house.root.members("other").add("ada@acme.io", name="Ada herself").object.id
    made = house.scim().create_user(user("ada@acme.io", displayName="LOVELACE, A"), {})
    assert (there, "Ada herself") == (made["id"], made["displayName"])


def test_who_is_a_member_is_not_created_again(house: House) -> None:
    """Creating a user who is a member already, by whatever way, is refused."""
    assert "member_exists" == refused(lambda: house.scim().create_user(user("olga@acme.io"), {}))


ENDINGS = {
    "Okta's PATCH": lambda scim, id_: scim.patch_user(id_, patch({"op": "replace", "value": {"active": False}}), {}),
    "Okta's PUT": lambda scim, id_: scim.replace_user(id_, user("ada@acme.io", id=id_, active=False, groups=[]), {}),
    "Entra's PATCH": lambda scim, id_: scim.patch_user(
        id_, patch({"op": "Replace", "path": "active", "value": "False"}), {}
    ),
    "Entra's PATCH without a path": lambda scim, id_: scim.patch_user(
        id_, patch({"op": "Replace", "value": {"active": "False"}}), {}
    ),
    "a PATCH with the schema": lambda scim, id_: scim.patch_user(
        id_, patch({"op": "add", "path": f"{USER}:active", "value": False}), {}
    ),
    "a PUT with another address": lambda scim, id_: scim.replace_user(id_, user("married@acme.io", active=False), {}),
}


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_an_inactive_user_has_nothing_left(house: House, end: Any) -> None:
    """`active: false`, in whatever form, ends membership, groups and policies here; the account and its other
    workspaces stay, and the provider sees the user as inactive.
    """
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io", externalId="00u1"), {})["id"]
    house.root.members("other").add("ada@acme.io")
    house.root.groups("acme").create("eng", id_="eng", members=[id_])
    house.root.policies("acme").give("group:eng", [Grant("source_admin")])
    house.root.policies("acme").give(f"member:{id_}", [Grant("workspace_owner")])
    assert False is end(scim, id_)["active"]
    assert [] == house.root.groups("acme").get("eng")["members"]
    assert not house.can(id_, "can_open", "workspace:acme")
    assert house.can(id_, "can_open", "workspace:other")
    assert (False, "ada@acme.io") == (scim.user(id_, {})["active"], scim.user(id_, {})["userName"])
    assert 1 == scim.users({"filter": 'userName eq "ada@acme.io"'})["totalResults"]


@pytest.mark.parametrize(
    "again",
    [
        lambda scim, id_: scim.patch_user(id_, patch({"op": "Replace", "path": "active", "value": "True"}), {}),
        lambda scim, id_: scim.replace_user(id_, user("ada@acme.io", active=True, externalId="00u1"), {}),
        lambda scim, id_: scim.create_user(user("ada@acme.io", active=True, externalId="00u1"), {}),
    ],
    ids=["PATCH", "PUT", "POST"],
)
def test_a_user_made_active_again_begins_anew(house: House, again: Any) -> None:
    """Whoever is made active again is the same account, with minimal access: groups and policies do not revive."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io", externalId="00u1"), {})["id"]
    house.root.groups("acme").create("eng", id_="eng", members=[id_])
    house.root.policies("acme").give(f"member:{id_}", [Grant("workspace_owner")])
    scim.patch_user(id_, patch({"op": "replace", "value": {"active": False}}), {})
    told = again(scim, id_)
    assert (id_, True, "00u1") == (told["id"], told["active"], told["externalId"])
    assert house.can(id_, "can_open", "workspace:acme")
    assert not house.can(id_, "owner", "workspace:acme")
    assert [] == house.root.groups("acme").get("eng")["members"]


def test_a_deleted_user_is_not_there_any_longer(house: House) -> None:
    """DELETE ends the membership and all memory of it; the account stays, and is taken when the user is made again."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io", externalId="00u1"), {})["id"]
    scim.delete_user(id_)
    assert "member_not_found" == refused(lambda: scim.user(id_, {}))
    assert "member_not_found" == refused(lambda: scim.delete_user(id_))
    assert 0 == scim.users({"filter": 'userName eq "ada@acme.io"'})["totalResults"]
    made = scim.create_user(user("ada@acme.io"), {})
    assert (id_, None) == (made["id"], made.get("externalId"))


def test_a_deleted_account_is_not_begun_again(house: House) -> None:
    """Whose account was deleted does not come back by its id, which is nobody's: the address makes a new user."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io"), {})["id"]
    scim.patch_user(id_, patch({"op": "replace", "value": {"active": False}}), {})
    house.root.accounts.delete(id_)
    assert "member_not_found" == refused(
        lambda: scim.patch_user(id_, patch({"op": "replace", "value": {"active": True}}), {})
    )
    assert not house.can(id_, "can_open", "workspace:acme")
    assert id_ != scim.create_user(user("ada@acme.io"), {})["id"]


def test_an_inactive_user_can_be_deleted(house: House) -> None:
    """Entra ends a user first and deletes it weeks later: both work, and then it is not there."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io"), {})["id"]
    scim.patch_user(id_, patch({"op": "replace", "value": {"active": False}}), {})
    scim.delete_user(id_)
    assert "member_not_found" == refused(lambda: scim.user(id_, {}))


def test_a_member_whom_an_owner_removes_shows_as_inactive(house: House) -> None:
    """A user of the provider's who was removed otherwise is inactive to it; one it never touched is not there."""
    scim = house.scim()
    mine = scim.create_user(user("ada@acme.io"), {})["id"]
    other = house.root.members("acme").add("bob@acme.io").object.id
    for one in (mine, other):
        house.root.members("acme").remove(one)
    assert False is scim.user(mine, {})["active"]
    assert "member_not_found" == refused(lambda: scim.user(other, {}))


@pytest.mark.parametrize(
    "end",
    [
        lambda scim, id_: scim.patch_user(id_, patch({"op": "replace", "value": {"active": False}}), {}),
        lambda scim, id_: scim.replace_user(id_, user("olga@acme.io", active=False), {}),
        lambda scim, id_: scim.delete_user(id_),
    ],
    ids=["PATCH", "PUT", "DELETE"],
)
def test_the_last_owner_stays(house: House, end: Any) -> None:
    """No provider can take a workspace its last owner: refused, with nothing changed."""
    olga, before = house.member("olga@acme.io"), house.revision()
    assert "last_owner" == refused(lambda: end(house.scim(), olga))
    assert (before, True) == (house.revision(), house.can(olga, "owner", "workspace:acme"))


def test_name_and_address_are_the_persons_own(house: House) -> None:
    """Another display name is passed over, another address refused, with nothing changed."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io", displayName="Ada"), {})["id"]
    before = house.revision()
    named = patch({"op": "Replace", "path": "displayName", "value": "LOVELACE, A"})
    assert "Ada" == scim.patch_user(id_, named, {})["displayName"]
    moved = patch({"op": "Replace", "path": "userName", "value": "married@acme.io"})
    assert "immutable" == refused(lambda: scim.patch_user(id_, moved, {}))
    assert "immutable" == refused(lambda: scim.replace_user(id_, user("married@acme.io", active=True), {}))
    assert before == house.revision()


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "Add", "path": 'emails[type eq "work"].value', "value": "a@acme.io"},
        {"op": "Replace", "path": 'phoneNumbers[type eq "mobile"].value', "value": "1"},
        {"op": "Replace", "path": "name.familyName", "value": "L"},
        {"op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "x"},
        {"op": "replace", "value": {"id": "x", "name.givenName": "A", "title": "Dr", "nickName": None}},
        {"op": "Replace", "path": "userName", "value": "ADA@acme.io"},
        {"op": "Replace", "path": "active", "value": "True"},
    ],
)
def test_what_a_provider_knows_besides_changes_nothing(house: House, operation: dict[str, Any]) -> None:
    """Attributes that decide nothing here are passed over, so that a provider's other ones still come through."""
    scim = house.scim()
    id_ = scim.create_user(user("ada@acme.io"), {})["id"]
    before, told = house.revision(), scim.user(id_, {})
    if operation.get("value", {}) == {"id": "x", "name.givenName": "A", "title": "Dr", "nickName": None}:
        operation["value"]["id"] = id_
    assert told == scim.patch_user(id_, patch(operation), {})
    assert before == house.revision()


def test_a_put_that_says_what_is_changes_nothing(house: House) -> None:
    """Providers send the same again and again: that makes no change, and no line in the trail."""
    scim = house.scim()
    sent = user("ada@acme.io", displayName="Ada", externalId="00u1", active=True, name={"givenName": "Ada"})
    id_ = scim.create_user(sent, {})["id"]
    before = house.revision()
    assert "00u1" == scim.replace_user(id_, sent, {})["externalId"]
    assert before == house.revision()


def test_an_external_id_is_one_workspaces(house: House) -> None:
    """Two workspaces have providers of their own: what one calls a person, the other is not told."""
    for workspace, external in (("acme", "a1"), ("other", "b2")):
        house.scim(workspace).create_user(user("ada@acme.io", externalId=external), {})
    for workspace, external in (("acme", "a1"), ("other", "b2")):
        found = house.scim(workspace).users({"filter": f'externalId eq "{external}"'})
        assert [external] == [one["externalId"] for one in found["Resources"]]
    assert 0 == house.scim("acme").users({"filter": 'externalId eq "b2"'})["totalResults"]


def test_an_external_id_comes_and_goes(house: House) -> None:
    """A provider gives a member it found an id of its own, changes it, and takes it away."""
    scim, olga = house.scim(), house.member("olga@acme.io")
    given = patch({"op": "Add", "path": "externalId", "value": "00u9"})
    assert "00u9" == scim.patch_user(olga, given, {})["externalId"]
    assert "externalId" not in scim.patch_user(olga, patch({"op": "Remove", "path": "externalId"}), {})
    assert house.can(olga, "owner", "workspace:acme")


# --- lists ---


@pytest.fixture
def three(house: House) -> House:
    """With Ada, active, and Bob, inactive, besides Olga, whom no provider has touched."""
    scim = house.scim()
    scim.create_user(user("ada@acme.io", displayName="Ada", externalId="a1"), {})
    scim.create_user(user("bob@acme.io", displayName="Bob", externalId="b2", active=False), {})
    return house


@pytest.mark.parametrize(
    ("filter_", "names"),
    [
        ('userName eq "ada@acme.io"', ["ada"]),
        ('userName Eq "ADA@Acme.IO"', ["ada"]),
        ('username eq "bob@acme.io"', ["bob"]),
        (f'{USER}:userName eq "ada@acme.io"', ["ada"]),
        ('userName eq "nobody@acme.io"', []),
        ('userName eq "no address"', []),
        ('id eq "no id"', []),
        ('externalId eq "b2"', ["bob"]),
        ('externalId eq "B2"', []),
        ("externalId pr", ["ada", "bob"]),
        ("active eq true", ["ada", "olga"]),
        ('active eq false and userName eq "ada@acme.io"', []),
        ('userName eq "ada@acme.io" or userName eq "bob@acme.io"', ["ada", "bob"]),
        ('not (userName eq "ada@acme.io")', ["bob", "olga"]),
        ('userName sw "o"', ["olga"]),
        ('displayName eq "bob"', ["bob"]),
        ('emails.value eq "ada@acme.io"', ["ada"]),
        ('emails[value eq "ada@acme.io" and primary eq true]', ["ada"]),
    ],
)
def test_a_filter_gives_those_who_fit(three: House, filter_: str, names: list[str]) -> None:
    """Each filter gives exactly the users it means, as if each of them had been looked at."""
    found = three.scim().users({"filter": filter_})["Resources"]
    assert names == sorted(one["userName"].partition("@")[0] for one in found)


def test_pages_are_of_one_order(three: House) -> None:
    """Pages one after the other give everybody once, ordered by id; beyond the last there is nobody."""
    scim = three.scim()
    pages = [scim.users({"startIndex": str(at), "count": "2"}) for at in (1, 3, 5)]
    assert [(3, 1, 2), (3, 3, 1), (3, 5, 0)] == [
        (one["totalResults"], one["startIndex"], one["itemsPerPage"]) for one in pages
    ]
    ids = [one["id"] for page in pages for one in page["Resources"]]
    assert (sorted(ids), 3) == (ids, len(set(ids)))


@pytest.mark.parametrize(
    ("asked", "count"), [({"count": "0"}, 0), ({"count": "-1"}, 0), ({"startIndex": "-4", "count": "1"}, 1), ({}, 3)]
)
def test_odd_pages_are_understood(three: House, asked: dict[str, str], count: int) -> None:
    """A `count` of 0 asks only how many there are; what is too small counts as the least."""
    found = three.scim().users(asked)
    assert (3, 1, count) == (found["totalResults"], found["startIndex"], len(found["Resources"]))


def test_only_the_attributes_asked_for_are_told(three: House) -> None:
    """`attributes` and `excludedAttributes` choose what is told; the id always is."""
    asked = {"filter": 'userName eq "ada@acme.io"', "attributes": "userName"}
    (ada,) = three.scim().users(asked)["Resources"]
    assert {"schemas", "id", "userName"} == set(ada)
    assert "emails" not in three.scim().user(ada["id"], {"excludedAttributes": "emails,name"})


# --- groups ---


@pytest.fixture
def team(house: House) -> House:
    """With members `ada`, `bob` and `cy`, and the group `eng` of the first two, which holds a policy."""
    for one in ("ada", "bob", "cy"):
        house.root.members("acme").add(f"{one}@acme.io", id_=one)
    house.root.groups("acme").create("eng", id_="eng", members=["ada", "bob"], external_id="g1")
    house.root.policies("acme").give("group:eng", [Grant("source_admin")])
    return house


def patched(house: House, group: str, *operations: dict[str, Any]) -> dict[str, Any]:
    """A group after a PATCH, which itself is not answered with it."""
    assert house.scim().patch_group(group, patch(*operations), {}) is None
    return house.scim().group(group, {})


def members(group: dict[str, Any]) -> list[str]:
    """The ids of a group's members."""
    return [one["value"] for one in group.get("members", [])]


def test_a_new_group_may_do_nothing(team: House) -> None:
    """Creating a group makes it with its members and its external id, and without any policy."""
    sent = {"schemas": [GROUP], "displayName": "ops", "externalId": "g2", "members": [{"value": "cy"}]}
    made = team.scim().create_group(sent, {})
    assert ("ops", "g2", ["cy"]) == (made["displayName"], made["externalId"], members(made))
    assert [] == team.root.groups("acme").get(made["id"])["policies"]
    assert not team.can("cy", "can_create_source", "workspace:acme")


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        ([{"op": "Add", "path": "members", "value": [{"$ref": None, "value": "cy"}]}], ["ada", "bob", "cy"]),
        ([{"op": "add", "path": "members", "value": {"value": "cy", "display": "Cy"}}], ["ada", "bob", "cy"]),
        ([{"op": "add", "value": {"members": [{"value": "cy"}]}}], ["ada", "bob", "cy"]),
        ([{"op": "Remove", "path": "members", "value": [{"$ref": None, "value": "ada"}]}], ["bob"]),
        ([{"op": "remove", "path": 'members[value eq "ada"]'}], ["bob"]),
        ([{"op": "remove", "path": 'members[value eq "ada" or value eq "bob"]'}], []),
        ([{"op": "remove", "path": 'members[value eq "nobody"]'}], ["ada", "bob"]),
        ([{"op": "remove", "path": "members"}], []),
        ([{"op": "replace", "path": "members", "value": [{"value": "cy"}, {"value": "ada"}]}], ["ada", "cy"]),
        ([{"op": "replace", "path": "members", "value": []}], []),
        ([{"op": "replace", "value": {"id": "eng", "displayName": "eng", "members": []}}], []),
        (
            [
                {"op": "remove", "path": 'members[value eq "ada"]'},
                {"op": "add", "path": "members", "value": [{"value": "cy"}]},
                {"op": "add", "path": "members", "value": [{"value": "ada"}]},
                {"op": "remove", "path": 'members[value eq "cy"]'},
            ],
            ["ada", "bob"],
        ),
        (
            [
                {"op": "add", "path": "members", "value": [{"value": "cy"}]},
                {"op": "replace", "path": "members", "value": [{"value": "bob"}]},
            ],
            ["bob"],
        ),
        ([{"op": "add", "path": "urn:example:2.0:Group:colour", "value": "blue"}], ["ada", "bob"]),
    ],
)
def test_a_patch_of_members(team: House, operations: list[dict[str, Any]], expected: list[str]) -> None:
    """Members are added, removed and replaced in every form providers use, in the order of the operations."""
    assert expected == members(patched(team, "eng", *operations))
    assert expected == team.root.groups("acme").get("eng")["members"]


def test_a_patch_is_one_act(team: House) -> None:
    """Renaming, adding and removing in one PATCH is one change with one line in the trail."""
    before = team.revision()
    told = patched(
        team,
        "eng",
        {"op": "replace", "value": {"id": "eng", "displayName": "engineering"}},
        {"op": "add", "path": "members", "value": [{"value": "cy"}]},
        {"op": "remove", "path": 'members[value eq "ada"]'},
        {"op": "add", "path": "externalId", "value": "g9"},
    )
    assert ("engineering", "g9", ["bob", "cy"]) == (told["displayName"], told["externalId"], members(told))
    assert before + 1 == team.revision()
    (line,) = team.root.audit("acme").page(AuditFilter(object="group:eng", action="group.change")).items
    assert before + 1 == line.revision


def test_what_a_patch_does_counts_at_once(team: House) -> None:
    """Whoever is added may what the group may, whoever is removed no longer; the group's policy stays."""
    patched(
        team,
        "eng",
        {"op": "Add", "path": "members", "value": [{"value": "cy"}]},
        {"op": "Remove", "path": "members", "value": [{"value": "ada"}]},
    )
    found = [team.can(one, "can_create_source", "workspace:acme") for one in ("ada", "bob", "cy")]
    assert [False, True, True] == found


def test_a_put_makes_the_group_what_is_sent(team: House) -> None:
    """PUT replaces name and members, an absent list being an empty one; again, it changes nothing."""
    sent = {"schemas": [GROUP], "displayName": "engineers", "externalId": "g1", "members": [{"value": "cy"}]}
    assert ["cy"] == members(team.scim().replace_group("eng", sent, {}))
    before = team.revision()
    team.scim().replace_group("eng", sent, {})
    assert before == team.revision()
    assert [] == members(team.scim().replace_group("eng", {"schemas": [GROUP], "displayName": "engineers"}, {}))
    assert 1 == len(team.root.groups("acme").get("eng")["policies"])


@pytest.mark.parametrize("who", ["nobody", "zed"])
def test_only_members_of_the_workspace_can_be_in_a_group(team: House, who: str) -> None:
    """A patch that names somebody else, a member of another workspace too, is refused whole."""
    team.root.members("other").add("zed@acme.io", id_="zed")
    before = team.revision()
    operations = patch({"op": "add", "path": "members", "value": [{"value": "cy"}, {"value": who}]})
    assert "member_not_found" == refused(lambda: team.scim().patch_group("eng", operations, {}))
    sent = {"schemas": [GROUP], "displayName": "ops", "members": [{"value": who}]}
    assert "member_not_found" == refused(lambda: team.scim().create_group(sent, {}))
    assert before == team.revision()


def test_a_group_can_be_found(team: House) -> None:
    """Groups are found by name, external id, id and member, as providers ask."""
    scim = team.scim()
    scim.create_group({"schemas": [GROUP], "displayName": "ops"}, {})
    for filter_ in (
        'displayName eq "eng"',
        'displayName eq "ENG"',
        'externalId eq "g1"',
        'id eq "eng"',
        'members eq "ada"',
        'members.value eq "ada" and id eq "eng"',
        'members[value eq "ada"]',
    ):
        assert ["eng"] == [one["id"] for one in scim.groups({"filter": filter_})["Resources"]], filter_
    assert 0 == scim.groups({"filter": 'id eq "eng" and members eq "cy"'})["totalResults"]
    assert 2 == scim.groups({})["totalResults"]


def test_a_group_is_told_without_its_members(team: House) -> None:
    """`excludedAttributes=members`, as Entra asks for large groups, leaves them out."""
    for told in (
        team.scim().group("eng", {"excludedAttributes": "members"}),
        team.scim().groups({"excludedAttributes": "members", "filter": 'members eq "ada"'})["Resources"][0],
    ):
        assert ("eng", False) == (told["displayName"], "members" in told)


def test_a_deleted_group_leaves_its_people(team: House) -> None:
    """DELETE ends the group and what it gave; its members stay in the workspace."""
    team.scim().delete_group("eng")
    assert "group_not_found" == refused(lambda: team.scim().group("eng", {}))
    assert (True, False) == (
        team.can("ada", "can_open", "workspace:acme"),
        team.can("ada", "can_create_source", "workspace:acme"),
    )


def test_two_groups_of_one_name(team: House) -> None:
    """A group takes no name that another of the workspace has; in another workspace it may."""
    ops = team.scim().create_group({"schemas": [GROUP], "displayName": "ops"}, {})["id"]
    renamed = patch({"op": "replace", "path": "displayName", "value": "eng"})
    assert "name_taken" == refused(lambda: team.scim().patch_group(ops, renamed, {}))
    assert "name_taken" == refused(lambda: team.scim().create_group({"schemas": [GROUP], "displayName": "eng"}, {}))
    assert "eng" == team.scim("other").create_group({"schemas": [GROUP], "displayName": "eng"}, {})["displayName"]


def test_nothing_crosses_a_workspace(team: House) -> None:
    """Users and groups of one workspace are not there for the provider of another."""
    other = team.scim("other")
    assert "group_not_found" == refused(lambda: other.group("eng", {}))
    assert "group_not_found" == refused(lambda: other.delete_group("eng"))
    assert "member_not_found" == refused(lambda: other.user("ada", {}))
    assert "member_not_found" == refused(lambda: other.delete_user("ada"))
    assert (0, 1) == (other.groups({})["totalResults"], other.users({})["totalResults"])


# --- who may, and what is malformed ---


def test_only_owners_provision(team: House) -> None:
    """A token that is an owner may; one that is not is refused, whatever it asks, and the refusal is recorded."""
    olga = Caller.of(Object("member", team.member("olga@acme.io")))
    owner, _ = team.by(olga).tokens("acme").create("okta", owner=True)
    plain, _ = team.by(olga).tokens("acme").create("plain", grants=[Grant("source_admin")])
    scim = team.scim(caller=Caller.of(plain.object))
    for act in (
        lambda: scim.users({}),
        lambda: scim.user("ada", {}),
        lambda: scim.create_user(user("dee@acme.io"), {}),
        lambda: scim.delete_user("ada"),
        lambda: scim.groups({}),
        lambda: scim.group("eng", {}),
        lambda: scim.create_group({"schemas": [GROUP], "displayName": "ops"}, {}),
        lambda: scim.patch_group("eng", patch({"op": "remove", "path": "members"}), {}),
        lambda: scim.delete_group("eng"),
    ):
        assert "relation_missing" == refused(act)
    told = team.root.audit("acme").page(AuditFilter(by=str(plain.object))).items
    assert {"relation_missing"} == {one.code for one in told}
    mine = team.scim(caller=Caller.of(owner.object))
    assert "dee@acme.io" == mine.create_user(user("dee@acme.io"), {})["userName"]


def test_a_token_for_provisioning(team: House) -> None:
    """It keeps members and groups of its workspace; it is not inside it, holds nothing, and ends when it is revoked."""
    olga = Caller.of(Object("member", team.member("olga@acme.io")))
    tokens = team.by(olga).tokens("acme")
    token = tokens.create("okta", provisioning=True)[0].object
    mine = team.scim(caller=Caller.of(token))
    mine.create_user(user("dee@acme.io"), {})
    mine.patch_group("eng", patch({"op": "remove", "path": "members"}), {})
    mine.delete_user("ada")
    assert "relation_missing" == refused(lambda: team.scim("other", Caller.of(token)).users({}))
    assert "provisioning_alone" == refused(lambda: tokens.create("both", owner=True, provisioning=True))
    assert "provisioning_alone" == refused(
        lambda: tokens.create("two", grants=[Grant("source_admin")], provisioning=True)
    )
    assert "token_not_found" == refused(lambda: tokens.set_pii(token.id, pii=True))
    assert "token_not_found" == refused(
        lambda: team.by(olga).policies("acme").give(str(token), [Grant("source_admin")])
    )
    assert [(True, False)] == [(one["provisioning"], one["owner"]) for one in tokens.all() if one["id"] == token.id]
    tokens.revoke(token.id)
    assert "relation_missing" == refused(lambda: mine.users({}))


def test_an_expired_token_for_provisioning_does_nothing(team: House) -> None:
    """Past its end, and past that of its workspace, a token for provisioning keeps nobody any longer."""
    soon = datetime.now(UTC) + timedelta(seconds=1)
    tokens = team.root.tokens("acme")
    ending = team.scim(caller=Caller.of(tokens.create("short", provisioning=True, expires_at=soon)[0].object))
    lasting = tokens.create("okta", provisioning=True)[0].object
    team.root.workspaces.delete("acme")
    scim = team.scim(caller=Caller.of(lasting))
    assert "workspace_ends" == refused(lambda: scim.create_user(user("new@acme.io"), {}))
    time.sleep(1)
    assert "relation_missing" == refused(lambda: ending.users({}))
    (tuple_,) = [
        one.tuple
        for one in team.authorizer.read(team.store, TupleFilter(relation="provisioner", subject=lasting)).items
    ]
    assert tuple_.expires_at is not None


def test_owners_provision_in_a_store_of_an_older_model(team: House) -> None:
    """Where the store's model does not know `can_provision`, owners keep members still, and nobody else does."""
    olga, ada = (Caller.of(Object("member", team.member(f"{who}@acme.io"))) for who in ("olga", "ada"))
    older = shipped_model().replace("    define can_provision: provisioner or owner\n", "")
    team.authorizer.write_model(team.store, older)
    team.scim(caller=olga).create_user(user("dee@acme.io"), {})
    assert "relation_missing" == refused(lambda: team.scim(caller=ada).users({}))


@pytest.mark.parametrize(
    ("code", "document"),
    [
        ("invalid_request", {"schemas": [USER]}),
        ("malformed_email", {"schemas": [USER], "userName": ""}),
        ("malformed_email", {"schemas": [USER], "userName": "ada"}),
        ("invalid_request", {"schemas": [USER], "userName": "ada@acme.io", "active": "perhaps"}),
        ("invalid_request", {"schemas": [USER], "userName": ["ada@acme.io"]}),
        ("malformed_text", {"schemas": [USER], "userName": "ada@acme.io", "externalId": "x" * 2000}),
        ("malformed_request", []),
        ("malformed_request", None),
    ],
)
def test_malformed_users(house: House, code: str, document: Any) -> None:
    """A user that cannot be understood is refused with what is wrong, and nothing is made."""
    before = house.revision()
    assert code == refused(lambda: house.scim().create_user(document, {}))
    assert before == house.revision()


@pytest.mark.parametrize(
    ("code", "operation"),
    [
        ("invalid_request", {"op": "bogus", "path": "members"}),
        ("invalid_request", {"op": "add", "path": "members"}),
        ("invalid_request", {"op": "add", "path": "members", "value": ["cy"]}),
        ("invalid_request", {"op": "add", "path": "members", "value": [{"value": ""}]}),
        ("invalid_request", {"op": "add", "value": "cy"}),
        ("invalid_request", {"op": "replace", "path": "displayName", "value": ""}),
        ("immutable", {"op": "remove", "path": "displayName"}),
        ("malformed_path", {"op": "remove", "path": "members["}),
        ("malformed_filter", {"op": "remove", "path": 'members[display eq "Ada"]'}),
        ("malformed_filter", {"op": "remove", "path": 'members[value sw "a"]'}),
        ("malformed_path", {"op": "replace", "path": 'members[value eq "ada"].value', "value": "cy"}),
        ("no_target", {"op": "remove"}),
    ],
)
def test_malformed_patches(team: House, code: str, operation: dict[str, Any]) -> None:
    """An operation that cannot be understood is refused, with all that stand beside it."""
    before = team.revision()
    good = {"op": "add", "path": "members", "value": [{"value": "cy"}]}
    assert code == refused(lambda: team.scim().patch_group("eng", patch(good, operation), {}))
    assert before == team.revision()


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("malformed_filter", {"filter": "userName eq"}),
        ("malformed_filter", {"filter": 'colour eq "blue"'}),
        ("malformed_filter", {"filter": "active gt true"}),
        ("invalid_request", {"count": "many"}),
        ("invalid_request", {"startIndex": "first"}),
        ("invalid_request", {"attributes": "id", "excludedAttributes": "name"}),
    ],
)
def test_malformed_questions(house: House, code: str, asked: dict[str, str]) -> None:
    """A list that cannot be understood is refused, never answered with everything or nothing."""
    assert code == refused(lambda: house.scim().users(asked))
