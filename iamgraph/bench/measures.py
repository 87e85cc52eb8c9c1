"""The measures by name, and those of the machine itself: in process, memory and the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from iamgraph.bench import inside, lists, over_http
from iamgraph.bench.bench import Bench, Figures
from iamgraph.bench.organisation import towers
from iamgraph.bench.report import Figure, of_times, percentile


def start(bench: Bench) -> Figures:
    """A start of the private Neo4j whose database is there already, until it answers."""
    if bench.inside.warm_start is not None:
        yield Figure("start", "private Neo4j, warm", {"start_s": round(bench.inside.warm_start, 2)})


def load(bench: Bench) -> Figures:
    """The organisation written into an empty store."""
    count = len(bench.made.tuples)
    values = {"per_second": round(count / bench.writing), "tuples": count, "load_s": round(bench.writing, 1)}
    yield Figure("import", "tuples, validated", values)


def check(bench: Bench) -> Figures:
    """A check, the same without the store's lock, and `RETURN 1` on the same connection."""
    connection = bench.inside.connection
    cases = {
        "in process": inside.checks(connection, bench.store, bench.asked),
        "in process, the statement alone": inside.unjudged(connection, bench.store, bench.asked),
        "`RETURN 1`": inside.pings(connection, bench.asked),
    }
    found = inside.in_turn(cases, bench.pace)
    base = percentile(found["`RETURN 1`"][0], 0.5)
    for case, (times, judged) in found.items():
        of_base = {"of_return_1": round(percentile(times, 0.5) / base, 2)}
        yield Figure("check", case, of_times(times) | of_base, judged)


def nested(bench: Bench) -> Figures:
    """Who is in a group three levels down, against who is in the outermost itself."""
    cases = {
        case: inside.checks(bench.inside.connection, bench.store, towers(bench.truth, innermost=innermost))
        for case, innermost in (("in process, no nesting", False), ("in process, three levels", True))
    }
    found = inside.in_turn(cases, bench.pace)
    flat = percentile(found["in process, no nesting"][0], 0.5)
    for case, (times, judged) in found.items():
        cost = {"cost_percent": round((percentile(times, 0.5) / flat - 1) * 100, 1)}
        yield Figure("nested", case, of_times(times) | cost, judged)


def memory(bench: Bench) -> Figures:
    """What the service and Neo4j have resident; pages that gunicorn's processes share count in each."""
    processes = bench.inside.processes
    service = processes.of_service()
    rss = sum(one.memory_info().rss for one in service)
    yield Figure("memory", "service", {"rss_mib": round(rss / 2**20), "processes": len(service)})
    yield Figure("memory", "Neo4j", {"rss_mib": round(processes.neo4j.memory_info().rss / 2**20), "processes": 1})


def growth(benches: Sequence[Bench]) -> Figures:
    """A check in process in stores of several sizes, against the first."""
    cases = {
        f"in process, {len(bench.made.tuples):,} tuples": inside.checks(
            bench.inside.connection, bench.store, bench.asked
        )
        for bench in benches
    }
    found = inside.in_turn(cases, benches[0].pace)
    first = percentile(next(iter(found.values()))[0], 0.5)
    for case, (times, judged) in found.items():
        ratio = {"of_smallest": round(percentile(times, 0.5) / first, 2)}
        yield Figure("growth", case, of_times(times) | ratio, judged)


# In the order in which they run; memory last, so that it is that of a service that has worked.
MEASURES: Final[Mapping[str, Callable[[Bench], Figures]]] = {
    "start": start,
    "import": load,
    "check": check,
    "nested": nested,
    "ceiling": over_http.ceiling,
    "http": over_http.check,
    "batch": over_http.batch,
    "subject": over_http.subject,
    "lists": lists.lists,
    "write": over_http.write,
    "mixed": over_http.mixed,
    "memory": memory,
}
# Those that see more than a URL.
INSIDE: Final = frozenset({"start", "check", "nested", "memory"})
