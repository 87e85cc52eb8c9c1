"""The reports of a workspace: what they say of the demo, what a change changes, who may read them, and that the access
review is what checks answer, and no policy said to add nothing is missed by anybody, on random organisations."""

from __future__ import annotations

import os
from importlib import resources
from typing import Final

import pytest
from hypothesis import given

from iamgraph.access.access import Access
from iamgraph.access.desk import RelationMissingError
from iamgraph.access.document import parse_document
from iamgraph.access.policies import Grant
from iamgraph.access.reports import NAMES, Reports, named
from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.impact import Trial
from iamgraph.printing import Report
from iamgraph.questions import TupleFilter
from iamgraph.reasons import WhyQuestion
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, parse_object, parse_subject
from tests.access.histories import TELLING, History, Step, histories
from tests.access.oracle import ASKED, MAY, PII
from tests.access.python import PythonDoor
from tests.access.test_properties import after, some

# How many random histories each of these is held to.
EXAMPLES: Final = int(os.environ.get("IAMGRAPH_REPORTS", "2"))
GIVEN: Final = {
    "review": {"object": "source:orders", "relation": "can_edit"},
    "one-path": {"object": "source:orders", "relation": "can_edit"},
}


@pytest.fixture
def acme(door: PythonDoor) -> Access:
    """The demo's workspaces, and what a service's own key can do there."""
    root = door.access(None).saying("the demo")
    for name in ("acme", "globex", "mercy"):
        text = (resources.files("iamgraph.demo") / f"{name}.yaml").read_text(encoding="utf-8")
        root.documents.apply(parse_document(text))
    return root


def rows(report: Report, *columns: str) -> list[tuple[object, ...]]:
    """Some of a report's columns."""
    return [tuple(one[name] for name in columns) for one in report.lines()]


# --- the access review -------------------------------------------------------------------------------------


def test_access(acme: Access) -> None:
    """Everybody in acme with each role they hold: on what, by which policy, through what; and since when and why."""
    report = acme.reports("acme").access()
    columns = ("subject", "role", "on", "targets", "reaches", "policy", "through", "owner")
    labels = "environment:prod region:eu"
    assert [
        ("member:ada", "inside", None, None, None, None, None, True),
        ("member:ada", "workspace_owner", "workspace", None, 4, None, "direct", True),
        ("member:bob", "inside", None, None, None, None, None, False),
        ("member:bob", "source_admin", "labels", labels, 1, "policy:eu-admins", "group:eng", False),
        ("member:cyd", "inside", None, None, None, None, None, False),
        ("member:cyd", "source_admin", "labels", labels, 1, "policy:eu-admins", "group:eng", False),
        ("member:cyd", "warehouse_admin", "workspace", None, None, "policy:lake-admin", "direct", False),
        ("member:eve", "inside", None, None, None, None, None, False),
        ("member:eve", "source_reader", "workspace", None, 3, "policy:all-readers", "group:support", False),
        ("member:eve", "source_admin", "resources", "source:sandbox", 1, "policy:sandbox-admin", "direct", False),
    ] == rows(report, *columns)
    assert {("key root", "the demo")} == set(rows(report, "by", "reason"))
    assert ("access", "Access review of workspace Acme") == (report.name, report.title)


def test_a_change_changes_it(acme: Access) -> None:
    """A policy given later is there, since then, by whom and why; with personal data and the group gone it says so."""
    later = acme.saying("on call")
    done = later.policies("acme").give("member:bob", [Grant("source_reader", ("payments",))])
    later.members("acme").set_pii("bob", pii=True)
    acme.groups("acme").delete("eng")
    found = [one for one in acme.reports("acme").access().lines() if one["subject"] == "member:bob"]
    assert [("inside", True), ("source_reader", True)] == [(one["role"], one["pii"]) for one in found]
    told = found[1]
    assert ("source:payments", done.revision.number, "on call") == (
        told["targets"], told["since_revision"], told["reason"],
    )  # fmt: skip


def test_tokens_and_invites(acme: Access) -> None:
    """A token tells what it is for; an invite what it will give, which is nothing yet."""
    made, _ = acme.tokens("acme").create("nightly", grants=[Grant("source_reader")])
    acme.invites("acme").create("new@acme.example", groups=["eng"])
    found = acme.reports("acme").access()
    told = {(one["kind"], one["name"] or one["email"], one["role"], one["through"]) for one in found.lines()}
    assert {
        ("token", "nightly", "inside", None),
        ("token", "nightly", "source_reader", "direct"),
        ("invite", "new@acme.example", "invited", None),
        ("invite", "new@acme.example", "source_admin", "group:eng"),
    } <= told
    assert str(made.object) in {str(one["subject"]) for one in found.lines()}


def may(report: Report, history: History) -> set[tuple[str, str, str]]:
    """Who may what in a workspace by its access review and the table of roles alone."""
    labels = {one: it.labels for one, it in history.oracle.resources.items()}
    homes = {one: it.home for one, it in history.oracle.resources.items()}
    home = f"workspace:{report.title.rpartition(' ')[2]}"
    found: set[tuple[str, str, str]] = set()
    for one in report.lines():
        subject, role = str(one["subject"]), str(one["role"])
        named_ = str(one["targets"] or "").split()
        if role in ("invited", "inside"):
            continue
        if one["on"] == "workspace":
            found |= {(subject, relation, home) for relation in MAY[role].get("workspace", ())}
        for resource, at in homes.items():
            type_ = resource.partition(":")[0]
            reached = {
                "workspace": True,
                "labels": set(named_) <= labels[resource],
                "resources": resource in named_,
            }[str(one["on"])]
            if at == home and reached and type_ in ("source", "space", "function"):
                found |= {(subject, relation, resource) for relation in MAY[role].get(type_, ())}
                seen = {pii for pii, needs in PII.items() if one["pii"] and needs in MAY[role].get(type_, ())}
                found |= {(subject, pii, resource) for pii in seen & ASKED[type_]}
    return found


@some(max_examples=EXAMPLES)
@given(history=histories)
def test_it_is_what_checks_answer(authorizer: Authorizer, keeper: Neo4jKeeper, history: list[Step]) -> None:
    """After any history, owners apart, everybody may exactly what the review and the table of roles say."""
    asked = TELLING - {"can_open", "can_manage_access"}
    with after(authorizer, keeper, history) as made:
        answers = made.answers(asked)
        for home in "ab":
            report = made.root.reports(home).access()
            owners = {str(one) for (one,) in rows(made.root.reports(home).owners(), "subject")}
            assert owners == {str(one["subject"]) for one in report.lines() if one["role"] == "workspace_owner"}
            right = {
                (made.real.get(subject, subject), relation, object_)
                for (subject, relation, object_), answer in answers.items()
                if answer and _home(made, object_) == f"workspace:{home}" and not object_.startswith("destination:")
            }
            told = {one for one in may(report, made) if one[1] in asked}
            assert {one for one in right if one[0] not in owners} == {one for one in told if one[0] not in owners}


def _home(made: History, object_: str) -> str:
    return object_ if object_.startswith("workspace:") else made.oracle.root(object_).home


# --- what had better be looked at --------------------------------------------------------------------------


def test_unused_groups(acme: Access) -> None:
    """None in the demo; a group without members, and without policies, is told, until it has both."""
    told = ("group", "why", "members", "policies")
    assert [] == rows(acme.reports("acme").unused_groups(), *told)
    acme.groups("acme").create("Idle", id_="idle")
    assert [("group:idle", "no members and no policies", 0, 0)] == rows(acme.reports("acme").unused_groups(), *told)
    acme.groups("acme").add("idle", ["bob"])
    assert [("group:idle", "no policies", 1, 0)] == rows(acme.reports("acme").unused_groups(), *told)
    acme.policies("acme").give("group:idle", [Grant("source_reader")])
    assert [] == rows(acme.reports("acme").unused_groups(), *told)


def test_idle_policies(acme: Access) -> None:
    """None in the demo; eve's single policy adds nothing once all she reads she may edit, or is an owner."""
    told = ("policy", "why", "through")
    assert [] == rows(acme.reports("acme").idle_policies(), *told)
    acme.policies("acme").create(Grant("source_admin"), ["group:support"], id_="wide")
    covered = "its holders have all of it through another way"
    assert [("policy:all-readers", covered, "policy:wide"), ("policy:sandbox-admin", covered, "policy:wide")] == rows(
        acme.reports("acme").idle_policies(), *told
    )
    acme.policies("acme").create(Grant("space_reader"), id_="nobody")
    acme.members("acme").set_role("cyd", "owner")
    assert [
        ("policy:all-readers", covered, "policy:wide"),
        ("policy:lake-admin", covered, "workspace_owner"),
        ("policy:nobody", "nobody holds it", None),
        ("policy:sandbox-admin", covered, "policy:wide"),
    ] == rows(acme.reports("acme").idle_policies(), *told)


def test_personal_data_is_something_added(acme: Access) -> None:
    """Of two policies that give the same, the one by which personal data is seen is not idle, whatever the other."""
    acme.policies("acme").create(Grant("source_reader"), ["group:eng"], id_="plain")
    acme.groups("acme").create("Seeing", id_="seeing", members=["bob"])
    acme.groups("acme").set_pii("seeing", pii=True)
    acme.policies("acme").create(Grant("source_reader"), ["group:seeing"], id_="pii")
    assert [] == rows(acme.reports("acme").idle_policies(), "policy")


@some(max_examples=EXAMPLES)
@given(history=histories)
def test_nobody_misses_an_idle_policy(authorizer: Authorizer, keeper: Neo4jKeeper, history: list[Step]) -> None:
    """After any history, nobody would lose anything with a policy that is said to add nothing."""
    with after(authorizer, keeper, history) as made:
        for home in "ab":
            for (policy,) in rows(made.root.reports(home).idle_policies(), "policy"):
                assert set() == _missed(made.door, parse_object(str(policy)))


def _missed(door: PythonDoor, policy: Object) -> set[str]:
    """What would be lost with all tuples of a policy, but for what is of itself."""
    wanted = (TupleFilter(object_type=policy.type, object_id=policy.id), TupleFilter(subject=policy))
    deletes = [one.tuple for each in wanted for one in door.authorizer.read(door.store, each, 1000).items]
    lost = door.authorizer.what_if(Trial(door.store, deletes=tuple(deletes))).lost
    return {str(one) for one in lost if policy not in (one.object, one.subject)}


def test_wide_labels(acme: Access) -> None:
    """Each label of the demo's one policy reaches a quarter; more than that is told, by share and by number."""
    told = ("label", "reaches", "of", "share", "policies", "holders", "which_policies")
    both = [(one, 1, 4, "25%", 1, 2, "policy:eu-admins") for one in ("environment:prod", "region:eu")]
    assert both == rows(acme.reports("acme").wide_labels("24%"), *told)
    assert [] == rows(acme.reports("acme").wide_labels("25%"), *told)
    assert both == rows(acme.reports("acme").wide_labels("0"), *told)
    assert [] == rows(acme.reports("acme").wide_labels(), *told)
    acme.policies("acme").create(Grant("source_reader", labels=("environment:prod",)), ["member:eve"], id_="prod")
    assert [("environment:prod", 2, 4, "50%", 2, 3, "policy:eu-admins policy:prod")] == rows(
        acme.reports("acme").wide_labels("1"), *told
    )


def test_one_path(acme: Access) -> None:
    """Everybody reads orders in one way only; once bob reads all besides, he has two and is told no longer."""
    asked = acme.reports("acme")
    everybody = ["member:ada", "member:bob", "member:cyd", "member:eve"]
    assert everybody == [one for (one,) in rows(asked.one_path("source:orders", "can_read"), "subject")]
    acme.policies("acme").give("member:bob", [Grant("source_reader")])
    everybody.remove("member:bob")
    assert everybody == [one for (one,) in rows(asked.one_path("source:orders", "can_read"), "subject")]


@some(max_examples=EXAMPLES)
@given(history=histories)
def test_one_path_is_one_proof(authorizer: Authorizer, keeper: Neo4jKeeper, history: list[Step]) -> None:
    """After any history, those told to read a source by one path are those for whose access there is one proof."""
    with after(authorizer, keeper, history) as made:
        if made.oracle.resources["source:a1"].home != "workspace:a":
            return
        reports = made.root.reports("a")
        everybody = {str(one) for (one,) in rows(reports.review("source:a1", relation="can_read"), "subject")}
        alone = {str(one) for (one,) in rows(reports.one_path("source:a1", "can_read"), "subject")}
        right = {one for one in everybody if _ways(made.door, one) == 1}
        assert right == alone


def _ways(door: PythonDoor, subject: str) -> int:
    asked = WhyQuestion(door.store, parse_subject(subject), "can_read", parse_object("source:a1"), limit=2)
    return len(door.authorizer.why(asked).proofs)


def test_owners(acme: Access) -> None:
    """ada alone, until another comes, in their own right or by a policy; and how each is one."""
    told = ("subject", "policy", "through", "only")
    assert [("member:ada", None, "direct", True)] == rows(acme.reports("acme").owners(), *told)
    acme.policies("acme").create(Grant("workspace_owner"), ["group:support"], id_="chiefs")
    assert [
        ("member:ada", None, "direct", False),
        ("member:eve", "policy:chiefs", "group:support", False),
    ] == rows(acme.reports("acme").owners(), *told)


# --- who may read, and wrong calls -------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_for_owners_alone(door: PythonDoor, acme: Access, name: str) -> None:
    """An owner reads each report; a member and an owner of another workspace may not, which names the relation."""
    given_ = GIVEN.get(name, {})
    assert name == named(door.access("member:ada").reports("acme"), name, given_).name
    for other in ("member:bob", "member:hal"):
        with pytest.raises(RelationMissingError) as refused:
            named(door.access(other).reports("acme"), name, given_)
        assert ("relation_missing", "can_read_audit") == (refused.value.code, refused.value.relation)
    assert ("report." + name.replace("-", "_"), "relation_missing") in {
        (one.action, one.code) for one in acme.audit("acme").page().items
    }


@pytest.mark.parametrize(
    ("name", "told", "code"),
    [
        ("everything", {}, "report_not_found"),
        ("owners", {"over": "1"}, "malformed_request"),
        ("one-path", {}, "malformed_request"),
        ("one-path", {"object": "source:elsewhere"}, "source_not_found"),
        ("one-path", {"object": "workspace:mercy"}, "workspace_not_found"),
        ("review", {"object": "orders"}, "malformed_object"),
        ("review", {"object": "source:orders", "relation": "can_fly"}, "relation_not_found"),
        ("wide-labels", {"over": "half"}, "malformed_over"),
        ("wide-labels", {"over": "٣"}, "malformed_over"),
    ],
)
def test_wrong_calls(acme: Access, name: str, told: dict[str, str], code: str) -> None:
    """A report there is not, one asked with what it does not take, or of what is not in the workspace is refused."""
    with pytest.raises(RequestError) as refused:
        named(acme.reports("acme"), name, told)
    assert code == refused.value.code


def test_of_a_workspace_that_is_not(acme: Access) -> None:
    """A workspace there is not is not found."""
    with pytest.raises(RequestError) as refused:
        Reports(acme.desk, "nowhere").access()
    assert "workspace_not_found" == refused.value.code
