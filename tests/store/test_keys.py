"""API keys as Neo4j keeps them."""

from __future__ import annotations

import time

import pytest

from iamgraph.errors import StoreError
from iamgraph.store.keeper import Neo4jKeeper
from tests.made_keys import end_key, make_key
from tests.store.graph import Graph


def test_a_version_is_told_once_its_change_is_whole(keeper: Neo4jKeeper, graph: Graph) -> None:
    """The version of the keys waits for who is changing them: a revocation seen in part would be missed for good."""
    end_key(keeper, make_key(keeper, "so that there are keys")[0])
    with graph.driver.session() as session, session.begin_transaction() as change:
        change.run("MATCH (all:IamKeys {id: 'keys'}) SET all:IamKeys").consume()
        with pytest.raises(StoreError) as waited:
            keeper.until(time.monotonic() + 0.3).keys_version()
    assert "deadline_exceeded" == waited.value.code
    assert keeper.keys_version() > 1
