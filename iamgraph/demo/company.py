"""Makes the demo's workspaces in a store of their own, starts the service, and says what to paste."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from importlib import resources
from typing import Final

from iamgraph.access.access import Access, found_store
from iamgraph.access.document import parse_document
from iamgraph.access.words import Caller
from iamgraph.errors import RequestError
from iamgraph.keys import Keys, expiry
from iamgraph.questions import Scope
from iamgraph.settings import Settings
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.wiring import Connection, join, lease, prepare

STORE: Final = "demo"
WORKSPACES: Final = ("acme", "globex", "mercy")
LOAD_SECONDS: Final = 60.0

Tell = Callable[[str], None]

_CALLS: Final = """\
Three workspaces are in store `demo`: acme, globex, and the clinic mercy, which is HIPAA-eligible. Paste these into
another terminal:

  export KEY={key}
  export URL={url}/v1/stores/demo
  export ACME={url}/v1/workspaces/acme

May bob edit the orders source? Yes, and the path shows why: his group holds a policy, and orders has its labels.

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:orders", "explain": true}}'

May bob edit the payments source? No: it lacks `region:eu`, which the policy requires besides `environment:prod`.

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:payments"}}'

Give payments the label, and ask again: now he may.

  curl -s $ACME/resources/source:payments/labels -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"labels": ["region:eu"], "reason": "payments moved to Europe"}}'

  curl -s $URL/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' \\
    -d '{{"subject": "member:bob", "relation": "can_edit", "object": "source:payments"}}'

Who did what in acme, and why? The audit trail tells.

  curl -s $ACME/audit -H "Authorization: Bearer $KEY"

The graph is open to any question: sign in to {uri} as neo4j, with the password in {password}, and ask in Cypher
who reaches which source through a group:

  MATCH path = (:Member)-[:ADDED]->(:Group)-[:GROUP]->(:Policy)-->(:Workspace)-[:WORKSPACE]->(:Source) RETURN path

Press Ctrl-C to stop.
"""


def load(connection: Connection) -> None:
    """The workspaces as they are at the start, in a store made anew."""
    authorizer = connection.authorizer
    try:
        authorizer.delete_store(STORE)
    except RequestError as missing:
        if missing.code != "store_not_found":
            raise
    found_store(authorizer, STORE)
    fill(Access.by(Caller(None, "demo"), authorizer, connection.keeper, STORE).saying("the demo"))


def fill(access: Access) -> None:
    """Make the workspaces in a store that has the access model."""
    for name in WORKSPACES:
        text = (resources.files("iamgraph.demo") / f"{name}.yaml").read_text(encoding="utf-8")
        access.documents.apply(parse_document(text))


def make_key(keeper: Neo4jKeeper) -> str:
    """The secret of a new key named `demo`, for the demo's store; the ones of earlier demos end."""
    keys = Keys(keeper)
    for key in keys.list_keys():
        if key.name == STORE and key.revoked_at is None:
            keys.revoke_key(key.id)
    return keys.create_key(STORE, scopes={Scope.ADMIN}, stores={STORE}, expires_at=expiry())[1]


def run(settings: Settings, tell: Tell, show: Tell) -> None:
    """Serve the workspaces until interrupted; `tell` hears of the progress, `show` gets the calls to paste."""
    from iamgraph.service.gunicorn_conf import Service  # noqa: PLC0415 - Flask only where it serves

    with ExitStack() as held:
        server = settings.server or held.enter_context(lease(settings, tell)).server
        # The first statements are the slowest a Neo4j ever runs.
        key = _prepare(join(server, settings.model_copy(update={"deadline": LOAD_SECONDS})))
        calls = _CALLS.format(
            key=key,
            url=f"http://{settings.address}",
            uri=server.uri,
            password="NEO4J_PASSWORD" if settings.server else settings.data_dir / "password",
        )
        Service(settings.model_copy(update={"store": STORE}), server, lambda: show(calls)).run()


def _prepare(connection: Connection) -> str:
    """The workspaces made, and a key to them."""
    try:
        prepare(connection.keeper)
        load(connection)
        return make_key(connection.keeper)
    finally:
        connection.authorizer.close()
