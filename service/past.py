"""The routes of what was and what would be: each reads, asks, and writes the answer."""

from __future__ import annotations

from flask import Response
from flask_openapi3 import APIBlueprint

from iamgraph.service import answers, past_wire, wire
from iamgraph.service.doors import authorizer

routes = APIBlueprint("past", __name__, url_prefix="/v1", abp_responses=answers.PROBLEMS)


@routes.post("/stores/<store>/history/check", responses={200: answers.DecisionAnswer})
def check(path: wire.StorePath, body: past_wire.PastCheckBody) -> Response:
    """Might the subject have had the relation on the object, at a revision or a time?"""
    return answers.DecisionAnswer.of(authorizer().check_at(body.to_question(path.store))).response()
