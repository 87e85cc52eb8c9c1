"""The new enemy: what was excluded first is never seen by who is let in afterwards, through two services.

In each round somebody is banned through one service, and only then let in through the other. No revision allows
them, so no answer may: neither one asked for with the token of the second write, nor one asked while both happen.
`IAMGRAPH_ROUNDS` says how many rounds.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any, Final

import pytest

from iamgraph.store.neo4j import Neo4jServer
from tests.service.client import Client
from tests.service.process import serving

ROUNDS: Final = int(os.environ.get("IAMGRAPH_ROUNDS", "50"))
MODEL: Final = """\
model
  schema 1.1
type member
type group
  relations
    define member: [member, group#member]
type doc
  relations
    define viewer: [member, group#member]
    define banned: [member, group#member]
    define can_view: viewer but not banned
"""
MODES: Final = ("minimize_latency", "at_least_as_fresh", "fully_consistent")


@pytest.fixture(scope="module")
def ports(server: Neo4jServer, secret: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Two services of two workers each on one Neo4j."""
    with serving(server, tmp_path_factory.mktemp("a")) as one, serving(server, tmp_path_factory.mktemp("b")) as two:
        yield one.port, two.port


@dataclass(slots=True)
class Round:
    """Who is banned and let in just now, what was asked about them, and what was allowed though nothing allows it."""

    home: str
    number: int = 0
    over: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    allowed: list[str] = field(default_factory=list)

    def question(self) -> dict[str, Any]:
        """May the member of this round?"""
        return {"subject": f"member:m{self.number}", "relation": "can_view", "object": f"doc:d{self.number % 7}"}

    def judge(self, how: str, client: Client, **more: Any) -> None:
        """Ask by itself and in a batch."""
        question = self.question()
        one = client.post(f"{self.home}/check", question | more).json
        many = client.post(f"{self.home}/checks", {"checks": [question, question], **more}).json
        found = [one["allowed"], *(each["allowed"] for each in many["results"])]
        self.asked[how] += len(found)
        if any(found):
            self.allowed.append(f"{how}: {question} {more}: {found}")


def change(client: Client, home: str, relation: str, question: dict[str, Any]) -> str:
    """The zookie of a write of one tuple of that relation, by way of a nested group."""
    group = f"group:{relation}-{question['subject'].removeprefix('member:')}"
    tuples = [
        {"subject": question["subject"], "relation": "member", "object": group},
        {"subject": f"{group}#member", "relation": relation, "object": question["object"]},
    ]
    reply = client.post(f"{home}/tuples/write", {"writes": tuples})
    assert 200 == reply.status, reply.body
    return str(reply.json["zookie"])


def test_the_new_enemy_is_never_let_in(home: str, client: Client, secret: str, ports: tuple[int, int]) -> None:
    """Of all answers asked for with the second token, in every mode and through both services, none allows."""
    assert 201 == client.post(f"{home}/models", {"text": MODEL}).status
    state = Round(home)
    with ExitStack() as opened:
        clients = [opened.enter_context(Client(port, secret)) for port in ports]
        turns = cycle([(clients[0], clients[1]), (clients[1], clients[0])])
        for number, (first, second) in zip(range(ROUNDS), turns, strict=False):
            state.number = number
            change(first, home, "banned", state.question())
            zookie = change(second, home, "viewer", state.question())
            for mode in MODES:
                for one in clients:
                    state.judge(mode, one, zookie=zookie, consistency=mode)
    assert [] == state.allowed
    assert dict.fromkeys(MODES, ROUNDS * 6) == state.asked


def test_nobody_is_let_in_while_both_happen(home: str, client: Client, secret: str, ports: tuple[int, int]) -> None:
    """Of all answers asked for while one is banned and then let in, none allows."""
    assert 201 == client.post(f"{home}/models", {"text": MODEL}).status
    state = Round(home)

    def ask(port: int) -> None:
        with Client(port, secret) as mine:
            while not state.over:
                state.judge("meanwhile", mine)

    with ThreadPoolExecutor(2) as pool, ExitStack() as opened:
        asking = [pool.submit(ask, port) for port in ports]
        clients = [opened.enter_context(Client(port, secret)) for port in ports]
        try:
            for number in range(ROUNDS):
                state.number = number
                change(clients[number % 2], home, "banned", state.question())
                change(clients[1 - number % 2], home, "viewer", state.question())
        finally:
            state.over = True
        for one in asking:
            one.result()
    assert [] == state.allowed
    assert state.asked["meanwhile"] > ROUNDS
