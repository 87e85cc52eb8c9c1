"""`iamgraph tuple`, `iamgraph object` and `iamgraph changes`: what a store holds, and how it came to."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import click

from iamgraph.cli import options, parse, said
from iamgraph.cli.output import Out
from iamgraph.cli.said import Said
from iamgraph.errors import StoreError
from iamgraph.questions import (
    DEFAULT_DELETE_LIMIT,
    Change,
    FilterDelete,
    Following,
    OnExisting,
    OnMissing,
    Precondition,
    TupleFilter,
    WriteRequest,
)
from iamgraph.tuples import ConditionUse, StoredTuple, parse_object

if TYPE_CHECKING:
    from iamgraph.cli.places import Door, Place

PAGE: Final = 100
WHOLE_PAGE: Final = 1_000
AGAIN_SECONDS: Final = 1.0

_of_object = click.option(
    "--object", "object_", metavar="TYPE:[ID]", help="Of this object, or of every object of a type."
)
_of_relation = click.option("--relation", help="Of this relation.")
_of_subject = click.option("--subject", metavar="SUBJECT|TYPE:", help="Of this subject, or of every subject of a type.")


@click.group("tuple")
def tuple_() -> None:
    """Write, delete and read tuples."""


@tuple_.command()
@click.argument("texts", nargs=-1, required=True, metavar="TUPLE...")
@options.store
@click.option("--expires-at", metavar="ISO", help="When they end, with a time zone.")
@click.option("--condition", metavar="NAME", help="The condition they hold under.")
@click.option("--condition-context", metavar="JSON", help="Its parameters that are stored with them.")
@click.option("--must-exist", multiple=True, metavar="TUPLE", help="Write only if this tuple is there.")
@click.option("--must-not-exist", multiple=True, metavar="TUPLE", help="Write only if this tuple is not there.")
@options.on_existing("What becomes of a tuple that is there: replaced, a conflict, or left as it is.")
@options.by
@options.reason
@options.idempotency_key
@options.reaching
def write(
    *,
    texts: tuple[str, ...],
    store: str,
    expires_at: str | None,
    condition: str | None,
    condition_context: str | None,
    must_exist: tuple[str, ...],
    must_not_exist: tuple[str, ...],
    on_existing: str,
    by: str | None,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Write tuples, all or none."""
    ends, use = parse.time(expires_at), _use(condition, condition_context)
    writes = tuple(replace(one, expires_at=ends, condition=use) for one in parse.tuples(texts))
    conditions = (
        *(Precondition(one) for one in parse.tuples(must_exist)),
        *(Precondition(one, must_exist=False) for one in parse.tuples(must_not_exist)),
    )
    request = WriteRequest(
        store,
        writes,
        preconditions=conditions,
        by=by,
        reason=reason,
        idempotency_key=idempotency_key,
        on_existing=OnExisting(on_existing),
    )
    _change(request, place, out)


@tuple_.command()
@click.argument("texts", nargs=-1, required=True, metavar="TUPLE...")
@options.store
@click.option(
    "--on-missing",
    type=click.Choice([one.value for one in OnMissing]),
    default=OnMissing.FAIL.value,
    show_default=True,
    help="What a tuple that is not there is: a conflict, or nothing.",
)
@options.by
@options.reason
@options.idempotency_key
@options.reaching
def delete(
    *,
    texts: tuple[str, ...],
    store: str,
    on_missing: str,
    by: str | None,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Delete tuples, all or none."""
    request = WriteRequest(
        store,
        deletes=parse.tuples(texts),
        by=by,
        reason=reason,
        idempotency_key=idempotency_key,
        on_missing=OnMissing(on_missing),
    )
    _change(request, place, out)


@tuple_.command()
@options.store
@_of_object
@_of_relation
@_of_subject
@click.option(
    "--limit", type=int, default=DEFAULT_DELETE_LIMIT, show_default=True, help="Delete nothing if more match."
)
@click.option("--dry-run", is_flag=True, help="Show what would be deleted, and delete nothing.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@options.by
@options.reason
@options.idempotency_key
@options.reaching
def delete_by_filter(
    *,
    store: str,
    object_: str | None,
    relation: str | None,
    subject: str | None,
    limit: int,
    dry_run: bool,
    yes: bool,
    by: str | None,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Delete every tuple that matches, in one change, once you agreed to it."""
    wanted = parse.wanted(object_, relation, subject)
    request = FilterDelete(store, wanted, limit, dry_run, by, reason, idempotency_key)
    with place.door() as door:
        if not dry_run and not yes:
            count = door.delete_matching(replace(request, dry_run=True)).count
            click.confirm(f"delete {count} tuples of store {store}?", abort=True, err=True)
        done = door.delete_matching(request)
    what = "would be deleted" if dry_run else "deleted"
    lines = [f"{done.count} tuples {what}, revision {done.revision.number}", *(str(one) for one in done.first)]
    out.one(said.of_deletion(done, dry_run=dry_run), "\n".join(lines if dry_run else lines[:1]))


def _use(condition: str | None, context: str | None) -> ConditionUse | None:
    if condition is None:
        if context is not None:
            raise click.UsageError("--condition-context needs --condition")
        return None
    return ConditionUse(condition, parse.context(context, "--condition-context") or "{}")


def _change(request: WriteRequest, place: Place, out: Out) -> None:
    with place.door() as door:
        revision = door.write(request)
    out.one(said.of_revision(revision), f"revision {revision.number}, zookie {revision.zookie()}")


# --- reading ---


@tuple_.command()
@options.store
@_of_object
@_of_relation
@_of_subject
@click.option("--limit", type=int, help=f"How many in a page; {PAGE} without.")
@click.option("--cursor", help="Where the page before ended.")
@click.option("--all", "whole", is_flag=True, help="Every page, not the first alone.")
@options.reaching
def read(
    *,
    store: str,
    object_: str | None,
    relation: str | None,
    subject: str | None,
    limit: int | None,
    cursor: str | None,
    whole: bool,
    place: Place,
    out: Out,
) -> None:
    """Show tuples, by any side."""
    size = limit if limit is not None else WHOLE_PAGE if whole else PAGE
    pages = _Pages(store, parse.wanted(object_, relation, subject), size, cursor)
    with place.door() as door:
        out.many(map(said.of_stored, pages.read(door, whole=whole)), _TUPLE_COLUMNS)
    if pages.cursor is not None:
        out.talk({"next_cursor": pages.cursor}, f"there are more: add --cursor {pages.cursor}")


class _Pages:
    """Reads tuples page by page; `cursor` is where the last page ended."""

    def __init__(self, store: str, wanted: TupleFilter, limit: int, cursor: str | None) -> None:
        self.cursor = cursor
        self._asked = (store, wanted, limit)

    def read(self, door: Door, *, whole: bool) -> Iterator[StoredTuple]:
        """The tuples of one page, or of all that are left."""
        more = True
        while more:
            page = door.read(*self._asked, self.cursor)
            yield from page.items
            self.cursor = page.next_cursor
            more = whole and self.cursor is not None


def _condition(one: Said) -> str:
    use = one.get("condition")
    return "" if use is None else f"{use['name']} {json.dumps(use['context'], ensure_ascii=False)}"


_TUPLE_COLUMNS: Final = {
    "tuple": lambda one: f"{one['object']}#{one['relation']}@{one['subject']}",
    "expires at": lambda one: one.get("expires_at"),
    "condition": _condition,
    "revision": lambda one: one["since"],
    "at": lambda one: one["at"],
    "by": lambda one: one.get("by"),
    "reason": lambda one: one.get("reason"),
}


@click.group("object")
def object_() -> None:
    """Act on whole objects."""


@object_.command("delete")
@click.argument("text", metavar="OBJECT")
@options.store
@options.by
@options.reason
@options.idempotency_key
@options.reaching
def delete_object(
    *,
    text: str,
    store: str,
    by: str | None,
    reason: str | None,
    idempotency_key: str | None,
    place: Place,
    out: Out,
) -> None:
    """Delete an object with every tuple it stands in."""
    asked = parse_object(text)
    with place.door() as door:
        revision, deleted = door.delete_object(store, asked, by, reason, idempotency_key)
    out.one(said.of_revision(revision, deleted), f"{deleted} tuples deleted, revision {revision.number}")


@click.command()
@options.store
@click.option("--since", type=click.IntRange(0, 2**63 - 1), default=0, help="The revision after which to begin.")
@click.option("--limit", type=int, default=PAGE, show_default=True, help="How many at most, or at once.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Of objects of this type only.")
@click.option("--relation", "relations", multiple=True, help="Of this relation only.")
@click.option("--follow", is_flag=True, help="Go on with those that come, until interrupted.")
@options.reaching
def changes(
    *,
    store: str,
    since: int,
    limit: int,
    types: tuple[str, ...],
    relations: tuple[str, ...],
    follow: bool,
    place: Place,
    out: Out,
) -> None:
    """Show what was changed, by whom and why, oldest first."""
    asked = Following(store, since, types=frozenset(types), relations=frozenset(relations), limit=limit)
    with place.door() as door:
        if follow:
            for change in _followed(door, asked, out):
                out.one(said.of_change(change), _line(said.of_change(change)))
            return
        found = door.follow(asked).items
    out.many(map(said.of_change, found), _CHANGE_COLUMNS)


def _followed(door: Door, asked: Following, out: Out) -> Iterator[Change]:
    """Changes as they come; while the store cannot be reached, it is tried again from where it was left."""
    while True:
        try:
            for page in door.pages(asked):
                yield from page.items
                asked = replace(asked, since=0, cursor=page.revision.zookie())
        except StoreError as fault:
            out.talk({"code": fault.code, "message": fault.message}, f"iamgraph: {fault.message}; trying again")
            time.sleep(AGAIN_SECONDS)


def _line(change: Said) -> str:
    who = f" by {change['by']}" if "by" in change else ""
    return "\n".join(
        [f"{change['revision']} {change['at']}{who}", *(f"  {one}" for one in _marked(change).split("\n"))]
    )


def _marked(change: Said) -> str:
    written = [f"+ {_text(one)}" for one in change["writes"]]
    deleted = [f"- {_text(one)}" for one in change["deletes"]]
    return "\n".join([*deleted, *written, *([f"model {change['model']}"] if "model" in change else [])])


def _text(one: Said) -> str:
    return f"{one['object']}#{one['relation']}@{one['subject']}"


_CHANGE_COLUMNS: Final = {
    "revision": lambda one: one["revision"],
    "at": lambda one: one["at"],
    "by": lambda one: one.get("by"),
    "reason": lambda one: one.get("reason"),
    "change": _marked,
}
