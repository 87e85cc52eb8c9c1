"""Sessions over HTTP: issued, judged at each request, ended; and checks that come with one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.store.neo4j import Neo4jServer
from tests.service.acme import Acme, made
from tests.service.client import Client
from tests.service.process import STORE
from tests.store.graph import Graph, connected

UNKNOWN: Final = f"ias_{ULID()}_{'A' * 43}"


@pytest.fixture(scope="module")
def graph(server: Neo4jServer) -> Iterator[Graph]:
    """The graph past the service, where sessions are made older than they are."""
    graph = connected(server)
    with closing(graph.driver):
        yield graph


def age(graph: Graph, secret: str, **ago: timedelta) -> None:
    """Let a session have begun (`at`) or been seen (`seen_at`) so long ago."""
    times = {name: datetime.now(UTC) - one for name, one in ago.items()}
    graph.rows(
        "MATCH (s:IamSession {store: $store, id: $id}) SET s += $times",
        store=STORE,
        id=secret.split("_")[1],
        times=times,
    )


def state(acme: Acme, secret: str, how: str = "verify") -> Any:
    """What `verify`, or `touch`, says of a session."""
    return acme.post(f"/v1/sessions/{how}", 200, secret=secret)


def question(acme: Acme, member: str, **more: Any) -> dict[str, Any]:
    """Whether a member may open the workspace."""
    return {"subject": f"member:{member}", "relation": "can_open", "object": f"workspace:{acme.id}", **more}


def test_a_session_is_issued_used_listed_and_ended(acme: Acme) -> None:
    """Its secret is told once, it is active until it is ended, and then it is listed with the reason."""
    ada = acme.member("ada")
    issued = acme.post("/v1/sessions", member=ada)
    secret = issued["secret"]
    told = {"active": True, "id": issued["id"], "member": ada, "expires_at": issued["expires_at"]}
    assert told == state(acme, secret) == state(acme, secret, "touch")
    (listed,) = acme.get(f"/v1/sessions?member={ada}")["sessions"]
    assert issued == listed | {"secret": secret}
    assert 204 == acme.client.delete(f"/v1/sessions/{issued['id']}").status
    assert told | {"active": False, "ended": "session_ended"} == state(acme, secret)
    (listed,) = acme.get(f"/v1/sessions?member={ada}")["sessions"]
    assert (False, "session_ended") == (listed["active"], listed["ended"])


def test_what_is_no_session_is_unknown(acme: Acme) -> None:
    """A secret that never was, a damaged one, a token's and no secret at all are not active, and name nobody."""
    good = acme.session(acme.olga)
    for secret in (UNKNOWN, good[:-1] + ("A" if good[-1] != "A" else "B"), acme.token(), "", "\ud800"):
        assert {"active": False, "ended": "session_unknown"} == state(acme, secret)
    assert (404, "member_not_found", None) == acme.client.post("/v1/sessions", {"member": "nobody"}).problem
    assert (404, "session_not_found", None) == acme.client.delete(f"/v1/sessions/{ULID()}").problem


def test_a_session_ends_after_seven_days(acme: Acme, graph: Graph) -> None:
    """However much it was used, a session ends seven days after it began."""
    secret = acme.session(acme.olga)
    age(graph, secret, at=timedelta(days=6, hours=23))
    assert state(acme, secret, "touch")["active"]
    age(graph, secret, at=timedelta(days=7))
    assert "session_expired" == state(acme, secret)["ended"]


def test_idleness_ends_sessions_of_who_is_in_a_hipaa_workspace(acme: Acme, graph: Graph) -> None:
    """After 16 idle minutes a session lives, until its member's workspace becomes HIPAA-eligible, or they join one."""
    ada = acme.member("ada")
    hers, olgas = acme.session(ada), acme.session(acme.olga)
    idle = timedelta(minutes=16)
    for one in (hers, olgas):
        age(graph, one, at=idle, seen_at=idle)
        assert state(acme, one)["active"]
    clinic = made(acme.client)
    clinic.patch("", hipaa=True)
    clinic.post("/members", email=f"ada@{acme.id}.example")
    assert "session_idle" == state(acme, hers)["ended"]
    assert state(acme, olgas)["active"]
    with acme.by(hers) as client:
        assert (401, "unauthenticated", None) == client.get(acme.home).problem
    clinic.delete(f"/members/{ada}")
    assert "session_idle" == state(acme, hers)["ended"], "what has ended stays so"


def test_a_use_keeps_a_session_alive(acme: Acme, graph: Graph) -> None:
    """A check or a request that comes with a session counts as a use; verifying it does not."""
    acme.patch("", hipaa=True)
    idle = timedelta(minutes=14)

    def seen(secret: str) -> float:
        (row,) = graph.rows("MATCH (s:IamSession {id: $id}) RETURN s.seen_at AS at", id=secret.split("_")[1])
        return float((datetime.now(UTC) - row["at"].to_native()).total_seconds())

    for used in ("verify", "touch", "check", "request"):
        secret = acme.session(acme.olga)
        age(graph, secret, at=idle, seen_at=idle)
        if used == "check":
            acme.post(f"/v1/stores/{STORE}/check", 200, **question(acme, acme.olga, session=secret))
        elif used == "request":
            with acme.by(secret) as client:
                assert 200 == client.get(acme.home).status
        else:
            assert state(acme, secret, used)["active"]
        assert (seen(secret) < 60) is (used != "verify"), used


# --- whose they are ---


def test_members_see_and_end_their_own(acme: Acme) -> None:
    """By a session its member lists and ends their own; another's are refused, and one of another is not there."""
    ada = acme.member("ada")
    hers, olgas = (acme.post("/v1/sessions", member=one) for one in (ada, acme.olga))
    with acme.by(hers["secret"]) as client:
        assert [hers["id"]] == [one["id"] for one in client.get(f"/v1/sessions?member={ada}").json["sessions"]]
        assert (403, "sessions_not_held", None) == client.get(f"/v1/sessions?member={acme.olga}").problem
        assert (404, "session_not_found", None) == client.delete(f"/v1/sessions/{olgas['id']}").problem
        assert 204 == client.delete(f"/v1/sessions/{hers['id']}").status
        assert 401 == client.get(f"/v1/sessions?member={ada}").status
    assert state(acme, olgas["secret"])["active"]


def test_tokens_have_no_sessions(acme: Acme) -> None:
    """A token that owns the workspace may neither list nor end nor issue sessions."""
    issued = acme.post("/v1/sessions", member=acme.olga)
    with acme.by(acme.token(owner=True)) as client:
        assert (403, "sessions_not_held", None) == client.get(f"/v1/sessions?member={acme.olga}").problem
        assert (404, "session_not_found", None) == client.delete(f"/v1/sessions/{issued['id']}").problem
        assert 401 == client.post("/v1/sessions", {"member": acme.olga}).status
    assert state(acme, issued["secret"])["active"]


def test_sessions_are_no_changes(acme: Acme) -> None:
    """Issuing, using and ending a session raises no revision."""
    before = acme.get(f"/v1/stores/{STORE}")["revision"]
    issued = acme.post("/v1/sessions", member=acme.olga)
    state(acme, issued["secret"], "touch")
    acme.client.delete(f"/v1/sessions/{issued['id']}")
    assert before == acme.get(f"/v1/stores/{STORE}")["revision"]


# --- checks ---


def test_a_check_with_a_session_is_denied_once_that_ended(acme: Acme, graph: Graph) -> None:
    """What is allowed stays so with a living session; one that is not, or another's, denies it with the reason."""
    check, ada = f"/v1/stores/{STORE}/check", acme.member("ada")
    secret = acme.session(ada)
    good = acme.post(check, 200, **question(acme, ada, session=secret))
    assert (True, False) == (good["allowed"], "denied_by" in good)
    for other, why in ((acme.session(acme.olga), "session_of_another"), (UNKNOWN, "session_unknown")):
        denied = acme.post(check, 200, **question(acme, ada, session=other, explain=True))
        assert (False, why, False) == (denied["allowed"], denied["denied_by"], "path" in denied)
    age(graph, secret, at=timedelta(days=8))
    denied = acme.post(check, 200, **question(acme, ada, session=secret))
    assert (False, "session_expired") == (denied["allowed"], denied["denied_by"])
    assert acme.post(check, 200, **question(acme, ada))["allowed"]


def test_a_session_allows_nothing(acme: Acme) -> None:
    """What is denied without a session is denied with one, for no reason of the session's."""
    secret = acme.session(acme.olga)
    asked = question(acme, acme.olga, session=secret) | {"object": f"workspace:{made(acme.client).id}"}
    denied = acme.post(f"/v1/stores/{STORE}/check", 200, **asked)
    assert (False, False) == (denied["allowed"], "denied_by" in denied)


def test_a_batch_with_a_session_is_judged_item_by_item(acme: Acme) -> None:
    """In a batch the session counts for its own member, denies others, and leaves wrong questions wrong."""
    ada = acme.member("ada")
    asked = [
        question(acme, ada),
        question(acme, acme.olga),
        question(acme, ada, relation="can_fly"),
        {**question(acme, ada), "object": "x"},
    ]
    batch = acme.post(f"/v1/stores/{STORE}/checks", 200, checks=asked, session=acme.session(ada))["results"]
    assert [True, False, None, None] == [one.get("allowed") for one in batch]
    assert [None, "session_of_another", None, None] == [one.get("denied_by") for one in batch]
    assert ["relation_not_found", "malformed_object"] == [one["error"]["code"] for one in batch[2:]]


def test_sessions_are_of_one_store(acme: Acme, client: Client, shared: str) -> None:
    """A check in another store takes no session."""
    asked = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
    secret = acme.session(acme.olga)
    for reply in (
        client.post(f"{shared}/check", asked | {"session": secret}),
        client.post(f"{shared}/checks", {"checks": [asked], "session": secret}),
    ):
        assert (400, "session_refused", "/session") == reply.problem
