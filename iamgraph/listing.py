"""Lists: the objects a subject may, the subjects that may, and all a subject can do. What is asked, answered, and how.

A list is exactly what checks allow: candidates are reached along the tuples, too many rather than too few, and each
is decided by a check at the same revision. What a check cannot decide is an error of the list, never left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from iamgraph.check.contract import AskingMany, Checker, CurrentModel, refuse_other_model
from iamgraph.errors import LimitError, RequestError
from iamgraph.plan.planner import NotCompiled
from iamgraph.plan.reach import Frame, Link, Place, frame_of
from iamgraph.questions import CheckQuestion, Consistency, Page, check_consistency
from iamgraph.revision import Revision
from iamgraph.store.contract import Room, Stride
from iamgraph.tuples import (
    Kind,
    Object,
    Subject,
    Userset,
    Wildcard,
    check_relation,
    check_type,
    kind_of,
)

MAX_LIST_PAGE: Final = 1_000
MAX_CANDIDATES: Final = 200_000
# So many candidates are decided together.
DECIDED: Final = 250

T = TypeVar("T", Object, Subject)


@dataclass(frozen=True, slots=True)
class ListObjects:
    """Which objects of `type` may `subject` have `relation` on? By their ids, a page at a time, or
    `whole`, whatever the limit.
    """

    store: str
    subject: Subject
    relation: str
    type: str
    limit: int = 100
    cursor: str | None = None
    zookie: str | None = None
    consistency: Consistency = Consistency.MINIMIZE_LATENCY
    whole: bool = False

    def __post_init__(self) -> None:
        check_relation(self.relation)
        check_type(self.type)
        _check_whole(self.cursor, whole=self.whole)
        check_consistency(self.consistency, self.zookie)
        _check_limit(self.limit)

    def __str__(self) -> str:
        return f"objects {self.type}#{self.relation}@{self.subject}"


@dataclass(frozen=True, slots=True)
class ListSubjects:
    """Which subjects of a kind may have `relation` on `object`? By their ids, a page at a time, or
    `whole`, whatever the limit.
    """

    store: str
    object: Object
    relation: str
    kind: Kind
    limit: int = 100
    cursor: str | None = None
    zookie: str | None = None
    consistency: Consistency = Consistency.MINIMIZE_LATENCY
    whole: bool = False

    def __post_init__(self) -> None:
        check_relation(self.relation)
        _check_whole(self.cursor, whole=self.whole)
        if self.kind.via == "*":
            raise RequestError(
                f"subjects are listed by type or userset, not by `{self.kind}`",
                code="malformed_subject_kind",
                pointer="/type",
            )
        check_consistency(self.consistency, self.zookie)
        _check_limit(self.limit)

    def __str__(self) -> str:
        return f"subjects {self.kind}@{self.object}#{self.relation}"


@dataclass(frozen=True, slots=True)
class ListAccess:
    """All that `subject` can do: the objects of each type and relation, `limit` of each at most."""

    store: str
    subject: Subject
    types: frozenset[str] = frozenset()
    limit: int = 100
    zookie: str | None = None
    consistency: Consistency = Consistency.MINIMIZE_LATENCY

    def __post_init__(self) -> None:
        check_consistency(self.consistency, self.zookie)
        _check_limit(self.limit)


@dataclass(frozen=True, slots=True)
class SubjectsPage:
    """Some of the subjects, and the cursor that gives the next; None after the last.

    With `wildcard`, every subject of the type may, known to the store or not, but those in `excepted`; then
    `subjects` names those besides of whom a tuple speaks. Page by page, each of either is named once.
    """

    subjects: tuple[Subject, ...]
    excepted: tuple[Subject, ...]
    wildcard: bool
    next_cursor: str | None
    revision: Revision


@dataclass(frozen=True, slots=True)
class Access:
    """The objects of a type that a subject has a relation on; with `more`, these are not all."""

    type: str
    relation: str
    objects: tuple[Object, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class AccessList:
    """All a subject can do, at one revision; what there is nothing of is left out."""

    access: tuple[Access, ...]
    revision: Revision


def parse_kind(text: str) -> Kind:
    """Read a kind of subject: `member`, or the userset kind `group#member`."""
    type_, hash_, via = text.partition("#")
    return Kind(check_type(type_), check_relation(via) if hash_ else None)


def _check_whole(cursor: str | None, *, whole: bool) -> None:
    if whole and cursor is not None:
        raise RequestError(
            "a whole list begins at its beginning: leave out the cursor", code="malformed_cursor", pointer="/cursor"
        )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIST_PAGE:
        raise RequestError(f"`limit` must be 1 to {MAX_LIST_PAGE}", code="malformed_limit", pointer="/limit")


@dataclass(frozen=True, slots=True)
class Listing:
    """One store at one revision, to be listed: what it is read by, what decides, and until when."""

    room: Room
    checker: Checker
    current: CurrentModel
    now: datetime
    end: float

    def objects(self, asked: ListObjects) -> Page[Object]:
        """A page of the objects."""
        frame = self._frame([(asked.type, asked.relation)], kind_of(asked.subject))
        ids = _upward(self.room, frame, asked.subject)[frame.roots[0]]
        after = self._after(str(asked), asked.cursor)
        waiting = [Object(asked.type, one) for one in sorted(ids) if after is None or one > after]
        limit = len(waiting) if asked.whole else asked.limit
        found = self._first(waiting, limit + 1, lambda one: (asked.subject, asked.relation, one))
        page = tuple(one for one, _ in found[:limit])
        return Page(page, self._cursor(str(asked), page, len(found) > limit), self.revision)

    def subjects(self, asked: ListSubjects) -> SubjectsPage:
        """A page of the subjects."""
        everyone, ids = self._candidates(asked)
        after = self._after(str(asked), asked.cursor)
        waiting = [_of_kind(asked.kind, one) for one in sorted(ids) if after is None or one > after]
        limit = len(waiting) if asked.whole else asked.limit
        found = self._first(waiting, limit + 1, lambda one: (one, asked.relation, asked.object), denied=everyone)
        page = found[:limit]
        subjects = tuple(one for one, allowed in page if allowed)
        excepted = tuple(one for one, allowed in page if not allowed)
        cursor = self._cursor(str(asked), [_object(one) for one, _ in page], len(found) > limit)
        return SubjectsPage(subjects, excepted, everyone, cursor, self.revision)

    def _candidates(self, asked: ListSubjects) -> tuple[bool, set[str]]:
        """Whether a subject nobody has heard of may; and the ids of all those for whom it may be otherwise."""
        root = [(asked.object.type, asked.relation)]
        frame = self._frame(root, asked.kind)
        if not frame.everyone:
            return False, _downward(self.room, frame, asked.object)
        # A subject that no tuple names, on whatever side, is answered as the wildcard is.
        frame = self._frame(root, asked.kind, whole=True)
        (everyone,) = self._decided([(Wildcard(asked.kind.type), asked.relation, asked.object)])
        return everyone, _downward(self.room, frame, asked.object)

    def access(self, asked: ListAccess) -> AccessList:
        """All the subject can do."""
        model = self.current.model
        roots = [(t.name, r.name) for t in model.types if not asked.types or t.name in asked.types for r in t.relations]
        frame = self._frame(roots, kind_of(asked.subject))
        reached = _upward(self.room, frame, asked.subject)
        found: list[Access] = []
        for (type_, relation), root in zip(roots, frame.roots, strict=True):
            waiting = [Object(type_, one) for one in sorted(reached[root])]
            objects = self._first(waiting, asked.limit + 1, _of_relation(asked.subject, relation))
            if objects:
                named = tuple(one for one, _ in objects[: asked.limit])
                found.append(Access(type_, relation, named, more=len(objects) > asked.limit))
        return AccessList(tuple(found), self.revision)

    @property
    def revision(self) -> Revision:
        """The one revision of all of it."""
        return self.room.reader.info.revision

    def reaches(self, type_: str, relation: str, kind: Kind) -> bool:
        """Whether any subject of that kind could have the relation on an object of the type."""
        frame = self._frame([(type_, relation)], kind)
        return bool(frame.leaves or frame.own)

    def _frame(self, roots: list[tuple[str, str]], kind: Kind, *, whole: bool = False) -> Frame:
        refuse_other_model(self.room.reader.info, self.current)
        try:
            return frame_of(self.current.model, roots, kind, whole=whole)
        except NotCompiled as fault:
            raise LimitError(f"the list is not made: {fault}", code="list_too_large") from fault

    # --- deciding ---

    def _first(
        self,
        waiting: Sequence[T],
        count: int,
        question: Callable[[T], tuple[Subject, str, Object]],
        *,
        denied: bool = False,
    ) -> list[tuple[T, bool]]:
        """The first `count` of those waiting that are allowed; with `denied`, of all, and what was decided."""
        found: list[tuple[T, bool]] = []
        for i in range(0, len(waiting), DECIDED):
            some = waiting[i : i + DECIDED]
            decided = self._decided([question(one) for one in some])
            found += [(one, allowed) for one, allowed in zip(some, decided, strict=True) if allowed or denied]
            if len(found) >= count:
                break
        return found[:count]

    def _decided(self, asked: Sequence[tuple[Subject, str, Object]]) -> list[bool]:
        """May each? Raises where that is unknown of one."""
        store = self.room.reader.info.id
        questions = tuple(CheckQuestion(store, *one) for one in asked)
        asking = AskingMany(store, questions, self.current, self.now, self.end)
        return [one.known().allowed for one in self.checker.check_in(self.room.reader, asking).decisions]

    # --- cursors ---

    def _after(self, asked: str, cursor: str | None) -> str | None:
        return None if cursor is None else self.revision.opened(asked, cursor)

    def _cursor(self, asked: str, page: Sequence[Object], more: bool) -> str | None:
        return self.revision.sealed(asked, page[-1].id) if more else None


def _of_relation(subject: Subject, relation: str) -> Callable[[Object], tuple[Subject, str, Object]]:
    return lambda one: (subject, relation, one)


def _of_kind(kind: Kind, id_: str) -> Subject:
    object_ = Object(kind.type, id_)
    return object_ if kind.via is None else Userset(object_, kind.via)


def _object(subject: Subject) -> Object:
    assert not isinstance(subject, Wildcard)
    return subject.object if isinstance(subject, Userset) else subject


# --- reaching candidates -----------------------------------------------------------------------------------

# Ids of objects by their places.
_Ids = defaultdict[Place, set[str]]


def _upward(room: Room, frame: Frame, subject: Subject) -> _Ids:
    """The ids of every object, at each place, that the subject leads to."""
    found: _Ids = defaultdict(set)
    uppers: defaultdict[Place, list[Link]] = defaultdict(list)
    for link in frame.links:
        uppers[link.lower].append(link)
    fresh = _seeds(room, frame, subject)
    while fresh:
        fresh = _new(found, fresh)
        fresh = _further(fresh, uppers, lambda link: link.upper, room.onward, _up)
    return found


def _seeds(room: Room, frame: Frame, subject: Subject) -> _Ids:
    """What the subject's own tuples, and those for everyone, lead to; and itself, where it is its own userset."""
    fresh: _Ids = defaultdict(set)
    own = "*" if isinstance(subject, Wildcard) else _object(subject).id
    for place in frame.own:
        fresh[place].add(own)
    strides = [
        Stride(frame.kind.type, ("*" if one.via == "*" else own,), one.relation, one.via, one.place.type)
        for one in frame.leaves
    ]
    for leaf, ids in zip(frame.leaves, room.onward(strides), strict=True):
        fresh[leaf.place].update(ids)
    return fresh


def _downward(room: Room, frame: Frame, object_: Object) -> set[str]:
    """The ids of every subject of the frame's kind that leads to the object."""
    found: _Ids = defaultdict(set)
    lowers: defaultdict[Place, list[Link]] = defaultdict(list)
    for link in frame.links:
        lowers[link.upper].append(link)
    fresh: _Ids = defaultdict(set, {frame.roots[0]: {object_.id}})
    while fresh:
        fresh = _new(found, fresh)
        fresh = _further(fresh, lowers, lambda link: link.lower, room.back, _down)
    leaves = [one for one in frame.leaves if one.via == frame.kind.via and found[one.place]]
    strides = [Stride(one.place.type, found[one.place], one.relation, one.via, frame.kind.type) for one in leaves]
    subjects = {id_ for ids in room.back(strides) for id_ in ids}
    return subjects.union(*(found[place] for place in frame.own))


def _up(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.lower.type, ids, link.hop.relation, link.hop.via, link.upper.type)


def _down(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.upper.type, ids, link.hop.relation, link.hop.via, link.lower.type)


def _new(found: _Ids, fresh: _Ids) -> _Ids:
    """What of the fresh was not found before; found from now on. So no object is followed twice from a place."""
    new: _Ids = defaultdict(set)
    for place, ids in fresh.items():
        if rest := ids - found[place]:
            new[place] = rest
            found[place] |= rest
    if sum(map(len, found.values())) > MAX_CANDIDATES:
        raise LimitError(f"more than {MAX_CANDIDATES} objects lie on the way", code="list_too_large")
    return new


def _further(
    fresh: _Ids,
    links: dict[Place, list[Link]],
    end: Callable[[Link], Place],
    follow: Callable[[Sequence[Stride]], Sequence[Iterable[str]]],
    stride: Callable[[Link, set[str]], Stride],
) -> _Ids:
    """What the fresh objects lead to by one link, all of it read at once."""
    further: _Ids = defaultdict(set)
    hops: list[tuple[Link, Stride]] = []
    for place, ids in fresh.items():
        for link in links.get(place, ()):
            if link.hop is None:
                further[end(link)] |= ids
            else:
                hops.append((link, stride(link, ids)))
    for (link, _), ids_ in zip(hops, follow([one for _, one in hops]), strict=True):
        further[end(link)].update(ids_)
    return further
