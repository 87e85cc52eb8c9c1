"""The routes of a workspace's audit trail, of the workspace as one document, and of its people as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint, RawModel

from iamgraph.access.audit import Audit, as_csv, as_jsonl
from iamgraph.access.people import parse_people
from iamgraph.errors import RequestError
from iamgraph.questions import Entry
from iamgraph.service import access_answers as answers
from iamgraph.service import access_wire as wire
from iamgraph.service.answers import PROBLEMS
from iamgraph.service.doors import access, patient_access

_HOME: Final = "/workspaces/<workspace>"
_LINES: Final[dict[str, Any]] = {
    "content": {kind: {"schema": {"type": "string"}} for kind in ("application/x-ndjson", "text/csv")}
}
_YAML: Final[dict[str, Any]] = {"content": {"application/yaml": {"schema": {"type": "string"}}}}

CSV: Final = "text/csv"


class PeopleFile(RawModel):
    """People as CSV, under a header of `email` and perhaps `name`, `role` and `groups`."""

    mimetypes = [CSV]


routes = APIBlueprint("trail", __name__, url_prefix="/v1", abp_responses=PROBLEMS)


@routes.get(f"{_HOME}/audit", responses={200: answers.AuditAnswer})
def read_audit(path: wire.WorkspacePath, query: wire.AuditQuery) -> Response:
    """What was done and refused in a workspace, newest first; for its owners."""
    page = access().audit(path.workspace).page(query.to_filter(), query.limit, query.cursor)
    return answers.AuditAnswer.of(page).response()


@routes.get(f"{_HOME}/audit/export", responses={200: _LINES})
def export_audit(path: wire.WorkspacePath, query: wire.AuditExportQuery) -> Response:
    """The whole trail as JSON lines or CSV; for its owners."""
    entries = _begun(patient_access().audit(path.workspace), query)
    if query.format == "csv":
        return Response(as_csv(entries), content_type="text/csv; charset=utf-8")
    return Response(as_jsonl(entries), content_type="application/x-ndjson")


def _begun(audit: Audit, query: wire.AuditExportQuery) -> Iterator[Entry]:
    """The trail, its first line read, so that a refusal is an answer of its own."""
    entries = audit.export(query.to_filter())
    first = [one for one in (next(entries, None),) if one is not None]
    return chain(first, entries)


@routes.get(f"{_HOME}/document", responses={200: _YAML})
def read_document(path: wire.WorkspacePath) -> Response:
    """A workspace as one YAML document, which `POST …/document` takes; for its owners."""
    return Response(access().documents.read(path.workspace).text(), content_type="application/yaml; charset=utf-8")


@routes.post(f"{_HOME}/document/plan", responses={200: answers.PlanAnswer})
def plan_document(path: wire.WorkspacePath, body: wire.DocumentBody) -> Response:
    """What applying a document would change; changes nothing."""
    document = body.to_document(path.workspace)
    plan = access().documents.plan(document)
    return answers.PlanAnswer(lines=list(plan.lines), plan=plan.token).response()


@routes.post(f"{_HOME}/document", responses={200: answers.DoneAnswer})
def apply_document(path: wire.WorkspacePath, body: wire.ApplyBody) -> Response:
    """Make a workspace what a document says, in one act; for its owners."""
    document = body.to_document(path.workspace)
    documents = access(body.reason, body.idempotency_key).documents
    return answers.DoneAnswer.of(documents.apply(document, removals=body.removals, shown=body.plan)).response()


@routes.post(f"{_HOME}/people", responses={200: answers.DoneAnswer})
def add_people(path: wire.WorkspacePath, query: wire.ActQuery, raw: PeopleFile) -> Response:
    """Make the people of a CSV file members, and add them to their groups, in one act; for owners."""
    try:
        text = raw.get_data().decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise RequestError("the body is not UTF-8 text", code="malformed_text") from fault
    people = access(query.reason, query.idempotency_key).people(path.workspace)
    return answers.DoneAnswer.of(people.add(parse_people(text))).response()
