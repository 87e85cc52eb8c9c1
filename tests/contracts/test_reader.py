"""Every reader of tuples there is, held to the contract."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.history import state_at
from iamgraph.questions import WriteRequest
from iamgraph.store.contract import TupleReader, View
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.store.neo4j import Neo4jReader
from iamgraph.store.overlay import OverlaidView
from iamgraph.store.transactions import Neo4jRoom
from iamgraph.tuples import RelationTuple, StoredTuple, parse_tuple
from tests.contracts.reader import LATER, MODEL, ReaderContract, Readers, ViewContract, Views
from tests.memory import MemoryReader, MemoryRoom


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


class TestMemoryRoom(ViewContract):
    """The view other tests lean on."""

    @pytest.fixture
    def views(self) -> Views:
        """Views of tuples in memory."""
        return lambda tuples: nullcontext(MemoryRoom(tuples))


class TestOverlaidView(ViewContract):
    """Some tuples laid over a view, and others taken away from it."""

    @pytest.fixture
    def views(self) -> Views:
        """Every second tuple is laid; beneath are others of the same subjects and objects, which are not there."""

        def overlaid(tuples: Sequence[RelationTuple]) -> AbstractContextManager[View]:
            gone = ["doc:other#viewer@user:ada", "group:eng#member@user:bob", "doc:other#editor@user:ada"]
            base = MemoryRoom([*map(parse_tuple, gone), *tuples[::2]])
            laid = {str(one): StoredTuple(one, 1, LATER) for one in tuples[1::2]}
            return nullcontext(OverlaidView(base, laid | dict.fromkeys(gone)))

        return overlaid


class TestNeo4jRoom(ViewContract):
    """The view of a real Neo4j."""

    @pytest.fixture
    def views(self, authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Views:
        """Views of one new store."""
        authorizer.write_model(store, MODEL)

        def written(tuples: Sequence[RelationTuple]) -> AbstractContextManager[View]:
            authorizer.write(WriteRequest(store, writes=tuple(tuples)))
            return nullcontext(self.view(authorizer, keeper, store, tuples))

        return written

    def view(self, authorizer: Authorizer, keeper: Neo4jKeeper, store: str, tuples: Sequence[RelationTuple]) -> View:
        """The view held to the contract."""
        assert tuples
        assert authorizer.get_store(store).revision.number == 2
        return Neo4jRoom(keeper.at_one_revision(store, lambda reader: reader))


class TestPast(TestNeo4jRoom):
    """The view of a state that is past: its tuples are gone since, and others have come."""

    def view(self, authorizer: Authorizer, keeper: Neo4jKeeper, store: str, tuples: Sequence[RelationTuple]) -> View:
        """What was there before half of it went."""
        came = (parse_tuple("group:eng#member@user:bob"), parse_tuple("doc:other#viewer@user:ada"))
        authorizer.write(WriteRequest(store, writes=came, deletes=tuple(tuples[::2])))
        room = Neo4jRoom(keeper.at_one_revision(store, lambda reader: reader))
        return state_at(room, 2, LATER).view(room)
