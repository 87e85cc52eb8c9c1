"""Wrong calls: every one is answered by a problem document with a stable code, and leaves nothing behind."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from tests.service.client import Client
from tests.service.wrong_calls import CALLS, Wrong


@pytest.mark.parametrize("wrong", CALLS, ids=lambda wrong: wrong.name)
def test_a_wrong_call_is_refused(client: Client, shared: str, wrong: Wrong) -> None:
    """The call gets its status, its code and the pointer to its field, as a problem document."""
    body = wrong.body.replace("{store}", shared.rpartition("/")[2]) if isinstance(wrong.body, str) else wrong.body
    reply = client.send(wrong.method, wrong.path.replace("{home}", shared), body, wrong.headers)
    assert "application/problem+json" == reply.headers["content-type"], reply
    assert wrong.answer == reply.problem, reply.body
    assert {"type": "about:blank", "title": HTTPStatus(reply.status).phrase, "status": reply.status} == {
        name: reply.json[name] for name in ("type", "title", "status")
    }


def test_wrong_calls_write_nothing(client: Client, shared: str) -> None:
    """After all wrong calls the store holds no tuple, and its only change is its model."""
    assert [] == client.post(f"{shared}/tuples/read", {}).json["tuples"]
    assert 1 == len(client.get(f"{shared}/changes").json["changes"])
