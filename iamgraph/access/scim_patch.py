"""SCIM's PATCH of a group as one change of it, and what a filter names: both read off the parsed text.

The library could apply a PATCH to a group by itself, but would need the group whole, and copies it for each operation:
seconds for a group of ten thousand, under the store's lock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from scim2_models import PatchOp, Path
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator

from iamgraph.access.groups import GroupChange
from iamgraph.access.scim_forms import Group, understood
from iamgraph.errors import RequestError

ADD, REMOVE, REPLACE = "add", "remove", "replace"
NOTHING: Final = GroupChange()


def group_change(patch: PatchOp[Group]) -> GroupChange:
    """All operations of a PATCH together, each done on what those before it leave."""
    change = NOTHING
    for operation in patch.operations or ():
        for path, value in _targets(operation.path, operation.value):
            change = _after(change, str(operation.op.value), path, value)
    return change


def _targets(path: Path[Any] | None, value: Any) -> Iterator[tuple[Path[Any], Any]]:
    """What an operation is done to: its path, or, without one, each attribute of its value."""
    if path is not None:
        yield path, value
        return
    if not isinstance(value, dict):
        raise RequestError("an operation without a path has an object as its value", code="invalid_request")
    for name, one in value.items():
        with understood():
            yield Path(name), one


def _after(change: GroupChange, op: str, path: Path[Any], value: Any) -> GroupChange:
    attribute = path.parts[0].lower() if path.parts else ""
    if attribute == "displayname":
        if not isinstance(value, str) or not value:
            raise RequestError("a group has a `displayName`, a text", code="invalid_request")
        return replace(change, name=value)
    if attribute == "externalid":
        if op != REMOVE and not isinstance(value, str | None):
            raise RequestError("an `externalId` is a text", code="invalid_request")
        return replace(change, external_id="" if op == REMOVE else value or "")
    # What providers know of a group besides, `id` and `schemas` included, changes nothing.
    return _members_after(change, op, path, value) if attribute == "members" else change


def _members_after(change: GroupChange, op: str, path: Path[Any], value: Any) -> GroupChange:
    selection = path.value_filter
    if (selection is None and len(path.parts) > 1) or (selection is not None and op != REMOVE):
        raise RequestError(f"`{path}` cannot be changed: members are added and removed", code="malformed_path")
    if op == REMOVE and selection is None and value is None:
        return replace(change, members=frozenset(), added=frozenset(), removed=frozenset())
    named = frozenset(_selected(selection) if selection is not None else _values(value))
    if op == REPLACE:
        return replace(change, members=named, added=frozenset(), removed=frozenset())
    if op == REMOVE:
        return replace(change, added=change.added - named, removed=change.removed | named)
    return replace(change, added=change.added | named, removed=change.removed - named)


def _values(value: Any) -> Iterator[str]:
    """The ids in a value of `members`: one member or a list of them."""
    for one in value if isinstance(value, list) else [value] if value is not None else []:
        id_ = one.get("value") if isinstance(one, dict) else None
        if not isinstance(id_, str) or not id_:
            raise RequestError("each member has a `value`, the id of a user", code="invalid_request")
        yield id_


def _selected(selection: FilterNode) -> Iterator[str]:
    """The ids a filter of members names: `value eq "…"`, or several of them joined by `or`."""
    match selection:
        case LogicalExpr(op=LogicalOperator.or_, terms=terms):
            for one in terms:
                yield from _selected(one)
        case Comparison(op=CompareOperator.eq, value=str(id_)) if str(selection.attr_path).lower() == "value":
            yield id_
        case _:
            raise RequestError(f'members are named by `value eq "…"`, not by `{selection}`', code="malformed_filter")


def compared(filter_: FilterNode, attribute: str) -> str | None:
    """The text an attribute must equal for the filter to fit at all; None where the filter leaves that open."""
    match filter_:
        case LogicalExpr(op=LogicalOperator.and_, terms=terms):
            return next((found for one in terms if (found := compared(one, attribute)) is not None), None)
        case Comparison(op=CompareOperator.eq, value=str(text)):
            named = filter_.attr_path
            name = named.attr if named.sub_attr in (None, "value") else str(named)
            return text if name.lower() == attribute.lower() else None
        case _:
            return None
