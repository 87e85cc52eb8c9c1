"""The routes of lists and of expand: each reads, asks, and writes the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any, Final

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.errors import IamgraphError
from iamgraph.listing import ListObjects, ListSubjects, P
from iamgraph.service import answers, lists_wire, wire
from iamgraph.service.doors import authorizer, patient_authorizer
from iamgraph.service.problems import document

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
    if asked.whole:
        return _lines(patient_authorizer().object_pages(asked), lists_wire.object_lines)
    return lists_wire.ObjectsAnswer.of(authorizer().list_objects(asked)).response()


def _subjects(asked: ListSubjects) -> Response:
    if asked.whole:
        return _lines(patient_authorizer().subject_pages(asked), lists_wire.subject_lines)
    return lists_wire.SubjectsAnswer.of(authorizer().list_subjects(asked)).response()


def _lines(pages: Iterator[P], lines: Callable[[P, bool], Iterator[dict[str, Any]]]) -> Response:
    """All of a list, each page sent once it is decided, and the next made only when that is gone: a client that leaves
    ends it. What goes wrong with the first page is the answer; with a later one, the last line.
    """
    first = next(pages)

    def said() -> Iterator[str]:
        try:
            for i, page in enumerate(chain((first,), pages)):
                yield "".join(json.dumps(one) + "\n" for one in lines(page, i == 0))
        except IamgraphError as fault:
            yield json.dumps({"problem": document(fault)}) + "\n"

    return Response(said(), content_type=LINES)
