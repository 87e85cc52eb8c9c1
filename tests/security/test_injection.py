"""Hostile names and texts through every field: kept as they are or refused, and nothing else in the graph changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion, Precondition, TupleFilter, WriteRequest
from iamgraph.store.neo4j import Neo4jKeeper
from iamgraph.tuples import ConditionUse, Object, RelationTuple, Userset

HOSTILE: Final = (
    "'",
    '"',
    "`",
    "\\",
    "x') DETACH DELETE n //",
    "x'}) MATCH (n) DETACH DELETE n RETURN 1 AS one //",
    "`}) DETACH DELETE n //",
    "\\u0027) DETACH DELETE n //",
    "\\'})//",
    "$object",
    "{key: 1}",
    "${jndi:ldap://x}",
    "/*",
    "*/",
    "//",
    ";",
    "a;MATCH(n)DETACH DELETE n",
    "%00",
    "../../etc/passwd",
    "<script>alert(1)</script>",
    "ａ：ｂ",
    "a#b",
    "a:b:c",
    "@",
    "-1",
    "null",
    "\ud800",
    "a\nb",
    "a\0b",
    "\u202e",
    "",
    "*",
    " ",
    "x" * 5000,
)
MODEL: Final = """\
model
  schema 1.1
type member
type group
  relations
    define member: [member, group#member, member:* , member with c]
condition c(x: string) {
  x == "1"
}
"""
# Words that mean something to Cypher, all of which may name a type or a relation.
WORDS: Final = (
    "access add aggregate alias aliases all allreduce alter and any array as asc ascending assign at auth binding"
    " bindings bool boolean boosted both break built by call cascade case change cidr collect command commands"
    " composite concurrent constraint constraints contains copy continue count create csv current cypher data"
    " database databases date datetime dbms deallocate default defined delete deny desc descending destroy detach"
    " diff different distinct driver drop dryrun duration each edge enable else elements encrypted end ends"
    " executable execute exist existence exists error explain extract fail false fetch field fieldterminator filter"
    " finish float for foreach from fulltext function functions grant graph graphs group groups headers home id if"
    " immutable implies in index indexes inf infinity insert int integer is join key keys label labels language"
    " leading let limit limitrows list load local lookup management map match merge name names nan new next nfc nfd"
    " nfkc nfkd no node nodes nodetach none normalize normalized not nothing nowait null of offset on only option"
    " optional options or order password passwords path paths plaintext point populated prepare primary print"
    " privilege procedure procedures profile property provider range read reallocate reduce rel relationship"
    " relationships remove rename repeatable replace report require required restrict return revoke role roles row"
    " rows scan sec second seconds secondary security seek server servers set setting settings shard shards shortest"
    " show signed single skip start starts status stop string supported suspended target terminate text then time"
    " timestamp timezone to topology trailing transaction transactions traverse trim true type typed types union"
    " unique unwind url use user users using value vector vertex wait when where with without write xor yield zone"
    " object x_ x_41 iam iam_store via since by reason at key store o s w st n1 r1 g reach0 have0"
).split(" ")


@pytest.fixture
def modelled(authorizer: Authorizer, store: str) -> str:
    """A store with the model and one tuple."""
    authorizer.write_model(store, MODEL)
    authorizer.write(WriteRequest(store, writes=(_member("ada"),)))
    return store


def _member(id_: str) -> RelationTuple:
    return RelationTuple(Object("group", "g"), "member", Object("member", id_))


@pytest.fixture
def bystander(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[Callable[[], list[Any]]]:
    """A store nobody touches, and what the graph holds of it."""
    name = f"bystander-{ULID()}"
    authorizer.create_store(name)
    authorizer.write_model(name, MODEL)
    authorizer.write(WriteRequest(name, writes=(_member("eve"),), by="me", reason="why"))
    statement = (
        "MATCH (n) WHERE coalesce(n.store, n.id) = $name OPTIONAL MATCH (n)-[r]-(m) "
        "RETURN labels(n) AS labels, properties(n) AS n, type(r) AS type, properties(r) AS r, properties(m) AS m "
        "ORDER BY toString(n.key), toString(n.revision), n.id"
    )
    yield lambda: [dict(row) for row in keeper._read(statement, {"name": name})]
    authorizer.delete_store(name)


def _attempts(authorizer: Authorizer, store: str, text: str) -> Iterator[Callable[[], object]]:
    """The hostile text in every field there is, each alone."""
    ada, group = Object("member", "ada"), Object("group", "g")
    plain = _member("ada")

    def write(**fields: Any) -> object:
        return authorizer.write(WriteRequest(**{"store": store, "writes": (plain,), **fields}))

    yield lambda: write(store=text)
    yield lambda: write(by=text)
    yield lambda: write(reason=text)
    yield lambda: write(idempotency_key=text)
    yield lambda: write(writes=(RelationTuple(Object("group", text), "member", ada),))
    yield lambda: write(writes=(RelationTuple(group, "member", Object("member", text)),))
    yield lambda: write(writes=(RelationTuple(group, "member", Userset(Object("group", text), "member")),))
    yield lambda: write(writes=(RelationTuple(group, text, ada),))
    yield lambda: write(writes=(RelationTuple(Object(text, "g"), "member", ada),))
    yield lambda: write(writes=(RelationTuple(group, "member", Userset(group, text)),))
    yield lambda: write(writes=(RelationTuple(group, "member", ada, None, ConditionUse(text)),))
    yield lambda: write(writes=(RelationTuple(group, "member", ada, None, ConditionUse("c", text)),))
    yield lambda: write(preconditions=(Precondition(_member(text), must_exist=False),))
    yield lambda: write(writes=(), deletes=(_member(text),), ignore_missing=True)
    yield lambda: authorizer.check(CheckQuestion(store, Object("member", text), "member", group))
    yield lambda: authorizer.check(CheckQuestion(store, ada, text, group))
    yield lambda: authorizer.check(CheckQuestion(store, ada, "member", Object("group", text), explain=True))
    yield lambda: authorizer.check(CheckQuestion(store, ada, "member", group, zookie=text))
    yield lambda: authorizer.check(CheckQuestion(store, ada, "member", group, context=text))
    yield lambda: authorizer.check(CheckQuestion(store, ada, "member", group, contextual_tuples=(_member(text),)))
    yield lambda: authorizer.check(CheckQuestion(text, ada, "member", group))
    yield lambda: authorizer.read(store, TupleFilter("group", text))
    yield lambda: authorizer.read(store, TupleFilter(text))
    yield lambda: authorizer.read(store, TupleFilter(relation=text))
    yield lambda: authorizer.read(store, TupleFilter(subject=Object("member", text)))
    yield lambda: authorizer.read(store, cursor=text)
    yield lambda: authorizer.delete_object(store, Object("group", text), by=text, reason=text)
    yield lambda: authorizer.write_model(store, text)
    yield lambda: authorizer.write_model(store, f"model\n  schema 1.1\ntype {text}\n")
    yield lambda: authorizer.write_model(store, MODEL, by=text, reason=text)
    yield lambda: authorizer.get_model(store, text)
    yield lambda: authorizer.get_store(text)
    yield lambda: authorizer.list_models(text)
    yield lambda: authorizer.changes(text)
    yield lambda: authorizer.delete_store(text)
    yield lambda: authorizer.statement(store, text, "member", ada)


@pytest.mark.parametrize("text", HOSTILE, ids=lambda one: ascii(one)[:30])
def test_hostile_text_harms_nothing(
    text: str, authorizer: Authorizer, modelled: str, bystander: Callable[[], list[Any]], keeper: Neo4jKeeper
) -> None:
    """Whatever the field, hostile text is refused as an error of ours or kept as it is; no other store notices."""
    before = bystander()
    assert len(before) > 3
    for attempt in _attempts(authorizer, modelled, text):
        with suppress(IamgraphError):
            attempt()
        if "\n" not in text:
            authorizer.write_model(modelled, MODEL)
    assert before == bystander()
    labels = {label for row in keeper._read("CALL db.labels() YIELD label RETURN label", {}) for label in row.values()}
    assert not any(set(label) - _PLAIN for label in labels)


_PLAIN: Final = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


@pytest.mark.parametrize("text", [one for one in HOSTILE if one.strip() and one.isprintable() and one != "*"
                                  and len(one) < 200 and " " not in one], ids=ascii)  # fmt: skip
def test_an_odd_id_is_an_id(text: str, authorizer: Authorizer, modelled: str) -> None:
    """An odd id is kept to the letter: its tuple reads back the same, and grants its own subject alone."""
    one = _member(text)
    authorizer.write(WriteRequest(modelled, writes=(one,), reason=text))
    found = authorizer.read(modelled, TupleFilter(subject=one.subject)).items
    assert [(one, text)] == [(stored.tuple, stored.reason) for stored in found]
    assert authorizer.check(CheckQuestion(modelled, one.subject, "member", one.object)).allowed
    assert not authorizer.check(CheckQuestion(modelled, Object("member", text + "x"), "member", one.object)).allowed
    assert str(one) in json.dumps([str(change) for change in authorizer.changes(modelled)[-1].writes]) or '"' in text \
        or "\\" in text or not text.isascii()  # fmt: skip


def test_every_word_of_cypher_names_types_and_relations(authorizer: Authorizer, store: str) -> None:
    """Words of Cypher, and names that iamgraph's own statements use, are types and relations like any other."""
    for words in (WORDS[i : i + 45] for i in range(0, len(WORDS), 45)):
        usable = [one for one in words if _usable(one)]
        assert len(usable) > len(words) * 0.8
        authorizer.write_model(store, _model_of(usable))
        authorizer.write(
            WriteRequest(store, writes=tuple(RelationTuple(Object(one, "1"), one, Object(one, "2")) for one in usable))
        )
        for i, one in enumerate(usable):
            asked = CheckQuestion(store, Object(one, "2"), one, Object(one, "1"), explain=True)
            decision = authorizer.check(asked)
            assert [f"{one}:1#{one}@{one}:2"] == [str(stored) for stored in decision.path or ()]
            denied = CheckQuestion(store, Object(one, "3"), one, Object(one, "1"), explain=i % 10 > 0)
            assert not authorizer.check(denied).allowed


def _model_of(words: list[str]) -> str:
    types = "".join(f"type {one}\n  relations\n    define {one}: [{one}]\n" for one in words)
    return f"model\n  schema 1.1\n{types}"


def _usable(word: str) -> bool:
    # The language keeps a few words for itself.
    with suppress(IamgraphError):
        return bool(parse_model(_model_of([word])).types)
    return False
