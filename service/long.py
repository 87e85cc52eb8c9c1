"""Questions that may take long: some at a time in each worker, so that checks always find a thread."""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import Final

from flask import Flask, Response, current_app, g, request

from iamgraph.service.problems import problem
from iamgraph.service.scopes import LONG_ROUTES

_PLACES: Final = "LONG_PLACES"


def hold_long(app: Flask, places: int) -> None:
    """Let `places` of the long questions be answered at a time; refuse more at once with 503 `too_many_long`."""
    app.config[_PLACES] = BoundedSemaphore(places)
    app.before_request(_enter)
    app.after_request(_leave_when_sent)
    app.teardown_request(_leave)


def _enter() -> Response | None:
    if request.endpoint not in LONG_ROUTES:
        return None
    places: BoundedSemaphore = current_app.config[_PLACES]
    if not places.acquire(blocking=False):
        return problem(503, "too_many_long", "as many long questions are being answered as may be: try again")
    g.long_place = places
    return None


def _leave_when_sent(response: Response) -> Response:
    # What is streamed is still being found while it is sent.
    places: BoundedSemaphore | None = g.pop("long_place", None)
    if places is not None:
        response.call_on_close(places.release)
    return response


def _leave(_: BaseException | None) -> None:
    # Where no response came of it.
    places: BoundedSemaphore | None = g.pop("long_place", None)
    if places is not None:
        places.release()
