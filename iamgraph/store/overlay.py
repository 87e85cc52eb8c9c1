"""Tuples laid over those of another reader or view, and taken away from them; and a reader that remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from iamgraph.questions import StoreInfo, TupleFilter
from iamgraph.store.contract import Read, TupleReader, View
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard, kind_of


class Overlay:
    """A reader as it would be with some tuples replaced or added, and others not there."""

    def __init__(
        self, base: TupleReader, laid: Mapping[str, StoredTuple | None], info: StoreInfo | None = None
    ) -> None:
        """`laid` says of tuples by their string form how they are, and None of those that are not there.

        `info` is the state the answers are of, where it is not the base's.
        """
        self._base = base
        self._laid = laid
        self._by_object: dict[tuple[Object, str], list[StoredTuple]] = {}
        for one in laid.values():
            if one is not None:
                self._by_object.setdefault((one.tuple.object, one.tuple.relation), []).append(one)
        self.info = info or base.info

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The tuple with this object, relation and subject, or None."""
        key = str(wanted)
        return self._laid[key] if key in self._laid else self._base.find(wanted)

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, in the order of their subjects; of one kind if given."""
        found = [one for one in self._base.read(object_, relation, kind) if str(one) not in self._laid]
        laid = [
            one
            for one in self._by_object.get((object_, relation), ())
            if kind is None or kind_of(one.tuple.subject) == kind
        ]
        return sorted((*found, *laid), key=_place) if laid else found


class OverlaidView:
    """A store's state as it would be with some tuples replaced or added, and others not there."""

    def __init__(self, base: View, laid: Mapping[str, StoredTuple | None], info: StoreInfo | None = None) -> None:
        """As an `Overlay`, which is the reader."""
        self._base = base
        self._laid = laid
        self.reader = Overlay(base.reader, laid, info)

    @property
    def laid(self) -> tuple[RelationTuple, ...]:
        """The tuples that are laid."""
        return tuple(one.tuple for one in self._laid.values() if one is not None)

    def every(self, wanted: TupleFilter) -> list[StoredTuple]:
        """Every tuple a filter means, expired ones too, those that are laid last."""
        return self._with_laid(self._base.every(wanted), wanted.means)

    def of_kinds(self, reads: Iterable[Read], limit: int) -> list[StoredTuple]:
        """The tuples of many reads at once; no more than `limit` of them."""
        asked = list(reads)
        named = set(asked)

        def meant(one: RelationTuple) -> bool:
            return not named.isdisjoint((one.object, one.relation, kind) for kind in (kind_of(one.subject), None))

        # So many of what is found may have to be left out.
        return self._with_laid(self._base.of_kinds(asked, limit + len(self._laid)), meant)[:limit]

    def by_subjects(self, subjects: Iterable[Subject], most: int, limit: int) -> list[StoredTuple]:
        """The tuples of many subjects; no more than `limit`, and none of one that stands in more than `most`."""
        asked = set(subjects)
        spare = len(self._laid)
        read = self._base.by_subjects(asked, most + spare, limit + spare)
        found = self._with_laid(read, lambda one: one.subject in asked)
        many = Counter(one.tuple.subject for one in found)
        return [one for one in found if many[one.tuple.subject] <= most][:limit]

    def attributes(self, objects: Iterable[Object]) -> Mapping[Object, Mapping[str, Any]]:
        """What is kept of each object beneath: nothing is laid over it."""
        return self._base.attributes(objects)

    def _with_laid(self, found: Iterable[StoredTuple], meant: Callable[[RelationTuple], bool]) -> list[StoredTuple]:
        laid = [one for one in self._laid.values() if one is not None and meant(one.tuple)]
        return [*(one for one in found if str(one) not in self._laid), *laid]


class Remembered:
    """A reader that reads the same only once."""

    def __init__(self, base: TupleReader) -> None:
        self._base = base
        self._read: dict[tuple[Object, str], dict[str, StoredTuple]] = {}
        self.info = base.info

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The tuple with this object, relation and subject, or None."""
        return self._all(wanted.object, wanted.relation).get(str(wanted))

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation, in the order of their subjects; of one kind if given."""
        found = self._all(object_, relation).values()
        return [one for one in found if kind is None or kind_of(one.tuple.subject) == kind]

    def _all(self, object_: Object, relation: str) -> dict[str, StoredTuple]:
        key = (object_, relation)
        if key not in self._read:
            self._read[key] = {str(one): one for one in self._base.read(object_, relation)}
        return self._read[key]


def _place(one: StoredTuple) -> tuple[str, str]:
    """Where a tuple stands among those of its object and relation."""
    subject = one.tuple.subject
    match subject:
        case Wildcard(type_):
            return f"{type_}:*", kind_of(subject).via or ""
        case Userset(object_):
            return f"{object_.type}:{object_.id}", kind_of(subject).via or ""
        case Object(type_, id_):
            return f"{type_}:{id_}", ""


def laid_over(tuples: Iterable[StoredTuple]) -> dict[str, StoredTuple | None]:
    """Tuples as what is laid over a reader."""
    return {str(one): one for one in tuples}
