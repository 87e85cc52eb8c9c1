"""The routes of lists and of expand: each reads, asks, and writes the answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.listing import ListObjects, ListSubjects
from iamgraph.service import answers, lists_wire, wire
from iamgraph.service.doors import authorizer

LINES: Final = "application/x-ndjson"

routes = APIBlueprint("lists", __name__, url_prefix="/v1", abp_responses=answers.PROBLEMS)


@routes.post("/stores/<store>/list-objects", responses={200: lists_wire.ObjectsAnswer})
def list_objects(path: wire.StorePath, query: lists_wire.StreamQuery, body: lists_wire.ListObjectsBody) -> Response:
    """The objects of a type that the subject has the relation on: exactly those a check allows, by their ids."""
    return _objects(body.to_question(path.store, whole=query.stream))


@routes.post("/stores/<store>/list-subjects", responses={200: lists_wire.SubjectsAnswer})
def list_subjects(path: wire.StorePath, query: lists_wire.StreamQuery, body: lists_wire.ListSubjectsBody) -> Response:
    """The subjects of a kind that have the relation on the object: exactly those a check allows, by their ids."""
    return _subjects(body.to_question(path.store, whole=query.stream))


@routes.post("/stores/<store>/history/list-objects", responses={200: lists_wire.ObjectsAnswer})
def list_objects_then(
    path: wire.StorePath, query: lists_wire.StreamQuery, body: lists_wire.PastObjectsBody
) -> Response:
    """The objects of a type that the subject had the relation on, at a revision or a time."""
    return _objects(body.to_question(path.store, whole=query.stream))


@routes.post("/stores/<store>/history/list-subjects", responses={200: lists_wire.SubjectsAnswer})
def list_subjects_then(
    path: wire.StorePath, query: lists_wire.StreamQuery, body: lists_wire.PastSubjectsBody
) -> Response:
    """The subjects of a kind that had the relation on the object, at a revision or a time."""
    return _subjects(body.to_question(path.store, whole=query.stream))


@routes.post("/stores/<store>/list-access", responses={200: lists_wire.AccessListAnswer})
def list_access(path: wire.StorePath, body: lists_wire.ListAccessBody) -> Response:
    """All that the subject can do, by type and relation."""
    return lists_wire.AccessListAnswer.of(authorizer().list_access(body.to_question(path.store))).response()


@routes.post("/stores/<store>/expand", responses={200: lists_wire.TreeAnswer})
def expand(path: wire.StorePath, body: lists_wire.ExpandBody) -> Response:
    """The tree behind a relation of an object, down to the subjects of its tuples."""
    return lists_wire.TreeAnswer.of(authorizer().expand(body.to_question(path.store))).response()


def _objects(asked: ListObjects) -> Response:
    page = authorizer().list_objects(asked)
    return _lines(lists_wire.object_lines(page)) if asked.whole else lists_wire.ObjectsAnswer.of(page).response()


def _subjects(asked: ListSubjects) -> Response:
    page = authorizer().list_subjects(asked)
    return _lines(lists_wire.subject_lines(page)) if asked.whole else lists_wire.SubjectsAnswer.of(page).response()


def _lines(said: Iterable[dict[str, Any]]) -> Response:
    # The list is there in whole by now, true of one revision; only its text is made as it is sent.
    return Response((json.dumps(one) + "\n" for one in said), content_type=LINES)
