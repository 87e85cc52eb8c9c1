"""Files as pieces: whole lines, bounded, the same pieces for the same file."""

from __future__ import annotations

import gzip
import io
import tracemalloc
from typing import Final

import pytest

from iamgraph.bulk.pieces import MAX_LINE_BYTES, PIECE_BYTES, Piece, pieces, unpacked
from iamgraph.errors import LimitError, RequestError
from iamgraph.questions import MAX_TUPLES_PER_CHUNK

LINES: Final = b"".join(b"line %d\n" % i for i in range(2 * MAX_TUPLES_PER_CHUNK + 1))


def cut(raw: bytes, max_bytes: int | None = None) -> list[Piece]:
    """The pieces of a file."""
    return list(pieces(unpacked(io.BytesIO(raw)), max_bytes))


def test_a_piece_is_whole_lines() -> None:
    """Pieces hold so many lines at most, know the number of their first, and leave nothing out."""
    found = cut(LINES)
    assert [MAX_TUPLES_PER_CHUNK, MAX_TUPLES_PER_CHUNK, 1] == [len(one.lines) for one in found]
    assert [1, MAX_TUPLES_PER_CHUNK + 1, 2 * MAX_TUPLES_PER_CHUNK + 1] == [one.first for one in found]
    assert LINES == b"".join(line for one in found for line in one.lines)


def test_a_piece_is_bounded_in_bytes() -> None:
    """Long lines make short pieces."""
    found = cut((b"x" * 300_000 + b"\n") * 9)
    assert [4, 4, 1] == [len(one.lines) for one in found]
    assert all(sum(map(len, one.lines)) < PIECE_BYTES + 300_001 for one in found)


def test_a_digest_names_all_before_it() -> None:
    """The same beginning has the same digests; a byte changed changes its piece's and every later one."""
    changed = cut(LINES.replace(b"line 2500\n", b"line 2501\n", 1))
    assert [True, False, False] == [a.digest == b.digest for a, b in zip(cut(LINES), changed, strict=True)]
    assert [one.digest for one in cut(LINES)] == [one.digest for one in cut(gzip.compress(LINES))]


def test_a_line_that_is_too_long_is_not_kept() -> None:
    """Of an endless line just enough is kept to tell; the next line is whole, and the digest knows the rest."""
    one = cut(b"x" * (MAX_LINE_BYTES + 1_000_000) + b"\nnext\n")
    assert [[MAX_LINE_BYTES + 1], [5]] == [[len(line) for line in piece.lines] for piece in one]
    other = cut(b"x" * (MAX_LINE_BYTES + 999_999) + b"y\nnext\n")
    assert one[0].digest != other[0].digest


def test_empty_files() -> None:
    """A file without lines has no pieces, in gzip or not."""
    assert [] == cut(b"")
    assert [] == cut(gzip.compress(b""))


def test_a_byte_order_mark_is_no_text() -> None:
    """UTF-8's mark is left out; another encoding's tells that this is no UTF-8."""
    assert (b"a\n",) == cut(b"\xef\xbb\xbfa\n")[0].lines
    with pytest.raises(RequestError, match="UTF-8"):
        cut("a\n".encode("utf-16"))


def test_gzip_in_parts() -> None:
    """Files in gzip may be put one after the other."""
    assert LINES * 2 == b"".join(line for one in cut(gzip.compress(LINES) + gzip.compress(LINES)) for line in one.lines)


@pytest.mark.parametrize("damage", [lambda raw: raw[:-9], lambda raw: raw[:30], lambda raw: raw[:-6] + b"xxxxxx"])
def test_damaged_gzip(damage: object) -> None:
    """Data that ends early or is damaged is an error, not the end of the file."""
    with pytest.raises(RequestError) as refused:
        cut(damage(gzip.compress(LINES)))  # type: ignore[operator]
    assert "malformed_gzip" == refused.value.code


def test_a_bomb_is_bounded() -> None:
    """What comes out of gzip is bounded by the limit, in size and in memory, whatever went in."""
    bomb = gzip.compress(b"\0" * 300_000_000)
    tracemalloc.start()
    with pytest.raises(LimitError):
        cut(bomb, 50_000_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * MAX_LINE_BYTES
