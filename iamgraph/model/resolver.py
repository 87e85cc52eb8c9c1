"""What a model must fulfil beyond its grammar: names exist, arrows lead somewhere, nothing takes itself away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from typing import Final

from iamgraph.model.faults import Fault, meant
from iamgraph.model.model import (
    ComputedUserset,
    Condition,
    DirectType,
    Exclusion,
    Guard,
    Intersection,
    Model,
    ParameterType,
    Relation,
    Rewrite,
    This,
    TupleToUserset,
    TypeDefinition,
    Union,
)
from iamgraph.tuples import MAX_RELATION_LENGTH, MAX_TYPE_LENGTH

MAX_TYPES: Final = 100
MAX_RELATIONS: Final = 200
MAX_FAULTS: Final = 100
RESERVED: Final = frozenset({"self", "this"})
PARAMETER_TYPES: Final = frozenset(
    {"bool", "string", "int", "uint", "double", "duration", "timestamp", "ipaddress", "any", "map", "list"}
)

Goal = tuple[str, str]


def resolve(model: Model) -> list[Fault]:
    """The faults of a model whose names are tokens that know their place; empty if it can be used."""
    relations = (_Checked(model, type_, one).faults() for type_ in model.types for one in type_.relations)
    # Each hint is a search through all names, so their number is bounded.
    faults = list(islice(chain(_names(model), _conditions(model), chain.from_iterable(relations)), MAX_FAULTS))
    # Reachability and cycles are judged only where every name is known.
    return faults or [*_entry_points(model), *_negative_cycles(model)]


def at(name: str, message: str) -> Fault:
    """A fault at the place of a name."""
    return Fault(getattr(name, "line", 1) or 1, getattr(name, "column", 1) or 1, message)


# --- names ---------------------------------------------------------------------------------------------


def _names(model: Model) -> Iterator[Fault]:
    yield from _twice("type", [one.name for one in model.types])
    yield from _twice("condition", [one.name for one in model.conditions])
    if len(model.types) > MAX_TYPES:
        yield at(model.types[MAX_TYPES].name, f"more than {MAX_TYPES} types")
    for one in model.types:
        yield from _fitting("type", one.name, MAX_TYPE_LENGTH)
        names = [relation.name for relation in one.relations]
        yield from _twice("relation", names)
        if len(names) > MAX_RELATIONS:
            yield at(names[MAX_RELATIONS], f"more than {MAX_RELATIONS} relations on type `{one.name}`")
        for name in names:
            yield from _fitting("relation", name, MAX_RELATION_LENGTH)


def _twice(kind: str, names: list[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield at(name, f"{kind} `{name}` is there twice")
        seen.add(name)


def _fitting(kind: str, name: str, limit: int) -> Iterator[Fault]:
    if name in RESERVED:
        yield at(name, f"`{name}` cannot name a {kind}")
    if len(name) > limit:
        yield at(name, f"the name of a {kind} is longer than {limit} characters")


def _conditions(model: Model) -> Iterator[Fault]:
    used = {
        allowed.condition
        for type_ in model.types
        for relation in type_.relations
        for allowed in relation.direct_types
        if allowed.condition is not None
    }
    for one in model.conditions:
        if one.name not in used:
            yield at(one.name, f"condition `{one.name}` is not used")
        yield from _condition(one)


def _condition(one: Condition) -> Iterator[Fault]:
    yield from _twice("parameter", [name for name, _ in one.parameters])
    if not one.parameters:
        yield at(one.name, f"condition `{one.name}` needs a parameter")
    if not one.expression:
        yield at(one.name, f"condition `{one.name}` has no expression")
    for _, type_ in one.parameters:
        yield from _parameter_type(type_)


def _parameter_type(type_: ParameterType) -> Iterator[Fault]:
    if type_.name not in PARAMETER_TYPES:
        yield at(type_.name, f"no parameter type `{type_.name}`{meant(type_.name, PARAMETER_TYPES)}")
    elif (type_.name in {"map", "list"}) is not (type_.of is not None):
        what = "needs the type it holds" if type_.of is None else "holds no other type"
        yield at(type_.name, f"`{type_.name}` {what}")
    if type_.of is not None:
        yield from _parameter_type(type_.of)


# --- one relation --------------------------------------------------------------------------------------


class _Checked:
    """The faults of one relation's rewrite."""

    def __init__(self, model: Model, type_: TypeDefinition, relation: Relation) -> None:
        self._model = model
        self._type = type_
        self._relation = relation

    def faults(self) -> Iterator[Fault]:
        if sum(1 for one in parts(self._relation.rewrite) if isinstance(one, This)) > 1:
            yield at(self._relation.name, f"`{self._relation.name}` has more than one `[...]`")
        # What is said twice is looked at once.
        for one in dict.fromkeys(parts(self._relation.rewrite)):
            match one:
                case This(types):
                    yield from self._direct(types)
                case ComputedUserset(relation):
                    yield from self._exists(self._type.name, relation)
                case TupleToUserset():
                    yield from self._arrow(one)

    def _direct(self, types: tuple[DirectType, ...]) -> Iterator[Fault]:
        for one, count in Counter(types).items():
            if count > 1:
                yield at(one.type, f"`{one.kind}` is there twice")
        for one in types:
            if self._model.type(one.type) is None:
                known = [type_.name for type_ in self._model.types]
                yield at(one.type, f"no type `{one.type}`{meant(one.type, known)}")
            elif one.relation is not None:
                yield from self._exists(one.type, one.relation)
            known = [condition.name for condition in self._model.conditions]
            if one.condition is not None and one.condition not in known:
                yield at(one.condition, f"no condition `{one.condition}`{meant(one.condition, known)}")

    def _exists(self, type_: str, relation: str) -> Iterator[Fault]:
        if self._model.relation(type_, relation) is None:
            definition = self._model.type(type_)
            known = [one.name for one in definition.relations] if definition is not None else []
            yield at(relation, f"no relation `{relation}` on type `{type_}`{meant(relation, known)}")

    def _arrow(self, arrow: TupleToUserset) -> Iterator[Fault]:
        types = [self._type.name]
        for tupleset in arrow.tuplesets:
            faults = [fault for type_ in types for fault in self._plainly_direct(type_, tupleset, "`from`")]
            if faults:
                yield faults[0]
                return
            types = sorted({allowed.type for type_ in types for allowed in self._allowed(type_, tupleset)})
            missing = [type_ for type_ in types if self._model.type(type_) is None]
            if missing:
                return  # reported where the relation is defined
        if not any(self._model.relation(type_, arrow.relation) is not None for type_ in types):
            known = [one.name for type_ in types if (found := self._model.type(type_)) for one in found.relations]
            reached = ", ".join(f"`{type_}`" for type_ in types)
            yield at(arrow.relation, f"no relation `{arrow.relation}` on {reached}{meant(arrow.relation, known)}")
        for guard in arrow.guards:
            yield from self._guard(guard, types)

    def _guard(self, guard: Guard, types: list[str]) -> Iterator[Fault]:
        faults = [
            *(fault for type_ in types for fault in self._plainly_direct(type_, guard.required, "`where`")),
            *self._plainly_direct(self._type.name, guard.within, "`within`"),
        ]
        yield from faults
        if not faults:
            required = {one.type for type_ in types for one in self._allowed(type_, guard.required)}
            if not required & {one.type for one in self._allowed(self._type.name, guard.within)}:
                yield at(guard.required, f"`{guard.required}` and `{guard.within}` take no type in common")

    def _plainly_direct(self, type_: str, relation: str, after: str) -> Iterator[Fault]:
        found = self._model.relation(type_, relation)
        if found is None:
            yield from self._exists(type_, relation)
        elif not isinstance(found.rewrite, This) or any(
            one.relation is not None or one.wildcard or one.condition is not None for one in found.rewrite.types
        ):
            yield at(
                relation,
                f"`{relation}` of type `{type_}` stands at {after}, so it must be `[type, ...]` with plain types only",
            )

    def _allowed(self, type_: str, relation: str) -> tuple[DirectType, ...]:
        found = self._model.relation(type_, relation)
        return found.direct_types if found is not None else ()


def parts(rewrite: Rewrite) -> Iterator[Rewrite]:
    """A rewrite and every rewrite in it."""
    yield rewrite
    match rewrite:
        case Union(operands) | Intersection(operands):
            for operand in operands:
                yield from parts(operand)
        case Exclusion(base, subtract):
            yield from parts(base)
            yield from parts(subtract)
        case _:
            pass


# --- the whole model -----------------------------------------------------------------------------------


def _entry_points(model: Model) -> Iterator[Fault]:
    """A relation that no tuple can ever give to anybody is refused."""
    relations = {(type_.name, one.name): one for type_ in model.types for one in type_.relations}
    followers = _followers(_edges(model))
    entered: set[Goal] = set()
    waiting = list(relations)
    while waiting:
        goal = waiting.pop()
        if goal not in entered and _enters(model, goal[0], relations[goal].rewrite, entered.__contains__):
            entered.add(goal)
            waiting.extend(followers.get(goal, ()))
    for goal, one in relations.items():
        if goal not in entered:
            yield at(one.name, f"`{goal[0]}#{goal[1]}` has no entry point: nobody can ever be in it")


def _edges(model: Model) -> dict[Goal, set[Goal]]:
    """The relations each relation depends on."""
    return {
        (type_.name, one.name): set(_leads(model, type_.name, one.rewrite))
        for type_ in model.types
        for one in type_.relations
    }


def _followers(edges: dict[Goal, set[Goal]]) -> dict[Goal, list[Goal]]:
    """The relations that depend on each relation."""
    found: dict[Goal, list[Goal]] = {}
    for goal, targets in edges.items():
        for target in targets:
            found.setdefault(target, []).append(goal)
    return found


def _enters(model: Model, type_: str, rewrite: Rewrite, entered: Callable[[Goal], bool]) -> bool:
    match rewrite:
        case This(types):
            return any(one.relation is None or entered((one.type, one.relation)) for one in types)
        case ComputedUserset(relation):
            return entered((type_, relation))
        case TupleToUserset():
            return any(map(entered, _arrow_goals(model, type_, rewrite)))
        case Union(operands):
            return any(_enters(model, type_, one, entered) for one in operands)
        case Intersection(operands):
            return all(_enters(model, type_, one, entered) for one in operands)
        case Exclusion(base):
            return _enters(model, type_, base, entered)


def _arrow_goals(model: Model, type_: str, arrow: TupleToUserset) -> list[Goal]:
    types = frozenset({type_})
    for tupleset in arrow.tuplesets:
        types = model.reached(types, tupleset)
    return sorted((one, arrow.relation) for one in types if model.relation(one, arrow.relation) is not None)


def _negative_cycles(model: Model) -> Iterator[Fault]:
    """A relation that depends on itself through `but not` has no meaning."""
    cycle = _cycles(_edges(model))
    for type_ in model.types:
        for relation in type_.relations:
            taken = (one.subtract for one in parts(relation.rewrite) if isinstance(one, Exclusion))
            targets = {target for one in taken for target in _leads(model, type_.name, one)}
            goal = (type_.name, relation.name)
            # What is taken away is depended on; in one cycle with it, it also depends on this relation.
            if any(cycle[goal] == cycle[target] for target in targets):
                yield at(relation.name, f"`{goal[0]}#{goal[1]}` depends on itself through `but not`")


def _leads(model: Model, type_: str, rewrite: Rewrite) -> Iterable[Goal]:
    for one in dict.fromkeys(parts(rewrite)):
        match one:
            case This(types):
                yield from ((allowed.type, allowed.relation) for allowed in types if allowed.relation is not None)
            case ComputedUserset(relation):
                yield type_, relation
            case TupleToUserset():
                yield from _arrow_goals(model, type_, one)


def _cycles(edges: dict[Goal, set[Goal]]) -> dict[Goal, int]:
    """A number for each goal, equal for those that depend on each other (Kosaraju's two searches)."""
    finished: list[Goal] = []
    seen: set[Goal] = set()
    for goal in edges:
        finished.extend(_searched(goal, edges, seen))
    followers = _followers(edges)
    cycle: dict[Goal, int] = {}
    reached: set[Goal] = set()
    for number, goal in enumerate(reversed(finished)):
        cycle.update(dict.fromkeys(_searched(goal, followers, reached), number))
    return cycle


def _searched(goal: Goal, edges: Mapping[Goal, Iterable[Goal]], seen: set[Goal]) -> list[Goal]:
    """What can be reached and was not seen before, each after what it leads to."""
    if goal in seen:
        return []
    seen.add(goal)
    finished: list[Goal] = []
    trail = [(goal, iter(edges.get(goal, ())))]
    while trail:
        one, targets = trail[-1]
        target = next((target for target in targets if target not in seen), None)
        if target is None:
            finished.append(one)
            trail.pop()
        else:
            seen.add(target)
            trail.append((target, iter(edges.get(target, ()))))
    return finished
