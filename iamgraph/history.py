"""Questions of the past: what a check would have been answered then, and since when it is allowed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.errors import RequestError
from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.questions import Change, CheckQuestion, Decision, StoreInfo, Unknown
from iamgraph.store.contract import Room, TupleReader, Undoing, View
from iamgraph.store.overlay import OverlaidView, Overlay
from iamgraph.tuples import Kind, Object, RelationTuple, StoredTuple

MODELS_READY: Final = 64
# How many changes are looked back over at first, and then.
SPANS: Final = (100, 10_000)
# A revision's number, or an aware time.
Moment = int | datetime


def check_moment(at: Moment, zookie: str | None) -> None:
    """`RequestError` for a time without a zone, and for a zookie besides."""
    if isinstance(at, datetime) and at.tzinfo is None:
        raise RequestError("a time needs a time zone", code="malformed_time")
    if zookie is not None:
        raise RequestError(
            "a zookie asks for a newer answer, `at` for an older one: send one of them", code="zookie_refused"
        )


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """What would have been the answer to a check at a revision, or at a time?

    At a revision expiry is judged by the time at which that was made, at a time by that time.
    """

    question: CheckQuestion
    at: Moment

    def __post_init__(self) -> None:
        check_moment(self.at, self.question.zookie)


@dataclass(frozen=True, slots=True)
class State:
    """A store as it was: what to read, the model in force, and the time it is judged by."""

    reader: TupleReader
    current: CurrentModel
    now: datetime
    laid: Mapping[str, StoredTuple | None] = field(default_factory=dict)
    """The tuples in which the reader may differ from what is there now, as in an `Overlay`."""

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""
        return self.reader.info

    def view(self, room: Room) -> View:
        """What the room shows of it, from both sides of each tuple."""
        return room if self.reader is room.reader else OverlaidView(room, self.laid, self.info)


@dataclass(frozen=True, slots=True)
class Since:
    """The decision on a check now, with its path; where it is allowed, the change after which it has been so all along.

    `change` is None for a denied check, for one that time alone allowed since the newest change, and where access is
    older than the changes kept: then `kept` is False.
    """

    decision: Decision
    change: Change | None = None
    kept: bool = True


class _Noting:
    """A reader that notes what was read, and whether any of it may have expired or be going to."""

    def __init__(self, base: TupleReader) -> None:
        self._base = base
        self.info = base.info
        self.read_of: set[tuple[Object, str]] = set()
        self.expiring = False

    def find(self, wanted: RelationTuple) -> StoredTuple | None:
        """The tuple with this object, relation and subject, or None."""
        found = self._base.find(wanted)
        self._note(wanted.object, wanted.relation, () if found is None else (found,))
        return found

    def read(self, object_: Object, relation: str, kind: Kind | None = None) -> Iterable[StoredTuple]:
        """All tuples of an object and relation; of one kind if given."""
        found = list(self._base.read(object_, relation, kind))
        self._note(object_, relation, found)
        return found

    def _note(self, object_: Object, relation: str, found: Iterable[StoredTuple]) -> None:
        self.read_of.add((object_, relation))
        self.expiring = self.expiring or any(one.tuple.expires_at is not None for one in found)

    def depends_on(self, change: Change) -> bool:
        """Whether what was read may have been otherwise before a change, or at another time."""
        touched = {(one.object, one.relation) for one in (*change.writes, *change.deletes)}
        return self.expiring or change.model is not None or not self.read_of.isdisjoint(touched)


def since(room: Room, checker: Checker, question: CheckQuestion, now: datetime, end: float) -> Since:
    """Since when a check has been allowed without a break, found by going backward from the newest revision.

    Access comes and goes, so each revision counts, judged by its own time; one is passed over only where nothing that
    the answer was read from differs.
    """
    newest, kept = room.reader.info.revision.number, room.kept_since()
    stored = room.model_at(newest)
    state = State(room.reader, current_of(stored.id, stored.text), now)
    decision = decided(state, checker, replace(question, explain=True), end)
    if not decision.allowed:
        return Since(decision)
    plain = replace(question, explain=False)
    for span in (*SPANS, newest):
        start = max(kept, newest - span)
        undoing = room.undoing(start)
        broken, began = _unbroken(room, checker, plain, undoing, end)
        if broken or start == kept:
            break
    if not broken and kept:
        return Since(decision, kept=False)
    return Since(decision, began)


def _unbroken(
    room: Room, checker: Checker, question: CheckQuestion, undoing: tuple[Undoing, ...], end: float
) -> tuple[bool, Change | None]:
    """Going back over these changes: whether access was broken, and the last change gone past before it was."""
    before: dict[str, StoredTuple | None] = {}
    began: Change | None = None
    noted: _Noting | None = None
    for one in reversed(undoing):
        revision = one.change.revision
        if noted is None or began is None or noted.depends_on(began):
            noted = _Noting(Overlay(room.reader, dict(before), room.reader.info))
            if not _held(room, checker, question, noted, change=one.change, end=end):
                return True, began
        began = one.change
        before |= one.before
        if revision == 1:
            return True, began
    return False, began


def _held(
    room: Room, checker: Checker, question: CheckQuestion, reader: _Noting, *, change: Change, end: float
) -> bool:
    """Whether a check was allowed at the revision a change made, by the time of then."""
    try:
        stored = room.model_at(change.revision)
    except RequestError:
        return False
    reader.info = StoreInfo(room.reader.info.at(change.revision), stored.id)
    state = State(reader, current_of(stored.id, stored.text), change.at)
    # A condition may have kept it undecided, which is not allowed; what a limit kept so is not known.
    return decided(state, checker, question, end).known(but=Unknown.CONDITION).allowed


def decided(state: State, checker: Checker, question: CheckQuestion, end: float) -> Decision:
    """The decision in a state."""
    asking = AskingMany(state.info.id, (question,), state.current, state.now, end)
    return checker.check_in(state.reader, asking).decisions[0]


def state_at(room: Room, at: Moment, now: datetime) -> State:
    """The store at a revision or a time. Raises `RequestError` for a future, and for a past that is not kept."""
    if isinstance(at, datetime):
        if at > now:
            raise RequestError("the time is still to come", code="revision_unknown")
        revision, time = room.revision_at(at), at
    else:
        revision, time = at, room.time_of(at)
    return state_of(room, revision, time)


def state_of(room: Room, revision: int, time: datetime) -> State:
    """The store at a revision, judged by a time. Raises `RequestError` for a past that is not kept."""
    stored = room.model_at(revision)
    current = current_of(stored.id, stored.text)
    newest = room.reader.info
    if revision == newest.revision.number:
        return State(room.reader, current, time)
    before = before_all(room, revision)
    return State(Overlay(room.reader, before, StoreInfo(newest.at(revision), stored.id)), current, time, before)


def before_all(room: Room, revision: int) -> dict[str, StoredTuple | None]:
    """How each tuple touched after a revision was at it: the first change after it tells."""
    before: dict[str, StoredTuple | None] = {}
    for one in reversed(room.undoing(revision)):
        before |= one.before
    return before


@lru_cache(MODELS_READY)
def current_of(id_: str, text: str) -> CurrentModel:
    """A model that was accepted before, made ready."""
    return CurrentModel(id_, model_of(text))


@lru_cache(MODELS_READY)
def model_of(text: str) -> Model:
    """A model of which the text was accepted before."""
    return parse_model(text)
