"""Small models made up at random: every construct, names of every kind, and always valid."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

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

TYPES: Final = ("user", "type", "a-b/c.d", "3d")
CONDITION: Final = Condition("with", (("x", ParameterType("list", ParameterType("int"))),), "x[0] < 1 &&\nx[1] > '}'")
# Defined on every type, so that arrows, chains and guards always lead somewhere.
_UP: Final = Relation("from", This((DirectType("type"), DirectType("3d"))))
_MARK: Final = Relation("within", This((DirectType("user"),)))
_FIRST: Final = Relation("define", This((DirectType("user"),)))
# Words of the language name relations too.
_NAMES: Final = ("or", "and", "but", "not", "where", "x_", "X", "a.b", "relations")


def _direct(known: tuple[str, ...]) -> st.SearchStrategy[Rewrite]:
    one = st.builds(
        lambda type_, via, condition: DirectType(type_, None if via == "*" else via, via == "*", condition),
        st.sampled_from(TYPES),
        st.sampled_from((None, "*", *known)),
        st.sampled_from((None, "with")),
    )
    return st.lists(one, min_size=1, max_size=4, unique=True).map(lambda types: This(tuple(types)))


def _leaf(known: tuple[str, ...]) -> st.SearchStrategy[Rewrite]:
    names = st.sampled_from(known)
    ups = st.integers(1, 3).map(lambda length: ("from",) * length)
    guards = st.integers(0, 2).map(lambda count: (Guard("within", "within"),) * count)
    return st.builds(ComputedUserset, names) | st.builds(TupleToUserset, ups, names, guards)


def _nested(inner: st.SearchStrategy[Rewrite]) -> st.SearchStrategy[Rewrite]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.builds(Union, several) | st.builds(Intersection, several) | st.builds(Exclusion, inner, inner)


@st.composite
def _rewrite(draw: st.DrawFn, known: tuple[str, ...]) -> Rewrite:
    """A rewrite over relations known before, with at most one `[...]`."""
    below = draw(st.recursive(_leaf(known), _nested, max_leaves=5))
    match draw(st.integers(0, 3)):
        case 0:
            return draw(_direct(known))
        case 1:
            return Union((draw(_direct(known)), below))
        case 2:
            return Exclusion(draw(_direct(known)), below)
        case _:
            return below


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A valid model: each relation leads only to ones before it, and to itself by an arrow in a union."""
    relations: dict[str, list[Relation]] = {one: [_UP, _MARK, _FIRST] for one in TYPES}
    names = draw(st.lists(st.sampled_from(_NAMES), unique=True, max_size=4))
    known: tuple[str, ...] = ("define",)
    for name in names:
        for type_ in TYPES:
            rewrite = draw(_rewrite(known))
            if draw(st.booleans()):
                rewrite = Union((rewrite, TupleToUserset(("from",), name)))
            relations[type_] = [*relations[type_], Relation(name, rewrite)]
        known = (*known, name)
    types = tuple(TypeDefinition(one, tuple(relations[one])) for one in TYPES)
    used = any(direct.condition for one in types for relation in one.relations for direct in relation.direct_types)
    return Model(types, (CONDITION,) if used else ())
