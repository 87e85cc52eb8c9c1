"""The routes of `/v1`: each reads, asks, and writes the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from flask import Response, request
from flask_openapi3 import APIBlueprint

from iamgraph.questions import Scope
from iamgraph.service import answers, wire
from iamgraph.service.doors import (
    actor,
    asking_key,
    authorizer,
    check_cypher,
    check_still,
    check_store,
    doors,
    keys,
    patient_authorizer,
    refresh_keys,
    session,
    still_allowed,
    waiting,
)
from iamgraph.service.streams import events

_EVENTS: dict[str, Any] = {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
_SVG: Final = "image/svg+xml"

routes = APIBlueprint("v1", __name__, url_prefix="/v1", abp_responses=answers.PROBLEMS)


@routes.post("/stores/<store>/check", responses={200: answers.DecisionAnswer})
def check(path: wire.StorePath, body: wire.CheckBody) -> Response:
    """May the subject have the relation on the object?"""
    question = body.to_question(path.store)
    decision = authorizer().check(question)
    if body.session is not None:
        decision = session(path.store, body.session).judged(decision, question.subject)
    return answers.DecisionAnswer.of(decision).response()


@routes.post("/stores/<store>/checks", responses={200: answers.ChecksAnswer})
def check_many(path: wire.StorePath, body: wire.ChecksBody) -> Response:
    """Many questions, answered in their order and all at one revision."""
    batch = body.to_batch(path.store)
    found = authorizer().check_many(batch)
    if body.session is not None:
        found = session(path.store, body.session).judged_many(found, batch)
    return answers.ChecksAnswer.of(found).response()


@routes.post("/stores/<store>/tuples/write", responses={200: answers.RevisionAnswer})
def write(path: wire.StorePath, body: wire.WriteBody) -> Response:
    """Delete and write tuples, whole or not at all."""
    return answers.RevisionAnswer.of(authorizer().write(body.to_request(path.store, actor(body.by)))).response()


@routes.post("/stores/<store>/tuples/delete", responses={200: answers.RevisionAnswer})
def delete(path: wire.StorePath, body: wire.DeleteBody) -> Response:
    """Delete tuples, all or none."""
    return answers.RevisionAnswer.of(authorizer().write(body.to_request(path.store, actor(body.by)))).response()


@routes.post("/stores/<store>/tuples/delete-by-filter", responses={200: answers.DeletionAnswer})
def delete_by_filter(path: wire.StorePath, body: wire.FilterDeleteBody) -> Response:
    """Delete every tuple that matches, in one change; or, as a dry run, find out which."""
    done = authorizer().delete_matching(body.to_request(path.store, actor(body.by)))
    key = asking_key()
    shown = body.dry_run and (key is None or key.may(Scope.READ))
    return answers.DeletionAnswer.of(done, body.dry_run, shown=shown).response()


@routes.post("/stores/<store>/tuples/read", responses={200: answers.TuplesAnswer})
def read(path: wire.StorePath, body: wire.ReadBody) -> Response:
    """A page of tuples, by any side."""
    page = authorizer().read(path.store, body.to_filter(), body.limit, body.cursor)
    return answers.TuplesAnswer.of(page).response()


@routes.post("/stores/<store>/cypher", responses={200: answers.RowsAnswer})
def explore(path: wire.StorePath, body: wire.CypherBody) -> Response:
    """What a Cypher statement of one's own finds; as a picture of its paths, where `image/svg+xml` is accepted."""
    check_cypher()
    found = authorizer().explore(body.to_exploration(path.store))
    if request.accept_mimetypes.best_match(["application/json", _SVG]) == _SVG:
        return Response(found.svg(), content_type=_SVG)
    return answers.RowsAnswer.of(found).response()


@routes.post("/stores/<store>/objects/delete", responses={200: answers.RevisionAnswer})
def delete_object(path: wire.StorePath, body: wire.DeleteObjectBody) -> Response:
    """Delete an object with every tuple it stands in."""
    by = actor(body.by)
    revision, deleted = authorizer().delete_object(path.store, body.to_object(), by, body.reason, body.idempotency_key)
    return answers.RevisionAnswer.of(revision, deleted).response()


@routes.get("/stores/<store>/changes", responses={200: answers.ChangesAnswer})
def changes(path: wire.StorePath, query: wire.PageQuery) -> Response:
    """The changes after a revision or a cursor, oldest first; or, with `wait`, the next that come."""
    asked = query.to_following(path.store)
    if not asked.wait:
        return answers.ChangesAnswer.of(authorizer().follow(asked)).response()
    with waiting() as streams:
        page = patient_authorizer().follow(asked, streams.stopping)
    check_still()
    return answers.ChangesAnswer.of(page).response()


@routes.get("/stores/<store>/watch", responses={200: _EVENTS})
def watch(path: wire.StorePath, query: wire.ChangesQuery) -> Response:
    """The changes after a revision or a cursor, each as a server-sent event, as they come."""
    asked = query.to_following(path.store)
    last = request.headers.get("Last-Event-ID")
    if last:
        asked = replace(asked, since=0, cursor=last)
    streams = doors().streams
    first = authorizer().follow(asked)
    streams.enter()
    response = Response(
        events(patient_authorizer(), asked, first, streams, still_allowed()), content_type="text/event-stream"
    )
    response.call_on_close(streams.leave)
    response.headers["X-Accel-Buffering"] = "no"
    return response


@routes.post("/stores/<store>/models", responses={201: answers.ModelAnswer})
def write_model(path: wire.StorePath, body: wire.ModelBody) -> Response:
    """Make a model the store's current one."""
    by = actor(body.by)
    stored = authorizer().write_model(
        path.store, body.text, by, body.reason, body.idempotency_key, replacing=body.replacing
    )
    return answers.ModelAnswer.of(stored).response(201)


@routes.get("/stores/<store>/models", responses={200: answers.ModelsAnswer})
def list_models(path: wire.StorePath) -> Response:
    """The models of a store, newest first."""
    found = authorizer().list_models(path.store)
    return answers.ModelsAnswer(models=[answers.ModelAnswer.of(one) for one in found]).response()


@routes.get("/stores/<store>/models/<model>", responses={200: answers.ModelAnswer})
def get_model(path: wire.ModelPath) -> Response:
    """One model, or the current one."""
    wanted = None if path.model == "current" else path.model
    return answers.ModelAnswer.of(authorizer().get_model(path.store, wanted)).response()


@routes.post("/stores", responses={201: answers.StoreAnswer})
def create_store(body: wire.StoreBody) -> Response:
    """A new empty store."""
    check_store(body.id)
    return answers.StoreAnswer.of(authorizer().create_store(body.id)).response(201)


@routes.get("/stores", responses={200: answers.StoresAnswer})
def list_stores() -> Response:
    """The stores the key holds for, by id."""
    key = asking_key()
    found = [one for one in authorizer().list_stores() if key is None or key.holds_for([one.id])]
    return answers.StoresAnswer(stores=[answers.StoreAnswer.of(one) for one in found]).response()


@routes.get("/stores/<store>", responses={200: answers.StoreAnswer})
def get_store(path: wire.StorePath) -> Response:
    """The state of a store."""
    return answers.StoreAnswer.of(authorizer().get_store(path.store)).response()


@routes.delete("/stores/<store>", responses={204: None})
def delete_store(path: wire.StorePath) -> Response:
    """End a store and remove all it holds."""
    authorizer().delete_store(path.store)
    return Response(status=204)


@routes.post("/keys", responses={201: answers.NewKeyAnswer})
def make_key(body: wire.KeyBody) -> Response:
    """A new API key, and its secret, which is told this once."""
    key, secret = keys().create_key(body.name, scopes=body.scopes, stores=body.stores, expires_at=body.to_expiry())
    refresh_keys()
    return answers.NewKeyAnswer.of(key, secret=secret).response(201)


@routes.get("/keys", responses={200: answers.KeysAnswer})
def show_keys() -> Response:
    """The keys that reach no store beyond the asking key's own; never their secrets."""
    found = keys().list_keys()
    return answers.KeysAnswer(keys=[answers.KeyAnswer.of(one) for one in found]).response()


@routes.delete("/keys/<key>", responses={204: None})
def end_key(path: wire.KeyPath) -> Response:
    """Revoke a key: every process of the service refuses it within a second."""
    keys().revoke_key(path.key)
    refresh_keys()
    return Response(status=204)
