"""Acts at the same moment: each rule holds after them, whoever was quicker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import pytest

from iamgraph.access.access import Access
from iamgraph.access.policies import Grant
from iamgraph.errors import IamgraphError
from tests.access.python import PythonDoor

Act = Callable[[], Any]
ROUNDS: Final = 5


def at_once(*acts: Act) -> list[str | None]:
    """What becomes of acts that begin together: the code of the refusal, or None where it is done."""
    start = threading.Barrier(len(acts))

    def done(act: Act) -> str | None:
        start.wait()
        try:
            act()
        except IamgraphError as refused:
            return refused.code
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(done, acts))


@pytest.fixture
def ours(door: PythonDoor, root: Access) -> PythonDoor:
    """Two workspaces, `w` and `v`, with people and things in `w`."""
    for home in "wv":
        root.workspaces.create(home, name=home, owner="ada@x.io")
    root.members("w").add("bob@x.io", id_="bob")
    root.groups("w").create("g", id_="g")
    root.resources("w").create("source", id_="s")
    root.resources("w").create("space", id_="p")
    return door


def tuples(door: PythonDoor) -> list[str]:
    """Every tuple of the store."""
    return [str(one.tuple) for one in door.authorizer.read(door.store, limit=1000).items]


# --- owners ------------------------------------------------------------------------------------------------

AGAINST: Final[dict[str, Callable[[Access, str], Any]]] = {
    "remove": lambda access, who: access.members("w").remove(who),
    "demote": lambda access, who: access.members("w").set_role(who, "member"),
}


@pytest.mark.parametrize("first", AGAINST)
@pytest.mark.parametrize("second", AGAINST)
def test_owners_against_each_other(ours: PythonDoor, root: Access, first: str, second: str) -> None:
    """Of two owners who remove or demote each other at once, one does, and is the owner that remains."""
    ada = next(str(one["id"]) for one in root.members("w").all() if one["role"] == "owner")
    for _ in range(ROUNDS):
        _owners(root, ada, "bob")
        by_ada, by_bob = ours.access(f"member:{ada}"), ours.access("member:bob")
        codes = at_once(lambda: AGAINST[first](by_ada, "bob"), lambda: AGAINST[second](by_bob, ada))  # noqa: B023
        assert sorted([str(None), "relation_missing"]) == sorted(map(str, codes))
        assert [["bob"], [ada]][codes.index(None) == 0] == _who_owns(root)


@pytest.mark.parametrize("verb", AGAINST)
def test_the_last_two_owners_leave(ours: PythonDoor, root: Access, verb: str) -> None:
    """Of the last two owners who go at once, one goes, and the other is told to stay."""
    ada = next(str(one["id"]) for one in root.members("w").all() if one["role"] == "owner")
    for _ in range(ROUNDS):
        _owners(root, ada, "bob")
        codes = at_once(*(lambda who=who: AGAINST[verb](ours.access(f"member:{who}"), who) for who in (ada, "bob")))
        assert sorted([str(None), "last_owner"]) == sorted(map(str, codes))
        assert [[ada], ["bob"]][codes.index(None) == 0] == _who_owns(root)


def _owners(root: Access, *people: str) -> None:
    there = {one["id"] for one in root.members("w").all()}
    for who in people:
        if who not in there:
            root.members("w").add("bob@x.io" if who == "bob" else "ada@x.io")
        root.members("w").set_role(who, "owner")


def _who_owns(root: Access) -> list[str]:
    return [one["id"] for one in root.members("w").all() if one["role"] == "owner"]


# --- labels ------------------------------------------------------------------------------------------------

USES: Final[dict[str, Callable[[Access], Any]]] = {
    "attach to a source": lambda root: root.labels("w").attach("source:s", ["brand:a"]),
    "attach to a space": lambda root: root.labels("w").attach("space:p", ["brand:a"]),
    "attach to many": lambda root: root.labels("w").attach_many(["source:s", "space:p"], ["brand:a"]),
    "create with it": lambda root: root.resources("w").create("source", labels=["brand:a"]),
    "admit": lambda root: root.resources("w").admit("p", ["brand:a"]),
    "require in a policy": lambda root: root.policies("w").create(Grant("source_admin", labels=("brand:a",))),
    "require by an invite": lambda root: root.invites("w").create(
        "eve@x.io", grants=[Grant("source_admin", labels=("brand:a",))]
    ),
}


@pytest.mark.parametrize("use", USES)
def test_a_label_deleted_and_used(ours: PythonDoor, root: Access, use: str) -> None:
    """A label that is deleted while it is put to use is either gone and unused, or there and in use."""
    for _ in range(ROUNDS):
        root.labels("w").create("brand:a")
        codes = at_once(lambda: root.labels("w").delete("brand:a"), lambda: USES[use](root))
        assert codes in ([None, "label_not_found"], ["label_in_use", None])
        used = [one for one in tuples(ours) if "label:w/brand:a" in one]
        if codes[0] is None:
            assert [] == used
            continue
        assert "label:w/brand:a#workspace@workspace:w" in used
        _give_up(root)
        root.labels("w").delete("brand:a")


def _give_up(root: Access) -> None:
    """Nothing uses a label any longer."""
    for one in root.resources("w").all("source"):
        root.labels("w").attach(f"source:{one['id']}", [], replacing=True)
    root.labels("w").attach("space:p", [], replacing=True)
    root.resources("w").admit("p", None)
    for policy in root.policies("w").all():
        root.policies("w").delete(policy["id"])
    for invite in root.invites("w").all():
        root.invites("w").revoke(invite["id"])


def test_two_values_of_a_key(root: Access, ours: PythonDoor) -> None:
    """Of two values of one key that are attached to a source at once, one is, by whichever verb."""
    labels = root.labels("w")
    for _ in range(ROUNDS):
        codes = at_once(
            lambda: labels.attach("source:s", ["environment:dev"]),
            lambda: labels.attach("source:s", ["environment:prod"]),
        )
        assert sorted([str(None), "label_key_taken"]) == sorted(map(str, codes))
        assert 1 == len(root.resources("w").get("source:s")["labels"])
        labels.attach("source:s", [], replacing=True)


# --- names and accounts ------------------------------------------------------------------------------------


def test_one_name_for_two_groups(root: Access, ours: PythonDoor) -> None:
    """Of groups made or renamed to one name at once, one has it."""
    for i in range(ROUNDS):
        acts = [lambda: root.groups("w").create(f"n{i}")] * 3  # noqa: B023
        codes = at_once(lambda: root.groups("w").rename("g", f"n{i}"), *acts)  # noqa: B023
        assert [str(None), *["name_taken"] * 3] == sorted(map(str, codes))
        assert 1 == sum(one["name"] == f"n{i}" for one in root.groups("w").all())


def test_one_id_for_two(root: Access, ours: PythonDoor) -> None:
    """Of a source made twice at once under one id, in two workspaces, one has it."""
    for i in range(ROUNDS):
        acts = [lambda home=home: root.resources(home).create("source", id_=f"n{i}") for home in "wv"]  # noqa: B023
        codes = at_once(*acts)
        assert sorted([str(None), "id_taken"]) == sorted(map(str, codes))
        home = "wv"[codes.index(None)]
        assert [f"source:n{i}#workspace@workspace:{home}"] == [one for one in tuples(ours) if f"source:n{i}#" in one]


def test_one_address_in_two_workspaces(root: Access, ours: PythonDoor) -> None:
    """An address that is added to two workspaces at once, and invited to none, has one account."""
    for i in range(ROUNDS):
        acts = [lambda home=home: root.members(home).add(f"n{i}@x.io") for home in "wv"]  # noqa: B023
        assert [None, None] == at_once(*acts)
        accounts = [one for one in tuples(ours) if one.startswith(f"email:n{i}@x.io#account@")]
        assert 1 == len(accounts)
        both = [one for one in tuples(ours) if one.endswith(accounts[0].partition("@x.io#account")[2])]
        assert 3 == len(both)


def test_one_address_twice_in_one(root: Access, ours: PythonDoor) -> None:
    """Of an address added twice to a workspace at once, one is, and the other is told so."""
    for i in range(ROUNDS):
        acts = [lambda id_=id_: root.members("w").add(f"n{i}@x.io", id_=id_) for id_ in (f"a{i}", f"b{i}")]  # noqa: B023
        assert sorted([str(None), "member_exists"]) == sorted(map(str, at_once(*acts)))


def test_an_invite_is_accepted_once(root: Access, ours: PythonDoor) -> None:
    """Of an invite's link used three times at once, one use makes a member, and the others find no invite."""
    for i in range(ROUNDS):
        _, secret = root.invites("w").create(f"n{i}@x.io", grants=[Grant("source_admin")], groups=["g"])
        codes = at_once(*[lambda: root.invites("w").accept(secret)] * 3)  # noqa: B023
        assert ["None", "invite_not_found", "invite_not_found"] == sorted(map(str, codes))
    assert ROUNDS == len(root.groups("w").get("g")["members"]) == len(root.policies("w").all())


def test_an_invite_accepted_and_revoked(root: Access, ours: PythonDoor) -> None:
    """An invite that is accepted and revoked at once has either made a member with what it held, or left nothing."""
    for i in range(ROUNDS):
        done, secret = root.invites("w").create(f"n{i}@x.io", grants=[Grant("source_admin")])
        codes = at_once(
            lambda: root.invites("w").accept(secret),  # noqa: B023
            lambda: root.invites("w").revoke(done.object.id),  # noqa: B023
        )
        assert sorted([str(None), "invite_not_found"]) == sorted(map(str, codes))
        assert (1 if codes[0] is None else 0) == len(root.policies("w").all())
        for policy in root.policies("w").all():
            root.policies("w").delete(policy["id"])


# --- what ends while it is given something -----------------------------------------------------------------

GIVEN: Final[dict[str, Callable[[Access], Any]]] = {
    "a policy": lambda root: root.policies("w").give("member:bob", [Grant("source_admin")]),
    "a policy there is": lambda root: root.policies("w").add_holders("q", ["member:bob"]),
    "a group": lambda root: root.groups("w").add("g", ["bob"]),
    "a group replaced": lambda root: root.groups("w").replace("g", ["bob"]),
    "an owner": lambda root: root.members("w").set_role("bob", "owner"),
    "personal data": lambda root: root.members("w").set_pii("bob", pii=True),
}


@pytest.mark.parametrize("what", GIVEN)
def test_a_member_removed_and_given(ours: PythonDoor, root: Access, what: str) -> None:
    """Who is removed while they are given something has nothing left, and nothing when they come back."""
    root.policies("w").create(Grant("source_reader"), id_="q")
    for _ in range(ROUNDS):
        codes = at_once(lambda: root.members("w").remove("bob"), lambda: GIVEN[what](root))
        assert codes in ([None, "member_not_found"], [None, None])
        assert ["email:bob@x.io#account@member:bob"] == [one for one in tuples(ours) if "@member:bob" in one]
        root.members("w").add("bob@x.io")
        if not root.policies("w").all() or root.policies("w").all()[0]["id"] != "q":
            root.policies("w").create(Grant("source_reader"), id_="q")


def test_a_token_revoked_and_given(ours: PythonDoor, root: Access) -> None:
    """A token that is revoked while it is given a policy is nobody, and stands in no tuple."""
    for _ in range(ROUNDS):
        done, _ = root.tokens("w").create("robot")
        token = str(done.object)
        codes = at_once(
            lambda: root.tokens("w").revoke(token.partition(":")[2]),  # noqa: B023
            lambda: root.policies("w").give(token, [Grant("source_admin")]),  # noqa: B023
        )
        assert codes in ([None, "token_not_found"], [None, None])
        assert [] == [one for one in tuples(ours) if token in one]


HELD: Final[dict[str, Callable[[Access], Any]]] = {
    "a policy of its own": lambda root: root.policies("w").create(Grant("source_admin", ("s",)), ["member:bob"]),
    "a label": lambda root: root.labels("w").attach("source:s", ["environment:prod"]),
    "a label in bulk": lambda root: root.labels("w").attach_many(["source:s"], ["environment:prod"]),
}


@pytest.mark.parametrize("what", HELD)
def test_a_source_moved_and_given(ours: PythonDoor, root: Access, what: str) -> None:
    """A source that moves away while it is given a label or a policy takes nothing of the old workspace along."""
    for _ in range(ROUNDS):
        codes = at_once(lambda: root.resources("w").move("source:s", "v"), lambda: HELD[what](root))
        assert codes in ([None, "source_not_found"], [None, None])
        assert ["source:s#workspace@workspace:v"] == [one for one in tuples(ours) if "source:s" in one]
        root.resources("v").move("source:s", "w")


def test_a_group_deleted_and_given(ours: PythonDoor, root: Access) -> None:
    """A group that is deleted while it is given a member and a policy is in no tuple."""
    for i in range(ROUNDS):
        root.groups("w").create(f"n{i}", id_=f"n{i}")
        codes = at_once(
            lambda: root.groups("w").delete(f"n{i}"),  # noqa: B023
            lambda: root.groups("w").add(f"n{i}", ["bob"]),  # noqa: B023
            lambda: root.policies("w").give(f"group:n{i}", [Grant("source_admin")]),  # noqa: B023
        )
        assert (None, True) == (codes[0], {*codes[1:]} <= {None, "group_not_found"})
        assert [] == [one for one in tuples(ours) if f"group:n{i}" in one]
