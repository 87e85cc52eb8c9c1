"""What is wrong with a file of many things: all of it at once, each with where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from iamgraph.errors import ConflictError, IamgraphError, LimitError, RequestError

TOLD_FAULTS: Final = 100


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and its place: `/members/ada/email` in a document, `line 7` in a file of lines."""

    place: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message}"


class FaultyFileError(RequestError):
    """A file that cannot be taken; `faults` are the first `TOLD_FAULTS` of all found.

    Its code is that of all its faults, where they have one in common.
    """

    default_code: ClassVar[str] = "faulty_file"

    def __init__(self, what: str, faults: list[Fault]) -> None:
        self.faults = tuple(faults[:TOLD_FAULTS])
        self._more = len(faults) - len(self.faults)
        first = faults[0]
        count = f"{len(faults)} faults" if len(faults) > 1 else "1 fault"
        codes = {one.code for one in faults}
        super().__init__(f"{count} in {what}: {first}", code=codes.pop() if len(codes) == 1 else None)

    @classmethod
    def told(cls, message: str, code: str, faults: list[Fault]) -> Self:
        """The same, as a service told of it."""
        found = cls("", faults)
        found.message, found.code = message, code
        return found

    def render(self) -> str:
        """All faults, one a line."""
        more = [f"and {self._more} more"] if self._more else []
        return "\n".join([*map(str, self.faults), *more])


@dataclass(slots=True)
class Faults:
    """Those found so far."""

    found: list[Fault] = field(default_factory=list)

    @contextmanager
    def at(self, place: str) -> Iterator[None]:
        """What is refused within is a fault of that place, not the end."""
        try:
            yield
        except (RequestError, ConflictError, LimitError) as fault:
            self.add(place, fault)

    def add(self, place: str, fault: IamgraphError) -> None:
        """A fault of a place: in a document down to the field, in a file of lines the line says it all."""
        within = (fault.pointer or "") if not place or place.startswith("/") else ""
        self.found.append(Fault(f"{place}{within}" or "/", fault.code, fault.message))

    def check(self, what: str) -> None:
        """`FaultyFileError` if there are any."""
        if self.found:
            raise FaultyFileError(what, self.found)
