"""A person's own Cypher: what is asked, and what is found, as rows of plain values, nodes, relationships and paths."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final

from iamgraph.errors import RequestError
from iamgraph.questions import check_store_id
from iamgraph.revision import Revision

MAX_ROWS: Final = 10_000
MAX_ASKED_LENGTH: Final = 20_000
DEFAULT_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it was found; `element` is what Neo4j knows it by."""

    element: str
    labels: tuple[str, ...]
    properties: Mapping[str, Any]

    def __str__(self) -> str:
        if "type" in self.properties and "id" in self.properties:
            return f"{self.properties['type']}:{self.properties['id']}"
        return f"({':'.join(self.labels)})"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A relationship as it was found, from the node `start` to the node `end`, by what Neo4j knows them by."""

    element: str
    type: str
    start: str
    end: str
    properties: Mapping[str, Any]

    def __str__(self) -> str:
        return self.type


@dataclass(frozen=True, slots=True)
class Path:
    """Nodes and the relationships between each and the next, whichever way those point."""

    nodes: tuple[Node, ...]
    relationships: tuple[Relationship, ...]

    def __str__(self) -> str:
        text = str(self.nodes[0])
        for before, one, after in zip(self.nodes, self.relationships, self.nodes[1:], strict=False):
            text += f" -{one.type}-> {after}" if one.start == before.element else f" <-{one.type}- {after}"
        return text

    def _repr_svg_(self) -> str:
        """How a notebook shows it."""
        from iamgraph.drawing import svg_of  # noqa: PLC0415 - only where something is drawn

        return svg_of((self,))


@dataclass(frozen=True, slots=True)
class Exploration:
    """A statement that may only read, its parameters, and how many rows of its answer are wanted.

    With a store, `$store` is its id, and the answer says which of its revisions it is of.
    """

    statement: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    store: str | None = None
    limit: int = DEFAULT_ROWS

    def __post_init__(self) -> None:
        if not self.statement.strip() or len(self.statement) > MAX_ASKED_LENGTH:
            raise RequestError(f"a statement has 1 to {MAX_ASKED_LENGTH} characters", pointer="/statement")
        if not 1 <= self.limit <= MAX_ROWS:
            raise RequestError(f"`limit` is 1 to {MAX_ROWS}", pointer="/limit")
        if self.store is not None:
            check_store_id(self.store)
            if self.parameters.get("store", self.store) != self.store:
                raise RequestError("`$store` is the store that is asked", pointer="/parameters/store")

    def bound(self) -> dict[str, Any]:
        """The parameters, the store among them."""
        return {**self.parameters, **({"store": self.store} if self.store is not None else {})}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a statement found, row by row; a notebook shows it as a table, its paths as a picture."""

    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    truncated: bool = False
    """Whether there was more, which is not here."""
    revision: Revision | None = None
    """The store's revision all of it is true of; None where no store was named, or one changed meanwhile."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (dict(zip(self.columns, one, strict=True)) for one in self.values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, place: int) -> dict[str, Any]:
        return dict(zip(self.columns, self.values[place], strict=True))

    @property
    def paths(self) -> tuple[Path, ...]:
        """Every path in it, also within lists and maps."""
        return tuple(_paths(self.values))

    def svg(self) -> str:
        """Its paths as one picture. Raises `RequestError` (`nothing_to_draw`) where there is none."""
        from iamgraph.drawing import svg_of  # noqa: PLC0415 - only where something is drawn

        return svg_of(self.paths)

    def _repr_html_(self) -> str:
        from iamgraph.drawing import html_of  # noqa: PLC0415 - only where something is drawn

        return html_of(self)

    def _repr_svg_(self) -> str | None:
        from iamgraph.drawing import drawn  # noqa: PLC0415 - only where something is drawn

        return drawn(self.paths)


def _paths(value: Any) -> Iterator[Path]:
    match value:
        case Path():
            yield value
        case list() | tuple():
            for one in value:
                yield from _paths(one)
        case Mapping():
            yield from _paths(list(value.values()))


def text_of(value: Any) -> str:
    """A value as one line for people."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime() | date() | time():
            return value.isoformat().replace("+00:00", "Z")
        case list() | tuple():
            return ", ".join(map(text_of, value))
        case Mapping():
            return ", ".join(f"{name}: {text_of(one)}" for name, one in value.items())
        case _:
            return str(value)


def json_of(value: Any) -> Any:
    """A value as JSON can hold it."""
    match value:
        case Node(element, labels, properties):
            return {"node": element, "labels": list(labels), "properties": json_of(properties)}
        case Relationship(element, type_, start, end, properties):
            ends = {"start": start, "end": end}
            return {"relationship": element, "type": type_, **ends, "properties": json_of(properties)}
        case Path(nodes, relationships):
            return {"nodes": json_of(nodes), "relationships": json_of(relationships)}
        case Mapping():
            return {str(name): json_of(one) for name, one in value.items()}
        case Sequence() if not isinstance(value, str):
            return [json_of(one) for one in value]
        case float() if not math.isfinite(value):
            return str(value)
        case None | bool() | int() | float() | str():
            return value
        case _:
            return text_of(value)


def of_json(value: Any) -> Any:
    """What `json_of` made of a value; times and odd numbers stay texts."""
    match value:
        case {"node": str(element), "labels": list(labels), "properties": dict(properties)} if len(value) == 3:
            return Node(element, tuple(labels), of_json(properties))
        case {"relationship": str(element), "type": str(type_), "start": str(start), "end": str(end)}:
            return Relationship(element, type_, start, end, of_json(value.get("properties", {})))
        case {"nodes": list(nodes), "relationships": list(relationships)} if len(value) == 2 and nodes:
            return Path(tuple(map(of_json, nodes)), tuple(map(of_json, relationships)))
        case Mapping():
            return {name: of_json(one) for name, one in value.items()}
        case list():
            return [of_json(one) for one in value]
        case _:
            return value
