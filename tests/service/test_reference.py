"""The page at `/docs`: all that can be asked is on it, its calls work as they stand, and it fetches nothing."""

from __future__ import annotations

import json
import re
import shlex
from html.parser import HTMLParser
from http.client import HTTPConnection
from typing import Any, Final, NamedTuple

import pytest
from ulid import ULID

from tests.service.client import Client, Reply

# What the examples' files might hold.
FILES: Final = {
    "@tuples.jsonl": '{"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}\n',
    "@people.csv": "email,name\neve@acme.example,Eve\n",
}
# What these name is told when it was made, which no example can know: of keys, sessions and the like the id, or the
# secret; a workspace and a space besides, and the member whose request it is; and Cypher has to be switched on.
NOBODYS: Final = re.compile(r"/01K0+|/invites/accept$|/move$|/admits$|/access-requests$|/cypher$")
# What is made before the rest, in this order.
FIRST: Final = (
    "^/v1/stores$",
    "/models$",
    "/tuples/write$",
    "^/v1/workspaces$",
    "^/v1/workspaces/[^/]+/members$",
    "^/v1/workspaces/[^/]+/(groups|labels|resources)$",
    "^/v1/workspaces/[^/]+/policies$",
)
FORBIDDEN: Final = {"script", "iframe", "object", "embed", "form", "base", "style", "img"}


class Page(HTMLParser):
    """What is on the page: its elements, its ids and links, and the text of its calls."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.calls: list[str] = []
        self._in_call = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep an element; a `pre` begins a text of its own."""
        self.elements.append((tag, dict(attrs)))
        if tag == "pre":
            self.calls.append("")
            self._in_call = True

    def handle_data(self, data: str) -> None:
        """Text counts where it stands in a `pre`."""
        if self._in_call:
            self.calls[-1] += data

    def handle_endtag(self, tag: str) -> None:
        """The end of a `pre` ends its text."""
        if tag == "pre":
            self._in_call = False

    def values(self, name: str) -> list[str]:
        """What an attribute is anywhere."""
        return [found for _, attributes in self.elements if (found := attributes.get(name)) is not None]


@pytest.fixture(scope="module")
def reply(client: Client) -> Reply:
    """The answer of `/docs` to somebody without a key."""
    with Client(client.port, None) as stranger:
        return stranger.get("/docs")


@pytest.fixture(scope="module")
def page(reply: Reply) -> Page:
    """The page, read."""
    return Page(reply.body.decode())


def test_nothing_runs_and_nothing_is_fetched(client: Client, reply: Reply, page: Page) -> None:
    """The policy allows a style of its own and no more, and the page keeps to it."""
    assert (200, "text/html; charset=utf-8") == (reply.status, reply.headers["content-type"])
    policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    assert policy == reply.headers["content-security-policy"]
    assert ("DENY", "no-referrer", "nosniff") == tuple(
        reply.headers[one] for one in ("x-frame-options", "referrer-policy", "x-content-type-options")
    )
    assert set() == FORBIDDEN & {tag for tag, _ in page.elements}
    names = {name for _, attributes in page.elements for name in attributes}
    assert [] == [one for one in names if one.startswith("on") or one in ("style", "src")]
    links = set(page.values("href"))
    assert {"/docs/style.css", "/openapi.json"} == {one for one in links if not one.startswith("#")}
    assert {one.removeprefix("#") for one in links if one.startswith("#")} <= set(page.values("id"))
    style = client.get("/docs/style.css")
    assert (200, "text/css; charset=utf-8") == (style.status, style.headers["content-type"])
    assert b"url(" not in style.body
    assert b"@import" not in style.body


def test_ids_are_once(page: Page) -> None:
    """A link leads to one place."""
    ids = page.values("id")
    assert len(ids) == len(set(ids))


def test_every_call_is_on_the_page(client: Client, page: Page, reply: Reply) -> None:
    """Each described operation has its place, with its path and a call to paste."""
    text = reply.body.decode()
    paths = client.get("/openapi.json").json["paths"]
    operations = [one for item in paths.values() for one in item.values()]
    assert {one["operationId"] for one in operations} <= set(page.values("id"))
    assert [] == [path for path in paths if f"<code>{path}</code>" not in text]
    assert len(operations) == len([one for one in page.calls if one.startswith("curl ")])


def test_the_calls_work_as_they_stand(client: Client, secret: str, page: Page) -> None:
    """Every call on the page does what it says, in an empty store and a new workspace; and none holds a key."""
    store, workspace = f"docs-{ULID()}", f"docs-{ULID()}".lower()
    words = [one.replace("default", store).replace("acme", workspace) for one in page.calls if one.startswith("curl ")]
    calls = [_read(one) for one in words]
    streams = {_read(one).path for one in words if one.startswith("curl -sN")}
    made: list[tuple[str, str, int]] = []
    for method, path, type_, body in sorted(calls, key=_turn):
        if path in streams:
            made.append((method, path, _begun(client.port, secret, path)))
            continue
        reply = client.send(method, path, body, {"Content-Type": type_})
        made.append((method, path, reply.status))
        if path == "/v1/keys" and method == "POST":
            assert 204 == client.delete(f"/v1/keys/{reply.json['id']}").status
    assert [] == [one for one in made if one[2] >= 300 and not NOBODYS.search(one[1])]
    assert {200, 204, 400, 403, 404} >= {one[2] for one in made if NOBODYS.search(one[1])}
    assert len(calls) == len(made)


def _begun(port: int, secret: str, path: str) -> int:
    """The status of an answer that goes on; its end is not waited for."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Authorization": f"Bearer {secret}"})
    status = connection.getresponse().status
    connection.close()
    return status


class Call(NamedTuple):
    """A call of curl's; with a body it has a type."""

    method: str
    path: str
    type: str | None
    body: str | None


def _turn(call: Call) -> tuple[int, str]:
    """What is made before what it is asked for, and what takes away last."""
    method, path = call[:2]
    if path.endswith("/document") or (method, "accounts" in path) == ("DELETE", True):
        return 20, path  # these end what others name
    if method == "DELETE":
        # What is put in place of policies ends those that nobody holds any longer.
        return 17 if "/policies/" in path else 19, path
    if "delete" in path or method == "PUT":
        return 18, path
    if "remove" in path:
        return 16, path
    if method == "POST":
        return next((i for i, one in enumerate(FIRST) if re.search(one, path)), 15), path
    return 16, path


def _read(call: str) -> Call:
    """What curl is told."""
    words = shlex.split(call.replace("\\\n", " "))
    assert "curl" == words[0]
    assert words[1] in ("-s", "-sN")
    url = next(one for one in words if one.startswith("$IAMGRAPH_URL"))
    headers = [words[i + 1] for i, one in enumerate(words) if one == "-H"]
    assert "Authorization: Bearer $IAMGRAPH_KEY" in headers
    type_ = next((one.removeprefix("Content-Type: ") for one in headers if one.startswith("Content-Type: ")), None)
    body = words[words.index("-d") + 1] if "-d" in words else None
    assert body is None or isinstance(json.loads(body), dict)
    if "--data-binary" in words:
        body = FILES[words[words.index("--data-binary") + 1]]
    method: Any = words[words.index("-X") + 1] if "-X" in words else "GET" if body is None else "POST"
    return Call(method, url.removeprefix("$IAMGRAPH_URL"), type_, body)
