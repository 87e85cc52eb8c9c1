"""Whether a policy adds anything: each thing it gives, do its holders have it through another way too?

Judged by what policies give, not tried: a policy said to add nothing adds nothing, for all who hold it and whoever
its invites bring. One that only seems to add something, since labels happen to lie so, may be left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from iamgraph.access.ways import LABELS, OWNER_ROLE, WORKSPACE, Gift, Holdings, Way
from iamgraph.tuples import Object

# Which roles give all that another gives, on the same things.
_ABOVE: Final = {
    "source_reader": {"source_admin"},
    "function_reader": {"function_admin"},
    "space_reader": {"space_user", "space_admin"},
    "space_user": {"space_admin"},
    "tracking_plan_reader": {"tracking_plan_admin"},
    "warehouse_reader": {"warehouse_admin"},
    "entities_reader": {"entities_admin"},
}


@dataclass(frozen=True, slots=True)
class Idle:
    """A policy that adds nothing, why, and through what its holders have the same."""

    policy: Object
    why: str
    through: tuple[str, ...] = ()


NOBODY: Final = "nobody holds it"
NOTHING: Final = "all it was on is gone"
COVERED: Final = "its holders have all of it through another way"


def idle_policies(there: Holdings) -> Iterator[Idle]:
    """The policies that add nothing, each by itself: of two that give the same, the other stays."""
    held: dict[Object, list[tuple[Object, Way]]] = {one: [] for one in there.gifts}
    for holder, ways in there.ways.items():
        for way in ways:
            if way.policy is not None:
                held[way.policy].append((holder, way))
    for policy, gifts in sorted(there.gifts.items()):
        if not gifts:
            yield Idle(policy, NOTHING)
        elif not held[policy]:
            yield Idle(policy, NOBODY)
        else:
            through = _covered(there, gifts, held[policy])
            if through is not None:
                yield Idle(policy, COVERED, tuple(sorted(through)))


def _covered(there: Holdings, gifts: tuple[Gift, ...], held: list[tuple[Object, Way]]) -> set[str] | None:
    """Through what every holder has every gift besides; None where somebody has not."""
    through: set[str] = set()
    for holder, way in held:
        others = [one for one in there.ways[holder] if one.policy != way.policy]
        for gift in gifts:
            found = next((one for one in others if _has(there, one, gift, pii=way.pii)), None)
            if found is None:
                return None
            through.add(_said(found))
    return through


def _said(way: Way) -> str:
    return OWNER_ROLE if way.policy is None else str(way.policy)


def _has(there: Holdings, way: Way, gift: Gift, *, pii: bool) -> bool:
    """Whether a way gives all that a gift gives, and personal data with it if that does."""
    if way.policy is None:
        return True  # an owner may everything
    return any(
        (other.role == OWNER_ROLE and other.on == WORKSPACE) or ((way.pii or not pii) and _contains(there, other, gift))
        for other in there.gifts[way.policy]
    )


def _contains(there: Holdings, other: Gift, gift: Gift) -> bool:
    if other.role != gift.role and other.role not in _ABOVE.get(gift.role, ()):
        return False
    if other.on == WORKSPACE:
        return True
    if gift.on == WORKSPACE:
        return False
    if gift.on == LABELS:
        return other.on == LABELS and other.labels <= gift.labels
    if other.on == LABELS:
        return other.labels <= there.labels.get(gift.resource, frozenset()) if gift.resource is not None else False
    return other.resource == gift.resource
