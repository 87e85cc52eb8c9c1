"""Wrong calls: every one is answered by a problem document with a stable code, and leaves nothing behind."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import pytest

from tests.service.acme import made
from tests.service.client import Client
from tests.service.wrong_calls import CALLS, Wrong

LISTS: Final = ("members", "groups", "policies", "labels", "resources?type=source", "tokens", "invites")


@pytest.fixture(scope="module")
def workspace(client: Client) -> str:
    """The id of a workspace of olga's."""
    return made(client).id


@pytest.mark.parametrize("wrong", CALLS, ids=lambda wrong: wrong.name)
def test_a_wrong_call_is_refused(client: Client, shared: str, workspace: str, wrong: Wrong) -> None:
    """The call gets its status, its code and the pointer to its field, as a problem document."""
    body, path = wrong.body, wrong.path.replace("{home}", shared).replace("{workspace}", workspace)
    if isinstance(body, str):
        body = body.replace("{store}", shared.rpartition("/")[2]).replace("{workspace}", workspace)
    reply = client.send(wrong.method, path, body, wrong.headers)
    assert "application/problem+json" == reply.headers["content-type"], reply
    assert wrong.answer == reply.problem, reply.body
    assert {"type": "about:blank", "title": HTTPStatus(reply.status).phrase, "status": reply.status} == {
        name: reply.json[name] for name in ("type", "title", "status")
    }


def test_wrong_calls_write_nothing(client: Client, shared: str, workspace: str) -> None:
    """After all wrong calls the store holds no tuple, and its only change is its model; the workspace is as it was."""
    assert [] == client.post(f"{shared}/tuples/read", {}).json["tuples"]
    assert 1 == len(client.get(f"{shared}/changes").json["changes"])
    home = f"/v1/workspaces/{workspace}"
    found = {path: client.get(f"{home}/{path}").json[path.partition("?")[0]] for path in LISTS}
    assert {"members": 1, "labels": 2} == {path: len(one) for path, one in found.items() if one}
