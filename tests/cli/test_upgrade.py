"""`iamgraph workspace upgrade`: an older access model is told, shown what would change, and brought up to date."""

from __future__ import annotations

from iamgraph.access.access import shipped_model
from iamgraph.authorizer import Authorizer
from tests.cli.runner import Cli


def test_an_older_store(either: Cli, direct: Cli, authorizer: Authorizer, store: str) -> None:
    """Doctor names the command; it shows, asks and upgrades, here and on a service, and then has nothing to do."""
    older = shipped_model().replace("    define can_provision: provisioner or owner\n", "")
    authorizer.write_model(store, older)
    (found,) = [one for one in direct.done("doctor", "--json").lines if one["name"] == f"store {store}"]
    assert ("note", f"iamgraph workspace upgrade --store {store} --dry-run") == (found["state"], found["advice"])
    shown = either.done("workspace", "upgrade", "--store", store, "--dry-run").out
    assert "+ workspace#can_provision: provisioner or owner\n1 relations, 0 gained, 0 lost\n" == shown
    assert 130 == either.run("workspace", "upgrade", "--store", store, given="n\n").code
    assert older == authorizer.get_model(store).text
    assert 2 == either.run("workspace", "upgrade", "--store", store, "--json").code
    told = either.done("workspace", "upgrade", "--store", store, "--yes", "--json").json
    assert (authorizer.get_model(store).id, shipped_model()) == (told["model"], authorizer.get_model(store).text)
    assert not either.done("workspace", "upgrade", "--store", store, "--yes", "--json").json["changes"]


def test_what_would_be_lost(either: Cli, authorizer: Authorizer, store: str) -> None:
    """A model with something of one's own is not upgraded, and the command says what is in the way."""
    authorizer.write_model(store, shipped_model().replace("type token\n", "type token\n\ntype robot\n", 1))
    ran = either.run("workspace", "upgrade", "--store", store, "--yes", "--json")
    assert (2, "upgrade_refused") == ran.failure
    assert "! type `robot` is not in it" in either.done("workspace", "upgrade", "--store", store, "--dry-run").out
