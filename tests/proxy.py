"""A proxy of TCP on loopback that breaks what passes: it cuts connections, delays, and swallows bytes.

It stands between a driver and its server. Faults are armed from outside, each for one connection, the next one to
which it applies; what is not armed passes as it is.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Self
from urllib.parse import urlsplit

from iamgraph.store.neo4j import Neo4jServer

READ: Final = 65_536
LONGEST: Final = 64  # bytes that can be watched for
# Bolt's COMMIT: a chunk of two bytes, a structure without fields with this signature, and the end of the message.
COMMIT: Final = b"\x00\x02\xb0\x12\x00\x00"


class Fault(Enum):
    """What happens to a connection when what was watched for has come by from the client."""

    CUT_BEFORE = auto()
    """What came by is not sent on, and both sides are closed."""
    CUT_AFTER = auto()
    """What came by is sent on, and the client's side is closed once the server begins to answer it."""
    SWALLOW_BEFORE = auto()
    """Neither this nor anything later passes, but the connections stay open: half of the network is gone."""
    SWALLOW_AFTER = auto()
    """What came by is sent on; no answer passes, nor anything later, but the connections stay open."""


@dataclass(frozen=True, slots=True)
class Trap:
    """A fault, the bytes that set it off, and whether the server cannot be reached at all from then on."""

    fault: Fault
    watched: bytes
    then_gone: bool


class Proxy:
    """Passes bytes between clients and one server, but for the traps that were set."""

    def __init__(self, host: str, port: int) -> None:
        """Listens on a free port of loopback for connections to pass on to that server."""
        self._server = (host, port)
        self._lock = threading.Lock()
        self._traps: list[Trap] = []
        self._links: set[_Link] = set()
        self._sprung = 0
        self._refusing = False
        self.silent = False
        self.delay = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all connections, and listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.cut()

    # --- faults ---

    def set(self, fault: Fault, watched: bytes = COMMIT, *, then_gone: bool = False) -> None:
        """Arm one fault, for the first connection on which the bytes come by; `then_gone` refuses what comes after."""
        with self._lock:
            self._traps.append(Trap(fault, watched, then_gone))

    @property
    def sprung(self) -> int:
        """How many faults have happened."""
        return self._sprung

    def cut(self) -> None:
        """Close every connection there is, on both sides."""
        with self._lock:
            links = list(self._links)
        for link in links:
            link.close()

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """Meanwhile every connection is cut, and every new one closed at once."""
        self._refusing = True
        self.cut()
        try:
            yield
        finally:
            self._refusing = False

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Meanwhile nothing passes, though all connections stay open; one that lost something is silent for ever."""
        self.silent = True
        try:
            yield
        finally:
            self.silent = False

    def spring(self, before: bytes, data: bytes) -> Trap | None:
        """The trap that bytes which came by after others set off; it is gone then."""
        with self._lock:
            found = next((one for one in self._traps if one.watched in before[1 - len(one.watched) :] + data), None)
            if found is not None:
                self._traps.remove(found)
                self._sprung += 1
                self._refusing = self._refusing or found.then_gone
            return found

    # --- connections ---

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._refusing:
                client.close()
                continue
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            link = _Link(self, client, server)
            with self._lock:
                self._links.add(link)
            link.start()

    def forget(self, link: _Link) -> None:
        """A connection that has ended."""
        with self._lock:
            self._links.discard(link)


class _Link:
    """One client's connection, and the one to the server that goes with it."""

    def __init__(self, proxy: Proxy, client: socket.socket, server: socket.socket) -> None:
        self._proxy = proxy
        self._client = client
        self._server = server
        self._cut_on_answer = False
        self._silent = False
        for one in (client, server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def start(self) -> None:
        """Pass bytes both ways, each way in a thread of its own."""
        for run in (self._forth, self._back):
            threading.Thread(target=run, daemon=True).start()

    def close(self) -> None:
        """End both sides."""
        for one in (self._client, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._proxy.forget(self)

    def _forth(self) -> None:
        before = b""
        for data in _arriving(self._client):
            trap = self._proxy.spring(before, data)
            before = (before + data)[-LONGEST:]
            if trap is None:
                self._pass(self._server, data)
                continue
            match trap.fault:
                case Fault.CUT_BEFORE:
                    break
                case Fault.CUT_AFTER:
                    self._cut_on_answer = True
                    self._pass(self._server, data)
                case Fault.SWALLOW_BEFORE:
                    self._silent = True
                case Fault.SWALLOW_AFTER:
                    self._pass(self._server, data)
                    self._silent = True
        self.close()

    def _back(self) -> None:
        for data in _arriving(self._server):
            # What keeps a connection alive is no answer: an empty message of Bolt.
            if self._cut_on_answer and data.strip(b"\x00"):
                break
            self._pass(self._client, data)
        self.close()

    def _pass(self, to: socket.socket, data: bytes) -> None:
        if self._proxy.delay:
            time.sleep(self._proxy.delay)
        self._silent = self._silent or self._proxy.silent
        if not self._silent:
            with suppress(OSError):
                to.sendall(data)


def _arriving(source: socket.socket) -> Iterator[bytes]:
    try:
        while data := source.recv(READ):
            yield data
    except OSError:
        return


@contextmanager
def proxied(server: Neo4jServer) -> Iterator[tuple[Proxy, Neo4jServer]]:
    """A proxy in front of a Neo4j, and where that Neo4j is seen behind it."""
    place = urlsplit(server.uri)
    with Proxy(place.hostname or "127.0.0.1", place.port or 7687) as proxy:
        yield proxy, Neo4jServer(f"bolt://127.0.0.1:{proxy.port}", server.user, server.password, server.database)
