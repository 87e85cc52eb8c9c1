"""API keys for tests: straight into Neo4j, without a service."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from ulid import ULID

from iamgraph.keys import Keys, expiry, secret_hash, written
from iamgraph.questions import ALL_STORES, Scope, StoredKey
from iamgraph.store.keeper import Neo4jKeeper

EVERYTHING = frozenset({Scope.ADMIN})
EVERYWHERE = frozenset({ALL_STORES})


def make_key(
    keeper: Neo4jKeeper,
    name: str,
    scopes: Collection[Scope] = EVERYTHING,
    stores: Collection[str] = EVERYWHERE,
) -> tuple[StoredKey, str]:
    """A key, for everything if not said otherwise, and its secret."""
    return Keys(keeper).create_key(name, scopes=scopes, stores=stores, expires_at=expiry())


def expired_key(keeper: Neo4jKeeper, name: str) -> tuple[StoredKey, str]:
    """A key for everything that ended a minute ago, and its secret."""
    id_ = str(ULID())
    secret = written(id_)
    now = datetime.now(UTC)
    key = StoredKey(
        id_,
        name,
        secret_hash(secret),
        EVERYTHING,
        EVERYWHERE,
        now - timedelta(days=1),
        None,
        expires_at=now - timedelta(minutes=1),
    )
    keeper.create_key(key)
    return key, secret


def end_key(keeper: Neo4jKeeper, key: StoredKey) -> None:
    """Revoke a key."""
    Keys(keeper).revoke_key(key.id)
