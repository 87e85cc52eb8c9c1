"""Tuples in memory behind the reader's contract, for tests that need no store."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from iamgraph.check import walk
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.model.model import Model
from iamgraph.questions import CheckQuestion, StoreInfo
from iamgraph.revision import Revision
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, kind_of

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
