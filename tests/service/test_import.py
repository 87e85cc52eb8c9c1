"""Imports over HTTP: every form of a body, what is answered line by line, and what is refused."""

from __future__ import annotations

import gzip
import json
import socket
import time
from pathlib import Path
from typing import Any, Final

import pytest

from iamgraph.questions import Scope
from iamgraph.ring import BOUND_SECONDS, REFRESH_SECONDS
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.made_keys import end_key, make_key
from tests.service.client import Client, Reply
from tests.service.process import Running, serving

ADA: Final = "resource:wiki#viewer@member:ada"
JSONL: Final = b'{"subject":"member:ada","relation":"viewer","object":"resource:wiki"}\n'
CSV: Final = b"subject,relation,object\nmember:ada,viewer,resource:wiki\n"
OPENFGA: Final = b'[{"user":"member:ada","relation":"viewer","object":"resource:wiki"}]'
YAML: Final = b"- {user: 'member:ada', relation: viewer, object: 'resource:wiki'}\n"
NDJSON: Final = "application/x-ndjson"
SMALL: Final = 100_000
LARGE: Final = 2_000_000  # past what other bodies may have


def sent(client: Client, home: str, body: bytes, kind: str = NDJSON, query: str = "", **headers: str) -> Reply:
    """The answer to an import."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.send("POST", f"{home}/import{query}", body, {"Content-Type": kind, **named})


def lines(reply: Reply) -> list[tuple[str, Any]]:
    """The lines of an answer, each by its name."""
    assert (200, NDJSON) == (reply.status, reply.headers["content-type"])
    return [(name, said) for line in reply.body.splitlines() for name, said in json.loads(line).items()]


def outcome(reply: Reply) -> tuple[int, int, int]:
    """How many tuples were written and rejected, and how many lines skipped, by the last line."""
    name, said = lines(reply)[-1]
    assert "outcome" == name, said
    return said["written"], said["rejected"], said["skipped"]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (NDJSON, JSONL),
        ("text/csv; charset=utf-8", CSV),
        ("application/json", OPENFGA),
        ("application/yaml", YAML),
        ("text/plain", ADA.encode()),
        ("application/octet-stream", JSONL),
        ("application/octet-stream", CSV),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_body_of_every_kind(client: Client, home: str, kind: str, body: bytes, packed: bool) -> None:
    """The content type tells what the tuples are written in; gzip is taken, and told by `Content-Encoding` or not."""
    for encoding in ({"Content_Encoding": "gzip"}, {}) if packed else ({},):
        reply = sent(client, home, gzip.compress(body) if packed else body, kind, f"?id={len(encoding)}", **encoding)
        assert (1, 0, 0) == outcome(reply)
    assert True is client.post(f"{home}/check", json.loads(JSONL)).json["allowed"]


def test_the_lines_of_an_answer(client: Client, home: str) -> None:
    """First the import's id, then rejected lines and progress, last the outcome with a zookie that checks accept."""
    said = lines(sent(client, home, JSONL + b"{\n", query="?by=eve&reason=new"))
    assert ["import", "rejected", "progress", "outcome"] == [name for name, _ in said]
    assert (2, "malformed_tuple", "{") == tuple(said[1][1][name] for name in ("line", "code", "text"))
    last = said[-1][1]
    assert (1, 1, 2, False) == (last["written"], last["rejected"], last["revision"], last["stopped"])
    assert 200 == client.post(f"{home}/check", json.loads(JSONL) | {"zookie": last["zookie"]}).status
    change = client.get(f"{home}/changes?since=1").json["changes"][0]
    assert ("eve by key service tests", "new") == (change["by"], change["reason"])


def test_an_import_is_done_once(client: Client, home: str) -> None:
    """The same body again is skipped; under its id another body is a conflict."""
    assert (1, 0, 0) == outcome(sent(client, home, JSONL, query="?id=one"))
    assert (0, 0, 1) == outcome(sent(client, home, JSONL, query="?id=one"))
    name, said = lines(sent(client, home, JSONL * 2, query="?id=one"))[-1]
    assert ("problem", 409, "import_id_reused") == (name, said["status"], said["code"])


def test_options_in_the_query(client: Client, home: str) -> None:
    """`dry_run`, `strict`, `on_existing` and `format` are those of the command line."""
    assert (1, 0, 0) == outcome(sent(client, home, JSONL, query="?dry_run=true"))
    assert (0, 1, 0) == outcome(sent(client, home, JSONL + b"{\n", query="?strict=true"))
    assert (1, 0, 0) == outcome(sent(client, home, JSONL))
    assert (0, 0, 0) == outcome(sent(client, home, JSONL, query="?on_existing=ignore"))
    assert "tuple_exists" == lines(sent(client, home, JSONL, query="?on_existing=fail"))[-1][1]["code"]
    assert (1, 0, 0) == outcome(sent(client, home, ADA.encode(), "text/csv", "?format=relationships"))


@pytest.mark.parametrize(
    ("kind", "body", "query", "problem"),
    [
        ("text/html", b"", "", (415, "unsupported_media_type")),
        ("application/octet-stream", b"ada is here", "", (400, "unknown_format")),
        ("text/csv", b"a,b\n", "", (400, "malformed_header")),
        ("application/json", b"{", "", (400, "malformed_tuple")),
        ("application/json", b"{}", "", (400, "malformed_document")),
        ("application/yaml", b"- &a x\n- *a\n", "", (400, "malformed_document")),
        (NDJSON, JSONL, "?id=a/b", (400, "malformed_import_id")),
        (NDJSON, JSONL, "?by=", (400, "malformed_text")),
        (NDJSON, JSONL, "?reason=%00", (400, "malformed_text")),
        (NDJSON, JSONL, "?strict=perhaps", (400, "invalid_request")),
        (NDJSON, JSONL, "?what=else", (400, "invalid_request")),
        (NDJSON, JSONL, "?id=a&id=b", (400, "malformed_request")),
        (NDJSON, gzip.compress(JSONL, mtime=0)[:9], "", (400, "malformed_gzip")),
    ],
)
def test_what_is_refused_at_once(
    client: Client, home: str, kind: str, body: bytes, query: str, problem: tuple[int, str]
) -> None:
    """What can be known before anything is written is a problem with a status of its own."""
    assert problem == sent(client, home, body, kind, query).problem[:2]
    assert 1 == client.get(home).json["revision"]


def test_an_encoding_that_is_not_known(client: Client, home: str) -> None:
    """A body in another encoding than gzip is refused."""
    reply = sent(client, home, JSONL, Content_Encoding="br")
    assert (415, "unsupported_media_type") == reply.problem[:2]


def test_no_such_store(client: Client) -> None:
    """There is no import into a store that is not there."""
    assert (404, "store_not_found") == sent(client, "/v1/stores/nope", JSONL).problem[:2]


def test_damage_in_the_middle(client: Client, home: str) -> None:
    """Gzip that ends early is the last line's problem; whatever bytes come, no answer is a fault of iamgraph."""
    name, said = lines(sent(client, home, gzip.compress(JSONL * 50_000)[:-8]))[-1]
    assert ("problem", "malformed_gzip") == (name, said["code"])
    for body in (b"\0" * 1_000, b"\xff\xfe\x00", b"\xef\xbb\xbf", b"\n" * 99, b'"' * 99, b"[" * 99_999, b"\x1f\x8b"):
        for kind in (NDJSON, "text/csv", "application/json", "application/yaml", "text/plain"):
            assert sent(client, home, body, kind).status in {200, 400}
            assert b"internal_error" not in sent(client, home, body, kind).body


def test_a_body_in_chunks(service: Running, secret: str, home: str) -> None:
    """A body of unknown length is taken whole; one that ends early is refused, and nothing of it written."""
    head = f"POST {home}/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n"
    head += f"Content-Type: {NDJSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = b"%x\r\n%s\r\n0\r\n\r\n" % (len(JSONL), JSONL)
    assert b'"outcome": ' in _raw(service.port, head.encode() + whole)
    assert b"malformed_request" in _raw(service.port, head.encode() + whole[:20])


def _raw(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_a_large_file(client: Client, home: str) -> None:
    """A file may be larger than any other body."""
    assert (1, 0, 0) == outcome(sent(client, home, JSONL + b"\n" * LARGE))


def test_limits(server: Neo4jServer, secret: str, tmp_path: Path, client: Client, home: str) -> None:
    """Neither a body nor what comes out of it in gzip is larger than the setting says."""
    with serving(server, tmp_path, max_import=str(SMALL)) as running, Client(running.port, secret) as limited:
        assert (413, "import_too_large") == sent(limited, home, b"\n" * (SMALL + 1)).problem[:2]
        assert [] == [name for name, _ in lines(sent(limited, home, b"\n" * SMALL)) if name == "problem"]
        bomb = gzip.compress(b"\n" * 50_000_000)
        assert len(bomb) < SMALL
        name, said = lines(sent(limited, home, bomb))[-1]
        assert ("problem", 413, "import_too_large") == (name, said["status"], said["code"])


def test_a_key_that_ends_meanwhile(service: Running, keeper: Neo4jKeeper, client: Client, home: str) -> None:
    """A file whose key was revoked while it came is not imported."""
    key, secret = make_key(keeper, "to be revoked", {Scope.WRITE})
    time.sleep(2 * REFRESH_SECONDS)
    head = f"POST {home}/import HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {secret}\r\nConnection: close\r\n"
    head += f"Content-Type: {NDJSON}\r\nContent-Length: {LARGE + len(JSONL)}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", service.port), 60) as connection:
        connection.sendall(head.encode() + JSONL + b"\n" * (LARGE // 2))
        time.sleep(0.5)  # it was let in
        end_key(keeper, key)
        time.sleep(BOUND_SECONDS)
        connection.sendall(b"\n" * (LARGE // 2))
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 401 "), answer
    assert b"was revoked" in answer
    assert client.post(f"{home}/check", json.loads(JSONL)).json["allowed"] is False
