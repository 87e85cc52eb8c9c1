"""Every reader of tuples there is, held to the contract."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.questions import WriteRequest
from iamgraph.store.contract import TupleReader
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import RelationTuple
from tests.contracts.reader import MODEL, ReaderContract, Readers
from tests.memory import MemoryReader


class TestMemoryReader(ReaderContract):
    """The reader other tests lean on."""

    @pytest.fixture
    def readers(self) -> Readers:
        """Readers of tuples in memory."""
        return lambda tuples: nullcontext(MemoryReader(tuples))


class TestNeo4jReader(ReaderContract):
    """The reader of a real Neo4j, under the store's lock."""

    @pytest.fixture
    def readers(self, authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Readers:
        """Readers of one new store."""
        authorizer.write_model(store, MODEL)

        def written(tuples: Sequence[RelationTuple]) -> AbstractContextManager[TupleReader]:
            for one in tuples:
                authorizer.write(WriteRequest(store, writes=(one,)))
            return keeper.reader(store)

        return written
