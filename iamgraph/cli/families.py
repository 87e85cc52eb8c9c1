"""The shape all commands of the access model share: a verb, its arguments, and how what it tells is printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import click

from iamgraph.cli import options, parse
from iamgraph.cli.output import Out
from iamgraph.cli.said import Said
from iamgraph.errors import RequestError
from iamgraph.tuples import shown

if TYPE_CHECKING:
    from iamgraph.cli.places import Place

GRANT_HELP: Final = (
    "A role: `source_admin` on the workspace, `source_admin@S1,S2` on these resources, `source_admin+brand:a+region:eu`"
    " on what carries all these labels. May stand several times."
)


class Grant(click.ParamType[Said]):
    """A role and what it is on, as `role`, `role@id,id` or `role+label+label`."""

    name = "ROLE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Said:  # noqa: ARG002 - click's
        """The grant, as the service takes it."""
        head, *labels = value.split("+")
        role, at, resources = head.partition("@")
        return {"role": role, "resources": resources.split(",") if at else [], "labels": labels}


class Time(click.ParamType[datetime]):
    """A time in ISO 8601 with its zone."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The time."""
        found = parse.time(value)
        if found is None or found.tzinfo is None:
            self.fail("say the time zone, as in `2030-01-31T12:00:00Z`", param, ctx)
        return found


def argument(name: str, *, many: bool = False) -> click.Argument:
    """An argument known to the verb by its name."""
    return click.Argument(
        [name],
        metavar=name.rstrip("_").upper().removesuffix("S") if many else None,
        nargs=-1 if many else 1,
        required=True,
    )


def option(name: str, help_: str, *, to: str | None = None, **more: Any) -> click.Option:
    """An option known to the verb by its own name, or by `to`."""
    return click.Option([name, to] if to is not None else [name], help=help_, **more)


def grants() -> click.Option:
    """`--grant`, as often as wanted."""
    return option("--grant", GRANT_HELP, to="grants", multiple=True, type=Grant())


def pii() -> click.Option:
    """`--on` or `--off`."""
    return click.Option(["--on/--off", "pii"], required=True, default=None, help="Whether personal data is seen.")


def secret(variable: str, what: str) -> click.Option:
    """A secret that is no word of the command: from a variable, a file, or asked for."""
    help_ = f"A file that holds {what}; `-` for stdin. Without one, the variable {variable}, else it is asked for."
    return click.Option(
        ["--secret-file", "secret"],
        metavar="FILE",
        help=help_,
        callback=lambda ctx, param, value: _secret(variable, value),  # noqa: ARG005 - click's
    )


def _secret(variable: str, file: str | None) -> str:
    import os  # noqa: PLC0415 - only where a secret is read

    if file is not None:
        return parse.text_of(file).strip()
    return os.environ.get(variable) or str(click.prompt("Secret", hide_input=True, err=True))


@dataclass(frozen=True, slots=True)
class Family:
    """The commands of one concept. `room` is where its verbs are, `noun` what they are done to."""

    group: click.Group
    room: str
    noun: str
    home: bool = True

    def act(self, name: str, help_: str, did: str, *params: click.Parameter, verb: str | None = None) -> None:
        """A command that changes something."""

        def told(found: Said, out: Out) -> None:
            if "secret" in found:
                out.one(found, found["secret"])
                if not out.json:
                    click.echo(f"{self.noun} {found['id']}: keep the secret, it cannot be shown again", err=True)
            elif "revision" in found:
                out.one(found, f"{self.noun} {found['id']} {did}, revision {found['revision']}")
            else:
                out.one(found, f"{self.noun} {found['id']} {did}")

        why = [_REASON, _ONCE] if self.room != "sessions" else []
        self._add(name, help_, told, [*params, *why], verb=verb)

    def show(self, name: str, help_: str, *params: click.Parameter, verb: str | None = None) -> None:
        """A command that tells one thing."""

        def told(found: Said, out: Out) -> None:
            out.one(found, "\n".join(f"{name}: {text(value)}" for name, value in found.items()))

        self._add(name, help_, told, params, verb=verb)

    def list(
        self,
        help_: str,
        names: Sequence[str],
        *params: click.Parameter,
        verb: str = "all",
        on: click.Group | None = None,
        name: str = "list",
    ) -> None:
        """A command that lists."""

        def told(found: Iterable[Said], out: Out) -> None:
            out.many(found, columns(*names))

        self._add(name, help_, told, params, verb=verb, on=on)

    def lines(self, name: str, help_: str, *params: click.Parameter) -> None:
        """A command that writes lines of text."""

        def told(found: Iterable[str], out: Out) -> None:  # noqa: ARG001 - as the others
            for line in found:
                click.echo(line, nl=False)

        self._add(name, help_, told, params)

    def _add(
        self,
        name: str,
        help_: str,
        told: Callable[[Any, Out], None],
        params: Iterable[click.Parameter],
        *,
        verb: str | None = None,
        on: click.Group | None = None,
    ) -> None:
        called = f"{self.room}.{verb or name.replace('-', '_')}"

        def run(*, store: str, place: Place, out: Out, **given: Any) -> None:
            reason, once = given.pop("reason", None), given.pop("idempotency_key", None)
            with place.verbs(store, founding=called == "workspaces.create") as verbs:
                told(verbs.call(called, given, reason, once), out)

        first = [click.Argument(["home"], metavar="WORKSPACE")] if self.home else []
        shared = click.command(name, help=help_)(options.store(options.reaching(run)))
        shared.params = [*first, *params, *shared.params]
        (on or self.group).add_command(shared)


_REASON: Final = click.Option(["--reason"], help="Why it is done.")
_ONCE: Final = click.Option(["--idempotency-key"], help="The same key with the same change does it once.")


def columns(*names: str) -> dict[str, Callable[[Said], object]]:
    """Columns of a table, by the names of members."""
    return {name.replace("_", " "): _cell(name) for name in names}


def _cell(name: str) -> Callable[[Said], object]:
    return lambda row: text(row.get(name))


def text(value: Any) -> str | None:
    """A value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(value) if isinstance(value, list) else value


def write(file: str, content: str) -> None:
    """Write a file; `RequestError` where it cannot be."""
    from pathlib import Path  # noqa: PLC0415 - only where a file is written

    try:
        Path(file).write_text(content, encoding="utf-8")
    except OSError as fault:
        raise RequestError(f"cannot write `{shown(file)}`: {fault.strerror}", code="file_not_written") from fault
