"""The figures of a release, measured here: `make figures`. Every answer is verified; a wrong one ends the run.

An organisation of the demo's model at two sizes; locked and unlocked checks and `RETURN 1` take turns, so that
they meet the same machine.
"""
# ruff: noqa: T201 - a report is printed

from __future__ import annotations

import http.client
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

import psutil
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.contract import CurrentModel
from iamgraph.check.query import compiled
from iamgraph.local.private import acquire
from iamgraph.model.parser import parse_model
from iamgraph.queries import object_key, wildcard_key
from iamgraph.questions import CheckQuestion, WriteRequest
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Kind, Object, RelationTuple, Userset
from iamgraph.wiring import Connection, join
from tests.made_keys import make_key
from tests.service.process import Running, serving

SIZES: Final = (10_000, 100_000)
ROUNDS: Final = 1_500
CLIENTS: Final = 8
HTTP_SECONDS: Final = 15.0
LABELS: Final = 40


@dataclass(frozen=True)
class Organisation:
    """Members in nested groups, policies that need labels, sources that carry some; and who may edit what."""

    tuples: tuple[RelationTuple, ...]
    groups_of: dict[int, set[int]]
    policies_of: dict[int, list[tuple[int, set[int]]]]
    labels_of: list[set[int]]

    def may_edit(self, member: int, source: int) -> bool:
        """By plain sets: one of the member's groups holds a policy whose labels the source carries."""
        return any(
            required <= self.labels_of[source]
            for group in self.groups_of[member]
            for _, required in self.policies_of[group]
        )


def organisation(size: int) -> Organisation:
    """About so many tuples, the same for the same size."""
    draw = random.Random(size)
    members, groups, sources = size // 4, max(12, size // 200), size // 8
    tuples: list[RelationTuple] = []
    parents = {group: group // 4 for group in range(1, groups)}
    tuples += [
        _tuple("group", up, "member", Userset(Object("group", str(one)), "member")) for one, up in parents.items()
    ]
    groups_of: dict[int, set[int]] = {}
    for member in range(members):
        direct = {draw.randrange(groups), draw.randrange(groups)}
        tuples += [_tuple("group", group, "member", Object("member", str(member))) for group in direct]
        groups_of[member] = {up for group in direct for up in _upwards(group, parents)}
    policies_of: dict[int, list[tuple[int, set[int]]]] = {group: [] for group in range(groups)}
    for policy in range(groups):
        group, required = draw.randrange(groups // 2, groups), set(draw.sample(range(LABELS), draw.choice((1, 2))))
        policies_of[group].append((policy, required))
        tuples.append(_tuple("policy", policy, "holder", Userset(Object("group", str(group)), "member")))
        tuples += [_tuple("policy", policy, "required_label", Object("label", str(label))) for label in required]
        tuples.append(_tuple("workspace", 0, "source_admin_by_label", Object("policy", str(policy))))
    labels_of = []
    for source in range(sources):
        labels = set(draw.sample(range(LABELS), 3))
        labels_of.append(labels)
        tuples.append(_tuple("source", source, "workspace", Object("workspace", "0")))
        tuples += [_tuple("source", source, "label", Object("label", str(label))) for label in labels]
    return Organisation(tuple(tuples), groups_of, policies_of, labels_of)


def _upwards(group: int, parents: dict[int, int]) -> Iterator[int]:
    yield group
    while group in parents:
        group = parents[group]
        yield group


def _tuple(type_: str, id_: int, relation: str, subject: Object | Userset) -> RelationTuple:
    return RelationTuple(Object(type_, str(id_)), relation, subject)


def questions(made: Organisation, count: int) -> list[tuple[int, int, bool]]:
    """Distinct (member, source, may edit), half of them allowed."""
    draw = random.Random(7)
    found: dict[tuple[int, int], bool] = {}
    wanted = {True: count // 2, False: count // 2}
    while sum(wanted.values()):
        pair = draw.randrange(len(made.groups_of)), draw.randrange(len(made.labels_of))
        may = made.may_edit(*pair)
        if pair not in found and wanted[may]:
            wanted[may] -= 1
            found[pair] = may
    asked = [(*pair, may) for pair, may in found.items()]
    draw.shuffle(asked)
    return asked


def question(store: str, member: int, source: int) -> CheckQuestion:
    """May the member edit the source?"""
    return CheckQuestion(store, Object("member", str(member)), "can_edit", Object("source", str(source)))


def load(authorizer: Authorizer, store: str, made: Organisation) -> float:
    """The organisation written; seconds it took."""
    text = (resources.files("iamgraph.demo") / "company.fga").read_text()
    authorizer.create_store(store)
    authorizer.write_model(store, text)
    started = time.perf_counter()
    for i in range(0, len(made.tuples), 1_000):
        authorizer.write(WriteRequest(store, writes=made.tuples[i : i + 1_000]))
    return time.perf_counter() - started


def checks(connection: Connection, store: str, made: Organisation) -> dict[str, float]:
    """Median milliseconds of a check, the same without the lock, and `RETURN 1`, taking turns."""
    keeper, authorizer = connection.keeper, connection.authorizer
    text = (resources.files("iamgraph.demo") / "company.fga").read_text()
    locked = compiled(CurrentModel("", parse_model(text)), "source", "can_edit", Kind("member")).check
    unlocked = locked.replace("SET st:IamStore\n", "")
    assert unlocked != locked
    times: dict[str, list[float]] = {"check": [], "check without the lock": [], "RETURN 1": []}
    asked = questions(made, ROUNDS)
    for member, source, may in (*asked[:300], *asked):
        one = question(store, member, source)
        _timed(times["check"], partial(_allowed, authorizer, one), may)
        _timed(times["check without the lock"], partial(_unlocked, keeper, unlocked, one), may)
        _timed(times["RETURN 1"], lambda: keeper._read("RETURN 1 AS one", {})[0]["one"], 1)
    return {name: statistics.median(found[300:]) for name, found in times.items()}


def _allowed(authorizer: Authorizer, one: CheckQuestion) -> bool:
    return authorizer.check(one).allowed


def _unlocked(keeper: Neo4jKeeper, text: str, one: CheckQuestion) -> bool:
    assert isinstance(one.subject, Object)
    parameters = {
        "store": one.store,
        "subject": object_key(one.store, one.subject),
        "wildcard": wildcard_key(one.store, "member"),
        "object": object_key(one.store, one.object),
        "now": datetime.now(UTC),
    }
    allowed: bool = keeper._read(text, parameters)[0]["allowed"]
    return allowed


def _timed(times: list[float], act: Callable[[], Any], right: Any) -> None:
    started = time.perf_counter()
    found = act()
    times.append((time.perf_counter() - started) * 1_000)
    if found != right:
        raise SystemExit(f"wrong answer: {found}, right is {right}")


def writes(authorizer: Authorizer, store: str) -> float:
    """Median milliseconds of a write of one tuple."""
    times: list[float] = []
    for i in range(500):
        one = _tuple("source", i, "viewer", Object("member", str(i)))
        started = time.perf_counter()
        authorizer.write(WriteRequest(store, writes=(one,)))
        times.append((time.perf_counter() - started) * 1_000)
    return statistics.median(times[100:])


def over_http(service: Running, key: str, store: str, made: Organisation) -> tuple[float, float, float]:
    """Checks a second by keep-alive clients, and their p50 and p99 in milliseconds."""
    asked = questions(made, 4_000)
    times: list[float] = []
    ends = time.monotonic() + HTTP_SECONDS + 5
    clients = [
        threading.Thread(target=_client, args=(service.port, key, store, asked[i::CLIENTS], ends, times))
        for i in range(CLIENTS)
    ]
    for one in clients:
        one.start()
    time.sleep(5)
    times.clear()
    started = time.monotonic()
    for one in clients:
        one.join()
    seconds = time.monotonic() - started
    ordered = sorted(times)
    return len(ordered) / seconds, statistics.median(ordered), ordered[int(len(ordered) * 0.99)]


def _client(
    port: int, key: str, store: str, asked: list[tuple[int, int, bool]], ends: float, times: list[float]
) -> None:
    client = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    while time.monotonic() < ends:
        for member, source, may in asked:
            body = {"subject": f"member:{member}", "relation": "can_edit", "object": f"source:{source}"}
            started = time.perf_counter()
            client.request("POST", f"/v1/stores/{store}/check", json.dumps(body), headers)
            found = json.loads(client.getresponse().read())
            times.append((time.perf_counter() - started) * 1_000)
            if found["allowed"] is not may:
                print(f"wrong answer: {body} {found}", file=sys.stderr, flush=True)
                raise SystemExit(1)
            if time.monotonic() > ends:
                return


def main() -> None:
    """Print the figures."""
    settings = Settings()
    with tempfile.TemporaryDirectory() as folder:
        # The first start makes the database; the figure is of a later one.
        with acquire(Path(folder), settings.cache_dir, tell=print) as lease:
            pass
        _wait_for_end(lease.pid)
        started = time.perf_counter()
        with acquire(Path(folder), settings.cache_dir) as lease:
            print(f"private Neo4j: warm start {time.perf_counter() - started:.1f} s")
            connection = join(lease.server, settings)
            connection.keeper.migrate()
            _, key = make_key(connection.keeper, "figures")
            for size in SIZES:
                _measure(connection, lease.server, key, size)
            memory = psutil.Process(lease.pid).memory_info().rss / 2**20
            print(f"private Neo4j: {memory:.0f} MiB resident after the run")
            connection.authorizer.close()
        _wait_for_end(lease.pid)


def _wait_for_end(pid: int) -> None:
    while psutil.pid_exists(pid):
        time.sleep(0.1)


def _measure(connection: Connection, server: Any, key: str, size: int) -> None:
    made = organisation(size)
    store = f"figures-{ULID()}"
    seconds = load(connection.authorizer, store, made)
    print(f"\n{len(made.tuples)} tuples, loaded by writes of 1,000 in {seconds:.1f} s")
    medians = checks(connection, store, made)
    base = medians["RETURN 1"]
    for name, median in medians.items():
        print(f"  {name}: p50 {median:.2f} ms, {median / base:.2f} of RETURN 1")
    print(f"  write of one tuple: p50 {writes(connection.authorizer, store):.2f} ms")
    with tempfile.TemporaryDirectory() as folder, serving(server, Path(folder), deadline="3") as service:
        rate, p50, p99 = over_http(service, key, store, made)
    print(f"  HTTP, {CLIENTS} clients: {rate:.0f} checks/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, all answers right")


if __name__ == "__main__":
    main()
