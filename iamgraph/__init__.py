"""iamgraph: who can access what, answered by Cypher path queries on Neo4j.

`connect` opens the door; the words questions and answers are made of stand beside it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamgraph.errors import ConflictError, IamgraphError, LimitError, ModelError, RequestError, StoreError
from iamgraph.questions import (
    Answers,
    Change,
    ChangePage,
    CheckBatch,
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
    from iamgraph.expand import ExpandQuestion, Node, NodeKind, Tree
    from iamgraph.history import Moment, PastQuestion, Since
    from iamgraph.impact import Between, Impact, Scoped, Shift, Trial
    from iamgraph.listing import Access, AccessList, ListAccess, ListObjects, ListSubjects, SubjectsPage
    from iamgraph.reasons import Branch, NotFound, PastWhy, Proof, Remedy, Why, WhyQuestion
    from iamgraph.wiring import connect

__all__ = [
    "Access",
    "AccessList",
    "Answers",
    "Between",
    "Branch",
    "Change",
    "ChangePage",
    "CheckBatch",
    "CheckQuestion",
    "ConditionUse",
    "ConflictError",
    "Decision",
    "Deletion",
    "ExpandQuestion",
    "FilterDelete",
    "Following",
    "IamgraphError",
    "Impact",
    "LimitError",
    "ListAccess",
    "ListObjects",
    "ListSubjects",
    "ModelError",
    "Moment",
    "Node",
    "NodeKind",
    "NotFound",
    "Object",
    "OnExisting",
    "OnMissing",
    "Outcome",
    "Page",
    "PastQuestion",
    "PastWhy",
    "Precondition",
    "Proof",
    "RelationTuple",
    "Remedy",
    "RequestError",
    "Scoped",
    "Shift",
    "Since",
    "StoreError",
    "StoreInfo",
    "StoredModel",
    "StoredTuple",
    "SubjectsPage",
    "Tree",
    "Trial",
    "TupleFilter",
    "Userset",
    "Why",
    "WhyQuestion",
    "Wildcard",
    "WriteRequest",
    "connect",
    "parse_object",
    "parse_subject",
    "parse_tuple",
]


_LATER = {
    "expand": "ExpandQuestion Node NodeKind Tree",
    "history": "Moment PastQuestion Since",
    "impact": "Between Impact Scoped Shift Trial",
    "listing": "Access AccessList ListAccess ListObjects ListSubjects SubjectsPage",
    "reasons": "Branch NotFound PastWhy Proof Remedy Why WhyQuestion",
    "wiring": "connect",
}
_MODULES = {name: module for module, names in _LATER.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    # The words of a check cost nothing to import; only who asks more pays for the language, and who connects for the
    # driver.
    if name in _MODULES:
        return getattr(import_module(f"iamgraph.{_MODULES[name]}"), name)
    raise AttributeError(f"module `iamgraph` has no attribute `{name}`")
