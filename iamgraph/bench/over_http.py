"""What is measured over HTTP: checks, batches and writes, by clients that keep their connections."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from math import ceil
from typing import Final, TypeVar

import psutil

from iamgraph.bench import wire
from iamgraph.bench.bench import Bench, Figures, as_tuple
from iamgraph.bench.ground import Processes
from iamgraph.bench.load import Load, closed, paced, through
from iamgraph.bench.organisation import Question, about_one, question
from iamgraph.bench.report import Figure, Value, of_load, of_times
from iamgraph.bench.truth import Stated
from iamgraph.bench.wire import Call
from iamgraph.questions import WriteRequest

CLIENTS: Final = (1, 8, 32)
BATCH_CLIENTS: Final = (1, 8)
BATCH: Final = 50
ABOUT_ONE: Final = 100
# Of so many calls one is a write.
MIXED_EVERY: Final = 100
FIRST_SECONDS: Final = 120.0
WRITTEN: Final = 20_000

T = TypeVar("T")
Script = Sequence[Call]


def first(bench: Bench) -> None:
    """The checks before all else, by eight clients."""
    calls = list(islice(cycle(bench.calls), bench.pace.first))
    through(bench.ground.target, _shared(calls, 8), FIRST_SECONDS)


def ceiling(bench: Bench) -> Figures:
    """`/healthz`, which asks nobody: what the service's HTTP allows, and what the clients alone could send."""
    call = Call(bench.ground.target.request("/healthz"))
    load, _ = _loaded(bench, [[call]] * 8)
    alone: dict[str, Value] = {"clients_alone_per_second": round(load.calls / load.cpu)}
    yield Figure("ceiling", "`/healthz`, 8 clients", of_load(load, load.calls) | alone)


def check(bench: Bench) -> Figures:
    """One check a request."""
    for clients in CLIENTS:
        yield _checks(bench, "http", f"check, {_number(clients)}", _shared(bench.calls, clients))


def batch(bench: Bench) -> Figures:
    """Fifty checks a request."""
    groups = [bench.asked[i : i + BATCH] for i in range(0, len(bench.asked) - BATCH + 1, BATCH)]
    yield from _batches(bench, "batch", f"batch of {BATCH}", groups)


def subject(bench: Bench) -> Figures:
    """One member asked about a hundred sources a request."""
    groups = about_one(bench.made, bench.truth, 200, ABOUT_ONE)
    yield from _batches(bench, "subject", f"one member, {ABOUT_ONE} sources", groups)


def write(bench: Bench) -> Figures:
    """One tuple a write, over HTTP and in process: members nobody asks about become viewers."""
    to = bench.ground.target
    calls = [wire.write(to, bench.store, one) for one in _views(bench, "written")]
    load, _ = _loaded(bench, [calls])
    yield Figure("write", "one tuple, HTTP, 1 client", of_load(load, load.calls))
    if bench.ground.inside is not None:
        yield Figure("write", "one tuple, in process", of_times(_written(bench)))


def mixed(bench: Bench) -> Figures:
    """Checks by eight clients with one write in a hundred calls; each client asks at once about what it wrote."""
    scripts = [_with_writes(bench, client, script) for client, script in enumerate(_shared(bench.calls, 8))]
    # A load of them leaves its writes as they were when it ended, so that there can be no second one.
    closed(bench.ground.target, _shared(bench.calls, 8), bench.pace.warm)
    yield _checks(bench, "mixed", "check with 1 % writes, 8 clients", scripts, warm=False)


def paces(bench: Bench, rates: Sequence[str]) -> Figures:
    """Checks at a given rate, whatever becomes of them; `5x` is five times what 32 clients get answered.

    After each, eight clients show at once whether the service is itself again.
    """
    capacity = _capacity(bench) if any(rate.endswith("x") for rate in rates) else 0.0
    for rate in rates:
        wanted = float(rate.removesuffix("x")) * (capacity if rate.endswith("x") else 1)
        load = paced(bench.ground.target, bench.calls, wanted, bench.pace.seconds)
        offered: dict[str, Value] = {"offered_per_second": round(wanted, 1)}
        yield Figure("rate", f"check, {rate} offered", of_load(load, load.answers) | offered, load.answers)
        yield _checks(bench, "rate", f"check, 8 clients, just after {rate}", _shared(bench.calls, 8), warm=False)


def _capacity(bench: Bench) -> float:
    load, _ = _loaded(bench, _shared(bench.calls, CLIENTS[-1]))
    return load.answers / load.seconds


def _checks(bench: Bench, measure: str, case: str, scripts: Sequence[Script], *, warm: bool = True) -> Figure:
    load, cpu = _loaded(bench, scripts, warm=warm)
    return Figure(measure, case, of_load(load, load.answers) | cpu, load.answers)


def _batches(bench: Bench, measure: str, case: str, groups: Sequence[tuple[Question, ...]]) -> Figures:
    calls = [wire.checks(bench.ground.target, bench.store, one) for one in groups]
    for clients in BATCH_CLIENTS:
        yield _checks(bench, measure, f"{case}, {_number(clients)}", _shared(calls, clients))


def _number(clients: int) -> str:
    return f"{clients} client{'s' if clients > 1 else ''}"


def _shared(calls: Sequence[T], clients: int) -> list[Sequence[T]]:
    """A script for each client: its part of the calls, or where there are too few, all of them."""
    return [calls[client::clients] or calls for client in range(clients)]


# --- load, and what it costs -------------------------------------------------------------------------------


def _loaded(bench: Bench, scripts: Sequence[Script], *, warm: bool = True) -> tuple[Load, dict[str, Value]]:
    """What clients saw after warming up, and milliseconds of processor time for each answered check."""
    to, pace = bench.ground.target, bench.pace
    if warm:
        closed(to, scripts, pace.warm)
    processes = bench.ground.inside.processes if bench.ground.inside is not None else None
    before = _cpu(processes)
    load = closed(to, scripts, pace.seconds)
    used = {name: used - before[name] for name, used in _cpu(processes).items()} | {"cpu_clients_ms": load.cpu}
    return load, {name: round(used * 1_000 / load.answers, 3) for name, used in used.items() if load.answers}


def _cpu(processes: Processes | None) -> dict[str, float]:
    if processes is None:
        return {}
    service = sum(map(_seconds, processes.of_service()))
    return {"cpu_service_ms": service, "cpu_neo4j_ms": _seconds(processes.neo4j)}


def _seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


# --- writes ------------------------------------------------------------------------------------------------


def _views(bench: Bench, name: str) -> list[Stated]:
    """Members of that name, who are in nothing else, as viewers of sources."""
    sources = [one[0] for one in bench.made.tuples if one[1] == "workspace"]
    return [(source, "viewer", f"member:{name}-{i}") for i, source in enumerate(islice(cycle(sources), WRITTEN))]


def _written(bench: Bench) -> tuple[float, ...]:
    """Milliseconds of each write in process, in order of size."""
    times: list[float] = []
    requests = cycle(WriteRequest(bench.store, writes=(as_tuple(one),)) for one in _views(bench, "written-inside"))
    end = time.perf_counter() + bench.pace.seconds
    while (began := time.perf_counter()) < end:
        bench.inside.connection.authorizer.write(next(requests))
        times.append((time.perf_counter() - began) * 1_000)
    return tuple(sorted(times))


def _with_writes(bench: Bench, client: int, script: Script) -> list[Call]:
    """The script with a write in every so many calls, and right after each the question whose answer it changes.

    It ends as it began, so it can start again. But it may be cut off anywhere: it is for one load only.
    """
    others = cycle(script)
    found: list[Call] = []
    turns = list(_turns(bench, client))
    for _ in range(ceil(len(script) / (MIXED_EVERY - 2) / len(turns))):
        for turn in turns:
            found += [*turn, *islice(others, MIXED_EVERY - 2)]
    return found


def _turns(bench: Bench, client: int) -> Iterator[tuple[Call, Call]]:
    """Writes and what to ask after each: a member of the client's own joins a group that views, and leaves;
    becomes a viewer, and is one no more."""
    to, truth, member = bench.ground.target, bench.truth, f"member:mixed-{client}"
    views = [one for one in bench.made.tuples if one[1] == "viewer" and one[2].startswith("group:")]
    source, _, group = views[client % len(views)]
    for stated in ((group.removesuffix("#member"), "member", member), (source, "viewer", member)):
        for delete in (False, True):
            (truth.unstate if delete else truth.state)(stated)
            asked = question(truth, member, "can_read", source)
            yield wire.write(to, bench.store, stated, delete=delete), wire.check(to, bench.store, asked)
