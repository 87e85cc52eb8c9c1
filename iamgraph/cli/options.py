"""The options commands share, and the values a command gets for them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from iamgraph.cli.output import Out
from iamgraph.cli.places import Place
from iamgraph.questions import OnExisting

Command = Callable[..., None]

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one value a line; errors as well.")
_url = click.option(
    "--url", envvar="IAMGRAPH_URL", show_envvar=True, help="The service to ask; without one, Neo4j is asked directly."
)
_key = click.option(
    "--key", envvar="IAMGRAPH_KEY", show_envvar=True, help="The service's key; others see it less in the variable."
)

store = click.option("--store", default="default", show_default=True, help="The store's id.")
by = click.option("--by", help="Who does it.")
reason = click.option("--reason", help="Why it is done.")
idempotency_key = click.option("--idempotency-key", help="The same key with the same change does it once.")


def on_existing(help_: str) -> Callable[[Command], Command]:
    """Adds `--on-existing`, whose help says what becomes of tuples that are there."""
    return click.option(
        "--on-existing",
        type=click.Choice([one.value for one in OnExisting]),
        default=OnExisting.TOUCH.value,
        show_default=True,
        help=help_,
    )


def saying(command: Command) -> Command:
    """Adds `--json`; the command gets `out`."""

    @wraps(command)
    def said(*args: Any, as_json: bool, **kwargs: Any) -> None:
        command(*args, out=Out(as_json), **kwargs)

    return _json(said)


def reaching(command: Command) -> Command:
    """Adds `--url`, `--key` and `--json`; the command gets `place` and `out`."""

    @wraps(command)
    def reached(*args: Any, url: str | None, key: str | None, out: Out, **kwargs: Any) -> None:
        command(*args, place=Place(url, key, out), out=out, **kwargs)

    return _url(_key(saying(reached)))
