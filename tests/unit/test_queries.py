"""Names in the graph: plain, one-to-one, and read back; keys of nodes; statements found by name."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamgraph.queries import (
    node_label,
    object_key,
    relation_of,
    relationship_type,
    statement,
    subject_key,
    subject_of,
    wildcard_key,
)
from iamgraph.tuples import Object, Subject, Userset, Wildcard, kind_of
from tests.unit.test_tuples import objects, relations, subjects, types

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Names that look alike, where an encoding would clash if it clashed anywhere.
alike = st.from_regex(r"(x_|X_)?[abAB0_]{1,4}([-./][ab]?)?", fullmatch=True).filter(lambda one: one[0] not in "-./")


@given(types | alike)
def test_a_node_label_needs_no_quotes(name: str) -> None:
    """Whatever a type is called, its node label is a plain identifier."""
    assert PLAIN.fullmatch(node_label(name))


@given(relations | alike)
def test_a_relationship_type_needs_no_quotes(name: str) -> None:
    """Whatever a relation is called, its relationship type is a plain identifier."""
    assert PLAIN.fullmatch(relationship_type(name))


@given(st.lists(types | alike, min_size=2, max_size=20, unique=True))
def test_node_labels_are_one_to_one(names: list[str]) -> None:
    """Two types never share a node label."""
    assert len(names) == len(set(map(node_label, names)))


@given(relations | alike)
def test_a_relation_is_read_back_from_its_relationship_type(name: str) -> None:
    """The relationship type gives the relation back, so two relations never share one."""
    assert name == relation_of(relationship_type(name))


@pytest.mark.parametrize(
    ("type_", "label"),
    [
        ("source", "Source"),
        ("tracking_plan", "TrackingPlan"),
        ("s3", "S3"),
        ("Source", "X_536f75726365"),
        ("tracking__plan", "X_747261636b696e675f5f706c616e"),
        ("a/b", "X_612f62"),
        ("3d", "X_3364"),
    ],
)
def test_node_labels(type_: str, label: str) -> None:
    """The usual names read well, the others become hex."""
    assert label == node_label(type_)


@pytest.mark.parametrize(
    ("relation", "expected"),
    [
        ("admin", "ADMIN"),
        ("source_admin", "SOURCE_ADMIN"),
        ("x_ray", "X_785f726179"),
        ("X_RAY", "X_585f524159"),
        ("can-read", "X_63616e2d72656164"),
        ("x", "X"),
    ],
)
def test_relationship_types(relation: str, expected: str) -> None:
    """The usual names read well; those that could be taken for hex, or need quotes, become hex."""
    assert expected == relationship_type(relation)


@pytest.mark.parametrize("type_", ["object", "iam_store", "iam_change", "iam_model", "iamb"])
def test_no_type_takes_a_node_label_of_iamgraph(type_: str) -> None:
    """A model cannot name the nodes iamgraph keeps for itself."""
    assert "X_" + type_.encode().hex() == node_label(type_)


stores = st.from_regex(r"[a-z0-9_-]{1,8}", fullmatch=True)


@given(st.lists(st.tuples(stores, objects | st.builds(Wildcard, types)), min_size=2, max_size=9, unique=True))
def test_node_keys_are_one_to_one(places: list[tuple[str, Object | Wildcard]]) -> None:
    """Two objects, of one store or of two, never share a node; nor does a wildcard stand on an object's."""
    assert len(places) == len({subject_key(store, subject) for store, subject in places})


def test_keys_of_nodes() -> None:
    """A userset starts at its object's node, and a wildcard has a node of its own."""
    eng = Object("group", "eng")
    assert "s/group:eng" == object_key("s", eng) == subject_key("s", eng) == subject_key("s", Userset(eng, "member"))
    assert "s/member:*" == wildcard_key("s", "member") == subject_key("s", Wildcard("member"))


@given(subjects)
def test_a_subject_is_read_back_from_its_node_and_via(subject: Subject) -> None:
    """What a relationship says of its subject is the subject."""
    kind = kind_of(subject)
    id_ = subject.id if isinstance(subject, Object) else "*" if isinstance(subject, Wildcard) else subject.object.id
    assert subject == subject_of(kind.type, id_, kind.via)


def test_a_statement_is_found_by_name() -> None:
    """A statement's text is its file, which names itself."""
    assert "\n// lock: " in statement("stores/lock")


def test_an_unknown_statement_is_an_error() -> None:
    """A misspelt name is noticed where it is used."""
    with pytest.raises(FileNotFoundError):
        statement("stores/lokc")
