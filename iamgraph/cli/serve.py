"""`iamgraph serve` and `iamgraph demo`: the service in this process."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from iamgraph.cli import options
from iamgraph.cli.output import Out
from iamgraph.cli.places import read_settings
from iamgraph.errors import RequestError

if TYPE_CHECKING:
    from iamgraph.settings import Settings
    from iamgraph.wiring import Connection

_port = click.option("--port", type=click.IntRange(0, 65535), help="The port; 0 for any free one. [default: 8080]")


@click.command()
@click.option("--host", help="The address to listen on.  [default: 127.0.0.1]")
@_port
@click.option("--workers", type=click.IntRange(0, 64), help="Worker processes; 0 for one a core.")
@click.option("--no-auth", is_flag=True, default=None, help="Ask for no keys; on a loopback address only.")
@options.saying
def serve(host: str | None, port: int | None, workers: int | None, no_auth: bool | None, out: Out) -> None:
    """Serve the HTTP interface.

    On the Neo4j that NEO4J_URI names, else on a private one. Options not given are taken from IAMGRAPH_HOST,
    IAMGRAPH_PORT, IAMGRAPH_WORKERS and IAMGRAPH_NO_AUTH.
    """
    from iamgraph.service.gunicorn_conf import Service, check_exposure  # noqa: PLC0415 - only where it serves
    from iamgraph.wiring import join, lease  # noqa: PLC0415 - as above

    settings = read_settings(host=host, port=port, workers=workers, no_auth=no_auth)
    check_exposure(settings)
    settings = _with_port(settings)
    with ExitStack() as held:
        server = settings.server or held.enter_context(lease(settings, out.tell)).server
        keyless = _without_keys(join(server, settings), settings) and not settings.no_auth
        Service(settings, server, lambda: _say(settings, keyless, out)).run()


def _without_keys(connection: Connection, settings: Settings) -> bool:
    """Whether nobody could ask yet; prepares the database on the way."""
    from iamgraph.wiring import prepare_service  # noqa: PLC0415 - only where it serves

    with connection.authorizer:
        prepare_service(connection, settings)
        return not connection.keeper.has_keys(datetime.now(UTC))


def _say(settings: Settings, keyless: bool, out: Out) -> None:
    url = f"http://{settings.address}"
    out.one({"url": url}, f"iamgraph listens on {url}")
    if keyless:
        out.tell("there is no API key yet: make one with `iamgraph keys create NAME --scope SCOPE --store STORE`")


def _with_port(settings: Settings) -> Settings:
    """The settings with a port that can be listened on; `RequestError` where theirs cannot."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as fault:
            raise RequestError(
                f"cannot listen on `{settings.address}`: {(fault.strerror or str(fault)).lower()}",
                code="address_unavailable",
            ) from fault
        return settings.model_copy(update={"port": probe.getsockname()[1]})


@click.command()
@_port
@options.saying
def demo(port: int | None, out: Out) -> None:
    """Serve a small company, and print calls to paste."""
    from iamgraph.demo.company import run  # noqa: PLC0415 - only where it serves

    run(_with_port(read_settings(port=port)), out.tell, lambda text: out.one({"text": text}, text))
