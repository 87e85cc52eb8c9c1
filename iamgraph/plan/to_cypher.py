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
from typing import Final, NamedTuple

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
_LIVE: Final = "{r}.condition IS NULL AND ({r}.expires_at IS NULL OR {r}.expires_at > now)"
_PLAIN: Final = "{r}.via IS NULL AND {r}.condition IS NULL AND {r}.expires_at IS NULL"

_HEAD: Final = """\
CYPHER 25
UNWIND $asked.questions AS q
WITH q, datetime({epochSeconds: q.now / 1000000, microsecond: q.now % 1000000}) AS now
OPTIONAL MATCH (s:Object {key: q.subject})
OPTIONAL MATCH (o:Object {key: q.object})
"""
_RETURN: Final = "\nRETURN allowed"
# What was read is collected by now. Setting a label the node has takes the store's lock, which a write holds through
# all of its commit: if the revision is still the one known before, no write came between.
_RETURN_STATE: Final = """
MATCH (st:IamStore {id: $asked.store})
SET st:IamStore
RETURN allowed, st.revision AS revision, st.epoch AS epoch, st.model AS model"""
_EVERYONE: Final = "OPTIONAL MATCH (w:Object {key: q.wildcard})\n"
_TUPLE: Final = """\
{object_type: endNode(r).type, object_id: endNode(r).id, type: type(r),
     subject_type: startNode(r).type, subject_id: startNode(r).id, via: r.via, since: r.since, at: r.at,
     by: r.by, reason: r.reason, expires_at: r.expires_at,
     condition: r.condition, context: r.context}"""


def check_statement(step: Step, kind: Kind) -> str:
    """The statement that says of each question whether the step holds at its object.

    Parameters: asked.questions (rows: i, subject, wildcard, object (keys), now (microseconds since 1970)); in a map,
    since Neo4j plans a statement anew for a list of another order of size.
    Returns one row, since each costs its reader: `allowed`, a map for each question it holds for, with its `i`.
    """
    writer = _Writer(kind)
    held = writer.holds(step, ROOT)
    return (
        f"{writer.head()}WITH q,\n  {held} AS holds\n"
        f"WITH collect(CASE WHEN holds THEN {{i: q.i}} END) AS allowed{_RETURN}"
    )


def explain_statement(step: Step, kind: Kind) -> str:
    """As `check_statement`; each map has besides `path`: the tuples of one proof as maps."""
    writer = _Writer(kind, subject_first=False)
    proof = writer.proof(step, ROOT)
    return (
        f"{writer.head()}WITH q,\n  {proof} AS proof\n"
        f"WITH collect(CASE WHEN proof IS NOT NULL THEN {{i: q.i, path:\n  [r IN proof | {_TUPLE}]}} END) AS allowed"
        f"{_RETURN}"
    )


def with_state(statement: str) -> str:
    """Either statement, made to look at the store's newest state once it has read; parameter: asked.store besides.

    Returns one row, or none if there is no such store: `allowed` with `revision`, `epoch` and `model`.
    """
    return statement.removesuffix(_RETURN) + _RETURN_STATE


@dataclass(frozen=True, slots=True)
class _Node:
    """A node of a pattern: its variable, its label unless bound before, and the guards it must pass.

    Guards compare it with the node `this`, which is bound outside the pattern.
    """

    name: str
    type: str | None = None
    guards: tuple[GuardTypes, ...] = ()
    this: str = ROOT


class _Match(NamedTuple):
    """One pattern, and the selector before it."""

    selector: str
    text: str


@dataclass(frozen=True, slots=True)
class _Way:
    """A way from the subject to the node asked about: matches from there on, and the guarded nodes in them.

    `start` comes before the last match where that begins at what was collected, not at the subject.
    """

    matches: tuple[_Match, ...]
    guarded: tuple[_Node, ...] = ()
    start: str = ""

    def clauses(self, names: tuple[str, ...] = ()) -> str:
        """The matches as clauses; each path under its name, if there are names."""
        given = [f"{name} = " for name in names] or [""] * len(self.matches)
        lines = [f"MATCH {name}{one.selector}{one.text}" for name, one in zip(given, self.matches, strict=True)]
        lines[-1] = self.start + lines[-1]
        return " ".join(lines)


# What a relationship is, as far as a hop says: its relation, its `via`, and the type it starts at.
_Sort = tuple[str, str | None, str]


@dataclass(frozen=True, slots=True)
class _Path:
    """A way in the making: matches that are done, and one whose left end is open.

    One match never takes a relationship twice, which a way may have to, in a cycle. So a sort of relationship that
    is met again begins a match of its own. (Within a recursion no shortest way needs the same one twice.)
    """

    done: tuple[_Match, ...] = ()
    tail: str = ""
    sorts: frozenset[_Sort] = frozenset()
    recursive: bool = False
    guarded: tuple[_Node, ...] = ()

    def before(self, node: str, name: str, text: str, sorts: frozenset[_Sort], *, recursive: bool = False) -> _Path:
        """The path with `text`, of these sorts, in front of its open node."""
        if self.sorts & sorts:
            done = (*self.done, self._match(node))
            return replace(self, done=done, tail=f"{text}({name})", sorts=sorts, recursive=recursive)
        return replace(
            self,
            tail=f"{text}{node}{self.tail}",
            sorts=self.sorts | sorts,
            recursive=self.recursive or recursive,
        )

    def closed(self, node: str, start: str = "") -> _Way:
        """The way that begins at the node."""
        return _Way((*self.done, self._match(node)), self.guarded, start)

    def _match(self, node: str) -> _Match:
        return _Match("ANY SHORTEST " if self.recursive else "", f"{node}{self.tail}")


@dataclass(slots=True)
class _Writer:
    """The expressions of one statement; hands out names and keeps what is collected once.

    `subject_first` starts patterns at what the subject reaches; a proof needs the whole of them.
    """

    kind: Kind
    subject_first: bool = True
    _names: int = 0
    _everyone: bool = False
    _have: dict[GuardTypes, str] = field(default_factory=dict)
    _reach: dict[Repeat, tuple[str, str]] = field(default_factory=dict)

    # --- does it hold ---

    def holds(self, step: Step, at: str) -> str:
        """A boolean expression, true where the step holds at the node named."""
        match step:
            case Never():
                return "false"
            case Same():
                return f"{_key(at)} = q.subject"
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
            yield from (f"EXISTS {{ {one.clauses()} }}" for one in paths)
        else:
            yield from (self._reaches(*one) for one in self._reached(step, at))
        alone = _alone(step)
        if at == ROOT and alone is not None:
            yield f"({ROOT} IS NULL AND {alone})"

    def _reaches(self, way: _Way, where: str, end: str, then: Step) -> str:
        return f"EXISTS {{ {way.clauses()} WHERE {where}{self.holds(then, end)} }}"

    # --- why it holds ---

    def proof(self, step: Step, at: str) -> str:
        """An expression for the relationships that prove the step at the node named; null where it fails."""
        match step:
            case Never():
                return "null"
            case Same():
                return f"CASE WHEN {_key(at)} = q.subject THEN [] END"
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

    def _path_proof(self, way: _Way, at: str) -> str:
        names, taken = self._taken(way)
        parts = [*taken, *self._guard_proofs(way, at)]
        return f"head(COLLECT {{ {way.clauses(names)} RETURN {' + '.join(parts)} LIMIT 1 }})"

    def _reached_proof(self, at: str, way: _Way, where: str, end: str, then: Step) -> str:
        (names, taken), e = self._taken(way), self._name("e")
        parts = [e, *taken, *self._guard_proofs(way, at)]
        kept = [*names, *(node.name for node in way.guarded)]
        return (
            f"head(COLLECT {{ {way.clauses(names)} WHERE {where}true "
            f"WITH {', '.join(kept)}, {self.proof(then, end)} AS {e} WHERE {e} IS NOT NULL"
            f" RETURN {' + '.join(parts)} LIMIT 1 }})"
        )

    def _taken(self, way: _Way) -> tuple[tuple[str, ...], list[str]]:
        """A name for each match, and the relationships they take, from the subject on."""
        names = tuple(self._name("p") for _ in way.matches)
        return names, [f"relationships({name})" for name in reversed(names)]

    def _guard_proofs(self, way: _Way, at: str) -> Iterator[str]:
        for node in way.guarded:
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

    def _paths(self, step: Step, at: str) -> list[_Way] | None:
        """The step as ways from the subject; None if something besides a path must hold on the way."""
        found = list(self._patterns(step, _Node(at), _Path()))
        return None if None in found else [one for one in found if one is not None]

    def _patterns(self, step: Step, node: _Node, path: _Path) -> Iterator[_Way | None]:
        """Each way that ends in `node` and `path`; None for one that cannot be written so."""
        match step:
            case Same():
                subject = replace(node, name="s")
                kept = tuple(subject if one == node else one for one in path.guarded)
                yield replace(path, guarded=kept).closed(self._node(subject))
            case Direct(relation):
                yield self._from("s", relation, self.kind.via, node, path)
            case Everyone(relation):
                self._everyone = True
                yield self._from("w", relation, "*", node, path)
            case AnyOf(steps):
                for one in steps:
                    yield from self._patterns(one, node, path)
            case Through(hops, then, guards):
                if guards and path.tail:
                    # A guard compares with this object, which such a pattern would not have found yet.
                    yield None
                    return
                end, longer = self._hops(hops, node, path, guards)
                if guards:
                    longer = replace(longer, guarded=(*longer.guarded, end))
                yield from self._patterns(then, end, longer)
            case Repeat(moves, ends):
                reach = self._reached_first(step, node) if path.tail else None
                if reach is not None:
                    yield path.closed(f"({node.name})", f"UNWIND {reach} AS {node.name} ")
                    return
                for type_, then in ends:
                    end = _Node(self._name("n"), type_)
                    yield from self._patterns(then, end, self._turned(moves, node, path))
            case _:
                yield None

    def _from(self, first: str, relation: str, via: str | None, node: _Node, path: _Path) -> _Way:
        sorts = frozenset({(relation, via, self.kind.type)})
        return path.before(self._node(node), node.name, self._edge(relation, via), sorts).closed(f"({first})")

    def _turned(self, moves: tuple[Move, ...], node: _Node, path: _Path) -> _Path:
        """The path after any number of turns of a recursion that ends at the node."""
        sorts = frozenset((hop.relation, hop.via, hop.type) for move in moves for hop in move.hops)
        return path.before(self._node(node), node.name, self._star(moves), sorts, recursive=True)

    def _reached_first(self, step: Repeat, node: _Node) -> str | None:
        """The list of nodes of the node's type where the recursion holds; None where it is better searched for."""
        nested = all(len(move.hops) == 1 and move.hops[0].via is not None for move in step.moves)
        if not self.subject_first or not nested or len(step.moves) > 1 or node.guards:
            return None
        if step not in self._reach:
            found = self._nesting(step)
            if found is None:
                return None
            self._reach[step] = f"reach{len(self._reach)}", f"COLLECT {{ {' UNION '.join(found)} }}"
        return self._reach[step][0]

    def _nesting(self, step: Repeat) -> list[str] | None:
        """What leads from the subject to all that it reaches by nesting.

        The first hop is a match of its own and the nodes are distinct: so Neo4j meets each node once, while it would
        follow one pattern with an open end path by path.
        """
        ((type_, then),) = step.ends
        found: list[str] = []
        for one in then.steps if isinstance(then, AnyOf) else (then,):
            first = _Node("s" if one == Same() else self._name("n"), type_)
            for way in self._patterns(one, first, _Path()):
                if way is None:
                    return None
                onward = f"MATCH ({first.name}){self._star(step.moves)}(g:{node_label(type_)})"
                found.append(f"{way.clauses()} {onward} RETURN DISTINCT g")
        return found

    def _reached(self, step: Step, at: str) -> Iterator[tuple[_Way, str, str, Step]]:
        """The ways from the node named to the nodes where the rest of the step is judged."""
        match step:
            case Through(hops, then, guards):
                end, path = self._hops(hops, _Node(at), _Path(), ())
                where = "".join(f"{self._guard(one, end.name, at)} AND " for one in guards)
                guarded = (replace(end, guards=guards),) if guards else ()
                yield replace(path, guarded=guarded).closed(self._node(end)), where, end.name, then
            case Repeat(moves, ends):
                for type_, then in ends:
                    end = _Node(self._name("n"), type_)
                    path = self._turned(moves, _Node(at), _Path())
                    yield path.closed(self._node(end)), "", end.name, then
            case _:
                raise AssertionError(f"no pattern for {step}")

    def _hops(
        self, hops: tuple[Hop, ...], node: _Node, path: _Path, guards: tuple[GuardTypes, ...]
    ) -> tuple[_Node, _Path]:
        """The node the hops lead to, and the path that follows it."""
        at = node.name
        for i, hop in enumerate(hops):
            sorts = frozenset({(hop.relation, hop.via, hop.type)})
            path = path.before(self._node(node), node.name, self._edge(hop.relation, hop.via), sorts)
            last = i == len(hops) - 1
            node = _Node(self._name("n"), hop.type, guards if last else (), at)
        return node, path

    def _star(self, moves: tuple[Move, ...]) -> str:
        if len(moves) == 1:
            end, path = self._hops(moves[0].hops, self._fresh(moves[0].start), _Path(), ())
            assert not path.done, "a turn takes no sort of relationship twice"
            return f" ({self._node(end)}{path.tail})* "
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

    def head(self) -> str:
        """The nodes of each question, and what is collected once for it.

        That is the object's own side of each guard, and what the subject reaches by nesting.
        """
        collected = [f"{self._having(one)} AS {have}" for one, have in self._have.items()]
        collected += [f"{nodes} AS {reach}" for reach, nodes in self._reach.values()]
        everyone = _EVERYONE if self._everyone else ""
        return _HEAD + everyone + "".join(f"WITH *, {one}\n" for one in collected)

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
            return f"{_key(ROOT)} = q.subject"
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
    return "q.object" if at == ROOT else f"{at}.key"


def _joined(operator: str, parts: Iterator[str]) -> str:
    several = list(parts)
    return several[0] if len(several) == 1 else f"({operator.join(several)})"
