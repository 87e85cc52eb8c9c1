"""Plan → Cypher: the only Python that writes Cypher. Names come out of a resolved model, values are parameters.

A step becomes an expression over the node it is judged at. Steps that are paths from the subject become one
pattern each, so that Neo4j may search from both ends; recursion is `ANY SHORTEST`, whose search never repeats
a node, and every filter stands inside the pattern, since one after it would judge only the path picked.

Where usersets nest, as groups do, what the subject reaches through them is collected once and the rest of each
pattern starts there: a subject is in few groups, while a search from both ends would meet every group on the
way from the object. Arrows that recur, as parents do, are left to the search: below a folder there is much.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from iamgraph.plan.plan import (
    AllOf,
    AnyOf,
    But,
    Direct,
    Everyone,
    GuardTypes,
    Hop,
    Move,
    Never,
    Repeat,
    Same,
    Step,
    Through,
)
from iamgraph.queries import node_label, relationship_type
from iamgraph.tuples import Kind

ROOT: Final = "o"
_LIVE: Final = "{r}.condition IS NULL AND ({r}.expires_at IS NULL OR {r}.expires_at > $now)"
_PLAIN: Final = "{r}.via IS NULL AND {r}.condition IS NULL AND {r}.expires_at IS NULL"

_HEAD: Final = """\
CYPHER 25
MATCH (st:IamStore {id: $store})
SET st:IamStore
WITH st
OPTIONAL MATCH (s:Object {key: $subject})
OPTIONAL MATCH (w:Object {key: $wildcard})
OPTIONAL MATCH (o:Object {key: $object})
"""
_ANSWER: Final = "st.revision AS revision, st.epoch AS epoch, st.model AS model"
_TUPLE: Final = """\
{object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}"""


def check_statement(step: Step, kind: Kind) -> str:
    """The statement that locks the store and says whether the step holds at the object.

    Parameters: store, subject, wildcard, object (keys), now. Returns: revision, epoch, model, allowed.
    """
    writer = _Writer(kind)
    held = writer.holds(step, ROOT)
    return f"{_HEAD}{writer.prelude()}RETURN {_ANSWER},\n  {held} AS allowed"


def explain_statement(step: Step, kind: Kind) -> str:
    """As `check_statement`; returns besides `path`: the tuples of one proof as maps, or null if denied."""
    writer = _Writer(kind, subject_first=False)
    proof = writer.proof(step, ROOT)
    return (
        f"{_HEAD}{writer.prelude()}WITH st,\n  {proof} AS proof\n"
        f"RETURN {_ANSWER}, proof IS NOT NULL AS allowed,\n  [r IN proof | {_TUPLE}] AS path"
    )


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of a pattern: its variable, its label unless bound before, and the guards it must pass.

    Guards compare it with the node `this`, which is bound outside the pattern.
    """

    name: str
    type: str | None = None
    guards: tuple[GuardTypes, ...] = ()
    this: str = ROOT


@dataclass(frozen=True, slots=True)
class _Path:
    """A pattern from the subject to the node asked about, the guarded nodes in it, and where it starts instead."""

    text: str
    recursive: bool
    guarded: tuple[_Node, ...] = ()
    start: str = ""

    @property
    def selector(self) -> str:
        return "ANY SHORTEST " if self.recursive else ""


@dataclass(slots=True)
class _Writer:
    """The expressions of one statement; hands out names and keeps what is collected once.

    `subject_first` starts patterns at what the subject reaches; a proof needs the whole of them.
    """

    kind: Kind
    subject_first: bool = True
    _names: int = 0
    _have: dict[GuardTypes, str] = field(default_factory=dict)
    _reach: dict[tuple[Repeat, str], tuple[str, str]] = field(default_factory=dict)

    # --- does it hold ---

    def holds(self, step: Step, at: str) -> str:
        """A boolean expression, true where the step holds at the node named."""
        match step:
            case Never():
                return "false"
            case Same():
                return f"{_key(at)} = $subject"
            case AnyOf(steps):
                return _joined(" OR ", (self.holds(one, at) for one in steps))
            case AllOf(steps):
                return _joined(" AND ", (self.holds(one, at) for one in steps))
            case But(base, subtract):
                return f"({self.holds(base, at)} AND NOT {self.holds(subtract, at)})"
        return _joined(" OR ", self._ways(step, at))

    def _ways(self, step: Step, at: str) -> Iterator[str]:
        paths = self._paths(step, at)
        if paths is not None:
            yield from (f"EXISTS {{ {one.start}MATCH {one.selector}{one.text} }}" for one in paths)
        else:
            yield from (self._reaches(*one) for one in self._reached(step, at))
        alone = _alone(step)
        if at == ROOT and alone is not None:
            yield f"({ROOT} IS NULL AND {alone})"

    def _reaches(self, path: _Path, where: str, end: str, then: Step) -> str:
        return f"EXISTS {{ MATCH {path.selector}{path.text} WHERE {where}{self.holds(then, end)} }}"

    # --- why it holds ---

    def proof(self, step: Step, at: str) -> str:
        """An expression for the relationships that prove the step at the node named; null where it fails."""
        match step:
            case Never():
                return "null"
            case Same():
                return f"CASE WHEN {_key(at)} = $subject THEN [] END"
            case AnyOf(steps):
                return f"coalesce({', '.join(self.proof(one, at) for one in steps)})"
            case AllOf(steps):
                return _joined(" + ", (self.proof(one, at) for one in steps))
            case But(base, subtract):
                return f"CASE WHEN NOT {self.holds(subtract, at)} THEN {self.proof(base, at)} END"
        found = list(self._proofs(step, at))
        return found[0] if len(found) == 1 else f"coalesce({', '.join(found)})"

    def _proofs(self, step: Step, at: str) -> Iterator[str]:
        paths = self._paths(step, at)
        if paths is not None:
            yield from (self._path_proof(one, at) for one in paths)
        else:
            yield from (self._reached_proof(at, *one) for one in self._reached(step, at))
        alone = _alone(step)
        if at == ROOT and alone is not None:
            yield f"CASE WHEN {ROOT} IS NULL AND {alone} THEN [] END"

    def _path_proof(self, path: _Path, at: str) -> str:
        p = self._name("p")
        parts = [f"relationships({p})", *self._guard_proofs(path, at)]
        return f"head(COLLECT {{ MATCH {p} = {path.selector}{path.text} RETURN {' + '.join(parts)} LIMIT 1 }})"

    def _reached_proof(self, at: str, path: _Path, where: str, end: str, then: Step) -> str:
        p, e = self._name("p"), self._name("e")
        parts = [e, f"relationships({p})", *self._guard_proofs(path, at)]
        kept = [p, *(node.name for node in path.guarded)]
        return (
            f"head(COLLECT {{ MATCH {p} = {path.selector}{path.text} WHERE {where}true "
            f"WITH {', '.join(kept)}, {self.proof(then, end)} AS {e} WHERE {e} IS NOT NULL"
            f" RETURN {' + '.join(parts)} LIMIT 1 }})"
        )

    def _guard_proofs(self, path: _Path, at: str) -> Iterator[str]:
        for node in path.guarded:
            for one in node.guards:
                required, within = relationship_type(one.guard.required), relationship_type(one.guard.within)
                q, label = self._name("q"), self._name("l")
                have = self._name("h")
                yield f"COLLECT {{ MATCH ()-[{q}:{required}]->({node.name}) RETURN {q} }}"
                yield (
                    f"COLLECT {{ MATCH ({label})-[:{required}]->({node.name}) "
                    f"MATCH ({label})-[{have}:{within} WHERE {_PLAIN.format(r=have)}]->({at}) RETURN {have} }}"
                )

    # --- patterns ---

    def _paths(self, step: Step, at: str) -> list[_Path] | None:
        """The step as patterns from the subject; None if something besides a path must hold on the way."""
        found = list(self._patterns(step, _Node(at), "", _Path("", recursive=False)))
        return None if None in found else [one for one in found if one is not None]

    def _patterns(self, step: Step, node: _Node, tail: str, so_far: _Path) -> Iterator[_Path | None]:
        """Each pattern that ends in `node` and `tail`; None for one that cannot be written so."""
        recursive, guarded = so_far.recursive, so_far.guarded
        match step:
            case Same():
                subject = replace(node, name="s")
                kept = tuple(subject if one == node else one for one in guarded)
                yield _Path(f"{self._node(subject)}{tail}", recursive, kept)
            case Direct(relation):
                yield _Path(f"(s){self._edge(relation, self.kind.via)}{self._node(node)}{tail}", recursive, guarded)
            case Everyone(relation):
                yield _Path(f"(w){self._edge(relation, '*')}{self._node(node)}{tail}", recursive, guarded)
            case AnyOf(steps):
                for one in steps:
                    yield from self._patterns(one, node, tail, so_far)
            case Through(hops, then, guards):
                if guards and tail:
                    # A guard compares with this object, which such a pattern would not have found yet.
                    yield None
                    return
                end, text = self._hops(hops, node, tail, guards)
                inner = _Path("", recursive, (*guarded, end) if guards else guarded)
                yield from self._patterns(then, end, text, inner)
            case Repeat(moves, ends):
                reach = self._reached_first(step, node) if tail else None
                if reach is not None:
                    yield _Path(f"({node.name}){tail}", recursive, guarded, f"UNWIND {reach} AS {node.name} ")
                    return
                for type_, then in ends:
                    end = _Node(self._name("n"), type_)
                    text = f"{self._star(moves)}{self._node(node)}{tail}"
                    yield from self._patterns(then, end, text, _Path("", recursive=True, guarded=guarded))
            case _:
                yield None

    def _reached_first(self, step: Repeat, node: _Node) -> str | None:
        """The list of nodes of the node's type where the recursion holds; None where it is better searched for."""
        nested = all(hop.via is not None for move in step.moves for hop in move.hops)
        if not self.subject_first or not nested or node.type is None or node.guards:
            return None
        known = self._reach.get((step, node.type))
        if known is None:
            found = list(self._patterns(step, _Node("g", node.type), "", _Path("", recursive=False)))
            if None in found:
                return None
            matches = " UNION ".join(f"MATCH {one.selector}{one.text} RETURN g" for one in found if one is not None)
            known = self._reach[step, node.type] = f"reach{len(self._reach)}", f"COLLECT {{ {matches} }}"
        return known[0]

    def _reached(self, step: Step, at: str) -> Iterator[tuple[_Path, str, str, Step]]:
        """The ways from the node named to the nodes where the rest of the step is judged."""
        match step:
            case Through(hops, then, guards):
                end, text = self._hops(hops, _Node(at), "", ())
                where = "".join(f"{self._guard(one, end.name, at)} AND " for one in guards)
                guarded = (replace(end, guards=guards),) if guards else ()
                yield _Path(f"{self._node(end)}{text}", recursive=False, guarded=guarded), where, end.name, then
            case Repeat(moves, ends):
                for type_, then in ends:
                    end = _Node(self._name("n"), type_)
                    text = f"{self._node(end)}{self._star(moves)}{self._node(_Node(at))}"
                    yield _Path(text, recursive=True), "", end.name, then
            case _:
                raise AssertionError(f"no pattern for {step}")

    def _hops(self, hops: tuple[Hop, ...], node: _Node, tail: str, guards: tuple[GuardTypes, ...]) -> tuple[_Node, str]:
        """The node the hops lead to, and the pattern that follows it."""
        at = node.name
        for i, hop in enumerate(hops):
            tail = f"{self._edge(hop.relation, hop.via)}{self._node(node)}{tail}"
            last = i == len(hops) - 1
            node = _Node(self._name("n"), hop.type, guards if last else (), at)
        return node, tail

    def _star(self, moves: tuple[Move, ...]) -> str:
        if len(moves) == 1:
            end, text = self._hops(moves[0].hops, self._fresh(moves[0].start), "", ())
            return f" ({self._node(end)}{text})* "
        a, r, b = self._name("a"), self._name("r"), self._name("b")
        types = "|".join(sorted({relationship_type(move.hops[0].relation) for move in moves}))
        turns = _joined(" OR ", (_turn(move, a, r, b) for move in moves))
        return f" (({a})-[{r}:{types} WHERE {_LIVE.format(r=r)}]->({b}) WHERE {turns})* "

    def _fresh(self, type_: str) -> _Node:
        return _Node(self._name("n"), type_)

    def _edge(self, relation: str, via: str | None) -> str:
        r = self._name("r")
        return f"-[{r}:{relationship_type(relation)} WHERE {_via(r, via)} AND {_LIVE.format(r=r)}]->"

    def _node(self, node: _Node) -> str:
        label = f":{node_label(node.type)}" if node.type is not None else ""
        guards = " AND ".join(self._guard(one, node.name, node.this) for one in node.guards)
        return f"({node.name}{label}{f' WHERE {guards}' if guards else ''})"

    def _guard(self, one: GuardTypes, reached: str, at: str) -> str:
        required = relationship_type(one.guard.required)
        q, label = self._name("q"), self._name("l")
        return (
            f"(EXISTS {{ MATCH ()-[:{required}]->({reached}) }} AND NOT EXISTS {{ MATCH ({label})-[{q}:{required}]->"
            f"({reached}) WHERE NOT ({label}:{_either(one.required)} AND {_PLAIN.format(r=q)}"
            f" AND {self._has(one, label, at)}) }})"
        )

    def _has(self, one: GuardTypes, label: str, at: str) -> str:
        """Whether the node `label` stands plainly in the guard's right side of the node `at`."""
        h, types = self._name("h"), _either(one.within)
        edge = f"-[{h}:{relationship_type(one.guard.within)} WHERE {_PLAIN.format(r=h)}]->"
        if at == ROOT:
            have = self._have.setdefault(one, f"have{len(self._have)}")
            return f"elementId({label}) IN {have}"
        return f"EXISTS {{ MATCH ({label}:{types}){edge}({at}) }}"

    def prelude(self) -> str:
        """What is collected once: the object's own side of each guard, and what the subject reaches by nesting."""
        collected = [f"{self._having(one)} AS {have}" for one, have in self._have.items()]
        collected += [f"{nodes} AS {reach}" for reach, nodes in self._reach.values()]
        separator = ",\n  "
        return f"WITH st, s, w, o,\n  {separator.join(collected)}\n" if collected else ""

    def _having(self, one: GuardTypes) -> str:
        edge = f"-[h:{relationship_type(one.guard.within)} WHERE {_PLAIN.format(r='h')}]->"
        return f"COLLECT {{ MATCH (l:{_either(one.within)}){edge}({ROOT}) RETURN elementId(l) }}"

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}{self._names}"


def _alone(step: Step) -> str | None:
    """When the step holds at an object the graph does not have: by reflexion alone; None if never.

    A recursion's pattern ends in the object's node, so it says nothing where there is none.
    """
    match step:
        case Same():
            return f"{_key(ROOT)} = $subject"
        case AnyOf(steps):
            found = [one for one in map(_alone, steps) if one is not None]
            return _joined(" OR ", iter(found)) if found else None
        case AllOf(steps):
            all_ = [_alone(one) for one in steps]
            return None if None in all_ else _joined(" AND ", (one for one in all_ if one is not None))
        case But(base, subtract):
            kept, taken = _alone(base), _alone(subtract)
            return kept if kept is None or taken is None else f"({kept} AND NOT {taken})"
        case Repeat(_, ends):
            return _alone(AnyOf(tuple(end for _, end in ends)))
        case _:
            return None


def _either(types: tuple[str, ...]) -> str:
    return "|".join(map(node_label, types))


def _turn(move: Move, a: str, r: str, b: str) -> str:
    hop = move.hops[0]
    return (
        f"({a}:{node_label(hop.type)} AND {r}:{relationship_type(hop.relation)} AND {_via(r, hop.via)}"
        f" AND {b}:{node_label(move.start)})"
    )


def _via(r: str, via: str | None) -> str:
    # A relation's name holds no quote or backslash, so it may stand between quotes.
    return f"{r}.via IS NULL" if via is None else f"{r}.via = '{via}'"


def _key(at: str) -> str:
    # The object asked about need not be in the graph.
    return "$object" if at == ROOT else f"{at}.key"


def _joined(operator: str, parts: Iterator[str]) -> str:
    several = list(parts)
    return several[0] if len(several) == 1 else f"({operator.join(several)})"
