"""A file as pieces: whole lines, out of gzip where they are in it, as many as become one change."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final

from iamgraph.errors import LimitError, RequestError
from iamgraph.questions import MAX_TUPLES_PER_CHUNK

MAX_LINE_BYTES: Final = 8_388_608
PIECE_BYTES: Final = 1_048_576
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_OTHER_TEXT: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines. `digest` is of the whole file as far as they go, so it names them and all before them.

    Where a piece ends depends on the file alone: the same file has the same pieces, whatever is made of them.
    """

    number: int
    first: int
    lines: tuple[bytes, ...]
    digest: str


def unpacked(file: BinaryIO) -> BinaryIO:
    """The file from its start, out of gzip if it is in it, whatever its name says."""
    file.seek(0)
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=file)) if packed else file


def pieces(file: BinaryIO, max_bytes: int | None) -> Iterator[Piece]:
    """The file's pieces. `max_bytes` bounds what comes out of it, which gzip could make any size."""
    lines, digest, first, number = _Lines(file, max_bytes), hashlib.sha256(), 1, 0
    while taken := lines.take():
        digest.update(b"".join(taken) + lines.left_out())
        yield Piece(number, first, taken, digest.hexdigest())
        first, number = first + len(taken), number + 1


class _Lines:
    """Reads lines; of one that is too long only so much is kept that this shows."""

    def __init__(self, file: BinaryIO, max_bytes: int | None) -> None:
        self._file = file
        self._left = max_bytes
        self._begun = False
        self._left_out = hashlib.sha256()

    def take(self) -> tuple[bytes, ...]:
        """The lines of the next piece."""
        found: list[bytes] = []
        size = 0
        while len(found) < MAX_TUPLES_PER_CHUNK and size < PIECE_BYTES and (line := self._line()):
            found.append(line)
            size += len(line)
        return tuple(found)

    def left_out(self) -> bytes:
        """What stands for all that was left out of lines so far."""
        return self._left_out.digest()

    def _line(self) -> bytes:
        line = self._read()
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            while rest := self._read():
                self._left_out.update(rest)
                if rest.endswith(b"\n"):
                    break
        return line

    def _read(self) -> bytes:
        with reading():
            line = self._file.readline(MAX_LINE_BYTES + 1)
        self._count(len(line))
        if not self._begun:
            self._begun = True
            if line.startswith(_OTHER_TEXT):
                raise RequestError("the file is not UTF-8 text", code="malformed_text")
            line = line.removeprefix(_BOM)
        return line

    def _count(self, size: int) -> None:
        if self._left is not None:
            self._left -= size
            if self._left < 0:
                raise too_large()


@contextmanager
def reading() -> Iterator[None]:
    """Turns what goes wrong in a file into our errors."""
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as fault:
        raise RequestError("the gzip data is damaged, or ends early", code="malformed_gzip") from fault
    except OSError as fault:
        raise RequestError(f"cannot read the file: {fault.strerror}", code="file_not_read") from fault


def too_large() -> LimitError:
    """More came out of a file than may be imported at once."""
    return LimitError("the file is larger than may be imported at once", code="import_too_large")
