"""Documents of workspaces drawn at random, each valid by itself: whatever goes from one to another is allowed."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from iamgraph.access.document import Document, Group, Label, Member, Policy, Resource
from iamgraph.access.resources import SORTS
from iamgraph.access.roles import ROLES

NAMES: Final = st.none() | st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=12)
PEOPLE: Final = ("ada", "bob", "cy", "dan")
# One value of each key can stand on one thing.
BRANDS: Final = ("brand:a", "brand:b")
ENVIRONMENTS: Final = ("environment:dev", "environment:prod", "environment:test")


def some(of: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of the texts, each once."""
    return st.lists(st.sampled_from(of), unique=True).map(tuple) if of else st.just(())


def chosen(*of: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """At most one text of each list there is."""
    each = [st.none() | st.sampled_from(one) for one in of if one]
    return st.tuples(*each).map(lambda found: tuple(one for one in found if one is not None))


@st.composite
def documents(draw: st.DrawFn, workspace: str = "acme") -> Document:
    """A workspace's document. A person's name and address never differ, as they are the person's own."""
    brands, environments = draw(some(BRANDS)), (*ENVIRONMENTS[:2], *draw(some(ENVIRONMENTS[2:])))
    people = draw(some(PEOPLE[1:]))
    owners = draw(some(people))
    members = [_member(one, owner=one in owners, pii=draw(st.booleans())) for one in people]
    groups = draw(some(("eng", "ops")))
    sources, spaces = draw(some(("s1", "s2"))), draw(some(("sp",)))
    labels = chosen(brands, environments)
    resources = [Resource("source", one, draw(NAMES), labels=draw(labels)) for one in sources]
    resources += [
        Resource(
            "space",
            one,
            draw(NAMES),
            labels=draw(labels),
            engage_source=draw(st.sampled_from((None, *sources))),
            admits=draw(st.none() | some((*brands, *environments))),
        )
        for one in spaces
    ]
    parents = {"workspace": (None,), "source": sources, "space": spaces}
    resources += [
        Resource(type_, f"{type_}-1", draw(NAMES), parent=draw(st.sampled_from(parents[sort.parent])))
        for type_, sort in SORTS.items()
        if type_ not in ("source", "space") and parents[sort.parent] and draw(st.booleans())
    ]
    singles = {"source": sources, "space": spaces, "function": ("function-1",)}
    there = {(one.type, one.id) for one in resources}
    holders = (*(f"member:{one}" for one in people), *(f"group:{one}" for one in groups))
    policies = [
        _policy(
            draw,
            one,
            labels,
            {type_: [id_ for id_ in ids if (type_, id_) in there] for type_, ids in singles.items()},
            holders,
        )
        for one in draw(some(("p1", "p2", "p3")))
    ]
    return Document(
        workspace,
        draw(NAMES),
        draw(st.sampled_from(("free", "team", "business"))),
        draw(st.sampled_from(("us", "eu"))),
        draw(st.booleans()),
        tuple(Label(one, draw(NAMES)) for one in (*brands, *environments)),
        (_member("ada", owner=True, pii=draw(st.booleans())), *members),
        tuple(Group(one, f"group {one}", draw(st.booleans()), draw(some(("ada", *people)))) for one in groups),
        tuple(resources),
        tuple(policies),
    )


def _member(id_: str, *, owner: bool, pii: bool) -> Member:
    return Member(id_, f"{id_}@acme.io", id_.title(), "owner" if owner else "member", pii)


def _policy(
    draw: st.DrawFn,
    id_: str,
    labels: st.SearchStrategy[tuple[str, ...]],
    singles: dict[str, list[str]],
    holders: tuple[str, ...],
) -> Policy:
    role = draw(st.sampled_from(sorted(ROLES.values(), key=lambda one: one.id)))
    narrowed = draw(labels) if role.labelled else ()
    single = draw(some(tuple(singles.get(role.single or "", ())))) if not narrowed else ()
    return Policy(id_, role.id, single, narrowed, draw(some(holders)))
