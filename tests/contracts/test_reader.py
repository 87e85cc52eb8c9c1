"""Every reader of tuples there is, held to the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.questions import WriteRequest
from iamgraph.store.contract import TupleReader
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jReader
from iamgraph.tuples import RelationTuple
from tests.contracts.reader import MODEL, ReaderContract, Readers
from tests.memory import MemoryReader


class TestMemoryReader(ReaderContract):
    """The reader other tests lean on."""

    @pytest.fixture
    def readers(self) -> Readers:
        """Readers of tuples in memory."""
        return lambda tuples: nullcontext(MemoryReader(tuples))


class Neo4jReaderContract(ReaderContract):
    """A reader of a real Neo4j, of one new store."""

    @pytest.fixture
    def readers(self, authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Readers:
        """Readers of one new store."""
        authorizer.write_model(store, MODEL)

        def written(tuples: Sequence[RelationTuple]) -> AbstractContextManager[TupleReader]:
            for one in tuples:
                authorizer.write(WriteRequest(store, writes=(one,)))
            return self.reader(keeper, store)

        return written

    def reader(self, keeper: Neo4jKeeper, store: str) -> AbstractContextManager[TupleReader]:
        """The reader held to the contract."""
        raise NotImplementedError


class TestNeo4jReader(Neo4jReaderContract):
    """The reader that holds no lock, and whose answers are judged afterwards."""

    def reader(self, keeper: Neo4jKeeper, store: str) -> AbstractContextManager[TupleReader]:
        """One that no write disturbs here."""
        return nullcontext(keeper.at_one_revision(store, lambda reader: reader))


class TestLockedNeo4jReader(Neo4jReaderContract):
    """The reader under the store's lock."""

    @contextmanager
    def reader(self, keeper: Neo4jKeeper, store: str) -> Iterator[TupleReader]:
        """One in a transaction."""
        with keeper._locked(store) as (run, info):
            yield Neo4jReader(run, info, set())
