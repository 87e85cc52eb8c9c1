"""Lists measured over HTTP: who may read a source, and what a member may read; every page is verified."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from iamgraph.bench.bench import Bench, Figures
from iamgraph.bench.load import closed
from iamgraph.bench.organisation import MEMBERS, SOURCES
from iamgraph.bench.report import Figure, of_load
from iamgraph.bench.wire import Call, WrongAnswer

LISTS: Final = 200
PAGE: Final = 100
CLIENTS: Final = (1, 8)
RELATION: Final = "can_read"
EVERYBODY: Final = "member:*"


@dataclass(frozen=True, slots=True)
class ListCall(Call):
    """The first page of a list, in which each of `names` is to be; a question reads `before`, a name, `after`."""

    names: tuple[str, ...] = ()
    before: str = ""
    after: str = ""

    def judge(self, body: bytes) -> int:
        """One list answered; raises `WrongAnswer`. A page may be short where its cursor tells of more."""
        said = json.loads(body)
        found = said.get("subjects", said.get("objects", []))
        right = self.names[: PAGE if "next_cursor" not in said else len(found)]
        for name, listed in zip(right, found, strict=False):
            # In one order: whichever comes first is missing in the other.
            if name != listed:
                raise self._wrong(min(name, listed), allowed=name < listed)
        if len(found) != len(right):
            extra = len(found) > len(right)
            raise self._wrong(found[len(right)] if extra else right[len(found)], allowed=not extra)
        if "wildcard" in said or ("next_cursor" not in said and len(self.names) > PAGE):
            raise WrongAnswer(f"{self.before}…{self.after}", allowed=False, found="everybody, or less than there is")
        return 1

    def _wrong(self, name: str, *, allowed: bool) -> WrongAnswer:
        return WrongAnswer(self.before + name + self.after, allowed, "left out" if allowed else "listed")


def lists(bench: Bench) -> Figures:
    """The first page of either list, by one client and by several."""
    draw = random.Random(f"{bench.made.seed} lists")  # noqa: S311 - drawn to be drawn again
    for case, calls in (
        ("who can read a source", _subjects(bench, draw)),
        ("what a member can read", _objects(bench, draw)),
    ):
        for clients in CLIENTS:
            scripts: list[Sequence[Call]] = [calls[client::clients] or calls for client in range(clients)]
            closed(bench.ground.target, scripts, bench.pace.warm)
            load = closed(bench.ground.target, scripts, bench.pace.seconds)
            named = f"{case}, {clients} client{'s' if clients > 1 else ''}"
            size: dict[str, Any] = {"names": round(sum(len(one.names[:PAGE]) for one in calls) / len(calls))}
            yield Figure("lists", named, of_load(load, load.calls) | size, load.answers)


def _subjects(bench: Bench, draw: random.Random) -> list[ListCall]:
    """Of sources that not everybody may view: nobody outside their department is named."""
    open_ = set(_viewed_by_all(bench))
    drawn = [(number, f"source:{number}-{draw.randrange(SOURCES)}") for number in _departments(bench, draw)]
    made = []
    for number, source in drawn:
        if source not in open_:
            members = sorted(f"member:{number}-{one}" for one in range(MEMBERS))
            names = tuple(one for one in members if bench.truth.allowed(one, RELATION, source))
            asked = {"object": source, "relation": RELATION, "type": "member", "limit": PAGE}
            made.append(_call(bench, "list-subjects", asked, names, (f"{source}#{RELATION}@", "")))
    return made


def _objects(bench: Bench, draw: random.Random) -> list[ListCall]:
    """Sources of a member's own department, and those that everybody may view."""
    open_ = _viewed_by_all(bench)
    made = []
    for number in _departments(bench, draw):
        member = f"member:{number}-{draw.randrange(MEMBERS)}"
        sources = sorted({*open_, *(f"source:{number}-{one}" for one in range(SOURCES))})
        names = tuple(one for one in sources if bench.truth.allowed(member, RELATION, one))
        asked = {"subject": member, "relation": RELATION, "type": "source", "limit": PAGE}
        made.append(_call(bench, "list-objects", asked, names, ("", f"#{RELATION}@{member}")))
    return made


def _departments(bench: Bench, draw: random.Random) -> Iterator[int]:
    return (draw.randrange(bench.made.departments) for _ in range(LISTS))


def _viewed_by_all(bench: Bench) -> list[str]:
    return [object_ for object_, relation, subject in bench.made.tuples if (relation, subject) == ("viewer", EVERYBODY)]


def _call(bench: Bench, route: str, asked: Any, names: tuple[str, ...], about: tuple[str, str]) -> ListCall:
    request = bench.ground.target.request(f"/v1/stores/{bench.store}/{route}", asked)
    return ListCall(request, names=names, before=about[0], after=about[1])
