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


@routes.post("/stores/<store>/history/changes", responses={200: past_wire.ImpactAnswer})
def changes(path: wire.StorePath, body: past_wire.BetweenBody) -> Response:
    """Who gained and who lost which access from one revision or time to another?"""
    return past_wire.ImpactAnswer.of(authorizer().changed(body.to_between(path.store))).response()


@routes.post("/stores/<store>/what-if", responses={200: past_wire.ImpactAnswer})
def what_if(path: wire.StorePath, body: past_wire.TrialBody) -> Response:
    """Who would gain and who would lose which access by a change or another model? Nothing is written."""
    return past_wire.ImpactAnswer.of(authorizer().what_if(body.to_trial(path.store))).response()


@routes.post("/stores/<store>/history/since", responses={200: past_wire.SinceAnswer})
def since(path: wire.StorePath, body: past_wire.SinceBody) -> Response:
    """Who gave this access, and when? The path of an allowed check, and the change after which it has been allowed."""
    return past_wire.SinceAnswer.told(authorizer().since(body.to_question(path.store))).response()
