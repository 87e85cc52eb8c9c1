"""A plan as text a person can read: one step a line, what it holds below it."""

from __future__ import annotations

from collections.abc import Iterator

from iamgraph.plan.plan import (
    AllOf,
    AnyOf,
    Ask,
    But,
    Conditional,
    Direct,
    Everyone,
    GuardTypes,
    Hop,
    Never,
    Repeat,
    Same,
    Step,
    Through,
)


def dump(step: Step) -> str:
    """The whole plan."""
    return "".join(f"{line}\n" for line in _lines(step))


def _lines(step: Step) -> Iterator[str]:
    match step:
        case Never() | Same():
            yield type(step).__name__.lower()
        case Direct(relation) | Everyone(relation):
            yield f"{type(step).__name__.lower()} {relation}"
        case Conditional(relation, condition):
            yield f"conditional {relation} with {condition}"
        case Ask(type_, relation):
            yield f"ask {type_}#{relation}"
        case Through(hops, then, guards):
            yield f"through {_hops(hops)}{''.join(map(_guard, guards))}"
            yield from _below(then)
        case Repeat(moves, ends):
            yield f"repeat {', '.join(f'{one.start} {_hops(one.hops)}' for one in moves)}"
            for type_, then in ends:
                yield f"  end {type_}"
                yield from (f"  {line}" for line in _below(then))
        case AnyOf(steps) | AllOf(steps):
            yield "any of" if isinstance(step, AnyOf) else "all of"
            for one in steps:
                yield from _below(one)
        case But(base, subtract):
            yield "but"
            yield from _below(base)
            yield "not"
            yield from _below(subtract)


def _below(step: Step) -> Iterator[str]:
    return (f"  {line}" for line in _lines(step))


def _hops(hops: tuple[Hop, ...]) -> str:
    return "".join(f"-{one.relation}-> {one.type}{f'#{one.via}' if one.via else ''} " for one in hops).rstrip()


def _guard(one: GuardTypes) -> str:
    required, within = ", ".join(one.required), ", ".join(one.within)
    return f" where {one.guard.required} ({required}) within {one.guard.within} ({within})"
