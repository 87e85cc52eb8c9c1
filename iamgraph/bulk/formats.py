"""The formats tuples come in: which one a file is of, and what reads its lines."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Final

from iamgraph.bulk.comma import CommaReader, is_header
from iamgraph.bulk.documents import lines_of
from iamgraph.bulk.pieces import reading, unpacked
from iamgraph.bulk.records import tuple_of_line
from iamgraph.bulk.relationships import COMMENTS, tuple_of_relationship
from iamgraph.errors import RequestError
from iamgraph.tuples import RelationTuple

FORMATS: Final = ("jsonl", "csv", "json", "yaml", "relationships")
_FORMAT_OF_ENDING: Final[Mapping[str, str]] = {
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "csv": "csv",
    "yaml": "yaml",
    "yml": "yaml",
    "zed": "relationships",
}
SNIFFED_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Source:
    """Lines of a format, and what makes a tuple of one."""

    format: str
    file: BinaryIO
    read: Callable[[str], RelationTuple | None]


def source_of(file: BinaryIO, name: str | None = None, format_: str | None = None) -> Source:
    """The file as lines, in the format given, else in the one its name and its beginning tell of."""
    start = _first_line(unpacked(file))
    found = format_ or _found(start, name or "")
    plain = unpacked(file)
    if found in ("json", "yaml"):
        relationships, lines = lines_of(plain, as_yaml=found == "yaml")
        return Source(found, io.BytesIO(lines), tuple_of_relationship if relationships else tuple_of_line)
    if found == "csv":
        return Source(found, plain, CommaReader(start).read)
    return Source(found, plain, tuple_of_line if found == "jsonl" else tuple_of_relationship)


def _first_line(file: BinaryIO) -> str:
    """The first line that says something, or what there is of it."""
    with reading():
        start = file.read(SNIFFED_BYTES)
    lines = start.decode("utf-8-sig", errors="replace").splitlines()
    return next((line for line in lines if line.strip()), "")


def _found(start: str, name: str) -> str:
    named = _FORMAT_OF_ENDING.get(name.lower().removesuffix(".gz").rpartition(".")[2])
    if named is not None:
        return named
    text = start.strip()
    if text.startswith("["):
        return "json"
    if text.startswith(("{", '"')) or not text:
        # An object that ends with its line is a line of several.
        return "jsonl" if text.endswith(("}", '"')) or not text else "json"
    if is_header(text):
        return "csv"
    if text.startswith(COMMENTS) or ("@" in text and "#" in text):
        return "relationships"
    raise RequestError("the format of the tuples is not known: name it", code="unknown_format")
