"""Lists: the objects a subject may, the subjects that may, and all a subject can do. What is asked, answered, and how.

A list is exactly what checks allow: candidates are reached along the tuples, too many rather than too few, and each
is decided by a check at the same revision, in the order of ids, as far as a page needs. What a check cannot decide is
an error of the list, never left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, Protocol, TypeVar

from iamgraph import candidates
from iamgraph.candidates import Candidates
from iamgraph.check.contract import AskingMany, Checker, refuse_other_model
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.history import Moment, State, check_moment, state_at, state_of
from iamgraph.model.model import ComputedUserset, Exclusion, Intersection, Model
from iamgraph.plan.planner import NotCompiled
from iamgraph.plan.reach import Frame, Place, frame_of
from iamgraph.questions import CheckQuestion, Consistency, Decision, Outcome, Page, check_consistency
from iamgraph.revision import Revision
from iamgraph.store.contract import Room, Ways
from iamgraph.store.overlay import LaidWays
from iamgraph.touched import Touched, objects_touched, subjects_touched
from iamgraph.tuples import Kind, Object, Subject, Userset, Wildcard, check_relation, check_type, kind_of

MAX_LIST_PAGE: Final = 1_000
# Of a list that is wanted whole so much is made and sent at once.
MAX_WHOLE_PAGE: Final = 10_000
# So many tuples are followed at once, at most, to find who is to be decided next.
MAX_STRETCH: Final = 20_000
# So many candidates are decided together.
DECIDED: Final = 250
# And so many more than are expected to be needed.
SPARE: Final = 10
# What is said of a past that cannot be read any more.
NOT_KEPT: Final = frozenset({"changes_gone", "too_many_tuples"})

Q = TypeVar("Q", "ListObjects", "ListSubjects")
P = TypeVar("P", Page[Object], "SubjectsPage")


@dataclass(frozen=True, slots=True)
class ListObjects:
    """Which objects of `type` may `subject` have `relation` on? By their ids, a page at a time, or
    `whole`, whatever the limit; with `at`, as it was at a revision or a time.
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
    at: Moment | None = None

    def __post_init__(self) -> None:
        check_relation(self.relation)
        check_type(self.type)
        _check_paging(self)

    def __str__(self) -> str:
        return f"objects {self.type}#{self.relation}@{self.subject}{_then(self.at)}"


@dataclass(frozen=True, slots=True)
class ListSubjects:
    """Which subjects of a kind may have `relation` on `object`? By their ids, a page at a time, or
    `whole`, whatever the limit; with `at`, as it was at a revision or a time.
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
    at: Moment | None = None

    def __post_init__(self) -> None:
        check_relation(self.relation)
        _check_paging(self)
        if self.kind.via == "*":
            raise RequestError(
                f"subjects are listed by type or userset, not by `{self.kind}`",
                code="malformed_subject_kind",
                pointer="/type",
            )

    def __str__(self) -> str:
        return f"subjects {self.kind}@{self.object}#{self.relation}{_then(self.at)}"


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
    """The objects of a type that a subject has a relation on; with `more` these may not be all, if any."""

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


def _check_paging(asked: ListObjects | ListSubjects) -> None:
    if asked.at is not None:
        check_moment(asked.at, asked.zookie)
    check_consistency(asked.consistency, asked.zookie)
    _check_limit(asked.limit)


def _then(at: Moment | None) -> str:
    if at is None:
        return ""
    return f" at {at.astimezone(UTC).isoformat() if isinstance(at, datetime) else at}"


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIST_PAGE:
        raise RequestError(f"`limit` must be 1 to {MAX_LIST_PAGE}", code="malformed_limit", pointer="/limit")


@dataclass(frozen=True, slots=True)
class Listing:
    """One state of a store, to be listed after an id: where its tuples lead, and what decides.

    By `end` all must be answered; at `pause` a page is ended with what it has by then.
    """

    ways: Ways
    state: State
    checker: Checker
    end: float
    pause: float
    after: str = ""
    newest: Room | None = None
    """Of a past state: the newest, where it has the same model."""

    def objects(self, asked: ListObjects) -> Page[Object]:
        """A page of the objects."""
        frame = self._frame([(asked.type, asked.relation)], kind_of(asked.subject))
        made = candidates.objects(self.ways, frame, asked.subject)[frame.roots[0]]
        found, last = self._first(
            made,
            _most(asked),
            lambda id_: (asked.subject, asked.relation, Object(asked.type, id_)),
            self._objects_touched(asked),
        )
        items = tuple(Object(asked.type, id_) for id_, _ in found)
        return Page(items, self._cursor(str(asked), last), self.revision)

    def subjects(self, asked: ListSubjects) -> SubjectsPage:
        """A page of the subjects."""
        everyone, made = self._subjects(asked)
        found, last = self._first(
            made,
            _most(asked),
            lambda id_: (_of_kind(asked.kind, id_), asked.relation, asked.object),
            self._subjects_touched(asked),
            denied=everyone,
        )
        subjects = tuple(_of_kind(asked.kind, id_) for id_, allowed in found if allowed)
        excepted = tuple(_of_kind(asked.kind, id_) for id_, allowed in found if not allowed)
        return SubjectsPage(subjects, excepted, everyone, self._cursor(str(asked), last), self.revision)

    def _subjects(self, asked: ListSubjects) -> tuple[bool, Candidates]:
        """Whether a subject nobody has heard of may; and all those for whom it may be otherwise."""
        root = [(asked.object.type, asked.relation)]
        frame = self._frame(root, asked.kind)
        found = candidates.unless_everyone(self.ways, frame, asked.object)
        if found is not None:
            return False, found
        # A subject that no tuple names, on whatever side, is answered as the wildcard is.
        frame = self._frame(root, asked.kind, whole=True)
        (everyone,) = self._decided([(Wildcard(asked.kind.type), asked.relation, asked.object)])
        return everyone, candidates.subjects(self.ways, frame, asked.object)

    def _objects_touched(self, asked: ListObjects) -> Touched:
        if self.newest is None:
            return _every
        frame = self._frame([(asked.type, asked.relation)], kind_of(asked.subject), whole=True)
        return objects_touched(self.newest, frame, asked.subject, self.state.laid)

    def _subjects_touched(self, asked: ListSubjects) -> Touched:
        if self.newest is None:
            return _every
        frame = self._frame([(asked.object.type, asked.relation)], asked.kind, whole=True)
        return subjects_touched(self.ways, frame, asked.object, self.state.laid)

    def access(self, asked: ListAccess) -> AccessList:
        """All the subject can do."""
        model = self.state.current.model
        roots = [(t.name, r.name) for t in model.types if not asked.types or t.name in asked.types for r in t.relations]
        frame = self._frame(roots, kind_of(asked.subject))
        made = candidates.objects(self.ways, frame, asked.subject, self._holding(asked.subject))
        decided: dict[tuple[str, str], tuple[list[tuple[str, bool]], str | None]] = {}
        found: list[Access] = []
        for (type_, relation), root in zip(roots, frame.roots, strict=True):
            same = type_, _same(self.state.current.model, type_, relation, asked.subject)
            if same not in decided:
                question = _of_relation(asked.subject, relation, type_)
                decided[same] = self._first(made[root], asked.limit, question, _every, moving=False)
            objects, more = decided[same]
            if objects or more is not None:
                named = tuple(Object(type_, id_) for id_, _ in objects)
                found.append(Access(type_, relation, named, more=more is not None))
        return AccessList(tuple(found), self.revision)

    def _holding(self, subject: Subject) -> Callable[[Place, set[str]], set[str]]:
        """What decides of few objects on the way whether they lead on, where tuples alone do not say it.

        Many relations rest on the same few policies and groups; what does not hold there would be denied on all above.
        """
        known: dict[tuple[str, str, str], bool] = {}

        def holds(place: Place, ids: set[str]) -> set[str]:
            type_, relation = place.goal.type, place.goal.relation
            found = self.state.current.model.relation(type_, relation)
            if found is None or not isinstance(found.rewrite, Intersection | Exclusion) or len(ids) > DECIDED:
                return ids
            open_ = sorted(one for one in ids if (type_, relation, one) not in known)
            if open_ and time.monotonic() < self.pause:
                told = self._told([(subject, relation, Object(type_, one)) for one in open_])
                # What is not known may lead on.
                known.update(
                    ((type_, relation, one), each.outcome is not Outcome.DENIED)
                    for one, each in zip(open_, told, strict=True)
                )
            return {one for one in ids if known.get((type_, relation, one), True)}

        return holds

    @property
    def revision(self) -> Revision:
        """The one revision of all of it."""
        return self.state.info.revision

    def reaches(self, type_: str, relation: str, kind: Kind) -> bool:
        """Whether any subject of that kind could have the relation on an object of the type."""
        frame = self._frame([(type_, relation)], kind)
        return bool(frame.leaves or frame.own)

    def _frame(self, roots: list[tuple[str, str]], kind: Kind, *, whole: bool = False) -> Frame:
        refuse_other_model(self.state.info, self.state.current)
        try:
            return frame_of(self.state.current.model, roots, kind, whole=whole)
        except NotCompiled as fault:
            raise LimitError(f"the list is not made: {fault}", code="list_too_large") from fault

    # --- deciding ---

    def _first(
        self,
        made: Candidates,
        count: int,
        question: Callable[[str], tuple[Subject, str, Object]],
        touched: Touched,
        *,
        denied: bool = False,
        moving: bool = True,
    ) -> tuple[list[tuple[str, bool]], str | None]:
        """The first `count` candidates that are allowed; with `denied`, of all, and what was decided.

        And the last id decided, where there is more after it. Past the pause a page is given with what it has, which
        is something where it is `moving`, since the next one begins there.
        """
        found: list[tuple[str, bool]] = []
        last: str | None = None if moving else self.after
        asked = 0
        for ids in self._in_order(made, count + 1):
            rest = ids
            while rest:
                size = _size(count + 1 - len(found), asked, len(found))
                some, rest = rest[:size], rest[size:]
                for batch in self._batches(some, touched):
                    if last is not None and time.monotonic() > self.pause:
                        return found, last
                    decided = self._decided([question(one) for one in batch], newest=not touched(batch[0]))
                    found += [(one, allowed) for one, allowed in zip(batch, decided, strict=True) if allowed or denied]
                    if len(found) > count:
                        return found[:count], found[count - 1][0]
                    last = batch[-1]
                asked += size
        return found, None

    def _batches(self, some: list[str], touched: Touched) -> Iterator[list[str]]:
        """Candidates in order: of a past state each that may have changed by itself, since it is walked."""
        if not self.state.laid:
            yield some
            return
        for is_touched, batch in groupby(some, touched):
            ids = list(batch)
            yield from ([one] for one in ids) if is_touched else (ids,)

    def _in_order(self, made: Candidates, wanted: int) -> Iterator[list[str]]:
        """The candidates in stretches, each longer than the one before: where many are denied, more are read."""
        after: str | None = self.after
        count = max(DECIDED, wanted)
        while after is not None:
            ids, after = made.stretch(after, count)
            yield ids
            count = min(4 * count, MAX_STRETCH)

    def _decided(self, asked: Sequence[tuple[Subject, str, Object]], *, newest: bool = False) -> list[bool]:
        """May each? By the newest state, where it says the same. Raises where that is unknown of one."""
        return [one.known().allowed for one in self._told(asked, newest=newest)]

    def _told(self, asked: Sequence[tuple[Subject, str, Object]], *, newest: bool = False) -> tuple[Decision, ...]:
        reader = self.newest.reader if newest and self.newest is not None else self.state.reader
        store = self.state.info.id
        questions = tuple(CheckQuestion(store, *one) for one in asked)
        asking = AskingMany(store, questions, self.state.current, self.state.now, self.end)
        return self.checker.check_in(reader, asking).decisions

    def _cursor(self, asked: str, last: str | None) -> str | None:
        return self.revision.sealed(asked, self.state.now, last) if last is not None else None


def listing_of(room: Room, state: State, checker: Checker, end: float, after: str = "") -> Listing:
    """A state of a store, to be listed after an id."""
    # Done again since the store moved on, a page is shorter, until it is quick enough to be done under the lock.
    now = time.monotonic()
    pause = now + (end - now) / 2
    if not state.laid:
        return Listing(room, state, checker, end, pause, after)
    newest = room if room.reader.info.model == state.current.id else None
    return Listing(LaidWays(room, state.laid), state, checker, end, pause, after, newest)


class Continued(Protocol):
    """A question that is answered page by page."""

    @property
    def cursor(self) -> str | None:
        """Where the next page begins."""

    @property
    def zookie(self) -> str | None:
        """A revision the answer must not be before."""

    @property
    def at(self) -> Moment | None:
        """The past it is about."""


def listing_then(room: Room, checker: Checker, asked: Continued, now: datetime, end: float) -> Listing:
    """The past a question is about: that of its moment, and with a cursor the state its first page was of.

    Raises as `state_at`, and `ConflictError` (`list_moved`) for a cursor of a past that is not kept.
    """
    if asked.cursor is None:
        assert asked.at is not None
        return listing_of(room, state_at(room, asked.at, now), checker, end)
    newest = room.reader.info.revision
    number, time, after = newest.opened(str(asked), asked.cursor)
    if asked.zookie is not None and newest.accept(asked.zookie) > number:
        raise ConflictError("the list began before what the zookie asks for: start it again", code="list_moved")
    try:
        state = state_of(room, number, time)
    except (RequestError, LimitError) as fault:
        if asked.at is not None or fault.code not in NOT_KEPT:
            raise
        raise ConflictError(
            f"the store has changed since the list began, and {fault.message}: start it again", code="list_moved"
        ) from fault
    return listing_of(room, state, checker, end, after)


def _most(asked: ListObjects | ListSubjects) -> int:
    return MAX_WHOLE_PAGE if asked.whole else asked.limit


def _size(missing: int, asked: int, found: int) -> int:
    """How many are decided together: so many that what is missing may be among them, as often as it was till now."""
    expected = missing * (asked + 1) // (found + 1) + (SPARE if asked else 0)
    return min(DECIDED, max(1, expected))


def _every(_: str) -> bool:
    return True


def _same(model: Model, type_: str, relation: str, subject: Subject) -> str:
    """The relation that one is another name of; a userset is itself in the one of its own name alone."""
    seen = {relation}
    while not isinstance(subject, Userset):
        found = model.relation(type_, relation)
        if found is None or not isinstance(found.rewrite, ComputedUserset) or found.rewrite.relation in seen:
            break
        relation = found.rewrite.relation
        seen.add(relation)
    return relation


def _of_relation(subject: Subject, relation: str, type_: str) -> Callable[[str], tuple[Subject, str, Object]]:
    return lambda id_: (subject, relation, Object(type_, id_))


def _of_kind(kind: Kind, id_: str) -> Subject:
    object_ = Object(kind.type, id_)
    return object_ if kind.via is None else Userset(object_, kind.via)


def every_page(asked: Q, make: Callable[[Q], P]) -> Iterator[P]:
    """The pages of a list, from the one asked for to the last."""
    while True:
        page = make(asked)
        yield page
        if page.next_cursor is None:
            return
        asked = replace(asked, cursor=page.next_cursor)
