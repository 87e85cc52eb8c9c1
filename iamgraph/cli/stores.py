"""`iamgraph store`: make, see and end stores."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out
from iamgraph.errors import RequestError

if TYPE_CHECKING:
    from iamgraph.cli.places import Place
    from iamgraph.questions import StoreInfo

# A store that was never trimmed may take long.
TRIM_SECONDS: Final = 600.0

_id = click.argument("id_", metavar="ID")


@click.group("store")
def store() -> None:
    """Create, show, trim and delete stores."""


@store.command()
@_id
@options.reaching
def create(id_: str, place: Place, out: Out) -> None:
    """Create an empty store, without a model."""
    with place.door() as door:
        info = door.create_store(id_)
    out.one(said.of_store(info), f"store {info.id} created: give it a model with `iamgraph model write`")


@store.command()
@_id
@options.reaching
def get(id_: str, place: Place, out: Out) -> None:
    """Show a store's newest revision and its model."""
    with place.door() as door:
        info = door.get_store(id_)
    out.one(said.of_store(info), _described(info))


def _described(info: StoreInfo) -> str:
    return f"store {info.id}, revision {info.revision.number}, model {info.model or 'none yet'}"


@store.command("list")
@options.reaching
def list_(place: Place, out: Out) -> None:
    """Show all stores."""
    with place.door() as door:
        found = door.list_stores()
    out.many(map(said.of_store, found), _COLUMNS)


@store.command()
@_id
@options.reaching
def delete(id_: str, place: Place, out: Out) -> None:
    """Delete a store with all it holds, at once and for good."""
    with place.door() as door:
        door.delete_store(id_)
    out.one({"id": id_, "deleted": True}, f"store {id_} deleted")


@store.command()
@_id
@click.option("--before", required=True, metavar="ISO", help="The time, with a time zone.")
@options.reaching
def trim(id_: str, before: str, place: Place, out: Out) -> None:
    """Forget the changes made before a time, for good; tuples and models stay. Works on Neo4j itself."""
    end = parse.time(before)
    if end is None or end.tzinfo is None:
        raise RequestError("a time needs a time zone: `2030-01-31T12:00:00Z`", code="malformed_time")
    with place.connection() as connection:
        removed = connection.keeper.until(time.monotonic() + TRIM_SECONDS).trim(id_, end)
    out.one({"id": id_, "trimmed": removed}, f"{removed} changes of store {id_} forgotten")


_COLUMNS: Final = {
    "store": lambda one: one["id"],
    "revision": lambda one: one["revision"],
    "model": lambda one: one.get("model"),
}
