"""Secrets that members and tokens come with: one form, shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from hmac import compare_digest
from typing import Final

TOKEN, SESSION, INVITE = "iat", "ias", "iai"
_FORM: Final = re.compile(r"(iat|ias|iai)_([0-9A-HJKMNP-TV-Z]{26})_([0-9A-Za-z_-]{43})")


def new_secret(kind: str, id_: str) -> str:
    """A secret of 256 random bits for the token, session or invite of that id, a ULID."""
    return f"{kind}_{id_}_{secrets.token_urlsafe(32)}"


def id_of(kind: str, secret: str) -> str | None:
    """The id a secret of that kind says it is of; None where it is none."""
    found = _FORM.fullmatch(secret)
    return found[2] if found is not None and found[1] == kind else None


def kind_of(secret: str) -> str | None:
    """What a secret says it is of; None where it is none."""
    found = _FORM.fullmatch(secret)
    return None if found is None else found[1]


def hash_of(secret: str) -> str:
    """What is kept of a secret; 256 random bits need no slower hash."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def matches(secret: str, hash_: str | None) -> bool:
    """Whether it is the secret that was hashed, in a time that tells nothing."""
    return compare_digest(hash_of(secret), hash_ or "")
