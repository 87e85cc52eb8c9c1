"""Changes that depend on what is there: looked at and made in one transaction, under the store's lock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise, takewhile
from typing import Any, Final, TypeVar

from iamgraph.errors import LimitError
from iamgraph.queries import node_label, object_key, relationship_type, statement, subject_key, wildcard_key
from iamgraph.questions import (
    MAX_DELETED_AT_ONCE,
    RESERVED_ATTRIBUTES,
    Act,
    Attributes,
    Done,
    Effect,
    Note,
    OnMissing,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.revision import Revision
from iamgraph.store import past
from iamgraph.store.contract import Read, Room, Step, Stretch, Stride, Undoing
from iamgraph.store.neo4j import Neo4jReader, Run, retried
from iamgraph.store.rows import Once, listed_tuple, once_for_act, plain_tuple, stored_tuple
from iamgraph.store.writing import (
    Neo4jWriter,
    change_made,
    check_model,
    effect_of,
    find_tuples,
    refuse_required,
    tuples_around,
    write_change,
)
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject, kind_of, parse_object

MAX_READ_AT_ONCE: Final = 200_000
# Texts of characters below this one are in one order, however they are compared.
_ONE_ORDER: Final = "\ud800"
T = TypeVar("T")


class Neo4jRoom:
    """A store's state as a transaction finds it, to be looked at from any side."""

    def __init__(self, reader: Neo4jReader) -> None:
        self.reader = reader

    def every(self, wanted: TupleFilter) -> list[StoredTuple]:
        """Every tuple a filter means, in a fixed order; `LimitError` past `MAX_READ_AT_ONCE`."""
        found = find_tuples(self.reader.run, self.reader.info.id, wanted, None, MAX_READ_AT_ONCE + 1)
        return _within_limit(found)

    def beneath(self, parents: Iterable[Object], relation: str) -> list[RelationTuple]:
        """Every tuple of the objects that have a parent by that relation; `LimitError` past `MAX_READ_AT_ONCE`."""
        return self._many("tuples/beneath", "parents", parents, relation)

    def of_each(self, objects: Iterable[Object], relation: str | None) -> list[RelationTuple]:
        """Every tuple of the objects, of one relation if given; `LimitError` past `MAX_READ_AT_ONCE`."""
        return self._many("tuples/of_objects", "objects", objects, relation)

    def _many(self, name: str, ends: str, named: Iterable[Object], relation: str | None) -> list[RelationTuple]:
        keys = [object_key(self.reader.info.id, one) for one in named]
        if not keys:
            return []
        type_ = relationship_type(relation) if relation is not None else None
        parameters = {"asked": {ends: keys}, "type": type_, "limit": MAX_READ_AT_ONCE + 1}
        return _within_limit([plain_tuple(row) for row in self.reader.run(statement(name), parameters)])

    def onward(self, strides: Sequence[Stride]) -> list[list[str]]:
        """For each stride the ids of the objects it leads to; `LimitError` past `MAX_READ_AT_ONCE` in all."""
        return self._strides("listing/onward", strides)

    def back(self, strides: Sequence[Stride]) -> list[list[str]]:
        """For each stride the ids of the subjects it leads back to; `LimitError` past `MAX_READ_AT_ONCE` in all."""
        return self._strides("listing/back", strides)

    def _strides(self, name: str, strides: Sequence[Stride]) -> list[list[str]]:
        found: list[list[str]] = [[] for _ in strides]
        rows = [_stride(self.reader.info.id, i, one) for i, one in enumerate(strides)]
        if rows:
            parameters = {"asked": {"strides": rows}, "limit": MAX_READ_AT_ONCE + 1}
            (row,) = self.reader.run(statement(name), parameters)
            for i, id_ in zip(row["strides"], _within_limit(row["ids"]), strict=True):
                found[i].append(id_)
        return found

    def onward_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `onward`, of the ids that follow one the first, by so many tuples."""
        return self._after("listing/onward_after", strides, after, count)

    def back_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `back`, of the ids that follow one the first, by so many tuples."""
        return self._after("listing/back_after", strides, after, count)

    def _after(self, name: str, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        rows = [_stride(self.reader.info.id, i, one) for i, one in enumerate(strides)]
        if not rows:
            return Stretch((), None)
        # What comes after characters that Neo4j compares in another order is left out here, so nothing is left to it.
        plain = "".join(takewhile(lambda one: one < _ONE_ORDER, after))
        limit = count if plain == after else MAX_READ_AT_ONCE + 1
        (row,) = self.reader.run(statement(name), {"asked": {"strides": rows}, "after": plain, "limit": limit})
        found = zip(row["strides"], row["starts"], _within_limit(row["ids"]), strict=True)
        steps = tuple(Step(*one) for one in found if one[2] > after)
        if any(one.id > other.id for one, other in pairwise(steps)):
            raise AssertionError("Neo4j orders ids otherwise than we do: a list would miss some")
        return Stretch(steps, steps[-1].id if len(row["ids"]) == count and plain == after else None)

    def of_kinds(self, reads: Iterable[Read], limit: int) -> list[StoredTuple]:
        """The tuples of many reads at once, in no order; no more than `limit` of them."""
        rows = [
            {
                "object": object_key(self.reader.info.id, object_),
                "type": relationship_type(relation),
                "subject_type": kind.type if kind is not None else None,
                "via": kind.via if kind is not None else None,
            }
            for object_, relation, kind in reads
        ]
        (row,) = self.reader.run(statement("tuples/of_kinds"), {"asked": {"reads": rows}, "limit": limit})
        return list(map(listed_tuple, row["tuples"]))

    def by_subjects(self, subjects: Iterable[Subject], most: int, limit: int) -> list[StoredTuple]:
        """The tuples of many subjects, in no order; no more than `limit`, and none of one that stands in more than
        `most`.
        """
        rows = [{"subject": subject_key(self.reader.info.id, one), "via": kind_of(one).via} for one in subjects]
        parameters = {"asked": {"subjects": rows}, "most": most, "limit": limit}
        return [stored_tuple(row) for row in self.reader.run(statement("tuples/by_subjects"), parameters)]

    def attributes(self, objects: Iterable[Object]) -> dict[Object, dict[str, Any]]:
        """What is kept of each object; those the store does not know are left out."""
        keys = {object_key(self.reader.info.id, one): one for one in objects}
        rows = self.reader.run(statement("tuples/attributes_of"), {"keys": list(keys)}) if keys else []
        return {keys[row["key"]]: _own(row["values"]) for row in rows}

    def undoing(self, since: int) -> tuple[Undoing, ...]:
        """The changes after a revision with what was there before each, oldest first."""
        return past.undoing(self.reader, since)

    def kept_since(self) -> int:
        """The revision after which every change is kept."""
        return past.trimmed(self.reader)

    def revision_at(self, time: datetime) -> int:
        """The newest revision made by a time."""
        return past.revision_at(self.reader, time)

    def time_of(self, revision: int) -> datetime:
        """When a revision was made."""
        return past.time_of(self.reader, revision)

    def model_at(self, revision: int) -> StoredModel:
        """The model in force at a revision."""
        return past.model_at(self.reader, revision)


def _stride(store: str, i: int, one: Stride) -> dict[str, Any]:
    return {
        "i": i,
        "starts": [
            wildcard_key(store, one.start) if id_ == "*" else object_key(store, Object(one.start, id_))
            for id_ in one.ids
        ],
        "relation": relationship_type(one.relation),
        "via": one.via or "",
        "type": one.end,
    }


def _own(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in RESERVED_ATTRIBUTES}


def _within_limit(found: list[T]) -> list[T]:
    if len(found) > MAX_READ_AT_ONCE:
        raise LimitError(f"more than {MAX_READ_AT_ONCE} tuples to look at", code="too_many_tuples")
    return found


class Neo4jTransactor(Neo4jWriter):
    """Looks, decides, and changes in one. Made once per process, after a fork."""

    def look(self, store: str, act: Callable[[Room], T]) -> T:
        """What the act makes of the store's state, at one revision; it may be called more than once."""
        return self.at_one_revision(store, lambda reader: act(Neo4jRoom(reader)))

    def transact(
        self,
        store: str,
        decide: Callable[[Room], Effect],
        required: frozenset[tuple[str, str]],
        *,
        model: str,
        act: Act,
    ) -> Done:
        """Do what is decided on the store's state, in one change, valid by the model of that id.

        `decide` may be called more than once, and what it raises changes nothing. What changes no tuple and no
        attribute is no change. The subjects of `required` relations cannot be removed while they stand there.
        """
        return self._transact(store, decide, required, model=model, act=act, once=once_for_act(store, act))

    @retried
    def _transact(
        self,
        store: str,
        decide: Callable[[Room], Effect],
        required: frozenset[tuple[str, str]],
        *,
        model: str,
        act: Act,
        once: Once,
    ) -> Done:
        with self._locked(store) as (run, info):
            done = change_made(run, store, once)
            if done is not None:
                return Done(info.at(done["revision"]), parse_object(done["object"]))
            check_model(info, model)
            effect = decide(Neo4jRoom(Neo4jReader(run, info, self._planned())))
            gone = _gone(run, store, effect, required)
            revision = _made(run, info, effect, gone, act=act, once=once)
            if revision != info.revision:
                run.commit()
        return Done(revision, effect.note.object)


def _made(
    run: Run, info: StoreInfo, effect: Effect, gone: Mapping[RelationTuple, None], *, act: Act, once: Once
) -> Revision:
    """The revision of the change that was made; the same as before where there was nothing to change."""
    store = info.id
    wanted = WriteRequest(
        store,
        writes=effect.writes,
        deletes=tuple(one for one in effect.deletes if one not in gone),
        on_existing=effect.on_existing,
        on_missing=OnMissing.IGNORE,
    )
    deletes, writes = effect_of(run, wanted, act.at)
    if not (gone or deletes or writes or effect.attributes):
        return info.revision
    number = write_change(run, store, act, once, deletes=(*gone, *deletes), writes=writes)
    for one in effect.removed:
        run(statement("tuples/remove_object"), {"object": object_key(store, one)})
    if effect.attributes:
        run(statement("tuples/attributes"), {"store": store, "rows": [_row(store, one) for one in effect.attributes]})
    run(statement("acts/note"), {"store": store, "revision": number, **_noted(effect.note)})
    return info.at(number)


def _gone(run: Run, store: str, effect: Effect, required: frozenset[tuple[str, str]]) -> dict[RelationTuple, None]:
    """The tuples the removed objects stand in; `ConflictError` where one is required by what stays."""
    gone: dict[RelationTuple, None] = {}
    deletes, removed = frozenset(effect.deletes), frozenset(effect.removed)
    for one in effect.removed:
        around = tuples_around(run, store, one)
        staying = [each for each in around if each.object not in removed and each not in deletes]
        refuse_required(one, staying, required)
        gone |= dict.fromkeys(around)
    if len(gone) > MAX_DELETED_AT_ONCE:
        raise LimitError(
            f"more than the {MAX_DELETED_AT_ONCE} tuples that one change may delete: delete some of them first",
            code="too_many_tuples",
        )
    return gone


def _row(store: str, one: Attributes) -> dict[str, Any]:
    return {
        "key": object_key(store, one.object),
        "label": node_label(one.object.type),
        "type": one.object.type,
        "id": one.object.id,
        "values": dict(one.values),
    }


def _noted(note: Note) -> dict[str, Any]:
    others = [str(one) for one in dict.fromkeys(note.others) if one != note.within]
    return {"action": note.action, "object": str(note.object), "within": str(note.within), "others": others}
