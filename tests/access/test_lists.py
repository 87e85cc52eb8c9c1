"""Lists over the shipped model are what its checks allow, in both directions."""

from __future__ import annotations

from itertools import product

from iamgraph.access.access import shipped_model
from iamgraph.authorizer import Authorizer
from iamgraph.listing import ListObjects, ListSubjects
from iamgraph.questions import CheckBatch, CheckQuestion, Decision, WriteRequest
from iamgraph.tuples import Kind, Object, parse_object, parse_tuple
from tests.access.organisation import ROWS, Ask, Organisation
from tests.access.python import PythonDoor

TUPLES = """
workspace:a#member@member:ada workspace:a#member@member:bob
workspace:a#member@member:olga workspace:b#member@member:eve
workspace:a#owner_direct@member:olga workspace:a#owner_direct@member:eve
group:g#workspace@workspace:a group:g#added@member:ada group:g#added@member:eve
policy:p#workspace@workspace:a policy:p#group@group:g
policy:p#required_label@label:prod policy:p#required_label@label:eu
workspace:a#source_admin_by_label@policy:p
policy:q#workspace@workspace:a policy:q#direct@member:bob source:1#source_admin@policy:q
source:1#workspace@workspace:a source:2#workspace@workspace:a source:3#workspace@workspace:b
source:2#label@label:prod source:2#label@label:eu
source:1#label@label:prod source:3#label@label:prod source:3#label@label:eu
"""
MEMBERS = [Object("member", one) for one in ("ada", "bob", "eve", "olga")]
SOURCES = [Object("source", one) for one in ("1", "2", "3")]


def test_both_directions_are_what_checks_allow(authorizer: Authorizer, store: str) -> None:
    """Of every member and source, for what is read, edited and taken by two roles."""
    authorizer.write_model(store, shipped_model())
    authorizer.write(WriteRequest(store, tuple(map(parse_tuple, TUPLES.split()))))
    for relation in ("can_edit", "can_read", "can_connect_warehouse"):
        pairs = list(product(MEMBERS, SOURCES))
        batch = CheckBatch(store, tuple(CheckQuestion(store, who, relation, what) for who, what in pairs))
        decisions = authorizer.check_many(batch).items
        allowed = {
            pair for pair, one in zip(pairs, decisions, strict=True) if isinstance(one, Decision) and one.allowed
        }
        assert allowed
        for who in MEMBERS:
            found = authorizer.list_objects(ListObjects(store, who, relation, "source")).items
            assert [what for what in SOURCES if (who, what) in allowed] == list(found)
        for what in SOURCES:
            subjects = authorizer.list_subjects(ListSubjects(store, what, relation, Kind("member"))).subjects
            assert [who for who in MEMBERS if (who, what) in allowed] == list(subjects)


def test_the_truth_table_is_listed_both_ways(standing: Organisation) -> None:
    """Whatever a row of the table asks, who may is in the list of the object, and that in the list of whom."""
    door = standing.door
    assert isinstance(door, PythonDoor)
    asked = {one: one.answer for row in ROWS if not row.changes for one in row.parts if isinstance(one, Ask)}
    said = {}
    for one in asked:
        who, what = parse_object(standing.named(one.subject)), parse_object(standing.named(one.object))
        objects = door.authorizer.list_objects(ListObjects(door.store, who, one.relation, what.type, whole=True))
        subjects = door.authorizer.list_subjects(
            ListSubjects(door.store, what, one.relation, Kind(who.type), whole=True)
        )
        named = who in subjects.subjects or (subjects.wildcard and who not in subjects.excepted)
        assert (what in objects.items) is named
        said[one] = what in objects.items
    assert asked == said
