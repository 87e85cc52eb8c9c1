"""A store's state, checked and read by who decides on a change of it, or tells of it, in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.errors import LimitError
from iamgraph.history import State
from iamgraph.listing import listing_of
from iamgraph.questions import CheckQuestion, StoreInfo, TupleFilter
from iamgraph.reasons import Sentences
from iamgraph.review import Reviewing, ReviewPage, ReviewQuestion
from iamgraph.store.contract import Room, Stride
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject

MAX_STORED_READ: Final = 200_000


class Transaction:
    """What holds in a store at one revision and one time: what has expired by then is not there."""

    def __init__(  # noqa: PLR0917 - what a state is judged by
        self,
        room: Room,
        checker: Checker,
        current: CurrentModel,
        now: datetime,
        end: float,
        speaking: Sequence[Sentences] = (),
    ) -> None:
        """`end` is a reading of `time.monotonic`; `speaking` puts reviews into words."""
        self._room = room
        self._checker = checker
        self._current = current
        self._end = end
        self._speaking = tuple(speaking)
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

    def next_beneath(self, parent: Object, relation: str, type_: str, after: str, limit: int) -> list[Object]:
        """The objects of a type that have the parent by that relation: the first past the id `after`, by id."""
        found: list[Object] = []
        place: str | None = after
        while place is not None and len(found) < limit:
            stretch = self._room.onward_after([Stride(parent.type, [parent.id], relation, None, type_)], place, limit)
            objects = [Object(type_, one.id) for one in stretch.steps]
            living = {one.object for one in self.of_each(objects, relation) if one.subject == parent}
            found += [one for one in objects if one in living]
            place = stretch.end
        return found[:limit]

    def by_subjects(self, subjects: Iterable[Subject]) -> list[RelationTuple]:
        """The tuples of many subjects, in no order; `LimitError` where they are too many."""
        found = list(self._room.by_subjects(subjects, MAX_STORED_READ + 1, MAX_STORED_READ + 1))
        return [one.tuple for one in self._living(_readable(found))]

    def stored(self, of: Iterable[tuple[Object, str]]) -> list[StoredTuple]:
        """The tuples of many objects and relations, in no order, each with since when, by whom and why."""
        found = list(self._room.of_kinds([(*one, None) for one in of], MAX_STORED_READ + 1))
        return self._living(_readable(found))

    def review(self, asked: ReviewQuestion) -> ReviewPage:
        """Who has which relation on an object."""
        state = State(self._room.reader, self._current, self.now)
        listing = listing_of(self._room, state, self._checker, self._end)
        return Reviewing(self._room, listing, self._speaking).page(asked)

    def attributes(self, objects: Iterable[Object]) -> Mapping[Object, Mapping[str, Any]]:
        """What is kept of each object; those the store does not know are left out."""
        return self._room.attributes(objects)

    def _holds(self, one: RelationTuple) -> bool:
        return one.expires_at is None or self.now < one.expires_at

    def _living(self, found: Iterable[StoredTuple]) -> list[StoredTuple]:
        return [one for one in found if self._holds(one.tuple)]


def _readable(found: list[StoredTuple]) -> list[StoredTuple]:
    if len(found) > MAX_STORED_READ:
        raise LimitError(f"more than {MAX_STORED_READ} tuples to look at", code="too_many_tuples")
    return found
