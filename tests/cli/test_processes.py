"""One command of each family as a process of its own: its exit code, what it prints, and where."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.access.access import Access, found_store
from iamgraph.access.document import parse_document
from iamgraph.access.sessions import Sessions
from iamgraph.access.words import Caller
from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from tests.cli.runner import ROOT, SCRIPT, Environment, Ran, environment, on

DOCUMENT: Final = """\
workspace: acme
name: Acme
plan: team
region: us
hipaa: false
labels:
- label: environment:dev
- label: environment:prod
members:
- id: ada
  email: ada@acme.io
  role: owner
- id: bob
  email: bob@acme.io
resources:
- type: source
  id: orders
policies:
- id: p1
  role: source_reader
  resources:
  - orders
  holders:
  - member:bob
"""
BOB: Final = ("member:bob", "can_read", "source:orders")


@dataclass(frozen=True, slots=True)
class Case:
    """A command, and what has to hold of what it prints as JSON."""

    words: tuple[str, ...]
    holds: Callable[[Any], bool]
    given: str | None = None
    by: str | None = None


CASES: Final = {
    "workspace apply": Case(
        ("workspace", "apply", "-f", "-", "--yes"), lambda said: said["changes"] is False, given=DOCUMENT
    ),
    "workspace upgrade": Case(("workspace", "upgrade", "--dry-run"), lambda said: said["changes"] is False),
    "report": Case(("report", "owners", "acme"), lambda said: [one["only"] for one in said["rows"]] == [True]),
    "history": Case(("history", "since", *BOB), lambda said: said["change"]["by"] == "key set-up"),
    "what-if": Case(
        ("what-if", "--delete", "policy:p1#direct@member:bob", "--object", "source:orders", "--relation", "can_read"),
        lambda said: (said["gained"], said["lost"]) == (0, 1),
    ),
    "why": Case(("why", *BOB), lambda said: said["allowed"] and "source:orders" in json.dumps(said["proofs"])),
    "list": Case(("list", "objects", "member:bob", "can_read", "source"), lambda said: "orders" in json.dumps(said)),
    "cypher": Case(("cypher", "who_is_owner_where"), lambda said: "ada" in json.dumps(said)),
    "token": Case(("token", "create", "acme", "nightly", "--reason", "why"), lambda said: said["secret"][:4] == "iat_"),
    "session": Case(("session", "issue", "bob"), lambda said: said["secret"][:4] == "ias_"),
    "request": Case(("request", "create", "acme", "more"), lambda said: said["revision"] > 0, by="bob"),
}


def _ended(words: tuple[str, ...], env: Environment, given: str | None = None) -> Ran:
    ran = subprocess.run(
        [SCRIPT, *words], cwd=ROOT, env=environment(env), input=given, capture_output=True, text=True, check=False
    )
    return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture(scope="module")
def started(server: Neo4jServer, authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[dict[str, Ran]]:
    """How each command ended; a few run at a time. The last one is refused, since bob is no owner."""
    store = f"cli-{ULID()}"
    found_store(authorizer, store)
    Access.by(Caller(None, "key set-up"), authorizer, keeper, store).documents.apply(parse_document(DOCUMENT))
    secret = Sessions(authorizer, keeper, store).issue("bob")[1]
    cases = {**CASES, "refused": Case(("audit", "list", "acme"), lambda _: True, by="bob")}

    def run(case: Case) -> Ran:
        env = on(server) | ({"IAMGRAPH_KEY": secret} if case.by else {})
        return _ended((*case.words, "--store", store, "--json"), env, case.given)

    with ThreadPoolExecutor(3) as pool:
        ended = dict(zip(cases, pool.map(run, cases.values()), strict=True))
    yield ended
    authorizer.delete_store(store)


@pytest.mark.parametrize("family", CASES)
def test_a_command_as_a_process(started: dict[str, Ran], family: str) -> None:
    """It exits with 0, prints JSON on stdout that says what was asked, and nothing on stderr."""
    ran = started[family]
    assert (0, "") == (ran.code, ran.err)
    assert CASES[family].holds(ran.json if ran.out.count("\n") == 1 else ran.lines), ran.out


def test_a_refused_command_as_a_process(started: dict[str, Ran]) -> None:
    """It exits with 2, prints nothing on stdout, and one line of JSON on stderr that names what lacks."""
    ran = started["refused"]
    assert ("", 1, (2, "relation_missing")) == (ran.out, ran.err.count("\n"), ran.failure)
    assert "`can_read_audit`" in ran.said["message"]
