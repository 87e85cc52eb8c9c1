"""Tuples in memory behind the reader's contract, for tests that need no store."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from iamgraph.check import walk
from iamgraph.check.contract import Asking, AskingMany, CurrentModel, Decisions, Planning
from iamgraph.model.model import Model
from iamgraph.questions import CheckQuestion, Decision, StoreInfo, TupleFilter
from iamgraph.revision import Revision
from iamgraph.store.contract import Read, TupleReader
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard, kind_of

STORE: Final = "default"
MODEL: Final = "model"
WRITTEN_AT: Final = datetime(2026, 1, 1, tzinfo=UTC)


class MemoryReader:
    """The given tuples, as if they had been written one change each; a later one replaces its like."""

    def __init__(self, tuples: Iterable[RelationTuple], store: str = STORE, model: str | None = MODEL) -> None:
        stored = [StoredTuple(one, since, WRITTEN_AT) for since, one in enumerate(tuples, start=1)]
        self._stored = {str(one): one for one in stored}
        self._info = StoreInfo(Revision(store, "epoch", len(stored)), model)
        self._by_object: dict[tuple[Object, str], list[StoredTuple]] = {}
        for one in sorted(self._stored.values(), key=str):
            self._by_object.setdefault((one.tuple.object, one.tuple.relation), []).append(one)

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""
        return self._info

    @property
    def all(self) -> list[StoredTuple]:
        """Every tuple, by its text."""
        return [one for each in self._by_object.values() for one in each]

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The stored tuple with this object, relation and subject, or None."""
        return self._stored.get(str(wanted))

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, in the order of their subjects; of one kind if given."""
        found = self._by_object.get((object_, relation), ())
        return [one for one in found if kind is None or kind_of(one.tuple.subject) == kind]


def walked(
    model: Model, tuples: Iterable[RelationTuple], now: datetime, subject: Subject, relation: str, object_: Object
) -> str:
    """The walk's answer to one check over these tuples: `allowed`, `denied` or `unknown`."""
    asking = Asking(CheckQuestion(STORE, subject, relation, object_), CurrentModel(MODEL, model), now, math.inf)
    return walk.answer(MemoryReader(tuples), asking).outcome.value


class MemoryRoom:
    """A store's state in memory, to be looked at from the sides that reasons are looked for from."""

    def __init__(self, tuples: Iterable[RelationTuple]) -> None:
        self.reader = MemoryReader(tuples)

    def every(self, wanted: TupleFilter) -> list[StoredTuple]:
        """Every tuple of a subject, which is all that is asked here."""
        assert wanted == TupleFilter(subject=wanted.subject)
        return [one for one in self.reader.all if one.tuple.subject == wanted.subject]

    def of_kinds(self, reads: Iterable[Read], limit: int) -> list[StoredTuple]:
        """The tuples of many reads at once; no more than `limit` of them."""
        return [one for read in reads for one in self.reader.read(*read)][:limit]

    def by_subjects(self, subjects: Iterable[Subject], most: int, limit: int) -> list[StoredTuple]:
        """The tuples of many subjects; no more than `limit`, and none of one that stands in more than `most`."""
        found: list[StoredTuple] = []
        for subject in subjects:
            around = [one for one in self.reader.all if object_of(one.tuple.subject) == object_of(subject)]
            found += [one for one in around if one.tuple.subject == subject] if len(around) <= most else []
        return found[:limit]

    def beneath(self, parents: Iterable[Object], relation: str) -> list[RelationTuple]:
        """Every tuple of the objects that have one of the parents by that relation."""
        of = set(parents)
        found = {
            one.tuple.object for one in self.reader.all if one.tuple.relation == relation and one.tuple.subject in of
        }
        return self.of_each(found, None)

    def of_each(self, objects: Iterable[Object], relation: str | None) -> list[RelationTuple]:
        """Every tuple of the objects, of one relation if given."""
        of = set(objects)
        tuples = (one.tuple for one in self.reader.all)
        return [one for one in tuples if one.object in of and relation in (None, one.relation)]

    def attributes(self, objects: Iterable[Object]) -> Mapping[Object, Mapping[str, Any]]:
        """Nothing is kept of any object."""
        return {}


def object_of(subject: Subject) -> Object | str:
    """The object of a subject; for a wildcard its text."""
    match subject:
        case Userset(object_):
            return object_
        case Object():
            return subject
        case Wildcard():
            return str(subject)


class WalkChecker:
    """Answers every check by a walk over the reader it is given."""

    def check(self, asking: Asking) -> Decision:
        """None without a reader."""
        raise NotImplementedError

    def check_many(self, asking: AskingMany) -> Decisions:
        """None without a reader."""
        raise NotImplementedError

    def plan(self, asking: Planning) -> None:
        """Nothing is to be planned."""

    def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
        """The walk's decisions."""
        return Decisions(reader.info.revision, tuple(walk.answer(reader, one) for one in asking.each()))
