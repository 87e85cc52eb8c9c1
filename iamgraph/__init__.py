"""iamgraph: who can access what, answered by Cypher path queries on Neo4j.

`connect` opens the door; the words questions and answers are made of stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError, StoreError
from iamgraph.questions import (
    Change,
    ChangePage,
    CheckQuestion,
    Decision,
    Deletion,
    FilterDelete,
    Following,
    OnExisting,
    OnMissing,
    Outcome,
    Page,
    Precondition,
    StoredModel,
    StoreInfo,
    TupleFilter,
    WriteRequest,
)
from iamgraph.tuples import (
    ConditionUse,
    Object,
    RelationTuple,
    StoredTuple,
    Userset,
    Wildcard,
    parse_object,
    parse_subject,
    parse_tuple,
)

if TYPE_CHECKING:
    from iamgraph.wiring import connect

__all__ = [
    "Change",
    "ChangePage",
    "CheckQuestion",
    "ConditionUse",
    "ConflictError",
    "Decision",
    "Deletion",
    "FilterDelete",
    "Following",
    "IamgraphError",
    "LimitError",
    "ModelError",
    "Object",
    "OnExisting",
    "OnMissing",
    "Outcome",
    "Page",
    "Precondition",
    "RelationTuple",
    "RequestError",
    "StoreError",
    "StoreInfo",
    "StoredModel",
    "StoredTuple",
    "TupleFilter",
    "Userset",
    "Wildcard",
    "WriteRequest",
    "connect",
    "parse_object",
    "parse_subject",
    "parse_tuple",
]


def __getattr__(name: str) -> Any:
    # The words cost nothing to import; only who connects pays for the driver.
    if name == "connect":
        from iamgraph.wiring import connect  # noqa: PLC0415

        return connect
    raise AttributeError(f"module `iamgraph` has no attribute `{name}`")
