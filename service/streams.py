"""Requests that wait: how many threads they may hold, when they end, and changes as a stream of events."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError, LimitError, StoreError
from iamgraph.questions import ChangePage, Following
from iamgraph.service.answers import ChangeAnswer

# Threads of a worker that are never held by a request that waits.
RESERVED_THREADS: Final = 2
AGAIN_SECONDS: Final = 1.0


class Streams:
    """The waiting requests of one worker. Safe between threads."""

    def __init__(self, threads: int) -> None:
        """Of so many threads a few are kept free."""
        self.most = max(0, threads - RESERVED_THREADS)
        self._open = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()

    def enter(self) -> None:
        """Count a request that waits; `LimitError` where there are as many as may be."""
        with self._lock:
            if self._open >= self.most:
                raise LimitError(f"as many requests wait as this process lets: {self.most}", code="too_many_watchers")
            self._open += 1

    def leave(self) -> None:
        """One has ended."""
        with self._lock:
            self._open -= 1

    def stop(self) -> None:
        """Let all of them end now: the worker does."""
        self._stopping.set()

    def stopping(self) -> bool:
        """Whether they are to end."""
        return self._stopping.is_set()

    def pause(self, seconds: float) -> None:
        """Wait, but for the end."""
        self._stopping.wait(seconds)


def events(
    authorizer: Authorizer, asked: Following, first: ChangePage, streams: Streams, allowed: Callable[[], bool]
) -> Iterator[str]:
    """Changes as server-sent events, from a first page on; each has the cursor after it as its id.

    Ends when the worker does, when the key may no longer, or with an event `error` that says why. While Neo4j cannot
    be reached it waits. The key is asked before each page is told. Something is said every second: that a client has
    gone is seen by that alone, and until then it holds a thread.
    """
    yield from _told(first)
    place = _after(asked, first)
    while not streams.stopping():
        try:
            for page in authorizer.pages(place, streams.stopping):
                if streams.stopping():
                    return
                if not allowed():
                    yield _error("unauthenticated", "the key may no longer follow this store")
                    return
                yield from _told(page)
                place = _after(asked, page)
        except StoreError as fault:
            yield f": {fault.code}\n\n"
            streams.pause(AGAIN_SECONDS)
        except IamgraphError as fault:
            yield _error(fault.code, fault.message)
            return


def _after(asked: Following, page: ChangePage) -> Following:
    return replace(asked, since=0, cursor=page.revision.zookie())


def _told(page: ChangePage) -> Iterator[str]:
    for change in page.items:
        cursor = replace(page.revision, number=change.revision).zookie()
        said = ChangeAnswer.of(change).model_dump_json(exclude_none=True)
        yield f"id: {cursor}\nevent: change\ndata: {said}\n\n"
    # Keeps the connection, and moves the client's last id past what it did not ask for.
    yield f": \nid: {page.revision.zookie()}\n\n"


def _error(code: str, detail: str) -> str:
    return f"event: error\ndata: {json.dumps({'code': code, 'detail': detail})}\n\n"
