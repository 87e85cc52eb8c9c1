"""Following a store on a real Neo4j: every change once, in order, none left out, and what is gone said to be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import cast

import pytest

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import RequestError, StoreError
from iamgraph.questions import MAX_WAIT, Change, Following, WriteRequest
from iamgraph.store import changes
from iamgraph.store.contract import Keeper
from iamgraph.store.keeper import Neo4jKeeper
from tests.conftest import SECONDS
from tests.store.given import ADA, BOB, MODEL, NOW, tuples, written
from tests.store.graph import Graph

VIEW = "doc:plan#viewer@user:ada"


def numbers(found: tuple[Change, ...]) -> list[int]:
    """The revisions of changes."""
    return [one.revision for one in found]


def write_many(door: Authorizer, store: str, count: int) -> None:
    """So many changes of one tuple each."""
    for i in range(count):
        door.write(WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}")))


# --- pages and cursors -------------------------------------------------------------------------------------


def test_pages_follow_each_other(door: Authorizer, store: str) -> None:
    """Each page's zookie gives the next, until there are no more."""
    write_many(door, store, 6)
    asked, found = Following(store, limit=3), list[int]()
    for more in (True, True, False, False):
        page = door.follow(asked)
        assert more is page.more
        found += numbers(page.items)
        asked = replace(asked, cursor=page.revision.zookie())
    assert list(range(1, 8)) == found


def test_the_zookie_of_a_write_is_a_cursor(door: Authorizer, store: str) -> None:
    """What is told after a write's zookie begins with the change after that write."""
    write_many(door, store, 2)
    zookie = door.write(WriteRequest(store, writes=tuples(ADA))).zookie()
    write_many(door, store, 2)
    assert [5, 6] == numbers(door.follow(Following(store, cursor=zookie)).items)


@pytest.mark.parametrize("cursor", ["", "AAAA", "not base64", "é"])
def test_a_cursor_that_is_none_is_refused(door: Authorizer, store: str, cursor: str) -> None:
    """What no answer gave is no cursor."""
    with pytest.raises(RequestError) as refused:
        door.follow(Following(store, cursor=cursor))
    assert ("zookie_refused", "/cursor") == (refused.value.code, refused.value.pointer)


def test_a_cursor_of_another_store_or_epoch_is_refused(door: Authorizer, store: str, second: str) -> None:
    """A cursor works in its store only, and not in one that was made anew under its name."""
    cursor = door.get_store(store).revision.zookie()
    with pytest.raises(RequestError, match="another store or epoch"):
        door.follow(Following(second, cursor=cursor))
    door.delete_store(store)
    door.create_store(store)
    with pytest.raises(RequestError, match="another store or epoch"):
        door.follow(Following(store, cursor=cursor))


def test_a_page_is_bounded_by_tuples(door: Authorizer, store: str, graph: Graph) -> None:
    """A page ends before it has too many tuples, and has one change at least, however large that is."""
    write_many(door, store, 4)
    most = changes.MAX_PAGE_TUPLES
    for revision, size in ((2, most - 1), (3, 2), (4, most + 5)):
        graph.rows(
            "MATCH (c:IamChange {store: $store, revision: $revision}) WITH c, c.writes[0] AS one"
            " SET c.writes = [i IN range(1, $size) | one] RETURN 1",
            store=store,
            revision=revision,
            size=size,
        )
    asked, pages = Following(store, limit=1000), list[list[int]]()
    while not pages or pages[-1]:
        page = door.follow(asked)
        pages.append(numbers(page.items))
        asked = replace(asked, cursor=page.revision.zookie())
    assert [[1, 2], [3], [4], [5], []] == pages


# --- filters -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("types", "relations", "expected"),
    [
        ({"doc"}, set(), [(1, 0), (3, 1), (4, 1)]),
        ({"group"}, set(), [(1, 0), (2, 1), (4, 1)]),
        (set(), {"viewer"}, [(1, 0), (3, 1), (4, 1)]),
        ({"group"}, {"viewer"}, [(1, 0)]),
        ({"group", "doc"}, {"member", "viewer"}, [(1, 0), (2, 1), (3, 1), (4, 2)]),
    ],
)
def test_what_is_not_asked_for_is_not_told(
    door: Authorizer, store: str, types: set[str], relations: set[str], expected: list[tuple[int, int]]
) -> None:
    """By type and relation only those tuples are told, with models always, and the cursor moves past the others."""
    door.write(WriteRequest(store, writes=tuples(ADA)))
    door.write(WriteRequest(store, writes=tuples(VIEW)))
    door.write(WriteRequest(store, deletes=tuples(ADA), writes=tuples("doc:b#viewer@user:ada")))
    head = door.get_store(store).revision
    page = door.follow(Following(store, types=frozenset(types), relations=frozenset(relations)))
    assert expected == [(one.revision, len(one.writes + one.deletes)) for one in page.items]
    assert head == page.revision


# --- waiting -----------------------------------------------------------------------------------------------


def test_a_wait_ends_with_the_first_change(door: Authorizer, store: str) -> None:
    """Who waits is told of a change soon after it is made, long before the wait is over."""
    asked = Following(store, since=1, wait=float(MAX_WAIT))
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(door.follow, asked) for _ in range(2)]
        time.sleep(0.3)
        began = time.monotonic()
        door.write(WriteRequest(store, writes=tuples(ADA)))
        assert [[2], [2]] == [numbers(one.result().items) for one in waiting]
        assert time.monotonic() - began < MAX_WAIT / 2


def test_a_wait_ends_empty(door: Authorizer, store: str) -> None:
    """Where nothing comes the wait ends with an empty page and the cursor it began with, or when it is stopped."""
    began = time.monotonic()
    page = door.follow(Following(store, since=1, wait=0.3))
    assert ((), 1, False) == (page.items, page.revision.number, page.more)
    assert time.monotonic() - began >= 0.3
    stopped = time.monotonic() + 0.3
    page = door.follow(Following(store, since=1, wait=20), lambda: time.monotonic() > stopped)
    assert () == page.items
    assert time.monotonic() - stopped < 10


def test_who_waits_in_a_store_that_ends_is_told(door: Authorizer, store: str) -> None:
    """A store that is deleted, or made anew under its name, ends the wait with an error, never with silence."""
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(door.follow, Following(store, since=1, wait=20))
        time.sleep(0.3)
        door.delete_store(store)
        door.create_store(store)
        with pytest.raises(RequestError) as ended:
            waiting.result()
    assert ended.value.code in {"store_not_found", "zookie_refused"}


@pytest.mark.parametrize("wait", [-1, MAX_WAIT + 1, float("nan")])
def test_a_wait_has_limits(store: str, wait: float) -> None:
    """A wait is of twenty seconds at most."""
    with pytest.raises(RequestError, match="`wait` must be 0 to 20 seconds"):
        Following(store, wait=wait)


def test_waiting_reads_the_revision_only_so_often(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """Ten that wait read the store's revision no more often than one would."""
    counted = _Counted(keeper)
    watching = Authorizer(cast(Keeper, counted), GraphChecker(keeper), deadline=60)
    with ThreadPoolExecutor(10) as pool:
        list(pool.map(lambda _: watching.follow(Following(store, since=1, wait=1.0)), range(10)))
    assert 1 <= counted.heads <= 25


class _Counted:
    """A keeper that counts how often a head is read."""

    def __init__(self, keeper: Neo4jKeeper) -> None:
        self._keeper = keeper
        self.heads = 0

    def until(self, end: float) -> _Counted:
        return self

    def head(self, store: str) -> object:
        self.heads += 1
        return self._keeper.head(store)

    def __getattr__(self, name: str) -> object:
        return getattr(self._keeper, name)


def test_every_watcher_sees_every_change_once(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """With four writers at once each of four watchers, two of another process's kind, gets all changes in order."""
    writes, writers = 12, 4
    total = 1 + writes * writers
    other = Authorizer(keeper, GraphChecker(keeper), deadline=60)

    def watched(one: Authorizer) -> list[int]:
        return [change.revision for change in islice(one.watch(Following(store, limit=5)), total)]

    def paged(one: Authorizer) -> list[int]:
        asked, found = Following(store, limit=3, wait=5), list[int]()
        while len(found) < total:
            page = one.follow(asked)
            found += numbers(page.items)
            asked = replace(asked, cursor=page.revision.zookie())
        return found

    def write(i: int) -> None:
        for j in range(writes):
            door.write(WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}-{j}")))

    ways: list[Callable[[], list[int]]] = [
        lambda: watched(door),
        lambda: paged(door),
        lambda: watched(other),
        lambda: paged(other),
    ]
    with ThreadPoolExecutor(writers + len(ways)) as pool:
        watching = [pool.submit(way) for way in ways]
        list(pool.map(write, range(writers)))
        for one in watching:
            assert list(range(1, total + 1)) == one.result(timeout=60)


# --- what is no longer kept --------------------------------------------------------------------------------


def test_what_was_trimmed_is_said_to_be_gone(keeper: Neo4jKeeper, clocked: Authorizer, store: str) -> None:
    """Changes before a time are forgotten; who asks from before is told so, who asks from there on loses nothing."""
    clocked.write_model(store, MODEL)
    clocked.write(WriteRequest(store, writes=tuples(ADA)))
    later = Authorizer(keeper, GraphChecker(keeper), clock=lambda: NOW + timedelta(hours=1), deadline=SECONDS)
    later.write(WriteRequest(store, writes=tuples(BOB)))
    first = clocked.changes(store)[0].revision
    assert 2 == keeper.trim(store, NOW + timedelta(minutes=1))
    assert 0 == keeper.trim(store, NOW + timedelta(minutes=1))
    for since in (0, first):
        with pytest.raises(RequestError, match="up to revision 2 are no longer kept") as gone:
            clocked.changes(store, since)
        assert "changes_gone" == gone.value.code
    assert [3] == numbers(clocked.changes(store, 2))
    assert [ADA, BOB] == written(clocked, store)
    assert 1 == keeper.trim(store, NOW + timedelta(hours=2))
    with pytest.raises(RequestError, match="up to revision 3"):
        clocked.changes(store, 2)
    assert () == clocked.changes(store, 3)
    clocked.write(WriteRequest(store, writes=tuples(VIEW)))
    assert [4] == numbers(clocked.changes(store, 3))


def test_a_reader_behind_is_told(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """Trimmed between two pages, a reader gets the error on its next page, not a page with a gap."""
    write_many(door, store, 5)
    page = door.follow(Following(store, limit=2))
    keeper.trim(store, NOW + timedelta(days=36_500))
    write_many(door, store, 1)
    with pytest.raises(RequestError) as gone:
        door.follow(Following(store, cursor=page.revision.zookie()))
    assert "changes_gone" == gone.value.code


def test_trimming_stops_at_the_first_that_is_kept(
    keeper: Neo4jKeeper, door: Authorizer, store: str, graph: Graph
) -> None:
    """A clock that went back leaves no gap: what follows a change that is kept is kept."""
    write_many(door, store, 3)
    ats = {1: 1, 2: 30, 3: 1, 4: 30}
    for revision, day in ats.items():
        graph.rows(
            "MATCH (c:IamChange {store: $store, revision: $revision})"
            " SET c.at = datetime({year: 2026, month: 1, day: $day}) RETURN 1",
            store=store,
            revision=revision,
            day=day,
        )
    assert 1 == keeper.trim(store, NOW + timedelta(days=10))
    assert [2, 3, 4] == numbers(door.changes(store, 1))


def test_trimming_in_batches_under_writers(keeper: Neo4jKeeper, door: Authorizer, store: str) -> None:
    """While changes are trimmed again and again, a reader gets all of what it is not told to be gone."""
    ended = threading.Event()

    def trim() -> None:
        while not ended.wait(0.01):
            keeper.trim(store, NOW + timedelta(days=36_500))

    with ThreadPoolExecutor(1) as pool:
        trimming = pool.submit(trim)
        reached = door.get_store(store).revision
        for i in range(20):
            door.write(WriteRequest(store, writes=tuples(f"group:eng#member@user:{i}")))
            try:
                page = door.follow(Following(store, cursor=reached.zookie()))
                assert list(range(reached.number + 1, page.revision.number + 1)) == numbers(page.items)
                reached = page.revision
            except RequestError as gone:
                assert "changes_gone" == gone.code
                reached = door.get_store(store).revision
        ended.set()
        trimming.result()
    assert 21 == reached.number


def test_a_change_that_is_lost_is_an_error(door: Authorizer, store: str, graph: Graph) -> None:
    """A hole in the changes that no trimming made is an error, not a page without it."""
    write_many(door, store, 3)
    graph.rows("MATCH (c:IamChange {store: $store, revision: 3}) DELETE c RETURN 1", store=store)
    for since in (0, 2):
        with pytest.raises(StoreError) as lost:
            door.changes(store, since)
        assert "changes_missing" == lost.value.code
    assert [4] == numbers(door.changes(store, 3))
