"""What is served at `/`: to names it was told of, under a strict policy, and without a key in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamgraph.store.neo4j import Neo4jServer
from tests.service.client import Client
from tests.service.process import serving

FILES = ("/", "/page/page.js", "/page/layout.js", "/page/style.css", "/page/icon.svg", "/page/about")


@pytest.mark.parametrize("path", FILES)
def test_the_policy_stands_on_every_file(client: Client, path: str) -> None:
    """Scripts, styles, workers and calls come from here alone, nothing is inline, and nobody frames it."""
    with Client(client.port, None) as stranger:
        reply = stranger.get(path)
    assert 200 == reply.status
    policy = dict(one.strip().split(" ", 1) for one in reply.headers["content-security-policy"].split(";"))
    assert {"'none'"} == {policy[one] for one in ("default-src", "base-uri", "form-action", "frame-ancestors")}
    assert {"'self'"} == {policy[one] for one in ("script-src", "style-src", "connect-src", "worker-src")}
    assert ("nosniff", "no-referrer") == (
        reply.headers["x-content-type-options"],
        reply.headers["referrer-policy"],
    )
    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("path", FILES)
def test_another_name_is_refused(client: Client, path: str) -> None:
    """A name that somebody pointed here gets nothing of the page."""
    reply = client.send("GET", path, None, {"Host": f"evil.example:{client.port}"})
    assert (403, "host_refused", None) == reply.problem


def test_a_named_host_is_served(server: Neo4jServer, tmp_path: Path) -> None:
    """The names of `IAMGRAPH_HOSTS` are served, and no name that merely begins alike."""
    with serving(server, tmp_path, hosts="access.example, other.example") as running, Client(running.port, None) as one:
        hosts = ("access.example", "other.example:8080", "access.example.evil")
        assert [200, 200, 403] == [one.send("GET", "/", None, {"Host": host}).status for host in hosts]


def test_a_file_that_is_there_is_not_sent_again(client: Client) -> None:
    """A browser that has a file is told so."""
    tag = client.get("/page/page.js").headers["etag"]
    assert 304 == client.send("GET", "/page/page.js", None, {"If-None-Match": tag}).status


@pytest.mark.parametrize("path", ["/page/made-of", "/page/..%2fapp.py", "/page/nothing"])
def test_no_other_file_is_served(client: Client, path: str) -> None:
    """Only the page's files are."""
    assert 404 == client.get(path).status
