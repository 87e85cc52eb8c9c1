"""Revisions, and zookies: the opaque tokens that carry a revision to a client and back.

A zookie is authenticated by the store's epoch, a secret drawn when the store is created and again after a
restore. So a zookie of another store, of before a restore, or one made up, does not verify.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from iamgraph.errors import RequestError

_TAG_BYTES: Final = 16
_NUMBER_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Revision:
    """A state of one store: the `number` of its newest change, and the epoch it counts in."""

    store: str
    epoch: str
    number: int

    def zookie(self) -> str:
        """The token a client keeps to be answered at this revision or later."""
        number = self.number.to_bytes(_NUMBER_BYTES, "big")
        return base64.urlsafe_b64encode(number + self._tag(number)).decode("ascii")

    def accept(self, zookie: str) -> int:
        """The revision number a client's zookie asks for; `self` is the store's newest.

        Raises `RequestError` for a zookie of another store or epoch, of the future, or a damaged one:
        none of them may be answered as if it had been understood.
        """
        try:
            raw = base64.b64decode(zookie.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError) as fault:
            raise _refused() from fault
        asked = int.from_bytes(raw[:_NUMBER_BYTES], "big")
        # The whole token is compared, so that each revision has one spelling.
        if not hmac.compare_digest(Revision(self.store, self.epoch, asked).zookie(), zookie):
            raise _refused()
        if asked > self.number:
            raise RequestError("the zookie is of a later revision than the store's newest", code="zookie_of_the_future")
        return asked

    def sealed(self, question: str, time: datetime, place: str) -> str:
        """A cursor: the token of a place in the answers to a question at this revision, judged by a time."""
        said = json.dumps([self.number, time.astimezone(UTC).isoformat(), place]).encode()
        return base64.urlsafe_b64encode(said + self._seal(question, said)).decode("ascii")

    def opened(self, question: str, cursor: str) -> tuple[int, datetime, str]:
        """The revision's number, the time and the place a cursor stands for; `self` is the store's newest revision.

        Raises `RequestError` for a cursor of another question or store, or a damaged one.
        """
        try:
            raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error, ValueError) as fault:
            raise _no_cursor() from fault
        said, seal = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
        if not said.isascii() or not hmac.compare_digest(self._seal(question, said), seal):
            raise _no_cursor()
        number, time, place = json.loads(said)
        return number, datetime.fromisoformat(time), place

    def _seal(self, question: str, said: bytes) -> bytes:
        # JSON parts question and place, whatever they hold.
        message = json.dumps(["list at", self.store, question, said.decode("ascii")]).encode()
        return hmac.digest(self.epoch.encode(), message, hashlib.sha256)[:_TAG_BYTES]

    def _tag(self, number: bytes) -> bytes:
        message = self.store.encode() + b"\0" + number
        return hmac.digest(self.epoch.encode(), message, hashlib.sha256)[:_TAG_BYTES]


def _refused() -> RequestError:
    return RequestError(
        "the zookie is damaged, or of another store or epoch: ask again without it", code="zookie_refused"
    )


def _no_cursor() -> RequestError:
    return RequestError(
        "the cursor is damaged, or of another question: start again without it",
        code="malformed_cursor",
        pointer="/cursor",
    )
