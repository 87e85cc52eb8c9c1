"""Checks over HTTP: allowed and denied, the path, zookies, contextual tuples, conditions and expiry."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from ulid import ULID

from tests.service.client import Client

TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
CONDITIONED: Final = """\
model
  schema 1.1
type member
type resource
  relations
    define viewer: [member with weekday]
condition weekday(day: string) {
  day != "sunday"
}
"""


def write(client: Client, home: str, *tuples: dict[str, Any]) -> str:
    """The zookie of a write."""
    reply = client.post(f"{home}/tuples/write", {"writes": list(tuples)})
    assert 200 == reply.status, reply.body
    return str(reply.json["zookie"])


def test_denied_is_an_answer(client: Client, home: str) -> None:
    """A denied check is 200 with `allowed` false, the newest zookie, and no path even where one is asked for."""
    zookie = client.get(home).json["zookie"]
    reply = client.post(f"{home}/check", TUPLE | {"explain": True})
    assert (200, {"allowed": False, "zookie": zookie}) == (reply.status, reply.json)


def test_allowed_without_explain_has_no_path(client: Client, home: str) -> None:
    """An allowed check says so with the zookie of the write that allowed it, and nothing else."""
    zookie = write(client, home, TUPLE)
    reply = client.post(f"{home}/check", TUPLE)
    assert (200, {"allowed": True, "zookie": zookie}) == (reply.status, reply.json)


def test_the_path_proves_the_answer(client: Client, home: str) -> None:
    """With `explain` the tuples come from the subject to the object, each with its revision, author and reason."""
    joined = {"subject": "member:ada", "relation": "member", "object": "group:eng"}
    granted = {"subject": "group:eng#member", "relation": "viewer", "object": "resource:wiki"}
    body = {"writes": [granted, joined], "reason": "on call", "by": "bob"}
    revision = client.post(f"{home}/tuples/write", body).json["revision"]
    path = client.post(f"{home}/check", TUPLE | {"explain": True}).json["path"]
    said = {"since": revision, "by": "bob by key service tests", "reason": "on call"}
    assert [joined | said, granted | said] == [{k: v for k, v in one.items() if k != "at"} for one in path]


def test_a_zookie_goes_round(client: Client, home: str) -> None:
    """The zookie of a write is taken by the check after it, and the answer's by the next."""
    first = client.post(f"{home}/check", TUPLE | {"zookie": write(client, home, TUPLE)})
    second = client.post(f"{home}/check", TUPLE | {"zookie": first.json["zookie"]})
    assert [(200, True)] * 2 == [(one.status, one.json["allowed"]) for one in (first, second)]


def test_a_zookie_of_another_store_is_refused(client: Client, home: str, shared: str) -> None:
    """A zookie made by another store is refused, never answered."""
    zookie = client.get(shared).json["zookie"]
    assert (400, "zookie_refused", "/zookie") == client.post(f"{home}/check", TUPLE | {"zookie": zookie}).problem


def test_a_zookie_of_a_store_that_was_is_refused(client: Client) -> None:
    """A store made again under its old name refuses the zookies of its first life."""
    name = f"http-{ULID()}"
    home = f"/v1/stores/{name}"
    zookies = []
    for _ in range(2):
        zookies.append(client.post("/v1/stores", {"id": name}).json["zookie"])
        client.post(f"{home}/models", {"text": CONDITIONED})
        answer = client.post(f"{home}/check", TUPLE | {"zookie": zookies[0]})
        assert 204 == client.delete(home).status
    assert (400, "zookie_refused", "/zookie") == answer.problem


def test_contextual_tuples_hold_for_one_question(client: Client, home: str) -> None:
    """Tuples sent along are counted for that check only, together with the stored ones."""
    joined = {"subject": "member:ada", "relation": "member", "object": "group:eng"}
    write(client, home, {"subject": "group:eng#member", "relation": "viewer", "object": "resource:wiki"})
    asked = [TUPLE | {"contextual_tuples": [joined]}, TUPLE]
    assert [True, False] == [client.post(f"{home}/check", one).json["allowed"] for one in asked]


def test_a_contextual_tuple_must_fit_the_model(client: Client, home: str) -> None:
    """A contextual tuple that could not be written is refused as a written one is."""
    wrong = TUPLE | {"relation": "owner", "subject": "group:eng#member"}
    reply = client.post(f"{home}/check", TUPLE | {"contextual_tuples": [wrong]})
    assert (400, "tuple_not_allowed", "/contextual_tuples/0") == reply.problem


@pytest.mark.parametrize(("hours", "allowed"), [(1, True), (-1, False)])
def test_expiry_is_judged(client: Client, home: str, hours: int, allowed: bool) -> None:
    """A tuple counts until its time, and its time is given back as it was said."""
    ends = (datetime.now(UTC) + timedelta(hours=hours)).replace(microsecond=0)
    write(client, home, TUPLE | {"expires_at": ends.isoformat()})
    assert allowed is client.post(f"{home}/check", TUPLE).json["allowed"]
    (kept,) = client.post(f"{home}/tuples/read", {}).json["tuples"]
    assert ends == datetime.fromisoformat(kept["expires_at"])


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2030-01-01T00:00:00Z"])
def test_times_at_the_ends_of_the_calendar(client: Client, home: str, time: str) -> None:
    """The first and the last times there are either kept and given back, or refused: never a fault."""
    reply = client.post(f"{home}/tuples/write", {"writes": [TUPLE | {"expires_at": time}]})
    assert reply.status in (200, 400), reply.body
    assert 200 == client.post(f"{home}/tuples/read", {}).status
    assert 200 == client.get(f"{home}/changes").status
    assert 200 == client.post(f"{home}/check", TUPLE).status


def test_a_condition_keeps_its_context(client: Client, home: str) -> None:
    """A tuple's condition and context come back as they were written, in tuples and in changes."""
    client.post(f"{home}/models", {"text": CONDITIONED})
    condition = {"name": "weekday", "context": {"day": "monday", "odd": [1.5, None, {"é": "\U0001f512"}]}}
    write(client, home, TUPLE | {"condition": condition})
    (kept,) = client.post(f"{home}/tuples/read", {}).json["tuples"]
    changed = client.get(f"{home}/changes").json["changes"][-1]["writes"][0]
    assert [condition] * 2 == [kept["condition"], changed["condition"]]


def test_an_unknown_check_is_no_answer(client: Client, home: str) -> None:
    """A check that hangs on a condition is neither allowed nor denied: 422, with or without a context."""
    client.post(f"{home}/models", {"text": CONDITIONED})
    write(client, home, TUPLE | {"condition": {"name": "weekday"}})
    for more in ({}, {"context": {"day": "monday"}}, {"explain": True}):
        assert (422, "condition_not_evaluated", None) == client.post(f"{home}/check", TUPLE | more).problem


def test_odd_identifiers_are_plain_data(client: Client, home: str) -> None:
    """Ids with separators, quotes, Cypher and letters of any script are kept and found as they are."""
    ids = ["a:b", "a##b", "a@b|c", "'`\"\\", "$x}", "é漢字", "a/b%2F", "*a", "--", "😀"]
    write(client, home, *(TUPLE | {"object": f"resource:{one}"} for one in ids))
    found = [client.post(f"{home}/check", TUPLE | {"object": f"resource:{one}"}).json["allowed"] for one in ids]
    assert [True] * len(ids) == found
    read = client.post(f"{home}/tuples/read", {"object": "resource:"}).json["tuples"]
    assert {f"resource:{one}" for one in ids} == {one["object"] for one in read}
