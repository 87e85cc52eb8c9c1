"""A small judge of JSON values by the schemas of `/openapi.json`: the part of JSON Schema that stands in there."""

from __future__ import annotations

from typing import Any, Final

_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "null": type(None),
}
KNOWN: Final = frozenset(
    {"type", "properties", "required", "items", "anyOf", "$ref", "additionalProperties"}
    | {"title", "description", "default", "format", "examples"}
)


def faults(value: Any, schema: dict[str, Any], schemas: dict[str, Any], place: str = "") -> list[str]:
    """Where and how the value does not fit; empty if it does."""
    unknown = set(schema) - KNOWN
    if unknown:
        return [f"{place}: a schema with {sorted(unknown)} cannot be judged"]
    if "$ref" in schema:
        return faults(value, schemas[schema["$ref"].rpartition("/")[2]], schemas, place)
    if "anyOf" in schema:
        tried = [faults(value, one, schemas, place) for one in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    return _typed(value, schema, schemas, place)


def _typed(value: Any, schema: dict[str, Any], schemas: dict[str, Any], place: str) -> list[str]:
    name = schema.get("type")
    if name is not None and (not isinstance(value, _TYPES[name]) or (isinstance(value, bool) and name != "boolean")):
        return [f"{place}: {value!r} is no {name}"]
    if isinstance(value, list):
        items = schema.get("items", {})
        return [one for i, item in enumerate(value) for one in faults(item, items, schemas, f"{place}/{i}")]
    if isinstance(value, dict):
        return _object(value, schema, schemas, place)
    return []


def _object(value: dict[str, Any], schema: dict[str, Any], schemas: dict[str, Any], place: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{place}: `{name}` is missing" for name in schema.get("required", []) if name not in value]
    # An answer says nothing that its schema does not name, unless the schema leaves that open.
    if properties and schema.get("additionalProperties") is not True:
        found += [f"{place}: `{name}` is not in the schema" for name in value if name not in properties]
    for name, one in value.items():
        found += faults(one, properties.get(name, {}), schemas, f"{place}/{name}")
    return found
