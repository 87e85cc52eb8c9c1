"""A workspace as one document: what is in it and who may what, as values and as YAML. Secrets are no part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, TypeVar

import yaml

from iamgraph.access.faults import Faults
from iamgraph.access.members import MEMBER
from iamgraph.access.workspaces import BUILT_IN_LABELS
from iamgraph.bulk.documents import yaml_of
from iamgraph.errors import LimitError, RequestError
from iamgraph.tuples import shown

MAX_WORKSPACE_DOCUMENT_BYTES: Final = 8_388_608

T = TypeVar("T")
Reads = Callable[["_Reading", str, Any], Any]


@dataclass(frozen=True, slots=True)
class Member:
    """A member. Without an id, whoever has the address; who has no account yet gets one, with the name."""

    id: str | None = None
    email: str | None = None
    name: str | None = None
    role: str = MEMBER
    pii: bool = False

    def __post_init__(self) -> None:
        if self.email is not None:
            object.__setattr__(self, "email", self.email.lower())


@dataclass(frozen=True, slots=True)
class Group:
    """A group, its members by id or e-mail address."""

    id: str
    name: str | None = None
    pii: bool = False
    members: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _in_order(self, "members")


@dataclass(frozen=True, slots=True)
class Label:
    """A label `key:value`."""

    label: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, in the workspace or in its parent. `admits` is a space's: None for every source."""

    type: str
    id: str
    name: str | None = None
    parent: str | None = None
    labels: tuple[str, ...] = ()
    engage_source: str | None = None
    admits: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _in_order(self, "labels", "admits")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: its role, on the workspace, on what carries all of the labels, or on resources; and who holds it.

    Holders are `member:…`, by id or e-mail address, `group:…` or `token:…`.
    """

    id: str
    role: str
    resources: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    holders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _in_order(self, "resources", "labels", "holders")


@dataclass(frozen=True, slots=True)
class Document:
    """All that is to be in a workspace, but for tokens, invites and access requests. In one order, built-in labels
    among the labels: two documents that say the same are equal.
    """

    workspace: str
    name: str | None = None
    plan: str = "business"
    region: str = "us"
    hipaa: bool = False
    labels: tuple[Label, ...] = ()
    members: tuple[Member, ...] = ()
    groups: tuple[Group, ...] = ()
    resources: tuple[Resource, ...] = ()
    policies: tuple[Policy, ...] = ()

    def __post_init__(self) -> None:
        named = {one.label for one in self.labels}
        built_in = (Label(text) for text in BUILT_IN_LABELS if text not in named)
        ordered: dict[str, list[Any]] = {
            "labels": sorted((*self.labels, *built_in), key=lambda one: one.label),
            "members": sorted(self.members, key=lambda one: (one.id or "", one.email or "")),
            "groups": sorted(self.groups, key=lambda one: one.id),
            "resources": sorted(self.resources, key=lambda one: (one.type, one.id)),
            "policies": sorted(self.policies, key=lambda one: one.id),
        }
        for name, entries in ordered.items():
            object.__setattr__(self, name, tuple(entries))

    def text(self) -> str:
        """The document as YAML, from which `parse_document` makes the same."""
        return yaml.dump(
            _said(self),
            Dumper=yaml.CSafeDumper,
            sort_keys=False,
            default_flow_style=False,
            allow_unicode=True,
            width=1_000,
        )


def _in_order(entry: object, *names: str) -> None:
    """Put lists of a frozen entry in order, nothing in one twice."""
    for name in names:
        value = getattr(entry, name)
        if value is not None:
            object.__setattr__(entry, name, tuple(sorted(set(value))))


def _said(value: Any) -> dict[str, Any]:
    """A value as YAML says it: what is as it is without saying is left out, the document's own fields are not."""
    whole = isinstance(value, Document)
    said: dict[str, Any] = {}
    for one in fields(value):
        found = getattr(value, one.name)
        if found == one.default and not (whole and one.name in ("plan", "region", "hipaa")):
            continue
        said[one.name] = [_told(each) for each in found] if isinstance(found, tuple) else found
    return said


def _told(value: Any) -> Any:
    return value if isinstance(value, str) else _said(value)


# --- reading -----------------------------------------------------------------------------------------------


def parse_document(text: str) -> Document:
    """The document that a text is. Raises `LimitError` where it is too long, `RequestError` with all faults of its
    form, a key that stands twice and an alias among them; what it says is judged once it is applied.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_WORKSPACE_DOCUMENT_BYTES:
        raise LimitError(
            f"a workspace's document has {MAX_WORKSPACE_DOCUMENT_BYTES} bytes at most", code="document_too_large"
        )
    faults = Faults()
    reading = _Reading(yaml_of(text), "", faults)
    document = reading.made(Document, _DOCUMENT) if reading.fits(("workspace",), _DOCUMENT) else None
    faults.check("the document")
    assert document is not None
    return document


def check_workspace(document: Document, workspace: str) -> None:
    """`RequestError` (`other_workspace`) where the document is of another workspace than was named."""
    if document.workspace != workspace:
        raise RequestError(
            f"the document is of workspace `{shown(document.workspace)}`, not of `{shown(workspace)}`",
            code="other_workspace",
        )


class _Reading:
    """One mapping of a document, its fields told apart, and its place."""

    def __init__(self, said: Any, place: str, faults: Faults) -> None:
        self._said = said
        self._place = place
        self._faults = faults

    def fits(self, needed: tuple[str, ...], known: Mapping[str, Any]) -> bool:
        """Whether it is a mapping with the fields it needs, and no unknown one."""
        if not isinstance(self._said, dict):
            return self.wrong("", "expected a mapping of fields to values")
        unknown = [str(one) for one in self._said if one not in known]
        for one in unknown:
            self.wrong("", f"no field `{shown(one)}`: it is one of {', '.join(f'`{each}`' for each in known)}")
        missing = [one for one in needed if self._said.get(one) is None]
        for one in missing:
            self.wrong("", f"`{one}` is missing")
        return not unknown and not missing

    def made(self, kind: Callable[..., T], known: Mapping[str, Reads]) -> T:
        """The value it is of; a field that is null is as one left out."""
        given = {name: value for name, value in self._said.items() if value is not None}
        return kind(**{name: known[name](self, name, value) for name, value in given.items()})

    def wrong(self, field: str, message: str) -> bool:
        """A fault of the mapping, or of a field of it."""
        place = f"{self._place}/{field}" if field else self._place
        self._faults.add(place, RequestError(message, code="malformed_document"))
        return False

    def text(self, name: str, value: Any) -> str:
        """A field that is a text."""
        if not isinstance(value, str):
            self.wrong(name, f"`{name}` is not a text: write it in quotes")
        return str(value)

    def flag(self, name: str, value: Any) -> bool:
        """A field that is true or false."""
        if not isinstance(value, bool):
            self.wrong(name, f"`{name}` is neither true nor false")
        return bool(value)

    def texts(self, name: str, value: Any) -> tuple[str, ...]:
        """A field that is a list of texts."""
        return tuple(self.text(name, one) for one in self._items(name, value))

    def narrowing(self, name: str, value: Any) -> tuple[str, ...]:
        """A list that narrows a policy. An empty one is refused: it would give all, though it looks like nothing."""
        found = self.texts(name, value)
        if not found:
            self.wrong(name, f"an empty list: leave `{name}` out for the whole workspace")
        return found

    def entries(self, name: str, value: Any) -> tuple[Any, ...]:
        """A field that is a list of mappings, each by its id if it has one, else by its number from 0."""
        kind, needed, known = _ENTRIES[name]
        found = []
        for i, said in enumerate(self._items(name, value)):
            id_ = said.get("id") if isinstance(said, dict) else None
            entry = _Reading(said, f"/{name}/{id_ if isinstance(id_, str) else i}", self._faults)
            if entry.fits(needed, known):
                found.append(entry.made(kind, known))
        return tuple(found)

    def _items(self, name: str, value: Any) -> Iterable[Any]:
        if not isinstance(value, list):
            self.wrong(name, f"`{name}` is not a list")
            return ()
        return value


_MEMBER: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(("id", "email", "name", "role"), _Reading.text),
    "pii": _Reading.flag,
}
_GROUP: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(("id", "name"), _Reading.text),
    "pii": _Reading.flag,
    "members": _Reading.texts,
}
_LABEL: Final[Mapping[str, Reads]] = dict.fromkeys(("label", "description"), _Reading.text)
_RESOURCE: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(("type", "id", "name", "parent"), _Reading.text),
    "labels": _Reading.texts,
    "engage_source": _Reading.text,
    "admits": _Reading.texts,
}
_POLICY: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(("id", "role"), _Reading.text),
    **dict.fromkeys(("resources", "labels"), _Reading.narrowing),
    "holders": _Reading.texts,
}
_ENTRIES: Final[Mapping[str, tuple[Callable[..., Any], tuple[str, ...], Mapping[str, Reads]]]] = {
    "labels": (Label, ("label",), _LABEL),
    "members": (Member, (), _MEMBER),
    "groups": (Group, ("id",), _GROUP),
    "resources": (Resource, ("type", "id"), _RESOURCE),
    "policies": (Policy, ("id", "role"), _POLICY),
}
_DOCUMENT: Final[Mapping[str, Reads]] = {
    **dict.fromkeys(("workspace", "name", "plan", "region"), _Reading.text),
    "hipaa": _Reading.flag,
    **dict.fromkeys(_ENTRIES, _Reading.entries),
}
