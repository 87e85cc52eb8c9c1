"""Candidates of a list: what tuples lead to, level by level, too many rather than too few; judged by nobody yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from iamgraph.errors import LimitError
from iamgraph.plan.reach import Frame, Link, Place
from iamgraph.store.contract import Stride, Ways
from iamgraph.tuples import Object, Subject, Userset, Wildcard

MAX_CANDIDATES: Final = 200_000

# Ids of objects by their places.
Ids = defaultdict[Place, set[str]]


def upward(ways: Ways, frame: Frame, subject: Subject) -> Ids:
    """The ids of every object, at each place, that the subject leads to."""
    found: Ids = defaultdict(set)
    uppers: defaultdict[Place, list[Link]] = defaultdict(list)
    for link in frame.links:
        uppers[link.lower].append(link)
    fresh = _seeds(ways, frame, subject)
    while fresh:
        fresh = _new(found, fresh)
        fresh = _further(fresh, uppers, lambda link: link.upper, ways.onward, _up)
    return found


def _seeds(ways: Ways, frame: Frame, subject: Subject) -> Ids:
    """What the subject's own tuples, and those for everyone, lead to; and itself, where it is its own userset."""
    fresh: Ids = defaultdict(set)
    own = "*" if isinstance(subject, Wildcard) else object_of(subject).id
    for place in frame.own:
        fresh[place].add(own)
    strides = [
        Stride(frame.kind.type, ("*" if one.via == "*" else own,), one.relation, one.via, one.place.type)
        for one in frame.leaves
    ]
    for leaf, ids in zip(frame.leaves, ways.onward(strides), strict=True):
        fresh[leaf.place].update(ids)
    return fresh


def downward(ways: Ways, frame: Frame, object_: Object) -> set[str]:
    """The ids of every subject of the frame's kind that leads to the object."""
    found: Ids = defaultdict(set)
    lowers: defaultdict[Place, list[Link]] = defaultdict(list)
    for link in frame.links:
        lowers[link.upper].append(link)
    fresh: Ids = defaultdict(set, {frame.roots[0]: {object_.id}})
    while fresh:
        fresh = _new(found, fresh)
        fresh = _further(fresh, lowers, lambda link: link.lower, ways.back, _down)
    leaves = [one for one in frame.leaves if one.via == frame.kind.via and found[one.place]]
    strides = [Stride(one.place.type, found[one.place], one.relation, one.via, frame.kind.type) for one in leaves]
    subjects = {id_ for ids in ways.back(strides) for id_ in ids}
    return subjects.union(*(found[place] for place in frame.own))


def _up(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.lower.type, ids, link.hop.relation, link.hop.via, link.upper.type)


def _down(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.upper.type, ids, link.hop.relation, link.hop.via, link.lower.type)


def _new(found: Ids, fresh: Ids) -> Ids:
    """What of the fresh was not found before; found from now on. So no object is followed twice from a place."""
    new: Ids = defaultdict(set)
    for place, ids in fresh.items():
        if rest := ids - found[place]:
            new[place] = rest
            found[place] |= rest
    if sum(map(len, found.values())) > MAX_CANDIDATES:
        raise LimitError(f"more than {MAX_CANDIDATES} objects lie on the way", code="list_too_large")
    return new


def _further(
    fresh: Ids,
    links: dict[Place, list[Link]],
    end: Callable[[Link], Place],
    follow: Callable[[Sequence[Stride]], Sequence[Iterable[str]]],
    stride: Callable[[Link, set[str]], Stride],
) -> Ids:
    """What the fresh objects lead to by one link, all of it read at once."""
    further: Ids = defaultdict(set)
    hops: list[tuple[Link, Stride]] = []
    for place, ids in fresh.items():
        for link in links.get(place, ()):
            if link.hop is None:
                further[end(link)] |= ids
            else:
                hops.append((link, stride(link, ids)))
    for (link, _), ids_ in zip(hops, follow([one for _, one in hops]), strict=True):
        further[end(link)].update(ids_)
    return further


def object_of(subject: Subject) -> Object:
    """The subject itself, or the object whose userset it is."""
    assert not isinstance(subject, Wildcard)
    return subject.object if isinstance(subject, Userset) else subject
