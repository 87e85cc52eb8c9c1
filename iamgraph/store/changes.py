"""The changes of a store, kept in Neo4j: pages of them without gaps, and what was trimmed said to be gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from iamgraph.errors import RequestError, StoreError
from iamgraph.queries import statement
from iamgraph.questions import ChangePage, StoreInfo
from iamgraph.revision import Revision
from iamgraph.store.neo4j import Run, asked, info_of, no_store, retried
from iamgraph.store.rows import change_of
from iamgraph.store.writing import Neo4jWriter

MAX_PAGE_TUPLES: Final = 10_000
TRIM_BATCH: Final = 1_000


class Neo4jFollower(Neo4jWriter):
    """Reads and trims the changes of stores. Made once per process, after a fork."""

    @retried
    def head(self, store: str) -> StoreInfo:
        """The newest state of a store as far as it can be seen without its lock: it may be a moment old."""
        rows = self._alone(statement("stores/head"), {"store": asked(store)})
        if not rows:
            raise no_store(store)
        return info_of(store, rows[0])

    @retried
    def changes(self, store: str, since: int | str, limit: int) -> ChangePage:
        """The changes after a revision, given by number or by zookie, oldest first: all there are, or a page."""
        with self._locked(store) as (run, info):
            after = since if isinstance(since, int) else _accepted(info.revision, since)
            sizes = run(statement("tuples/change_sizes"), {"store": store, "since": after, "limit": limit})
            _refuse_gap(run, info, after, [row["revision"] for row in sizes])
            upto = _page_end(sizes, after)
            rows = run(statement("tuples/changes"), {"store": store, "since": after, "upto": upto}) if sizes else []
        reached = info.at(min(upto, info.revision.number))
        return ChangePage(tuple(map(change_of, rows)), reached, upto < info.revision.number)

    def trim(self, store: str, before: datetime) -> int:
        """Forget the changes made before a time, in batches; how many they were."""
        removed = 0
        while batch := self._trim(store, before):
            removed += batch
        return removed

    @retried
    def _trim(self, store: str, before: datetime) -> int:
        with self._locked(store) as (run, _):
            trimmed = run(statement("stores/trimmed"), {"store": store})[0]["revision"]
            sizes = run(statement("tuples/change_sizes"), {"store": store, "since": trimmed, "limit": TRIM_BATCH})
            # A prefix of the changes, whatever clocks said when they were made: what is kept has no gap.
            kept = next((i for i, row in enumerate(sizes) if row["at"].to_native() >= before), len(sizes))
            if kept:
                run(statement("tuples/trim"), {"store": store, "upto": sizes[kept - 1]["revision"]})
                run.commit()
        return kept


def _accepted(newest: Revision, zookie: str) -> int:
    try:
        return newest.accept(zookie)
    except RequestError as fault:
        raise RequestError(fault.message, code=fault.code, pointer="/cursor") from fault


def _page_end(sizes: Sequence[Any], after: int) -> int:
    """The last revision of a page: at least one change, and no more tuples than a page may have."""
    upto, tuples = after, 0
    for row in sizes:
        tuples += row["tuples"]
        if tuples > MAX_PAGE_TUPLES and upto > after:
            break
        upto = row["revision"]
    return upto


def _refuse_gap(run: Run, info: StoreInfo, after: int, revisions: Sequence[int]) -> None:
    """Under the lock the numbers follow each other; what is missing was trimmed, or is lost."""
    end = revisions[-1] if revisions else max(after, info.revision.number)
    if list(revisions) == list(range(after + 1, end + 1)):
        return
    trimmed = run(statement("stores/trimmed"), {"store": info.id})[0]["revision"]
    if after < trimmed:
        raise RequestError(
            f"the changes up to revision {trimmed} are no longer kept: read the tuples as they are, then follow from"
            " the revision of that answer",
            code="changes_gone",
        )
    raise StoreError(f"changes after revision {after} of store `{info.id}` are missing", code="changes_missing")
