"""Candidates of a list: what tuples lead to, too many rather than too few, by their ids; judged by nobody yet.

What lies on the way is collected level by level. What the last tuples lead to is not: it is read as it is wanted, in
stretches of the order of ids.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from iamgraph.errors import LimitError
from iamgraph.plan.plan import Ask, Hop
from iamgraph.plan.reach import Frame, Leaf, Link, Place
from iamgraph.store.contract import Stretch, Stride, Ways
from iamgraph.tuples import Object, Subject, Userset, Wildcard

MAX_CANDIDATES: Final = 200_000

T = TypeVar("T")
# Ids of objects by their places.
Ids = defaultdict[Place, set[str]]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Ids by their order: those collected on the way, and those the last strides lead to."""

    known: Sequence[str]
    strides: Sequence[Stride]
    follow: Callable[[Sequence[Stride], str, int], Stretch]

    def stretch(self, after: str, count: int) -> tuple[list[str], str | None]:
        """The ids that follow one, all up to an end, about so many; after the last the end is None."""
        found = self.follow(self.strides, after, count)
        start = bisect_right(self.known, after)
        known, end = self.known[start : start + count], found.end
        if len(known) == count and (end is None or known[-1] < end):
            end = known[-1]
        ids = {one.id for one in found.steps}.union(known)
        return sorted(one for one in ids if end is None or one <= end), end


def objects(
    ways: Ways, frame: Frame, subject: Subject, holds: Callable[[Place, set[str]], set[str]] | None = None
) -> dict[Place, Candidates]:
    """For each root of the frame the objects that the subject may have it on.

    `holds` says of objects on the way where the goal of their place, which has no hops, holds: only these lead on.
    """
    own = "*" if isinstance(subject, Wildcard) else object_of(subject).id
    lowers = _by(frame.links, lambda link: link.upper)
    roots = dict.fromkeys(frame.roots)
    tails = {
        root: _closed({root}, lambda place: [one.lower for one in lowers[place] if one.hop is None]) for root in roots
    }
    last: set[Place] = set().union(*tails.values())
    inner = _closed(
        {link.lower for place in last for link in lowers[place] if link.hop is not None},
        lambda place: [one.lower for one in lowers[place]],
    )
    found = _upward(ways, _part(frame, inner), own, holds)
    leaves = _by(frame.leaves, lambda leaf: leaf.place)
    made: dict[Place, Candidates] = {}
    for root, tail in tails.items():
        known = {id_ for place in tail & inner for id_ in found[place]}
        outer = tail - inner
        known |= {own for place in outer if place in frame.own}
        strides = [_of_leaf(frame, leaf, own) for place in outer for leaf in leaves[place]]
        strides += [
            _up(link, found[link.lower])
            for place in outer
            for link in lowers[place]
            if link.hop is not None and found[link.lower]
        ]
        made[root] = Candidates(sorted(known), _merged(strides), ways.onward_after)
    return made


def subjects(ways: Ways, frame: Frame, object_: Object) -> Candidates:
    """The subjects of the frame's kind that may have its root on the object."""
    return _subjects(ways, frame, closure_below(ways, frame, object_))


def unless_everyone(ways: Ways, frame: Frame, object_: Object) -> Candidates | None:
    """As `subjects`; None where a tuple of everybody may lead to the object, so that others may than it names."""
    everybody = Place(frame.kind.type, (), Ask(frame.kind.type, "*"))
    wild = [
        Link(one.place, Hop(one.relation, "*", frame.kind.type), everybody) for one in frame.leaves if one.via == "*"
    ]
    found = closure_below(ways, replace(frame, links=(*frame.links, *wild)), object_)
    return None if found[everybody] else _subjects(ways, frame, found)


def _subjects(ways: Ways, frame: Frame, found: Ids) -> Candidates:
    leaves = [one for one in frame.leaves if one.via == frame.kind.via and found[one.place]]
    strides = [Stride(one.place.type, found[one.place], one.relation, one.via, frame.kind.type) for one in leaves]
    known: set[str] = set().union(*(found[place] for place in frame.own))
    return Candidates(sorted(known), _merged(strides), ways.back_after)


def object_of(subject: Subject) -> Object:
    """The subject itself, or the object whose userset it is."""
    assert not isinstance(subject, Wildcard)
    return subject.object if isinstance(subject, Userset) else subject


def _by(found: Iterable[T], key: Callable[[T], Place]) -> defaultdict[Place, list[T]]:
    sorted_: defaultdict[Place, list[T]] = defaultdict(list)
    for one in found:
        sorted_[key(one)].append(one)
    return sorted_


def _closed(start: set[Place], further: Callable[[Place], Iterable[Place]]) -> set[Place]:
    """The places, and all that those lead to."""
    seen, left = set(start), list(start)
    while left:
        for one in further(left.pop()):
            if one not in seen:
                seen.add(one)
                left.append(one)
    return seen


def _part(frame: Frame, places: set[Place]) -> Frame:
    """What of a frame leads to some of its places."""
    return replace(
        frame,
        links=tuple(one for one in frame.links if one.upper in places),
        leaves=tuple(one for one in frame.leaves if one.place in places),
        own=frame.own & places,
    )


def _merged(strides: Iterable[Stride]) -> list[Stride]:
    """The same strides, those of one way as one."""
    ids: defaultdict[tuple[str, str, str | None, str], set[str]] = defaultdict(set)
    for one in strides:
        ids[(one.start, one.relation, one.via, one.end)].update(one.ids)
    return [Stride(start, starts, relation, via, end) for (start, relation, via, end), starts in ids.items()]


# --- what lies on the way ----------------------------------------------------------------------------------


def _upward(ways: Ways, frame: Frame, own: str, holds: Callable[[Place, set[str]], set[str]] | None) -> Ids:
    """The ids of every object, at each place, that a subject of this id leads to."""
    fresh: Ids = defaultdict(set)
    for place in frame.own:
        fresh[place].add(own)
    strides = [_of_leaf(frame, one, own) for one in frame.leaves]
    for leaf, ids in zip(frame.leaves, _once(ways.onward, strides), strict=True):
        fresh[leaf.place].update(ids)
    return closure_above(ways, frame, fresh, holds=holds)


def closure_above(
    ways: Ways,
    frame: Frame,
    fresh: Ids,
    most: int = MAX_CANDIDATES,
    holds: Callable[[Place, set[str]], set[str]] | None = None,
) -> Ids:
    """The ids of every object, at each place, that some lead to, and these; `LimitError` past `most`."""
    found: Ids = defaultdict(set)
    uppers = _by(frame.links, lambda link: link.lower)
    while fresh:
        new = _new(found, fresh, _by_itself(uppers, _upper), most, holds)
        fresh = _further(new, uppers, _upper, ways.onward, _up)
    return found


def _of_leaf(frame: Frame, leaf: Leaf, own: str) -> Stride:
    return Stride(frame.kind.type, ("*" if leaf.via == "*" else own,), leaf.relation, leaf.via, leaf.place.type)


def closure_below(ways: Ways, frame: Frame, object_: Object) -> Ids:
    """The ids of every object, at each place, that leads to the object."""
    found: Ids = defaultdict(set)
    lowers = _by(frame.links, lambda link: link.upper)
    fresh: Ids = defaultdict(set, {frame.roots[0]: {object_.id}})
    while fresh:
        new = _new(found, fresh, _by_itself(lowers, _lower))
        fresh = _further(new, lowers, _lower, ways.back, _down)
    return found


def _up(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.lower.type, ids, link.hop.relation, link.hop.via, link.upper.type)


def _down(link: Link, ids: set[str]) -> Stride:
    assert link.hop is not None
    return Stride(link.upper.type, ids, link.hop.relation, link.hop.via, link.lower.type)


def _upper(link: Link) -> Place:
    return link.upper


def _lower(link: Link) -> Place:
    return link.lower


def _by_itself(links: dict[Place, list[Link]], end: Callable[[Link], Place]) -> Callable[[Place], Iterable[Place]]:
    """The places that an object of a place is at as well, by no tuple."""
    return lambda place: (end(one) for one in links.get(place, ()) if one.hop is None)


def _new(
    found: Ids,
    fresh: Ids,
    same: Callable[[Place], Iterable[Place]],
    most: int = MAX_CANDIDATES,
    holds: Callable[[Place, set[str]], set[str]] | None = None,
) -> Ids:
    """What of the fresh was not found before, at each place it is at by itself; found from now on.

    So no object is followed twice from a place, and all that can be read at once is read at once.
    """
    new: Ids = defaultdict(set)
    waiting = list(fresh.items())
    while waiting:
        place, ids = waiting.pop()
        rest = ids - found[place]
        if rest and holds is not None and not place.hops:
            rest = holds(place, rest)
        if rest:
            new[place] |= rest
            found[place] |= rest
            waiting += [(one, rest) for one in same(place)]
    if sum(map(len, found.values())) > most:
        raise LimitError(f"more than {most} objects lie on the way", code="list_too_large")
    return new


def _further(
    new: Ids,
    links: dict[Place, list[Link]],
    end: Callable[[Link], Place],
    follow: Callable[[Sequence[Stride]], Sequence[Iterable[str]]],
    stride: Callable[[Link, set[str]], Stride],
) -> Ids:
    """What the new objects lead to by one tuple, all of it read at once."""
    further: Ids = defaultdict(set)
    hops = [(link, stride(link, ids)) for place, ids in new.items() for link in links.get(place, ()) if link.hop]
    for (link, _), ids_ in zip(hops, _once(follow, [one for _, one in hops]), strict=True):
        further[end(link)].update(ids_)
    return further


def _once(
    follow: Callable[[Sequence[Stride]], Sequence[Iterable[str]]], strides: Sequence[Stride]
) -> list[Iterable[str]]:
    """What strides lead to, of which several may be the same: many relations begin on one way."""
    places: dict[tuple[str, frozenset[str], str, str | None, str], int] = {}
    at = [
        places.setdefault((one.start, frozenset(one.ids), one.relation, one.via, one.end), len(places))
        for one in strides
    ]
    asked = [Stride(*one) for one in places]
    found = follow(asked)
    return [found[i] for i in at]
