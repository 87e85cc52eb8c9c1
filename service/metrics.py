"""What the service counts, for Prometheus. Labels are taken from what the code has, never from what a caller sends."""

from __future__ import annotations

import os
import platform
from collections import Counter as Counted
from collections.abc import Collection, Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest, values
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from iamgraph.questions import Answerer, Decision, Outcome, Unknown

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)

COUNTS: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)


def share(folder: Path) -> None:
    """Count in files of that folder from here on: each process in its own, so that any of them can tell the sum.

    Called before the fork. The library looks at the environment when it is first imported, which is too early.
    """
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
    values.ValueClass = values.get_value_class()  # type: ignore[no-untyped-call] # the library has few types


def forget(folder: Path, pid: int) -> None:
    """Leave out what a process that is gone had under way; what it counted stays."""
    mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call] # as above


class Metrics:
    """The counts of this process. An `Observer`; safe between threads."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is the one that was shared, where there are several processes."""
        self._folder = folder
        self._registry = CollectorRegistry()
        self._requests = self._counter("requests", "Requests answered.", ("method", "route", "status"))
        self._seconds = self._histogram("request_seconds", "Time to answer a request.", ("method", "route"))
        self._under_way = self._gauge("requests_in_flight", "Requests being answered.")
        self._problems = self._counter("problems", "Requests that ended with a problem, by its code.", ("code",))
        self._checks = self._counter("checks", "Checks decided.", ("answerer", "outcome"))
        self._check_seconds = self._histogram("check_seconds", "Time to decide the checks of a call.", ())
        self._batches = self._histogram("checks_per_call", "Checks that came in one call.", (), COUNTS)
        self._unknown = self._counter("unknown", "Checks that could not be decided.", ("reason",))
        self._statements = self._histogram("neo4j_seconds", "Time Neo4j took for a statement.", ("statement",))
        self._sessions = self._gauge("neo4j_sessions", "Sessions with Neo4j in use.")
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._begin_at_zero()

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"iamgraph_{name}", text, labels, registry=self._registry)

    def _histogram(
        self, name: str, text: str, labels: tuple[str, ...], buckets: tuple[float, ...] = SECONDS
    ) -> Histogram:
        return Histogram(f"iamgraph_{name}", text, labels, buckets=buckets, registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(f"iamgraph_{name}", text, registry=self._registry, multiprocess_mode="livesum")

    def _begin_at_zero(self) -> None:
        """What has not happened yet counts 0: a rate needs to know where it began."""
        for answerer in Answerer:
            for outcome in Outcome:
                self._checks.labels(answerer.value, outcome.value)
        for reason in Unknown:
            self._unknown.labels(reason.value)

    # --- what the service tells ---

    def start(self) -> None:
        """This process is there, before it has counted anything."""
        self._under_way.inc(0)

    def began(self) -> None:
        """A request is under way."""
        self._under_way.inc()

    def ended(self) -> None:
        """It no longer is."""
        self._under_way.dec()

    def answered(self, method: str, route: str, status: int, code: str | None, seconds: float) -> None:
        """A request was answered; `route` is its pattern, and `code` that of a problem."""
        counter, histogram = self._of_requests(method, route, status // 100)
        counter.inc()
        histogram.observe(seconds)
        if code is not None:
            self.refused(code)

    def _of_requests(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """The two series of such a request, found once: looking labels up costs more than counting."""
        found = self._series.get((method, route, status))
        if found is None:
            found = self._requests.labels(method, route, f"{status}xx"), self._seconds.labels(method, route)
            self._series[(method, route, status)] = found
        return found

    def refused(self, code: str) -> None:
        """A request ended with a problem."""
        self._problems.labels(code).inc()

    # --- what an observer hears ---

    def decided(self, decisions: Sequence[Decision], seconds: float) -> None:
        """The checks of one call were decided."""
        self._check_seconds.observe(seconds)
        self._batches.observe(len(decisions))
        for (answerer, outcome, reason), count in Counted(map(_sort, decisions)).items():
            self._checks.labels(answerer.value, outcome.value).inc(count)
            if reason is not None:
                self._unknown.labels(reason.value).inc(count)

    def ran(self, statement: str, seconds: float) -> None:
        """Neo4j answered a statement."""
        self._statements.labels(statement).observe(seconds)

    def opened(self, sessions: int) -> None:
        """Sessions were opened or closed."""
        self._sessions.inc(sessions)

    # --- what is scraped ---

    def text(self) -> bytes:
        """The counts of all processes, in Prometheus' text form."""
        registry = self._registry
        if self._folder is not None:
            registry = CollectorRegistry()
            MultiProcessCollector(registry, str(self._folder))  # type: ignore[no-untyped-call] # as above
        return generate_latest(_Joined(registry, _Processes(self._pids()), _Build()))

    def _pids(self) -> set[int]:
        """The living processes: the file of what one has under way is there from its start to its end."""
        if self._folder is None:
            return {os.getpid()}
        return {int(file.stem.rpartition("_")[2]) for file in self._folder.glob("gauge_livesum_*.db")}


class _Joined(Collector):
    """Several collectors, one after another."""

    def __init__(self, *collectors: Collector | CollectorRegistry) -> None:
        self._collectors = collectors

    def collect(self) -> Iterator[Metric]:
        return chain.from_iterable(one.collect() for one in self._collectors)


class _Build(Collector):
    """Which iamgraph this is."""

    def collect(self) -> Iterable[Metric]:
        labels = {"version": version("iamgraph"), "python": platform.python_version()}
        family = GaugeMetricFamily("iamgraph_build", "Which iamgraph runs, on which Python.", labels=tuple(labels))
        family.add_metric(tuple(labels.values()), 1)
        yield family


class _Processes(Collector):
    """What the service's processes take together."""

    def __init__(self, pids: Collection[int]) -> None:
        self._pids = pids

    def collect(self) -> Iterable[Metric]:
        sums = dict.fromkeys(_OF_PROCESSES, 0.0)
        for pid in self._pids:
            for sample in _samples(pid):
                if sample.name in sums:
                    sums[sample.name] += sample.value
        yield GaugeMetricFamily("iamgraph_processes", "Processes of the service.", value=len(self._pids))
        for name, (family, text) in _OF_PROCESSES.items():
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            yield kind(family, text, value=sums[name])


def _samples(pid: int) -> Iterator[Sample]:
    found = ProcessCollector(pid=lambda: pid, registry=None).collect()
    return chain.from_iterable(metric.samples for metric in found)


_OF_PROCESSES: Final = {
    "process_cpu_seconds_total": ("iamgraph_cpu_seconds", "CPU time of the service's living processes."),
    "process_resident_memory_bytes": ("iamgraph_resident_memory_bytes", "Memory of the service's processes."),
    "process_open_fds": ("iamgraph_open_files", "Files and connections the service's processes hold."),
}


def _sort(decision: Decision) -> tuple[Answerer, Outcome, Unknown | None]:
    return decision.answerer, decision.outcome, decision.reason
