"""A request as it arrives: whether all of it is there, so that no thread waits for a client.

What it says is gunicorn's matter, which reads it from its start; here only its end is looked for.
"""

from __future__ import annotations

import re
import socket
from typing import Final

from gunicorn.http.errors import LimitRequestHeaders
from gunicorn.http.parser import RequestParser
from gunicorn.http.unreader import Unreader
from gunicorn.workers.gthread import TConn

READ: Final = 65_536

# From a request's first byte, or the connection, to the request's last byte.
MAX_ARRIVAL_SECONDS: Final = 10.0
MAX_HEAD_BYTES: Final = 65_536
MAX_SIZE_LINE: Final = 8_190  # of a chunk; what gunicorn takes
# Of all requests of one worker that have begun and are not whole.
MAX_ARRIVING_BYTES: Final = 67_108_864

_LENGTH: Final = re.compile(rb"\r\ncontent-length:[ \t]*0*(\d{1,18})[ \t]*\r\n", re.IGNORECASE)
_CODED: Final = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
_EXPECTS: Final = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)
_SIZE: Final = re.compile(rb"0*([0-9a-fA-F]{1,16})[ \t]*(?:;.*)?", re.DOTALL)


class Incoming:
    """The bytes of one request so far."""

    def __init__(self, max_body: int, until: float) -> None:
        """All of it is to be there `until` then; a body past `max_body` is not waited for, since it is refused."""
        self.data = bytearray()
        self.until = until
        self.ended = False
        self.too_large = False
        """Whether its body is too large to be waited for here."""
        self.whole = False
        """Whether it can be answered without waiting: it is there, it is too large, or it is no request at all."""
        self._max_body = max_body
        self._searched = 0
        self._body_at: int | None = None
        self._chunked = False
        self._chunk_at = 0  # where the size of the next chunk is said
        self._body_seen = 0  # bytes of whole chunks
        self._length = 0

    def add(self, data: bytes) -> None:
        """More of it came."""
        self.data += data
        self.whole = self._head_whole() and (self._chunks_whole() if self._chunked else self._length_whole())

    def end(self) -> None:
        """The client sends no more."""
        self.ended = self.whole = True

    @property
    def has_head(self) -> bool:
        """Whether its head is there."""
        return self._body_at is not None

    @property
    def waits_for_leave(self) -> bool:
        """Whether the client sends its body only once it is asked for; one of HTTP/1.0 knows no such thing."""
        if self._body_at is None or self.data.find(b" HTTP/1.1\r\n", 0, self._body_at) < 0:
            return False
        return _EXPECTS.search(self.data, 0, self._body_at) is not None

    def _head_whole(self) -> bool:
        if self._body_at is None:
            found = self.data.find(b"\r\n\r\n", max(0, self._searched - 3))
            self._searched = len(self.data)
            if found < 0:
                return self._searched > MAX_HEAD_BYTES
            self._body_at = self._chunk_at = found + 4
            self._chunked = _CODED.search(self.data, 0, self._body_at) is not None
            length = _LENGTH.search(self.data, 0, self._body_at)
            self._length = int(length[1]) if length is not None else 0
        return True

    def _length_whole(self) -> bool:
        self.too_large = self._length > self._max_body
        return self.too_large or len(self.data) - (self._body_at or 0) >= self._length

    def _chunks_whole(self) -> bool:
        while True:
            end = self.data.find(b"\r\n", self._chunk_at)
            if end < 0:
                return len(self.data) - self._chunk_at > MAX_SIZE_LINE
            said = _SIZE.fullmatch(self.data, self._chunk_at, end)
            size = int(said[1], 16) if said is not None else 0
            if size == 0:
                # Damaged, or the last one, after which come fields as in a head.
                return said is None or self._fields_whole(end)
            held = min(size, len(self.data) - end - 2)
            if self._body_seen + held > self._max_body:
                self.too_large = True
                return True
            if len(self.data) < end + 2 + size + 2:
                return False
            self._body_seen += size
            self._chunk_at = end + 2 + size + 2

    def _fields_whole(self, begin: int) -> bool:
        return self.data.find(b"\r\n\r\n", begin) >= 0 or len(self.data) - begin > MAX_HEAD_BYTES


class Arrived(Unreader):
    """What gunicorn reads requests from: what has arrived. The client itself is read for a body too large to be kept,
    by a route that asks for it.
    """

    def __init__(self, client: socket.socket | None) -> None:
        """Nothing has arrived yet."""
        super().__init__()
        self._client = client
        self._ended = self._has_head = False
        self.goes_on = False
        """Whether the client itself is read for the rest of the request."""

    def take(self, request: Incoming) -> None:
        """The request to be read next."""
        self.buf.write(request.data)
        self._ended = request.ended
        self._has_head = request.has_head
        self.goes_on = request.too_large

    def answered(self) -> None:
        """The request was answered: what its client still sends of it is not waited for."""
        self.goes_on = False

    def chunk(self, size_hint: int | None = None) -> bytes:  # noqa: ARG002 - gunicorn says how much it would like
        """More than has arrived: of a body too large to be kept; else the request was cut off, by client or limit."""
        if self._ended:
            return b""
        if not self._has_head:
            raise LimitRequestHeaders("the head is too large")
        if not self.goes_on or self._client is None:
            # As if the client had sent nothing for too long, which gunicorn ends the connection for. So too where a
            # request goes on that was whole by what is looked at here: no thread waits for a client's trick.
            raise TimeoutError("the rest of the body is not read")
        self._client.settimeout(MAX_ARRIVAL_SECONDS)
        return self._client.recv(READ)


class Parser(RequestParser):
    """gunicorn's, which does not wait for what it will not use."""

    unreader: Arrived

    def __init__(self, conn: TConn) -> None:
        """Of one connection."""
        super().__init__(conn.cfg, conn.sock, conn.client)
        self.unreader = Arrived(conn.sock)

    def finish_body(self, deadline: float | None = None, max_bytes: int | None = None) -> bool:  # type: ignore[override] # old stubs
        """Whether the connection can be kept: nothing is left of the last body. With a deadline it was answered."""
        if deadline is not None:
            self.unreader.answered()
        return bool(super().finish_body(deadline, max_bytes))
