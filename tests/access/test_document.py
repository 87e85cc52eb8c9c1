"""Workspaces as documents: their text, what a plan says, and that exactly what differs is changed, in one act."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings

from iamgraph.access.document import (
    MAX_WORKSPACE_DOCUMENT_BYTES,
    Document,
    Group,
    Label,
    Member,
    Policy,
    Resource,
    parse_document,
)
from iamgraph.access.faults import FaultyFileError
from iamgraph.access.policies import Grant
from iamgraph.authorizer import Authorizer
from iamgraph.errors import ConflictError, IamgraphError, LimitError, RequestError
from iamgraph.questions import RecordQuery
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, parse_tuple
from tests.access.documents import documents
from tests.access.given import Ground
from tests.access.given import ground as made_ground

TEXT: Final = """\
workspace: acme
name: Acme
plan: business
region: us
hipaa: true
labels:
- label: brand:a
  description: The first
- label: environment:dev
- label: environment:prod
members:
- id: ada
  email: ada@acme.io
  name: Ada
  role: owner
  pii: true
- id: bob
  email: bob@acme.io
groups:
- id: eng
  name: Engineering
  pii: true
  members:
  - ada
  - bob
resources:
- type: audience
  id: a1
  parent: sp
- type: destination
  id: d1
  parent: s1
- type: source
  id: s1
  name: Orders
  labels:
  - brand:a
  - environment:prod
- type: source
  id: s2
- type: space
  id: sp
  engage_source: s2
  admits:
  - environment:dev
policies:
- id: p1
  role: source_reader
  labels:
  - brand:a
  - environment:prod
  holders:
  - group:eng
- id: p2
  role: source_admin
  resources:
  - s2
  holders:
  - member:bob
"""
ACME: Final = parse_document(TEXT)
SMALL: Final = Document("acme", members=(Member("ada", "ada@acme.io", role="owner"),))


@pytest.fixture
def ground(authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Ground:
    """A store with the shipped model, and nothing in it."""
    return made_ground(authorizer, keeper, store)


@pytest.fixture
def acme(ground: Ground) -> Ground:
    """A store with the workspace of the document."""
    ground.root.documents.apply(ACME)
    return ground


def refused(act: Callable[[], object]) -> IamgraphError:
    """What an act is refused with."""
    with pytest.raises(IamgraphError) as caught:
        act()
    return caught.value


# --- text --------------------------------------------------------------------------------------------------


def test_a_text() -> None:
    """The text of a document is the one it was read from, in its one order."""
    assert TEXT == ACME.text()


@given(documents())
def test_texts_and_back(document: Document) -> None:
    """Whatever a document holds, its text is read as the same document."""
    assert document == parse_document(document.text())


def test_the_order_means_nothing() -> None:
    """Entries and lists in another order, the built-in labels left out, are the same document."""
    turned = replace(
        ACME,
        labels=(Label("brand:a", "The first"),),
        groups=(Group("eng", "Engineering", pii=True, members=("bob", "ada", "bob")),),
        resources=tuple(reversed(ACME.resources)),
    )
    assert ACME == turned


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("[]", ["/"]),
        ("name: x", ["/"]),
        ("workspace: 3", ["/workspace"]),
        ("workspace: a\ncolour: red", ["/"]),
        ("workspace: a\nhipaa: 'yes'\nlabels: x", ["/hipaa", "/labels"]),
        ("workspace: a\nmembers: [x, {id: ada, rule: y}]", ["/members/0", "/members/ada"]),
        ("workspace: a\ngroups: [{name: x}]\npolicies: [{id: p}]", ["/groups/0", "/policies/p"]),
        ("workspace: a\npolicies: [{id: p, role: source_admin, labels: []}]", ["/policies/p/labels"]),
        ("workspace: a\npolicies: [{id: p, role: source_admin, resources: []}]", ["/policies/p/resources"]),
    ],
)
def test_malformed(text: str, places: list[str]) -> None:
    """Everything of another form is told at once, each with its place; an empty list would widen a policy."""
    fault = refused(lambda: parse_document(text))
    assert isinstance(fault, FaultyFileError)
    assert ("malformed_document", places) == (fault.code, [one.place for one in fault.faults])


@pytest.mark.parametrize("text", ["workspace: a\nworkspace: b", "workspace: &x a\nname: *x", "workspace: [", "a: \x00"])
def test_no_document(text: str) -> None:
    """A key that stands twice, an alias, and what is no YAML are refused."""
    assert "malformed_document" == refused(lambda: parse_document(text)).code


def test_too_long() -> None:
    """A text past the limit is not even read."""
    with pytest.raises(LimitError) as caught:
        parse_document("#" * (MAX_WORKSPACE_DOCUMENT_BYTES + 1))
    assert "document_too_large" == caught.value.code


# --- apply -------------------------------------------------------------------------------------------------


def test_a_workspace_out_of_nothing(acme: Ground) -> None:
    """The document is applied in one change, and what it says holds."""
    assert 2 == acme.revision
    assert acme.may("member:bob", "can_read", "source:s1")
    assert not acme.may("member:bob", "can_edit", "source:s1")
    assert acme.may("member:bob", "can_edit", "source:s2")
    assert acme.may("member:bob", "can_see_pii", "source:s1")
    assert not acme.may("member:bob", "can_see_pii", "source:s2")
    assert acme.may("member:ada", "can_manage_access", "workspace:acme")
    assert acme.may("member:bob", "bound", "regime:hipaa")
    assert not acme.may("source:s1", "connectable", "space:sp")


def test_the_same_again(acme: Ground) -> None:
    """What is read is what was applied; applied again, it changes nothing, and the revision stays."""
    read = acme.root.documents.read("acme")
    assert ACME == read
    assert not acme.root.documents.plan(read).changes
    assert 2 == acme.root.documents.apply(read).revision.number == acme.revision


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(document=documents())
def test_from_any_to_any(ground: Ground, document: Document) -> None:
    """Whatever a workspace was before, it becomes the document, and then nothing is left to change."""
    desk = ground.root.documents
    plan = desk.plan(document)
    before = ground.revision
    desk.apply(document, removals=1_000, shown=plan.token)
    assert (set(plan.writes), set(plan.deletes)) == ground.changed(before)
    assert document == desk.read("acme")
    assert not desk.plan(document).changes


def test_the_plan(acme: Ground) -> None:
    """A plan tells what comes, goes and is renamed, for people and exactly, and changes nothing."""
    wanted = replace(
        ACME,
        hipaa=False,
        groups=(Group("eng", "Engineers", pii=True, members=("bob",)), Group("ops", "Operations", members=("ada",))),
        policies=(replace(ACME.policies[0], labels=("brand:a",)),),
    )
    plan = acme.root.documents.plan(wanted)
    assert [
        "- workspace acme: HIPAA-eligible",
        "~ group eng: name `Engineering` becomes `Engineers`",
        "- group eng: member ada",
        "+ group ops (`Operations`)",
        "+ group ops: member ada",
        "- policy p1: needs label environment:prod",
        "- policy p2",
    ] == list(plan.lines)
    assert 4 == plan.removals
    assert (parse_tuple("group:ops#added@member:ada"), parse_tuple("group:ops#workspace@workspace:acme")) == plan.writes
    assert parse_tuple("source:s2#source_admin@policy:p2") in plan.deletes
    assert (Object("policy", "p2"),) == plan.removed
    assert 2 == acme.revision


def test_only_the_difference(acme: Ground) -> None:
    """One member taken out of one group is one tuple deleted, and nothing else."""
    acme.root.documents.apply(replace(ACME, groups=(replace(ACME.groups[0], members=("ada",)),)))
    assert (set(), {parse_tuple("group:eng#added@member:bob")}) == acme.changed(2)


def test_who_is_named_by_address(ground: Ground) -> None:
    """Without an id an account is found by its address, or made; a group and a policy may name it so."""
    ground.root.workspaces.create("other", name="Other", owner="ada@acme.io")
    (ada,) = (one["id"] for one in ground.root.members("other").all())
    document = replace(
        SMALL,
        members=(Member(email="Ada@acme.io", role="owner"), Member(email="new@acme.io", name="New")),
        groups=(Group("eng", members=("new@acme.io", "ada@acme.io")),),
        policies=(Policy("p", "source_admin", holders=("member:new@acme.io",)),),
    )
    ground.root.documents.apply(document)
    there = ground.root.documents.read("acme")
    new = next(one.id for one in there.members if one.id != ada)
    assert {ada, new} == set(there.groups[0].members)
    assert (f"member:{new}",) == there.policies[0].holders
    assert not ground.root.documents.plan(document).changes


def test_a_name_is_the_persons_own(acme: Ground) -> None:
    """Another name for an account that is there changes nothing, and the plan says so."""
    plan = acme.root.documents.plan(replace(ACME, members=(replace(ACME.members[0], name="A"), ACME.members[1])))
    assert (("= member ada: stays `Ada`, which only they can change",), False) == (plan.lines, plan.changes)


def test_the_documented_one(ground: Ground) -> None:
    """The document of the docs is one, and what it says holds."""
    text = (Path(__file__).parents[2] / "docs" / "access.md").read_text().split("```yaml\n")[1].split("```")[0]
    ground.root.documents.apply(parse_document(text))
    assert ground.may("member:ada", "can_edit", "destination:lake")
    assert ground.may("source:orders", "connectable", "space:home")
    (bob,) = (one.id for one in ground.root.documents.read("acme").members if one.email == "bob@acme.io")
    assert ground.may(f"member:{bob}", "can_see_pii", "source:orders")


# --- what goes and what stays ------------------------------------------------------------------------------


def test_what_is_not_named_goes(acme: Ground) -> None:
    """A member, and all else that the document lacks, goes; nothing of it is left in the store."""
    acme.by("member:bob").requests("acme").create("more")
    acme.root.documents.apply(SMALL)
    assert replace(SMALL, members=(Member("ada", "ada@acme.io", "Ada", "owner"),)) == (acme.root.documents.read("acme"))
    left = {str(one) for one in acme.authorizer.read(acme.store, limit=1_000).items}
    assert {
        "workspace:acme#member@member:ada",
        "workspace:acme#owner_direct@member:ada",
        "email:ada@acme.io#account@member:ada",
        "email:bob@acme.io#account@member:bob",
        "label:acme/environment:dev#workspace@workspace:acme",
        "label:acme/environment:prod#workspace@workspace:acme",
    } == left
    assert [] == acme.root.requests("acme").all()


def test_too_much_goes(acme: Ground) -> None:
    """More removals than allowed are refused and nothing is changed; the plan still tells them."""
    plan = acme.root.documents.plan(SMALL)
    fault = refused(lambda: acme.root.documents.apply(SMALL, removals=plan.removals - 1))
    assert ("too_many_removals", 2) == (fault.code, acme.revision)
    acme.root.documents.apply(SMALL, removals=plan.removals)


def test_tokens_and_invites_stay(acme: Ground) -> None:
    """Tokens and invites keep the policies they hold, whether the document names these or not."""
    robot, _ = acme.root.tokens("acme").create("robot", grants=[Grant("source_admin", labels=("environment:prod",))])
    acme.root.policies("acme").add_holders("p1", [str(robot.object)])
    invite, _ = acme.root.invites("acme").create("eve@acme.io", groups=["eng"], grants=[Grant("warehouse_admin")])
    held = acme.root.tokens("acme").all()[0]["policies"]
    acme.root.documents.apply(replace(ACME, policies=()))
    assert acme.may(str(robot.object), "can_edit", "source:s1")
    assert not acme.may("member:bob", "can_read", "source:s1")
    assert held == acme.root.tokens("acme").all()[0]["policies"]
    assert [str(invite.object)] == [f"invite:{one['id']}" for one in acme.root.invites("acme").all()]
    (told,) = (one for one in acme.root.policies("acme").all() if one["role"] == "warehouse_admin")
    assert [str(invite.object)] == told["holders"]


def test_who_leaves_has_no_way_back(acme: Ground) -> None:
    """An invite from before a member was added ends with them, as where an owner removes them; others stay."""
    acme.root.invites("acme").create("eve@acme.io", grants=[Grant("workspace_owner")])
    _, secret = acme.root.invites("acme").create("zoe@acme.io", grants=[Grant("workspace_owner")])
    acme.root.members("acme").add("zoe@acme.io", id_="zoe")
    acme.root.documents.apply(ACME)
    assert ["eve@acme.io"] == [one["email"] for one in acme.root.invites("acme").all()]
    assert "invite_not_found" == refused(lambda: acme.root.invites("acme").accept(secret)).code


def test_a_stranger_learns_nothing_of_a_workspace(acme: Ground) -> None:
    """A plan of a workspace there is not is refused to a member like one of a workspace they are not in."""
    said = [refused(lambda: acme.by("member:eve").documents.plan(Document(id_))) for id_ in ("acme", "none")]  # noqa: B023
    assert [f"`member:eve` lacks `can_manage_access` on `workspace:{id_}`" for id_ in ("acme", "none")] == [
        one.message for one in said
    ]


@pytest.mark.parametrize("id_", ["a/b", ".", ".."])
def test_what_is_new_can_be_named_over_http(acme: Ground, id_: str) -> None:
    """An id that no address could name is refused, in a document and by the verbs: nobody could end what has it."""
    places = {"members": (*ACME.members, Member(id_, "new@acme.io")), "groups": (*ACME.groups, Group(id_))}
    for name, entries in places.items():
        fault = refused(lambda said={name: entries}: acme.root.documents.apply(replace(ACME, **said)))  # type: ignore[misc] # all are fields
        assert "malformed_id" == fault.code
    for act in (
        lambda: acme.root.members("acme").add("new@acme.io", id_=id_),
        lambda: acme.root.groups("acme").create("new", id_=id_),
        lambda: acme.root.policies("acme").create(Grant("source_reader"), id_=id_),
        lambda: acme.root.resources("acme").create("source", id_=id_),
    ):
        assert "malformed_id" == refused(act).code
    assert 2 == acme.revision


def test_an_address_is_one_persons(acme: Ground) -> None:
    """Two members of one address, whose accounts are both to be made, are refused."""
    twice = (Member("n1", "new@acme.io"), Member("n2", "New@acme.io"))
    fault = refused(lambda: acme.root.documents.apply(replace(ACME, members=(*ACME.members, *twice))))
    assert ("malformed_document", 2) == (fault.code, acme.revision)
    assert "/members/n2/email" in str(fault)


def test_tokens_hold_what_is_named(acme: Ground) -> None:
    """A document may name a token of the workspace as holder, and tells it; leaving it out takes nothing from it."""
    robot, _ = acme.root.tokens("acme").create("robot")
    named = replace(
        ACME, policies=(replace(ACME.policies[0], holders=("group:eng", str(robot.object))), ACME.policies[1])
    )
    acme.root.documents.apply(named)
    assert named == acme.root.documents.read("acme")
    assert not acme.root.documents.plan(named).changes
    assert not acme.root.documents.plan(ACME).changes


def test_a_label_a_token_needs(acme: Ground) -> None:
    """A label that a token's policy requires cannot go, though the document does not name that policy."""
    acme.root.tokens("acme").create("robot", grants=[Grant("source_admin", labels=("brand:a",))])
    fault = refused(lambda: acme.root.documents.apply(SMALL))
    assert ("label_in_use", 3) == (fault.code, acme.revision)


def test_built_in_labels_stay(ground: Ground) -> None:
    """A document that names no label leaves those that are built in."""
    ground.root.documents.apply(SMALL)
    assert ["environment:dev", "environment:prod"] == [one["label"] for one in ground.root.labels("acme").all()]


# --- who may -----------------------------------------------------------------------------------------------


def test_owners_may(acme: Ground) -> None:
    """An owner reads, plans and applies; a member is told what they lack, and nothing is changed."""
    acme.by("member:ada").documents.apply(replace(ACME, name="Acme & Co"))
    assert "Acme & Co" == acme.by("member:ada").documents.read("acme").name
    bob = acme.by("member:bob").documents
    for act in (lambda: bob.apply(ACME), lambda: bob.plan(ACME), lambda: bob.read("acme")):
        assert "`can_manage_access` on `workspace:acme`" in refused(act).message
    assert 3 == acme.revision


def test_only_a_key_makes_a_workspace(acme: Ground) -> None:
    """An owner of one workspace cannot make another by a document of it."""
    other = replace(SMALL, workspace="other")
    assert "relation_missing" == refused(lambda: acme.by("member:ada").documents.apply(other)).code


def test_an_owner_cannot_reach_another_workspace(acme: Ground) -> None:
    """Ids that another workspace has are taken, whatever they are of, and its people are not given away by id."""
    acme.root.documents.apply(Document("other", members=(Member("zed", "zed@x.io", role="owner"),)))
    theirs = Document(
        "other",
        members=(Member("zed", "zed@x.io", role="owner"), Member("bob"), Member("ada", "else@x.io")),
        groups=(Group("eng", members=("ada",)),),
        resources=(Resource("source", "s1"), Resource("destination", "d1", parent="s1")),
        policies=(Policy("p1", "source_admin", resources=("s2",)), Policy("p2", "source_admin", holders=("group:x",))),
    )
    fault = refused(lambda: acme.by("member:zed").documents.apply(theirs))
    assert isinstance(fault, FaultyFileError)
    assert {
        "/members/bob": "member_not_found",
        "/members/ada/id": "id_taken",
        "/groups/eng/id": "id_taken",
        "/resources/s1/id": "id_taken",
        "/resources/d1/id": "id_taken",
        "/policies/p1": "source_not_found",
        "/policies/p2": "group_not_found",
    } == {
        one.place: one.code for one in fault.faults if one.place != "/policies/p1/id" and one.place != "/policies/p2/id"
    }
    assert 3 == acme.revision


# --- rules -------------------------------------------------------------------------------------------------

FAULTY: Final = """\
workspace: acme
plan: golden
region: mars
labels: [{label: nope}, {label: "brand:a"}, {label: "brand:b"}, {label: "brand:b"}]
members:
- {id: ada, role: king}
- {id: bob, email: eve@acme.io}
- {email: nobody}
- {id: bob}
groups:
- {id: eng, name: Same, members: [ada, bob, eve]}
- {id: ops, name: Same}
resources:
- {type: source, id: s1, labels: ["brand:a", "brand:b"]}
- {type: source, id: s3, labels: ["brand:z"]}
- {type: warehouse, id: w1, labels: ["brand:a"]}
- {type: warehouse, id: w2, engage_source: s1}
- {type: destination, id: d1}
- {type: audience, id: a1, parent: gone}
- {type: thing, id: t1}
policies:
- {id: p1, role: emperor}
- {id: p2, role: warehouse_admin, labels: ["brand:a"]}
- {id: p3, role: source_admin, labels: ["brand:a", "brand:b"]}
- {id: p4, role: source_admin, labels: ["brand:a"], resources: [s3]}
- {id: p5, role: identity_admin, resources: [s3]}
- {id: p6, role: source_admin, resources: [s9]}
- {id: p7, role: source_admin, holders: ["member:eve"]}
- {id: p8, role: source_admin, holders: ["workspace:acme"]}
"""


def test_every_rule_at_once(acme: Ground) -> None:
    """All that the verbs would refuse is refused together, each with its place and code, and nothing is changed."""
    fault = refused(lambda: acme.root.documents.apply(parse_document(FAULTY)))
    assert isinstance(fault, FaultyFileError)
    assert {
        ("/plan", "malformed_plan"),
        ("/labels/nope", "malformed_label"),
        ("/labels/brand:b", "malformed_document"),
        ("/members/ada/role", "role_not_found"),
        ("/members/bob/email", "email_refused"),
        ("/members/nobody/email", "malformed_email"),
        ("/members", "last_owner"),
        ("/groups/eng/members", "member_not_found"),
        ("/groups/ops/name", "name_taken"),
        ("/resources/s1/labels", "label_key_taken"),
        ("/resources/s3/labels", "label_not_found"),
        ("/resources/w1/labels", "labels_refused"),
        ("/resources/w2", "space_expected"),
        ("/resources/d1/parent", "malformed_parent"),
        ("/resources/a1", "space_not_found"),
        ("/resources/t1/type", "resource_type_not_found"),
        ("/policies/p1/role", "role_not_found"),
        ("/policies/p2/labels", "labels_refused"),
        ("/policies/p3/labels", "labels_refused"),
        ("/policies/p4/labels", "labels_refused"),
        ("/policies/p5/resources", "resources_refused"),
        ("/policies/p6", "source_not_found"),
        ("/policies/p7/members", "member_not_found"),
        ("/policies/p8/holders", "holder_refused"),
    } == {(one.place, one.code) for one in fault.faults}
    assert ("faulty_file", 2) == (fault.code, acme.revision)


def test_environments_are_few(ground: Ground) -> None:
    """More environments than a workspace can have are refused."""
    many = replace(SMALL, labels=tuple(Label(f"environment:e{i}") for i in range(6)))
    assert "too_many_environments" == refused(lambda: ground.root.documents.apply(many)).code


def test_the_last_owner_stays(acme: Ground) -> None:
    """A document without an owner is refused, though a policy would make somebody one."""
    nobody = replace(
        ACME,
        members=tuple(replace(one, role="member") for one in ACME.members),
        policies=(Policy("p9", "workspace_owner", holders=("member:ada",)),),
    )
    assert "last_owner" == refused(lambda: acme.root.documents.apply(nobody)).code


def test_another_plan_than_was_shown(acme: Ground) -> None:
    """What was changed after the plan was shown is not undone unseen: the apply is refused."""
    wanted = replace(ACME, name="A")
    desk = acme.root.documents
    plan = desk.plan(wanted)
    acme.root.groups("acme").create("ops", id_="ops")
    with pytest.raises(ConflictError) as caught:
        desk.apply(wanted, shown=plan.token)
    assert "plan_changed" == caught.value.code


def test_what_others_change_meanwhile(acme: Ground) -> None:
    """A change elsewhere in the store, after the plan was made, is no reason to refuse it, nor to trust it."""
    desk, wanted = acme.root.documents, replace(ACME, groups=(), policies=())
    plan = desk.plan(wanted)
    acme.root.documents.apply(replace(SMALL, workspace="other", members=(Member("zed", "zed@x.io", role="owner"),)))
    desk.apply(wanted, shown=plan.token)
    assert wanted == desk.read("acme")
    acme.root.groups("acme").create("ops", id_="ops")
    desk.apply(wanted)
    assert wanted == desk.read("acme")


def test_two_at_once(acme: Ground) -> None:
    """Of two documents applied at the same moment, again and again, the workspace is one or the other, whole."""
    either = (replace(ACME, name="A"), replace(ACME, name="B", groups=(), policies=(), resources=()))
    with ThreadPoolExecutor(2) as pool:
        for _ in range(5):
            for one in [pool.submit(acme.root.documents.apply, each) for each in either]:
                one.result()
            assert acme.root.documents.read("acme") in either


def test_once(acme: Ground) -> None:
    """An idempotency key does it once, and is refused for another document."""
    desk = acme.root.saying(idempotency_key="k").documents
    wanted = replace(ACME, name="A")
    done = desk.apply(wanted)
    acme.root.documents.apply(ACME)
    assert done == desk.apply(wanted)
    assert "Acme" == acme.root.documents.read("acme").name
    assert "idempotency_key_reused" == refused(lambda: desk.apply(ACME)).code


def test_it_is_on_record(acme: Ground) -> None:
    """The act is recorded as one, and a refused one with its code."""
    refused(lambda: acme.by("member:bob").documents.apply(ACME))
    asked = RecordQuery(
        Object("workspace", "acme"), datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), limit=9
    )
    found = [(one.action, one.by, one.code) for one in acme.keeper.record(acme.store, asked)]
    assert [("workspace.apply", "member:bob", "relation_missing"), ("workspace.apply", "key root", None)] == found


def test_there_is_no_such_workspace(ground: Ground) -> None:
    """A workspace that there is not cannot be read."""
    with pytest.raises(RequestError) as caught:
        ground.root.documents.read("acme")
    assert "workspace_not_found" == caught.value.code


def test_many(ground: Ground) -> None:
    """Thousands of people in one document are one act."""
    people = tuple(
        Member(f"m{i}", f"m{i}@acme.io", f"Person {i}", "owner" if i == 0 else "member") for i in range(3_000)
    )
    groups = tuple(Group(f"g{i}", f"g{i}", members=tuple(f"m{j}" for j in range(i, 3_000, 50))) for i in range(50))
    large = replace(SMALL, members=people, groups=groups)
    patient = replace(ground, authorizer=ground.authorizer.until(time.monotonic() + 300))
    patient.root.documents.apply(large)
    assert 2 == ground.revision
    assert large == patient.root.documents.read("acme")


def test_pages_are_the_whole(ground: Ground) -> None:
    """Groups, policies and tokens read by pages are those of the whole list, each once, whatever their ids are."""
    ids = ["a", "b", "c-1", "c1", "d", "é", "\ufb01", "\U0001f600", "zz"]
    root = ground.root
    root.documents.apply(
        replace(
            SMALL,
            members=(Member("ada", "ada@x.io", role="owner"), Member("bob", "bob@x.io")),
            groups=tuple(Group(one, f"Group {one}", members=("bob",) if one > "b" else ()) for one in ids),
            resources=(Resource("source", "s"), Resource("source", "t")),
            policies=(
                *(Policy(one, "source_reader", resources=("s", "t"), holders=("group:a", "member:bob")) for one in ids),
                Policy("whole", "source_admin", holders=(f"group:{ids[-1]}",)),
                Policy("idle", "privacy_admin"),
            ),
        )
    )
    for one in ids:
        root.tokens(SMALL.workspace).create(one)
    groups, policies = root.groups(SMALL.workspace), root.policies(SMALL.workspace)
    tokens = root.tokens(SMALL.workspace)
    for whole, page in (
        (groups.all(), groups.page),
        (policies.all(), policies.page),
        (tokens.all(), lambda after, limit: tokens.all(after=after, limit=limit)),
    ):
        for size in (1, 4, 100):
            found: list[dict[str, Any]] = []
            last = ""
            while len(told := page(last, size)) == size:
                found, last = [*found, *told], str(told[-1]["id"])
            assert sorted(whole, key=lambda one: str(one["id"])) == [*found, *told]
