"""`iamgraph doctor`: what it finds, and that it changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.cli.doctor import _stores
from iamgraph.local.jars import classpath
from iamgraph.questions import StoreInfo
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.wiring import Connection
from tests.cli.runner import NOWHERE, Cli, Ran

CLOSED = "http://127.0.0.1:1"


def steps(ran: Ran) -> dict[str, Any]:
    """The steps as JSON, by name."""
    return {one["name"]: one for one in ran.lines}


def states(ran: Ran) -> dict[str, str]:
    """What was found at each step, by name."""
    return {name: one["state"] for name, one in steps(ran).items()}


def test_all_is_well(direct: Cli, modelled: str, secret: str) -> None:
    """Python, settings, Neo4j, schema, a store with a model and the keys are in order."""
    ran = direct.done("doctor", "--json")
    expected = {"python", "settings", "neo4j", "schema", f"store {modelled}", "keys"}
    assert dict.fromkeys(expected, "ok") == {name: states(ran).get(name) for name in expected}
    assert secret not in ran.out


def test_a_store_without_a_model(direct: Cli, store: str) -> None:
    """A store without a model is worth knowing, with what to do, and no fault."""
    found = steps(direct.done("doctor", "--json"))[f"store {store}"]
    assert ("note", f"iamgraph model write FILE --store {store}") == (found["state"], found["advice"])


def test_a_store_that_goes_meanwhile(keeper: Neo4jKeeper) -> None:
    """A store that is deleted while stores are looked at is no fault, and no step."""
    store = f"doctor-{ULID()}"

    class Deleting(Authorizer):
        def list_stores(self) -> tuple[StoreInfo, ...]:
            found = super().list_stores()
            self.delete_store(store)
            return found

    authorizer = Deleting(keeper, GraphChecker(keeper))
    authorizer.create_store(store)
    authorizer.write_model(store, "model\n  schema 1.1\ntype user\n")
    found = list(_stores(Connection(keeper, authorizer)))
    assert f"store {store}" not in {one.name for one in found}


def test_for_people(direct: Cli) -> None:
    """People get a table, a step a line."""
    lines = direct.done("doctor").out.splitlines()
    assert ["step", "found", "to", "do"] == lines[0].split()
    assert ["ok", "python"] == lines[1].split()[:2]


def test_neo4j_does_not_answer(direct: Cli) -> None:
    """A Neo4j that is not there is wrong, exits with 1, and the advice names the variable."""
    ran = direct.run("doctor", "--json", NEO4J_URI="bolt://127.0.0.1:1")
    assert (1, "") == (ran.code, ran.err)
    assert ("wrong", "start Neo4j, and look at NEO4J_URI") == (
        steps(ran)["neo4j"]["state"],
        steps(ran)["neo4j"]["advice"],
    )


def test_neo4j_refuses(direct: Cli) -> None:
    """A user Neo4j does not know is told apart from a Neo4j that is not there."""
    ran = direct.run("doctor", "--json", NEO4J_USER="nobody")
    assert 1 == ran.code
    assert "set NEO4J_USER and NEO4J_PASSWORD to what Neo4j knows" == steps(ran)["neo4j"]["advice"]


def test_settings_that_are_wrong() -> None:
    """Settings that cannot be read are a step, and the rest is still looked at."""
    ran = Cli(NOWHERE).run("doctor", "--json", "--url", CLOSED, NEO4J_URI="bolt://127.0.0.1:1")
    assert {"python": "ok", "settings": "wrong", "service": "wrong"} == states(ran)
    assert 1 == ran.code


def test_nothing_yet(tmp_path: Path) -> None:
    """On a new machine nothing is wrong, nothing is made, and Java is there."""
    ran = Cli(NOWHERE | {"IAMGRAPH_HOME": str(tmp_path / "home"), "IAMGRAPH_CACHE": str(tmp_path / "cache")}).done(
        "doctor", "--json"
    )
    assert {"python": "ok", "settings": "ok", "java": "ok", "files": "note", "neo4j": "note"} == states(ran)
    assert [] == list(tmp_path.iterdir())


def test_fetched_files(tmp_path: Path) -> None:
    """Files that were fetched and verified are told from those that were not."""
    home = {"IAMGRAPH_HOME": str(tmp_path / "home")}
    empty = Cli(NOWHERE | home | {"IAMGRAPH_CACHE": str(tmp_path)})
    assert "note" == states(empty.done("doctor", "--json"))["files"]
    full = Cli(NOWHERE | home | {"IAMGRAPH_CACHE": str(fetched_cache())})
    assert "ok" == states(full.done("doctor", "--json"))["files"]


def fetched_cache() -> Path:
    """A cache with every file in it."""
    cache = Settings().cache_dir
    classpath(cache, lambda _: None)
    return cache


def test_the_service(direct: Cli, url: str, secret: str) -> None:
    """A service is looked at too where one is named: its answer and the key."""
    well = direct.done("doctor", "--json", "--url", url, "--key", secret)
    assert "ok" == states(well)["service"]
    keyless = direct.run("doctor", "--json", "--url", url)
    assert (1, "set IAMGRAPH_KEY to a key of the service") == (keyless.code, steps(keyless)["service"]["advice"])
    gone = direct.run("doctor", "--json", "--url", CLOSED)
    assert (1, "start it with `iamgraph serve`") == (gone.code, steps(gone)["service"]["advice"])
