"""`iamgraph keys`: the API keys of the service, on Neo4j itself only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import options, said
from iamgraph.cli.output import Out

if TYPE_CHECKING:
    from iamgraph.cli.places import Place


@click.group("keys")
def keys() -> None:
    """Create, show and revoke API keys.

    Works on Neo4j itself, not through a service.
    """


@keys.command()
@click.argument("name")
@options.reaching
def create(name: str, place: Place, out: Out) -> None:
    """Make a key; its secret is printed once, and nothing can show it again."""
    from iamgraph.keys import create_key  # noqa: PLC0415 - ids and hashes only where keys are made

    with place.connection() as connection:
        key, secret = create_key(connection.keeper, name)
    out.one({**said.of_key(key), "secret": secret}, secret)
    if not out.json:
        click.echo(f"key {key.id}: keep the secret, it cannot be shown again", err=True)


@keys.command("list")
@options.reaching
def list_(place: Place, out: Out) -> None:
    """Show all keys, never their secrets."""
    with place.connection() as connection:
        found = connection.keeper.list_keys()
    out.many(map(said.of_key, found), _COLUMNS)


@keys.command()
@click.argument("id_", metavar="ID")
@options.reaching
def revoke(id_: str, place: Place, out: Out) -> None:
    """End a key; every service refuses it within five seconds."""
    with place.connection() as connection:
        connection.keeper.revoke_key(id_)
    out.one({"id": id_, "revoked": True}, f"key {id_} revoked")


_COLUMNS: Final = {
    "key": lambda one: one["id"],
    "name": lambda one: one["name"],
    "at": lambda one: one["at"],
}
