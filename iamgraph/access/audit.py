"""The audit trail of a workspace: every act and every refused one, for its owners to read."""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need
from iamgraph.errors import RequestError
from iamgraph.questions import Entry, Note, RecordQuery
from iamgraph.tuples import harmless

MAX_PAGE: Final = 1_000
COLUMNS: Final = ("at", "by", "action", "object", "revision", "reason", "code", "message")
_FIRST: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST: Final = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines of the trail: by an actor (`member:…`, `token:…`, `key …`), of an action, on an object, in a time."""

    by: str | None = None
    action: str | None = None
    object: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Lines of the trail, newest first, and the cursor of the next page, None after the last."""

    items: tuple[Entry, ...]
    cursor: str | None


class Audit:
    """The trail of one workspace."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def page(self, wanted: AuditFilter | None = None, limit: int = 100, cursor: str | None = None) -> AuditPage:
        """A page of the trail."""
        if not 1 <= limit <= MAX_PAGE:
            raise RequestError(f"`limit` must be 1 to {MAX_PAGE}", code="malformed_limit", pointer="/limit")
        asked = self._asked(wanted or AuditFilter(), cursor)
        self._desk.look(Note("audit.read", self._home, self._home), Need("can_read_audit", self._home), lambda _: None)
        found = self._desk.keeper.record(self._desk.store, replace(asked, limit=limit + 1))
        more = len(found) > limit
        return AuditPage(found[:limit], _cursor(found[limit - 1]) if more else None)

    def export(self, wanted: AuditFilter | None = None) -> Iterator[Entry]:
        """The whole trail, page by page."""
        cursor = None
        while True:
            page = self.page(wanted, MAX_PAGE, cursor)
            yield from page.items
            cursor = page.cursor
            if cursor is None:
                return

    def _asked(self, wanted: AuditFilter, cursor: str | None) -> RecordQuery:
        return RecordQuery(
            self._home,
            wanted.since or _FIRST,
            wanted.until or _LAST,
            wanted.by,
            wanted.action,
            wanted.object,
            _place(cursor) if cursor is not None else None,
        )


def said(entry: Entry) -> dict[str, Any]:
    """A line as JSON."""
    told = {name: value for name, value in asdict(entry).items() if value is not None and name != "id"}
    return {**told, "at": entry.at.isoformat(), "refused": entry.code is not None}


def as_jsonl(entries: Iterator[Entry]) -> Iterator[str]:
    """The trail as lines of JSON."""
    return (json.dumps(said(one), ensure_ascii=False) + "\n" for one in entries)


def as_csv(entries: Iterator[Entry]) -> Iterator[str]:
    """The trail as CSV. What a spreadsheet would take for a formula begins with an apostrophe."""
    yield _row(COLUMNS)
    for one in entries:
        yield _row([one.at.isoformat(), *(getattr(one, name) for name in COLUMNS[1:])])


def _row(cells: Any) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([harmless(one) for one in cells])
    return line.getvalue()


def _cursor(last: Entry) -> str:
    return base64.urlsafe_b64encode(json.dumps([last.at.isoformat(), last.id]).encode()).decode()


def _place(cursor: str) -> tuple[datetime, str]:
    try:
        at, id_ = json.loads(base64.b64decode(cursor.encode(), altchars=b"-_", validate=True))
        found = datetime.fromisoformat(at)
        if found.tzinfo is None or not isinstance(id_, str) or not id_.isascii():
            raise _damaged()
        return found.astimezone(UTC), id_
    except (binascii.Error, ValueError, TypeError, RecursionError, OverflowError) as fault:
        raise _damaged() from fault


def _damaged() -> RequestError:
    return RequestError("the cursor is damaged: start again without it", code="malformed_cursor", pointer="/cursor")
