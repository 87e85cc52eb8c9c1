"""The keeper of the tests is strict: a statement that Neo4j has a remark on fails the test that runs it."""

from __future__ import annotations

from typing import Final

import pytest

from iamgraph.store.keeper import Neo4jKeeper
from tests.conftest import Remarked

PRODUCT: Final = """\
MATCH (st:IamStore {id: $store}), (o:Object)
RETURN count(o) AS objects, st.id AS store
"""
UNKNOWN: Final = """\
MATCH (st:IamStore {id: $store})
OPTIONAL MATCH (st)-[:NOBODY_WROTE_THIS]->(:NorThis)
RETURN st.id AS store
"""


def test_a_remark_on_a_statement_is_an_error(keeper: Neo4jKeeper, store: str) -> None:
    """A product of two patterns, which Neo4j remarks on, is raised as an error."""
    with pytest.raises(Remarked, match=r"(?i)cartesian ?product"):
        keeper._alone(PRODUCT, {"store": store})


def test_names_not_yet_in_the_database_are_no_fault(keeper: Neo4jKeeper, store: str) -> None:
    """A label or type that no node has yet is not remarked on, since new stores have none."""
    assert store == keeper._alone(UNKNOWN, {"store": store})[0]["store"]
