"""`iamgraph bench`, end to end: on a private Neo4j, on a service that runs, and with an evaluation that is wrong."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.bench.bench import Pace
from iamgraph.bench.measures import INSIDE, MEASURES
from iamgraph.bench.run import Choice
from iamgraph.bench.truth import Truth
from iamgraph.cli.bench import NAMES, measured
from iamgraph.cli.output import Out
from iamgraph.cli.places import Place
from tests.cli.runner import NOWHERE, Cli, started, stop, until
from tests.processes import runs

pytestmark = pytest.mark.long

# Time for a machine that is busy with other tests.
ALONE: Final = Cli(NOWHERE | {"IAMGRAPH_DEADLINE": "25"})
# What each case of a measure says.
VALUES: Final = {
    "start": {"start_s"},
    "import": {"per_second", "tuples", "load_s"},
    "check": {"p50_ms", "p99_ms", "of_return_1"},
    "nested": {"p50_ms", "p99_ms", "cost_percent"},
    "ceiling": {"per_second", "p50_ms", "p99_ms", "errors", "clients_alone_per_second"},
    "http": {"per_second", "p50_ms", "p99_ms", "errors"},
    "batch": {"per_second", "p50_ms", "p99_ms", "errors"},
    "subject": {"per_second", "p50_ms", "p99_ms", "errors"},
    "lists": {"per_second", "p50_ms", "p99_ms", "errors", "names"},
    "write": {"p50_ms", "p99_ms"},
    "mixed": {"per_second", "p50_ms", "p99_ms", "errors"},
    "memory": {"rss_mib", "processes"},
    "rate": {"per_second", "p50_ms", "p99_ms", "errors"},
    "growth": {"p50_ms", "p99_ms", "of_smallest"},
}
CASES: Final = {
    "check": 3,
    "nested": 2,
    "http": 3,
    "batch": 2,
    "subject": 2,
    "lists": 4,
    "write": 2,
    "memory": 2,
    "rate": 2,
}
# What may happen on a machine that is busy with other tests.
BUSY: Final = {"503", "unanswered", "gave up", "in a batch"}
ABOUT: Final = {
    *("date", "iamgraph", "commit", "python", "system", "cpu", "cores", "memory_gib", "load_before"),
    *("neo4j", "seed", "tuples", "questions", "seconds"),
}


class Forgetful(Truth):
    """An evaluation that forgets who is banned."""

    def has(self, names: frozenset[str], object_: str, relation: str) -> bool:
        """As it is, but nobody is banned."""
        return relation != "banned" and super().has(names, object_, relation)


class Liar(Truth):
    """An evaluation that is always wrong."""

    def allowed(self, member: str, relation: str, object_: str) -> bool:
        """The opposite."""
        return not super().allowed(member, relation, object_)


@pytest.fixture(scope="module")
def report() -> Any:
    """The report of a quick run of everything on a private Neo4j."""
    ran = ALONE.run("bench", "--quick", "--growth", "--rate", "50", "--only", ",".join(NAMES), "--json")
    assert 0 == ran.code, ran.err
    assert "progress" in json.loads(ran.err.splitlines()[0])
    return ran.json


def test_the_report(report: Any) -> None:
    """A report says what it was measured on, how many answers were verified, and that none was wrong."""
    assert {"about", "verified", "wrong", "figures", "notes"} == set(report)
    assert ABOUT == set(report["about"])
    assert (7, 2_000) == (report["about"]["seed"], report["about"]["tuples"])
    assert (0, []) == (report["wrong"], report["notes"])
    assert report["verified"] > 0


def test_the_figures(report: Any) -> None:
    """Every measure is there with each of its cases, and each says what it should in numbers."""
    expected = {name: CASES.get(name, 1) for name in NAMES} | {"rate": 2, "growth": 2}
    found: dict[str, list[Any]] = {}
    for one in report["figures"]:
        found.setdefault(one["measure"], []).append(one)
    assert expected == {name: len(cases) for name, cases in found.items()}
    for one in report["figures"]:
        assert set(one.get("errors", ())) <= BUSY
        assert VALUES[one["measure"]] <= set(one)
        assert all(isinstance(value, int | float) and value >= 0 for name, value in one.items() if name.endswith("_ms"))


def test_nothing_is_left(report: Any) -> None:
    """No process of the run is left, nor its folder."""
    mine = [one.cmdline() for one in psutil.Process().children(recursive=True)]
    assert not [one for one in mine if any("iamgraph-bench" in word for word in one)]


def test_names() -> None:
    """The command names the measures there are; those that look inside are among them."""
    assert tuple(MEASURES) == NAMES
    assert set(NAMES) > INSIDE


def _left(authorizer: Authorizer) -> list[str]:
    """The benchmark's stores that are still there."""
    return [one.id for one in authorizer.list_stores() if one.id.startswith("bench-")]


def test_a_service_that_runs(remote: Cli, authorizer: Authorizer) -> None:
    """With a URL a service is measured in a store that is gone afterwards; what looks inside is left out, and said."""
    ran = remote.run("bench", "--quick", "--only", "import,check,http,memory")
    assert 0 == ran.code, ran.err
    assert "check, 32 clients" in ran.out
    assert "left out, since they look inside: check, memory" in ran.out
    assert [] == _left(authorizer)


@pytest.mark.parametrize("evaluation", [Forgetful, Liar])
def test_a_wrong_answer_fails_the_run(
    url: str, secret: str, authorizer: Authorizer, evaluation: type[Truth], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where an answer and the evaluation differ the exit code is 1, the question is told, and no figure is."""
    assert 1 == _judged(url, secret, evaluation)
    printed = capsys.readouterr()
    said = json.loads(printed.err.splitlines()[-1])
    assert ("", "wrong_answer") == (printed.out, said["code"])
    assert "@member:0-" in said["message"]
    assert [] == _left(authorizer)


def test_a_right_evaluation_does_not(url: str, secret: str) -> None:
    """The same run, rightly judged, ends well, so that the test above can fail."""
    assert 0 == _judged(url, secret, Truth)


def _judged(url: str, secret: str, evaluation: Callable[[Any], Truth]) -> int:
    out = Out(json=True)
    choice = Choice(2_000, 7, Pace(1_000, 1_000, 0.1, 0.1), frozenset({"http"}))
    return measured(choice, Place(url, secret, out), out, evaluation)


def test_told_to_end_it_ends_all(tmp_path: Path) -> None:
    """A run that is told to end takes its Neo4j and its service with it."""
    with started("bench", "--only", "http", "--json", env=NOWHERE | {"TMPDIR": str(tmp_path)}) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "starting the service" in line:
                break
        below = psutil.Process(process.pid)
        assert until(lambda: len(below.children()) > 0)
        children = below.children(recursive=True)
        assert 143 == stop(process, signal.SIGTERM)
        assert until(lambda: not [one.pid for one in children if runs(one.pid)])
        assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "named"),
    [(("--only", "speed"), "speed"), (("--rate", "fast"), "fast"), (("--rate", "0"), "0"), (("--tuples", "10"), "10")],
)
def test_wrong_options(words: tuple[str, ...], named: str) -> None:
    """A measure or a rate there is not is told before anything starts."""
    ran = ALONE.run("bench", *words)
    assert (2, "") == (ran.code, ran.out)
    assert named in ran.err


def test_a_url_that_cannot_be_loaded() -> None:
    """Load goes to plain HTTP only."""
    assert (2, "malformed_url") == ALONE.run("bench", "--url", "https://127.0.0.1:1", "--json").failure
