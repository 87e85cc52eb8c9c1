"""The difference between what a workspace is and what a document says, exactly and in lines for people."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from iamgraph.access import words
from iamgraph.access.described import Described, thing_of
from iamgraph.errors import LimitError
from iamgraph.questions import Attributes
from iamgraph.tuples import Object, RelationTuple, shown


@dataclass(frozen=True, slots=True)
class Plan:
    """What a document would change, for people and exactly.

    A line begins with `+` for what comes, `-` for what goes, `~` for what gets another name, `=` for what stays
    though the document does not say so. Of the objects in `removed` all goes. By its `seed` new accounts get their ids.
    """

    lines: tuple[str, ...]
    writes: tuple[RelationTuple, ...]
    deletes: tuple[RelationTuple, ...]
    attributes: tuple[Attributes, ...]
    removed: tuple[Object, ...]
    seed: str = ""

    @property
    def token(self) -> str:
        """By which an apply knows that this very plan was shown: the seed, and a hash of all it would do."""
        facts = [[str(one.object), sorted(one.values.items())] for one in self.attributes]
        tuples = [list(map(str, one)) for one in (self.writes, self.deletes, self.removed)]
        said = json.dumps([self.lines, tuples, facts], default=str)
        return f"{self.seed}-{hashlib.sha256(said.encode()).hexdigest()}"

    @property
    def changes(self) -> bool:
        """Whether it would change anything."""
        return bool(self.writes or self.deletes or self.attributes or self.removed)

    @property
    def removals(self) -> int:
        """How many things somebody or something would no longer be or have: the lines that begin with `-`."""
        return sum(line.startswith("-") for line in self.lines)

    def check(self, allowed: int) -> None:
        """`LimitError` (`too_many_removals`) where more would go than is allowed."""
        if self.removals > allowed:
            raise LimitError(
                f"{self.removals} things would go, and {allowed} may: look at the plan, and allow more if so meant",
                code="too_many_removals",
            )


def difference(there: Described, wanted: Described, notes: list[str], ending: AbstractSet[Object]) -> Plan:
    """What has to change for the one to become the other; `notes` are what stays, and why.

    `ending` are the invites that go, though no document says anything of invites.
    """
    going = there.things - wanted.things
    leaving = {one for one in going if one.type == "member"}
    requests = {
        one.object
        for one in there.apart
        if one.object.type == "access_request" and one.relation == "requester" and one.subject in leaving
    }
    removed = (going - leaving) | requests | ending
    gone = {one for one in there.tuples | there.apart if one.object in removed or one.subject in removed}
    deletes = (there.tuples - wanted.tuples) | gone
    writes = wanted.tuples - there.tuples - there.apart
    changed = tuple(_changed(there, wanted))
    lines = _Lines(there, wanted, going | removed)
    return Plan(
        (*lines.all(writes, deletes, changed), *(f"= {one}" for one in sorted(notes))),
        tuple(sorted(writes, key=str)),
        tuple(sorted(deletes, key=str)),
        changed,
        tuple(sorted(removed)),
    )


def _changed(there: Described, wanted: Described) -> Iterator[Attributes]:
    """The facts that are not as they are to be."""
    for one in sorted(wanted.facts):
        known = there.facts.get(one, {})
        values = {name: value for name, value in wanted.facts[one].items() if known.get(name) != value}
        if values:
            yield Attributes(one, values)


# --- as lines ----------------------------------------------------------------------------------------------

# In which order things are told.
_RANKS: Final = ("workspace", "label", "member", "group")
_AFTER: Final = len(_RANKS)
Place = tuple[int, str, str, int]


class _Lines:
    """A plan told thing by thing. What goes with a thing that goes has no line of its own."""

    def __init__(self, there: Described, wanted: Described, going: AbstractSet[Object]) -> None:
        self._there = there
        self._wanted = wanted
        self._going = going
        self._home = there.home

    def all(
        self,
        writes: AbstractSet[RelationTuple],
        deletes: AbstractSet[RelationTuple],
        changed: tuple[Attributes, ...],
    ) -> list[str]:
        """The lines in order."""
        found = [*self._things(), *self._renamed(changed)]
        found += [one for each in writes for one in self._of("+", each)]
        found += [one for each in deletes if not self._goes(each) for one in self._of("-", each)]
        return [line for _, line in sorted(found)]

    def _goes(self, one: RelationTuple) -> bool:
        return one.object in self._going or one.subject in self._going

    def _things(self) -> Iterator[tuple[Place, str]]:
        if not self._there.exists:
            yield _place(self._home, 0), f"+ {_name(self._home)}{_told(self._wanted, self._home)}"
        for sign, things, described in (
            ("+", self._wanted.things - self._there.things, self._wanted),
            ("-", self._going, self._there),
        ):
            for one in things:
                yield _place(one, 0), f"{sign} {_name(one)}{_told(described, one)}"

    def _renamed(self, changed: tuple[Attributes, ...]) -> Iterator[tuple[Place, str]]:
        for one in changed:
            if one.object in self._there.facts:
                known = self._there.facts[one.object]
                for name, value in one.values.items():
                    yield (
                        _place(one.object, 1),
                        f"~ {_name(one.object)}: {name} {_quoted(known.get(name))} becomes {_quoted(value)}",
                    )

    def _of(self, sign: str, one: RelationTuple) -> Iterator[tuple[Place, str]]:
        """The line of a tuple, under the thing it is told of; none for one that is told with a thing or another."""
        if thing_of(self._home, one) is not None and not self._moves(one):
            return
        about, text = _phrase(self._home, one)
        if text:
            yield _place(about, 2), f"{sign} {_name(about)}: {text}"

    def _moves(self, one: RelationTuple) -> bool:
        """Whether what stays gets another parent."""
        return one.object in self._there.things and one.object in self._wanted.things


def _phrase(home: Object, one: RelationTuple) -> tuple[Object, str]:
    """What a tuple is told of, and in which words; none for what another tuple tells."""
    subject = one.subject if isinstance(one.subject, Object) else one.object
    if subject.type == "policy":
        narrowed = one.relation.endswith("_by_label")
        where = "what carries its labels" if narrowed else "the workspace" if one.object == home else _name(one.object)
        return subject, f"{one.relation.removesuffix('_by_label')} on {where}"
    says = _PHRASES.get((one.object.type, one.relation))
    if says is not None:
        return (subject if one.object.type in ("workspace", "regime") else one.object), says(subject)
    if one.relation in ("source", "space"):
        return one.object, f"in {_name(subject)}"
    if one.relation == "label":
        return one.object, f"label {words.label_text(subject)}"
    return one.object, ""


_PHRASES: Final[dict[tuple[str, str], Callable[[Object], str]]] = {
    ("workspace", "owner_direct"): lambda _: "owner",
    ("workspace", "pii"): lambda _: "sees personal data",
    ("regime", "workspace"): lambda _: "HIPAA-eligible",
    ("group", "pii"): lambda _: "its members see personal data",
    ("group", "added"): lambda one: _name(one),  # noqa: PLW0108 - made below
    ("policy", "direct"): lambda one: f"held by {_name(one)}",
    ("policy", "group"): lambda one: f"held by {_name(one)}",
    ("policy", "required_label"): lambda one: f"needs label {words.label_text(one)}",
    ("space", "engage_source"): lambda one: f"stands for itself in {_name(one)}",
    ("space", "admits"): lambda one: f"admits label {words.label_text(one)}",
    ("space", "open"): lambda _: "admits every source",
}


def _place(one: Object, part: int) -> Place:
    rank = _RANKS.index(one.type) if one.type in _RANKS else _AFTER + (one.type == "policy")
    return rank, one.type, one.id, part


def _name(one: Object) -> str:
    text = words.label_text(one) if one.type == "label" else one.id
    return f"{one.type.replace('_', ' ')} {shown(text)}"


def _told(described: Described, one: Object) -> str:
    """What is known of a thing, in its line."""
    said = [_quoted(value) for value in described.facts.get(one, {}).values() if value is not None]
    return f" ({', '.join(said)})" if said else ""


def _quoted(value: object) -> str:
    return "nothing" if value is None else f"`{shown(str(value))}`"
