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
    client: Client, home: str, fields: dict[str, object], answer: tuple[int, str, str | None]
) -> None:
    """Neither and both of the moments, a future, a relation the model of then lacks, and a zookie."""
    assert answer == client.post(f"{home}/history/check", ASKED | fields).problem
