"""Wrong calls and what each must be answered with: status, code and, where a field is to blame, its pointer."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ulid import ULID

TUPLE: Final = {"subject": "member:ada", "relation": "viewer", "object": "resource:wiki"}
SURROGATE: Final = "\ud800"
# A name nobody else has: other tests use the same Neo4j.
NOWHERE: Final = f"/v1/stores/nowhere-{ULID()}"


@dataclass(frozen=True, slots=True)
class Wrong:
    """A request that is refused. `{home}` in its path stands for a store's path."""

    name: str
    method: str
    path: str
    answer: tuple[int, str, str | None]
    body: str | bytes | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)


def check(name: str, code: str, pointer: str | None, status: int = 400, **fields: Any) -> Wrong:
    """A check with some fields replaced."""
    return Wrong(name, "POST", "{home}/check", (status, code, pointer), json.dumps(TUPLE | fields))


def write(name: str, code: str, pointer: str | None, status: int = 400, **fields: Any) -> Wrong:
    """A write of one tuple with some fields replaced."""
    return Wrong(name, "POST", "{home}/tuples/write", (status, code, pointer), json.dumps({"writes": [TUPLE]} | fields))


def read(name: str, code: str, pointer: str | None, **fields: Any) -> Wrong:
    """A read of tuples."""
    return Wrong(name, "POST", "{home}/tuples/read", (400, code, pointer), json.dumps(fields))


def raw(
    name: str,
    body: str | bytes | None,
    status: int = 400,
    code: str = "malformed_request",
    pointer: str | None = None,
    **headers: str | None,
) -> Wrong:
    """A check whose body is sent as it stands."""
    named = {key.replace("_", "-").title(): value for key, value in headers.items()}
    return Wrong(name, "POST", "{home}/check", (status, code, pointer), body, named)


def get(name: str, path: str, status: int, code: str, pointer: str | None = None) -> Wrong:
    """A GET."""
    return Wrong(name, "GET", path, (status, code, pointer))


def post(name: str, path: str, answer: tuple[int, str, str | None], /, **fields: Any) -> Wrong:
    """A POST of a body."""
    return Wrong(name, "POST", path, answer, json.dumps(fields))


def there(name: str, path: str, answer: tuple[int, str, str | None], /, **fields: Any) -> Wrong:
    """A POST in the workspace."""
    return post(name, f"/v1/workspaces/{{workspace}}{path}", answer, **fields)


def patch(name: str, path: str, answer: tuple[int, str, str | None], /, **fields: Any) -> Wrong:
    """A PATCH in the workspace."""
    return Wrong(name, "PATCH", f"/v1/workspaces/{{workspace}}{path}", answer, json.dumps(fields))


def written(one: Mapping[str, Any], **fields: Any) -> list[dict[str, Any]]:
    """One tuple with some fields replaced."""
    return [dict(one) | fields]


SMALL: Final = json.dumps(TUPLE)

BODIES: Final = (
    raw("no JSON at all", "this is not JSON"),
    raw("JSON cut short", SMALL[:-5]),
    raw("an empty body", ""),
    raw("no body", None, content_type="application/json"),
    raw("a number after the object", SMALL + "1"),
    raw("a name twice", '{"subject":"member:ada","subject":"member:bob","relation":"viewer","object":"resource:wiki"}'),
    raw("a name twice, deep inside", SMALL[:-1] + ',"context":{"a":{"b":1,"b":2}}}'),
    raw("NaN", SMALL[:-1] + ',"context":{"a":NaN}}'),
    raw("Infinity", SMALL[:-1] + ',"context":{"a":-Infinity}}'),
    raw(
        "a number past every float",
        SMALL[:-1] + ',"context":{"a":1e999}}',
        code="malformed_context",
        pointer="/context",
    ),
    raw("a number of 100,000 digits", SMALL[:-1] + ',"context":{"a":' + "9" * 100_000 + "}}"),
    raw("100,000 brackets", "[" * 100_000),
    raw("100,000 objects in each other", '{"a":' * 100_000),
    raw("a context nested 100,000 deep", SMALL[:-1] + ',"context":{"a":' + "[" * 100_000 + "]" * 100_000 + "}}"),
    raw("UTF-16", SMALL.encode("utf-16")),
    raw("a byte order mark", b"\xef\xbb\xbf" + SMALL.encode()),
    raw("bytes that are no UTF-8", b'{"subject":"member:\xff"}'),
    raw("a NUL byte", b"\0"),
    raw("a body past the limit", " " * 1_048_577, 413, "body_too_large"),
    raw(
        "a compressed body",
        gzip.compress(SMALL.encode(), mtime=0),
        415,
        "unsupported_media_type",
        content_encoding="gzip",
    ),
    raw("plain text", SMALL, 415, "unsupported_media_type", content_type="text/plain"),
    raw("a form", "a=1", 415, "unsupported_media_type", content_type="application/x-www-form-urlencoded"),
    raw("no content type", SMALL, 415, "unsupported_media_type", content_type=None),
    raw("a content type of odd bytes", SMALL, 415, "unsupported_media_type", content_type="\xff/\xfe"),
)
SHAPES: Final = (
    raw("a list", "[]", code="invalid_request", pointer=""),
    raw("null", "null", code="invalid_request", pointer=""),
    raw("a string", '"member:ada"', code="invalid_request", pointer=""),
    raw("true", "true", code="invalid_request", pointer=""),
    post("a missing field", "{home}/check", (400, "invalid_request", "/subject"), relation="viewer", object="a:b"),
    check("an unknown field", "invalid_request", "/colour", colour="red"),
    check("a number for a text", "invalid_request", "/subject", subject=1),
    check("null for a text", "invalid_request", "/subject", subject=None),
    check("a list for a text", "invalid_request", "/relation", relation=["viewer"]),
    check("1 for true", "invalid_request", "/explain", explain=1),
    check("a text for true", "invalid_request", "/explain", explain="true"),
    check("a list for the context", "invalid_request", "/context", context=[]),
    check("null for a list", "invalid_request", "/contextual_tuples", contextual_tuples=None),
    check("a text in a list of tuples", "invalid_request", "/contextual_tuples/0", contextual_tuples=["a"]),
    check("a field with a slash", "invalid_request", "/a~1b~0c", **{"a/b~c": 1}),
    read("a limit of 2**70", "malformed_limit", "/limit", limit=2**70),
    read("a limit with a fraction", "invalid_request", "/limit", limit=1.5),
    read("a limit that is true", "invalid_request", "/limit", limit=True),
    write("a time without a zone", "invalid_request", "/writes/0/expires_at",
          writes=written(TUPLE, expires_at="2030-01-01T00:00:00")),
    write("a time that is none", "invalid_request", "/writes/0/expires_at", writes=written(TUPLE, expires_at="soon")),
    write("a time that is a number", "invalid_request", "/writes/0/expires_at",
          writes=written(TUPLE, expires_at=1_893_456_000)),
    write("a time that is a number in a text", "invalid_request", "/writes/0/expires_at",
          writes=written(TUPLE, expires_at="1893456000")),
    write("a time of 2**70", "invalid_request", "/writes/0/expires_at", writes=written(TUPLE, expires_at=2**70)),
    write("a condition without a name", "invalid_request", "/writes/0/condition/name",
          writes=written(TUPLE, condition={})),
)  # fmt: skip
NAMES: Final = (
    check("an id without a type", "malformed_object", "/object", object="wiki"),
    check("an empty object", "malformed_object", "/object", object=""),
    check("an empty id", "malformed_id", "/object", object="resource:"),
    check("an empty type", "malformed_name", "/object", object=":wiki"),
    check("a wildcard as object", "malformed_object", "/object", object="resource:*"),
    check("a userset as object", "malformed_object", "/object", object="group:eng#member"),
    check("a space in an id", "malformed_id", "/subject", subject="member:ada lovelace"),
    check("a NUL in an id", "malformed_id", "/subject", subject="member:a\0"),
    check("a line break in an id", "malformed_id", "/subject", subject="member:a\n"),
    check("a bidi mark in an id", "malformed_id", "/subject", subject="member:a\u202e"),
    check("a zero-width space in an id", "malformed_id", "/subject", subject="member:a\u200b"),
    check("half a surrogate in a subject", "malformed_id", "/subject", subject=f"member:{SURROGATE}"),
    check("half a surrogate in an object", "malformed_id", "/object", object=f"resource:{SURROGATE}"),
    check("half a surrogate as a type", "malformed_name", "/object", object=f"{SURROGATE}:wiki"),
    check("half a surrogate as a relation", "malformed_name", "/relation", relation=SURROGATE),
    check("half a surrogate as a zookie", "zookie_refused", "/zookie", zookie=SURROGATE),
    check("half a surrogate in the context", "malformed_context", "/context", context={"a": SURROGATE}),
    check(
        "a context nested 33 deep", "malformed_context", "/context", context=json.loads('{"a":' * 33 + "1" + "}" * 33)
    ),
    check("an id of 257 characters", "malformed_id", "/subject", subject="member:" + "a" * 257),
    check("a type of 255 characters", "malformed_name", "/subject", subject="m" * 255 + ":a"),
    check("a relation of 51 characters", "malformed_name", "/relation", relation="r" * 51),
    check("a relation that is Cypher", "malformed_name", "/relation", relation="viewer`]-() DETACH DELETE n //"),
    check("an empty relation", "malformed_name", "/relation", relation=""),
    check("a type outside ASCII", "malformed_name", "/subject", subject="mémbre:ada"),
    check("a type the model lacks", "type_not_found", "/subject", subject="robot:ada"),
    check("an object's type the model lacks", "type_not_found", "/relation", object="robot:ada"),
    check("a relation the model lacks", "relation_not_found", "/relation", relation="viwer"),
    check("a userset's relation the model lacks", "relation_not_found", "/subject", subject="group:eng#owner"),
    check("an empty zookie", "zookie_refused", "/zookie", zookie=""),
    check("a made-up zookie", "zookie_refused", "/zookie", zookie="AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    check("a zookie that is no base64", "zookie_refused", "/zookie", zookie="not base64!"),
)
WRITES: Final = (
    write("nothing to write", "empty_write", None, writes=[]),
    write("the same tuple twice", "tuple_named_twice", None, writes=[TUPLE, TUPLE]),
    write("the same tuple written and deleted", "tuple_named_twice", None, deletes=[TUPLE]),
    write("1,001 tuples", "too_many_tuples", None, 422,
          writes=[TUPLE | {"object": f"resource:{i}"} for i in range(1001)]),
    write("101 preconditions", "too_many_preconditions", None, 422, preconditions=[{"tuple": TUPLE}] * 101),
    check("101 contextual tuples", "limit_exceeded", "/contextual_tuples", 422,
          contextual_tuples=[TUPLE | {"object": f"resource:{i}"} for i in range(101)]),
    write("an id in the second tuple", "malformed_id", "/writes/1/subject",
          writes=[TUPLE, TUPLE | {"subject": "member: "}]),
    write("a kind of subject the model refuses", "tuple_not_allowed", "/writes/0",
          writes=written(TUPLE, relation="owner", subject="group:eng#member")),
    write("a condition the model lacks", "tuple_not_allowed", "/writes/0",
          writes=written(TUPLE, condition={"name": "weekday"})),
    write("half a surrogate as a condition", "tuple_not_allowed", "/writes/0",
          writes=written(TUPLE, condition={"name": SURROGATE})),
    write("half a surrogate in a condition's context", "malformed_context", "/writes/0/condition/context",
          writes=written(TUPLE, condition={"name": "weekday", "context": {"a": SURROGATE}})),
    write("half a surrogate in `by`", "malformed_text", "/by", by=SURROGATE),
    write("half a surrogate in `reason`", "malformed_text", "/reason", reason=SURROGATE),
    write("half a surrogate in the idempotency key", "malformed_text", "/idempotency_key", idempotency_key=SURROGATE),
    write("an empty `by`", "malformed_text", "/by", by=""),
    write("a `by` of 257 characters", "malformed_text", "/by", by="a" * 257),
    write("a `reason` of 1,025 characters", "malformed_text", "/reason", reason="a" * 1025),
    write("an idempotency key of 129 characters", "malformed_text", "/idempotency_key", idempotency_key="a" * 129),
    write("a line break in `reason`", "malformed_text", "/reason", reason="first\nsecond"),
    write("a failed precondition", "precondition_failed", "/preconditions/0", 409, preconditions=[{"tuple": TUPLE}]),
    post("a delete of no tuple", "{home}/tuples/delete", (400, "empty_write", None), tuples=[]),
    post("a delete of what is not there", "{home}/tuples/delete", (409, "tuple_not_found", None), tuples=[TUPLE]),
    post("a delete of a malformed tuple", "{home}/tuples/delete", (400, "malformed_id", "/tuples/0/object"),
         tuples=written(TUPLE, object="resource:")),
    post("a delete without tuples", "{home}/tuples/delete", (400, "invalid_request", "/tuples")),
    post("an object with a surrogate", "{home}/objects/delete", (400, "malformed_id", "/object"),
         object=f"member:{SURROGATE}"),
    post("an object deleted by nobody", "{home}/objects/delete", (400, "malformed_text", "/by"),
         object="member:ada", by=SURROGATE),
    post("an object deleted for no reason", "{home}/objects/delete", (400, "malformed_text", "/reason"),
         object="member:ada", reason="\0"),
)  # fmt: skip
READS: Final = (
    read("a limit of 0", "malformed_limit", "/limit", limit=0),
    read("a negative limit", "malformed_limit", "/limit", limit=-1),
    read("a limit of 1,001", "malformed_limit", "/limit", limit=1001),
    read("a cursor that is none", "malformed_cursor", "/cursor", cursor="nonsense"),
    read("a cursor of one list", "malformed_cursor", "/cursor", cursor="W10="),
    read("half a surrogate as a cursor", "malformed_cursor", "/cursor", cursor=SURROGATE),
    read("half a surrogate inside a cursor", "malformed_cursor", "/cursor",
         cursor="WyJcdWQ4MDAiLCJcdWQ4MDAiLCJcdWQ4MDAiLCJcdWQ4MDAiXQ=="),
    read("a cursor nested 100,000 deep", "malformed_cursor", "/cursor", cursor="W1tb" * 33_333),
    read("a cursor outside ASCII", "malformed_cursor", "/cursor", cursor="é"),
    read("half a surrogate as a relation read", "malformed_name", "/relation", relation=SURROGATE),
    read("half a surrogate as a subject read", "malformed_id", "/subject", subject=f"member:{SURROGATE}"),
    read("half a surrogate as an object read", "malformed_name", "/object", object=SURROGATE + ":"),
    read("a type outside ASCII read", "malformed_name", "/object", object="é:"),
    get("a negative revision", "{home}/changes?since=-1", 400, "invalid_request", "/since"),
    get("a revision past 64 bits", "{home}/changes?since=9223372036854775808", 400, "invalid_request", "/since"),
    get("a revision that is a word", "{home}/changes?since=first", 400, "invalid_request", "/since"),
    get("a revision twice", "{home}/changes?since=0&since=1", 400, "malformed_request"),
    get("changes with a limit of 0", "{home}/changes?limit=0", 400, "malformed_limit", "/limit"),
    get("changes with a limit of 2**70", f"{{home}}/changes?limit={2**70}", 400, "malformed_limit", "/limit"),
    get("changes with an unknown parameter", "{home}/changes?until=3", 400, "invalid_request", "/until"),
    get("changes with a NUL", "{home}/changes?since=%00", 400, "invalid_request", "/since"),
)  # fmt: skip
MODELS: Final = (
    post("a model that is no model", "{home}/models", (422, "invalid_model", None), text="model\n  schema 9.9\n"),
    post("an empty model", "{home}/models", (422, "invalid_model", None), text=""),
    post("half a surrogate as a model", "{home}/models", (422, "invalid_model", None), text=SURROGATE),
    post("half a surrogate in a model's comment", "{home}/models", (422, "invalid_model", None),
         text=f"model\n  schema 1.1\n# {SURROGATE}\ntype member\n"),
    post("a model nested 10,000 deep", "{home}/models", (422, "invalid_model", None),
         text="model\n  schema 1.1\ntype a\n  relations\n    define r: " + "(" * 10_000 + "[a]" + ")" * 10_000),
    post("a model that is a number", "{home}/models", (400, "invalid_request", "/text"), text=1),
    post("a model by a surrogate", "{home}/models", (400, "malformed_text", "/by"),
         text="model\n  schema 1.1\ntype member\n", by=SURROGATE),
    get("a model that is not there", "{home}/models/01H0000000000000000000000", 404, "model_not_found"),
    get("a model of half a surrogate", "{home}/models/%ED%A0%80", 404, "model_not_found"),
)  # fmt: skip
STORES: Final = (
    post("a store that is there", "/v1/stores", (409, "store_exists", None), id="{store}"),
    post("a store without a name", "/v1/stores", (400, "malformed_store_id", "/id"), id=""),
    post("a store of 65 characters", "/v1/stores", (400, "malformed_store_id", "/id"), id="s" * 65),
    post("a store with a slash", "/v1/stores", (400, "malformed_store_id", "/id"), id="a/b"),
    post("a store outside ASCII", "/v1/stores", (400, "malformed_store_id", "/id"), id="sté"),
    post("a store of half a surrogate", "/v1/stores", (400, "malformed_store_id", "/id"), id=SURROGATE),
    post("a store with a NUL", "/v1/stores", (400, "malformed_store_id", "/id"), id="a\0"),
    post("a store that is null", "/v1/stores", (400, "invalid_request", "/id"), id=None),
    get("a store that is not there", NOWHERE, 404, "store_not_found"),
    get("a NUL as a store", "/v1/stores/%00", 404, "store_not_found"),
    get("half a surrogate as a store", "/v1/stores/%ED%A0%80", 404, "store_not_found"),
    get("a byte that is no UTF-8 as a store", "/v1/stores/%FF", 404, "store_not_found"),
    get("a store outside ASCII in the path", "/v1/stores/%C3%A9", 404, "store_not_found"),
    get("a slash in a store", "/v1/stores/a%2Fb", 404, "route_not_found"),
    get("a store with a broken escape", "/v1/stores/%zz", 404, "store_not_found"),
    get("a store of 3,000 characters", "/v1/stores/" + "s" * 3000, 404, "store_not_found"),
    get("changes of a store that is not there", f"{NOWHERE}/changes", 404, "store_not_found"),
    get("models of a store that is not there", f"{NOWHERE}/models", 404, "store_not_found"),
    post("a check in a store that is not there", f"{NOWHERE}/check", (404, "store_not_found", None), **TUPLE),
    post("a write to a store that is not there", f"{NOWHERE}/tuples/write", (404, "store_not_found", None),
         writes=[TUPLE]),
    post("a read of a store that is not there", f"{NOWHERE}/tuples/read", (404, "store_not_found", None)),
    post("an object in a store that is not there", f"{NOWHERE}/objects/delete",
         (404, "store_not_found", None), object="member:ada"),
    post("a model for a store that is not there", f"{NOWHERE}/models", (404, "store_not_found", None),
         text="model\n  schema 1.1\ntype member\n"),
    Wrong("a store that is not there, deleted", "DELETE", NOWHERE, (404, "store_not_found", None)),
)  # fmt: skip
ROUTES: Final = (
    get("an unknown route", "/v1/nothing", 404, "route_not_found"),
    get("a file the page has not", "/page/nothing.js", 404, "route_not_found"),
    get("a slash at the end", "/v1/stores/", 404, "route_not_found"),
    get("two slashes", "//v1//stores", 404, "route_not_found"),
    get("a way out of the folder", "/v1/stores/../../etc/passwd", 404, "route_not_found"),
    get("a check by GET", "{home}/check", 405, "method_not_allowed"),
    Wrong("a store by PUT", "PUT", "{home}", (405, "method_not_allowed", None), "{}"),
    Wrong("a store by PATCH", "PATCH", "{home}", (405, "method_not_allowed", None), "{}"),
    Wrong("changes by DELETE", "DELETE", "{home}/changes", (405, "method_not_allowed", None)),
    Wrong("a method nobody knows", "BREW", "{home}", (405, "method_not_allowed", None)),
)
# `{workspace}` stands for the id of a workspace of olga's.
ACCESS: Final = (
    post("a workspace that is there", "/v1/workspaces", (409, "id_taken", "/id"),
         id="{workspace}", name="a", owner="a@b.example"),
    post("a workspace with a slash", "/v1/workspaces", (400, "malformed_id", "/id"),
         id="a/b", name="a", owner="a@b.example"),
    post("a workspace of half a surrogate", "/v1/workspaces", (400, "malformed_id", "/id"),
         id=SURROGATE, name="a", owner="a@b.example"),
    post("a workspace owned by no address", "/v1/workspaces", (400, "malformed_email", "/email"),
         id="wrong", name="a", owner="nobody"),
    post("a workspace of a plan there is not", "/v1/workspaces", (400, "malformed_plan", "/plan"),
         id="wrong", name="a", owner="a@b.example", plan="gold"),
    post("a workspace in a region there is not", "/v1/workspaces", (400, "malformed_region", "/region"),
         id="wrong", name="a", owner="a@b.example", region="moon"),
    post("a workspace without a name", "/v1/workspaces", (400, "invalid_request", "/name"),
         id="a", owner="a@b.example"),
    post("a workspace for a reason with a line break", "/v1/workspaces", (400, "malformed_text", "/reason"),
         id="wrong", name="a", owner="a@b.example", reason="a\nb"),
    post("a workspace said to be by somebody", "/v1/workspaces", (400, "invalid_request", "/by"),
         id="wrong", name="a", owner="a@b.example", by="carol"),
    get("a workspace that is not there", "/v1/workspaces/nobodys", 404, "workspace_not_found"),
    get("a workspace of a NUL", "/v1/workspaces/%00", 400, "malformed_id", "/id"),
    get("a slash at a workspace's end", "/v1/workspaces/", 404, "route_not_found"),
    get("workspaces with a limit of 1,001", "/v1/workspaces?limit=1001", 400, "malformed_limit", "/limit"),
    get("workspaces with a limit that is a word", "/v1/workspaces?limit=all", 400, "invalid_request", "/limit"),
    get("workspaces with a damaged cursor", "/v1/workspaces?cursor=W", 400, "malformed_cursor", "/cursor"),
    get("workspaces with an unknown parameter", "/v1/workspaces?page=2", 400, "invalid_request", "/page"),
    patch("a workspace of an unknown field", "", (400, "invalid_request", "/colour"), colour="red"),
    patch("a workspace named by a NUL", "", (400, "malformed_text", "/name"), name="\0"),
    there("a member without an address", "/members", (400, "invalid_request", "/email")),
    there("a member of no address", "/members", (400, "malformed_email", "/email"), email="ada"),
    there("a member of half a surrogate", "/members", (400, "malformed_id", None), email=f"{SURROGATE}@b.example"),
    there("a member who is one", "/members", (409, "member_exists", "/email"), email="olga@{workspace}.example"),
    there("a member of a role there is not", "/members", (404, "role_not_found", "/role"),
          email="a@b.example", role="god"),
    there("a member of an id with a space", "/members", (400, "malformed_id", None), email="a@b.example", id="a b"),
    patch("a member changed in nothing", "/members/olga", (400, "invalid_request", "")),
    patch("a member changed in two things", "/members/olga", (400, "invalid_request", ""), role="owner", pii=True),
    patch("a member who is none", "/members/nobody", (404, "member_not_found", None), pii=True),
    there("a group without a name", "/groups", (400, "invalid_request", "/name")),
    there("a group with an empty name", "/groups", (400, "malformed_text", "/name"), name=""),
    there("a policy of a role there is not", "/policies", (404, "role_not_found", "/role"), role="god"),
    there("a policy of a label and a resource", "/policies", (400, "labels_refused", "/labels"),
          role="source_admin", labels=["environment:prod"], resources=["a"]),
    there("a policy of two values of a key", "/policies", (400, "labels_refused", "/labels"),
          role="source_admin", labels=["environment:prod", "environment:dev"]),
    there("a warehouse role by label", "/policies", (400, "labels_refused", "/labels"),
          role="warehouse_admin", labels=["environment:prod"]),
    there("a warehouse role on a single one", "/policies", (400, "resources_refused", "/resources"),
          role="warehouse_admin", resources=["a"]),
    there("a policy held by a source", "/policies", (400, "holder_refused", "/holders"),
          role="source_admin", holders=["source:a"]),
    there("a policy held by half a surrogate", "/policies", (400, "malformed_object", None),
          role="source_admin", holders=[SURROGATE]),
    there("1,001 holders", "/policies", (400, "invalid_request", "/holders"),
          role="source_admin", holders=["member:a"] * 1001),
    there("a label without a value", "/labels", (400, "malformed_label", None), label="brand"),
    there("a label of half a surrogate", "/labels", (400, "malformed_label", None), label=f"a:{SURROGATE}"),
    there("a label that is there", "/labels", (409, "label_exists", "/label"), label="environment:prod"),
    Wrong("a label that is built in, ended", "DELETE", "/v1/workspaces/{workspace}/labels/environment:prod",
          (409, "label_built_in", None)),
    there("a label on a warehouse", "/resources", (400, "labels_refused", "/labels"),
          type="warehouse", labels=["environment:prod"]),
    there("a resource of a type there is not", "/resources", (404, "resource_type_not_found", "/type"), type="moon"),
    there("a destination in nothing", "/resources", (400, "malformed_parent", "/parent"), type="destination"),
    there("a source in something", "/resources", (400, "malformed_parent", "/parent"), type="source", parent="a"),
    get("resources of no type", "/v1/workspaces/{workspace}/resources", 400, "invalid_request", "/type"),
    get("a resource without a type", "/v1/workspaces/{workspace}/resources/orders", 400, "malformed_object"),
    get("a member as a resource", "/v1/workspaces/{workspace}/resources/member:ada", 404, "resource_type_not_found",
        "/type"),
    there("a destination moved", "/resources/destination:a/move", (400, "move_refused", "/resource"), workspace="b"),
    there("a token that has ended", "/tokens", (400, "malformed_time", "/expires_at"),
          description="a", expires_at="2020-01-01T00:00:00Z"),
    there("a token that ends without a zone", "/tokens", (400, "invalid_request", "/expires_at"),
          description="a", expires_at="2030-01-01T00:00:00"),
    there("an invite for no days", "/invites", (400, "malformed_time", "/days"), email="a@b.example", days=0),
    there("an invite for 366 days", "/invites", (400, "malformed_time", "/days"), email="a@b.example", days=366),
    there("an invite of a member", "/invites", (409, "member_exists", "/email"), email="olga@{workspace}.example"),
    there("an acceptance of nothing", "/invites/accept", (404, "invite_not_found", None), secret=""),
    there("an acceptance of half a surrogate", "/invites/accept", (404, "invite_not_found", None), secret=SURROGATE),
    there("a request by a key", "/access-requests", (403, "relation_missing", None), text="more"),
    post("a session of nobody", "/v1/sessions", (404, "member_not_found", None), member="nobody"),
    post("a session of half a surrogate", "/v1/sessions", (400, "malformed_id", None), member=SURROGATE),
    post("a session of a number", "/v1/sessions", (400, "invalid_request", "/member"), member=1),
    get("sessions of everybody", "/v1/sessions", 400, "invalid_request", "/member"),
    Wrong("a session that is not there, ended", "DELETE", "/v1/sessions/nobodys", (404, "session_not_found", None)),
)  # fmt: skip

LISTED: Final = {"subject": "member:ada", "relation": "viewer", "type": "resource"}
MOMENT: Final = {"at_revision": 1}
QUESTIONS: Final = (
    post("why of a relation there is not", "{home}/why", (400, "relation_not_found", "/relation"),
         **TUPLE | {"relation": "owns"}),
    post("why with no proofs", "{home}/why", (400, "malformed_limit", "/limit"), **TUPLE, limit=0),
    post("why of the past without a moment", "{home}/history/why", (400, "invalid_request", "/at_revision"), **TUPLE),
    post("why of the past with a zookie", "{home}/history/why", (400, "invalid_request", "/zookie"),
         **TUPLE | MOMENT, zookie="a"),
    post("why of what is to come", "{home}/history/why", (400, "revision_unknown", None), **TUPLE, at_revision=999),
    post("why at a time without a zone", "{home}/history/why", (400, "invalid_request", "/at_time"),
         **TUPLE, at_time="2026-01-01T00:00:00"),
    post("a check of before the beginning", "{home}/history/check", (400, "revision_unknown", None),
         **TUPLE, at_revision=0),
    post("a check at a negative revision", "{home}/history/check", (400, "invalid_request", "/at_revision"),
         **TUPLE, at_revision=-1),
    post("changes of nobody", "{home}/history/changes", (400, "object_or_subject_required", None),
         since_revision=1, until_revision=1),
    post("changes to half an object", "{home}/history/changes", (400, "malformed_object", "/object"),
         since_revision=1, until_revision=1, object="resource"),
    post("since when, of a relation there is not", "{home}/history/since", (400, "relation_not_found", "/relation"),
         **TUPLE | {"relation": "owns"}),
    post("a trial of nothing", "{home}/what-if", (400, "empty_write", None)),
    post("objects with half a surrogate", "{home}/list-objects", (400, "malformed_id", "/subject"),
         **LISTED | {"subject": f"member:{SURROGATE}"}),
    post("objects by a cursor that is none", "{home}/list-objects", (400, "malformed_cursor", "/cursor"),
         **LISTED, cursor="a"),
    post("objects of a type there is not", "{home}/list-objects", (400, "type_not_found", "/type"),
         **LISTED | {"type": "moon"}),
    post("subjects of a relation there is not", "{home}/list-subjects", (400, "relation_not_found", "/relation"),
         object="resource:wiki", relation="owns", type="member"),
    post("all that nobody can do", "{home}/list-access", (400, "invalid_request", "/subject")),
)  # fmt: skip

CALLS: Final = (*BODIES, *SHAPES, *NAMES, *WRITES, *READS, *MODELS, *STORES, *ROUTES, *ACCESS, *QUESTIONS)
