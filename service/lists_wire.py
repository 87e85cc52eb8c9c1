"""JSON ↔ lists: the bodies and answers of the list routes and of expand. No routes, no rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Self

from pydantic import ConfigDict, Field

from iamgraph.expand import ExpandQuestion, Node, Tree
from iamgraph.listing import Access, AccessList, ListAccess, ListObjects, ListSubjects, SubjectsPage, parse_kind
from iamgraph.questions import Page
from iamgraph.service.answers import Answer
from iamgraph.service.past_wire import MomentBody
from iamgraph.service.wire import Body, FreshnessBody, at, example
from iamgraph.tuples import Object, check_type, parse_object, parse_subject

_LIMIT = "how many at most, 1 to 1,000"


class StreamQuery(Body):
    """Whether all comes at once."""

    stream: bool = Field(
        False, strict=False, description="all of it as JSON lines, at one revision, sent as it is decided"
    )


class _PageBody(Body):
    limit: int = Field(100, description=_LIMIT)
    cursor: str | None = Field(None, description="the `next_cursor` of the page before")


class _ObjectsBody(_PageBody):
    subject: str = Field(description="who: `type:id`, `type:id#relation` or `type:*`")
    relation: str = Field(description="what: a relation of the type")
    type: str = Field(description="the type of the objects")

    def read(self, store: str, *, whole: bool) -> ListObjects:
        """The list asked for, of whatever time."""
        subject = at("/subject", lambda: parse_subject(self.subject))
        type_ = at("/type", lambda: check_type(self.type))
        return at(
            "/relation",
            lambda: ListObjects(store, subject, self.relation, type_, self.limit, self.cursor, whole=whole),
        )


class ListObjectsBody(
    _ObjectsBody,
    FreshnessBody,
    json_schema_extra=example(subject="member:ada", relation="can_view", type="source", limit=10),
):
    """Which objects of a type may `subject` have `relation` on?"""

    def to_question(self, store: str, *, whole: bool) -> ListObjects:
        """The list asked for."""
        return replace(self.read(store, whole=whole), zookie=self.zookie, consistency=self.consistency)


class PastObjectsBody(
    _ObjectsBody,
    MomentBody,
    json_schema_extra=example(subject="member:ada", relation="can_view", type="source", at_revision=1),
):
    """Which objects of a type might `subject` have had `relation` on?"""

    def to_question(self, store: str, *, whole: bool) -> ListObjects:
        """The list asked for."""
        return replace(self.read(store, whole=whole), at=self.moment())


class _SubjectsBody(_PageBody):
    object: str = Field(description="on what: `type:id`")
    relation: str = Field(description="what: a relation of the object's type")
    type: str = Field(description="the kind of the subjects: a type, or a userset kind as `group#member`")

    def read(self, store: str, *, whole: bool) -> ListSubjects:
        """The list asked for, of whatever time."""
        object_ = at("/object", lambda: parse_object(self.object))
        kind = at("/type", lambda: parse_kind(self.type))
        return at(
            "/relation",
            lambda: ListSubjects(store, object_, self.relation, kind, self.limit, self.cursor, whole=whole),
        )


class ListSubjectsBody(
    _SubjectsBody,
    FreshnessBody,
    json_schema_extra=example(object="source:orders", relation="can_view", type="member", limit=10),
):
    """Which subjects of a kind may have `relation` on `object`?"""

    def to_question(self, store: str, *, whole: bool) -> ListSubjects:
        """The list asked for."""
        return replace(self.read(store, whole=whole), zookie=self.zookie, consistency=self.consistency)


class PastSubjectsBody(
    _SubjectsBody,
    MomentBody,
    json_schema_extra=example(object="source:orders", relation="can_view", type="member", at_revision=1),
):
    """Which subjects of a kind might have had `relation` on `object`?"""

    def to_question(self, store: str, *, whole: bool) -> ListSubjects:
        """The list asked for."""
        return replace(self.read(store, whole=whole), at=self.moment())


class ListAccessBody(FreshnessBody, json_schema_extra=example(subject="member:ada", types=["source"])):
    """All that `subject` can do."""

    subject: str = Field(description="who: `type:id`, `type:id#relation` or `type:*`")
    types: list[str] = Field(default=[], description="on objects of these types; of every type where there are none")
    limit: int = Field(100, description="how many objects of each relation at most, 1 to 1,000")

    def to_question(self, store: str) -> ListAccess:
        """The list asked for."""
        subject = at("/subject", lambda: parse_subject(self.subject))
        types = at("/types", lambda: frozenset(map(check_type, self.types)))
        return ListAccess(store, subject, types, self.limit, self.zookie, self.consistency)


class ExpandBody(FreshnessBody, json_schema_extra=example(object="source:orders", relation="can_view")):
    """What stands behind `relation` of `object`?"""

    object: str = Field(description="of what: `type:id`")
    relation: str = Field(description="a relation of the object's type")

    def to_question(self, store: str) -> ExpandQuestion:
        """The tree asked for."""
        object_ = at("/object", lambda: parse_object(self.object))
        return at("/relation", lambda: ExpandQuestion(store, object_, self.relation, self.zookie, self.consistency))


# --- answers ---


class ObjectsAnswer(Answer):
    """A page of objects, by their ids, and the zookie of the revision it is true of."""

    objects: list[str]
    next_cursor: str | None = Field(None, description="gives the next page; there is none after the last")
    zookie: str

    @classmethod
    def of(cls, page: Page[Object]) -> Self:
        """The answer for a page."""
        return cls(objects=list(map(str, page.items)), next_cursor=page.next_cursor, zookie=page.revision.zookie())


class SubjectsAnswer(Answer):
    """A page of subjects, by their ids, and the zookie of the revision it is true of."""

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)

    subjects: list[str]
    wildcard: bool | None = Field(None, description="every subject of the type may, but those in `except`")
    excepted: list[str] | None = Field(
        None, serialization_alias="except", description="beside `wildcard`: those who may not"
    )
    next_cursor: str | None = Field(None, description="gives the next page; there is none after the last")
    zookie: str

    @classmethod
    def of(cls, page: SubjectsPage) -> Self:
        """The answer for a page."""
        return cls(
            subjects=list(map(str, page.subjects)),
            wildcard=page.wildcard or None,
            excepted=list(map(str, page.excepted)) if page.wildcard else None,
            next_cursor=page.next_cursor,
            zookie=page.revision.zookie(),
        )


class AccessAnswer(Answer):
    """The objects of a type that the subject has a relation on."""

    type: str
    relation: str
    objects: list[str]
    more: bool = Field(
        description="these may not be all, as where most had to be left out by their labels: list them by themselves"
    )

    @classmethod
    def of(cls, one: Access) -> Self:
        """The answer for one relation."""
        return cls(type=one.type, relation=one.relation, objects=list(map(str, one.objects)), more=one.more)


class AccessListAnswer(Answer):
    """All that the subject can do, and the zookie of the revision it is true of."""

    access: list[AccessAnswer]
    zookie: str

    @classmethod
    def of(cls, found: AccessList) -> Self:
        """The answer for all of it."""
        return cls(access=list(map(AccessAnswer.of, found.access)), zookie=found.revision.zookie())


class NodeAnswer(Answer):
    """Who is meant at one place of the tree."""

    kind: str = Field(description="`relation`, `direct`, `arrow`, `union`, `intersection` or `exclusion`")
    userset: str | None = Field(None, description="of a relation: `type:id#relation`")
    subjects: list[str] | None = Field(None, description="of what is direct: whom its tuples name")
    conditional: list[str] | None = Field(None, description="whom a tuple names under a condition")
    children: list[NodeAnswer] | None = Field(None, description="of an exclusion: of whom, and without whom")
    repeated: bool | None = Field(None, description="the same relation stands elsewhere in the tree")
    truncated: bool | None = Field(None, description="the tree goes on here, and is not shown")

    @classmethod
    def of(cls, node: Node) -> Self:
        """The answer for a node and all below it."""
        return cls(
            kind=node.kind.value,
            userset=str(node.userset) if node.userset is not None else None,
            subjects=list(map(str, node.subjects)) or None,
            conditional=list(map(str, node.conditional)) or None,
            children=[cls.of(one) for one in node.children] or None,
            repeated=node.repeated or None,
            truncated=node.truncated or None,
        )


class TreeAnswer(Answer):
    """The tree behind a relation, and the zookie of the revision it is true of."""

    tree: NodeAnswer
    truncated: bool = Field(description="whether any of it is not shown")
    zookie: str

    @classmethod
    def of(cls, tree: Tree) -> Self:
        """The answer for a tree."""
        return cls(tree=NodeAnswer.of(tree.root), truncated=tree.truncated, zookie=tree.revision.zookie())


# --- lines ---


def object_lines(page: Page[Object], _first: bool) -> Iterator[dict[str, Any]]:
    """A page of a list of objects: a line each, and after the last page one that says that the list is whole."""
    for one in page.items:
        yield {"object": str(one)}
    if page.next_cursor is None:
        yield {"end": {"zookie": page.revision.zookie()}}


def subject_lines(page: SubjectsPage, first: bool) -> Iterator[dict[str, Any]]:
    """As `object_lines`, of subjects: the wildcard before all, and the exceptions after the subjects of their page."""
    if first and page.wildcard:
        yield {"wildcard": True}
    for one in page.subjects:
        yield {"subject": str(one)}
    for one in page.excepted:
        yield {"except": str(one)}
    if page.next_cursor is None:
        yield {"end": {"zookie": page.revision.zookie()}}
