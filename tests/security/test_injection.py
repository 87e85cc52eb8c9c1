"""Nothing of a caller's ever becomes a part of a statement: hostile text through every field, on a real Neo4j."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError, RequestError
from iamgraph.keys import Keys
from iamgraph.questions import CheckQuestion, OnMissing, Precondition, TupleFilter, WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import (
    ConditionUse,
    Object,
    RelationTuple,
    Userset,
    Wildcard,
    parse_object,
    parse_subject,
    parse_tuple,
)
from tests.made_keys import end_key, make_key
from tests.store.graph import Graph, replayed

pytestmark = pytest.mark.long

MODEL: Final = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user, group#member, user:*, user with sober]

condition sober(drinks: int) {
  drinks < 1
}
"""
DELETE: Final = "DETACH DELETE n //"
PAYLOADS: Final = (
    "'",
    '"',
    "`",
    "``",
    "\\",
    "\\'",
    '\\"',
    "\\u0027",
    "\\u0060",
    "\\u0022)RETURN(1",
    "\u02bc",
    "\uff07",
    "\uff40",
    "$",
    "$object",
    "$store",
    "${object}",
    "{object}",
    "{0}",
    "%s",
    "#{1+1}",
    "/*",
    "*/",
    "//",
    "--",
    ";",
    "*",
    "**",
    "'}",
    "'})",
    "`)",
    "null",
    "NULL",
    "true",
    "x'OR'1'='1",
    "x`]->()-[`y",
    "a:Object",
    "#member",
    "a#member@user:*",
    "..",
    "../../etc/passwd",
    "%00",
    "%27",
    "&#39;",
    "\x00",
    "a\nb",
    "a\r\nb",
    "\u2028",
    "\ud800",
    "\u202e",
    "\ufeff",
    "'}) MATCH (n) " + DELETE,
    "'})/**/MATCH/**/(n)/**/DETACH/**/DELETE/**/n//",
    "`)/**/MATCH/**/(n)/**/DETACH/**/DELETE/**/n//",
    '"})/**/MATCH/**/(n)/**/DETACH/**/DELETE/**/n//',
    "\\u0027})/**/MATCH/**/(n)/**/DETACH/**/DELETE/**/n//",
    "}) DETACH DELETE n //",
    ")}CREATE(:IamStore{id:'mine'})//",
    "x]->() CREATE (:IamKey {id: 'k', hash: 'h'}) //",
    "MEMBER|VIEWER",
    "MEMBER*",
    "member`:Admin",
    "CALL{CREATE(:Pwned)}",
    "LOAD/**/CSV/**/FROM/**/'file:///etc/passwd'/**/AS/**/l",
    "x" * 256,
    "'" * 256,
    "x" * 5000,
)
Act = Callable[[Authorizer, str, str], object]
GROUP: Final = parse_object("group:eng")
ADA: Final = Object("user", "ada")


def _check(store: str, subject: object, relation: str, object_: object, **rest: object) -> CheckQuestion:
    return CheckQuestion(store, subject, relation, object_, **rest)  # type: ignore[arg-type]  # made up on purpose


def _write(door: Authorizer, store: str, one: RelationTuple) -> object:
    return door.write(WriteRequest(store, writes=(one,)))


def _asked(door: Authorizer, question: CheckQuestion) -> object:
    door.check(CheckQuestion(question.store, question.subject, question.relation, question.object, explain=True))
    return door.check(question)


ACTS: Final[dict[str, Act]] = {
    "object id": lambda door, store, p: _write(door, store, RelationTuple(Object("group", p), "member", ADA)),
    "subject id": lambda door, store, p: _write(door, store, RelationTuple(GROUP, "member", Object("user", p))),
    "userset id": lambda door, store, p: _write(
        door, store, RelationTuple(GROUP, "member", Userset(Object("group", p), "member"))
    ),
    "both ids": lambda door, store, p: _write(
        door, store, RelationTuple(Object("group", p), "member", Userset(Object("group", p), "member"))
    ),
    "object type": lambda door, store, p: _write(door, store, RelationTuple(Object(p, "a"), "member", ADA)),
    "relation": lambda door, store, p: _write(door, store, RelationTuple(GROUP, p, ADA)),
    "subject type": lambda door, store, p: _write(door, store, RelationTuple(GROUP, "member", Object(p, "a"))),
    "subject relation": lambda door, store, p: _write(door, store, RelationTuple(GROUP, "member", Userset(GROUP, p))),
    "wildcard type": lambda door, store, p: _write(door, store, RelationTuple(GROUP, "member", Wildcard(p))),
    "tuple text": lambda door, store, p: _write(door, store, parse_tuple(f"group:{p}#member@user:{p}")),
    "condition name": lambda door, store, p: _write(
        door, store, RelationTuple(GROUP, "member", ADA, condition=ConditionUse(p))
    ),
    "condition context": lambda door, store, p: _write(
        door, store, RelationTuple(GROUP, "member", ADA, condition=ConditionUse("sober", p))
    ),
    "author": lambda door, store, p: door.write(WriteRequest(store, writes=(parse_tuple(TUPLE),), by=p)),
    "reason": lambda door, store, p: door.write(WriteRequest(store, writes=(parse_tuple(TUPLE),), reason=p)),
    "idempotency key": lambda door, store, p: door.write(
        WriteRequest(store, writes=(parse_tuple(TUPLE),), idempotency_key=p)
    ),
    "precondition": lambda door, store, p: door.write(
        WriteRequest(
            store,
            writes=(parse_tuple(TUPLE),),
            preconditions=(Precondition(RelationTuple(Object("group", p), "member", ADA), must_exist=False),),
        )
    ),
    "deleted tuple": lambda door, store, p: door.write(
        WriteRequest(store, deletes=(RelationTuple(Object("group", p), "member", ADA),), on_missing=OnMissing.IGNORE)
    ),
    "checked object": lambda door, store, p: _asked(door, _check(store, ADA, "member", Object("group", p))),
    "checked subject": lambda door, store, p: _asked(door, _check(store, Object("user", p), "member", GROUP)),
    "checked userset": lambda door, store, p: _asked(
        door, _check(store, Userset(Object("group", p), "member"), "member", GROUP)
    ),
    "checked wildcard": lambda door, store, p: _asked(door, _check(store, Wildcard(p), "member", GROUP)),
    "checked relation": lambda door, store, p: _asked(door, _check(store, ADA, p, GROUP)),
    "checked type": lambda door, store, p: _asked(door, _check(store, ADA, "member", Object(p, "eng"))),
    "checked subject type": lambda door, store, p: _asked(door, _check(store, Object(p, "ada"), "member", GROUP)),
    "contextual tuple": lambda door, store, p: door.check(
        _check(store, ADA, "member", GROUP, contextual_tuples=(RelationTuple(GROUP, "member", Object("user", p)),))
    ),
    "question context": lambda door, store, p: door.check(_check(store, ADA, "member", GROUP, context=p)),
    "zookie": lambda door, store, p: door.check(_check(store, ADA, "member", GROUP, zookie=p)),
    "checked store": lambda door, store, p: door.check(_check(p, ADA, "member", GROUP)),
    "statement's relation": lambda door, store, p: door.statement(store, "group", p, ADA),
    "statement's type": lambda door, store, p: door.statement(store, p, "member", ADA),
    "filter's type": lambda door, store, p: door.read(store, TupleFilter(p)),
    "filter's object": lambda door, store, p: door.read(store, TupleFilter("group", p)),
    "filter's relation": lambda door, store, p: door.read(store, TupleFilter(relation=p)),
    "filter's subject": lambda door, store, p: door.read(store, TupleFilter(subject=Object("user", p))),
    "cursor": lambda door, store, p: door.read(store, cursor=p),
    "cursor's text": lambda door, store, p: door.read(
        store, cursor=base64.urlsafe_b64encode(p.encode("utf-8", "surrogatepass")).decode()
    ),
    "deleted object": lambda door, store, p: door.delete_object(store, Object("group", p), by=p, reason=p),
    "model": lambda door, store, p: door.write_model(store, p),
    "type in a model": lambda door, store, p: door.write_model(store, MODEL + f"\ntype {p}\n"),
    "relation in a model": lambda door, store, p: door.write_model(
        store, MODEL.replace("define member", f"define {p}: [user]\n    define member")
    ),
    "model's author": lambda door, store, p: door.write_model(store, MODEL, by=p, reason=p),
    "condition in a model": lambda door, store, p: door.write_model(store, MODEL.replace("drinks < 1", p)),
    "comment in a model": lambda door, store, p: door.write_model(store, f"# {p}\n{MODEL}"),
    "model id": lambda door, store, p: door.get_model(store, p),
    "read store": lambda door, store, p: door.read(p),
    "changed store": lambda door, store, p: door.changes(p),
    "written store": lambda door, store, p: door.write(WriteRequest(p, writes=(parse_tuple(TUPLE),))),
    "store of a model": lambda door, store, p: door.write_model(p, MODEL),
    "got store": lambda door, store, p: door.get_store(p),
    "listed models": lambda door, store, p: door.list_models(p),
    "deleted store": lambda door, store, p: door.delete_store(p),
    "store and more": lambda door, store, p: door.delete_store(store + p),
    "new store": lambda door, store, p: _made_and_deleted(door, p),
}
TUPLE: Final = "group:eng#member@user:ada"


def test_numbers_past_what_neo4j_holds_are_refused(door: Authorizer, home: str) -> None:
    """A revision of more than 64 bits is the caller's mistake, and said to be."""
    for since in (2**63, -(2**70)):
        with pytest.raises(RequestError, match="cannot be asked for"):
            door.changes(home, since)


def _made_and_deleted(door: Authorizer, name: str) -> None:
    door.create_store(name)
    door.delete_store(name)


def outside(graph: Graph, store: str) -> list[str]:
    """Everything in the database but what belongs to one store."""
    return [one for one in graph.dump() if store not in one]


@pytest.fixture
def bystander(door: Authorizer) -> Iterator[str]:
    """A store with tuples, models and changes that nobody means to touch."""
    name = f"bystander-{ULID()}"
    door.create_store(name)
    door.write_model(name, MODEL)
    door.write(WriteRequest(name, writes=tuple(parse_tuple(f"group:g{i}#member@user:ada") for i in range(5))))
    yield name
    door.delete_store(name)


@pytest.mark.parametrize("field", ACTS)
def test_hostile_text_stays_text(door: Authorizer, home: str, bystander: str, own_graph: Graph, field: str) -> None:
    """Whatever a field is given, nothing outside its store changes, and inside only what the log tells."""
    door.write_model(home, MODEL)
    before = outside(own_graph, home)
    for payload in PAYLOADS:
        # A refusal is as good as an answer, if it is one of ours; any other exception fails the test.
        with suppress(IamgraphError):
            ACTS[field](door, home, payload)
    assert before == outside(own_graph, home)
    changes = door.changes(home, limit=1000)
    assert list(range(1, len(changes) + 1)) == [one.revision for one in changes]
    assert replayed(changes) == own_graph.tuples(home)
    assert _labels(own_graph, home) <= {"IamStore", "IamModel", "IamChange", "Object", "User", "Group"}
    assert _types(own_graph, home) <= {"MEMBER"}


def _labels(graph: Graph, store: str) -> set[str]:
    rows = graph.rows("MATCH (n) WHERE n.store = $store OR n.id = $store RETURN labels(n) AS labels", store=store)
    return {label for row in rows for label in row["labels"]}


def _types(graph: Graph, store: str) -> set[str]:
    rows = graph.rows("MATCH ({store: $store})-[r]-() RETURN DISTINCT type(r) AS type", store=store)
    return {row["type"] for row in rows}


def test_hostile_text_comes_back_as_it_was(door: Authorizer, home: str) -> None:
    """What is taken as an id, an author or a reason is given back unchanged, by tuples, changes and paths."""
    door.write_model(home, MODEL)
    for payload in PAYLOADS:
        try:
            one = RelationTuple(Object("group", payload), "member", Object("user", payload))
            request = WriteRequest(home, writes=(one,), by=payload, reason=payload)
        except RequestError:
            continue
        revision = door.write(request)
        (found,) = door.read(home, TupleFilter("group", payload)).items
        assert (one, payload, payload) == (found.tuple, found.by, found.reason)
        assert (one,) == door.changes(home, revision.number - 1)[0].writes
        assert (found,) == door.check(CheckQuestion(home, one.subject, "member", one.object, explain=True)).path


@pytest.mark.parametrize("text", ["a\nb", "a\rb", "a\tb", "a b", "\x00", "a\x00", "\u2028", "\ud800", "\u202e", "*"])
def test_ids_hold_no_control_characters(text: str) -> None:
    """Line ends, spaces, half characters and marks that turn the line around are refused in every id."""
    with pytest.raises(RequestError, match="malformed id"):
        Object("user", text)


def test_hostile_api_keys(own_keeper: Neo4jKeeper, own_graph: Graph) -> None:
    """Names, ids and stores of API keys are text too: after all of them nothing is there but the keys made."""
    before = _without_keys(own_graph, set())
    made: set[str] = set()
    for payload in PAYLOADS:
        with suppress(IamgraphError):
            key, _ = make_key(own_keeper, payload)
            made.add(key.id)
            assert payload in [one.name for one in own_keeper.list_keys()]
            end_key(own_keeper, key)
        with pytest.raises(RequestError):
            Keys(own_keeper).revoke_key(payload)
        with pytest.raises(RequestError):
            make_key(own_keeper, "x", stores={f"a' {payload}"})
    assert before == _without_keys(own_graph, made)


def _without_keys(graph: Graph, made: set[str]) -> list[str]:
    """The graph's dump once those keys, and the count of keys' changes, are gone."""
    graph.rows("MATCH (k:IamKey) WHERE k.id IN $made DELETE k", made=list(made))
    graph.rows("MATCH (all:IamKeys) DELETE all")
    return graph.dump()


# --- names that mean something in Cypher -------------------------------------------------------------------

KEYWORDS: Final = tuple(Path(__file__).with_name("keywords.txt").read_text().split())
# A model has a hundred types at most.
HALVES: Final = (KEYWORDS[:90], KEYWORDS[90:])


@pytest.mark.parametrize("names", HALVES, ids=lambda names: f"{names[0]} to {names[-1]}")
def test_every_keyword_can_name_types_and_relations(door: Authorizer, home: str, names: tuple[str, ...]) -> None:
    """A type and its relation of a keyword's name are written, checked and read like any other."""
    text = "".join(
        f"type {one}\n  relations\n    define {one}: [{one}]\n    define held: [{one}#{one}]\n" for one in names
    )
    door.write_model(home, f"model\n  schema 1.1\n{text}")
    inner = [parse_tuple(f"{one}:a#{one}@{one}:me") for one in names]
    outer = [parse_tuple(f"{one}:b#held@{one}:a#{one}") for one in names]
    door.write(WriteRequest(home, writes=(*inner, *outer)))
    for one, path in zip(names, zip(inner, outer, strict=True), strict=True):
        question = CheckQuestion(home, parse_subject(f"{one}:me"), "held", parse_object(f"{one}:b"), explain=True)
        assert path == tuple(found.tuple for found in door.check(question).path or ())
    assert {*inner, *outer} == {found.tuple for found in door.read(home, limit=1000).items}
