"""API keys: made once, shown once, kept as a hash; who may make and end which."""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
import zlib
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from ulid import ULID

from iamgraph.errors import LimitError, RequestError
from iamgraph.questions import ALL_STORES, Scope, StoredKey, check_store_id, no_key
from iamgraph.tuples import shown

MAX_NAME_LENGTH: Final = 100
MAX_STORES_PER_KEY: Final = 100
# How long a key lasts whose maker does not say otherwise.
KEY_DAYS: Final = 90

PREFIX: Final = "iag_"
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH: Final = 43  # of 62 digits: 256 bits
_CHECKSUM_LENGTH: Final = 6
# What scanners look for: the prefix, the key's public id, its secret, and a checksum of all before it.
FORM: Final = re.compile(f"{PREFIX}([0-7][0-9A-HJKMNP-TV-Z]{{25}})[0-9A-Za-z]{{{_SECRET_LENGTH + _CHECKSUM_LENGTH}}}")


class KeyKeeper(Protocol):
    """Keeps keys."""

    def create_key(self, key: StoredKey) -> None:
        """Keep a key."""

    def list_keys(self) -> tuple[StoredKey, ...]:
        """All keys, the ended ones too, by name and id."""

    def get_key(self, id_: str) -> StoredKey:
        """One key; `RequestError` (`key_not_found`) if there is none of that id."""

    def revoke_key(self, id_: str, now: datetime) -> None:
        """End a key; `RequestError` (`key_not_found`) if there is none of that id."""


# --- the text of a key ---


def written(id_: str) -> str:
    """A new secret of the key of that id, in the one form keys have."""
    text = PREFIX + id_ + _digits(secrets.randbits(256), _SECRET_LENGTH)
    return text + _checksum(text)


def public_id(text: str) -> str | None:
    """The id of the key this text may be the secret of; None where it is damaged, or no key at all."""
    found = FORM.fullmatch(text)
    if found is None or text[-_CHECKSUM_LENGTH:] != _checksum(text[:-_CHECKSUM_LENGTH]):
        return None
    return found[1]


def secret_hash(text: str) -> str:
    """What is kept of a secret; 256 random bits need no slower one."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _checksum(text: str) -> str:
    return _digits(zlib.crc32(text.encode()), _CHECKSUM_LENGTH)


def _digits(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, len(_DIGITS))
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))


# --- making, seeing and ending keys ---


def expiry(lifetime: timedelta = timedelta(days=KEY_DAYS)) -> datetime:
    """When a key ends that is made now."""
    try:
        return datetime.now(UTC) + lifetime
    except OverflowError as fault:
        raise RequestError("a key ends before the year 10,000, or never", code="malformed_time") from fault


class Keys:
    """Makes, shows and ends keys for whoever came with a key, within what that one reaches."""

    def __init__(self, keeper: KeyKeeper, by: StoredKey | None = None) -> None:
        """`by` is the key it is done with; None where no key is asked for."""
        self._keeper = keeper
        self._by = by

    def create_key(
        self, name: str, *, scopes: Collection[Scope], stores: Collection[str], expires_at: datetime | None
    ) -> tuple[StoredKey, str]:
        """A new key, and its secret, which nothing can show again.

        Raises `RequestError` (`store_not_held`, `scope_missing`) where it could do what its maker cannot.
        """
        _check(name, scopes, stores, expires_at)
        self._check_reach(scopes, stores)
        id_ = str(ULID())
        secret = written(id_)
        key = StoredKey(
            id=id_,
            name=name,
            hash=secret_hash(secret),
            scopes=frozenset(scopes),
            stores=frozenset(stores),
            at=datetime.now(UTC),
            by=self._by.id if self._by is not None else None,
            expires_at=expires_at,
        )
        self._keeper.create_key(key)
        return key, secret

    def list_keys(self) -> tuple[StoredKey, ...]:
        """The keys that reach no store beyond the asker's, the ended ones too, by name and id."""
        return tuple(key for key in self._keeper.list_keys() if self._reaches(key.stores))

    def revoke_key(self, id_: str) -> None:
        """End a key, for good. One that cannot be seen is not found."""
        if not self._reaches(self._keeper.get_key(id_).stores):
            raise no_key(id_)
        self._keeper.revoke_key(id_, datetime.now(UTC))

    def _reaches(self, stores: Collection[str]) -> bool:
        return self._by is None or self._by.holds_for(stores)

    def _check_reach(self, scopes: Collection[Scope], stores: Collection[str]) -> None:
        for scope in scopes:
            if self._by is not None and not self._by.may(scope):
                raise lacks(scope)
        beyond = [one for one in stores if not self._reaches([one])]
        if beyond:
            raise not_held(beyond)


def lacks(scope: Scope) -> RequestError:
    """What a key is told that may not do what it asks for."""
    return RequestError(f"the key lacks scope `{scope.value}`", code="scope_missing")


def not_held(stores: Iterable[str]) -> RequestError:
    """The same whether there are such stores or not."""
    return RequestError(
        f"the key does not hold for {', '.join(f'`{shown(one)}`' for one in sorted(stores))}", code="store_not_held"
    )


def _check(name: str, scopes: Collection[Scope], stores: Collection[str], expires_at: datetime | None) -> None:
    if not 0 < len(name) <= MAX_NAME_LENGTH or any(unicodedata.category(c)[0] == "C" for c in name):
        raise RequestError(
            f"malformed key name `{shown(name)}`: 1 to {MAX_NAME_LENGTH} characters",
            code="malformed_name",
            pointer="/name",
        )
    if not scopes:
        raise RequestError("a key needs a scope: what may it do?", code="malformed_scopes", pointer="/scopes")
    _check_stores(stores)
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise RequestError("the key would end before it begins", code="malformed_time", pointer="/expires_at")


def _check_stores(stores: Collection[str]) -> None:
    if not stores or (ALL_STORES in stores and len(stores) > 1):
        raise RequestError(
            f"a key needs ids of stores, or `{ALL_STORES}` alone for all of them",
            code="malformed_stores",
            pointer="/stores",
        )
    if len(stores) > MAX_STORES_PER_KEY:
        raise LimitError(f"a key holds for {MAX_STORES_PER_KEY} stores at most, or for all", pointer="/stores")
    for one in stores:
        _check_store(one)


def _check_store(store: str) -> None:
    try:
        if store != ALL_STORES:
            check_store_id(store)
    except RequestError as fault:
        raise RequestError(fault.message, code=fault.code, pointer="/stores") from fault
