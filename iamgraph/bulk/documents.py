"""Files that are one document: a JSON array or YAML of tuples, OpenFGA's store files, SpiceDB's validation files."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

import yaml

from iamgraph.bulk.pieces import reading
from iamgraph.bulk.records import json_of
from iamgraph.errors import LimitError, RequestError
from iamgraph.tuples import shown

# A document is held in memory whole, several times its size; lines are not.
MAX_DOCUMENT_BYTES: Final = 8_388_608
# YAML is read a hundred times slower than JSON.
MAX_YAML_BYTES: Final = 1_048_576
MAX_YAML_DEPTH: Final = 64


class _Loader(yaml.CSafeLoader):
    """YAML without times: a tuple's times are read as those of other formats are."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
        for first, known in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """A mapping, each key once: of two, YAML's own reader takes the later and says nothing."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and (key.tag, key.value) in seen:
                raise RequestError(
                    f"`{shown(key.value)}` stands twice, at line {key.start_mark.line + 1}", code="malformed_document"
                )
            seen.add((key.tag, str(key.value)))
        return super().construct_mapping(node, deep)


def lines_of(file: BinaryIO, *, as_yaml: bool) -> tuple[bool, bytes]:
    """A document's tuples a line each, as JSON; or its relationships, where it holds such (then True)."""
    limit = MAX_YAML_BYTES if as_yaml else MAX_DOCUMENT_BYTES
    with reading():
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise LimitError(
            f"a document of tuples has {limit} bytes at most: send more as JSON lines",
            code="import_too_large",
        )
    try:
        text = raw.decode("utf-8-sig")
    except ValueError as fault:
        raise RequestError("the file is not UTF-8 text", code="malformed_text") from fault
    said = yaml_of(text) if as_yaml else json_of(text)
    relationships = said.get("relationships") if isinstance(said, dict) else None
    if isinstance(relationships, str):
        return True, relationships.encode()
    return False, b"".join(_line(one) for one in _tuples(said))


def _tuples(said: Any) -> Iterable[Any]:
    found = said.get("tuples") if isinstance(said, dict) else said
    if found is None or not isinstance(found, list):
        raise RequestError(
            "expected a list of tuples, or an object with `tuples` or `relationships`", code="malformed_document"
        )
    return found


def _line(one: Any) -> bytes:
    try:
        return json.dumps(one).encode() + b"\n"
    except (TypeError, ValueError, RecursionError) as fault:
        raise RequestError("the document holds what JSON cannot", code="malformed_document") from fault


def yaml_of(text: str) -> Any:
    """What a text says as YAML; `RequestError` for aliases, for a key that stands twice, and for what is no YAML."""
    try:
        _check_events(yaml.parse(text, _Loader))
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader, with less
    except yaml.YAMLError as fault:
        mark = getattr(fault, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark is not None else ""
        raise RequestError(f"the file is not YAML{where}", code="malformed_document") from fault
    except (ValueError, RecursionError) as fault:
        raise RequestError("the file is not YAML, or nests too deeply", code="malformed_document") from fault


def _check_events(events: Iterable[yaml.Event]) -> None:
    """`RequestError` for what would grow without bounds when it is read, or takes ages: aliases and deep nesting."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_YAML_DEPTH:
            raise RequestError(f"YAML nests {MAX_YAML_DEPTH} deep at most", code="malformed_document")
        if isinstance(event, yaml.AliasEvent):
            raise RequestError("YAML with aliases is not read", code="malformed_document")
