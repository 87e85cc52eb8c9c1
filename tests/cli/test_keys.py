"""`iamgraph keys`, on Neo4j, and refused on a service."""

from __future__ import annotations

import pytest
from ulid import ULID

from tests.cli.runner import NOWHERE, Cli, until


def test_a_life(direct: Cli, url: str) -> None:
    """A key's secret stands alone on stdout and opens the service; the list has no secret; revoked, it is gone."""
    name = f"cli {ULID()}"
    created = direct.run("keys", "create", name)
    secret = created.out.strip()
    assert secret.startswith("iag_")
    assert "keep the secret" in created.err
    assert until(lambda: Cli(NOWHERE).run("store", "list", "--url", url, "--key", secret).code == 0)
    (key,) = [one for one in direct.done("keys", "list", "--json").lines if one["name"] == name]
    assert {"id", "name", "at"} == set(key)
    assert name in direct.done("keys", "list").out
    assert f"key {key['id']} revoked\n" == direct.done("keys", "revoke", key["id"]).out
    assert name not in direct.done("keys", "list").out
    assert (2, "key_not_found") == direct.run("keys", "revoke", key["id"], "--json").failure


def test_a_life_in_json(direct: Cli) -> None:
    """Made and revoked as JSON, with nothing on stderr."""
    made = direct.done("keys", "create", f"cli {ULID()}", "--json").json
    assert {"id", "name", "at", "secret"} == set(made)
    assert {"id": made["id"], "revoked": True} == direct.done("keys", "revoke", made["id"], "--json").json


@pytest.mark.parametrize("words", [("create", "x"), ("list",), ("revoke", "x")])
def test_not_through_a_service(words: tuple[str, ...]) -> None:
    """With a URL, from the option or the environment, the command says that it works on Neo4j itself."""
    alone = Cli(NOWHERE)
    ran = alone.run("keys", *words, "--url", "http://127.0.0.1:1")
    assert 2 == ran.code
    assert "works on Neo4j itself, not on a service" in ran.err
    assert (2, "direct_only") == alone.run("keys", *words, "--json", IAMGRAPH_URL="http://127.0.0.1:1").failure
