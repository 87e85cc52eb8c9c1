"""A person's own statements: what one would do is read off its plan, and it is run where nothing can be written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from iamgraph.errors import RequestError
from iamgraph.exploring import Exploration, Node, Path, Relationship, Rows
from iamgraph.queries import statement
from iamgraph.store.neo4j import Neo4jConnection, Reading, Run, faults, faults_of_statement

MAX_CELLS: Final = 200_000
ASKED: Final = "asked"
# Every operator that reads the graph or works on rows, without what stands in parentheses after it. What is not here is
# refused, also what a newer Neo4j brings: it lists procedures, files, other transactions and settings in `r` plans too.
READING: Final = frozenset(
    [
        "AllNodesScan",
        "Anti",
        "AntiConditionalApply",
        "AntiSemiApply",
        "Apply",
        "Argument",
        "BidirectionalRepeat",
        "CacheProperties",
        "CartesianProduct",
        "ConditionalApply",
        "DirectedAllRelationshipsScan",
        "DirectedRelationshipByElementIdSeek",
        "DirectedRelationshipByIdSeek",
        "DirectedRelationshipIndexContainsScan",
        "DirectedRelationshipIndexEndsWithScan",
        "DirectedRelationshipIndexScan",
        "DirectedRelationshipIndexSeek",
        "DirectedRelationshipIndexSeekByRange",
        "DirectedRelationshipTypeScan",
        "DirectedUnionRelationshipTypesScan",
        "Distinct",
        "DynamicDirectedRelationshipTypeLookup",
        "DynamicLabelNodeLookup",
        "DynamicUndirectedRelationshipTypeLookup",
        "Eager",
        "EagerAggregation",
        "EmptyResult",
        "EmptyRow",
        "Expand",
        "Filter",
        "IntersectionNodeByLabelsScan",
        "LeftOuterHashJoin",
        "LetAntiSemiApply",
        "LetSelectOrAntiSemiApply",
        "LetSelectOrSemiApply",
        "LetSemiApply",
        "Limit",
        "MultiNodeIndexSeek",
        "NodeByElementIdSeek",
        "NodeByIdSeek",
        "NodeByLabelScan",
        "NodeCountFromCountStore",
        "NodeHashJoin",
        "NodeIndexContainsScan",
        "NodeIndexEndsWithScan",
        "NodeIndexScan",
        "NodeIndexSeek",
        "NodeIndexSeekByRange",
        "NodeLeftOuterHashJoin",
        "NodeRightOuterHashJoin",
        "NodeUniqueIndexSeek",
        "NodeUniqueIndexSeekByRange",
        "Optional",
        "OptionalExpand",
        "OrderedAggregation",
        "OrderedDistinct",
        "OrderedUnion",
        "PartialSort",
        "PartialTop",
        "PathPropagatingBFS",
        "PreserveOrder",
        "ProduceResults",
        "ProjectEndpoints",
        "Projection",
        "RelationshipCountFromCountStore",
        "Repeat",
        "RightOuterHashJoin",
        "RollUpApply",
        "SelectOrAntiSemiApply",
        "SelectOrSemiApply",
        "SemiApply",
        "ShortestPath",
        "Skip",
        "Sort",
        "StatefulShortestPath",
        "SubtractionNodeByLabelsScan",
        "Top",
        "TriadicBuild",
        "TriadicFilter",
        "TriadicSelection",
        "UndirectedAllRelationshipsScan",
        "UndirectedRelationshipByElementIdSeek",
        "UndirectedRelationshipByIdSeek",
        "UndirectedRelationshipIndexContainsScan",
        "UndirectedRelationshipIndexEndsWithScan",
        "UndirectedRelationshipIndexScan",
        "UndirectedRelationshipIndexSeek",
        "UndirectedRelationshipIndexSeekByRange",
        "UndirectedRelationshipTypeScan",
        "UndirectedUnionRelationshipTypesScan",
        "Union",
        "UnionNodeByLabelsScan",
        "Unwind",
        "ValueHashJoin",
        "VarLengthExpand",
    ]
)
# Not shown where a whole node is: hashes of secrets, and what zookies are authenticated by. Asked for by name, they are
# told; this keeps them out of what is pasted elsewhere.
UNSHOWN: Final = frozenset({"hash", "secret_hash", "body_hash", "epoch", "idempotency_key"})


class Neo4jExplorer(Neo4jConnection):
    """Answers statements that only read."""

    def explore(self, asked: Exploration) -> Rows:
        """What a statement finds, as far as it may be told.

        Raises `RequestError` (`statement_refused`) for one that would do more than read this database, and
        (`statement_failed`) for one that Neo4j cannot run; `LimitError` for one that takes too much memory.
        """
        with faults():
            before = self.state(asked.store) if asked.store is not None else None
            columns, found, more = self._explored(asked)
            after = self.state(asked.store) if asked.store is not None else None
        # The store's lock was free before and after: where nothing changed between, no half of a commit was read.
        revision = before.revision if before is not None and before == after else None
        return Rows(columns, tuple(found), more, revision)

    def _explored(self, asked: Exploration) -> tuple[tuple[str, ...], list[tuple[Any, ...]], bool]:
        began = time.monotonic()
        try:
            with self._reading(asked.limit + 1) as transaction, faults_of_statement():
                self._check(transaction, asked)
                result = transaction.run(asked.statement, asked.bound())
                columns = tuple(result.keys())
                return columns, *_taken((tuple(map(value_of, one.values())) for one in result), asked.limit)
        finally:
            self._observer.ran(ASKED, time.monotonic() - began)

    def _check(self, transaction: Reading, asked: Exploration) -> None:
        names = Run(transaction, self._observer)(statement("asked/functions"), {})
        check_functions(asked.statement, [one["name"] for one in names])
        # A line of its own: faults are told by their place.
        summary = transaction.run("EXPLAIN\n" + asked.statement, asked.bound()).consume()
        check_plan(summary.query_type, summary.plan or {}, self._database)


def check_plan(kind: str | None, plan: Mapping[str, Any], database: str) -> None:
    """`RequestError` (`statement_refused`) unless all that the plan does is to read this database."""
    for name, where in _operators(plan):
        if name not in READING:
            raise _refused(f"it would do more than read the graph: `{name or 'no plan'}`")
        if where not in ("", database):
            raise _refused(f"it would read another database: `{where}`")
    if kind != "r":
        raise _refused("it would write")


def _operators(plan: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The name of each operator of a plan, and the database it works on."""
    waiting = [plan]
    while waiting:
        one = waiting.pop()
        waiting.extend(one.get("children", ()))
        name, _, where = one.get("operatorType", "").partition("@")
        yield name.partition("(")[0], where


def check_functions(text: str, plugins: Iterable[str]) -> None:
    """`RequestError` (`statement_refused`) where a statement might call a function that a plugin brought.

    No plan tells functions, so their names are looked for. They can be disguised only by backticks and by `\\u`, which
    are refused where there are such functions at all.
    """
    spaces = {one.partition(".")[0].lower() for one in plugins}
    if not spaces:
        return
    if "`" in text or "\\u" in text.lower():
        raise _refused("backticks and `\\u` might hide a function of a plugin that this Neo4j has")
    for space in sorted(spaces):
        if space in text.lower():
            raise _refused(f"`{space}` might be a function of a plugin that this Neo4j has")


def _refused(why: str) -> RequestError:
    return RequestError(f"the statement is refused: {why}", code="statement_refused", pointer="/statement")


def _taken(rows: Iterable[tuple[Any, ...]], limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """The first rows, as many as are wanted and an answer can hold; and whether there are more."""
    taken: list[tuple[Any, ...]] = []
    cells = 0
    for row in rows:
        cells += _cells(row)
        if len(taken) == limit or cells > MAX_CELLS:
            return taken, True
        taken.append(row)
    return taken, False


def _cells(value: Any) -> int:
    match value:
        case list() | tuple():
            return 1 + sum(map(_cells, value))
        case Mapping():
            return 1 + sum(map(_cells, value.values()))
        case Node() | Relationship():
            return 1 + len(value.properties)
        case Path():
            return 1 + _cells(value.nodes) + _cells(value.relationships)
        case _:
            return 1


# --- the driver's values, known by what they have: this file does not import it ------------------------------------


def value_of(value: Any) -> Any:
    """A value of the driver's as a plain one."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple) and not hasattr(value, "iso_format") and not hasattr(value, "srid"):
        return [value_of(one) for one in value]
    if isinstance(value, dict):
        return {name: value_of(one) for name, one in value.items()}
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if hasattr(value, "labels"):
        return _node(value)
    if hasattr(value, "relationships"):
        return Path(tuple(map(_node, value.nodes)), tuple(map(_relationship, value.relationships)))
    if hasattr(value, "start_node"):
        return _relationship(value)
    return _other(value)


def _node(node: Any) -> Node:
    labels = sorted(node.labels, key=lambda one: (one == "Object", one))
    return Node(node.element_id, tuple(labels), _properties(node))


def _relationship(one: Any) -> Relationship:
    start, end = one.start_node.element_id, one.end_node.element_id
    return Relationship(one.element_id, one.type, start, end, _properties(one))


def _properties(one: Any) -> dict[str, Any]:
    return {name: value_of(one[name]) for name in sorted(one.keys()) if name not in UNSHOWN}


def _other(value: Any) -> Any:
    """Times as Python's, durations and what else there is as text."""
    if hasattr(value, "to_native"):
        return value.to_native()
    return value.iso_format() if hasattr(value, "iso_format") else str(value)
