"""The plan of a relation for one kind of subject: what must be found at an object for a check to hold.

Every step is judged at one object of a known type. Values only; `planner.py` makes them, `to_cypher.py` reads them.
"""

from __future__ import annotations

from dataclasses import dataclass

from iamgraph.model.model import Guard


@dataclass(frozen=True, slots=True)
class Never:
    """No tuple can make this hold for the kind of subject asked for."""


@dataclass(frozen=True, slots=True)
class Same:
    """The subject asked for is the very userset of this object: reflexion."""


@dataclass(frozen=True, slots=True)
class Direct:
    """A tuple `object#relation@subject`, with the subject asked for."""

    relation: str


@dataclass(frozen=True, slots=True)
class Everyone:
    """A tuple `object#relation@type:*`, where the subject asked for is an object of that type."""

    relation: str


@dataclass(frozen=True, slots=True)
class Conditional:
    """A tuple of `relation` that holds under a condition; nothing with this step compiles."""

    relation: str
    condition: str


@dataclass(frozen=True, slots=True)
class Hop:
    """From an object to the `type` objects that stand in its `relation`, as themselves or as usersets `via`."""

    relation: str
    via: str | None
    type: str


@dataclass(frozen=True, slots=True)
class Through:
    """An object reached by `hops`, in order from this object, passes `guards` and `then`."""

    hops: tuple[Hop, ...]
    then: Step
    guards: tuple[GuardTypes, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardTypes:
    """A guard, and the types whose objects count for its left and its right side."""

    guard: Guard
    required: tuple[str, ...]
    within: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Move:
    """One turn of a recursion: from an object of type `start`, by `hops`, to one of the last hop's type."""

    start: str
    hops: tuple[Hop, ...]

    @property
    def end(self) -> str:
        """The type it arrives at."""
        return self.hops[-1].type


@dataclass(frozen=True, slots=True)
class Repeat:
    """This object, or one reached by any number of `moves`, passes the step that `ends` gives for its type."""

    moves: tuple[Move, ...]
    ends: tuple[tuple[str, Step], ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one step holds."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every step holds."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class But:
    """`base` holds and `subtract` does not."""

    base: Step
    subtract: Step


@dataclass(frozen=True, slots=True, order=True)
class Ask:
    """Another relation, of an object of `type`; gone once a plan is made."""

    type: str
    relation: str


Step = Never | Same | Direct | Everyone | Conditional | Through | Repeat | AnyOf | AllOf | But | Ask
