"""Every format: which a file is of, what its lines say, and what is refused in them."""

from __future__ import annotations

import gzip
import io
import json
from datetime import UTC, datetime
from typing import Final

import pytest

from iamgraph.bulk.documents import MAX_DOCUMENT_BYTES, MAX_YAML_BYTES
from iamgraph.bulk.formats import Source, source_of
from iamgraph.bulk.records import line_of, tuple_of_line
from iamgraph.bulk.relationships import tuple_of_relationship
from iamgraph.errors import LimitError, RequestError
from iamgraph.tuples import ConditionUse, RelationTuple, parse_tuple

ADA: Final = parse_tuple("group:eng#member@user:ada")
CORE: Final = parse_tuple("group:eng#member@group:core#member")
ALL: Final = parse_tuple("group:eng#member@user:*")
ENDS: Final = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
USED: Final = RelationTuple(ADA.object, "member", ADA.subject, ENDS, ConditionUse("hours", '{"from":9}'))

OWN_JSON: Final = (
    '{"subject":"user:ada","relation":"member","object":"group:eng"}\r\n'
    "\n"
    '"group:eng#member@group:core#member"\n'
    '{"tuple":"group:eng#member@user:*"}\n'
    '{"subject":"user:ada","relation":"member","object":"group:eng","expires_at":"2030-01-02T03:04:05Z",'
    '"condition":{"name":"hours","context":{"from":9}},"since":3,"at":"2026-01-01T00:00:00Z","by":"eve"}'
)
OPENFGA_JSON: Final = (
    '{"user":"user:ada","relation":"member","object":"group:eng"}\n'
    '{"user":"group:core#member","relation":"member","object":"group:eng"}\n'
    '{"user":"user:*","relation":"member","object":"group:eng"}\n'
    '{"user":"user:ada","relation":"member","object":"group:eng","condition":{"name":"hours","context":{"from":9}}}\n'
)
OWN_CSV: Final = (
    "subject,relation,object,expires_at,condition,context\n"
    "user:ada,member,group:eng,,,\n"
    "group:core#member,member,group:eng,,,\n"
    '"user:*",member,group:eng,,,\n'
    'user:ada,member,group:eng,2030-01-02T03:04:05Z,hours,"{""from"": 9}"\n'
)
OPENFGA_CSV: Final = (
    "user_type,user_id,user_relation,relation,object_type,object_id,condition_name,condition_context\n"
    "user,ada,,member,group,eng,,\n"
    "group,core,member,member,group,eng,,\n"
    "user,*,,member,group,eng,,\n"
    'user,ada,,member,group,eng,hours,"{""from"":9}"\n'
)
OPENFGA_YAML: Final = """\
- user: user:ada
  relation: member
  object: group:eng
- {user: "group:core#member", relation: member, object: group:eng}
- {user: "user:*", relation: member, object: group:eng}
- user: user:ada
  relation: member
  object: group:eng
  condition: {name: hours, context: {from: 9}}
"""
SPICEDB: Final = (
    "// who is in\n"
    "# of another hand\n"
    "group:eng#member@user:ada#...\n"
    "  group:eng#member@group:core#member\n"
    "\n"
    "group:eng#member@user:*\n"
    'group:eng#member@user:ada[hours:{"from":9}][expiration:2030-01-02T03:04:05Z]\n'
)
VALIDATION: Final = "schema: |-\n  definition user {}\nrelationships: |-\n" + "".join(
    f"  {line}\n" for line in SPICEDB.splitlines()
)
DEEP: Final = '{"a":' * 40 + "1" + "}" * 40
LASTING: Final = RelationTuple(ADA.object, "member", ADA.subject, None, USED.condition)


def tuples(source: Source) -> list[RelationTuple]:
    """What the lines of a source say."""
    lines = source.file.read().decode().lstrip("\ufeff").splitlines()
    return [one for one in map(source.read, lines) if one is not None]


@pytest.mark.parametrize(
    ("format_", "text", "last"),
    [
        ("jsonl", OWN_JSON, USED),
        ("jsonl", OPENFGA_JSON, LASTING),
        ("csv", OWN_CSV, USED),
        ("csv", OPENFGA_CSV, LASTING),
        ("json", "[" + ",\n".join(OPENFGA_JSON.splitlines()) + "]", LASTING),
        ("json", '{\n "tuples": [' + ",".join(OPENFGA_JSON.splitlines()) + "]}", LASTING),
        ("yaml", OPENFGA_YAML, LASTING),
        ("yaml", "name: a store\ntuples:\n" + OPENFGA_YAML, LASTING),
        ("yaml", VALIDATION, USED),
        ("relationships", SPICEDB, USED),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_format_says_its_tuples(format_: str, text: str, last: RelationTuple, packed: bool) -> None:
    """The same tuples come out of every format, in gzip or not, with a byte order mark or without."""
    raw = ("\ufeff" + text).encode()
    file = io.BytesIO(gzip.compress(raw) if packed else raw)
    assert [ADA, CORE, ALL, last] == tuples(source_of(file, None, format_))


@pytest.mark.parametrize(
    ("name", "text", "format_"),
    [
        (None, OWN_JSON, "jsonl"),
        (None, OPENFGA_JSON, "jsonl"),
        (None, OWN_CSV, "csv"),
        (None, OPENFGA_CSV, "csv"),
        (None, "\n\n[ ]", "json"),
        (None, '{\n "tuples": []}', "json"),
        (None, SPICEDB, "relationships"),
        (None, "group:eng#member@user:ada", "relationships"),
        (None, "", "jsonl"),
        ("tuples.CSV.gz", OWN_CSV, "csv"),
        ("a.yml", OPENFGA_YAML, "yaml"),
        ("a.ndjson", "", "jsonl"),
        ("a.zed", "", "relationships"),
        ("a.json", OWN_JSON, "jsonl"),
    ],
)
def test_the_format_is_found(name: str | None, text: str, format_: str) -> None:
    """A format is known by the file's name, else by how the file begins."""
    assert format_ == source_of(io.BytesIO(text.encode()), name).format


def test_a_format_that_is_not_known() -> None:
    """A file that begins as none of the formats does is refused, not guessed at."""
    with pytest.raises(RequestError, match="name it") as refused:
        source_of(io.BytesIO(b"ada is a member of eng\n"), "notes.txt")
    assert "unknown_format" == refused.value.code


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "malformed_tuple"),
        ("[1]", "malformed_tuple"),
        ("17", "malformed_tuple"),
        ("NaN", "malformed_tuple"),
        ('{"subject":"user:ada","relation":"member"}', "malformed_tuple"),
        ('{"subject":"user:ada","relation":"member","object":7}', "malformed_tuple"),
        ('{"subject":"user:ada","subject":"user:bob","relation":"member","object":"group:eng"}', "malformed_tuple"),
        ('{"subject":"user:ada","relation":"member","object":"group:eng","expires":1}', "malformed_tuple"),
        ('{"subject":"user:ada","user":"user:bob","relation":"member","object":"group:eng"}', "malformed_tuple"),
        ('{"subject":"user:ada","relation":"member","object":"group:*"}', "malformed_object"),
        ('{"subject":"user:a\\u0000","relation":"member","object":"group:eng"}', "malformed_id"),
        ('{"subject":"user:a\x00","relation":"member","object":"group:eng"}', "malformed_tuple"),
        ('{"subject":"user:\\ud800","relation":"member","object":"group:eng"}', "malformed_id"),
        ('{"tuple":"group:eng#member@user:ada","expires_at":"soon"}', "malformed_time"),
        ('{"tuple":"group:eng#member@user:ada","expires_at":"2030-01-01T00:00:00"}', "malformed_time"),
        ('{"tuple":"group:eng#member@user:ada","expires_at":9}', "malformed_tuple"),
        ('{"tuple":"group:eng#member@user:ada","condition":"hours"}', "malformed_tuple"),
        ('{"tuple":"group:eng#member@user:ada","condition":{"name":"a","context":[]}}', "malformed_context"),
        ('{"tuple":"group:eng#member@user:ada","condition":{"name":"a","context":["\\ud800"]}}', "malformed_context"),
        ('{"tuple":"g:e#m@u:a","condition":{"name":"a","context":' + DEEP + "}}", "malformed_context"),
        ("[" * 100_000, "malformed_tuple"),
        ("9" * 10_000, "malformed_tuple"),
        ("x" * 1_000_000, "malformed_tuple"),
    ],
)  # fmt: skip
def test_bad_json_lines(line: str, code: str) -> None:
    """A line that says no tuple is refused with a code, and never fails otherwise."""
    with pytest.raises(RequestError) as refused:
        tuple_of_line(line)
    assert code == refused.value.code
    assert "\n" not in refused.value.message
    assert len(refused.value.message) < 400


@pytest.mark.parametrize(
    "line",
    [
        "user:ada,member",
        "user:ada,member,group:eng,,,,",
        '"user:ada,member,group:eng,,,',
        '"user:ada"x,member,group:eng,,,',
        "user:ada,member,group:eng,soon,,",
        'user:ada,member,group:eng,,,"{}"',
        "user:ada,member,group:eng,,hours,{",
        "user:\x00,member,group:eng,,,",
        "x" * 1_000_000 + ",member,group:eng,,,",
    ],
)
def test_bad_csv_records(line: str) -> None:
    """A damaged record is refused alone: a quote left open ends with its line."""
    source = source_of(io.BytesIO(OWN_CSV.encode()))
    with pytest.raises(RequestError):
        source.read(line)
    assert ADA == source.read("user:ada,member,group:eng,,,")


@pytest.mark.parametrize(
    "header",
    [
        "subject,relation",
        "subject,relation,object,object",
        "subject,relation,object,note",
        "user_type,user_id,relation,object_type",
        "subject,user_type,user_id,relation,object_type,object_id,object",
        '"subject',
    ],
)
def test_bad_csv_headers(header: str) -> None:
    """Columns a tuple does not have are refused at once, before anything is read."""
    with pytest.raises(RequestError):
        source_of(io.BytesIO(header.encode() + b"\n"), "a.csv")


@pytest.mark.parametrize(
    "line",
    [
        "group:eng#member",
        "group:eng#member@",
        "group:eng@user:ada",
        "group:eng#member@user:ada[expiration:soon]",
        "group:eng#member@user:ada[hours:{]",
        "group:eng#member@user:ada [hours]",
        "group:eng#member@user:ada[1]",
        "group:eng#member@user:ada[expiration:2030-01-01T00:00:00Z][hours]",
        "member@user:ada",
    ],
)
def test_bad_relationships(line: str) -> None:
    """A line that is no relationship is refused."""
    with pytest.raises(RequestError):
        tuple_of_relationship(line)


def test_relationships_keep_iamgraphs_ids() -> None:
    """Brackets before the end are part of an id; a doubled `#` is one."""
    for text in ("doc:a##1#viewer@user:ada", "doc:[a]#viewer@user:[b]c"):
        assert parse_tuple(text) == tuple_of_relationship(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: [", "malformed_document"),
        ("- &a {user: x}\n- *a\n", "malformed_document"),
        ("just words", "malformed_document"),
        ("- !!python/object:os.system {}", "malformed_document"),
        ("- !!binary aGVsbG8=", "malformed_document"),
        ("tuples: 3", "malformed_document"),
        ("[" * 999_999, "malformed_document"),
        ("{a: " * 200_000, "malformed_document"),
        ("- " * 500_000, "malformed_document"),
        ("a: \x00", "malformed_document"),
        ("tuples: []\ntuples: []", "malformed_document"),
        ("- {user: x, user: y}", "malformed_document"),
    ],
)
def test_bad_documents(text: str, code: str) -> None:
    """YAML that is damaged, holds no list of tuples, or could grow when read, is refused whole."""
    with pytest.raises(RequestError) as refused:
        source_of(io.BytesIO(text.encode()), "a.yaml")
    assert code == refused.value.code


def test_a_document_is_bounded() -> None:
    """A document past its limit is refused, even where gzip made it small."""
    for limit, name in ((MAX_DOCUMENT_BYTES, "a.json.gz"), (MAX_YAML_BYTES, "a.yaml.gz")):
        with pytest.raises(LimitError):
            source_of(io.BytesIO(gzip.compress(b"[" + b" " * limit + b"]")), name)
        assert [] == tuples(source_of(io.BytesIO(gzip.compress(b"[" + b" " * (limit - 2) + b"]")), name))


@pytest.mark.parametrize("one", [ADA, CORE, ALL, USED, LASTING, parse_tuple("doc:a##b#viewer@user:ü💠")])
def test_written_as_read(one: RelationTuple) -> None:
    """The line of a tuple says that tuple."""
    assert one == tuple_of_line(line_of(one))
    assert "\n" not in line_of(one)


def test_times_are_written_in_utc() -> None:
    """A time with an offset is written as the same moment in UTC."""
    one = tuple_of_line('{"tuple":"group:eng#member@user:ada","expires_at":"2030-01-02T05:04:05+02:00"}')
    assert one is not None
    assert "2030-01-02T03:04:05Z" == json.loads(line_of(one))["expires_at"]
