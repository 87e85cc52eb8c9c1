"""What a person's own statement may not do: each way out of reading this database is tried on a real Neo4j."""

from __future__ import annotations

import time

import pytest

from iamgraph.errors import LimitError, RequestError, StoreError
from iamgraph.exploring import Exploration, Node
from iamgraph.store.exploring import READING, check_functions, check_plan
from tests.explore.conftest import Organisation

WRITING = (
    "CREATE (n:Stray) RETURN n",
    "MATCH (n:Object) SET n.name = 'x'",
    "MATCH (n:Object) DETACH DELETE n",
    "MERGE (n:Stray {id: 1}) RETURN n",
    "FOREACH (x IN [1] | CREATE (:Stray))",
    "MATCH (n:Object) CALL (n) { SET n.x = 1 } IN TRANSACTIONS",
    "MATCH (n:Object) CALL (n) { RETURN 1 AS x } IN TRANSACTIONS RETURN x",
    "CREATE INDEX stray IF NOT EXISTS FOR (n:Stray) ON (n.a)",
    "CREATE USER stray SET PASSWORD 'stray-stray'",
    "ALTER CURRENT USER SET PASSWORD FROM 'a' TO 'b'",
)
REACHING = (
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "LOAD CSV FROM $where AS line RETURN line",
    "RETURN COLLECT { LOAD CSV FROM 'http://127.0.0.1:9/' AS line RETURN line } AS lines",
    "CALL db.labels()",
    "CALL dbms.listConfig()",
    "CALL () { CALL db.labels() YIELD label RETURN label } RETURN label",
    "MATCH (n) WHERE EXISTS { CALL db.labels() YIELD label RETURN label } RETURN n",
    "CALL `db`.`labels`()",
    "SHOW TRANSACTIONS",
    "SHOW SETTINGS YIELD name RETURN name",
    "SHOW USERS",
    "SHOW DATABASES",
    "TERMINATE TRANSACTION 'neo4j-transaction-1'",
    "/* RETURN 1 */ CYPHER 25 CALL db.labels()",
    "EXPLAIN CALL db.labels()",
    "USE system MATCH (n) RETURN n",
)
FAILING = ("RETRUN 1", "RETURN x", "RETURN 1/0", "CALL no.such()", "PROFILE RETURN 1", ";", "  ;  ;")


@pytest.mark.parametrize("text", WRITING + REACHING)
def test_what_does_more_than_read_is_refused(demo: Organisation, text: str) -> None:
    """Writes, procedures, files, commands and other databases are refused, wherever in a statement they stand."""
    with pytest.raises(RequestError) as caught:
        demo.authorizer.query(text, where="file:///etc/passwd")
    assert caught.value.code in ("statement_refused", "statement_failed")
    assert "statement_refused" == caught.value.code or "USE system" in text


def test_nothing_was_written(demo: Organisation) -> None:
    """After all that was tried, nothing of it is there."""
    assert [{"strays": 0}] == list(
        demo.authorizer.query("MATCH (n:$($label)) RETURN count(n) AS strays", label="Stray")
    )


def test_neo4j_itself_refuses_writes(demo: Organisation) -> None:
    """Were a plan misread, the transaction would still not write: the second wall stands without the first."""
    with pytest.raises(Exception, match="read access mode"), demo.keeper._reading(1) as transaction:
        transaction.run("CREATE (:Stray)").consume()


def test_two_statements_are_none(demo: Organisation) -> None:
    """A second statement after the first is never run."""
    with pytest.raises(RequestError):
        demo.authorizer.query("RETURN 1 AS one; CREATE (:Stray)")


@pytest.mark.parametrize("text", FAILING)
def test_a_faulty_statement_is_its_authors_error(demo: Organisation, text: str) -> None:
    """What Neo4j cannot run is told as such, on one line, and is no fault of iamgraph."""
    with pytest.raises(RequestError) as caught:
        demo.authorizer.query(text)
    assert ("statement_failed", "/statement") == (caught.value.code, caught.value.pointer)
    assert caught.value.message.isprintable()


def test_a_fault_has_its_place(demo: Organisation) -> None:
    """Line and column are those of the statement as it was given."""
    with pytest.raises(RequestError, match="line 2, column 8: variable `x` not defined"):
        demo.authorizer.query("MATCH (n)\nRETURN x")


def test_a_long_statement_ends_with_its_time(demo: Organisation) -> None:
    """A statement past its time is stopped in Neo4j, and said to be late."""
    bound = demo.authorizer.until(time.monotonic() + 1)
    with pytest.raises(StoreError) as caught:
        bound.query("UNWIND range(1, 10000000000) AS x RETURN sum(x)")
    assert "deadline_exceeded" == caught.value.code


def test_rows_are_cut_and_said_to_be(demo: Organisation) -> None:
    """Of more rows than are wanted the first are told, and that there are more; of as many, that there are not."""
    rows = demo.authorizer.explore(Exploration("UNWIND range(1, 5) AS x RETURN x", limit=3))
    assert ((1,), (2,), (3,)) == rows.values
    assert rows.truncated
    assert not demo.authorizer.explore(Exploration("UNWIND range(1, 3) AS x RETURN x", limit=3)).truncated


def test_a_large_answer_is_cut(demo: Organisation) -> None:
    """A row with more values than an answer holds is left out, and said to be."""
    rows = demo.authorizer.query("UNWIND [10, 1000000] AS n RETURN range(1, n) AS many")
    assert (1, True) == (len(rows), rows.truncated)


def test_too_much_memory_is_the_statements_fault(demo: Organisation) -> None:
    """A statement that Neo4j stops for its memory is not tried again.

    Where other tests fill its memory too, a pause to tidy it may be taken for its end.
    """
    text = "UNWIND range(1, 60000000) AS x WITH collect(toString(x)) AS a, collect(x) AS b RETURN size(a) + size(b)"
    with pytest.raises((LimitError, StoreError)) as caught:
        demo.authorizer.until(time.monotonic() + 60).query(text)
    assert caught.value.code in ("statement_too_large", "deadline_exceeded", "store_unavailable")


def test_the_revision_is_told(demo: Organisation) -> None:
    """With a store, the answer says which of its revisions it is of; a store that is not there is an error."""
    rows = demo.authorizer.query("RETURN $store AS store", store=demo.store)
    assert (4, [{"store": demo.store}]) == (rows.revision and rows.revision.number, list(rows))
    with pytest.raises(RequestError, match="no store"):
        demo.authorizer.query("RETURN 1 AS one", store="nowhere")


def test_whole_nodes_hide_hashes(later: Organisation) -> None:
    """A node returned whole leaves out the hash of its secret."""
    rows = later.authorizer.query(
        "MATCH (t:Object) WHERE t.key STARTS WITH $store + '/token:' RETURN t, size(t.secret_hash) AS n",
        store=later.store,
    )
    (token, length), *_ = rows.values
    assert isinstance(token, Node)
    assert (64, True, False) == (length, "description" in token.properties, "secret_hash" in token.properties)


# --- what no server here can show ---


def _plan(*names: str) -> dict[str, object]:
    return {"operatorType": "ProduceResults@neo4j", "children": [{"operatorType": one} for one in names]}


@pytest.mark.parametrize("name", ["RunQueryAt@neo4j", "SomethingNew@neo4j", "Expand(All)@other", "", "ProcedureCall"])
def test_an_unknown_operator_is_refused(name: str) -> None:
    """What is not known to read, or works on another database, is refused, and so is no plan at all."""
    with pytest.raises(RequestError, match="refused"):
        check_plan("r", _plan(name), "neo4j")
    check_plan("r", _plan("Expand(All)@neo4j"), "neo4j")


@pytest.mark.parametrize("kind", ["w", "rw", "s", None])
def test_only_reading_plans_pass(kind: str | None) -> None:
    """A plan of any type but `r` is refused, whatever operators it has."""
    with pytest.raises(RequestError, match="refused"):
        check_plan(kind, _plan("Filter@neo4j"), "neo4j")


def test_no_operator_writes_or_leaves() -> None:
    """None of the operators that are let through has a name of those that do more."""
    doing = (
        "Create",
        "Delete",
        "Set",
        "Remove",
        "Merge",
        "Call",
        "Load",
        "Show",
        "Terminate",
        "Transaction",
        "Foreach",
    )
    assert [] == [one for one in READING if any(word in one for word in doing)]


@pytest.mark.parametrize(
    "text",
    [
        "RETURN apoc.x(1)",
        "RETURN APOC . x(1)",
        "RETURN /**/apoc/**/.x(1)",
        "RETURN `apo\\u0063`.x(1)",
        "RETURN `a`",
        "\\U0061",
    ],
)
def test_functions_of_plugins_are_refused(text: str) -> None:
    """Where plugins brought functions, what could name one is refused, and what could hide a name."""
    with pytest.raises(RequestError, match="refused"):
        check_functions(text, ["apoc.x", "apoc.y.z"])
    check_functions(text, [])
    check_functions("RETURN date.truncate('day', date())", ["apoc.x"])
