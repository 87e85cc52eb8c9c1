"""Stores whose access model is not the one that is shipped: told apart, what an upgrade changes, and the upgrade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final, Literal, Protocol

from iamgraph.access.access import shipped_model
from iamgraph.authorizer import check_tuple
from iamgraph.errors import ConflictError, LimitError, RequestError
from iamgraph.impact import Impact, Trial
from iamgraph.model.model import Model, Relation
from iamgraph.model.parser import parse_model
from iamgraph.model.printer import model_hash, print_rewrite
from iamgraph.questions import Page, StoredModel, TupleFilter
from iamgraph.tuples import StoredTuple, kind_of

# What every access model of ours defines, and hardly any other.
_OURS: Final = (
    ("workspace", "owner_direct"),
    ("workspace", "can_manage_access"),
    ("policy", "required_label"),
    ("email", "account"),
)
READ_AT_ONCE: Final = 1_000
UNFIT_SHOWN: Final = 20

Standing = Literal["current", "other", "none"]


class Door(Protocol):
    """What knows a store: here or on a service."""

    def get_model(self, store: str, id_: str | None = None) -> StoredModel:
        """A model of the store; without an id the current one."""

    def read(
        self, store: str, wanted: TupleFilter | None = None, limit: int = 100, cursor: str | None = None
    ) -> Page[StoredTuple]:
        """A page of tuples."""

    def what_if(self, trial: Trial) -> Impact:
        """Who would gain and lose what."""

    def write_model(
        self,
        store: str,
        text: str,
        by: str | None = None,
        reason: str | None = None,
        *,
        replacing: str | None = None,
    ) -> StoredModel:
        """Make a model the store's current one, in place of the one `replacing`."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What the shipped model would change: its relations in lines, what is in the way, and who gains and loses what.

    All of it is said of the store's model of the id `model`.
    `hindered` are relations and kinds of subjects it has not, and tuples it does not allow. `impact` is None where
    there are too many accesses to try them all, or something is in the way.
    """

    model: str
    lines: tuple[str, ...]
    hindered: tuple[str, ...]
    impact: Impact | None

    @property
    def changes(self) -> bool:
        """Whether the store's model is another one than is shipped."""
        return bool(self.lines or self.hindered)


def standing(stored: StoredModel) -> Standing:
    """Whether a model is the access model that is shipped, another access model, older or changed, or none."""
    if stored.hash == _shipped()[1]:
        return "current"
    return "other" if _is_ours(stored.text) else "none"


@cache
def _shipped() -> tuple[Model, str]:
    model = parse_model(shipped_model())
    return model, model_hash(model)


@lru_cache(16)
def _is_ours(text: str) -> bool:
    model = parse_model(text)
    return all(model.relation(*one) is not None for one in _OURS)


def plan_upgrade(door: Door, store: str) -> Upgrade:
    """What upgrading a store would change; changes nothing. `RequestError` where its model is no access model."""
    stored = door.get_model(store)
    found = standing(stored)
    if found == "none":
        raise RequestError(
            f"the model of store `{store}` is no access model: `iamgraph model write` makes another the current one",
            code="no_access_model",
        )
    if found == "current":
        return Upgrade(stored.id, (), (), None)
    old, new = parse_model(stored.text), _shipped()[0]
    hindered = (*_lost(old, new), *_unfit(door, store, new))
    return Upgrade(stored.id, tuple(_lines(old, new)), hindered, None if hindered else _impact(door, store))


def upgrade(door: Door, store: str, plan: Upgrade, by: str | None = None, reason: str | None = None) -> StoredModel:
    """Make the shipped model a store's current one, as one change, and as it was planned.

    `ConflictError` (`upgrade_refused`) where something would be lost, and (`model_changed`) where the store has another
    model than that of the plan: that is looked at under the store's lock. While it has the same, all that was written
    since the plan fits as well, since all that this model takes is taken.
    """
    if plan.hindered:
        raise ConflictError(f"the shipped model would lose something: {plan.hindered[0]}", code="upgrade_refused")
    return door.write_model(store, shipped_model(), by, reason, replacing=plan.model)


def _impact(door: Door, store: str) -> Impact | None:
    try:
        return door.what_if(Trial(store, model=shipped_model()))
    except LimitError:
        return None


def _relations(model: Model) -> dict[tuple[str, str], Relation]:
    return {(type_.name, one.name): one for type_ in model.types for one in type_.relations}


def _lines(old: Model, new: Model) -> Iterator[str]:
    known = _relations(old)
    for (type_, name), one in _relations(new).items():
        before = known.get((type_, name))
        said = print_rewrite(one.rewrite)
        if before is None:
            yield f"+ {type_}#{name}: {said}"
        elif before.rewrite != one.rewrite:
            yield f"~ {type_}#{name}: {print_rewrite(before.rewrite)} becomes {said}"


def _lost(old: Model, new: Model) -> Iterator[str]:
    """What the old model has and the new one has not."""
    kept = _relations(new)
    for (type_, name), one in _relations(old).items():
        there = kept.get((type_, name))
        if there is None:
            yield f"`{type_}#{name}` is not in it"
        else:
            for each in one.direct_types:
                if each not in there.direct_types:
                    yield f"`{type_}#{name}` takes no `{each.kind}`"
    yield from (f"type `{one.name}` is not in it" for one in old.types if new.type(one.name) is None)


def _unfit(door: Door, store: str, new: Model) -> Iterator[str]:
    """The first of the tuples that the model does not allow. What is said of one depends on its kind alone."""
    judged: dict[tuple[object, ...], str | None] = {}
    cursor, told = None, 0
    while True:
        page = door.read(store, None, READ_AT_ONCE, cursor)
        for one in page.items:
            kind = (one.tuple.object.type, one.tuple.relation, kind_of(one.tuple.subject))
            condition = one.tuple.condition.name if one.tuple.condition is not None else None
            key = (*kind, condition, one.tuple.expires_at is None)
            if key not in judged:
                judged[key] = _fault(new, one)
            why = judged[key]
            if why is not None and told < UNFIT_SHOWN:
                told += 1
                yield f"`{one.tuple}` does not fit: {why}"
        cursor = page.next_cursor
        if cursor is None:
            return


def _fault(model: Model, one: StoredTuple) -> str | None:
    try:
        check_tuple(model, one.tuple, "")
    except RequestError as fault:
        return fault.message
    return None
