"""Tuples laid over those of another reader or view, and taken away from them; and a reader that remembers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iamgraph.questions import StoreInfo, TupleFilter
from iamgraph.store.contract import Read, Step, Stretch, Stride, TupleReader, View, Ways
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard, kind_of, parse_tuple


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


class LaidWays:
    """Where tuples would lead with some replaced or added, and others not there, as in an `Overlay`."""

    def __init__(self, base: Ways, laid: Mapping[str, StoredTuple | None]) -> None:
        self._base = base
        self._onward: _Laid = {}
        self._back: _Laid = {}
        for key, stored in laid.items():
            one = parse_tuple(key)
            kind = kind_of(one.subject)
            id_ = _id(one.subject)
            there = stored is not None
            onward = (kind.type, one.relation, kind.via, one.object.type)
            self._onward.setdefault(onward, {}).setdefault(id_, {})[one.object.id] = there
            back = (one.object.type, one.relation, kind.via, kind.type)
            self._back.setdefault(back, {}).setdefault(one.object.id, {})[id_] = there

    def onward(self, strides: Sequence[Stride]) -> list[set[str]]:
        """For each stride the ids of the objects it leads to."""
        return _strides(self._base.onward, self._onward, strides)

    def back(self, strides: Sequence[Stride]) -> list[set[str]]:
        """For each stride the ids of the subjects it leads back to."""
        return _strides(self._base.back, self._back, strides)

    def onward_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `onward`, of the ids that follow one the first, by about so many tuples."""
        return _over(self._base.onward_after(strides, after, count), self._onward, strides, after)

    def back_after(self, strides: Sequence[Stride], after: str, count: int) -> Stretch:
        """As `back`, of the ids that follow one the first, by about so many tuples."""
        return _over(self._base.back_after(strides, after, count), self._back, strides, after)


# By what a stride says besides its starts: of each start where tuples laid lead, and whether they are there.
_Laid = dict[tuple[str, str, str | None, str], dict[str, dict[str, bool]]]


def _strides(
    follow: Callable[[Sequence[Stride]], Sequence[Collection[str]]], laid: _Laid, strides: Sequence[Stride]
) -> list[set[str]]:
    """What strides lead to. A start that something is laid at is followed by itself: others may lead to the same."""
    touched = [laid.get(_way(one), {}) for one in strides]
    apart = [sorted(where.keys() & set(one.ids)) for one, where in zip(strides, touched, strict=True)]
    asked: list[Stride] = []
    for stride, alone in zip(strides, apart, strict=True):
        asked.append(replace(stride, ids=set(stride.ids).difference(alone)))
        asked += [replace(stride, ids=(one,)) for one in alone]
    found = iter(follow(asked))
    return [set(next(found)).union(*_laid_at(found, where, alone)) for where, alone in zip(touched, apart, strict=True)]


def _laid_at(
    found: Iterator[Collection[str]], where: Mapping[str, Mapping[str, bool]], alone: Iterable[str]
) -> Iterator[set[str]]:
    for start in alone:
        there = where[start]
        yield set(next(found)).difference(there).union(one for one, is_there in there.items() if is_there)


def _over(stretch: Stretch, laid: _Laid, strides: Sequence[Stride], after: str) -> Stretch:
    """A stretch with what is laid over it, up to the same end."""
    touched = [laid.get(_way(one), {}) for one in strides]
    steps = [one for one in stretch.steps if one.id not in touched[one.stride].get(one.start, ())]
    for i, (stride, where) in enumerate(zip(strides, touched, strict=True)):
        for start in where.keys() & set(stride.ids):
            there = (id_ for id_, is_there in where[start].items() if is_there and id_ > after)
            steps += [Step(i, start, id_) for id_ in there if stretch.end is None or id_ <= stretch.end]
    return Stretch(tuple(sorted(steps, key=lambda one: one.id)), stretch.end)


def _way(stride: Stride) -> tuple[str, str, str | None, str]:
    return stride.start, stride.relation, stride.via, stride.end


def _id(subject: Subject) -> str:
    match subject:
        case Wildcard():
            return "*"
        case Userset(object_):
            return object_.id
        case Object(_, id_):
            return id_


class OverlaidView:
    """A store's state as it would be with some tuples replaced or added, and others not there."""

    def __init__(self, base: View, laid: Mapping[str, StoredTuple | None], info: StoreInfo | None = None) -> None:
        """As an `Overlay`, which is the reader."""
        self._base = base
        self._laid = laid
        self.reader = Overlay(base.reader, laid, info)

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
