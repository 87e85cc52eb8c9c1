"""Reviews and reports over HTTP: as JSON, CSV and a page, who may read them, and wrong calls."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.service.acme import Acme
from tests.service.client import Client
from tests.service.conftest import MODEL


@pytest.fixture
def wiki(client: Client, store: str) -> str:
    """The path of a store where ada owns the wiki and may view it by a group."""
    path = f"/v1/stores/{store}"
    assert 201 == client.post(f"{path}/models", {"text": MODEL}).status
    writes = ("resource:wiki#owner@member:ada", "group:eng#member@member:bob", "resource:wiki#viewer@group:eng#member")
    body = {"writes": [dict(zip(("object", "relation", "subject"), _parts(one), strict=True)) for one in writes]}
    assert 200 == client.post(f"{path}/tuples/write", {**body, "by": "eve", "reason": "=1+1"}).status
    return path


def _parts(text: str) -> tuple[str, str, str]:
    object_, _, rest = text.partition("#")
    relation, _, subject = rest.partition("@")
    return object_, relation, subject


def review(client: Client, path: str, query: str = "", **body: Any) -> Any:
    """What a review answers."""
    reply = client.post(f"{path}/review{query}", {"object": "resource:wiki", **body})
    assert 200 == reply.status, reply.body
    return reply


def test_a_review(client: Client, wiki: str) -> None:
    """Each access with its path, since when and by whom; pages join; every row has every column."""
    told = review(client, wiki).json
    assert [
        ("member:ada", "owner"),
        ("member:ada", "viewer"),
        ("member:bob", "viewer"),
    ] == [(one["subject"], one["relation"]) for one in told["rows"]]
    assert all(list(one) == told["columns"] for one in told["rows"])
    bob = told["rows"][2]
    assert "group:eng#member@member:bob resource:wiki#viewer@group:eng#member" == bob["path"]
    assert bob["by"].startswith("eve")
    first = review(client, wiki, limit=2).json
    rest = review(client, wiki, limit=2, cursor=first["next_cursor"]).json
    assert told["rows"] == first["rows"] + rest["rows"]
    assert "next_cursor" not in rest


def test_a_review_as_csv_and_as_a_page(client: Client, wiki: str) -> None:
    """CSV has no formula; the page says by which policy a browser is to show it, and may run nothing."""
    reply = review(client, wiki, "?format=csv")
    assert "text/csv; charset=utf-8" == reply.headers["content-type"]
    lines = list(csv.DictReader(io.StringIO(reply.body.decode())))
    assert ["'=1+1"] * 3 == [one["reason"] for one in lines]
    page = review(client, wiki, "?format=html")
    assert "text/html; charset=utf-8" == page.headers["content-type"]
    policy = page.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert b"<title>Access review of resource:wiki</title>" in page.body


@pytest.mark.parametrize(
    ("query", "body", "code"),
    [
        ("", {"relations": ["editor"]}, "relation_not_found"),
        ("", {"types": ["robot"]}, "type_not_found"),
        ("", {"limit": 0}, "malformed_limit"),
        ("", {"object": "wiki"}, "malformed_object"),
        ("?whole=true", {"cursor": "abc"}, "malformed_cursor"),
        ("?format=pdf", {}, "invalid_request"),
    ],
)
def test_wrong_reviews(client: Client, wiki: str, query: str, body: dict[str, Any], code: str) -> None:
    """What nobody can ask is refused with its code."""
    reply = client.post(f"{wiki}/review{query}", {"object": "resource:wiki", **body})
    assert (400, code) == (reply.status, reply.json["code"])


def test_reports_are_told_to_owners(acme: Acme) -> None:
    """An owner gets each form; a member is told the relation they lack."""
    with acme.by(acme.session(acme.olga)) as olga:
        told = olga.get(f"{acme.home}/reports/owners").json
        assert [(f"member:{acme.olga}", True)] == [(one["subject"], one["only"]) for one in told["rows"]]
        assert (f"member:{acme.olga}", "owners") == (told["by"], told["name"])
        assert b"subject,kind,name" in olga.get(f"{acme.home}/reports/access?format=csv").body
        assert b"<h1>Owners of workspace Acme</h1>" in olga.get(f"{acme.home}/reports/owners?format=html").body
    with acme.by(acme.session(acme.member("eve"))) as eve:
        refused = eve.get(f"{acme.home}/reports/access")
        assert (403, "relation_missing", "can_read_audit") == (
            refused.status,
            refused.json["code"],
            refused.json["relation"],
        )


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ("everything", 404, "report_not_found"),
        ("owners?over=1", 400, "malformed_request"),
        ("one-path", 400, "malformed_request"),
        ("one-path?object=source:none", 404, "source_not_found"),
        ("wide-labels?over=half", 400, "malformed_over"),
        ("owners?format=pdf", 400, "invalid_request"),
    ],
)
def test_wrong_reports(acme: Acme, asked: str, status: int, code: str) -> None:
    """What nobody can ask is refused with its code."""
    reply = acme.client.get(f"{acme.home}/reports/{asked}")
    assert (status, code) == (reply.status, reply.json["code"])
