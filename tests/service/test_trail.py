"""The audit trail and the document of a workspace over HTTP; and plans warmed by the service."""

from __future__ import annotations

import csv
import io
import json
import time
from pathlib import Path
from urllib.parse import quote

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.store.neo4j import Neo4jServer
from tests.service.acme import Acme
from tests.service.conftest import MODEL
from tests.service.process import serving

pytestmark = pytest.mark.long


def test_what_was_done_and_refused_is_told(acme: Acme) -> None:
    """The trail has each act with who, why and its revision, and each refused one with why; newest first."""
    group = acme.post("/groups", name="Engineers", reason="a new team")
    with acme.by(acme.session(acme.member("eve"))) as eve:
        assert 403 == eve.post(f"{acme.home}/groups", {"name": "Mine"}).status
    refused, added, created, _ = acme.get("/audit")["entries"]
    assert ("group.create", True, "relation_missing") == (refused["action"], refused["refused"], refused["code"])
    assert "`can_manage_access`" in refused["message"]
    assert ("member.add", False) == (added["action"], added["refused"])
    assert ("a new team", group["revision"], f"group:{group['id']}") == (
        created["reason"],
        created["revision"],
        created["object"],
    )


def test_the_trail_is_filtered_and_paged(acme: Acme) -> None:
    """By actor, action, object and time; pages join without a gap."""
    for name in ("a", "b", "c"):
        acme.post("/groups", name=name)
    whole = acme.get("/audit")["entries"]
    first = acme.get("/audit?limit=2")
    rest = acme.get(f"/audit?cursor={first['next_cursor']}")
    assert whole == first["entries"] + rest["entries"]
    assert 3 == len(acme.get("/audit?action=group.create")["entries"])
    one = whole[1]
    assert [one] == acme.get(f"/audit?object={one['object']}")["entries"]
    assert [] == acme.get("/audit?by=member:nobody")["entries"]
    assert whole[1:] == acme.get(f"/audit?until={quote(whole[0]['at'])}")["entries"]
    assert whole[:2] == acme.get(f"/audit?since={quote(whole[1]['at'])}")["entries"]


def test_the_trail_is_exported(acme: Acme) -> None:
    """As JSON lines and as CSV it holds what the pages hold; what looks like a formula is none."""
    acme.post("/groups", name="Designers", reason="\uff1d1+1")
    acme.post("/groups", name="Engineers", reason="=1+1")
    told = acme.get("/audit")["entries"]
    lines = acme.client.get(f"{acme.home}/audit/export").body.decode().splitlines()
    assert [one["action"] for one in told] == [json.loads(line)["action"] for line in lines]
    table = list(csv.DictReader(io.StringIO(acme.client.get(f"{acme.home}/audit/export?format=csv").body.decode())))
    assert [one["action"] for one in told] == [row["action"] for row in table]
    assert ["'=1+1", "'\uff1d1+1"] == [row["reason"] for row in table[:2]]


@pytest.mark.parametrize("path", ["/audit", "/audit/export", "/document"])
def test_only_owners_read_them(acme: Acme, path: str) -> None:
    """A member gets 403 with the relation that is missing, an owner's session and token the trail."""
    with acme.by(acme.session(acme.member("eve"))) as eve:
        assert 403 == eve.get(acme.home + path).status
    for secret in (acme.session(acme.olga), acme.token(owner=True)):
        with acme.by(secret) as owner:
            assert 200 == owner.get(acme.home + path).status


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "cursor=x", "since=yesterday", "since=2026-01-01T00:00:00"])
def test_a_malformed_question(acme: Acme, query: str) -> None:
    """What cannot be a page or a time is refused."""
    assert 400 == acme.client.get(f"{acme.home}/audit?{query}").status


def test_a_document_there_and_back(acme: Acme) -> None:
    """What a workspace says of itself changes nothing when applied; a change of it is planned, then made."""
    acme.post("/groups", name="Engineers", id=f"{acme.id}-eng")
    text = acme.client.get(f"{acme.home}/document").body.decode()
    before = acme.get("/audit")["entries"]
    assert [] == acme.post("/document/plan", 200, text=text)["lines"]
    acme.post("/document", 200, text=text)
    assert before == acme.get("/audit")["entries"]
    changed = text.replace("Engineers", "Engineering")
    (line,) = acme.post("/document/plan", 200, text=changed)["lines"]
    assert "Engineering" in line
    acme.post("/document", 200, text=changed, reason="a better name")
    assert "Engineering" == acme.get(f"/groups/{acme.id}-eng")["name"]
    assert ("workspace.apply", "a better name") == (
        acme.get("/audit")["entries"][0]["action"],
        acme.get("/audit")["entries"][0]["reason"],
    )


def test_the_plan_that_was_shown_is_made_or_nothing(acme: Acme) -> None:
    """An apply that carries its plan does what was shown, ids of new accounts too; changed meanwhile, it is refused."""
    text = acme.client.get(f"{acme.home}/document").body.decode()
    text = text.replace("members:\n", "members:\n- {email: new@plan.example}\n")
    planned = acme.post("/document/plan", 200, text=text)
    (line,) = planned["lines"]
    acme.post("/groups", name="Between", id=f"{acme.id}-between")
    before = acme.get("/members")
    refused = acme.client.post(f"{acme.home}/document", {"text": text, "plan": planned["plan"]})
    assert (409, "plan_changed", "/plan") == refused.problem
    bad = acme.client.post(f"{acme.home}/document", {"text": text, "plan": "no plan"})
    assert (400, "malformed_plan_token", "/plan") == bad.problem
    assert (before, "Between") == (acme.get("/members"), acme.get(f"/groups/{acme.id}-between")["name"])
    acme.client.send("DELETE", f"{acme.home}/groups/{acme.id}-between")
    acme.post("/document", 200, text=text, plan=planned["plan"])
    (made,) = [one["id"] for one in acme.get("/members")["members"] if one.get("email") == "new@plan.example"]
    assert f"member {made} " in line


def test_all_faults_of_a_document(acme: Acme) -> None:
    """Every fault of a document is told with its place and code, not the first alone."""
    text = acme.client.get(f"{acme.home}/document").body.decode()
    faulty = text.replace("plan: business", "plan: golden") + "policies:\n- {id: p, role: king}\n"
    for path in ("/document/plan", "/document"):
        reply = acme.client.post(f"{acme.home}{path}", {"text": faulty})
        assert (400, "faulty_file") == reply.problem[:2]
        assert ["/plan", "/policies/p/role"] == [one["place"] for one in reply.json["errors"]]
        assert "role_not_found" == reply.json["errors"][1]["code"]


def test_a_document_of_another_workspace(acme: Acme) -> None:
    """A document goes where its path says, or nowhere."""
    reply = acme.client.post(f"{acme.home}/document", {"text": "workspace: other\n"})
    assert (400, "other_workspace") == reply.problem[:2]


def test_people_out_of_csv(acme: Acme) -> None:
    """People come out of CSV, all or nobody; a faulty line is told, and another type of body refused."""
    path, csv = f"{acme.home}/people", {"Content-Type": "text/csv"}
    reply = acme.client.send("POST", f"{path}?reason=moved", "email,name\nada@people.example,Ada\n", csv)
    assert (200, acme.id) == (reply.status, reply.json["id"])
    assert "ada@people.example" in [one.get("email") for one in acme.get("/members")["members"]]
    assert "moved" == acme.get("/audit")["entries"][0]["reason"]
    faulty = acme.client.send("POST", path, "email\nbob@people.example\nx\n", csv)
    assert (400, ["line 3"]) == (faulty.status, [one["place"] for one in faulty.json["errors"]])
    assert (400, "malformed_text") == acme.client.send("POST", path, b"email\n\xff\n", csv).problem[:2]
    good = "email\nbob@people.example\n"
    for body in (good.encode("utf-16"), good.encode("utf-32"), "email\njos\u00e9@x.io\n".encode("latin-1")):
        assert (400, "malformed_text") == acme.client.send("POST", path, body, csv).problem[:2]
    for body in (good.encode("utf-16-le"), b"\0" * 20, b"", b"\n\n"):
        assert (400, "malformed_people") == acme.client.send("POST", path, body, csv).problem[:2]
    assert 415 == acme.client.send("POST", path, "email\n").status
    assert 2 == len(acme.get("/members")["members"])


def test_people_are_added_by_owners(acme: Acme) -> None:
    """A member adds nobody."""
    with acme.by(acme.session(acme.member("ada"))) as client:
        reply = client.send("POST", f"{acme.home}/people", "email\nb@people.example\n", {"Content-Type": "text/csv"})
    assert (403, "relation_missing") == reply.problem[:2]


def test_plans_are_warmed(server: Neo4jServer, authorizer: Authorizer, store: str, tmp_path: Path) -> None:
    """A service plans what may be asked of the access model, here a small one, and says once it has."""
    authorizer.write_model(store, MODEL)
    with serving(server, tmp_path, warm="true", workers="1", store=store) as service:
        end = time.monotonic() + 60
        while '"planned"' not in service.log.read_text() and time.monotonic() < end:
            time.sleep(0.2)
        assert '"planned"' in service.log.read_text()
