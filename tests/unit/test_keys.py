"""Keys as text and as values: their form, what they may do, and who may make which."""

from __future__ import annotations

import string
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ulid import ULID

from iamgraph.errors import IamgraphError, RequestError
from iamgraph.keys import FORM, KEY_DAYS, MAX_STORES_PER_KEY, Keys, expiry, public_id, secret_hash, written
from iamgraph.questions import Scope, StoredKey, no_key

NOW = datetime(2026, 11, 24, tzinfo=UTC)
ROOT = StoredKey("R" * 26, "root", "h", frozenset({Scope.ADMIN}), frozenset({"*"}), NOW, None, None)
BOUND = replace(ROOT, id="B" * 26, stores=frozenset({"a", "b"}))


@dataclass(slots=True)
class MemoryKeeper:
    """Keeps keys in a dictionary."""

    keys: dict[str, StoredKey] = field(default_factory=dict)

    def create_key(self, key: StoredKey) -> None:
        self.keys[key.id] = key

    def list_keys(self) -> tuple[StoredKey, ...]:
        return tuple(self.keys.values())

    def get_key(self, id_: str) -> StoredKey:
        if id_ not in self.keys:
            raise no_key(id_)
        return self.keys[id_]

    def revoke_key(self, id_: str, now: datetime) -> None:
        self.keys[id_] = replace(self.get_key(id_), revoked_at=now)


def made(keys: Keys, **said: Any) -> StoredKey:
    """A key made with some of its fields said."""
    fields = {"scopes": {Scope.CHECK}, "stores": {"a"}, "expires_at": None, **said}
    return keys.create_key(fields.pop("name", "x"), **fields)[0]


# --- the text ---


def test_a_secret_has_its_form() -> None:
    """A secret is found by the documented pattern, carries its id, and no two are the same."""
    id_ = str(ULID())
    texts = {written(id_) for _ in range(100)}
    assert 100 == len(texts)
    assert {79} == set(map(len, texts))
    assert all(FORM.fullmatch(text) for text in texts)
    assert {id_} == set(map(public_id, texts))


def test_every_damaged_character_is_noticed() -> None:
    """A secret with any one character replaced by any other is none."""
    text = written(str(ULID()))
    for i, old in enumerate(text):
        for new in set(string.ascii_letters + string.digits + "_-é") - {old}:
            assert public_id(text[:i] + new + text[i + 1 :]) is None


@given(st.text(max_size=100) | st.text(alphabet="iag_0123456789ABCXYZabcxyz", min_size=70, max_size=90))
def test_no_other_text_is_a_secret(text: str) -> None:
    """Any text can be asked about, and hashed, and none but a secret has an id."""
    assert public_id(text) is None
    assert 64 == len(secret_hash(text))


# --- the value ---


def test_admin_takes_in_the_others_and_no_other_does() -> None:
    """Each scope is itself; `admin` is all of them."""
    for scope in Scope:
        key = replace(ROOT, scopes=frozenset({scope}))
        assert [one for one in Scope if scope in (one, Scope.ADMIN)] == [one for one in Scope if key.may(one)]
    assert not any(replace(ROOT, scopes=frozenset()).may(one) for one in Scope)


def test_a_key_holds_for_its_stores() -> None:
    """For the ids it names, or for all; one that names none holds for none, and `*` is not held by ids."""
    assert BOUND.holds_for(["a"])
    assert BOUND.holds_for(["a", "b"])
    assert not BOUND.holds_for(["a", "c"])
    assert not BOUND.holds_for(["*"])
    assert ROOT.holds_for(["anything"])
    assert ROOT.holds_for(["*"])
    assert not replace(ROOT, stores=frozenset()).holds_for(["a"])


def test_a_key_lives_until_its_end() -> None:
    """It is over from the moment it expires, and from its revocation, whichever comes first."""
    moment = timedelta(microseconds=1)
    key = replace(ROOT, expires_at=NOW)
    assert key.lives(NOW - moment)
    assert not key.lives(NOW)
    assert not replace(key, revoked_at=NOW).lives(NOW - moment)
    assert ROOT.lives(datetime.max.replace(tzinfo=UTC))


# --- making and ending ---


def test_a_bound_maker_stays_within_its_stores() -> None:
    """A key for some stores makes keys for these, never for another, for all, or for one more besides."""
    keys = Keys(MemoryKeeper(), BOUND)
    assert BOUND.id == made(keys, stores={"a", "b"}, scopes=set(Scope)).by
    for beyond in ({"c"}, {"*"}, {"a", "c"}):
        with pytest.raises(RequestError) as refused:
            made(keys, stores=beyond)
        assert "store_not_held" == refused.value.code


def test_nobody_makes_a_scope_he_lacks() -> None:
    """Whoever may not write makes no key that may."""
    keys = Keys(MemoryKeeper(), replace(BOUND, scopes=frozenset({Scope.CHECK, Scope.READ})))
    made(keys, scopes={Scope.READ})
    for beyond in (Scope.WRITE, Scope.ADMIN):
        with pytest.raises(RequestError) as refused:
            made(keys, scopes={Scope.READ, beyond})
        assert "scope_missing" == refused.value.code


def test_a_bound_key_neither_sees_nor_ends_what_is_beyond_it() -> None:
    """Keys that reach further are not in its list, and to revoke one is as if there were none."""
    keeper = MemoryKeeper()
    everybody, bound = Keys(keeper), Keys(keeper, BOUND)
    own = made(everybody, stores={"b"})
    beyond = [made(everybody, stores=stores) for stores in ({"c"}, {"a", "c"}, {"*"})]
    assert (own,) == bound.list_keys()
    for key in beyond:
        with pytest.raises(RequestError) as hidden:
            bound.revoke_key(key.id)
        assert str(no_key(key.id)) == str(hidden.value)
    bound.revoke_key(own.id)
    assert [own.id] == [key.id for key in keeper.list_keys() if key.revoked_at is not None]


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "no name": ({"name": ""}, "malformed_name", "/name"),
    "a long name": ({"name": "n" * 101}, "malformed_name", "/name"),
    "a line break": ({"name": "a\nb"}, "malformed_name", "/name"),
    "half a character": ({"name": "\ud800"}, "malformed_name", "/name"),
    "no scope": ({"scopes": set()}, "malformed_scopes", "/scopes"),
    "no store": ({"stores": set()}, "malformed_stores", "/stores"),
    "all and one": ({"stores": {"*", "a"}}, "malformed_stores", "/stores"),
    "a malformed store": ({"stores": {"a/b"}}, "malformed_store_id", "/stores"),
    "an empty store": ({"stores": {""}}, "malformed_store_id", "/stores"),
    "many stores": ({"stores": {f"s{i}" for i in range(MAX_STORES_PER_KEY + 1)}}, "limit_exceeded", "/stores"),
    "an end in the past": ({"expires_at": NOW - timedelta(days=10_000)}, "malformed_time", "/expires_at"),
}


@pytest.mark.parametrize(("said", "code", "pointer"), WRONG.values(), ids=WRONG)
def test_a_malformed_key_is_not_made(said: dict[str, Any], code: str, pointer: str) -> None:
    """What a key cannot be is refused, with the field to blame, and nothing is kept."""
    keeper = MemoryKeeper()
    with pytest.raises(IamgraphError) as refused:
        made(Keys(keeper), **said)
    assert (code, pointer) == (refused.value.code, refused.value.pointer)
    assert {} == keeper.keys


def test_the_default_end() -> None:
    """A key ends 90 days from now if nobody says otherwise; no lifetime is too long to be told so."""
    assert 90 == KEY_DAYS
    assert abs(expiry() - datetime.now(UTC) - timedelta(days=90)) < timedelta(minutes=1)
    with pytest.raises(RequestError, match="before the year"):
        expiry(timedelta(days=10_000_000))
