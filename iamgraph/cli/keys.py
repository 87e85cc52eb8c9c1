"""`iamgraph keys`: the API keys of the service."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out
from iamgraph.questions import ALL_STORES, Scope

if TYPE_CHECKING:
    from iamgraph.cli.places import Place

_SCOPES: Final = [one.value for one in Scope]


@click.group("keys")
def keys() -> None:
    """Create, show and revoke API keys.

    A service shows and changes only keys that reach no store beyond those of the key it is asked with.
    """


@keys.command()
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(_SCOPES), help="What it may do.")
@click.option("--store", "stores", multiple=True, help="A store it holds for.")
@click.option("--all-stores", is_flag=True, help="It holds for every store, those to come as well.")
@click.option("--expires", metavar="TIME", help="How long it lasts: `12h`, `30d`, `4w`.  [default: 90d]")
@click.option("--never", is_flag=True, help="It lasts until it is revoked.")
@options.reaching
def create(
    name: str,
    *,
    scopes: tuple[str, ...],
    stores: tuple[str, ...],
    all_stores: bool,
    expires: str | None,
    never: bool,
    place: Place,
    out: Out,
) -> None:
    """Make a key; its secret is printed once, and nothing can show it again.

    `--scope` and `--store` may stand several times; scope `admin` takes in the others.
    """
    from iamgraph.keys import KEY_DAYS, expiry  # noqa: PLC0415 - ids and hashes only where keys are made

    if bool(stores) is all_stores:
        raise click.UsageError("say `--store` for each store the key holds for, or `--all-stores`")
    if never and expires is not None:
        raise click.UsageError("say `--expires` or `--never`")
    lifetime = parse.lifetime(expires) if expires is not None else timedelta(days=KEY_DAYS)
    with place.keys() as desk:
        key, secret = desk.create_key(
            name,
            scopes=frozenset(map(Scope, scopes)),
            stores=frozenset(stores or (ALL_STORES,)),
            expires_at=None if never else expiry(lifetime),
        )
    out.one({**said.of_key(key), "secret": secret}, secret)
    if not out.json:
        click.echo(f"key {key.id}: keep the secret, it cannot be shown again", err=True)


@keys.command("list")
@options.reaching
def list_(place: Place, out: Out) -> None:
    """Show all keys, the ended ones too, never their secrets."""
    with place.keys() as desk:
        found = desk.list_keys()
    out.many(map(said.of_key, found), _COLUMNS)


@keys.command()
@click.argument("id_", metavar="ID")
@options.reaching
def revoke(id_: str, place: Place, out: Out) -> None:
    """End a key; no service accepts it a second later."""
    with place.keys() as desk:
        desk.revoke_key(id_)
    out.one({"id": id_, "revoked": True}, f"key {id_} revoked")


_COLUMNS: Final = {
    "key": lambda one: one["id"],
    "name": lambda one: one["name"],
    "scopes": lambda one: ", ".join(one["scopes"]),
    "stores": lambda one: ", ".join(one["stores"]),
    "expires": lambda one: one.get("expires_at", "never"),
    "revoked": lambda one: one.get("revoked_at"),
    "last used": lambda one: one.get("last_used_at"),
}
