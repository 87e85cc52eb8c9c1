"""Services that answer badly, or not at all, and what a service gets to see."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from iamgraph.cli.remote import Remote
from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError, StoreError
from tests.cli.runner import NOWHERE, Cli

ALONE = Cli(NOWHERE)


@dataclass(slots=True)
class Stranger:
    """A server that is no iamgraph: gives one answer to everything, and remembers what it was sent."""

    url: str = ""
    status: int = 200
    body: bytes = b"<html>hello</html>"
    headers: dict[str, str] = field(default_factory=dict)
    seen: list[str | None] = field(default_factory=list)


@pytest.fixture
def stranger() -> Iterator[Stranger]:
    """Such a server, on a free port."""
    said = Stranger()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.seen.append(self.headers["Authorization"])
            self.send_response(said.status)
            for name, value in {**said.headers, "Content-Length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        said.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield said
        server.shutdown()
        thread.join()


def asked(url: str) -> IamgraphError:
    """The error a service ends with."""
    with Remote(url, "iag_x") as remote, pytest.raises(IamgraphError) as raised:
        remote.list_stores()
    return raised.value


@pytest.mark.parametrize("body", [b"<html>", b"", b"[]", b"{}", b'"x"', b'{"stores": 1}', b'{"stores": [{"id": 1}]}'])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_not_iamgraph(stranger: Stranger, status: int, body: bytes) -> None:
    """Whatever another server says, the error is that it does not answer as iamgraph does."""
    stranger.status, stranger.body = status, body
    error = asked(stranger.url)
    assert isinstance(error, StoreError)
    assert "not_iamgraph" == error.code


def test_a_redirect_is_not_followed(stranger: Stranger) -> None:
    """The key is not carried to where a server points."""
    stranger.status, stranger.headers = 302, {"Location": f"{stranger.url}/elsewhere"}
    assert "not_iamgraph" == asked(stranger.url).code
    assert ["Bearer iag_x"] == stranger.seen


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "malformed_name", RequestError),
        (401, "unauthenticated", RequestError),
        (404, "store_not_found", RequestError),
        (409, "tuple_not_found", ConflictError),
        (422, "condition_not_evaluated", ModelError),
        (422, "too_many_tuples", LimitError),
        (500, "internal_error", StoreError),
        (503, "deadline_exceeded", StoreError),
    ],
)
def test_problems_become_errors(stranger: Stranger, status: int, code: str, kind: type[IamgraphError]) -> None:
    """A problem is the error the authorizer would have raised, with its pointer and nothing unprintable."""
    stranger.status = status
    stranger.body = f'{{"code": "{code}", "detail": "no\\u001b[2J way", "pointer": "/x"}}'.encode()
    error = asked(stranger.url)
    assert (kind, code, "no [2J way") == (type(error), error.code, error.message)
    assert error.pointer == (None if kind is LimitError else "/x")


def test_the_users_other_passwords_stay_at_home(stranger: Stranger, tmp_path: Path) -> None:
    """A password for the host in the user's netrc file is never sent, with a key or without."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine\n")
    ALONE.run("store", "list", "--url", stranger.url, NETRC=str(netrc))
    ALONE.run("store", "list", "--url", stranger.url, "--key", "iag_k", NETRC=str(netrc))
    assert [None, "Bearer iag_k"] == stranger.seen


def test_the_key_of_the_environment(stranger: Stranger) -> None:
    """URL and key are taken from the environment, and the options win."""
    ALONE.run("store", "list", IAMGRAPH_URL=stranger.url, IAMGRAPH_KEY="iag_env")
    ALONE.run("store", "list", "--key", "iag_option", IAMGRAPH_URL=stranger.url, IAMGRAPH_KEY="iag_env")
    assert ["Bearer iag_env", "Bearer iag_option"] == stranger.seen


def test_nobody_there() -> None:
    """A port nobody listens on is one line, with what was tried."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        ran = ALONE.run("store", "list", "--url", url)
    assert (2, f"iamgraph: no service answers at `{url}`\n") == (ran.code, ran.err)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://x", "http://", "nonsense"])
def test_malformed_url(url: str) -> None:
    """What is no URL of a service is the caller's mistake."""
    assert (2, "malformed_url") == ALONE.run("store", "list", "--url", url, "--json").failure


@pytest.mark.parametrize("key", ["schlüssel", "a\nb"])
def test_malformed_key(key: str) -> None:
    """A key that cannot stand in a header is refused without being sent or shown."""
    ran = ALONE.run("store", "list", "--url", "http://127.0.0.1:1", "--key", key, "--json")
    assert (2, "unauthenticated") == ran.failure
    assert key not in ran.err


def test_without_a_key(url: str) -> None:
    """A service that asks for keys answers with its own words."""
    ran = ALONE.run("store", "list", "--url", url)
    assert (2, "iamgraph: send a key: `Authorization: Bearer iag_…`\n") == (ran.code, ran.err)
    assert (2, "unauthenticated") == ALONE.run("store", "list", "--url", f"{url}/", "--json").failure
