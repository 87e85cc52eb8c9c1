"""Errors as HTTP answers: problem+json (RFC 9457) with a stable `code` and, where known, a pointer to the field.

The one place that knows statuses.
"""

from __future__ import annotations

import json
from typing import Any, Final

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from iamgraph.access.desk import RelationMissingError
from iamgraph.access.faults import FaultyFileError
from iamgraph.access.policies import HOLDING
from iamgraph.access.resources import SORTS
from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError, StoreError
from iamgraph.model.faults import ModelTextError

RETRY_AFTER_SECONDS: Final = 1

# The class of an error gives its status; a code of its own may say more.
STATUS_OF_CLASS: Final[dict[type[IamgraphError], int]] = {
    RequestError: 400,
    ModelError: 422,
    ConflictError: 409,
    LimitError: 422,
    StoreError: 503,
}
STATUS_OF_CODE: Final[dict[str, int]] = {
    "store_not_found": 404,
    "model_not_found": 404,
    "key_not_found": 404,
    # Of a type that is in workspaces, and of what a request names.
    **{f"{one}_not_found": 404 for one in ("workspace", *HOLDING, "policy", "access_request", *SORTS)},
    "label_not_found": 404,
    "role_not_found": 404,
    "report_not_found": 404,
    "resource_type_not_found": 404,
    "session_not_found": 404,
    "schema_not_found": 404,
    "relation_missing": 403,
    "sessions_not_held": 403,
    "invite_expired": 410,
    "secret_shown": 409,
    "label_key_taken": 409,
    "unauthenticated": 401,
    "scope_missing": 403,
    "store_not_held": 403,
    "cypher_off": 403,
    "deadline_exceeded": 503,
    "changes_gone": 410,
    "too_many_watchers": 503,
    "import_too_large": 413,
}
# The field that is to blame wherever a code occurs.
POINTER_OF_CODE: Final[dict[str, str]] = {
    "zookie_refused": "/zookie",
    "zookie_of_the_future": "/zookie",
    "malformed_cursor": "/cursor",
    "malformed_store_id": "/id",
}
# Codes of what goes wrong before a question is understood.
CODE_OF_STATUS: Final[dict[int, str]] = {
    400: "malformed_request",
    404: "route_not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
# Below this, errors are SCIM's (RFC 7644, 3.12).
SCIM_ROOT: Final = "/scim/v2/"
SCIM_JSON: Final = "application/scim+json"
# SCIM's keyword for a code; for any other of a malformed request it is `invalidValue`.
SCIM_TYPE_OF_CODE: Final[dict[str, str]] = {
    "malformed_filter": "invalidFilter",
    "malformed_path": "invalidPath",
    "malformed_request": "invalidSyntax",
    "no_target": "noTarget",
    "immutable": "mutability",
    "member_exists": "uniqueness",
    "name_taken": "uniqueness",
    "too_many_tuples": "tooMany",
}


def status_of(error: IamgraphError) -> int:
    """The HTTP status of an error."""
    by_class = next(status for kind, status in STATUS_OF_CLASS.items() if isinstance(error, kind))
    return STATUS_OF_CODE.get(error.code, by_class)


def problem(status: int, code: str, detail: str, **more: Any) -> Response:
    """A problem document of the request under way; `more` holds members besides the usual, left out where None."""
    g.code = code
    write = _scim if request.path.startswith(SCIM_ROOT) else _problem
    response = write(status, code, detail, more)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def _problem(status: int, code: str, detail: str, more: dict[str, Any]) -> Response:
    body = {"type": "about:blank", "title": _title(status), "status": status, "code": code, "detail": detail}
    body["request_id"] = g.request_id
    body |= {name: value for name, value in more.items() if value is not None}
    return Response(json.dumps(body) + "\n", status, content_type="application/problem+json")


def _scim(status: int, code: str, detail: str, more: dict[str, Any]) -> Response:
    # SCIM has no 422; and to a provider 404 says that what the path names is gone, never what a body names.
    status = 400 if status == 422 or (status == 404 and more.get("pointer") is not None) else status
    keyword = SCIM_TYPE_OF_CODE.get(code) or ("invalidValue" if status == 400 else None)
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": str(status), "detail": detail}
    body |= {"scimType": keyword} if keyword else {}
    return Response(json.dumps(body) + "\n", status, content_type=SCIM_JSON)


def document(error: IamgraphError) -> dict[str, Any]:
    """What a problem document says of an error, for answers that have begun already."""
    status = status_of(error)
    return {
        "type": "about:blank",
        "title": _title(status),
        "status": status,
        "code": error.code,
        "detail": error.message,
    }


def _title(status: int) -> str:
    from http import HTTPStatus  # noqa: PLC0415 - used where something went wrong only

    return HTTPStatus(status).phrase


def register(app: Flask) -> None:
    """Make every failure of the app a problem document."""
    app.register_error_handler(IamgraphError, _ours)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def invalid(error: ValidationError) -> Response:
    """A body or query whose fields do not fit: the first fault, and all of them in `errors`."""
    faults = [{"pointer": _pointer(one["loc"]), "detail": one["msg"].lower()} for one in error.errors()[:20]]
    first = faults[0]
    return problem(400, "invalid_request", first["detail"], pointer=first["pointer"], errors=faults)


def _pointer(place: tuple[int | str, ...]) -> str:
    escaped = (str(one).replace("~", "~0").replace("/", "~1") for one in place)
    return "".join(f"/{one}" for one in escaped)


def _ours(error: IamgraphError) -> ResponseReturnValue:
    faults: list[dict[str, Any]] | None = None
    if isinstance(error, ModelTextError):
        faults = [{"line": one.line, "column": one.column, "detail": one.message} for one in error.faults]
    if isinstance(error, FaultyFileError):
        faults = [{"place": one.place, "code": one.code, "detail": one.message} for one in error.faults]
    if isinstance(error, StoreError):
        g.cause = type(error.__cause__).__name__  # for the log; its text may hold what nobody should read
    pointer = error.pointer or POINTER_OF_CODE.get(error.code)
    relation = error.relation if isinstance(error, RelationMissingError) else None
    return problem(status_of(error), error.code, error.message, pointer=pointer, relation=relation, errors=faults)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response  # of ours, by way of `abort`
    status = error.code or 500
    response = problem(status, CODE_OF_STATUS.get(status, "http_error"), (error.description or "").lower().rstrip("."))
    for name, value in error.get_headers():
        if name.lower() == "allow":
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> ResponseReturnValue:
    g.cause, g.fault = type(error).__name__, error
    return problem(500, "internal_error", "iamgraph failed; its log says how")
