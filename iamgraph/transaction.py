"""A store's state, checked and read by who decides on a change of it, or tells of it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.questions import CheckQuestion, StoreInfo, TupleFilter
from iamgraph.store.contract import Room
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject


class Transaction:
    """What holds in a store at one revision and one time: what has expired by then is not there."""

    def __init__(self, room: Room, checker: Checker, current: CurrentModel, now: datetime, end: float) -> None:
        """`end` is a reading of `time.monotonic`."""
        self._room = room
        self._checker = checker
        self._current = current
        self._end = end
        self.now = now

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""
        return self._room.reader.info

    def defines(self, type_: str, relation: str) -> bool:
        """Whether the store's model has the relation on the type; an older one of the access model may not."""
        return self._current.model.relation(type_, relation) is not None

    def check(self, subject: Subject, relation: str, object_: Object) -> bool:
        """May the subject? Raises where the answer is unknown."""
        return bool(self.allowed(subject, relation, [object_]))

    def allowed(self, subject: Subject, relation: str, objects: Iterable[Object]) -> list[Object]:
        """Those of the objects on which the subject has the relation. Raises where that is unknown of one."""
        store, asked = self.info.id, list(objects)
        questions = tuple(CheckQuestion(store, subject, relation, one) for one in asked)
        asking = AskingMany(store, questions, self._current, self.now, self._end)
        found = self._checker.check_in(self._room.reader, asking).decisions
        return [one for one, decision in zip(asked, found, strict=True) if decision.known().allowed]

    def has(self, object_: Object, relation: str, subject: Subject) -> bool:
        """Whether the tuple is there."""
        found = self._room.reader.find(RelationTuple(object_, relation, subject))
        return found is not None and self._holds(found.tuple)

    def of(self, object_: Object, relation: str, *, expired: bool = False) -> list[StoredTuple]:
        """The tuples of an object and relation, by subject; those that have expired too, if so asked."""
        found = self._room.reader.read(object_, relation)
        return list(found) if expired else self._living(found)

    def every(self, wanted: TupleFilter) -> list[StoredTuple]:
        """Every tuple a filter means, by object, relation and subject; `LimitError` where they are too many."""
        return self._living(self._room.every(wanted))

    def beneath(self, parent: Object, relation: str) -> list[RelationTuple]:
        """Every tuple of the objects that have the parent by that relation; `LimitError` where they are too many."""
        return self.beneath_each([parent], relation)

    def beneath_each(self, parents: Iterable[Object], relation: str) -> list[RelationTuple]:
        """As `beneath`, of many parents."""
        return [one for one in self._room.beneath(parents, relation) if self._holds(one)]

    def of_each(self, objects: Iterable[Object], relation: str | None = None) -> list[RelationTuple]:
        """The tuples of many objects, of one relation if given, in no order; `LimitError` where they are too many."""
        return [one for one in self._room.of_each(objects, relation) if self._holds(one)]

    def attributes(self, objects: Iterable[Object]) -> Mapping[Object, Mapping[str, Any]]:
        """What is kept of each object; those the store does not know are left out."""
        return self._room.attributes(objects)

    def _holds(self, one: RelationTuple) -> bool:
        return one.expires_at is None or self.now < one.expires_at

    def _living(self, found: Iterable[StoredTuple]) -> list[StoredTuple]:
        return [one for one in found if self._holds(one.tuple)]
