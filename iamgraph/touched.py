"""What of a list cannot have changed since a past state: there the newest answers are those of then, and are quick.

A check depends on a tuple only if that lies on a way from the subject to the object, or in a guard. Who may depend on
one that was changed is found too often rather than too seldom; they are decided by what was there then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from iamgraph.candidates import Ids, closure_above, closure_below, object_of
from iamgraph.errors import LimitError
from iamgraph.plan.reach import Frame, Link
from iamgraph.store.contract import Ways
from iamgraph.store.overlay import LaidWays
from iamgraph.tuples import Object, RelationTuple, StoredTuple, Subject, Wildcard, kind_of, parse_tuple

# Past so many objects all count as touched.
MAX_TOUCHED: Final = 5_000

Laid = Mapping[str, StoredTuple | None]
# Whether the answer to a candidate, by its id, may be another than then.
Touched = Callable[[str], bool]


def objects_touched(base: Ways, frame: Frame, subject: Subject, laid: Laid) -> Touched:
    """Of the objects of the frame's root; `frame` is of every side of the rewrites, `laid` what was other then."""
    changed = _changed(laid)
    if _guarded(frame, changed):
        return _all
    own = "*" if isinstance(subject, Wildcard) else object_of(subject).id
    fresh: Ids = Ids(set)
    for one in changed:
        for leaf in frame.leaves:
            ids = ("*",) if leaf.via == "*" else (own,)
            if _leads(one, frame.kind.type, leaf.relation, leaf.via, leaf.place.type) and _start(one) in ids:
                fresh[leaf.place].add(one.object.id)
        for link in frame.links:
            if _hops(one, link):
                fresh[link.upper].add(one.object.id)
    there = {key: stored for key, stored in laid.items() if stored is not None}
    try:
        # Along what was there then, and what is now.
        found = closure_above(LaidWays(base, there), frame, fresh, MAX_TOUCHED)[frame.roots[0]]
    except LimitError:
        return _all
    return found.__contains__


def subjects_touched(then: Ways, frame: Frame, object_: Object, laid: Laid) -> Touched:
    """Of the subjects that may have the frame's root on the object, where tuples led as `then` tells."""
    changed = _changed(laid)
    if _guarded(frame, changed):
        return _all
    found = closure_below(then, frame, object_)
    touched: set[str] = set()
    for one in changed:
        # What hangs on a tuple that leads on is not known: it may be there now and not then.
        if any(_hops(one, link) and one.object.id in found[link.upper] for link in frame.links):
            return _all
        for leaf in frame.leaves:
            if one.object.id in found[leaf.place] and _leads(
                one, frame.kind.type, leaf.relation, leaf.via, leaf.place.type
            ):
                if leaf.via == "*":
                    return _all
                touched.add(_start(one))
    return touched.__contains__


def _changed(laid: Laid) -> list[RelationTuple]:
    return [parse_tuple(key) for key in laid]


def _guarded(frame: Frame, changed: Iterable[RelationTuple]) -> bool:
    return any(one.relation in frame.guards for one in changed)


def _hops(one: RelationTuple, link: Link) -> bool:
    return link.hop is not None and _leads(one, link.lower.type, link.hop.relation, link.hop.via, link.upper.type)


def _leads(one: RelationTuple, start: str, relation: str, via: str | None, end: str) -> bool:
    kind = kind_of(one.subject)
    return (kind.type, one.relation, kind.via, one.object.type) == (start, relation, via, end)


def _start(one: RelationTuple) -> str:
    return "*" if isinstance(one.subject, Wildcard) else object_of(one.subject).id


def _all(_: str) -> bool:
    return True
