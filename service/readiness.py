"""Whether this worker can answer, told part by part: the database, its schema, the stores, the keys."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Protocol, Self

from iamgraph.access.upgrading import standing
from iamgraph.errors import RequestError, StoreError
from iamgraph.questions import StoredModel, StoreInfo
from iamgraph.store.migrations import migrations

SECONDS: Final = 2.0
# Who asks more often than this is told again what was found.
FRESH_SECONDS: Final = 0.5


class Looked(Protocol):
    """What is looked at."""

    def until(self, end: float) -> Self:
        """The same, ending by that reading of `time.monotonic`."""

    def ping(self) -> None:
        """`StoreError` if the database does not answer."""

    def schema_version(self) -> int:
        """The number of the newest migration the database has had."""

    def list_stores(self) -> tuple[StoreInfo, ...]:
        """All stores."""

    def get_model(self, store: str, id_: str | None) -> StoredModel:
        """A model of a store; without an id the current one."""

    def has_keys(self, now: datetime) -> bool:
        """Whether there is a key that lives."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of each part. `code` and `detail` say why it is not enough."""

    parts: dict[str, dict[str, Any]]
    code: str | None = None
    detail: str = ""


_LATE: Final = Found({"database": {"status": "late"}}, "deadline_exceeded", f"no answer within {SECONDS:g} s")


class Readiness:
    """Looks in a thread of its own, once for all who ask meanwhile: a database that hangs holds up no request."""

    def __init__(self, keeper: Looked, *, keys: bool, store: str | None = None) -> None:
        """`keys` says whether any are asked for, `store` whose access model is looked at."""
        self._keeper = keeper
        self._store = store
        self._asks_keys = keys
        self._pool = ThreadPoolExecutor(1, "readiness")
        self._lock = threading.Lock()
        self._looking: Future[Found] | None = None
        self._found_at = float("-inf")

    def close(self) -> None:
        """Look no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def found(self) -> Found:
        """What is found within `SECONDS`."""
        try:
            return self._look().result(SECONDS)
        except TimeoutError:
            return _LATE

    def _look(self) -> Future[Found]:
        with self._lock:
            old = time.monotonic() - self._found_at > FRESH_SECONDS
            if self._looking is None or (self._looking.done() and old):
                self._looking = self._pool.submit(self._see)
            return self._looking

    def _see(self) -> Found:
        try:
            return look(self._keeper.until(time.monotonic() + SECONDS), keys=self._asks_keys, store=self._store)
        finally:
            self._found_at = time.monotonic()


def look(keeper: Looked, *, keys: bool, store: str | None = None) -> Found:
    """What there is, until something is missing that is needed. `store` is that of the access model."""
    parts: dict[str, dict[str, Any]] = {name: {"status": "unknown"} for name in _LOOKS}
    for name, see in _LOOKS.items():
        if name == "keys" and not keys:
            parts[name] = {"status": "off"}
            continue
        began = time.monotonic()
        try:
            parts[name] = see(keeper)
        except StoreError as fault:
            parts[name] = {"status": "failed", "code": fault.code}
            return Found(parts, fault.code, fault.message)
        parts[name]["ms"] = round((time.monotonic() - began) * 1000, 1)
        if (code := parts[name].get("code")) is not None:
            return Found(parts, code, f"the database's {name} is {parts[name]['status']}")
    if store is not None:
        parts["access_model"] = {"status": _access_model(keeper, store)}
    return Found(parts)


def _access_model(keeper: Looked, store: str) -> str:
    """Whether the store has the access model that is shipped, another, or none. Another answers all that it knows."""
    try:
        info = next((one for one in keeper.list_stores() if one.id == store), None)
        if info is None or info.model is None:
            return "none"
        found = standing(keeper.get_model(store, info.model))
    except (RequestError, StoreError):
        return "unknown"
    return "ok" if found == "current" else found


def _database(keeper: Looked) -> dict[str, Any]:
    keeper.ping()
    return {"status": "ok"}


def _schema(keeper: Looked) -> dict[str, Any]:
    version, known = keeper.schema_version(), migrations()[-1].number
    numbers = {"version": version, "known": known}
    if version < known:
        return {"code": "schema_old", "status": "old", **numbers}
    if version > known:
        return {"code": "schema_too_new", "status": "too_new", **numbers}
    return {"status": "ok", **numbers}


def _stores(keeper: Looked) -> dict[str, Any]:
    """That there are none yet, or none with a model, is worth knowing and no fault."""
    found = keeper.list_stores()
    with_model = any(one.model is not None for one in found)
    return {"status": "ok" if with_model else "without_model" if found else "none"}


def _keys(keeper: Looked) -> dict[str, Any]:
    return {"status": "ok" if keeper.has_keys(datetime.now(UTC)) else "none"}


# In this order: where one is missing, those after it are not looked at.
_LOOKS: Final[dict[str, Callable[[Looked], dict[str, Any]]]] = {
    "database": _database,
    "schema": _schema,
    "stores": _stores,
    "keys": _keys,
}
