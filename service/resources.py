"""The routes of labels, and of what is in a workspace: each reads, acts as the caller, and tells."""

from __future__ import annotations

from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.access.labels import Labels
from iamgraph.access.resources import Resources
from iamgraph.errors import RequestError
from iamgraph.service import access_answers as answers
from iamgraph.service import access_wire as wire
from iamgraph.service.answers import PROBLEMS
from iamgraph.service.doors import access
from iamgraph.tuples import parse_object

_HOME: Final = "/workspaces/<workspace>"
_DONE: Final[dict[Any, Any]] = {200: answers.DoneAnswer}
_MADE: Final[dict[Any, Any]] = {201: answers.DoneAnswer}

routes = APIBlueprint("resources", __name__, url_prefix="/v1", abp_responses=PROBLEMS)


def _labels(path: wire.WorkspacePath, act: wire.Act | wire.ActQuery) -> Labels:
    return access(act.reason, act.idempotency_key).labels(path.workspace)


def _resources(path: wire.WorkspacePath, act: wire.Act | wire.ActQuery) -> Resources:
    return access(act.reason, act.idempotency_key).resources(path.workspace)


# --- labels ---


@routes.get(f"{_HOME}/labels", responses={200: answers.LabelsAnswer})
def list_labels(path: wire.WorkspacePath, query: wire.ListQuery) -> Response:
    """The labels of a workspace, for whoever is in it."""
    found, cursor = answers.cut(access().labels(path.workspace).all(), query.limit, query.cursor, "label")
    told = [answers.LabelAnswer(**one) for one in found]
    return answers.LabelsAnswer(labels=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/labels", responses=_MADE)
def create_label(path: wire.WorkspacePath, body: wire.LabelBody) -> Response:
    """A new label; it cannot be renamed."""
    done = _labels(path, body).create(body.label, description=body.description)
    return answers.DoneAnswer.of(done).response(201)


@routes.delete(f"{_HOME}/labels/<label>", responses=_DONE)
def delete_label(path: wire.LabelPath, query: wire.ActQuery) -> Response:
    """End a label that nothing carries, admits or requires."""
    return answers.DoneAnswer.of(_labels(path, query).delete(path.label)).response()


@routes.post(f"{_HOME}/labels/attach", responses=_DONE)
def attach_to_many(path: wire.WorkspacePath, body: wire.LabelManyBody) -> Response:
    """Let many resources carry labels, in place of values of the same keys; for owners."""
    return answers.DoneAnswer.of(_labels(path, body).attach_many(body.resources, body.labels)).response()


@routes.post(f"{_HOME}/resources/<resource>/labels", responses=_DONE)
def attach_labels(path: wire.ResourcePath, body: wire.LabelsBody) -> Response:
    """Let a source or space carry more labels; for whoever may edit it."""
    return answers.DoneAnswer.of(_labels(path, body).attach(path.resource, body.labels)).response()


@routes.put(f"{_HOME}/resources/<resource>/labels", responses=_DONE)
def replace_labels(path: wire.ResourcePath, body: wire.LabelsBody) -> Response:
    """Let a source or space carry exactly these labels."""
    return answers.DoneAnswer.of(_labels(path, body).attach(path.resource, body.labels, replacing=True)).response()


@routes.post(f"{_HOME}/resources/<resource>/labels/remove", responses=_DONE)
def remove_labels(path: wire.ResourcePath, body: wire.LabelsBody) -> Response:
    """Let a source or space carry some labels no longer."""
    return answers.DoneAnswer.of(_labels(path, body).detach(path.resource, body.labels)).response()


# --- resources ---


@routes.get(f"{_HOME}/resources", responses={200: answers.ResourcesAnswer})
def list_resources(path: wire.WorkspacePath, query: wire.ResourcesQuery) -> Response:
    """The resources of a type that the caller may read; in the workspace, or in one source or space."""
    resources = access().resources(path.workspace)
    page, cursor = answers.page(
        lambda after, most: resources.all(query.type, query.parent, after=after, limit=most), query.limit, query.cursor
    )
    told = [answers.ResourceAnswer(**one) for one in page]
    return answers.ResourcesAnswer(resources=told, next_cursor=cursor).response()


@routes.post(f"{_HOME}/resources", responses=_MADE)
def create_resource(path: wire.WorkspacePath, body: wire.ResourceBody) -> Response:
    """A new resource."""
    done = _resources(path, body).create(
        body.type,
        name=body.name,
        id_=body.id,
        parent=body.parent,
        labels=body.labels,
        engage_source=body.engage_source,
    )
    return answers.DoneAnswer.of(done).response(201)


@routes.get(f"{_HOME}/resources/<resource>", responses={200: answers.ResourceAnswer})
def get_resource(path: wire.ResourcePath) -> Response:
    """A resource: its name, what it is in, its labels."""
    return answers.ResourceAnswer(**access().resources(path.workspace).get(path.resource)).response()


@routes.patch(f"{_HOME}/resources/<resource>", responses=_DONE)
def update_resource(path: wire.ResourcePath, body: wire.ResourceChangeBody) -> Response:
    """Give a resource another name."""
    return answers.DoneAnswer.of(_resources(path, body).rename(path.resource, body.name)).response()


@routes.delete(f"{_HOME}/resources/<resource>", responses=_DONE)
def delete_resource(path: wire.ResourcePath, query: wire.ActQuery) -> Response:
    """End a resource, and what is in it."""
    return answers.DoneAnswer.of(_resources(path, query).delete(path.resource)).response()


@routes.post(f"{_HOME}/resources/<resource>/move", responses=_DONE)
def move_resource(path: wire.ResourcePath, body: wire.MoveBody) -> Response:
    """Move a resource, with what is in it, to another workspace; for an owner of both."""
    return answers.DoneAnswer.of(_resources(path, body).move(path.resource, body.workspace)).response()


@routes.put(f"{_HOME}/resources/<resource>/admits", responses=_DONE)
def admit(path: wire.ResourcePath, body: wire.AdmitsBody) -> Response:
    """Say which sources may be connected to a space."""
    space = parse_object(path.resource)
    if space.type != "space":
        raise RequestError(f"`{space}` admits no sources: a space does", code="admits_refused")
    return answers.DoneAnswer.of(_resources(path, body).admit(space.id, body.labels)).response()
