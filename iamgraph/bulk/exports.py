"""A store into a file, exact at one revision though it is written to meanwhile.

Each page is read under the lock and true of a revision of its own, so writers and checks wait for a page at most. The
changes from the first page to the last then say of every tuple they name how it ended; what none names was the same all
the time. Both together are the store at the last revision.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from heapq import merge
from typing import BinaryIO, Final, NamedTuple, Protocol, Self

from iamgraph.bulk.records import HEADER, line_of
from iamgraph.errors import ConflictError, StoreError
from iamgraph.queries import relationship_type
from iamgraph.questions import Change, ChangePage, Following, Page, StoredModel, StoreInfo
from iamgraph.revision import Revision
from iamgraph.tuples import RelationTuple, StoredTuple, kind_of

PAGE: Final = 1_000
CHANGES: Final = 100
PAGE_SECONDS: Final = 30.0
MAX_CHANGED_MEANWHILE: Final = 1_000_000
FORMAT: Final = 1


class Door(Protocol):
    """What an export asks of an `Authorizer`."""

    def until(self, end: float) -> Self: ...
    def get_store(self, store: str) -> StoreInfo: ...
    def get_model(self, store: str, id_: str | None = None) -> StoredModel: ...
    def read_locked(self, store: str, limit: int, cursor: str | None = None) -> Page[StoredTuple]: ...
    def follow(self, asked: Following) -> ChangePage: ...


class _Place(NamedTuple):
    """Where a tuple stands in a file: by object, relation and subject."""

    object: str
    relation: str
    subject: str
    via: str

    @property
    def order(self) -> tuple[str, str, bytes, str]:
        """What pages are sorted by: objects as the index has them, by code point, subjects by UTF-16."""
        return self.object, self.relation, self.subject.encode("utf-16-be"), self.via


def _place(one: RelationTuple) -> _Place:
    kind = kind_of(one.subject)
    subject = getattr(one.subject, "object", one.subject)
    id_ = getattr(subject, "id", "*")
    return _Place(
        f"{one.object.type}:{one.object.id}", relationship_type(one.relation), f"{kind.type}:{id_}", kind.via or ""
    )


@contextmanager
def exported(door: Door, store: str, *, history: bool = False) -> Iterator[Iterator[str]]:
    """The lines of a store: a header, then a tuple each, in a fixed order; all of one revision.

    `history` tells of each tuple since when it is there, by whom and why. Whatever can go wrong does before the first
    line.
    """
    with tempfile.TemporaryFile() as kept:
        export = _Export(door, store, kept, history=history)
        export.read()
        yield export.lines()


class _Export:
    """An export under way: what was read is in a file, what was changed meanwhile is in memory."""

    def __init__(self, door: Door, store: str, kept: BinaryIO, *, history: bool) -> None:
        self._asked = door
        self._store = store
        self._kept = kept
        self._history = history
        self._count = 0
        self._changed: dict[_Place, str | None] = {}

    def _door(self) -> Door:
        return self._asked.until(time.monotonic() + PAGE_SECONDS)

    def read(self) -> None:
        """Read the pages, then what was changed since the first."""
        info = self._door().get_store(self._store)
        self._revision, self._model = info.revision, info.model
        self._read_pages()
        self._read_changes()
        self._stored = self._door().get_model(self._store, self._model) if self._model is not None else None

    def _read_pages(self) -> None:
        cursor: str | None = None
        while True:
            page = self._door().read_locked(self._store, PAGE, cursor)
            self._check_epoch(page.revision)
            self._keep("".join(self._line(one) for one in page.items).encode())
            self._count += len(page.items)
            cursor = page.next_cursor
            if cursor is None:
                return

    def _line(self, one: StoredTuple) -> str:
        # JSON holds no tab, so the first one parts place and line.
        return f"{json.dumps(_place(one.tuple))}\t{self._told(one)}\n"

    def _told(self, one: StoredTuple) -> str:
        return line_of(one.tuple, one if self._history else None)

    def _keep(self, lines: bytes) -> None:
        try:
            self._kept.write(lines)
            self._kept.flush()
        except OSError as fault:
            raise StoreError("there is no room to keep what was read", code="no_room") from fault

    def _check_epoch(self, revision: Revision) -> None:
        if revision.epoch != self._revision.epoch:
            raise ConflictError(
                f"store `{self._store}` was made anew meanwhile: export it again", code="store_replaced"
            )

    def _read_changes(self) -> None:
        more = True
        while more:
            page = self._door().follow(Following(self._store, self._revision.number, limit=CHANGES))
            for change in page.items:
                self._follow(change)
            more = page.more
        # The changes might be those of a store of the same name, made since the last page.
        self._check_epoch(self._door().get_store(self._store).revision)

    def _follow(self, change: Change) -> None:
        if change.revision != self._revision.number + 1 or len(self._changed) > MAX_CHANGED_MEANWHILE:
            raise ConflictError(
                f"store `{self._store}` changes faster than it is read: export it again", code="export_overtaken"
            )
        self._revision = Revision(self._store, self._revision.epoch, change.revision)
        self._model = change.model or self._model
        for one in change.deletes:
            self._changed[_place(one)] = None
        for one in change.writes:
            stored = StoredTuple(one, change.revision, change.at, change.by, change.reason)
            self._changed[_place(one)] = self._told(stored)

    # --- writing ---

    def lines(self) -> Iterator[str]:
        """The header and the tuples."""
        count = sum(1 for _ in self._tuples()) if self._changed else self._count
        model = self._stored
        header = {
            HEADER: FORMAT,
            "store": self._store,
            "revision": self._revision.number,
            "zookie": self._revision.zookie(),
            "model": model.id if model is not None else None,
            "model_hash": model.hash if model is not None else None,
            "tuples": count,
        }
        yield json.dumps(header, ensure_ascii=False) + "\n"
        for line in self._tuples():
            yield line + "\n"

    def _tuples(self) -> Iterator[str]:
        """What was read, without what was changed, and what it was changed to, in order."""
        written = [(place.order, line) for place, line in self._changed.items() if line is not None]
        same = ((place.order, line) for place, line in self._pages() if place not in self._changed)
        return (line for _, line in merge(sorted(written), same))

    def _pages(self) -> Iterator[tuple[_Place, str]]:
        self._kept.seek(0)
        for raw in self._kept:
            place, _, line = raw.decode().rstrip("\n").partition("\t")
            yield _Place(*json.loads(place)), line
