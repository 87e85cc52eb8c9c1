"""Reviews: who has which relation on an object, through what, since when, given by whom. Asked, answered, and how.

A review is exactly what checks allow: every subject a list tells of, each with the path of tuples that proves it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from iamgraph.check.contract import AskingMany
from iamgraph.errors import LimitError, RequestError
from iamgraph.listing import DECIDED, Listing, ListSubjects
from iamgraph.model.guards import required_relations
from iamgraph.model.names import check_relation_exists, check_types_exist
from iamgraph.printing import Cell, Report
from iamgraph.questions import CheckQuestion
from iamgraph.reasons import PlainSentences, Proof, Sentences, WhyQuestion
from iamgraph.revision import Revision
from iamgraph.store.contract import View
from iamgraph.store.overlay import Overlay, Remembered
from iamgraph.tuples import (
    Kind,
    Object,
    RelationTuple,
    StoredTuple,
    Subject,
    Userset,
    Wildcard,
    check_relation,
    check_type,
)

MAX_REVIEW_PAGE: Final = 1_000
MAX_REVIEWED: Final = 10_000
COLUMNS: Final = (
    *("subject", "relation", "access", "through", "path", "since", "since_revision", "by", "reason", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class ReviewQuestion:
    """Who has which relation on `object`? By `relations` and `types` of subjects, all where none are given.

    A page at a time, or `whole`, whatever the limit. With `one_path`, those alone who have it in one way only: losing
    any tuple of the path would take it, but for what a guard requires, whose loss takes nothing. A page may then have
    fewer than `limit`, and others come after it all the same.
    """

    store: str
    object: Object
    relations: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    one_path: bool = False
    limit: int = 100
    cursor: str | None = None
    whole: bool = False
    zookie: None = None
    at: None = None

    def __post_init__(self) -> None:
        for relation in self.relations:
            check_relation(relation)
        for type_ in self.types:
            check_type(type_)
        if not 1 <= self.limit <= MAX_REVIEW_PAGE:
            raise RequestError(f"`limit` must be 1 to {MAX_REVIEW_PAGE}", code="malformed_limit", pointer="/limit")
        if self.whole and self.cursor is not None:
            raise RequestError(
                "a whole review begins at its beginning: leave out the cursor",
                code="malformed_cursor",
                pointer="/cursor",
            )

    def __str__(self) -> str:
        kinds = ",".join(sorted(self.types))
        return f"review {self.object}#{','.join(sorted(self.relations))}@{kinds} {self.one_path}"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """One access, with the tuples that prove it and these in words.

    Where `type:*` may, it stands for everybody of the type, and those who may not are told with `allowed` False.
    """

    subject: Subject
    relation: str
    allowed: bool
    path: tuple[StoredTuple, ...]
    through: str

    @property
    def newest(self) -> StoredTuple | None:
        """The tuple with which the path became whole."""
        return max(self.path, key=lambda one: one.since, default=None)

    @property
    def expires_at(self) -> datetime | None:
        """When the first of the path's tuples expires."""
        return min((one.tuple.expires_at for one in self.path if one.tuple.expires_at is not None), default=None)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """Some of a review, by relation, kind and id, and the cursor that gives the next; None after the last."""

    object: Object
    items: tuple[Reviewed, ...]
    next_cursor: str | None
    revision: Revision
    at: datetime


@dataclass(frozen=True, slots=True)
class Reviewing:
    """How one review is made: over a listing, whose place is a relation with a type and an id, and in whose words."""

    room: View
    listing: Listing
    speaking: tuple[Sentences, ...] = ()

    def page(self, asked: ReviewQuestion) -> ReviewPage:
        """A page; with `whole` all of it. `LimitError` for a whole of more than `MAX_REVIEWED`."""
        pairs = self._pairs(asked)
        most = MAX_REVIEWED if asked.whole else asked.limit
        place, after = self._place()
        found: list[tuple[Subject, str, bool]] = []
        while place < len(pairs) and len(found) < most:
            relation, kind = pairs[place]
            limit = min(most - len(found), MAX_REVIEW_PAGE)
            wanted = ListSubjects(asked.store, asked.object, relation, kind, limit)
            page = replace(self.listing, after=after).subjects(wanted)
            if page.wildcard and not after:
                found.append((Wildcard(kind.type), relation, True))
            found += [(one, relation, True) for one in page.subjects]
            found += [(one, relation, False) for one in page.excepted]
            after = self._after(wanted, page.next_cursor)
            place += not after
            if not asked.whole and after and time.monotonic() > self.listing.pause:
                break
        more = place < len(pairs)
        if asked.whole and (more or len(found) > most):
            raise LimitError(
                f"more than {MAX_REVIEWED} accesses: ask page by page, or for fewer relations or types",
                code="report_too_large",
            )
        state, revision = self.listing.state, self.listing.revision
        next_cursor = revision.sealed(str(asked), state.now, f"{place} {after}") if more else None
        return ReviewPage(asked.object, self._told(asked, found), next_cursor, revision, state.now)

    def _place(self) -> tuple[int, str]:
        place, _, after = self.listing.after.partition(" ")
        return int(place or 0), after

    def _after(self, wanted: ListSubjects, cursor: str | None) -> str:
        """The id a list went as far as; empty at its end."""
        return self.listing.revision.opened(str(wanted), cursor)[2] if cursor is not None else ""

    def _pairs(self, asked: ReviewQuestion) -> list[tuple[str, Kind]]:
        """Every relation of the object with every type somebody can have it by, in the model's order."""
        model = self.listing.state.current.model
        check_types_exist(model, [asked.object.type, *asked.types])
        for relation in sorted(asked.relations):
            check_relation_exists(model, asked.object.type, relation, "/relations")
        of = model.type(asked.object.type)
        relations = [one.name for one in of.relations] if of is not None else []
        return [
            (relation, Kind(one.name))
            for relation in relations
            if not asked.relations or relation in asked.relations
            for one in model.types
            if (not asked.types or one.name in asked.types)
            and self.listing.reaches(asked.object.type, relation, Kind(one.name))
        ]

    # --- each with its path ---

    def _told(self, asked: ReviewQuestion, found: list[tuple[Subject, str, bool]]) -> tuple[Reviewed, ...]:
        paths = self._paths(asked, [(one, relation) for one, relation, allowed in found if allowed])
        if asked.one_path:
            alone = self._alone(asked, paths)
            found = [one for one in found if (one[0], one[1]) in alone]
        names = _Names(self.room, self.listing, paths.values())
        model = self.listing.state.current.model
        words = next((one for one in self.speaking if one.fit(model)), PlainSentences())
        told: list[Reviewed] = []
        for subject, relation, allowed in found:
            path = paths.get((subject, relation), ())
            question = WhyQuestion(asked.store, subject, relation, asked.object)
            through = words.proof(names, question, Proof(path)) if allowed else f"not, though {subject.type}:* may"  # type: ignore[union-attr] # only objects are excepted
            told.append(Reviewed(subject, relation, allowed, path, through))
        return tuple(told)

    def _paths(
        self, asked: ReviewQuestion, allowed: list[tuple[Subject, str]]
    ) -> dict[tuple[Subject, str], tuple[StoredTuple, ...]]:
        listing = self.listing
        found: dict[tuple[Subject, str], tuple[StoredTuple, ...]] = {}
        for i in range(0, len(allowed), DECIDED):
            some = allowed[i : i + DECIDED]
            questions = tuple(CheckQuestion(asked.store, *one, asked.object, explain=True) for one in some)
            asking = AskingMany(asked.store, questions, listing.state.current, listing.state.now, listing.end)
            decisions = listing.checker.check_in(listing.state.reader, asking).decisions
            found |= {one: decision.known().path or () for one, decision in zip(some, decisions, strict=True)}
        return found

    def _alone(
        self, asked: ReviewQuestion, paths: Mapping[tuple[Subject, str], tuple[StoredTuple, ...]]
    ) -> set[tuple[Subject, str]]:
        """Those who lose their access with any tuple of its path: so there is no other way to it."""
        listing, base = self.listing, Remembered(self.listing.state.reader)
        required = required_relations(listing.state.current.model)
        leaning: dict[str, list[tuple[Subject, str]]] = {}
        alone = {one for one, path in paths.items() if path and not isinstance(one[0], Wildcard)}
        for one in alone:
            for each in paths[one]:
                if (each.tuple.object.type, each.tuple.relation) not in required:
                    leaning.setdefault(str(each), []).append(one)
        for key, some in leaning.items():
            still = [one for one in some if one in alone]
            if still:
                questions = tuple(CheckQuestion(asked.store, *one, asked.object) for one in still)
                asking = AskingMany(asked.store, questions, listing.state.current, listing.state.now, listing.end)
                decisions = listing.checker.check_in(Overlay(base, {key: None}), asking).decisions
                alone -= {one for one, decision in zip(still, decisions, strict=True) if decision.known().allowed}
        return alone


class _Names:
    """What sentences may look at."""

    def __init__(self, room: View, listing: Listing, paths: Iterable[tuple[StoredTuple, ...]]) -> None:
        self._listing = listing
        objects = {one for path in paths for each in path for one in _objects(each.tuple)}
        self._kept = room.attributes(sorted(objects))

    def name(self, object_: Object) -> str | None:
        """What people call an object."""
        name = self._kept.get(object_, {}).get("name")
        return name if isinstance(name, str) and name else None

    def of(self, object_: Object, relation: str) -> list[RelationTuple]:
        """The tuples of an object and relation that hold."""
        found = (one.tuple for one in self._listing.state.reader.read(object_, relation))
        return [one for one in found if one.expires_at is None or one.expires_at > self._listing.state.now]


def _objects(one: RelationTuple) -> list[Object]:
    subject = one.subject.object if isinstance(one.subject, Userset) else one.subject
    return [one.object, subject] if isinstance(subject, Object) else [one.object]


# --- as a report -------------------------------------------------------------------------------------------


def review_report(page: ReviewPage, by: str, *, one_path: bool = False) -> Report:
    """A review as a table."""
    of = "Access by one path only to" if one_path else "Access review of"
    about = (
        "Who has access in one way only: losing any tuple of the path would take it."
        if one_path
        else "Every subject that has a relation on it, exactly as checks answer, through what, since when, and by whom."
    )
    return Report(
        name="one-path" if one_path else "review",
        title=f"{of} {page.object}",
        about=about,
        store=page.revision.store,
        revision=page.revision.number,
        zookie=page.revision.zookie(),
        at=page.at,
        by=by,
        columns=COLUMNS,
        rows=tuple(map(_row, page.items)),
    )


def _row(one: Reviewed) -> tuple[Cell, ...]:
    newest, ends = one.newest, one.expires_at
    return (
        str(one.subject),
        one.relation,
        "allowed" if one.allowed else "except",
        one.through,
        " ".join(map(str, one.path)) or None,
        newest.at.isoformat() if newest is not None and newest.at is not None else None,
        newest.since if newest is not None else None,
        newest.by if newest is not None else None,
        newest.reason if newest is not None else None,
        ends.isoformat() if ends is not None else None,
    )
