"""Random models as text, of three profiles: organisations, union only, and anything.

They are drawn to be mostly right, and what the parser refuses is drawn again.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Final

from iamgraph.model.faults import ModelTextError
from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model

PROFILES: Final = ("seed_like", "union_only", "anything")
CONDITION: Final = "weekday"
CONDITION_TEXT: Final = f"\ncondition {CONDITION}(day: int) {{\n  day < 6\n}}\n"


def make_model(draw: random.Random, profile: str) -> tuple[str, Model, int]:
    """A model the parser takes, its text, and how many texts it refused before."""
    refused = 0
    while True:
        text = _seed_like(draw) if profile == "seed_like" else _Text(draw, profile).make()
        try:
            return text, parse_model(text), refused
        except ModelTextError:
            refused += 1


# --- organisations -------------------------------------------------------------------------------------

_GROUP: Final = ("[member]", "[member, group#member]", "[group#member, member]", "[group#member, member, member:*]")
_HOLDER: Final = ("[member, group#member]", "[member, group#member, token]", "[member, member:*, group#member]")
_SOURCE_ADMIN: Final = (
    "[member, group#member] or owner from workspace",
    "owner from workspace or holder from source_admin from workspace",
    "[member] or owner from workspace or holder from source_admin from workspace"
    " or holder from source_admin_by_label from workspace where required within label",
    "holder from source_admin_by_label from workspace where required within label",
    "holder from source_admin_by_label from workspace where required within label, region within region",
    "[group#member] or (holder from source_admin_by_label from workspace where required within label and member"
    " from workspace)",
)
_VIEW: Final = ("admin", "admin or holder from source_read from workspace", "[member:*, group#member] or admin")
_WRITE_KEY: Final = ("admin but not suspended from workspace", "admin and member from workspace", "view but not hidden")
_CHILD: Final = ("admin from source", "admin from source or view from source", "admin from source but not hidden")
_LABEL: Final = ("label", "label", "label, workspace")
_BOTH: Final = ("hidden and seen", "seen but not hidden", "seen and admin", "hidden or seen")


def _seed_like(draw: random.Random) -> str:
    pick = draw.choice
    return f"""model
  schema 1.1
type member
type token
type label
type group
  relations
    define member: {pick(_GROUP)}
type policy
  relations
    define holder: {pick(_HOLDER)}
    define required: [label]
    define region: [label]
type workspace
  relations
    define owner: [member, group#member]
    define member: [member, group#member, member:*] or owner
    define suspended: [member, group#member]
    define source_admin: [policy]
    define source_admin_by_label: [policy]
    define source_read: [policy]
type source
  relations
    define workspace: [workspace]
    define label: [{pick(_LABEL)}]
    define region: [label]
    define hidden: [member]
    define admin: {pick(_SOURCE_ADMIN)}
    define view: {pick(_VIEW)}
    define write_key: {pick(_WRITE_KEY)}
type destination
  relations
    define source: [source]
    define hidden: [group#member, member]
    define seen: [group#member]
    define admin: {pick(_CHILD)}
    define both: {pick(_BOTH)}
"""


# --- any model -----------------------------------------------------------------------------------------

_TYPES: Final = ("group", "x_y", "A-b", "a.b")
_ARROWS: Final = ("parent", "part.of", "x_up")
_DIRECT: Final = ("member", "viewer", "B-c")
_DERIVED: Final = ("can_view", "can/edit", "e.x")


@dataclass(slots=True)
class _Text:
    """The text of one model. Plain relations are drawn first, so that arrows know where they may lead."""

    draw: random.Random
    profile: str
    types: list[str] = field(default_factory=list)
    plain: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    others: dict[str, list[str]] = field(default_factory=dict)
    # Drawn before the relation being drawn: safe to take away.
    earlier: list[tuple[str, str]] = field(default_factory=list)
    conditions: bool = False
    direct_left: bool = True

    def make(self) -> str:
        self._skeleton()
        lines = ["model", "  schema 1.1", "type member"]
        for type_ in self.types:
            lines += [f"type {type_}", "  relations"]
            lines += [f"    define {name}: [{', '.join(to)}]" for (on, name), to in self.plain.items() if on == type_]
            for name in self.others[type_]:
                lines.append(f"    define {name}: {self._relation(type_, name)}")
                self.earlier.append((type_, name))
        text = "\n".join(lines) + "\n"
        return text + CONDITION_TEXT if f"with {CONDITION}" in text else text

    def _skeleton(self) -> None:
        draw = self.draw
        self.conditions = self.profile == "anything" and draw.random() < 0.5
        self.types = draw.sample(_TYPES, draw.randint(1, 3))
        guarded = draw.random() < 0.6
        for type_ in self.types:
            for name in draw.sample(_ARROWS, draw.choice((0, 1, 1, 2))):
                self.plain[type_, name] = draw.sample(self.types, draw.randint(1, min(2, len(self.types))))
            if guarded:
                for name in ("label", "needs"):
                    self.plain[type_, name] = ["member", *draw.sample(self.types, draw.choice((0, 0, 1)))]
            count = draw.randint(1, 2)
            self.others[type_] = draw.sample(_DIRECT, count) + draw.sample(_DERIVED, draw.randint(0, 2))

    def _relation(self, type_: str, name: str) -> str:
        self.direct_left = True
        if name in _DIRECT and self.draw.random() < 0.6:
            return self._this()
        if name in _DIRECT:
            rest = self._expression(type_, name, 1)
            return f"{self._this()} or {rest}" if self.draw.random() < 0.6 else f"({rest}) or {self._this()}"
        return self._expression(type_, name, 2)

    def _expression(self, type_: str, name: str, depth: int) -> str:
        if depth == 0 or self.draw.random() < 0.25:
            return self._leaf(type_, name)
        operators = ("or",) if self.profile == "union_only" else ("or", "or", "and", "but not")
        operator = self.draw.choice(operators)
        if operator == "but not":
            base = self._operand(type_, name, depth - 1)
            return f"({base} but not {self._taken(type_)})"
        parts = [self._operand(type_, name, depth - 1) for _ in range(self.draw.choice((2, 2, 3)))]
        return f"({f' {operator} '.join(parts)})"

    def _operand(self, type_: str, name: str, depth: int) -> str:
        text = self._expression(type_, name, depth)
        return f"({text})" if " but not " in text or " and " in text else text

    def _leaf(self, type_: str, name: str) -> str:
        kinds = ("this", "computed", "arrow", "arrow", "chain")
        kind = self.draw.choice(kinds)
        if kind == "this" and self.direct_left:
            return self._this()
        if kind in {"arrow", "chain"}:
            arrow = self._arrow(type_, 1 if kind == "arrow" else 2)
            if arrow is not None:
                return arrow
        names = [one for one in self.others[type_] if one != name]
        if names:
            return self.draw.choice(names)
        return self._this() if self.direct_left else next((n for t, n in self.plain if t == type_), name)

    def _taken(self, type_: str) -> str:
        if self.conditions and self.direct_left and self.draw.random() < 0.6:
            self.direct_left = False
            return f"[member with {CONDITION}]"
        names = [name for on, name in (*self.plain, *self.earlier) if on == type_]
        arrow = self._arrow(type_, 1, {*self.plain, *self.earlier}) if self.draw.random() < 0.3 else None
        if arrow is None and names:
            return self.draw.choice(names)
        return arrow if arrow is not None else self._this()

    def _this(self) -> str:
        """Direct types, usually with a plain one, which gives the relation a way in."""
        self.direct_left = False
        draw = self.draw
        usersets = [f"{type_}#{name}" for type_ in self.types for name in self.others[type_]]
        usersets += [f"{type_}#{name}" for type_, name in self.plain]
        kinds = {"member"} if draw.random() < 0.85 else {draw.choice(self.types)}
        kinds |= set(draw.sample(usersets, draw.choice((0, 1, 1, min(2, len(usersets))))))
        if draw.random() < 0.3:
            kinds.add(draw.choice(("member:*", "member:*", f"{draw.choice(self.types)}:*")))
        if draw.random() < 0.2:
            kinds.add(draw.choice(self.types))
        # Usersets first as often as last: the order decides what a walk sees first.
        entries = [self._conditioned(one) for one in draw.sample(sorted(kinds), len(kinds))]
        return f"[{', '.join(one for several in entries for one in several)}]"

    def _conditioned(self, kind: str) -> list[str]:
        if not self.conditions or self.draw.random() < 0.5:
            return [kind]
        under = f"{kind} with {CONDITION}"
        return self.draw.choice(([under], [kind, under]))

    def _arrow(self, type_: str, length: int, among: set[tuple[str, str]] | None = None) -> str | None:
        """An arrow of so many hops that leads to a relation (one of `among`, if given), or None."""
        at, hops = {type_}, list[str]()
        for _ in range(length):
            names = sorted({n for t, n in self.plain if n in _ARROWS and all((one, n) in self.plain for one in at)})
            if not names:
                break
            hops.insert(0, self.draw.choice(names))
            at = {to for one in at for to in self.plain[one, hops[0]]}
        ends = [(one, name) for one in sorted(at) for name in self.others[one]]
        ends = [end for end in ends if among is None or end in among]
        if not hops or not ends:
            return None
        arrow = " from ".join((self.draw.choice(ends)[1], *hops))
        if (type_, "label") in self.plain and self.draw.random() < 0.35:
            arrow += self.draw.choice((" where needs within label", " where label within label, needs within label"))
        return arrow
