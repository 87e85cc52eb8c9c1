"""Questions of the past: what a check would have been answered then. What is asked and answered, and how."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from iamgraph.check.contract import AskingMany, Checker, CurrentModel
from iamgraph.errors import RequestError
from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion, Decision, StoreInfo
from iamgraph.store.contract import Room, TupleReader
from iamgraph.store.overlay import Overlay
from iamgraph.tuples import RelationTuple, StoredTuple

MODELS_READY: Final = 64
# A revision's number, or an aware time.
Moment = int | datetime


@dataclass(frozen=True, slots=True)
class PastQuestion:
    """What would have been the answer to a check at a revision, or at a time?

    At a revision expiry is judged by the time at which that was made, at a time by that time.
    """

    question: CheckQuestion
    at: Moment

    def __post_init__(self) -> None:
        if isinstance(self.at, datetime) and self.at.tzinfo is None:
            raise RequestError("a time needs a time zone", code="malformed_time")
        if self.question.zookie is not None:
            raise RequestError(
                "a zookie asks for a newer answer, `at` for an older one: send one of them", code="zookie_refused"
            )


@dataclass(frozen=True, slots=True)
class State:
    """A store as it was: what to read, the model in force, and the time it is judged by."""

    reader: TupleReader
    current: CurrentModel
    now: datetime
    laid: tuple[RelationTuple, ...] = ()
    """The tuples in which the reader may differ from what is there now."""

    @property
    def info(self) -> StoreInfo:
        """The state all answers are of."""
        return self.reader.info


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
    stored = room.model_at(revision)
    info = StoreInfo(room.reader.info.at(revision), stored.id)
    before = before_all(room, revision)
    laid = tuple(one.tuple for one in before.values() if one is not None)
    return State(Overlay(room.reader, before, info), CurrentModel(stored.id, model_of(stored.text)), time, laid)


def before_all(room: Room, revision: int) -> dict[str, StoredTuple | None]:
    """How each tuple touched after a revision was at it: the first change after it tells."""
    before: dict[str, StoredTuple | None] = {}
    for one in reversed(room.undoing(revision)):
        before |= one.before
    return before


@lru_cache(MODELS_READY)
def model_of(text: str) -> Model:
    """A model of which the text was accepted before."""
    return parse_model(text)
