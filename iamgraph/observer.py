"""Who is told what was done, so that it can be counted. Nothing below the service knows of metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from iamgraph.questions import Decision


class Observer(Protocol):
    """Hears what happens, from any thread. What it is told names no object, subject or store."""

    def decided(self, decisions: Sequence[Decision], seconds: float) -> None:
        """The checks of one call were decided, unknown included, in so many seconds."""

    def ran(self, statement: str, seconds: float) -> None:
        """Neo4j answered a statement, or failed to: its name, and how long it took."""

    def opened(self, sessions: int) -> None:
        """So many sessions with Neo4j were opened; fewer than none, closed."""


class Unobserved:
    """Hears nothing."""

    def decided(self, decisions: Sequence[Decision], seconds: float) -> None:
        """Nothing."""

    def ran(self, statement: str, seconds: float) -> None:
        """Nothing."""

    def opened(self, sessions: int) -> None:
        """Nothing."""


UNOBSERVED: Final = Unobserved()
