"""The access model over HTTP: every route works end to end, says what it did, and refuses what it must."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.access.access import Access
from iamgraph.access.roles import ROLES
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.questions import Act, Attributes, CheckQuestion, Effect, Note, Scope
from iamgraph.ring import REFRESH_SECONDS
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import parse_object
from tests.made_keys import end_key, make_key
from tests.service.acme import Acme, made
from tests.service.client import Client
from tests.service.process import STORE, serving

READER: Final = {"role": "source_reader"}


def may(client: Client, subject: str, relation: str, object_: str) -> bool:
    """What a check in the service's store says."""
    body = {"subject": subject, "relation": relation, "object": object_}
    return bool(client.post(f"/v1/stores/{STORE}/check", body).json["allowed"])


# --- each route ---


def test_roles_are_told(acme: Acme) -> None:
    """The list has every role, with how far each may reach."""
    told = acme.get("/v1/roles")["roles"]
    assert list(ROLES) == [one["id"] for one in told]
    (admin,) = [one for one in told if one["id"] == "source_admin"]
    assert ("source", True) == (admin["single"], admin["labelled"])


def test_a_workspace_is_made_told_and_changed(acme: Acme) -> None:
    """Its values are those given, and after a change those of the change; the list has it."""
    told = {"id": acme.id, "name": "Acme", "plan": "business", "region": "us", "hipaa": False}
    assert told == acme.get()
    done = acme.patch("", plan="team", hipaa=True, reason="we keep health data")
    assert {"id", "revision", "zookie"} == set(done)
    assert told | {"plan": "team", "hipaa": True} == acme.get()
    assert acme.id in [one["id"] for one in acme.get("/v1/workspaces?limit=1000")["workspaces"]]


def test_a_workspace_is_deleted_and_kept(acme: Acme) -> None:
    """A deletion says when it ends, lets nobody new in, and is taken back."""
    acme.delete("?reason=moved")
    left = datetime.fromisoformat(acme.get()["ends_at"]) - datetime.now(UTC)
    assert timedelta(days=5) - timedelta(minutes=1) < left <= timedelta(days=5)
    refused = acme.client.post(f"{acme.home}/members", {"email": "eve@a.example"})
    assert (409, "workspace_ends", None) == refused.problem
    acme.post("/keep", 200, reason="we need it after all")
    assert "ends_at" not in acme.get()
    acme.member("eve")


def test_a_trail_has_no_time_off_the_calendar(acme: Acme) -> None:
    """A time that has no year in UTC is refused, in the query and in a cursor, and breaks nothing."""
    early, place = "0001-01-01T00:00:00%2B14:00", ["0001-01-01T00:00:00+14:00", "c1"]
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode()
    for asked, code in ((f"since={early}", "invalid_request"), (f"cursor={cursor}", "malformed_cursor")):
        for path in ("audit", "audit/export") if code == "invalid_request" else ("audit",):
            assert (400, code) == acme.client.get(f"{acme.home}/{path}?{asked}").problem[:2]


def test_sessions_end_though_a_deletion_was_cut_off(acme: Acme, authorizer: Authorizer, keeper: Neo4jKeeper) -> None:
    """Where an account was deleted and its sessions were not ended, the same request again ends them."""
    ada, bob = acme.member("ada"), acme.member("bob")
    secret = acme.session(ada)
    Access.by(Caller(None, "key"), authorizer, keeper, STORE).accounts.delete(ada)
    with acme.by(acme.session(bob)) as other:
        assert (403, "relation_missing") == other.delete(f"/v1/accounts/{ada}").problem[:2]
    assert acme.post("/v1/sessions/verify", 200, secret=secret)["active"]
    assert (404, "member_not_found") == acme.client.delete(f"/v1/accounts/{ada}").problem[:2]
    assert not acme.post("/v1/sessions/verify", 200, secret=secret)["active"]


def test_an_account_is_changed_and_deleted_by_whose_it_is(acme: Acme) -> None:
    """Its person renames and deletes it, which ends their sessions, a key changes its address; nobody else may."""
    ada, bob = acme.member("ada"), acme.member("bob")
    path = f"/v1/accounts/{ada}"
    with acme.by(acme.session(ada)) as client, acme.by(acme.session(bob)) as other:
        assert 200 == client.call("PATCH", path, {"name": "Ada"}).status
        assert (403, "relation_missing") == client.call("PATCH", path, {"email": "ceo@x.example"}).problem[:2]
        acme.patch(path, email=f"lovelace@{acme.id}.example")
        told = {"id": ada, "email": f"lovelace@{acme.id}.example", "name": "Ada", "workspaces": [acme.id]}
        assert (told, told) == (client.get(path).json, acme.get(path))
        assert (400, "invalid_request") == client.call("PATCH", path, {}).problem[:2]
        for method, body in (("GET", None), ("PATCH", {"name": "x"}), ("DELETE", None)):
            refused = other.call(method, path, body)
            assert (403, "relation_missing", None) == refused.problem
        assert 200 == client.delete(path).status
        assert (401, "unauthenticated", None) == client.get(path).problem
    assert (404, "member_not_found", None) == acme.client.get(path).problem
    assert [bob, acme.olga] == sorted(
        (one["id"] for one in acme.get("/members")["members"]), key=[bob, acme.olga].index
    )


def test_members_come_change_and_go(acme: Acme) -> None:
    """A member is added, told, made an owner, lets personal data be seen, and is removed."""
    ada = acme.member("ada")
    told = {"id": ada, "email": f"ada@{acme.id}.example", "name": "ada", "role": "member", "pii": False}
    assert told | {"groups": [], "policies": []} == acme.get(f"/members/{ada}")
    acme.patch(f"/members/{ada}", role="owner")
    acme.patch(f"/members/{ada}", pii=True)
    assert [ada, acme.olga] == sorted(
        [one["id"] for one in acme.get("/members")["members"]], key=[ada, acme.olga].index
    )
    assert ("owner", True) == tuple(acme.get(f"/members/{ada}")[name] for name in ("role", "pii"))
    acme.delete(f"/members/{ada}?reason=left")
    assert (404, "member_not_found", None) == acme.client.get(f"{acme.home}/members/{ada}").problem


def test_an_alias_is_told(acme: Acme) -> None:
    """An account `name+tag@…` names the one it is an alias of."""
    ada, alias = acme.member("ada"), acme.member("ada+work")
    assert ada == acme.get(f"/members/{alias}")["alias_of"]


def test_a_member_is_given_policies(acme: Acme) -> None:
    """POST adds policies, PUT puts others in their place, and both decide the next check."""
    ada, source = acme.member("ada"), acme.source()
    before = may(acme.client, f"member:{ada}", "can_read", f"source:{source}")
    acme.post(f"/members/{ada}/policies", 200, grants=[READER, {"role": "warehouse_reader"}])
    assert 2 == len(acme.get(f"/members/{ada}")["policies"])
    assert (False, True) == (before, may(acme.client, f"member:{ada}", "can_read", f"source:{source}"))
    acme.put(f"/members/{ada}/policies", grants=[])
    assert [] == acme.get(f"/members/{ada}")["policies"]
    assert not may(acme.client, f"member:{ada}", "can_read", f"source:{source}")


def test_groups_are_made_filled_changed_and_ended(acme: Acme) -> None:
    """Members are added, replaced and removed; the group is renamed, flagged, and ended without harm to its members."""
    ada, bob = acme.member("ada"), acme.member("bob")
    group = acme.post("/groups", name="Engineers")["id"]
    acme.post(f"/groups/{group}/members", 200, members=[ada, f"olga@{acme.id}.example"])
    assert {ada, acme.olga} == set(acme.get(f"/groups/{group}")["members"])
    acme.put(f"/groups/{group}/members", members=[ada, bob])
    acme.post(f"/groups/{group}/members/remove", 200, members=[ada])
    acme.patch(f"/groups/{group}", name="Platform")
    acme.patch(f"/groups/{group}", pii=True)
    told = {"id": group, "name": "Platform", "pii": True, "members": [bob], "invites": [], "policies": []}
    assert told == acme.get(f"/groups/{group}")
    assert [{"id": group, "name": "Platform", "size": 1}] == acme.get("/groups")["groups"]
    acme.delete(f"/groups/{group}")
    assert [] == acme.get("/groups")["groups"]
    assert bob == acme.get(f"/members/{bob}")["id"]


def test_a_group_is_given_policies(acme: Acme) -> None:
    """What a group is given its members have, until other policies are put in its place."""
    ada, source = acme.member("ada"), acme.source("environment:prod")
    group = acme.post("/groups", name="Engineers")["id"]
    acme.put(f"/groups/{group}/members", members=[ada])
    acme.post(f"/groups/{group}/policies", 200, grants=[{"role": "source_admin", "labels": ["environment:prod"]}])
    assert may(acme.client, f"member:{ada}", "can_edit", f"source:{source}")
    acme.put(f"/groups/{group}/policies", grants=[READER])
    assert not may(acme.client, f"member:{ada}", "can_edit", f"source:{source}")
    assert may(acme.client, f"member:{ada}", "can_read", f"source:{source}")


def test_policies_are_made_held_and_ended(acme: Acme) -> None:
    """A policy is told with what it gives; holders come and go; ended, it gives nothing."""
    ada, source = acme.member("ada"), acme.source()
    body: dict[str, Any] = {"role": "source_admin", "resources": [source], "holders": [f"member:{ada}"]}
    policy = acme.post("/policies", **body)["id"]
    told = body | {"id": policy, "labels": [], "names": ["ada"]}
    assert told == acme.get(f"/policies/{policy}")
    assert [told] == acme.get(f"/policies?holder=member:{ada}")["policies"]
    group = acme.post("/groups", name="Engineers")["id"]
    acme.post(f"/groups/{group}/members", 200, members=[acme.olga])
    acme.post(f"/policies/{policy}/holders", 200, holders=[f"member:{acme.olga}", f"group:{group}"])
    (held,) = acme.get(f"/policies?holder=member:{acme.olga}&inherited=true")["policies"]
    assert sorted([f"group:{group}", f"member:{acme.olga}"]) == held["through"]
    acme.post(f"/policies/{policy}/holders/remove", 200, holders=[f"group:{group}"])
    acme.post(f"/policies/{policy}/holders/remove", 200, holders=[f"member:{ada}"])
    assert [f"member:{acme.olga}"] == acme.get(f"/policies/{policy}")["holders"]
    assert not may(acme.client, f"member:{ada}", "can_edit", f"source:{source}")
    acme.delete(f"/policies/{policy}")
    assert [] == acme.get("/policies")["policies"]


def test_labels_are_made_attached_and_ended(acme: Acme) -> None:
    """A label is created, carried, replaced, taken off, put on many, and can be ended once nothing carries it."""
    one, other = acme.source(), acme.source()
    assert "brand:shoes" == acme.post("/labels", label="brand:shoes", description="the shop")["id"]
    told = [
        {"label": "brand:shoes", "description": "the shop"},
        *({"label": f"environment:{x}"} for x in ("dev", "prod")),
    ]
    assert told == acme.get("/labels")["labels"]
    acme.post(f"/resources/source:{one}/labels", 200, labels=["brand:shoes", "environment:dev"])
    acme.put(f"/resources/source:{one}/labels", labels=["brand:shoes"])
    assert ["brand:shoes"] == acme.get(f"/resources/source:{one}")["labels"]
    refused = acme.client.delete(f"{acme.home}/labels/brand:shoes")
    assert (409, "label_in_use", None) == refused.problem
    assert f"`source:{one}`" in refused.json["detail"]
    acme.post(f"/resources/source:{one}/labels/remove", 200, labels=["brand:shoes"])
    acme.post("/labels/attach", 200, resources=[f"source:{one}", f"source:{other}"], labels=["environment:prod"])
    assert [["environment:prod"]] * 2 == [one["labels"] for one in acme.get("/resources?type=source")["resources"]]
    assert "brand:shoes" == acme.delete("/labels/brand:shoes")["id"]


def test_resources_are_made_told_renamed_and_ended(acme: Acme) -> None:
    """A source has a destination in it; both are told, one is renamed, and the source's end is that of both."""
    source = acme.source("environment:prod")
    inside = acme.post("/resources", type="destination", parent=source)["id"]
    acme.patch(f"/resources/source:{source}", name="Orders")
    told = {"id": source, "type": "source", "name": "Orders", "parent": f"workspace:{acme.id}"}
    assert told | {"labels": ["environment:prod"]} == acme.get(f"/resources/source:{source}")
    within = {"id": inside, "type": "destination", "parent": f"source:{source}", "labels": []}
    assert [within] == acme.get(f"/resources?type=destination&parent={source}")["resources"]
    acme.delete(f"/resources/source:{source}")
    for gone in (f"source:{source}", f"destination:{inside}"):
        assert 404 == acme.client.get(f"{acme.home}/resources/{gone}").status


def test_a_resource_is_moved(acme: Acme) -> None:
    """A source that is moved is in the other workspace, and no longer in its old one."""
    source, other = acme.source(), made(acme.client)
    acme.post(f"/resources/source:{source}/move", 200, workspace=other.id)
    assert f"workspace:{other.id}" == other.get(f"/resources/source:{source}")["parent"]
    assert (404, "source_not_found", None) == acme.client.get(f"{acme.home}/resources/source:{source}").problem


def test_a_space_says_which_sources_it_admits(acme: Acme) -> None:
    """It admits all sources at first, then those that carry a label, then all again; nothing else admits any."""
    dev, prod = acme.source("environment:dev"), acme.source("environment:prod")
    space = f"space:{acme.post('/resources', type='space')['id']}"

    def admitted() -> tuple[bool, ...]:
        return tuple(may(acme.client, f"source:{one}", "connectable", space) for one in (dev, prod))

    assert (True, True) == admitted()
    acme.put(f"/resources/{space}/admits", labels=["environment:dev"])
    assert (True, False) == admitted()
    acme.put(f"/resources/{space}/admits", labels=None)
    assert (True, True) == admitted()
    refused = acme.client.call("PUT", f"{acme.home}/resources/source:{dev}/admits", {"labels": None})
    assert (400, "admits_refused", None) == refused.problem


def test_tokens_are_made_told_described_and_revoked(acme: Acme) -> None:
    """A token's secret is told once, and opens what its policies give until it is revoked."""
    source = acme.source()
    ends = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    made_ = acme.post("/tokens", description="report", grants=[READER], expires_at=ends)
    token, secret = made_["id"], made_["secret"]
    acme.patch(f"/tokens/{token}", description="nightly report")
    with acme.by(secret) as client:
        assert 200 == client.get(f"{acme.home}/resources/source:{source}").status
        (told,) = acme.get("/tokens")["tokens"]
        assert ("nightly report", False, False, 1) == (
            told["description"],
            told["owner"],
            told["creator_left"],
            len(told["policies"]),
        )
        assert told["last_used_at"]
        assert secret not in str(told)
        acme.delete(f"/tokens/{token}")
        assert (401, "unauthenticated", None) == client.get(f"{acme.home}/resources/source:{source}").problem


def test_invites_are_made_accepted_and_revoked(acme: Acme) -> None:
    """An invite gives nothing until it is accepted with its secret, once; a revoked one gives nothing at all."""
    group = acme.post("/groups", name="Engineers")["id"]
    invite = acme.post("/invites", email=f"bob@{acme.id}.example", groups=[group], grants=[READER], days=2)
    (told,) = acme.get("/invites")["invites"]
    assert (invite["id"], [group], False) == (told["id"], told["groups"], told["expired"])
    bob = acme.post("/invites/accept", 200, secret=invite["secret"], name="Bob")["id"]
    found = acme.get(f"/members/{bob}")
    assert ([group], 1, "Bob") == (found["groups"], len(found["policies"]), found["name"])
    again = acme.client.post(f"{acme.home}/invites/accept", {"secret": invite["secret"]})
    assert (404, "invite_not_found", None) == again.problem
    revoked = acme.post("/invites", email=f"eve@{acme.id}.example")
    acme.delete(f"/invites/{revoked['id']}")
    late = acme.client.post(f"{acme.home}/invites/accept", {"secret": revoked["secret"]})
    assert (404, "invite_not_found", None) == late.problem
    assert [] == acme.get("/invites")["invites"]


def test_access_is_asked_for_and_given(acme: Acme) -> None:
    """A member's request shows until it is approved, which gives the policies, or dismissed, which gives none."""
    ada = acme.member("ada")
    with acme.by(acme.session(ada)) as client:
        first, second = (
            client.post(f"{acme.home}/access-requests", {"text": text}).json["id"] for text in ("read?", "edit?")
        )
        (told, _) = acme.get("/access-requests")["requests"]
        assert (first, f"member:{ada}", "read?") == tuple(told[name] for name in ("id", "requester", "text"))
        acme.post(f"/access-requests/{first}/approve", 200, grants=[READER])
        assert 200 == client.delete(f"{acme.home}/access-requests/{second}").status
    assert 1 == len(acme.get(f"/members/{ada}")["policies"])
    assert [] == acme.get("/access-requests")["requests"]


# --- who calls ---


def test_a_caller_who_may_not_is_told_what_lacks(acme: Acme) -> None:
    """A member's session gets 403 with the missing relation by name, and nothing is changed."""
    with acme.by(acme.session(acme.member("ada"))) as client:
        refused = client.post(f"{acme.home}/groups", {"name": "Mine"})
        assert (403, "relation_missing", None) == refused.problem
        assert "can_manage_access" == refused.json["relation"]
        assert "`can_manage_access`" in refused.json["detail"]
        made_ = client.post("/v1/workspaces", {"id": "mine", "name": "Mine", "owner": "a@b.example"})
        assert (403, "relation_missing", None) == made_.problem
    assert [] == acme.get("/groups")["groups"]


def test_an_owner_may_by_their_session(acme: Acme) -> None:
    """The session of an owner does what the key does; who did it says the record."""
    with acme.by(acme.session(acme.olga)) as client:
        done = client.post(f"{acme.home}/groups", {"name": "Ours", "reason": "we need it"})
        assert 201 == done.status
        assert [acme.id] == [one["id"] for one in client.get("/v1/workspaces").json["workspaces"]]
    changes = acme.get(f"/v1/stores/{STORE}/changes?since={done.json['revision'] - 1}&limit=1")["changes"]
    assert (f"member:{acme.olga}", "we need it") == (changes[0]["by"], changes[0]["reason"])


def test_nobody_reaches_another_workspace(acme: Acme) -> None:
    """Owners of one workspace, a token and a session of it, may neither see nor change another."""
    other = made(acme.client)
    for secret in (acme.token(owner=True), acme.session(acme.olga)):
        with acme.by(secret) as client:
            for path in ("", "/members", "/groups", "/policies", "/labels", "/tokens", "/invites"):
                refused = client.get(other.home + path)
                assert (403, "relation_missing", None) == refused.problem, path
            added = client.post(f"{other.home}/members", {"email": "eve@evil.example"})
            assert (403, "can_manage_access") == (added.status, added.json["relation"])
            assert 200 == client.get(acme.home).status


def test_tokens_make_no_tokens(acme: Acme) -> None:
    """A token that owns the workspace manages it, but gets 403 where tokens are managed."""
    with acme.by(acme.token(owner=True)) as client:
        assert 201 == client.post(f"{acme.home}/groups", {"name": "Ours"}).status
        refused = client.post(f"{acme.home}/tokens", {"description": "more"})
        assert (403, "can_manage_tokens") == (refused.status, refused.json["relation"])


def test_members_see_themselves_and_may_go(acme: Acme) -> None:
    """Without any policy a member reads their own entry and ends their own membership; the last owner cannot."""
    ada = acme.member("ada")
    with acme.by(acme.session(ada)) as client:
        assert 200 == client.get(f"{acme.home}/members/{ada}").status
        assert 403 == client.get(f"{acme.home}/members/{acme.olga}").status
        assert 200 == client.delete(f"{acme.home}/members/{ada}").status
        assert 403 == client.get(acme.home).status
    with acme.by(acme.session(acme.olga)) as client:
        assert (409, "last_owner", None) == client.delete(f"{acme.home}/members/{acme.olga}").problem


def test_an_expired_token_opens_nothing(acme: Acme) -> None:
    """A token past its end gets 401, as one that never was."""
    ends = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    with acme.by(acme.token(owner=True, expires_at=ends)) as client:
        time.sleep(1.1)
        reply = client.get(acme.home)
    with acme.by(f"iat_{ULID()}_{'A' * 43}") as client:
        unknown = client.get(acme.home)
    assert (401, 401) == (reply.status, unknown.status)
    assert reply.json["detail"] == unknown.json["detail"]


@pytest.mark.parametrize("scope", [Scope.CHECK, Scope.READ, Scope.WRITE])
def test_keys_of_less_may_not(acme: Acme, keeper: Neo4jKeeper, scope: Scope) -> None:
    """A key without scope `admin` gets 403 `scope_missing`, also where a member would be let in."""
    key, secret = make_key(keeper, "less", {scope}, {STORE})
    time.sleep(2 * REFRESH_SECONDS)
    with acme.by(secret) as client:
        assert (403, "scope_missing", None) == client.get(acme.home).problem
    end_key(keeper, key)


def test_a_key_for_the_store_alone_is_enough(acme: Acme, keeper: Neo4jKeeper) -> None:
    """An admin key that holds for the access model's store alone may all in workspaces, under its name."""
    key, secret = make_key(keeper, "bootstrap", {Scope.ADMIN}, {STORE})
    time.sleep(2 * REFRESH_SECONDS)
    with acme.by(secret) as client:
        done = client.post(f"{acme.home}/groups", {"name": "Ours"}).json
    changes = acme.get(f"/v1/stores/{STORE}/changes?since={done['revision'] - 1}&limit=1")["changes"]
    assert "key bootstrap" == changes[0]["by"]
    end_key(keeper, key)


def test_without_keys_secrets_still_count(server: Neo4jServer, acme: Acme, tmp_path: Path) -> None:
    """A service without keys lets nobody's requests do all; one that sends a token or session is held to that."""
    member, token = acme.session(acme.member("ada")), acme.token()
    with serving(server, tmp_path, no_auth="1") as running:
        for secret, status in ((None, 201), (member, 403), (token, 403), (f"iat_{ULID()}_{'A' * 43}", 401)):
            with Client(running.port, secret) as client:
                assert status == client.post(f"{acme.home}/groups", {"name": f"by {status}"}).status
        with Client(running.port, member) as client:
            assert 401 == client.get("/v1/stores").status
            assert 403 == client.send("GET", acme.home, headers={"Host": "evil.example"}).status
        with Client(running.port, None) as client:
            done = client.post(f"{acme.home}/groups", {"name": "once more"}).json
    changes = acme.get(f"/v1/stores/{STORE}/changes?since={done['revision'] - 1}&limit=1")["changes"]
    assert "no key" == changes[0]["by"]


# --- wrong and foreign ---

FOREIGN: Final[tuple[tuple[str, str, Any, str], ...]] = (
    ("GET", "/members/{member}", None, "member_not_found"),
    ("PATCH", "/members/{member}", {"pii": True}, "member_not_found"),
    ("DELETE", "/members/{member}", None, "member_not_found"),
    ("PUT", "/members/{member}/policies", {"grants": []}, "member_not_found"),
    ("POST", "/members/{member}/policies", {"grants": []}, "member_not_found"),
    ("GET", "/groups/{group}", None, "group_not_found"),
    ("PATCH", "/groups/{group}", {"pii": True}, "group_not_found"),
    ("DELETE", "/groups/{group}", None, "group_not_found"),
    ("POST", "/groups/{group}/members", {"members": []}, "group_not_found"),
    ("PUT", "/groups/{group}/members", {"members": []}, "group_not_found"),
    ("POST", "/groups/{group}/members/remove", {"members": []}, "group_not_found"),
    ("POST", "/groups/{group}/policies", {"grants": []}, "group_not_found"),
    ("PUT", "/groups/{group}/policies", {"grants": []}, "group_not_found"),
    ("GET", "/policies/{policy}", None, "policy_not_found"),
    ("DELETE", "/policies/{policy}", None, "policy_not_found"),
    ("POST", "/policies/{policy}/holders", {"holders": []}, "policy_not_found"),
    ("POST", "/policies/{policy}/holders/remove", {"holders": []}, "policy_not_found"),
    ("POST", "/policies", {"role": "source_admin", "resources": ["{source}"]}, "source_not_found"),
    ("POST", "/policies", {"role": "source_admin", "labels": ["brand:theirs"]}, "label_not_found"),
    ("POST", "/policies", {"role": "source_admin", "holders": ["group:{group}"]}, "group_not_found"),
    ("POST", "/policies", {"role": "source_admin", "holders": ["member:{member}"]}, "member_not_found"),
    ("POST", "/policies", {"role": "source_admin", "holders": ["token:{token}"]}, "token_not_found"),
    ("DELETE", "/labels/brand:theirs", None, "label_not_found"),
    ("POST", "/labels/attach", {"resources": ["source:{source}"], "labels": ["environment:dev"]}, "source_not_found"),
    ("POST", "/resources/source:{source}/labels", {"labels": ["environment:dev"]}, "source_not_found"),
    ("PUT", "/resources/source:{source}/labels", {"labels": []}, "source_not_found"),
    ("POST", "/resources/source:{source}/labels/remove", {"labels": []}, "source_not_found"),
    ("GET", "/resources/source:{source}", None, "source_not_found"),
    ("PATCH", "/resources/source:{source}", {"name": "mine"}, "source_not_found"),
    ("DELETE", "/resources/source:{source}", None, "source_not_found"),
    ("POST", "/resources/source:{source}/move", {"workspace": "{workspace}"}, "source_not_found"),
    ("PUT", "/resources/space:{space}/admits", {"labels": None}, "space_not_found"),
    ("POST", "/resources", {"type": "destination", "parent": "{source}"}, "source_not_found"),
    ("PATCH", "/tokens/{token}", {"description": "mine"}, "token_not_found"),
    ("DELETE", "/tokens/{token}", None, "token_not_found"),
    ("DELETE", "/invites/{invite}", None, "invite_not_found"),
    ("POST", "/invites/accept", {"secret": "{invite_secret}"}, "invite_not_found"),
    ("POST", "/invites", {"email": "new@a.example", "groups": ["{group}"]}, "group_not_found"),
    ("POST", "/access-requests/{request}/approve", {"grants": []}, "access_request_not_found"),
    ("DELETE", "/access-requests/{request}", None, "access_request_not_found"),
)


@pytest.fixture(scope="module")
def theirs(client: Client) -> dict[str, str]:
    """One of everything in another workspace, by kind."""
    other = made(client)
    group, member, source = other.post("/groups", name="theirs")["id"], other.member("them"), other.source()
    other.post("/labels", label="brand:theirs")
    invite = other.post("/invites", email=f"new@{other.id}.example")
    with other.by(other.session(member)) as them:
        request = them.post(f"{other.home}/access-requests", {"text": "more"}).json["id"]
    return {
        "member": member,
        "group": group,
        "source": source,
        "policy": other.post("/policies", role="source_admin")["id"],
        "space": other.post("/resources", type="space")["id"],
        "token": other.post("/tokens", description="theirs")["id"],
        "invite": invite["id"],
        "invite_secret": invite["secret"],
        "request": request,
        "workspace": other.id,
    }


@pytest.fixture(scope="module")
def ours(client: Client) -> Acme:
    """One workspace for all tests that leave it as it is."""
    return made(client)


@pytest.mark.parametrize(
    ("method", "path", "body", "code"), FOREIGN, ids=lambda one: one if isinstance(one, str) else ""
)
def test_what_is_another_workspace_s_is_not_there(
    ours: Acme, theirs: dict[str, str], method: str, path: str, body: Any, code: str
) -> None:
    """An id of another workspace is as one that never was, even for a key that may all; nothing is changed."""
    before = ours.client.get(f"/v1/stores/{STORE}").json["revision"]

    def answered(ids: dict[str, str]) -> tuple[int, Any]:
        said = path
        text = json.dumps(body) if body is not None else None
        for name, value in ids.items():
            said = said.replace(f"{{{name}}}", value)
            text = text.replace(f"{{{name}}}", value) if text is not None else None
        reply = ours.client.send(method, ours.home + said, text)
        return reply.status, reply.json["code"]

    never = {name: str(ULID()) for name in theirs} | {"invite_secret": f"iai_{ULID()}_{'A' * 43}"}
    never["workspace"] = theirs["workspace"]
    assert (404, code) == answered(theirs)
    # A workspace has its labels by their texts, so these are the same anyhow.
    assert (404, code) == answered(never)
    assert before == ours.client.get(f"/v1/stores/{STORE}").json["revision"]


def test_a_workspace_that_is_not_there_takes_nothing(client: Client) -> None:
    """A key that may all finds no workspace where there is none, and makes nothing in it."""
    home = f"/v1/workspaces/nowhere-{ULID()}"
    for path in ("", "/members", "/groups", "/policies", "/labels", "/resources?type=source", "/tokens", "/invites"):
        assert (404, "workspace_not_found", None) == client.get(home + path).problem, path
    bodies = {"/members": {"email": "a@b.example"}, "/groups": {"name": "a"}, "/labels": {"label": "a:b"}}
    for path, body in bodies.items():
        assert (404, "workspace_not_found", None) == client.post(home + path, body).problem, path


def test_an_invite_expires(acme: Acme, authorizer: Authorizer) -> None:
    """An expired invite is gone, with 410, and gives nothing."""
    invite = acme.post("/invites", email=f"bob@{acme.id}.example", days=1)
    _age_invite(authorizer, invite["id"])
    late = acme.client.post(f"{acme.home}/invites/accept", {"secret": invite["secret"]})
    assert (410, "invite_expired", None) == late.problem
    assert acme.get("/invites")["invites"][0]["expired"]


def _age_invite(authorizer: Authorizer, id_: str) -> None:
    invite, past = parse_object(f"invite:{id_}"), (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    effect = Effect(Note("test", invite, invite), attributes=(Attributes(invite, {"expires_at": past}),))
    authorizer.transact(STORE, lambda _: effect, Act(datetime.now(UTC)))


# --- lists, and doing once ---


def test_lists_are_paged(acme: Acme) -> None:
    """Pages of two give every member once, by id, and the last has no cursor; a damaged cursor is refused."""
    people = sorted([acme.olga, *(acme.member(f"m{i}") for i in range(4))])
    found, path = [], "/members?limit=2"
    while path:
        page = acme.get(path)
        assert len(page["members"]) <= 2
        found += [one["id"] for one in page["members"]]
        path = f"/members?limit=2&cursor={page['next_cursor']}" if "next_cursor" in page else ""
    assert people == found
    assert (400, "malformed_cursor", "/cursor") == acme.client.get(f"{acme.home}/members?cursor=%FF").problem
    assert (400, "malformed_limit", "/limit") == acme.client.get(f"{acme.home}/members?limit=0").problem


def test_a_page_of_resources_holds_what_the_caller_may_read(acme: Acme) -> None:
    """Of five sources a member may read three; pages of two give these, and nothing tells of the others."""
    ada, sources = acme.member("ada"), sorted(acme.source("environment:prod") for _ in range(5))
    mine = [sources[0], sources[2], sources[4]]
    acme.post(f"/members/{ada}/policies", 200, grants=[{"role": "source_reader", "resources": mine}])
    with acme.by(acme.session(ada)) as client:
        first = client.get(f"{acme.home}/resources?type=source&limit=2").json
        last = client.get(f"{acme.home}/resources?type=source&limit=2&cursor={first['next_cursor']}").json
    assert [mine[:2], mine[2:]] == [[one["id"] for one in page["resources"]] for page in (first, last)]
    assert [["environment:prod"]] * 2 == [one["labels"] for one in first["resources"]]
    assert "next_cursor" not in last


def test_an_idempotency_key_does_once(acme: Acme) -> None:
    """The same request with one key gives the first answer again, another request with it is a conflict."""
    body = {"name": "Ours", "idempotency_key": f"k-{acme.id}"}
    first, again = (acme.client.post(f"{acme.home}/groups", body) for _ in range(2))
    assert (201, first.body) == (again.status, again.body)
    other = acme.client.post(f"{acme.home}/groups", body | {"name": "Others"})
    assert (409, "idempotency_key_reused") == other.problem[:2]
    token = {"description": "once", "idempotency_key": f"t-{acme.id}"}
    assert 201 == acme.client.post(f"{acme.home}/tokens", token).status
    assert (409, "secret_shown", None) == acme.client.post(f"{acme.home}/tokens", token).problem
    assert 1 == len(acme.get("/tokens")["tokens"])


def test_a_zookie_is_as_fresh_as_the_act(acme: Acme) -> None:
    """A check at the zookie an act answered with sees what the act did."""
    ada, source = acme.member("ada"), acme.source()
    zookie = acme.post(f"/members/{ada}/policies", 200, grants=[READER])["zookie"]
    question = {"subject": f"member:{ada}", "relation": "can_read", "object": f"source:{source}", "zookie": zookie}
    assert acme.post(f"/v1/stores/{STORE}/check", 200, **question)["allowed"]


def test_python_and_http_see_the_same(acme: Acme, authorizer: Authorizer) -> None:
    """What is done over HTTP decides checks asked in Python."""
    source = acme.source()
    asked = CheckQuestion(STORE, parse_object(f"member:{acme.olga}"), "can_edit", parse_object(f"source:{source}"))
    assert authorizer.check(asked).allowed
