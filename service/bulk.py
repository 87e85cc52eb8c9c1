"""The routes of bulk: a file of tuples comes in whole, is kept while it is read, and is answered line by line."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any, BinaryIO, Final

import structlog
from flask import Response, current_app, g, request
from flask_openapi3 import APIBlueprint, RawModel
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from iamgraph.bulk.exports import exported
from iamgraph.bulk.imports import Importer, Rejected, Step
from iamgraph.errors import IamgraphError, LimitError, RequestError, StoreError
from iamgraph.service import answers, wire
from iamgraph.service.doors import actor, check_still, doors, still_allowed
from iamgraph.service.problems import document

# A content type tells the format; where it tells none, `format` does, or the file's beginning.
FORMAT_OF_TYPE: Final[dict[str, str | None]] = {
    "application/x-ndjson": "jsonl",
    "text/csv": "csv",
    "application/json": "json",
    "application/yaml": "yaml",
    "text/plain": "relationships",
    "application/octet-stream": None,
}
ENCODINGS: Final = frozenset({"identity", "gzip"})
LINES: Final = "application/x-ndjson"
_FILE: Final[dict[str, Any]] = {"content": {LINES: {"schema": {"type": "string"}}}}
_BLOCK: Final = 65_536
_PROBLEMS: dict[Any, Any] = {
    str(status): answers.ProblemAnswer for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}

routes = APIBlueprint("bulk", __name__, url_prefix="/v1", abp_responses=_PROBLEMS, abp_security=[{"key": []}])
_log = structlog.get_logger("iamgraph.service")


class TuplesFile(RawModel):
    """The body of an import, which only the importer reads."""

    mimetypes = list(FORMAT_OF_TYPE)


@routes.post("/stores/<store>/import", responses={200: _FILE})
def load(path: wire.StorePath, query: wire.ImportQuery, raw: TuplesFile) -> Response:
    """Import a file of tuples: rejected lines and progress as JSON lines, the last of which is the outcome.

    The body is JSON lines, CSV, a JSON array, YAML or relationships, by its content type; in gzip or not.
    """
    if raw.mimetype not in FORMAT_OF_TYPE:
        raise UnsupportedMediaType(f"send one of these types: {', '.join(sorted(FORMAT_OF_TYPE))}")
    if raw.headers.get("Content-Encoding", "identity") not in ENCODINGS:
        raise UnsupportedMediaType("send the body in gzip or as it is")
    limit: int = current_app.config["MAX_IMPORT"]
    format_ = query.format or FORMAT_OF_TYPE[raw.mimetype]
    wanted = query.to_import(path.store, actor(query.by), format_, limit)
    door = doors().connection.authorizer
    door.until(g.end).get_model(path.store)  # before the file is taken in
    file = _kept(limit)
    try:
        check_still()  # the file may have been long in coming
        importer = Importer(door, file, wanted)
    except BaseException:
        file.close()
        raise
    response = Response(_lines(importer, file, g.request_id, still_allowed()), content_type=LINES)
    response.call_on_close(file.close)
    return response


@routes.get("/stores/<store>/export", responses={200: _FILE})
def export(path: wire.StorePath, query: wire.ExportQuery) -> Response:
    """Every tuple of a store at one revision, as JSON lines in a fixed order after a header; an import takes it."""
    opened = ExitStack()
    with opened:
        door = doors().connection.authorizer
        lines = opened.enter_context(exported(door, path.store, history=query.history))
        response = Response(lines, content_type=LINES)
        response.call_on_close(opened.pop_all().close)
    return response


def _kept(limit: int) -> BinaryIO:
    """The body, in a file of its own: so an upload holds no lock, and its content gives the import's id."""
    request.max_content_length = sys.maxsize  # None would be the limit of other bodies
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the response
    try:
        size = 0
        while block := _block():
            size += len(block)
            _check_size(size, limit)
            _keep(file, block)
    except BaseException:
        file.close()
        raise
    return file


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise LimitError(f"a file to import has {limit} bytes at most", code="import_too_large")


def _block() -> bytes:
    try:
        return request.stream.read(_BLOCK)
    except (OSError, ParseException, BadRequest) as fault:
        raise RequestError("the body ended early, or its chunks are damaged", code="malformed_request") from fault


def _keep(file: BinaryIO, block: bytes) -> None:
    try:
        file.write(block)
        file.flush()
    except OSError as fault:
        raise StoreError("the service has no room to keep the file", code="no_room") from fault


def _lines(importer: Importer, file: BinaryIO, request_id: str, allowed: Callable[[], bool]) -> Iterator[str]:
    """The import, as it goes on; whatever happens, the last line says how it ended."""
    last = Step()
    yield _line("import", {"id": importer.id, "resumed": importer.resumed})
    try:
        with closing(importer.steps()) as steps:
            for last in steps:
                for one in last.rejects:
                    yield _line("rejected", _rejected(one))
                yield _line("progress", _progress(last))
                _check_allowed(allowed)
        yield _line("outcome", {"id": importer.id, **_progress(last), "stopped": last.stopped})
    except IamgraphError as fault:
        yield _line("problem", document(fault) | {"request_id": request_id})
    except Exception as fault:
        _log.exception("import", request_id=request_id, kind=type(fault).__name__)
        failed = StoreError("iamgraph failed; its log says how", code="internal_error")
        yield _line("problem", document(failed) | {"request_id": request_id, "status": 500})
    finally:
        file.close()


def _check_allowed(allowed: Callable[[], bool]) -> None:
    if not allowed():
        raise RequestError("the key has ended or was revoked: what is told as written is", code="unauthenticated")


def _line(name: str, said: dict[str, Any]) -> str:
    return json.dumps({name: {key: value for key, value in said.items() if value is not None}}) + "\n"


def _rejected(one: Rejected) -> dict[str, Any]:
    return {"line": one.line, "code": one.code, "reason": one.reason, "text": one.text}


def _progress(step: Step) -> dict[str, Any]:
    return {
        "lines": step.lines,
        "written": step.written,
        "rejected": step.rejected,
        "skipped": step.skipped,
        "revision": step.revision,
        "zookie": step.zookie,
    }
