"""`iamgraph bench`: how fast it is, here."""

from __future__ import annotations

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from iamgraph.cli import options
from iamgraph.cli.output import Out, fail
from iamgraph.cli.places import Place, read_settings

if TYPE_CHECKING:
    from iamgraph.bench.bench import Evaluation
    from iamgraph.bench.ground import Ground
    from iamgraph.bench.run import Choice

# Named here as well, so that help needs none of what measures.
NAMES: Final = (
    *("start", "import", "check", "nested", "ceiling", "http", "batch", "subject", "lists", "write", "mixed", "memory"),
)
GROWTH: Final = (10_000, 1_000_000)
QUICK_GROWTH: Final = (2_000, 3_000)
TERMINATED: Final = 143
_RATE: Final = re.compile(r"\d+(\.\d+)?x?")


def _names(_ctx: click.Context, _param: click.Parameter, given: str | None) -> frozenset[str] | None:
    if given is None:
        return None
    found = frozenset(filter(None, given.split(",")))
    unknown = sorted(found - set(NAMES))
    if unknown:
        raise click.BadParameter(f"no measure `{unknown[0]}`: there are {', '.join(NAMES)}")
    return found


def _rates(_ctx: click.Context, _param: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if not _RATE.fullmatch(one) or not float(one.removesuffix("x")):
            raise click.BadParameter(f"`{one}` is no rate: expected `2000` or `5x`")
    return given


@click.command()
@click.option("--tuples", type=click.IntRange(2_000), default=100_000, show_default=True, help="Its size.")
@click.option("--seed", type=int, default=7, show_default=True, help="What it is drawn by.")
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True, help="Counted, per figure.")
@click.option("--only", callback=_names, metavar="NAMES", help=f"Some of {','.join(NAMES)}.")
@click.option(
    "--rate", "rates", callback=_rates, multiple=True, metavar="RATE", help="Checks a second; 5x of the most."
)
@click.option("--growth", is_flag=True, help="Compare checks among 10,000 tuples and a million.")
@click.option("--quick", is_flag=True, help="A small run, to see that it runs: 2,000 tuples.")
@options.reaching
@click.pass_context
def bench(
    ctx: click.Context,
    *,
    tuples: int,
    seed: int,
    seconds: float,
    only: frozenset[str] | None,
    rates: tuple[str, ...],
    growth: bool,
    quick: bool,
    place: Place,
    out: Out,
) -> None:
    """Measure how fast checks and writes are, on an organisation made up for it.

    On a private Neo4j and a service of its own, which are gone afterwards; with `--url`, on a service that runs, in
    a store of its own. Every answer is compared with an independent evaluation: a wrong one ends the run, exit code 1.
    """
    from iamgraph.bench.bench import Pace  # noqa: PLC0415 - what measures, only where it is measured
    from iamgraph.bench.run import Choice  # noqa: PLC0415 - as above

    pace = Pace(1_000, 64, 0.1, 0.3) if quick else Pace(20_000, 40_000, max(1.0, seconds / 4), seconds)
    sizes = (QUICK_GROWTH if quick else GROWTH) if growth else ()
    chosen = only if only is not None else frozenset() if rates or growth else frozenset(NAMES)
    ctx.exit(measured(Choice(2_000 if quick else tuples, seed, pace, chosen, rates, sizes), place, out))


def measured(choice: Choice, place: Place, out: Out, evaluation: Evaluation | None = None) -> int:
    """The exit code of a run, that is judged by an evaluation of one's own, or by the bench's."""
    from iamgraph.bench.run import run  # noqa: PLC0415 - as above
    from iamgraph.bench.truth import Truth  # noqa: PLC0415 - as above
    from iamgraph.bench.wire import WrongAnswer  # noqa: PLC0415 - as above

    with _told_to_end(), ExitStack() as held:
        ground = _ground(choice, place, out, held)
        try:
            report = run(choice, ground, out.tell, evaluation or Truth)
        except WrongAnswer as wrong:
            fail({"code": "wrong_answer", "message": str(wrong), "pointer": None}, str(wrong), as_json=out.json)
            return 1
    _show(report.said(), out)
    return 0


@contextmanager
def _told_to_end() -> Iterator[None]:
    """Who is told to end ends what it started first."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _ground(choice: Choice, place: Place, out: Out, held: ExitStack) -> Ground:
    from iamgraph.bench.ground import Ground, private  # noqa: PLC0415 - as above
    from iamgraph.bench.wire import target  # noqa: PLC0415 - as above

    if place.url is None:
        return held.enter_context(private(read_settings(), out.tell, restart="start" in choice.only))
    from iamgraph.cli.remote import Remote  # noqa: PLC0415 - HTTP only where it is spoken

    remote = held.enter_context(Remote(place.url, place.key))
    return Ground(remote, lambda wanted, file: remote.load(wanted, file)[2], target(place.url, place.key), None)


def _show(said: dict[str, Any], out: Out) -> None:
    """The report as one JSON value, or as lines and a table."""
    if out.json:
        out.one(said, "")
        return
    about = ", ".join(f"{name} {value}" for name, value in said["about"].items() if value is not None)
    click.echo(f"{about}\n")
    out.many(said["figures"], _COLUMNS)
    click.echo(f"\n{said['verified']:,} answers verified, none wrong")
    for note in said["notes"]:
        click.echo(note)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count} × {name}" for name, count in value.items()) or "0"
    return f"{value:,}"


def _besides(one: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_text(value)}" for name, value in one.items() if name not in _OWN)


_OWN: Final = ("measure", "case", "per_second", "p50_ms", "p99_ms", "errors")
_COLUMNS: Final = {
    "measure": lambda one: one["measure"],
    "case": lambda one: one["case"],
    "per second": lambda one: _text(one["per_second"]) if "per_second" in one else None,
    "p50 ms": lambda one: one.get("p50_ms"),
    "p99 ms": lambda one: one.get("p99_ms"),
    "errors": lambda one: _text(one["errors"]) if "errors" in one else None,
    "besides": _besides,
}
