"""Commits whose answer is lost: what became of each is found out, none is lost, none is made twice."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import StoreError
from iamgraph.questions import FilterDelete, TupleFilter, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jServer
from iamgraph.tuples import RelationTuple, parse_object
from tests.proxy import Fault, Proxy, proxied
from tests.store.given import ADA, BOB, MODEL, tuples, written
from tests.store.graph import Graph

CUTS: Final = int(os.environ.get("IAMGRAPH_CUTS", "50"))
SECONDS: Final = 30.0
EITHER_SIDE: Final = (Fault.CUT_BEFORE, Fault.CUT_AFTER)


@pytest.fixture(scope="module")
def behind(server: Neo4jServer) -> Iterator[tuple[Proxy, Authorizer]]:
    """A door whose connection to Neo4j passes a proxy."""
    with proxied(server) as (proxy, seen):
        keeper = Neo4jKeeper(seen, deadline=SECONDS)
        with Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS) as door:
            yield proxy, door


def test_every_lost_commit_is_resolved(behind: tuple[Proxy, Authorizer], door: Authorizer, store: str) -> None:
    """Writers whose commits are cut, before Neo4j has them or before it answers, all learn their true revision."""
    proxy, cut_off = behind
    before = proxy.sprung

    def write(i: int) -> int:
        proxy.set(EITHER_SIDE[i % 2])
        key = f"k{i}" if i % 3 else None
        request = WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}"), idempotency_key=key)
        return cut_off.write(request).number

    with ThreadPoolExecutor(2) as pool:
        revisions = list(pool.map(write, range(CUTS)))
    cuts = proxy.sprung - before
    assert cuts == CUTS
    seen: dict[int, tuple[RelationTuple, ...]] = {}
    for since in range(1, CUTS + 1, 1000):
        seen |= {one.revision: one.writes for one in door.changes(store, since, 1000)}
    assert {number: tuples(f"group:eng#member@user:{i}") for i, number in enumerate(revisions)} == seen
    assert list(range(2, CUTS + 2)) == sorted(seen)


@pytest.mark.parametrize("fault", EITHER_SIDE, ids=lambda one: one.name)
def test_every_act_is_resolved(
    behind: tuple[Proxy, Authorizer], door: Authorizer, store: str, graph: Graph, fault: Fault
) -> None:
    """A deletion, one by filter, an object's, a model and a store are made once though their commits are cut."""
    proxy, cut_off = behind
    door.write(WriteRequest(store, writes=tuples(ADA, BOB, "doc:plan#viewer@user:ada", "doc:a#viewer@user:ada")))
    proxy.set(fault)
    assert 3 == cut_off.write(WriteRequest(store, deletes=tuples(ADA))).number
    proxy.set(fault)
    done = cut_off.delete_matching(FilterDelete(store, TupleFilter("group")))
    assert (4, 1) == (done.revision.number, done.count)
    proxy.set(fault)
    revision, count = cut_off.delete_object(store, parse_object("doc:a"))
    assert (5, 1) == (revision.number, count)
    proxy.set(fault)
    assert 6 == cut_off.write_model(store, MODEL).revision.number
    assert 6 == len(door.changes(store))
    assert ["doc:plan#viewer@user:ada"] == graph.tuples(store)
    name = f"test-{ULID()}"
    proxy.set(fault)
    assert cut_off.create_store(name) == door.get_store(name)
    proxy.set(fault)
    cut_off.delete_store(name)
    assert name not in [one.id for one in door.list_stores()]


@pytest.mark.parametrize("fault", EITHER_SIDE, ids=lambda one: one.name)
def test_what_cannot_be_found_out_is_said_to_be_unknown(
    server: Neo4jServer, door: Authorizer, store: str, fault: Fault
) -> None:
    """With Neo4j out of reach after a lost commit the answer is `commit_unknown`, and the key resolves it later."""
    with proxied(server) as (proxy, seen):
        keeper = Neo4jKeeper(seen, deadline=12)
        with Authorizer(keeper, GraphChecker(keeper), deadline=12) as cut_off:
            cut_off.write(WriteRequest(store, writes=tuples(BOB)))
            request = WriteRequest(store, writes=tuples(ADA), idempotency_key="k")
            proxy.set(fault, then_gone=True)
            with pytest.raises(StoreError) as unknown:
                cut_off.write(request)
            assert "commit_unknown" == unknown.value.code
    assert 3 == door.write(request).number == door.write(request).number
    assert [ADA, BOB] == written(door, store)
    assert 3 == len(door.changes(store))


@pytest.mark.parametrize("fault", [Fault.SWALLOW_BEFORE, Fault.SWALLOW_AFTER], ids=lambda one: one.name)
def test_a_half_open_connection_is_no_false_answer(
    server: Neo4jServer, door: Authorizer, store: str, fault: Fault
) -> None:
    """A commit that vanishes in an open connection ends with the deadline, in its answer or in `commit_unknown`."""
    with proxied(server) as (proxy, seen):
        keeper = Neo4jKeeper(seen, deadline=6)
        with Authorizer(keeper, GraphChecker(keeper), deadline=6) as cut_off:
            cut_off.get_model(store)
            request = WriteRequest(store, writes=tuples(ADA), idempotency_key="k")
            proxy.set(fault)
            began = time.monotonic()
            try:
                assert 2 == cut_off.write(request).number
            except StoreError as unknown:
                assert "commit_unknown" == unknown.code
            assert time.monotonic() - began < 12
    assert 2 == door.write(request).number
    assert 2 == len(door.changes(store))
