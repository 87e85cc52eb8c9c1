"""`iamgraph keys`, on Neo4j and on a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ulid import ULID

from tests.cli.runner import NOWHERE, Cli, until

MEMBERS = {"id", "name", "scopes", "stores", "at", "expires_at"}


def test_a_life(either: Cli, url: str) -> None:
    """A secret stands alone on stdout and opens the service; the list has none; revoked, it opens nothing."""
    name = f"cli {ULID()}"
    created = either.run("keys", "create", name, "--scope", "read", "--all-stores")
    secret = created.out.strip()
    assert (0, True) == (created.code, secret.startswith("iag_"))
    assert "keep the secret" in created.err
    ask = ("store", "list", "--url", url, "--key", secret)
    assert until(lambda: Cli(NOWHERE).run(*ask).code == 0)
    (key,) = [one for one in either.done("keys", "list", "--json").lines if one["name"] == name]
    assert MEMBERS <= set(key)
    assert name in either.done("keys", "list").out
    assert f"key {key['id']} revoked\n" == either.done("keys", "revoke", key["id"]).out
    assert until(lambda: Cli(NOWHERE).run(*ask).code == 2)
    (ended,) = [one for one in either.done("keys", "list", "--json").lines if one["id"] == key["id"]]
    assert "revoked_at" in ended
    assert (2, "key_not_found") == either.run("keys", "revoke", str(ULID()), "--json").failure


def test_a_life_in_json(either: Cli) -> None:
    """Made and revoked as JSON, with nothing on stderr; what was said is what it is."""
    words = ("--scope", "check", "--scope", "write", "--store", "b", "--store", "a", "--expires", "30d", "--json")
    made = either.done("keys", "create", f"cli {ULID()}", *words).json
    assert MEMBERS | {"secret"} <= set(made)
    assert (["check", "write"], ["a", "b"]) == (made["scopes"], made["stores"])
    lasts = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
    assert timedelta(days=29, hours=23) < lasts <= timedelta(days=30)
    assert {"id": made["id"], "revoked": True} == either.done("keys", "revoke", made["id"], "--json").json


@pytest.mark.parametrize(
    ("words", "days"), [((), 90), (("--expires", "48h"), 2), (("--expires", "1w"), 7), (("--never",), None)]
)
def test_the_end(either: Cli, words: tuple[str, ...], days: int | None) -> None:
    """Ninety days if nothing is said, as long as is said, or for good."""
    made = either.done("keys", "create", f"cli {ULID()}", "--scope", "check", "--store", "s", *words, "--json").json
    if days is None:
        assert "expires_at" not in made
    else:
        lasts = datetime.fromisoformat(made["expires_at"]) - datetime.now(UTC)
        assert timedelta(days=days, hours=-1) < lasts <= timedelta(days=days)
    either.done("keys", "revoke", made["id"])


@pytest.mark.parametrize(
    "words",
    [
        ("x",),
        ("x", "--scope", "check"),
        ("x", "--store", "s"),
        ("x", "--scope", "root", "--store", "s"),
        ("x", "--scope", "check", "--store", "s", "--all-stores"),
        ("x", "--scope", "check", "--store", "s", "--never", "--expires", "1d"),
    ],
)
def test_a_key_says_what_it_is_for(words: tuple[str, ...]) -> None:
    """Scope and store must be said, and nothing may be said against itself; nobody is asked."""
    assert (2, "usage") == Cli(NOWHERE).run("keys", "create", *words, "--url", "http://127.0.0.1:1", "--json").failure


@pytest.mark.parametrize("text", ["", "1", "d", "-1d", "1.5d", "1y", "1d ", "٣d", "9" * 12 + "d"])
def test_a_malformed_lifetime(text: str) -> None:
    """A lifetime is a number and a unit."""
    words = ("x", "--scope", "check", "--store", "s", "--expires", text, "--url", "http://127.0.0.1:1", "--json")
    assert (2, "malformed_time") == Cli(NOWHERE).run("keys", "create", *words).failure
