"""Every scenario once through HTTP: the same answers as everywhere else, by the service's own road."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from ulid import ULID

from iamgraph.tuples import RelationTuple, parse_tuple
from tests.scenario import Scenario, WrittenTuple, load_all
from tests.service.client import Client

pytestmark = pytest.mark.long

SCENARIOS = load_all()


@pytest.fixture
def home(client: Client) -> Iterator[str]:
    """The path of a new store without a model."""
    name = f"http-{ULID()}"
    assert 201 == client.post("/v1/stores", {"id": name}).status
    yield f"/v1/stores/{name}"
    assert 204 == client.delete(f"/v1/stores/{name}").status


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda one: one.slug)
def test_a_scenario_is_answered_over_http(client: Client, home: str, scenario: Scenario) -> None:
    """Every check of the scenario is allowed, denied or refused as unknown, and its paths are the expected ones."""
    now = datetime.now(UTC)
    if scenario.leftovers is not None:
        _model(client, home, scenario.leftovers.before_model)
        _write(client, home, scenario.leftovers.leftover_tuples, now)
    _model(client, home, scenario.model)
    _write(client, home, scenario.tuples, now)
    assert {} == _wrong(client, home, scenario)
    for contextual in scenario.contextual:
        bodies = [_body(one.at(now)) for one in contextual.tuples]
        for check, outcome in contextual.expected():
            assert outcome.value == _asked(client, home, check, contextual_tuples=bodies), check
    for proof in scenario.path:
        reply = client.post(f"{home}/check", _question(proof.check) | {"explain": True})
        assert list(proof.tuples) == [_text(one) for one in reply.json["path"]], proof.check


def _wrong(client: Client, home: str, scenario: Scenario) -> dict[str, str]:
    """The checks that are answered otherwise than expected."""
    found = {check: (outcome.value, _asked(client, home, check)) for check, outcome in scenario.expected()}
    return {check: got for check, (wanted, got) in found.items() if wanted != got}


def _asked(client: Client, home: str, check: str, **more: Any) -> str:
    reply = client.post(f"{home}/check", _question(check) | more)
    if reply.status == 200:
        return "allowed" if reply.json["allowed"] else "denied"
    code = (reply.status, reply.json["code"])
    return "unknown" if code in {(422, "condition_not_evaluated"), (422, "tuples_read_limit")} else str(code)


def _model(client: Client, home: str, text: str) -> None:
    reply = client.post(f"{home}/models", {"text": text})
    assert 201 == reply.status, reply.body


def _write(client: Client, home: str, tuples: tuple[WrittenTuple, ...], now: datetime) -> None:
    if tuples:
        reply = client.post(f"{home}/tuples/write", {"writes": [_body(one.at(now)) for one in tuples]})
        assert 200 == reply.status, reply.body


def _body(one: RelationTuple) -> dict[str, Any]:
    body: dict[str, Any] = _plain(one)
    if one.expires_at is not None:
        body["expires_at"] = one.expires_at.isoformat()
    if one.condition is not None:
        body["condition"] = {"name": one.condition.name, "context": json.loads(one.condition.context)}
    return body


def _question(check: str) -> dict[str, Any]:
    return _plain(parse_tuple(check))


def _plain(one: RelationTuple) -> dict[str, Any]:
    return {"subject": str(one.subject), "relation": one.relation, "object": str(one.object)}


def _text(one: dict[str, Any]) -> str:
    return f"{one['object']}#{one['relation']}@{one['subject']}"
