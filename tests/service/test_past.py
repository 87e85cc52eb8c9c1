"""The past over HTTP: checks as of a revision and a time."""

from __future__ import annotations

from typing import Final

import pytest

from tests.service.client import Client
from tests.service.test_check import TUPLE, write

pytestmark = pytest.mark.long

ASKED: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}


def test_a_check_as_of_then(client: Client, home: str) -> None:
    """A grant that came and went is there between the two only, with the path of then."""
    write(client, home, TUPLE | {})
    given = client.get(home).json["revision"]
    at = client.get(f"{home}/changes").json["changes"][-1]["at"]
    assert 200 == client.post(f"{home}/tuples/delete", {"tuples": [TUPLE], "reason": "left"}).status
    asked = [
        {"at_revision": given - 1},
        {"at_revision": given, "explain": True},
        {"at_time": at},
        {"at_revision": given + 1},
    ]
    found = [client.post(f"{home}/history/check", ASKED | one).json for one in asked]
    assert [False, True, True, False] == [one["allowed"] for one in found]
    assert [given] == [one["since"] for one in found[1]["path"]]


def test_why_as_of_then(client: Client, home: str) -> None:
    """A grant that came and went is the proof between the two only, and nothing is told that would allow it then."""
    write(client, home, TUPLE | {})
    given = client.get(home).json["revision"]
    assert 200 == client.post(f"{home}/tuples/delete", {"tuples": [TUPLE]}).status
    then, now = (client.post(f"{home}/history/why", ASKED | {"at_revision": given + i}).json for i in (0, 1))
    assert [[given]] == [[each["since"] for each in one["path"]] for one in then["proofs"]]
    assert (False, True, []) == (now["allowed"], bool(now["branches"]), now["changes"])
    assert client.post(f"{home}/why", ASKED).json["changes"]


@pytest.mark.parametrize("route", ["check", "why"])
@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({}, (400, "invalid_request", "/at_revision")),
        ({"at_revision": 1, "at_time": "2026-01-01T00:00:00Z"}, (400, "invalid_request", "/at_revision")),
        ({"at_revision": 999}, (400, "revision_unknown", None)),
        ({"at_time": "2999-01-01T00:00:00Z"}, (400, "revision_unknown", None)),
        ({"at_revision": 1, "relation": "owns"}, (400, "relation_not_found", "/relation")),
        ({"at_revision": 1, "zookie": "x"}, (400, "invalid_request", "/zookie")),
    ],
)
def test_what_makes_no_sense_is_refused(
    client: Client, home: str, route: str, fields: dict[str, object], answer: tuple[int, str, str | None]
) -> None:
    """Neither and both of the moments, a future, a relation the model of then lacks, and a zookie."""
    assert answer == client.post(f"{home}/history/{route}", ASKED | fields).problem


def test_what_would_be_and_what_was(client: Client, home: str) -> None:
    """A trial tells what it would give and writes nothing; once written, the history tells the same."""
    write(client, home, ASKED | {"subject": "group:eng#member"})
    before = client.get(home).json["revision"]
    grant = {"subject": "member:ada", "relation": "member", "object": "group:eng"}
    tried = client.post(f"{home}/what-if", {"writes": [grant], "types": ["resource"]}).json
    shift = ASKED | {"before": "denied", "after": "allowed"}
    assert ([shift], 1, 0) == (tried["shifts"], tried["gained"], tried["lost"])
    assert before == client.get(home).json["revision"]
    write(client, home, grant)
    asked = {"since_revision": before, "until_revision": before + 1, "object": ASKED["object"]}
    told = client.post(f"{home}/history/changes", asked).json
    assert [shift] == told["shifts"]


@pytest.mark.parametrize(
    ("path", "fields", "answer"),
    [
        ("what-if", {}, (400, "empty_write", None)),
        ("what-if", {"model": "nothing"}, (422, "invalid_model", None)),
        ("what-if", {"writes": [ASKED | {"relation": "owns"}]}, (400, "relation_not_found", "/writes/0")),
        ("what-if", {"model": "", "relations": ["no no"]}, (400, "malformed_name", "/relations")),
        ("history/changes", {"object": "resource:wiki"}, (400, "invalid_request", "/since_revision")),
        ("history/changes", {"since_revision": 1, "until_revision": 1}, (400, "object_or_subject_required", None)),
        (
            "history/changes",
            {"since_revision": 1, "until_revision": 1, "subject": "x"},
            (400, "malformed_object", "/subject"),
        ),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused(
    client: Client, home: str, path: str, fields: dict[str, object], answer: tuple[int, str, str | None]
) -> None:
    """Nothing tried, a faulty model, a tuple the model lacks, names that are none, and missing moments."""
    assert answer == client.post(f"{home}/{path}", fields).problem


def test_who_gave_it_and_when(client: Client, home: str) -> None:
    """The change after which access has been without a break, with its author and reason; none where it is denied."""
    assert 200 == client.post(f"{home}/tuples/write", {"writes": [ASKED], "by": "eve", "reason": "asked to"}).status
    told = client.post(f"{home}/history/since", ASKED).json
    assert (True, 2, "asked to") == (told["allowed"], told["change"]["revision"], told["change"]["reason"])
    assert [2] == [one["since"] for one in told["path"]]
    denied = client.post(f"{home}/history/since", ASKED | {"subject": "member:bob"}).json
    assert {"allowed", "zookie"} == set(denied)
