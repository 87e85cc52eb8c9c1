"""What every answerer of a check does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from iamgraph.model.model import Model
from iamgraph.questions import CheckQuestion, Decision
from iamgraph.tuples import Kind


@dataclass(frozen=True, slots=True)
class Statements:
    """The two forms of a relation's statement for one kind of subject."""

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


class Checker(Protocol):
    """Answers checks. Raises `ModelChanged` if the store's model is another than the one asked by."""

    def check(self, asking: Asking) -> Decision:
        """The decision, at one revision of the store."""
