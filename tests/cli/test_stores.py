"""`iamgraph store`, on Neo4j and on a service."""

from __future__ import annotations

from tests.cli.runner import Cli


def test_a_life(either: Cli, spare: str) -> None:
    """A store is created once, shown, listed and deleted."""
    assert f"store {spare} created: give it a model with `iamgraph model write`\n" == (
        either.done("store", "create", spare).out
    )
    assert (2, "store_exists") == either.run("store", "create", spare, "--json").failure
    assert f"store {spare}, revision 0, model none yet\n" == either.done("store", "get", spare).out
    assert spare in either.done("store", "list").out
    assert f"store {spare} deleted\n" == either.done("store", "delete", spare).out
    assert (2, "store_not_found") == either.run("store", "get", spare, "--json").failure


def test_a_life_in_json(either: Cli, spare: str) -> None:
    """Each step has its JSON."""
    created = either.done("store", "create", spare, "--json").json
    assert {"id": spare, "revision": 0, "zookie": created["zookie"]} == created
    assert {"id": spare, "deleted": True} == either.done("store", "delete", spare, "--json").json


def test_json(both: tuple[Cli, Cli], modelled: str) -> None:
    """Neo4j and the service tell the same of a store, alone and in the list."""
    direct, remote = (one.done("store", "get", modelled, "--json").json for one in both)
    assert direct == remote
    assert (modelled, 1) == (direct["id"], direct["revision"])
    for one in both:
        assert direct in one.done("store", "list", "--json").lines


def test_odd_ids(either: Cli) -> None:
    """An id that cannot be one is refused, and never reaches another route."""
    for odd in ("a b", "a/b", "..", "", "a?b"):
        assert 2 == either.run("store", "get", odd).code
        assert 2 == either.run("store", "create", odd).code
        assert 2 == either.run("store", "delete", odd).code
