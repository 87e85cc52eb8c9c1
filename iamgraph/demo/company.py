"""Loads the company into a store of its own, starts the service, and says what to paste."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from importlib import resources
from typing import Final

from iamgraph.authorizer import Authorizer
from iamgraph.errors import RequestError
from iamgraph.keys import Keys, expiry
from iamgraph.questions import Scope, WriteRequest
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import parse_tuple
from iamgraph.wiring import Connection, join, lease, prepare_service

STORE: Final = "demo"
LOAD_SECONDS: Final = 60.0

Tell = Callable[[str], None]

_CALLS: Final = """\
The demo company is in store `demo`. Paste these into another terminal:

  export KEY={key}
  export URL={url}/v1/stores/demo

May bob edit the orders source? Yes, and the path shows why: core is in eng, eng holds a policy, orders has its label.

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:orders", "explain": true}}'

May bob edit the payments source? No: it lacks the label the policy requires.

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:payments"}}'

Give payments the label, and ask again: now he may.

  curl -s $URL/tuples/write -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"writes": [{{"subject": "label:region_eu", "relation": "label", "object": "source:payments"}}]}}'

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:payments"}}'

The graph is open to any question: sign in to {uri} as neo4j, with the password in {password}, and ask in Cypher
who reaches which source by a policy:

  MATCH path = (:Member)-[:MEMBER*0..3]->()-[:HOLDER]->(:Policy)-->(:Workspace)-[:WORKSPACE]->(:Source) RETURN path

Press Ctrl-C to stop.
"""


def load(authorizer: Authorizer) -> None:
    """The company as it is at the start, in a store made anew."""
    try:
        authorizer.delete_store(STORE)
    except RequestError as missing:
        if missing.code != "store_not_found":
            raise
    files = resources.files("iamgraph.demo")
    authorizer.create_store(STORE)
    authorizer.write_model(STORE, (files / "company.fga").read_text(), by="demo")
    tuples = (files / "company.tuples").read_text().split()
    authorizer.write(WriteRequest(STORE, writes=tuple(map(parse_tuple, tuples)), by="demo", reason="the demo company"))


def make_key(keeper: Neo4jKeeper) -> str:
    """The secret of a new key named `demo`, for the demo's store; the ones of earlier demos end."""
    keys = Keys(keeper)
    for key in keys.list_keys():
        if key.name == STORE and key.revoked_at is None:
            keys.revoke_key(key.id)
    return keys.create_key(STORE, scopes={Scope.ADMIN}, stores={STORE}, expires_at=expiry())[1]


def run(settings: Settings, tell: Tell, show: Tell) -> None:
    """Serve the company until interrupted; `tell` hears of the progress, `show` gets the calls to paste."""
    from iamgraph.service.gunicorn_conf import Service  # noqa: PLC0415 - Flask only where it serves

    with ExitStack() as held:
        server = settings.server or held.enter_context(lease(settings, tell)).server
        # The first statements are the slowest a Neo4j ever runs.
        patient = settings.model_copy(update={"deadline": LOAD_SECONDS})
        key = _prepare(join(server, patient), patient)
        calls = _CALLS.format(
            key=key,
            url=f"http://{settings.address}",
            uri=server.uri,
            password="NEO4J_PASSWORD" if settings.server else settings.data_dir / "password",
        )
        Service(settings, server, lambda: show(calls)).run()


def _prepare(connection: Connection, settings: Settings) -> str:
    """The company loaded, and a key to it."""
    try:
        prepare_service(connection, settings)
        load(connection.authorizer)
        return make_key(connection.keeper)
    finally:
        connection.authorizer.close()
