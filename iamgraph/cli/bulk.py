"""`iamgraph import` and `iamgraph export`: the tuples of a file into a store, and of a store into a file."""

from __future__ import annotations

import gzip
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, Final

import click

from iamgraph.cli import options
from iamgraph.cli.output import Out
from iamgraph.cli.said import Said
from iamgraph.errors import RequestError
from iamgraph.questions import OnExisting
from iamgraph.tuples import shown

if TYPE_CHECKING:
    from iamgraph.bulk.imports import Import, Rejected, Step
    from iamgraph.cli.places import Place

FORMATS: Final = ("jsonl", "csv", "json", "yaml", "relationships")
TELL_SECONDS: Final = 5.0
REJECTED: Final = 1
# So many rejected lines are told one by one where no file is named for them.
TOLD: Final = 20


@click.command("import")
@click.argument("file", metavar="FILE")
@options.store
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="What the file is; else seen by name and content."
)
@click.option("--id", "id_", help="The import's id; else one of what the file holds.")
@click.option("--errors", metavar="FILE", help="Where rejected lines are written, as JSON lines.")
@click.option("--strict", is_flag=True, help="Stop at the first chunk that has a rejected line, before writing it.")
@click.option("--dry-run", is_flag=True, help="Only say what would be written and what rejected.")
@options.on_existing("What becomes of tuples that are there already.")
@options.by
@options.reason
@options.reaching
def import_(
    *,
    file: str,
    store: str,
    format_: str | None,
    id_: str | None,
    errors: str | None,
    strict: bool,
    dry_run: bool,
    on_existing: str,
    by: str | None,
    reason: str | None,
    place: Place,
    out: Out,
) -> None:
    """Write the tuples of FILE, `-` for stdin; run again, go on where it was cut off. Exits 1 if lines are rejected.

    Reads JSON lines, CSV, a JSON array, YAML and SpiceDB's relationships, OpenFGA's forms among them, in gzip or not.
    """
    from iamgraph.bulk.imports import Import  # noqa: PLC0415 - only where a file is read

    wanted = Import(store, id_, file, format_, by, reason, OnExisting(on_existing), strict, dry_run)
    with ExitStack() as opened:
        source = opened.enter_context(_opened(file))
        _check_writable(errors)
        importing = opened.enter_context(_importing(place, source, wanted))
        importing_id, resumed, steps = importing
        report = opened.enter_context(_report(errors, out, resumed=resumed))
        last = _followed(steps, report, Path(file).name, out)
    said = _said(importing_id, last, dry_run=dry_run)
    out.one(said, _text(last, dry_run=dry_run))
    if last.rejected:
        click.get_current_context().exit(REJECTED)


@click.command()
@options.store
@click.option("-o", "--output", metavar="FILE", help="Where to; stdout without. In gzip if it ends with `.gz`.")
@click.option("--history", is_flag=True, help="Tell since when each tuple is there, by whom and why.")
@options.reaching
def export(*, store: str, output: str | None, history: bool, place: Place, out: Out) -> None:
    """Write every tuple of a store at one revision, as JSON lines that `import` takes."""
    with _exported(place, store, history=history) as lines:
        if output is None:
            for line in lines:
                click.echo(line, nl=False)
            return
        count = _written(lines, Path(output))
    out.one({"file": output, "tuples": count}, f"{count:,} tuples written to {output}")


@contextmanager
def _exported(place: Place, store: str, *, history: bool) -> Iterator[Iterator[str]]:
    if place.url is not None:
        from iamgraph.cli.remote import Remote  # noqa: PLC0415 - HTTP only where it is spoken

        with Remote(place.url, place.key) as remote:
            yield remote.export(store, history=history)
        return
    from iamgraph.bulk.exports import exported  # noqa: PLC0415 - only where a store is read

    with place.connection() as connection, exported(connection.authorizer, store, history=history) as lines:
        yield lines


def _open(path: Path, *, packed: bool) -> IO[str]:
    return gzip.open(path, "wt", encoding="utf-8") if packed else path.open("w", encoding="utf-8")


def _written(lines: Iterator[str], path: Path) -> int:
    """How many tuples were written to a file, which is there once it is whole."""
    part = path.with_name(f".{path.name}.part")
    count = -1  # the header is no tuple
    try:
        with _writing(str(path)):
            with _open(part, packed=path.suffix == ".gz") as file:
                for line in lines:
                    file.write(line)
                    count += 1
            part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """The file, from its start and as often as wanted: what comes from stdin is kept meanwhile."""
    try:
        if file == "-":
            with tempfile.TemporaryFile() as kept:
                shutil.copyfileobj(sys.stdin.buffer, kept)
                kept.seek(0)
                yield kept
        else:
            with Path(file).open("rb") as found:
                yield found
    except OSError as fault:
        raise RequestError(f"cannot read `{shown(file)}`: {fault.strerror}", code="file_not_read") from fault


@contextmanager
def _importing(place: Place, source: BinaryIO, wanted: Import) -> Iterator[tuple[str, bool, Iterator[Step]]]:
    """The import's id, whether it goes on with one that was cut off, and its steps."""
    from iamgraph.bulk.imports import Importer  # noqa: PLC0415 - as above

    if place.url is not None:
        from iamgraph.cli.remote import Remote  # noqa: PLC0415 - as above

        with Remote(place.url, place.key) as remote:
            yield remote.load(wanted, source)
        return
    with place.connection() as connection:
        importer = Importer(connection.authorizer, source, wanted)
        yield importer.id, importer.resumed, importer.steps()


# --- what is told ---

Report = Callable[["Rejected"], None]


@contextmanager
def _report(errors: str | None, out: Out, *, resumed: bool) -> Iterator[Report]:
    """What is done with rejected lines: written to a file, or the first of them told."""
    if errors is None:
        told = iter(range(TOLD + 1))
        yield lambda one: _tell(one, next(told, None), out)
        return
    with _writing(errors), Path(errors).open("a" if resumed else "w", encoding="utf-8") as file:
        yield lambda one: _write(one, file)


def _check_writable(errors: str | None) -> None:
    """`RequestError` now, where else it would come once tuples are written."""
    if errors is not None:
        with _writing(errors), Path(errors).open("a", encoding="utf-8"):
            pass


@contextmanager
def _writing(file: str) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise RequestError(f"cannot write `{shown(file)}`: {fault.strerror}", code="file_not_written") from fault


def _write(one: Rejected, file: IO[str]) -> None:
    said = {"line": one.line, "code": one.code, "reason": one.reason, "text": one.text}
    file.write(json.dumps(said) + "\n")
    file.flush()


def _tell(one: Rejected, number: int | None, out: Out) -> None:
    if number is None:
        return
    if number == TOLD:
        out.tell("more lines were rejected: name a file with --errors to have them all")
        return
    out.talk({"line": one.line, "code": one.code, "reason": one.reason}, f"line {one.line}: {one.reason}")


def _followed(steps: Iterator[Step], report: Report, name: str, out: Out) -> Step:
    """The last step, once all were told."""
    from iamgraph.bulk.imports import Step  # noqa: PLC0415 - as above

    last = Step()
    with _progress(name, out) as tell:
        for last in steps:
            tell(last)
            for one in last.rejects:
                report(one)
    return last


@contextmanager
def _progress(name: str, out: Out) -> Iterator[Callable[[Step], None]]:
    """A line that is drawn anew on a terminal, now and then a line elsewhere."""
    begun = time.monotonic()
    if sys.stderr.isatty() and not out.json:
        from rich.console import Console  # noqa: PLC0415 - only where something is drawn

        console = Console(stderr=True, markup=False, emoji=False, highlight=False)
        with console.status(name) as status:
            yield lambda step: status.update(f"{name}: {_rate(step, begun)}")
        return
    next_ = [begun + TELL_SECONDS]

    def tell(step: Step) -> None:
        if time.monotonic() >= next_[0]:
            next_[0] = time.monotonic() + TELL_SECONDS
            out.tell(_rate(step, begun))

    yield tell


def _rate(step: Step, begun: float) -> str:
    seconds = max(time.monotonic() - begun, 1e-6)
    return f"{step.written:,} tuples written, {step.written / seconds:,.0f} a second, {step.rejected:,} rejected"


def _said(id_: str, last: Step, *, dry_run: bool) -> Said:
    said: Said = {"id": id_, "lines": last.lines, "written": last.written, "rejected": last.rejected}
    said |= {"skipped": last.skipped, "stopped": last.stopped, "dry_run": dry_run}
    if last.zookie is not None:
        said |= {"revision": last.revision, "zookie": last.zookie}
    return said


def _text(last: Step, *, dry_run: bool) -> str:
    parts = [f"{last.written:,} tuples {'would be written' if dry_run else 'written'}", f"{last.rejected:,} rejected"]
    if last.skipped:
        parts.append(f"{last.skipped:,} lines were dealt with by an earlier run of this import (--id starts a new one)")
    if last.stopped:
        parts.append("stopped at a rejected line")
    revision = f", revision {last.revision}, zookie {last.zookie}" if last.zookie is not None and not dry_run else ""
    return ", ".join(parts) + revision
