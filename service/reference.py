"""The page at `/docs`: the service described for people, from what is described for programs. No script on it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from flask import Response, render_template_string

POLICY: Final = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_SOME_ID: Final = "01K0000000000000000000000"
# What stands in an example for the arguments of a path, and for what a query needs.
ARGUMENTS: Final = {
    "store": "default",
    "model": "current",
    "workspace": "acme",
    "member": "acme-ada",
    "group": "acme-eng",
    "policy": "acme-prod",
    "label": "brand:shoes",
    "resource": "source:acme-orders",
    "type": "source",
    "name": "access",
    **dict.fromkeys(("key", "token", "invite", "request", "session"), _SOME_ID),
}
# What is sent as a file, by its type, which a call names so.
FILES: Final = {"application/x-ndjson": "tuples.jsonl", "text/csv": "people.csv"}
_HOMES: Final = ("{store}", "{workspace}")
_REF: Final = "#/components/schemas/"

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is sent or answered."""

    name: str
    type: str
    required: bool
    default: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    id: str
    method: str
    path: str
    summary: str
    scope: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[Field, ...]
    status: str
    call: str


def page(doc: Json) -> Response:
    """The page of a description."""
    found = {"info": doc["info"], "groups": groups(doc), "shapes": shapes(doc)}
    html = render_template_string(_asset("reference.html"), **found)
    response = Response(html, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def style() -> Response:
    """The page's style."""
    return Response(_asset("reference.css"), content_type="text/css; charset=utf-8")


@cache
def _asset(name: str) -> str:
    return (resources.files("iamgraph.service") / "assets" / name).read_text(encoding="utf-8")


def groups(doc: Json) -> dict[str, list[Operation]]:
    """The operations by what they are about."""
    found: dict[str, list[Operation]] = {}
    for path, item in doc["paths"].items():
        for method, said in item.items():
            found.setdefault(_about(path), []).append(_operation(doc, path, method, said))
    return found


def _about(path: str) -> str:
    """`/v1/stores/{store}/tuples/write` is about tuples, `/v1/stores/{store}` about stores; of workspaces likewise."""
    parts = path.strip("/").split("/")[1:]
    return "checks" if parts[-1] == "check" else parts[2] if len(parts) > 2 and parts[1] in _HOMES else parts[0]


def _operation(doc: Json, path: str, method: str, said: Json) -> Operation:
    kinds = said.get("requestBody", {}).get("content", {})
    file = next((one for one in FILES if one in kinds), None)
    sent = kinds.get("application/json", {}).get("schema") if file is None else None
    status = next(code for code in said["responses"] if code[0] == "2")
    content = said["responses"][status].get("content", {})
    answer = content.get("application/json", {}).get("schema")
    curl = "curl -sN" if "text/event-stream" in content else "curl -s"
    return Operation(
        said["operationId"],
        method.upper(),
        path,
        said["summary"],
        said["security"][0]["key"][0],
        tuple(_field(doc, one["name"], one["schema"], one["required"]) for one in said.get("parameters", ())),
        tuple(_fields(doc, sent)),
        tuple(_fields(doc, answer)),
        status,
        _call(curl, method.upper(), path + _query(said), _body(doc, sent, file)),
    )


def _query(said: Json) -> str:
    """What the address of a call cannot do without."""
    needed = [one["name"] for one in said.get("parameters", ()) if one["in"] == "query" and one["required"]]
    return f"?{'&'.join(f'{name}={{{name}}}' for name in needed)}" if needed else ""


def _body(doc: Json, sent: Json | None, file: str | None) -> list[str]:
    """What curl is told to send; of a file its type is given."""
    if file is not None:
        return [f"-H 'Content-Type: {file}'", f"--data-binary @{FILES[file]}"]
    if sent is None:
        return []
    return ["-H 'Content-Type: application/json'", f"-d {shlex.quote(_written(example(doc, sent)))}"]


def _call(curl: str, method: str, path: str, body: list[str]) -> str:
    """A call to paste; the address and the key come by the shell's variables."""
    for name, value in ARGUMENTS.items():
        path = path.replace(f"{{{name}}}", value)
    words = [curl] if method in ("GET", "POST") else [f"{curl} -X {method}"]
    words[0] += f' "$IAMGRAPH_URL{path}"'
    words.append('-H "Authorization: Bearer $IAMGRAPH_KEY"')
    return " \\\n  ".join((*words, *body))


def _written(body: Json) -> str:
    """JSON with a line for each member, and for each item of a list of objects."""
    members = (f"  {json.dumps(name)}: {_written_value(value)}" for name, value in body.items())
    return "{\n" + ",\n".join(members) + "\n}"


def _written_value(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(f"    {json.dumps(one)}" for one in value) + "\n  ]"
    return json.dumps(value)


# --- schemas ---


def shapes(doc: Json) -> dict[str, tuple[Field, ...]]:
    """What has fields and stands within bodies and answers, by name."""
    found: dict[str, tuple[Field, ...]] = {}
    waiting = [schema for name, schema in _schemas(doc).items() if _is_outermost(doc, name)]
    while waiting:
        for name in _named(waiting.pop()):
            if name not in found:
                schema = _schemas(doc)[name]
                found[name] = tuple(_fields(doc, schema))
                waiting.append(schema)
    return {name: fields for name, fields in sorted(found.items()) if fields}


def _schemas(doc: Json) -> Json:
    schemas: Json = doc["components"]["schemas"]
    return schemas


def _is_outermost(doc: Json, name: str) -> bool:
    return f'"{_REF}{name}"' in json.dumps(doc["paths"])


def _named(value: Any) -> Iterator[str]:
    """The schemas that stand anywhere in a value."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"].removeprefix(_REF)
        for one in value.values():
            yield from _named(one)
    elif isinstance(value, list):
        for one in value:
            yield from _named(one)


def _resolved(doc: Json, schema: Json) -> Json:
    found: Json = _schemas(doc)[schema["$ref"].removeprefix(_REF)] if "$ref" in schema else schema
    return found


def _fields(doc: Json, schema: Json | None) -> Iterator[Field]:
    found = _resolved(doc, schema or {})
    required = found.get("required", ())
    for name, one in found.get("properties", {}).items():
        yield _field(doc, name, one, name in required)


def _field(doc: Json, name: str, schema: Json, required: bool) -> Field:
    default = schema.get("default")
    shown = json.dumps(default) if default not in (None, [], {}) else None
    return Field(name, type_of(doc, schema), required, shown, schema.get("description", ""))


def type_of(doc: Json, schema: Json) -> str:
    """What a value is, in a word or a few."""
    if "$ref" in schema:
        found = _resolved(doc, schema)
        named: str = schema["$ref"].removeprefix(_REF)
        return " | ".join(f'"{one}"' for one in found["enum"]) if "enum" in found else named
    if "anyOf" in schema:
        return " | ".join(type_of(doc, one) for one in schema["anyOf"] if one.get("type") != "null")
    if schema.get("type") == "array":
        return f"list of {type_of(doc, schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "any")


def example(doc: Json, schema: Json) -> Any:
    """What could be sent, its members in the order the schema has them."""
    found = _resolved(doc, schema)
    return _ordered(doc, found, found["example"])


def _ordered(doc: Json, schema: Json, value: Any) -> Any:
    found = _resolved(doc, schema)
    if isinstance(value, list):
        return [_ordered(doc, found.get("items", {}), one) for one in value]
    if isinstance(value, dict):
        known = found.get("properties", {})
        return {name: _ordered(doc, one, value[name]) for name, one in known.items() if name in value}
    return value
