"""What tests of writes start from: a model, some tuples, and how they are read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from iamgraph.authorizer import Authorizer
from iamgraph.questions import Note, Refusal, StoredSession
from iamgraph.tuples import RelationTuple, parse_object, parse_tuple

MODEL: Final = """\
model
  schema 1.1
type user
type label
type group
  relations
    define member: [user, group#member, user:*, user with office_hours]
type policy
  relations
    define holder: [user]
    define required: [label]
type doc
  relations
    define policy: [policy]
    define label: [label]
    define viewer: [user, group#member]
    define can_view: viewer or holder from policy where required within label

condition office_hours(hour: int) {
  hour >= 9
}
"""
NOW: Final = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ADA: Final = "group:eng#member@user:ada"
BOB: Final = "group:eng#member@user:bob"
ENGINEERS: Final = parse_object("group:eng")
NOTE: Final = Note("test", ENGINEERS, ENGINEERS)
REFUSAL: Final = Refusal(NOTE, NOW, "eve", None, "relation_missing", "eve may not")


def session(id_: str) -> StoredSession:
    """A session that nobody has the secret of."""
    return StoredSession(id_, "ada", "hash", NOW, NOW)


def tuples(*texts: str) -> tuple[RelationTuple, ...]:
    """The tuples of these texts."""
    return tuple(map(parse_tuple, texts))


def written(door: Authorizer, store: str) -> list[str]:
    """Every tuple the store gives back."""
    return sorted(map(str, door.read(store, limit=1000).items))
