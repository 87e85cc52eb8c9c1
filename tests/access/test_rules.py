"""The rules of docs/access.md: each is broken, and refused as documented, with nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from iamgraph.access.access import Access
from iamgraph.access.labels import MAX_CUSTOM_ENVIRONMENTS
from iamgraph.access.policies import Grant
from iamgraph.access.requests import MAX_OPEN_REQUESTS
from iamgraph.access.roles import ROLES
from iamgraph.access.sessions import ENDED as SESSION_ENDED
from iamgraph.access.sessions import SessionKeeper, Sessions
from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import ConflictError, IamgraphError, LimitError, RequestError
from iamgraph.questions import StoredSession, WriteRequest
from iamgraph.tuples import Object, RelationTuple
from tests.access.organisation import Do, Organisation, grant
from tests.access.python import PythonDoor
from tests.access.unchanged import unchanged
from tests.conftest import SECONDS


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule, an act that breaks it, and how that is refused."""

    rule: str
    verb: str
    arguments: Mapping[str, Any]
    kind: type[IamgraphError]
    code: str
    by: str | None = "olga"
    workspace: str = "W1"

    def __str__(self) -> str:
        return f"{self.rule} [{self.verb}]"


def _giving(rule: str, said: list[Any], code: str) -> tuple[Broken, ...]:
    """A grant that breaks a rule, by every verb that takes one."""
    return (
        Broken(rule, "policies.create", {"grant": said}, RequestError, code),
        Broken(rule, "policies.give", {"holder": "member:mia", "grants": [said]}, RequestError, code),
        Broken(rule, "policies.give", {"holder": "group:GA", "grants": [said], "replacing": True}, RequestError, code),
        Broken(rule, "invites.create", {"email": "new@x.io", "grants": [said]}, RequestError, code),
        Broken(rule, "tokens.create", {"description": "new", "grants": [said]}, RequestError, code),
        Broken(rule, "requests.approve", {"request": "$asked", "grants": [said]}, RequestError, code),
    )


def _labelling(rule: str, resource: str, labels: list[str], code: str) -> tuple[Broken, ...]:
    """Labels that a resource cannot carry, by every verb that attaches them."""
    type_ = resource.partition(":")[0]
    parent = "S1" if type_ == "destination" else None
    return (
        Broken(rule, "labels.attach", {"resource": resource, "labels": labels}, RequestError, code),
        Broken(rule, "labels.attach_many", {"resources": [resource], "labels": labels}, RequestError, code),
        Broken(rule, "resources.create", {"type_": type_, "labels": labels, "parent": parent}, RequestError, code),
    )


ONE_VALUE: Final = ["brand:a", "brand:b"]
MALFORMED: Final = ("brand", "brand:", ":a", "1a:b", "a:1b", "a b:c", "a:b:c", "a:b_c", "é:a", "-a:b", f"a:{'b' * 65}")

BROKEN: Final = (
    # one value per key
    *_giving("two values of a key in a policy", grant("source_admin", *ONE_VALUE), "labels_refused"),
    *_labelling("two values of a key on a source", "source:S4", ONE_VALUE, "label_key_taken"),
    *_labelling("two values of a key on a space", "space:SP-dev", ONE_VALUE, "label_key_taken"),
    Broken(
        "a second value of a key",
        "labels.attach",
        {"resource": "source:S1", "labels": ["environment:dev"]},
        RequestError,
        "label_key_taken",
    ),
    # what carries labels
    *_labelling("labels on a warehouse", "warehouse:WH", ["brand:a"], "labels_refused"),
    *_labelling("labels on a function", "function:F1", ["brand:a"], "labels_refused"),
    *_labelling("labels on a tracking plan", "tracking_plan:TP", ["brand:a"], "labels_refused"),
    *_labelling("labels on a destination", "destination:D1", ["brand:a"], "labels_refused"),
    Broken(
        "labels on a group", "labels.attach", {"resource": "group:GA", "labels": []}, RequestError, "labels_refused"
    ),
    # how far a role reaches
    *_giving("labels beside a single source", grant("source_admin", "brand:a", on=("S1",)), "labels_refused"),
    *(
        broken
        for one in ROLES.values()
        if not one.labelled
        for broken in _giving(f"labels narrow no {one.name}", grant(one.id, "brand:a"), "labels_refused")[:2]
    ),
    *(
        broken
        for one in ROLES.values()
        if one.single is None
        for broken in _giving(f"no single resource for {one.name}", grant(one.id, on=("S1",)), "resources_refused")[:2]
    ),
    *_giving("a source role on a function", grant("source_admin", on=("F1",)), "source_not_found"),
    *_giving("a role there is not", grant("workspace_admin"), "role_not_found"),
    Broken(
        "only members, tokens, groups and invites hold policies",
        "policies.give",
        {"holder": "label:W1/brand:a", "grants": [grant("source_admin")]},
        RequestError,
        "holder_refused",
    ),
    Broken(
        "who is no member holds no policy",
        "policies.give",
        {"holder": "member:nobody", "grants": [grant("source_admin")]},
        RequestError,
        "member_not_found",
    ),
    # labels
    *_giving("a label nobody created", grant("source_admin", "brand:c"), "label_not_found"),
    *_giving("labels are told apart by case", grant("source_admin", "Brand:a"), "label_not_found"),
    *_labelling("an attached label nobody created", "source:S4", ["brand:c"], "label_not_found"),
    Broken("an admitted label nobody created", "resources.admit", {"space": "SP-dev", "labels": ["brand:c"]},
           RequestError, "label_not_found"),
    Broken("sources are labelled in bulk by owners", "labels.attach_many",
           {"resources": ["source:S1"], "labels": ["region:apac"]}, RequestError, "relation_missing", "sally"),
    Broken("labels are deleted by owners", "labels.delete", {"text": "spare:one"},
           RequestError, "relation_missing", "sally"),
    Broken("a label there is", "labels.create", {"text": "brand:a"}, ConflictError, "label_exists"),
    Broken("a label there is, built in", "labels.create", {"text": "environment:dev"}, ConflictError, "label_exists"),
    Broken("a built-in label, unused", "labels.delete", {"text": "environment:dev"}, ConflictError, "label_built_in",
           "zoe", "W2"),
    Broken("a label that is gone", "labels.delete", {"text": "brand:c"}, RequestError, "label_not_found"),
    Broken("a label on resources", "labels.delete", {"text": "environment:dev"}, ConflictError, "label_in_use"),
    Broken("a label in a policy", "labels.delete", {"text": "region:apac"}, ConflictError, "label_in_use"),
    *(Broken(f"a label written {text[:9]}", "labels.create", {"text": text}, RequestError, "malformed_label")
      for text in MALFORMED),
    # Members, and the lifecycle of members
    Broken("one address, one member", "members.add", {"email": "Sally@X.io"}, ConflictError, "member_exists"),
    Broken("a member is not invited", "invites.create", {"email": "sally@x.io"}, ConflictError, "member_exists"),
    Broken("one invite an address", "invites.create", {"email": "ivy@x.io"}, ConflictError, "invite_exists"),
    Broken("an expired invite is revoked first", "invites.create", {"email": "ira@x.io"},
           ConflictError, "invite_exists"),
    Broken("an invite ends", "invites.create", {"email": "new@x.io", "days": 366}, RequestError, "malformed_time"),
    Broken("an invite lasts", "invites.create", {"email": "new@x.io", "days": 0}, RequestError, "malformed_time"),
    Broken("an address has an @", "members.add", {"email": "sally"}, RequestError, "malformed_email"),
    Broken("an owner or a member", "members.add", {"email": "new@x.io", "role": "admin"},
           RequestError, "role_not_found"),
    Broken("one name, one group", "groups.create", {"name": "GA"}, ConflictError, "name_taken"),
    Broken("one name, one group, renamed", "groups.rename", {"group": "GB", "name": "GA"},
           ConflictError, "name_taken"),
    Broken("who is invited elsewhere joins no group", "groups.add", {"group": "GA", "members": ["out@x.io"]},
           RequestError, "member_not_found"),
    Broken("groups do not nest", "groups.add", {"group": "GA", "members": ["GB"]}, RequestError, "member_not_found"),
    Broken("groups hold none of what is not one", "groups.replace", {"group": "GA", "members": ["ken", "nobody"]},
           RequestError, "member_not_found"),
    # Tokens, resources, workspaces
    Broken("a token says what it is for", "tokens.create", {"description": ""}, RequestError, "malformed_text"),
    Broken("a token says what it is for, later too", "tokens.describe", {"token": "$T-ro", "description": ""},
           RequestError, "malformed_text"),
    Broken("a token ends after it begins", "tokens.create",
           {"description": "new", "expires_at": datetime.now(UTC) - timedelta(seconds=1)},
           RequestError, "malformed_time"),
    Broken("a destination moves with its source", "resources.move", {"resource": "destination:D1", "workspace": "W2"},
           RequestError, "move_refused", None),
    Broken("nothing moves to where there is nothing", "resources.move", {"resource": "source:S1", "workspace": "W9"},
           RequestError, "workspace_not_found", None),
    Broken("a destination is in a source", "resources.create", {"type_": "destination"},
           RequestError, "malformed_parent"),
    Broken("a source is in nothing else", "resources.create", {"type_": "source", "parent": "S1"},
           RequestError, "malformed_parent"),
    Broken("a resource is of a known type", "resources.create", {"type_": "group"},
           RequestError, "resource_type_not_found"),
    Broken("a space is deleted by owners", "resources.delete", {"resource": "space:SP-prod"},
           RequestError, "relation_missing", "eve"),
    Broken("a source is deleted by who has them all", "resources.delete", {"resource": "source:S1"},
           RequestError, "relation_missing", "sally"),
    Broken("a plan there is not", "workspaces.update", {"id_": "W1", "plan": "gold"}, RequestError, "malformed_plan"),
    Broken("a region there is not", "workspaces.update", {"id_": "W1", "region": "moon"},
           RequestError, "malformed_region"),
    Broken("a workspace's id", "workspaces.create", {"id_": "W/1", "name": "x", "owner": "new@x.io"},
           RequestError, "malformed_id", None),
)  # fmt: skip


@pytest.mark.parametrize("broken", BROKEN, ids=str)
def test_rule(standing: Organisation, broken: Broken) -> None:
    """Who breaks the rule is told its code, and nothing changes."""
    assert isinstance(standing.door, PythonDoor)
    with unchanged(standing.door), pytest.raises(IamgraphError) as refused:
        standing.do(Do(broken.by, broken.verb, broken.arguments, workspace=broken.workspace))
    assert broken.code == refused.value.code
    assert isinstance(refused.value, broken.kind)


# --- rules that need something to happen first -------------------------------------------------------------


def _refused(act: Any) -> str:
    with pytest.raises(IamgraphError) as refused:
        act()
    return refused.value.code


@pytest.fixture
def one(root: Access) -> str:
    """A workspace with one owner; the id of that owner."""
    root.workspaces.create("one", name="one", owner="ada@x.io")
    return str(root.members("one").all()[0]["id"])


def test_the_last_owner_stays(door: PythonDoor, root: Access, one: str) -> None:
    """A last owner is neither removed nor made a member, by nobody, and does not leave; one of two may."""
    ada = door.access(f"member:{one}").members("one")
    with unchanged(door):
        assert ["last_owner"] * 3 == [
            _refused(lambda: ada.remove(one)),
            _refused(lambda: root.members("one").remove(one)),
            _refused(lambda: ada.set_role(one, "member")),
        ]
    ada.add("bob@x.io", role="owner", id_="bob")
    ada.remove(one)
    assert not door.may(f"member:{one}", "can_open", "workspace:one")


def test_an_owner_by_a_group_is_not_the_last(root: Access, door: PythonDoor, one: str) -> None:
    """Who owns by a group's policy counts as no owner in their own right, so that no group's end leaves none."""
    root.members("one").add("bob@x.io", id_="bob")
    root.groups("one").create("g", id_="g")
    root.groups("one").add("g", ["bob"])
    root.policies("one").give("group:g", [Grant("workspace_owner")])
    bob = door.access("member:bob")
    assert door.may("member:bob", "can_manage_access", "workspace:one")
    assert "last_owner" == _refused(lambda: bob.members("one").remove(one))


def test_an_owners_token_is_no_last_owner(root: Access, one: str) -> None:
    """A token that owns the workspace does not let its last person go."""
    root.tokens("one").create("robot", owner=True)
    assert "last_owner" == _refused(lambda: root.members("one").remove(one))


def test_environments_have_a_limit(door: PythonDoor, root: Access, one: str) -> None:
    """Five environments of one's own beside those built in, no sixth; other keys have no limit."""
    labels = root.labels("one")
    for i in range(MAX_CUSTOM_ENVIRONMENTS):
        labels.create(f"environment:e{i}")
    with unchanged(door), pytest.raises(LimitError) as refused:
        labels.create("environment:another")
    assert "too_many_environments" == refused.value.code
    labels.create("region:another")


def test_a_label_tells_where_it_is_used(root: Access, one: str) -> None:
    """What carries, requires or admits a label keeps it, is named, and lets it go once it is ended."""
    labels, resources = root.labels("one"), root.resources("one")
    labels.create("brand:a")
    resources.create("source", id_="s", labels=["brand:a"])
    resources.create("space", id_="p")
    resources.admit("p", ["brand:a"])
    root.policies("one").create(Grant("source_admin", labels=("brand:a",)), id_="q")
    with pytest.raises(ConflictError) as refused:
        labels.delete("brand:a")
    assert "`policy:q`, `source:s`, `space:p`" in refused.value.message
    resources.admit("p", None)
    root.policies("one").delete("q")
    labels.detach("source:s", ["brand:a"])
    labels.delete("brand:a")
    assert ["environment:dev", "environment:prod"] == [it["label"] for it in labels.all()]


def test_replacing_policies_ends_what_was_held(door: PythonDoor, root: Access, one: str) -> None:
    """Adding policies adds, replacing them ends those held before, and a shared one stays with its other holders."""
    policies, members = root.policies("one"), root.members("one")
    for who in ("bob", "eve"):
        members.add(f"{who}@x.io", id_=who)
    root.resources("one").create("source", id_="s")
    policies.create(Grant("source_admin"), ["member:bob", "member:eve"], id_="shared")
    policies.give("member:bob", [Grant("function_admin")])
    assert [True, True] == _may(door, "bob")
    policies.give("member:bob", [Grant("function_reader")], replacing=True)
    assert ([False, False], [True, False]) == (_may(door, "bob"), _may(door, "eve"))
    assert 1 == len(policies.all("member:bob"))


def _may(door: PythonDoor, who: str) -> list[bool]:
    return [
        door.may(f"member:{who}", "can_edit", "source:s"),
        door.may(f"member:{who}", "can_create_function", "workspace:one"),
    ]


def test_removal_leaves_nothing_of_a_member(door: PythonDoor, root: Access, one: str) -> None:
    """Who is removed is in no tuple but that of their address, and neither are policies only they held."""
    members = root.members("one")
    members.add("bob@x.io", id_="bob", role="owner")
    members.set_pii("bob", pii=True)
    root.groups("one").create("g", id_="g")
    root.groups("one").add("g", ["bob"])
    root.policies("one").give("member:bob", [Grant("source_admin")])
    door.access("member:bob").requests("one").create("more")
    members.remove("bob")
    left = [str(it.tuple) for it in door.authorizer.read(door.store, limit=1000).items]
    assert ["email:bob@x.io#account@member:bob"] == [it for it in left if "bob" in it]
    assert ([], []) == (root.policies("one").all(), root.requests("one").all())


def test_a_revoked_invite_leaves_nothing(door: PythonDoor, root: Access, one: str) -> None:
    """With an invite go its place in groups, the policies it alone held, and its secret."""
    root.groups("one").create("g", id_="g")
    before = door.authorizer.read(door.store, limit=1000).items
    done, secret = root.invites("one").create("bob@x.io", groups=["g"], grants=[Grant("source_admin")])
    root.invites("one").revoke(done.object.id)
    assert before == door.authorizer.read(door.store, limit=1000).items
    assert "invite_not_found" == _refused(lambda: root.invites("one").accept(secret))


def test_who_is_invited_is_put_in_groups(door: PythonDoor, root: Access, one: str) -> None:
    """Who is invited is put in groups by address, holds nothing by it, and is a member of them once they accept."""
    groups, resources = root.groups("one"), root.resources("one")
    for group in "gh":
        groups.create(group, id_=group)
    resources.create("source", id_="s")
    root.policies("one").give("group:g", [Grant("source_reader")])
    done, secret = root.invites("one").create("bob@x.io")
    groups.add("g", ["Bob@x.io"])
    groups.add("h", ["bob@x.io"])
    groups.replace("h", [one])
    assert ([done.object.id], [], []) == (*(groups.get(it)["invites"] for it in "gh"), groups.get("g")["members"])
    person = root.invites("one").accept(secret).object
    assert door.may(str(person), "can_read", "source:s")
    assert ([], [person.id]) == (groups.get("g")["invites"], groups.get("g")["members"])


def test_no_way_back_by_an_old_link(door: PythonDoor, root: Access, one: str) -> None:
    """Who was invited, added besides and removed cannot come back by the link they still have."""
    _, secret = root.invites("one").create("bob@x.io", grants=[Grant("workspace_owner")])
    root.members("one").add("bob@x.io", id_="bob")
    root.members("one").remove("bob")
    assert "invite_not_found" == _refused(lambda: root.invites("one").accept(secret))
    assert [] == root.policies("one").all()


def test_no_way_back_to_being_an_owner(door: PythonDoor, root: Access, one: str) -> None:
    """Who was invited, added besides as an owner and made a member is no owner by the link they still have."""
    secrets = [
        root.invites("one").create(f"{who}@x.io", grants=[Grant("workspace_owner")])[1] for who in ("bob", "mia")
    ]
    for who in ("bob", "mia"):
        root.members("one").add(f"{who}@x.io", id_=who, role="owner")
    root.members("one").set_role("bob", "member")
    document = root.documents.read("one")
    fewer = tuple(replace(it, role="member") if it.id == "mia" else it for it in document.members)
    root.documents.apply(replace(document, members=fewer))
    assert ["invite_not_found"] * 2 == [_refused(lambda it=it: root.invites("one").accept(it)) for it in secrets]
    assert not door.may("member:bob", "owner", "workspace:one")


def test_labels_are_told_apart_by_case(door: PythonDoor, root: Access, one: str) -> None:
    """`Brand:a` is another label than `brand:a`, and of another key."""
    root.members("one").add("bob@x.io", id_="bob")
    for text in ("brand:a", "Brand:a"):
        root.labels("one").create(text)
    root.resources("one").create("source", id_="s", labels=["brand:a"])
    root.policies("one").give("member:bob", [Grant("source_admin", labels=("Brand:a",))])
    assert not door.may("member:bob", "can_edit", "source:s")
    root.labels("one").attach("source:s", ["Brand:a"])
    assert door.may("member:bob", "can_edit", "source:s")


def test_a_source_that_comes_later(door: PythonDoor, root: Access, one: str) -> None:
    """A policy of labels reaches a source made after it, and so does one of all sources."""
    for who, labels in (("bob", ("environment:prod",)), ("eve", ())):
        root.members("one").add(f"{who}@x.io", id_=who)
        root.policies("one").give(f"member:{who}", [Grant("source_reader", labels=labels)])
    root.resources("one").create("source", id_="prod", labels=["environment:prod"])
    root.resources("one").create("source", id_="none")
    asked = [door.may(f"member:{who}", "can_read", f"source:{it}") for who in ("bob", "eve") for it in ("prod", "none")]
    assert [True, False, True, True] == asked


def test_pii_is_judged_by_holder(door: PythonDoor, root: Access, one: str) -> None:
    """Personal data shown to a group are those its policies reach, not what its members reach on other ways."""
    root.members("one").add("bob@x.io", id_="bob")
    root.groups("one").create("g", id_="g")
    root.groups("one").add("g", ["bob"])
    root.groups("one").set_pii("g", pii=True)
    for id_, holder in (("a", "group:g"), ("b", "member:bob")):
        root.resources("one").create("source", id_=id_)
        root.policies("one").give(holder, [Grant("source_reader", (id_,))])
    assert [True, False] == [door.may("member:bob", "can_see_pii", f"source:{it}") for it in "ab"]
    root.members("one").set_pii("bob", pii=True)
    root.groups("one").set_pii("g", pii=False)
    assert [False, True] == [door.may("member:bob", "can_see_pii", f"source:{it}") for it in "ab"]


def test_an_account_outlives_its_workspaces(root: Access, one: str) -> None:
    """One address is one account, in every workspace, with the name and id it had first."""
    root.workspaces.create("two", name="two", owner="eve@x.io")
    root.members("one").add("bob@x.io", id_="bob", name="Bob")
    root.members("one").remove("bob")
    root.members("two").add("BOB@x.io", id_="bobby", name="Robert")
    told = root.members("two").get("bob")
    assert ("bob", "Bob", [], []) == (told["id"], told["name"], told["groups"], told["policies"])


def test_an_expired_token_is_nobody(door: PythonDoor, root: Access, one: str) -> None:
    """A token is a subject until it expires, may nothing from then on, and is there to be revoked."""
    root.resources("one").create("source", id_="s")
    ends = datetime.now(UTC) + timedelta(seconds=0.5)
    done, _ = root.tokens("one").create("robot", owner=True, grants=[Grant("source_reader")], expires_at=ends)
    assert door.may(str(done.object), "can_read", "source:s")
    while datetime.now(UTC) < ends:
        pass
    assert not door.may(str(done.object), "can_read", "source:s")
    assert [done.object.id] == [it["id"] for it in root.tokens("one").all()]
    root.tokens("one").revoke(done.object.id)
    assert ([], []) == (root.tokens("one").all(), root.policies("one").all())


def test_one_key_is_one_act(door: PythonDoor, root: Access, one: str) -> None:
    """An idempotency key stands for one act: on another object or in another workspace it is refused."""
    root.workspaces.create("two", name="two", owner="ada@x.io")
    for id_ in "ab":
        root.resources("one").create("source", id_=id_)
    once = root.saying(idempotency_key="k1")
    assert once.resources("one").rename("source:a", "x") == once.resources("one").rename("source:a", "x")
    assert "idempotency_key_reused" == _refused(lambda: once.resources("one").rename("source:b", "x"))
    labelled = root.saying(idempotency_key="k2")
    labelled.labels("one").attach("source:a", ["environment:prod"])
    assert "idempotency_key_reused" == _refused(lambda: labelled.labels("one").attach("source:b", ["environment:prod"]))
    grouped = root.saying(idempotency_key="k3")
    grouped.groups("one").create("g")
    assert "idempotency_key_reused" == _refused(lambda: grouped.groups("two").create("g"))


def test_a_key_taken_by_another_is_free(door: PythonDoor, root: Access, one: str) -> None:
    """Under one idempotency key each member acts once, and keeps neither another nor the service from acting."""
    root.members("one").add("mia@x.io", id_="mia")
    mia, ada = (door.access(f"member:{who}").saying(idempotency_key="nightly") for who in ("mia", one))
    asked = mia.requests("one").create("more")
    assert asked == mia.requests("one").create("more")
    made = ada.groups("one").create("g")
    assert made == ada.groups("one").create("g")
    assert made.object != root.saying(idempotency_key="nightly").groups("one").create("h").object
    assert "idempotency_key_reused" == _refused(lambda: mia.requests("one").create("less"))
    assert "malformed_text" == _refused(lambda: mia.saying(idempotency_key="\x01").requests("one").create("more"))


def test_a_replay_of_who_was_removed_tells_no_more(door: PythonDoor, root: Access, one: str) -> None:
    """Who was removed and repeats an act is told its id and revision as before, no secret, and nothing is done."""
    root.members("one").add("mia@x.io", id_="mia", role="owner")
    mia = door.access("member:mia").saying(idempotency_key="k")
    done = mia.groups("one").create("g")
    minting = door.access("member:mia").saying(idempotency_key="t")
    minting.tokens("one").create("t")
    root.members("one").remove("mia")
    with unchanged(door):
        assert done == mia.groups("one").create("g")
        assert "secret_shown" == _refused(lambda: minting.tokens("one").create("t"))
    assert "relation_missing" == _refused(lambda: mia.saying(idempotency_key="new").groups("one").create("h"))


def test_pii_of_a_token(door: PythonDoor, root: Access, one: str) -> None:
    """A token sees personal data in what its policies reach once an owner says so, and no longer than that."""
    root.resources("one").create("source", id_="s")
    token, _ = root.tokens("one").create("robot", grants=[Grant("source_reader", ("s",))])
    ada = door.access(f"member:{one}").tokens("one")
    seen = []
    for flag in (True, False):
        ada.set_pii(token.object.id, pii=flag)
        seen.append((door.may(str(token.object), "can_see_pii", "source:s"), ada.all()[0]["pii"]))
    assert [(True, True), (False, False)] == seen


def test_no_owner_says_which_rules_bind_a_workspace(door: PythonDoor, root: Access, one: str) -> None:
    """Being HIPAA-eligible shortens sessions elsewhere too: no owner says so of a workspace, a service's key does."""
    ada = door.access(f"member:{one}").workspaces
    with unchanged(door):
        assert ["relation_missing"] * 2 == [
            _refused(lambda hipaa=hipaa: ada.update("one", hipaa=hipaa)) for hipaa in (True, False)
        ]
    root.workspaces.update("one", hipaa=True)
    ada.update("one", name="another")
    assert (True, "another") == (ada.get("one")["hipaa"], ada.get("one")["name"])


def test_an_id_is_no_address(door: PythonDoor, root: Access, one: str) -> None:
    """A member's id with an @ would be taken for somebody's address, so there is none."""
    with unchanged(door):
        assert "malformed_id" == _refused(lambda: root.members("one").add("bob@x.io", id_="ada@x.io"))


# --- the end of workspaces, policies and accounts ----------------------------------------------------------

DAY: Final = timedelta(days=1)


def _at(door: PythonDoor, later: timedelta) -> PythonDoor:
    """The door of a later time."""
    checker = GraphChecker(door.keeper)
    authorizer = Authorizer(door.keeper, checker, deadline=SECONDS, clock=lambda: datetime.now(UTC) + later)
    return replace(door, authorizer=authorizer, days_behind=-later.days)


def test_a_workspace_ends_five_days_after_its_deletion(door: PythonDoor, root: Access, one: str) -> None:
    """Until then all goes on in it but that nobody comes in; from then on nobody is inside, and it is not kept."""
    ada, robot = door.access(f"member:{one}"), root.tokens("one").create("robot", owner=True)[0].object
    root.members("one").add("bob@x.io", id_="bob")
    ada.workspaces.delete("one")
    assert ["workspace_ends"] * 4 == [
        _refused(lambda: ada.workspaces.delete("one")),
        _refused(lambda: root.members("one").add("eve@x.io")),
        _refused(lambda: root.tokens("one").create("another")),
        _refused(lambda: root.provisioning("one").enrol("eve@x.io")),
    ]
    ada.members("one").remove("bob")
    for later, inside in ((5 * DAY - timedelta(minutes=1), True), (5 * DAY, False)):
        then = _at(door, later)
        assert [inside] * 2 == [then.may(who, "can_delete", "workspace:one") for who in (f"member:{one}", str(robot))]
    assert "workspace_ended" == _refused(lambda: _at(door, 5 * DAY).access(None).workspaces.keep("one"))
    assert "relation_missing" == _refused(lambda: _at(door, 5 * DAY).access(f"member:{one}").workspaces.keep("one"))


def test_a_workspace_that_is_kept_is_as_it_was(door: PythonDoor, root: Access, one: str) -> None:
    """Who was in it stays, a token until its own end, and nobody who had left comes back; others may come again."""
    token = root.tokens("one").create("robot", owner=True, expires_at=datetime.now(UTC) + 9 * DAY)[0].object
    guest = RelationTuple(Object("workspace", "one"), "member", Object("member", "guest"), datetime.now(UTC) + 8 * DAY)
    door.authorizer.write(WriteRequest(door.store, writes=(guest,)))
    ada = door.access(f"member:{one}")
    ada.workspaces.keep("one")
    ada.workspaces.delete("one")
    assert ada.workspaces.get("one")["ends_at"] is not None
    ada.workspaces.keep("one")
    root.members("one").add("bob@x.io", id_="bob")
    asked = [f"member:{one}", "member:bob", str(token), "member:guest"]
    told = [[_at(door, days * DAY).may(it, "can_open", "workspace:one") for it in asked] for days in (4, 6, 10)]
    # The guest had an end of their own, which is not known any longer: they are out, never in for longer.
    assert [[True, True, True, True], [True, True, True, False], [True, True, False, False]] == told
    assert ada.workspaces.get("one")["ends_at"] is None


def test_a_policy_ends_with_all_it_was_on(door: PythonDoor, root: Access, one: str) -> None:
    """A policy on single resources goes with the last of them, deleted or moved; one on others too stays."""
    root.workspaces.create("two", name="two", owner="ada@x.io")
    resources, policies = root.resources("one"), root.policies("one")
    for id_ in ("a", "b", "c"):
        resources.create("source", id_=id_)
    for id_, on in (("pa", ("a",)), ("pab", ("a", "b")), ("pc", ("c",)), ("all", ())):
        policies.create(Grant("source_reader", on), id_=id_)
    resources.delete("source:a")
    resources.move("source:c", "two")
    assert [("all", []), ("pab", ["b"])] == [(it["id"], it["resources"]) for it in policies.all()]


def test_holders_are_told_by_name(door: PythonDoor, root: Access, one: str) -> None:
    """Policies tell what each holder is called, in the holders' order, to their owner; a member is told no other's."""
    root.members("one").add("bob@x.io", id_="bob", name="Bob")
    root.groups("one").create("Engineering", id_="eng")
    token = str(root.tokens("one").create("nightly report")[0].object)
    invite = str(root.invites("one").create("mia@x.io")[0].object)
    called = {"member:bob": "Bob", "group:eng": "Engineering", token: "nightly report", invite: "mia@x.io"}
    root.policies("one").create(Grant("source_reader"), list(called), id_="p")
    for told in (root.policies("one").get("p"), *root.policies("one").all()):
        assert called == dict(zip(told["holders"], told["names"], strict=True))
    (own,) = door.access("member:bob").policies("one").all("member:bob")
    assert (["member:bob"], ["Bob"]) == (own["holders"], own["names"])
    by_ada = door.access(f"member:{one}").tokens("one").create("another")[0].object.id
    names = {it["id"]: it["creator_name"] for it in root.tokens("one").all()}
    assert "ada@x.io" == names.pop(by_ada)
    assert [None] == list(names.values())


def test_what_is_held_through_what(door: PythonDoor, root: Access, one: str) -> None:
    """A member's policies are told with whom each is held through; members see their own, owners everybody's."""
    root.members("one").add("bob@x.io", id_="bob")
    policies, groups = root.policies("one"), root.groups("one")
    for group in ("g", "h"):
        groups.create(group, id_=group)
    groups.add("g", ["bob"])
    for id_, holders in (("own", ["member:bob"]), ("both", ["member:bob", "group:g"]), ("other", ["group:h"])):
        policies.create(Grant("source_reader"), holders, id_=id_)
    policies.create(Grant("source_reader"), ["group:g"], id_="theirs")
    bob = door.access("member:bob").policies("one")
    told = {it["id"]: it["through"] for it in bob.all("member:bob", inherited=True)}
    assert {"own": ["member:bob"], "both": ["group:g", "member:bob"], "theirs": ["group:g"]} == told
    assert ["both", "own"] == [it["id"] for it in bob.all("member:bob")]
    # Who holds a policy besides is for owners to know.
    assert [["member:bob"]] * 2 == [it["holders"] for it in bob.all("member:bob")]
    assert ["group:g", "member:bob"] == root.policies("one").all("member:bob")[0]["holders"]
    assert ["relation_missing"] * 2 == [_refused(lambda who=who: bob.all(who)) for who in (None, "group:g")]


def test_an_account_is_its_persons_own(door: PythonDoor, root: Access, one: str) -> None:
    """They rename it, which owners of its workspaces cannot; a key changes its address; none is taken twice."""
    root.members("one").add("bob@x.io", id_="bob")
    bob, ada = door.access("member:bob").accounts, door.access(f"member:{one}").accounts
    bob.rename("bob", "Bob")
    root.accounts.set_email("bob", "Robert@x.io")
    told = {"id": "bob", "email": "robert@x.io", "name": "Bob", "workspaces": ["one"]}
    assert (told, told) == (bob.get("bob"), root.accounts.get("bob"))
    with unchanged(door):
        assert ["email_taken"] + ["relation_missing"] * 3 == [
            _refused(lambda: root.accounts.set_email("bob", "ada@x.io")),
            _refused(lambda: ada.rename("bob", "Robert")),
            _refused(lambda: ada.set_email("bob", "other@x.io")),
            _refused(lambda: ada.delete("bob")),
        ]
    assert "bob" != root.members("one").add("bob@x.io").object.id


def test_a_deleted_account_leaves_nothing_but_its_id(door: PythonDoor, root: Access, one: str) -> None:
    """It is in no tuple any longer, its address is free, its id nobody's, and no workspace is left without an owner."""
    root.workspaces.create("two", name="two", owner="bob@x.io")
    bob = str(root.members("two").all()[0]["id"])
    root.members("one").add("bob@x.io", role="owner")
    root.policies("one").give(f"member:{bob}", [Grant("source_admin")])
    own = door.access(f"member:{bob}").accounts
    with unchanged(door):
        assert "last_owner" == _refused(lambda: own.delete(bob))
    root.members("two").add("eve@x.io", role="owner")
    own.delete(bob)
    left = [str(it.tuple) for it in door.authorizer.read(door.store, limit=1000).items]
    assert [] == [it for it in left if bob in it]
    assert ["member_not_found"] * 2 == [_refused(lambda: own.get(bob)), _refused(lambda: own.rename(bob, "x"))]
    assert "id_taken" == _refused(lambda: root.members("one").add("new@x.io", id_=bob))
    assert bob != root.members("one").add("bob@x.io").object.id


def test_requests_for_access_have_a_limit(door: PythonDoor, root: Access, one: str) -> None:
    """A member has so many open at once in a workspace, and may ask again once one is taken back."""
    root.members("one").add("bob@x.io", id_="bob")
    asking = door.access("member:bob").requests("one")
    first, *_ = [asking.create(f"request {i}").object.id for i in range(MAX_OPEN_REQUESTS)]
    with unchanged(door):
        assert "too_many_requests" == _refused(lambda: asking.create("another"))
    asking.dismiss(first)
    asking.create("another")


def test_an_address_is_one_however_its_letters_are_composed(root: Access, one: str) -> None:
    """An address with a letter and its accent apart is that with both in one."""
    root.members("one").add("jos\u00e9@x.io")
    assert "member_exists" == _refused(lambda: root.members("one").add("jose\u0301@x.io"))


def test_an_address_is_changed_by_a_key(door: PythonDoor, root: Access, one: str) -> None:
    """Nobody takes an address they have not proved, by which they would get what is given or promised to it."""
    root.members("one").add("bob@x.io", id_="bob")
    with unchanged(door):
        assert "relation_missing" == _refused(lambda: door.access("member:bob").accounts.set_email("bob", "ceo@x.io"))
    _, secret = root.invites("one").create("ceo@x.io", grants=[Grant("workspace_owner")])
    assert "bob" != root.invites("one").accept(secret).object.id
    assert not door.may("member:bob", "can_manage_access", "workspace:one")


def test_another_address_leaves_no_way_back(door: PythonDoor, root: Access, one: str) -> None:
    """An invite from before a member was added ends with their address, and does not outlive their membership."""
    _, secret = root.invites("one").create("bob@x.io", grants=[Grant("workspace_owner")])
    root.members("one").add("bob@x.io", id_="bob")
    root.accounts.set_email("bob", "robert@x.io")
    root.members("one").remove("bob")
    assert ([], "invite_not_found") == (
        root.invites("one").all(),
        _refused(lambda: root.invites("one").accept(secret)),
    )
    assert [] == root.policies("one").all()


@dataclass(frozen=True, slots=True)
class _Late:
    """Keeps sessions as the keeper does, once something else has happened."""

    keeper: SessionKeeper
    first: Callable[[], object]

    def create_session(self, store: str, session: StoredSession, forget: datetime) -> None:
        self.first()
        self.keeper.create_session(store, session, forget)

    def get_session(self, store: str, id_: str) -> StoredSession | None:
        return self.keeper.get_session(store, id_)

    def list_sessions(self, store: str, member: str) -> tuple[StoredSession, ...]:
        return self.keeper.list_sessions(store, member)

    def see_session(self, store: str, id_: str, at: datetime) -> None:
        self.keeper.see_session(store, id_, at)

    def end_session(self, store: str, id_: str, at: datetime, by: str) -> bool:
        return self.keeper.end_session(store, id_, at, by)


def test_no_session_begins_as_its_account_ends(door: PythonDoor, root: Access, one: str) -> None:
    """A session that begins while its account is deleted is refused, and none of that account lives."""
    root.members("one").add("bob@x.io", id_="bob")
    late = _Late(door.keeper, lambda: root.accounts.delete("bob"))
    sessions = Sessions(door.authorizer, late, door.store)
    assert "member_not_found" == _refused(lambda: sessions.issue("bob"))
    assert [SESSION_ENDED] == [why for _, why in sessions.all("bob")]
