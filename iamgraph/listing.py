"""Lists: the objects a subject may, the subjects that may, and all a subject can do. What is asked, answered, and how.

A list is exactly what checks allow: candidates are reached along the tuples, too many rather than too few, and each
is decided by a check at the same revision. What a check cannot decide is an error of the list, never left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from iamgraph.candidates import downward, object_of, upward
from iamgraph.check.contract import AskingMany, Checker, refuse_other_model
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.history import Moment, State, check_moment, state_at, state_of
from iamgraph.plan.planner import NotCompiled
from iamgraph.plan.reach import Frame, frame_of
from iamgraph.questions import CheckQuestion, Consistency, Page, check_consistency
from iamgraph.revision import Revision
from iamgraph.store.contract import Room, Ways
from iamgraph.store.overlay import LaidWays
from iamgraph.tuples import Kind, Object, Subject, Userset, Wildcard, check_relation, check_type, kind_of

MAX_LIST_PAGE: Final = 1_000
# So many candidates are decided together.
DECIDED: Final = 250
# What is said of a past that cannot be read any more.
NOT_KEPT: Final = frozenset({"changes_gone", "too_many_tuples"})

T = TypeVar("T", Object, Subject)


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


def _check_paging(asked: ListObjects | ListSubjects) -> None:
    if asked.whole and asked.cursor is not None:
        raise RequestError(
            "a whole list begins at its beginning: leave out the cursor", code="malformed_cursor", pointer="/cursor"
        )
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
    """One state of a store, to be listed: where its tuples lead, what decides, until when, and after which id."""

    ways: Ways
    state: State
    checker: Checker
    end: float
    after: str | None = None

    def objects(self, asked: ListObjects) -> Page[Object]:
        """A page of the objects."""
        frame = self._frame([(asked.type, asked.relation)], kind_of(asked.subject))
        ids = upward(self.ways, frame, asked.subject)[frame.roots[0]]
        waiting = [Object(asked.type, one) for one in self._following(ids)]
        limit = len(waiting) if asked.whole else asked.limit
        found = self._first(waiting, limit + 1, lambda one: (asked.subject, asked.relation, one))
        page = tuple(one for one, _ in found[:limit])
        return Page(page, self._cursor(str(asked), page, len(found) > limit), self.revision)

    def subjects(self, asked: ListSubjects) -> SubjectsPage:
        """A page of the subjects."""
        everyone, ids = self._candidates(asked)
        waiting = [_of_kind(asked.kind, one) for one in self._following(ids)]
        limit = len(waiting) if asked.whole else asked.limit
        found = self._first(waiting, limit + 1, lambda one: (one, asked.relation, asked.object), denied=everyone)
        page = found[:limit]
        subjects = tuple(one for one, allowed in page if allowed)
        excepted = tuple(one for one, allowed in page if not allowed)
        cursor = self._cursor(str(asked), [object_of(one) for one, _ in page], len(found) > limit)
        return SubjectsPage(subjects, excepted, everyone, cursor, self.revision)

    def _candidates(self, asked: ListSubjects) -> tuple[bool, set[str]]:
        """Whether a subject nobody has heard of may; and the ids of all those for whom it may be otherwise."""
        root = [(asked.object.type, asked.relation)]
        frame = self._frame(root, asked.kind)
        if not frame.everyone:
            return False, downward(self.ways, frame, asked.object)
        # A subject that no tuple names, on whatever side, is answered as the wildcard is.
        frame = self._frame(root, asked.kind, whole=True)
        (everyone,) = self._decided([(Wildcard(asked.kind.type), asked.relation, asked.object)])
        return everyone, downward(self.ways, frame, asked.object)

    def access(self, asked: ListAccess) -> AccessList:
        """All the subject can do."""
        model = self.state.current.model
        roots = [(t.name, r.name) for t in model.types if not asked.types or t.name in asked.types for r in t.relations]
        frame = self._frame(roots, kind_of(asked.subject))
        reached = upward(self.ways, frame, asked.subject)
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
        return self.state.info.revision

    def _frame(self, roots: list[tuple[str, str]], kind: Kind, *, whole: bool = False) -> Frame:
        refuse_other_model(self.state.info, self.state.current)
        try:
            return frame_of(self.state.current.model, roots, kind, whole=whole)
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
        store = self.state.info.id
        questions = tuple(CheckQuestion(store, *one) for one in asked)
        asking = AskingMany(store, questions, self.state.current, self.state.now, self.end)
        return [one.known().allowed for one in self.checker.check_in(self.state.reader, asking).decisions]

    # --- pages ---

    def _following(self, ids: Iterable[str]) -> list[str]:
        return sorted(one for one in ids if self.after is None or one > self.after)

    def _cursor(self, asked: str, page: Sequence[Object], more: bool) -> str | None:
        return self.revision.sealed(asked, self.state.now, page[-1].id) if more else None


def listing_of(room: Room, state: State, checker: Checker, end: float, after: str | None = None) -> Listing:
    """A state of a store, to be listed from an id on."""
    return Listing(LaidWays(room, state.laid) if state.laid else room, state, checker, end, after)


def listing_then(room: Room, checker: Checker, asked: ListObjects | ListSubjects, now: datetime, end: float) -> Listing:
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


def _of_relation(subject: Subject, relation: str) -> Callable[[Object], tuple[Subject, str, Object]]:
    return lambda one: (subject, relation, one)


def _of_kind(kind: Kind, id_: str) -> Subject:
    object_ = Object(kind.type, id_)
    return object_ if kind.via is None else Userset(object_, kind.via)
