"""What if, on random models and tuples: exactly what differs, held to every access before and after."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import LimitError
from iamgraph.impact import MAX_ACCESSES_TRIED, Between, Impact, Scoped, Trial
from iamgraph.model.guards import guard_relations
from iamgraph.model.model import Model
from iamgraph.questions import WriteRequest
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import Object, RelationTuple, Subject, Userset, Wildcard, parse_object, parse_tuple
from tests.conftest import SECONDS
from tests.generators import NOW, Case, cases, wide_model_text
from tests.oracle import Oracle

TRIALS: Final = int(os.environ.get("IAMGRAPH_TRIALS", "40"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))
Shifts = dict[tuple[str, str, str], tuple[str, str]]


def objects_of(tuples: list[RelationTuple]) -> set[Object]:
    """Every object tuples name."""
    found = {one.object for one in tuples}
    for one in tuples:
        if isinstance(one.subject, Userset):
            found.add(one.subject.object)
        elif isinstance(one.subject, Object):
            found.add(one.subject)
    return found


def every_shift(models: tuple[Model, Model], sides: tuple[list[RelationTuple], list[RelationTuple]]) -> Shifts:
    """Every access that differs, of every subject to every relation of every object."""
    oracles = [Oracle(model, side, NOW) for model, side in zip(models, sides, strict=True)]
    objects = objects_of([*sides[0], *sides[1]])
    types = {type_.name for model in models for type_ in model.types}
    subjects: list[Subject] = [*objects, *map(Wildcard, types)]
    found: Shifts = {}
    for object_ in objects:
        names = {one.name for model in models for type_ in model.types if type_.name == object_.type
                 for one in type_.relations}  # fmt: skip
        for relation in names:
            for subject in subjects:
                before, after = (one.check(subject, relation, object_) for one in oracles)
                if before != after:
                    found[str(object_), relation, str(subject)] = before, after
    return found


def told(impact: Impact) -> Shifts:
    """What an answer says differs."""
    return {(str(one.object), one.relation, str(one.subject)): (one.before.value, one.after.value)
            for one in impact.shifts}  # fmt: skip


def assert_same(right: Shifts, found: Shifts, hint: object) -> None:
    """All that is told is right, and what is not told by name is told of everybody of the type."""
    assert found.items() <= right.items(), hint
    for (object_, relation, subject), shift in right.items():
        everybody = subject.partition(":")[0] + ":*"
        assert shift == found.get((object_, relation, subject), found.get((object_, relation, everybody))), (
            hint, object_, relation, subject,
        )  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_a_trial_tells_exactly_what_differs(keeper: Neo4jKeeper, part: int) -> None:
    """Random writes and deletes, some touching, and random new models: all that differs, and nothing else."""
    door = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=lambda: NOW)
    draw = random.Random(f"{SEED}/{part}")
    differing = 0
    every = list(cases(SEED + part, TRIALS // 4))
    for number, case in enumerate(every):
        store = f"impact-{ULID()}"
        door.create_store(store)
        try:
            differing += _tried(door, store, case, every[number - 1], draw)
        finally:
            door.delete_store(store)
    assert differing > TRIALS // 4


def _tried(door: Authorizer, store: str, case: Case, other: Case, draw: random.Random) -> int:
    held = [one for one in case.tuples if draw.random() < 0.7]
    tuples = [*held, *case.leftovers]
    door.write_model(store, wide_model_text([*case.tuples, *case.leftovers]))
    if tuples:
        door._keeper.write(WriteRequest(store, writes=tuple(tuples)), door.get_model(store).id, NOW)
    door.write_model(store, case.model_text)
    deletes = tuple(one for one in tuples if draw.random() < 0.15)
    guards = guard_relations(case.model)
    writes = tuple(
        replace(one, expires_at=None) if (one.object.type, one.relation) in guards or draw.random() < 0.2 else one
        for one in case.tuples
        if one not in deletes and (one not in held or draw.random() < 0.1)
    )
    named = {str(one) for one in (*writes, *deletes)}
    after = [*(one for one in tuples if str(one) not in named), *writes]
    count = 0
    if named:
        right = every_shift((case.model, case.model), (tuples, after))
        assert_same(right, told(door.what_if(Trial(store, writes, deletes))), (case.model_text, writes, deletes))
        count += len(right)
    right = every_shift((case.model, other.model), (tuples, tuples))
    assert_same(right, told(door.what_if(Trial(store, model=other.model_text))), (case.model_text, other.model_text))
    for subject in list(objects_of(tuples))[:3]:
        mine = {key: value for key, value in right.items() if key[2] == str(subject)}
        assert mine == told(door.what_if(Trial(store, model=other.model_text, scoped=Scoped(subject=subject))))
    return count + len(right)


MODEL: Final = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user]
type doc
  relations
    define viewer: [user, group#member]
"""


@pytest.fixture
def wiki(authorizer: Authorizer, store: str) -> str:
    """A store where a group may view a document, and nobody is in it yet."""
    authorizer.write_model(store, MODEL)
    authorizer.write(WriteRequest(store, writes=(parse_tuple("doc:wiki#viewer@group:eng#member"),)))
    return store


def test_a_trial_writes_nothing(authorizer: Authorizer, wiki: str) -> None:
    """The store is as it was, and the list says who would gain what."""
    before = authorizer.get_store(wiki)
    impact = authorizer.what_if(Trial(wiki, writes=(parse_tuple("group:eng#member@user:ada"),)))
    assert ["doc:wiki#viewer@user:ada", "group:eng#member@user:ada"] == list(map(str, impact.gained))
    assert () == impact.lost
    assert before == authorizer.get_store(wiki)


def test_too_many_are_refused(authorizer: Authorizer, wiki: str) -> None:
    """More accesses than the limit are an error, never a short list; one that is narrower is answered."""
    writes = tuple(parse_tuple(f"group:eng#member@user:{i}") for i in range(1000))
    docs = tuple(parse_tuple(f"doc:{i}#viewer@group:eng#member") for i in range(MAX_ACCESSES_TRIED // 1000))
    authorizer.write(WriteRequest(wiki, writes=docs))
    with pytest.raises(LimitError) as refused:
        authorizer.what_if(Trial(wiki, writes=writes))
    assert "too_many_accesses" == refused.value.code
    narrow = Trial(wiki, writes=writes, scoped=Scoped(object=parse_object("doc:wiki")))
    assert 1000 == len(authorizer.what_if(narrow).gained)


def test_between_two_revisions(authorizer: Authorizer, wiki: str) -> None:
    """Who gained and lost access to an object, or which a subject did, from one revision to another."""
    ada, bob = parse_tuple("group:eng#member@user:ada"), parse_tuple("group:eng#member@user:bob")
    authorizer.write(WriteRequest(wiki, writes=(ada,)))
    authorizer.write(WriteRequest(wiki, writes=(bob,), deletes=(ada,)))
    onto = authorizer.changed(Between(wiki, 3, 4, Scoped(object=parse_object("doc:wiki"))))
    assert ["doc:wiki#viewer@user:bob"] == list(map(str, onto.gained))
    assert ["doc:wiki#viewer@user:ada"] == list(map(str, onto.lost))
    hers = authorizer.changed(Between(wiki, 2, 3, Scoped(subject=parse_object("user:ada"))))
    assert ["doc:wiki#viewer@user:ada", "group:eng#member@user:ada"] == list(map(str, hers.gained))
