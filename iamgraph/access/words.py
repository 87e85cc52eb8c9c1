"""The access model's words: who acts, names of things, and what of them is a tuple."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from ulid import ULID

from iamgraph.errors import RequestError
from iamgraph.tuples import Object, RelationTuple, Subject, shown

MAX_WORKSPACE_ID_LENGTH: Final = 64
MAX_LABEL_PART_LENGTH: Final = 64
_WORKSPACE_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LABEL: Final = re.compile(r"([A-Za-z][A-Za-z0-9-]*):([A-Za-z][A-Za-z0-9-]*)")
_EMAIL: Final = re.compile(r"[^@\s/#:]+@[^@\s/#:]+\.[^@\s/#:]+")
_TAG: Final = re.compile(r"\+[^@]*@")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks for something: a member, a token, or, where `subject` is None, a service's own key, which may all."""

    subject: Object | None
    name: str

    @classmethod
    def of(cls, subject: Object) -> Caller:
        """The caller that is a member or a token."""
        return cls(subject, str(subject))


def workspace(id_: str) -> Object:
    """A workspace; `RequestError` where none can have that id."""
    if len(id_) > MAX_WORKSPACE_ID_LENGTH or not _WORKSPACE_ID.fullmatch(id_):
        raise RequestError(
            f"malformed workspace id `{shown(id_)}`: 1 to {MAX_WORKSPACE_ID_LENGTH} letters, digits, `_` and `-`,"
            " a letter or digit first",
            code="malformed_id",
            pointer="/id",
        )
    return Object("workspace", id_)


def label(workspace_: Object, text: str) -> Object:
    """A label of a workspace, by its text `key:value`."""
    found = _LABEL.fullmatch(text)
    if found is None or max(map(len, found.groups())) > MAX_LABEL_PART_LENGTH:
        raise RequestError(
            f"malformed label `{shown(text)}`: `key:value`, each a letter, then letters, digits and hyphens, up to"
            f" {MAX_LABEL_PART_LENGTH}",
            code="malformed_label",
        )
    return Object("label", f"{workspace_.id}/{text}")


def label_text(one: Object) -> str:
    """The text of a label, without its workspace."""
    return one.id.partition("/")[2]


def label_key(one: Object) -> str:
    """The key of a label."""
    return label_text(one).partition(":")[0]


def one_value_per_key(labels: tuple[Object, ...], where: str, code: str) -> None:
    """`RequestError` where two labels have one key, which nothing can carry both of."""
    seen: dict[str, Object] = {}
    for one in labels:
        other = seen.setdefault(label_key(one), one)
        if other != one:
            raise RequestError(
                f"`{label_text(other)}` and `{label_text(one)}` are two values of one key, of which {where}",
                code=code,
                pointer="/labels",
            )


def email(text: str) -> Object:
    """An e-mail address, in small letters, as which it is known; letters that look alike by composition are one."""
    address = unicodedata.normalize("NFC", text).lower()
    if not _EMAIL.fullmatch(address):
        raise RequestError(f"malformed e-mail address `{shown(text)}`", code="malformed_email", pointer="/email")
    return Object("email", address)


def without_tag(address: Object) -> Object | None:
    """The address an alias `name+tag@…` is an alias of; None for one that is none."""
    plain = _TAG.sub("@", address.id, count=1)
    return Object("email", plain) if plain != address.id else None


def new_id(type_: str, id_: str | None = None) -> Object:
    """A new object, of the id the caller wants or one that nothing else has."""
    return Object(type_, str(ULID())) if id_ is None else nameable(Object(type_, id_))


def nameable(one: Object) -> Object:
    """The object; `RequestError` for an id that no address over HTTP could name, so that nobody could end it there."""
    if "/" in one.id or one.id in (".", ".."):
        raise RequestError(
            f"malformed id `{shown(one.id)}`: no `/` in it, and not dots alone", code="malformed_id", pointer="/id"
        )
    return one


def is_(object_: Object, relation: str, subject: Subject) -> RelationTuple:
    """The tuple, in the order it is read."""
    return RelationTuple(object_, relation, subject)
