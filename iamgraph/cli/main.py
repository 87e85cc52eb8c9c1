"""The command `iamgraph`: its families, and what becomes of errors."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Final, NoReturn

import click

from iamgraph.cli import (
    bench,
    bulk,
    check,
    cypher,
    doctor,
    groups,
    invites,
    keys,
    labels,
    lists,
    members,
    models,
    past,
    policies,
    reports,
    resources,
    serve,
    sessions,
    stores,
    tokens,
    tuples,
    why,
    workspace,
)
from iamgraph.cli.output import fail
from iamgraph.cli.said import Said
from iamgraph.errors import IamgraphError, RequestError

FAILED: Final = 2
INTERRUPTED: Final = 130
# What a fault of a text says of itself, a model's or a document's.
_FAULT: Final = ("line", "column", "place", "code", "message")


class Commands(click.Group):
    """The group whose errors are one line on stderr, or JSON where `--json` stands."""

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        """Run what `args` say, and exit: 0 done, 1 no, 2 failed, 130 interrupted."""
        words = list(sys.argv[1:] if args is None else args)
        # Seen here, not as an option: words that make no sense must be answered too.
        as_json = "--json" in words
        names = {"prog_name": "iamgraph", "standalone_mode": False}
        try:
            _check_words(words)
            code = super().main(words, **{**extra, **names})
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        except click.ClickException as fault:
            _misused(fault, as_json=as_json)
        except IamgraphError as fault:
            fail(_said(fault), _text(fault), as_json=as_json)
        except Exception as fault:
            text = f"failed, which is a fault of iamgraph: {type(fault).__name__}: {fault}"
            fail({"code": "internal_error", "message": text, "pointer": None}, text, as_json=as_json)
        else:
            sys.exit(code if isinstance(code, int) else 0)
        sys.exit(FAILED)


def _check_words(words: Sequence[str]) -> None:
    """`RequestError` for bytes that are no text: they could be neither sent nor stored."""
    try:
        "".join(words).encode()
    except UnicodeEncodeError as fault:
        raise RequestError("an argument is not UTF-8 text", code="malformed_text") from fault


def _misused(fault: click.ClickException, *, as_json: bool) -> None:
    if as_json:
        message = fault.format_message()
        fail({"code": "usage", "message": message, "pointer": None}, message, as_json=True)
    else:
        fault.show()


def _said(fault: IamgraphError) -> Said:
    said: Said = {"code": fault.code, "message": fault.message, "pointer": fault.pointer}
    faults = getattr(fault, "faults", None)
    if faults is not None:
        said["faults"] = [{name: getattr(one, name) for name in _FAULT if hasattr(one, name)} for one in faults]
    return said


def _text(fault: IamgraphError) -> str:
    # A model's faults are known by what they can do: importing their class would cost every command the parser.
    render = getattr(fault, "render", None)
    return fault.message if render is None else f"{fault.message}\n{render()}"


@click.group(cls=Commands)
@click.version_option(package_name="iamgraph")
def cli() -> None:
    """Who can access what, answered by Cypher path queries on Neo4j."""


for _command in (
    check.check,
    lists.list_,
    lists.expand,
    why.why,
    reports.report,
    tuples.tuple_,
    tuples.object_,
    tuples.changes,
    past.history,
    past.what_if,
    bulk.import_,
    bulk.export,
    models.model,
    stores.store,
    cypher.cypher,
    keys.keys,
    workspace.workspace,
    members.account,
    members.member,
    groups.group,
    policies.policy,
    labels.label,
    resources.resource,
    tokens.token,
    invites.invite,
    invites.request,
    sessions.session,
    sessions.audit,
    serve.serve,
    serve.demo,
    bench.bench,
    doctor.doctor,
):
    cli.add_command(_command)


def main() -> NoReturn:
    """The entry point."""
    cli.main()


if __name__ == "__main__":
    main()
