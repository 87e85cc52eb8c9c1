"""What every answerer of a check does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from iamgraph.model.model import Model
from iamgraph.questions import CheckQuestion, Decision, StoreInfo
from iamgraph.revision import Revision
from iamgraph.store.contract import ModelChanged, TupleReader
from iamgraph.tuples import Kind


@dataclass(frozen=True, slots=True)
class Statements:
    """A relation's statement for one kind of subject: as people read it, and as it is asked, without path and with."""

    shown: str
    check: str
    explain: str


@dataclass(frozen=True)
class CurrentModel:
    """A store's model made ready: its id, the model, and the statements compiled so far, or why there is none."""

    id: str
    model: Model
    compiled: dict[tuple[str, str, Kind], Statements | str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Asking:
    """A question with what it is judged by: the model, the time, and when an answer is too late.

    `deadline` is a reading of `time.monotonic`.
    """

    question: CheckQuestion
    current: CurrentModel
    now: datetime
    deadline: float


@dataclass(frozen=True, slots=True)
class AskingMany:
    """Questions of one store with what they are judged by, as `Asking`."""

    store: str
    questions: tuple[CheckQuestion, ...]
    current: CurrentModel
    now: datetime
    deadline: float

    def each(self) -> list[Asking]:
        """One asking a question."""
        return [Asking(one, self.current, self.now, self.deadline) for one in self.questions]


@dataclass(frozen=True, slots=True)
class Planning:
    """A relation that a kind of subject may be asked for on a type; `end` is a reading of `time.monotonic`."""

    store: str
    current: CurrentModel
    type: str
    relation: str
    kind: Kind
    end: float


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions on many questions, in their order, and the one revision they are true of."""

    revision: Revision
    decisions: tuple[Decision, ...]


class Checker(Protocol):
    """Answers checks. Raises `ModelChanged` if the store's model is another than the one asked by."""

    def check(self, asking: Asking) -> Decision:
        """The decision, at one revision of the store."""

    def check_many(self, asking: AskingMany) -> Decisions:
        """The decisions on all questions, at one revision, even where there is none to decide."""

    def plan(self, asking: Planning) -> None:
        """Make a question quick that is asked for the first time later."""

    def check_in(self, reader: TupleReader, asking: AskingMany) -> Decisions:
        """The decisions by what the reader reads, for who looks at a store from more sides."""


def refuse_other_model(info: StoreInfo, current: CurrentModel) -> None:
    """`ModelChanged` if the state read has another model than the one asked by."""
    if info.model != current.id:
        raise ModelChanged
