"""Files into stores: piece by piece, each one change, so that an import that was cut off goes on where it was."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, Final, Protocol, Self

from iamgraph.bulk.formats import Source, source_of
from iamgraph.bulk.pieces import MAX_LINE_BYTES, Piece, pieces
from iamgraph.errors import ConflictError, RequestError, StoreError
from iamgraph.questions import Act, Load, Loaded, OnExisting, StoredModel
from iamgraph.tuples import RelationTuple, shown

PIECE_SECONDS: Final = 30.0
ATTEMPTS: Final = 4
PAUSE_SECONDS: Final = 1.0
MAX_IMPORT_ID_LENGTH: Final = 64
_ID: Final = re.compile(r"[A-Za-z0-9_-]+")


class Door(Protocol):
    """What an import asks of an `Authorizer`."""

    def until(self, end: float) -> Self: ...
    def get_model(self, store: str, id_: str | None = None) -> StoredModel: ...
    def load(self, load: Load) -> Loaded: ...
    def written(self, store: str, prefix: str) -> Mapping[str, str]: ...


@dataclass(frozen=True, slots=True)
class Import:
    """What is to become of a file. Without an `id` it has one of its content and all that stands here.

    `strict` stops at the first piece with a line that is rejected: nothing of it is written, nor of those after.
    `dry_run` writes nothing: what it counts, and where it fails, is what the import would do, each piece by itself.
    """

    store: str
    id: str | None = None
    name: str | None = None
    format: str | None = None
    by: str | None = None
    reason: str | None = None
    on_existing: OnExisting = OnExisting.TOUCH
    strict: bool = False
    dry_run: bool = False
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        Act(datetime.now(UTC), self.by, self.reason)  # refuses what no change may carry
        if self.id is not None and (len(self.id) > MAX_IMPORT_ID_LENGTH or not _ID.fullmatch(self.id)):
            raise RequestError(
                f"malformed import id `{shown(self.id)}`: 1 to {MAX_IMPORT_ID_LENGTH} letters, digits, `_` and `-`",
                code="malformed_import_id",
            )

    def bound(self, digest: str) -> str:
        """The hash of some content and of what is to become of it."""
        said = [digest, self.store, self.format, self.by, self.reason, self.on_existing.value]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that is not written, and why."""

    line: int
    code: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Step:
    """How far an import is: lines read, tuples written, lines rejected, lines that an earlier run had dealt with.

    `rejects` are those since the step before. `stopped` says that a strict import ends here.
    """

    lines: int = 0
    written: int = 0
    rejected: int = 0
    skipped: int = 0
    revision: int = 0
    zookie: str | None = None
    rejects: tuple[Rejected, ...] = ()
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A piece read: its tuples with their lines, and the lines that hold none."""

    piece: Piece
    tuples: tuple[RelationTuple, ...]
    lines: tuple[int, ...]
    rejects: tuple[Rejected, ...]


class Importer:
    """One import, ready to run. Made once everything that can be known beforehand is known to be well."""

    def __init__(self, door: Door, file: BinaryIO, wanted: Import) -> None:
        """Raises where the store or its model is missing, or the file's format is not known."""
        door.get_model(wanted.store)
        self._source: Source = source_of(file, wanted.name, wanted.format)
        self._wanted = replace(wanted, format=self._source.format)
        self._door = door
        self.id = wanted.id or self._wanted.bound(_digest(file))[:32]
        self._done = {} if wanted.dry_run else dict(door.written(wanted.store, self._key("")))

    def _key(self, number: int | str) -> str:
        return f"import/{self.id}/{number}"

    @property
    def resumed(self) -> bool:
        """Whether an earlier run of this import has written something."""
        return bool(self._done)

    def steps(self) -> Generator[Step]:
        """Run; a step for each piece. What is read and what is written overlap by one piece."""
        step, running = Step(), None
        with ThreadPoolExecutor(1, "iamgraph-import") as pool:
            for piece in pieces(self._source.file, self._wanted.max_bytes):
                if self._is_done(piece):
                    count = len(piece.lines)
                    step = replace(step, lines=step.lines + count, skipped=step.skipped + count, rejects=())
                    yield step
                    continue
                read = self._read(piece)
                if running is not None:
                    step = _next(step, *running.result())
                    yield step
                    if step.stopped:
                        return
                running = pool.submit(self._write, read)
            if running is not None:
                yield _next(step, *running.result())

    def _is_done(self, piece: Piece) -> bool:
        bound = self._done.get(self._key(piece.number))
        if bound is not None and bound != self._wanted.bound(piece.digest):
            raise ConflictError(
                f"the import `{self.id}` was of another file, or was asked for otherwise: give it another id",
                code="import_id_reused",
            )
        return bound is not None

    # --- reading ---

    def _read(self, piece: Piece) -> _Read:
        tuples: list[RelationTuple] = []
        lines: list[int] = []
        rejects: list[Rejected] = []
        read = self._source.read
        for number, raw in enumerate(piece.lines, piece.first):
            try:
                one = read(_text(raw))
            except RequestError as fault:
                rejects.append(_rejected(number, fault, raw))
                continue
            if one is not None:
                tuples.append(one)
                lines.append(number)
        return _Read(piece, tuple(tuples), tuple(lines), tuple(rejects))

    # --- writing ---

    def _write(self, read: _Read) -> tuple[Loaded, _Read, bool]:
        """What became of a piece, with all its rejects in order, and whether that ends the import."""
        wanted = self._wanted
        load = Load(
            wanted.store,
            read.tuples,
            self._key(read.piece.number),
            wanted.bound(read.piece.digest),
            wanted.by,
            wanted.reason,
            wanted.on_existing,
            whole=wanted.strict,
            incomplete=bool(read.rejects),
            dry_run=wanted.dry_run,
        )
        loaded = self._load(load)
        refused = (
            _rejected(read.lines[i], fault, read.piece.lines[read.lines[i] - read.piece.first])
            for i, fault in loaded.refused
        )
        rejects = tuple(sorted((*read.rejects, *refused), key=lambda one: one.line))
        stopped = wanted.strict and not wanted.dry_run and bool(rejects)
        return loaded, replace(read, rejects=rejects), stopped

    def _load(self, load: Load) -> Loaded:
        """The piece written; once, however often it has to be tried."""
        for attempt in range(1, ATTEMPTS):
            try:
                return self._door.until(time.monotonic() + PIECE_SECONDS).load(load)
            except StoreError:
                time.sleep(PAUSE_SECONDS * attempt)
        return self._door.until(time.monotonic() + PIECE_SECONDS).load(load)


def _digest(file: BinaryIO) -> str:
    """The digest of a file as it lies there."""
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type] # it has readinto
    file.seek(0)
    return digest


def _next(step: Step, loaded: Loaded, read: _Read, stopped: bool) -> Step:
    return Step(
        lines=step.lines + len(read.piece.lines),
        written=step.written + loaded.written,
        rejected=step.rejected + len(read.rejects),
        skipped=step.skipped,
        revision=loaded.revision.number,
        zookie=loaded.revision.zookie(),
        rejects=read.rejects,
        stopped=stopped,
    )


def _text(raw: bytes) -> str:
    if len(raw) > MAX_LINE_BYTES:
        raise RequestError(f"the line is longer than {MAX_LINE_BYTES} bytes", code="line_too_long")
    try:
        return raw.decode().rstrip("\r\n")
    except ValueError as fault:
        raise RequestError("the line is not UTF-8 text", code="malformed_text") from fault


def _rejected(line: int, fault: RequestError, raw: bytes) -> Rejected:
    return Rejected(line, fault.code, fault.message, raw.decode(errors="replace").rstrip("\r\n"))
