"""What a store holds, and that a refused act leaves it so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from iamgraph.tuples import StoredTuple
from tests.access.python import PythonDoor


def held(door: PythonDoor) -> tuple[int, list[StoredTuple]]:
    """The store's revision, and every tuple in it."""
    tuples: list[StoredTuple] = []
    cursor: str | None = None
    while True:
        page = door.authorizer.read(door.store, limit=1000, cursor=cursor)
        tuples += page.items
        cursor = page.next_cursor
        if cursor is None:
            return page.revision.number, tuples


@contextmanager
def unchanged(door: PythonDoor) -> Iterator[None]:
    """Fails if anything is another afterwards."""
    before = held(door)
    yield
    assert before == held(door)
