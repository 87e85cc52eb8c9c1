"""The past told exactly: random histories, in which every revision is asked again once it is old."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from ulid import ULID

from iamgraph.authorizer import Authorizer
from iamgraph.check.graph import GraphChecker
from iamgraph.errors import IamgraphError, RequestError
from iamgraph.history import PastQuestion, state_at
from iamgraph.listing import ListObjects, ListSubjects
from iamgraph.questions import (
    Act,
    CheckQuestion,
    Effect,
    FilterDelete,
    Load,
    Note,
    OnExisting,
    OnMissing,
    TupleFilter,
    WriteRequest,
)
from iamgraph.reasons import PastWhy, WhyQuestion
from iamgraph.store.contract import Room
from iamgraph.store.keeper import Neo4jKeeper
from iamgraph.tuples import ConditionUse, Kind, Object, RelationTuple, StoredTuple, Subject, Userset, Wildcard
from tests.conftest import SECONDS
from tests.store.given import MODEL

HISTORIES: Final = int(os.environ.get("IAMGRAPH_HISTORIES", "3"))
SEED: Final = int(os.environ.get("IAMGRAPH_SEED", "20261125"))
STEPS: Final = 25
START: Final = datetime(2026, 1, 1, tzinfo=UTC)
HOUR: Final = timedelta(hours=1)
OTHER_MODEL: Final = MODEL.replace("viewer or holder from policy where required within label", "viewer")
USERS: Final = tuple(Object("user", one) for one in "ab")
GROUPS: Final = tuple(Object("group", one) for one in "gh")
DOCS: Final = tuple(Object("doc", one) for one in ("d", "e#'ü"))
POLICIES: Final = (Object("policy", "p"),)
LABELS: Final = (Object("label", "l"), Object("label", "m"))


@dataclass
class Clock:
    """A clock that is moved by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Story:
    """A store that random changes are made to, and what was true of it after each."""

    door: Authorizer
    keeper: Neo4jKeeper
    store: str
    draw: random.Random
    clock: Clock
    answers: dict[int, dict[str, str]] = field(default_factory=dict)
    tuples: dict[int, set[StoredTuple]] = field(default_factory=dict)
    times: dict[int, datetime] = field(default_factory=dict)

    def any_tuple(self) -> RelationTuple:
        """Any tuple the model allows, often with an expiry or a condition."""
        draw = self.draw
        user, group, doc = draw.choice(USERS), draw.choice(GROUPS), draw.choice(DOCS)
        policy, label = draw.choice(POLICIES), draw.choice(LABELS)
        expires_at = draw.choice((None, None, self.clock.now + draw.choice((2, 5)) * HOUR))
        hours = ConditionUse("office_hours", draw.choice(("{}", '{"hour":9}')))
        return draw.choice(
            (
                RelationTuple(group, "member", user, expires_at, draw.choice((None, hours))),
                RelationTuple(group, "member", Wildcard("user"), expires_at),
                RelationTuple(group, "member", Userset(draw.choice(GROUPS), "member"), expires_at),
                RelationTuple(doc, "viewer", user, expires_at),
                RelationTuple(doc, "viewer", Userset(group, "member"), expires_at),
                RelationTuple(policy, "holder", user, expires_at),
                RelationTuple(doc, "policy", policy),
                RelationTuple(policy, "required", label),
                RelationTuple(doc, "label", label),
            )
        )

    def several(self, most: int) -> tuple[RelationTuple, ...]:
        """Some tuples, each named once."""
        drawn = [self.any_tuple() for _ in range(self.draw.randint(1, most))]
        return tuple({str(one): one for one in drawn}.values())

    def step(self) -> None:
        """One change of any sort, or none, and what is true afterwards."""
        self.clock.now += self.draw.choice((0, 1, 3)) * HOUR
        acts: tuple[Callable[[], object], ...] = (
            *[self._write] * 5,
            self._delete_object,
            self._delete_matching,
            self._load,
            self._transact,
            self._model,
        )
        try:
            self.draw.choice(acts)()
        except IamgraphError as fault:
            assert fault.code in {"tuple_exists", "object_required", "tuple_not_allowed"}
        number = self.door.get_store(self.store).revision.number
        if number not in self.answers:
            self.answers[number] = self.now_answered()
            self.tuples[number] = set(self.door.read(self.store, limit=1000).items)
            self.times[number] = self.clock.now

    def _write(self) -> None:
        drawn = self.several(4)
        cut = self.draw.randint(0, len(drawn))
        self.door.write(
            WriteRequest(
                self.store,
                writes=drawn[:cut],
                deletes=drawn[cut:],
                by=self.draw.choice((None, "eve")),
                reason=self.draw.choice((None, "because")),
                on_existing=self.draw.choice(tuple(OnExisting)),
                on_missing=OnMissing.IGNORE,
            )
        )

    def _delete_object(self) -> None:
        self.door.delete_object(self.store, self.draw.choice((*USERS, *GROUPS, *DOCS, *POLICIES)))

    def _delete_matching(self) -> None:
        self.door.delete_matching(
            FilterDelete(self.store, TupleFilter(relation=self.draw.choice(("member", "viewer"))))
        )

    def _load(self) -> None:
        existing = self.draw.choice((OnExisting.TOUCH, OnExisting.TOUCH, OnExisting.IGNORE))
        self.door.load(Load(self.store, self.several(6), str(ULID()), "hash", by="import", on_existing=existing))

    def _transact(self) -> None:
        group = self.draw.choice(GROUPS)
        writes = tuple(one for one in self.several(3) if str(group) not in str(one))
        effect = Effect(Note("test", group, group), writes=writes, removed=(group,))
        self.door.transact(self.store, lambda _: effect, Act(self.clock.now, "transactor"))

    def _model(self) -> None:
        self.door.write_model(self.store, self.draw.choice((MODEL, OTHER_MODEL)))

    def now_answered(self) -> dict[str, str]:
        """What every question is answered now."""
        return {str(one): self.door.decide(one).outcome.value for one in self.questions()}

    def questions(self) -> Iterator[CheckQuestion]:
        """Everything that may be asked of users, and some of a userset and the wildcard."""
        subjects: list[Subject] = [*USERS, Wildcard("user"), Userset(GROUPS[0], "member")]
        for subject in subjects:
            for doc in DOCS:
                yield CheckQuestion(self.store, subject, "can_view", doc)
            yield CheckQuestion(self.store, subject, "member", GROUPS[1])

    def then(self, at: int | datetime) -> dict[str, str]:
        """What every question would have been answered then."""
        found = {}
        for one in self.questions():
            try:
                found[str(one)] = self.door.check_at(PastQuestion(one, at)).outcome.value
            except IamgraphError as fault:
                assert "condition_not_evaluated" == fault.code
                found[str(one)] = "unknown"
        return found

    def lists_then(self, at: int | datetime, answers: dict[str, str]) -> int:
        """Each list of then names whom and what the answers allow; how many lists there were."""
        made = 0
        for object_, relation in (*((one, "can_view") for one in DOCS), (GROUPS[1], "member")):
            right = {one: answers[f"{object_}#{relation}@{one}"] for one in (*USERS, Wildcard("user"))}
            try:
                page = self.door.list_subjects(ListSubjects(self.store, object_, relation, Kind("user"), at=at))
            except IamgraphError as fault:
                assert ("condition_not_evaluated", True) == (fault.code, "unknown" in right.values())
                continue
            known = set(USERS) - set(page.excepted) if page.wildcard else set(page.subjects)
            assert {one for one in USERS if right[one] == "allowed"} == known
            made += 1
        for user in USERS:
            right = {one: answers[f"{one}#can_view@{user}"] for one in DOCS}
            try:
                found = self.door.list_objects(ListObjects(self.store, user, "can_view", "doc", at=at)).items
            except IamgraphError as fault:
                assert ("condition_not_evaluated", True) == (fault.code, "unknown" in right.values())
                continue
            assert {one for one in DOCS if right[one] == "allowed"} == set(found)
            made += 1
        return made

    def check_since(self) -> None:
        """Each access goes back to where every revision's own answers say it began."""
        newest = max(self.answers)
        self.clock.now = self.times.get(newest, self.clock.now)
        for one in self.questions():
            if self.answers[newest][str(one)] != "allowed":
                continue
            began = next((at + 1 for at in range(newest, 0, -1) if self.answers[at][str(one)] != "allowed"), 1)
            found = self.door.since(one)
            assert found.change is not None
            assert (began, True, True) == (found.change.revision, found.kept, found.decision.path is not None)

    def check_why(self, revision: int) -> int:
        """What is asked of a revision has the check's answer, by tuples that stood then; how many proofs were told."""
        told, asked = 0, list(self.questions())
        self.draw.shuffle(asked)
        asked.sort(key=lambda one: self.answers[revision][str(one)])  # what was allowed first
        for one in (*asked[:2], asked[-1]):
            said, tuples = self.answers[revision][str(one)], self.tuples[revision]
            try:
                found = self.door.why_at(
                    PastWhy(WhyQuestion(one.store, one.subject, one.relation, one.object), revision)
                )
            except IamgraphError as fault:
                assert ("condition_not_evaluated", "unknown") == (fault.code, said)
                continue
            assert (said == "allowed", revision) == (found.allowed, found.revision.number)
            assert (said == "allowed", said == "denied", ()) == (
                bool(found.proofs),
                bool(found.branches),
                found.remedies,
            )
            for proof in found.proofs:
                assert tuples.issuperset(proof.path)
            told += len(found.proofs)
        return told

    def tuples_then(self, at: int) -> set[StoredTuple]:
        """Every tuple that was there then, with its history."""

        def read(room: Room) -> set[StoredTuple]:
            reader = state_at(room, at, self.clock.now).reader
            pairs = [(one, "member") for one in GROUPS]
            pairs += [(one, name) for one in DOCS for name in ("viewer", "policy", "label")]
            pairs += [(one, name) for one in POLICIES for name in ("holder", "required")]
            found = {one for object_, name in pairs for one in reader.read(object_, name)}
            assert all(one == reader.find(replace(one.tuple, expires_at=None, condition=None)) for one in found)
            return found

        return self.keeper.look(self.store, read)


@pytest.fixture
def clock() -> Clock:
    """The clock of the histories."""
    return Clock()


@pytest.fixture
def story(keeper: Neo4jKeeper, store: str, clock: Clock) -> Story:
    """A store whose history is about to begin."""
    door = Authorizer(keeper, GraphChecker(keeper), deadline=SECONDS, clock=clock)
    door.write_model(store, MODEL)
    return Story(door, keeper, store, random.Random(SEED), clock)


@pytest.mark.long
@pytest.mark.parametrize("number", range(HISTORIES))
def test_every_revision_is_answered_as_it_was(story: Story, number: int) -> None:
    """At every revision each check gets the answer it got when that was the newest, and each list is what checks
    allow, over the very same tuples.
    """
    story.draw.seed(f"{SEED}/{number}")
    story.answers[1] = story.now_answered()
    story.tuples[1] = set()
    for _ in range(STEPS):
        story.step()
    story.check_since()
    story.clock.now += 1000 * HOUR
    lists = 0
    for revision, answers in story.answers.items():
        assert story.tuples[revision] == story.tuples_then(revision)
        assert answers == story.then(revision)
        lists += story.lists_then(revision, answers)
    assert lists > 0
    for revision, time in story.times.items():
        if story.times.get(revision + 1) != time and list(story.times.values()).count(time) == 1:
            assert story.answers[revision] == story.then(time)


def test_why_as_of_then(story: Story) -> None:
    """At every revision the reasons agree with the check, and every tuple of each proof stood in the store then."""
    story.draw.seed(1)
    story.answers[1] = story.now_answered()
    story.tuples[1] = set()
    for _ in range(STEPS):
        story.step()
    story.clock.now += 1000 * HOUR
    assert sum(map(story.check_why, story.answers)) >= STEPS


def test_the_histories_hold_what_matters(story: Story) -> None:
    """The random histories do touch, expire, decide and change models: else they would prove little."""
    story.draw.seed(1)
    for _ in range(2 * STEPS):
        story.step()
    said = {one for answers in story.answers.values() for one in answers.values()}
    there = [one for tuples in story.tuples.values() for one in tuples]
    assert {"allowed", "denied", "unknown"} == said
    assert any(one.tuple.expires_at is not None for one in there)
    assert len(story.door.list_models(story.store)) > 1
    assert len({one.since for one in there}) > 5


def test_what_is_not_kept_is_refused(story: Story) -> None:
    """A revision whose change was trimmed, one still to come, and none at all: each is refused, saying which."""
    question = CheckQuestion(story.store, USERS[0], "can_view", DOCS[0])
    for _ in range(8):
        story.clock.now += HOUR
        story.door.write(WriteRequest(story.store, writes=(RelationTuple(DOCS[0], "viewer", USERS[0]),)))
    story.keeper.trim(story.store, START + 4 * HOUR)
    for at, code in (
        (4, "changes_gone"),
        (START + 2 * HOUR, "changes_gone"),
        (10, "revision_unknown"),
        (0, "revision_unknown"),
        (story.clock.now + HOUR, "revision_unknown"),
    ):
        with pytest.raises(RequestError) as refused:
            story.door.check_at(PastQuestion(question, at))
        assert code == refused.value.code
    assert story.door.check_at(PastQuestion(question, 5)).allowed


def test_access_older_than_what_is_kept(story: Story) -> None:
    """Access that began before the oldest change kept is said to be older; a denied check has no beginning."""
    grant = RelationTuple(DOCS[0], "viewer", USERS[0])
    for one in (grant, RelationTuple(DOCS[1], "viewer", USERS[1]), RelationTuple(DOCS[1], "viewer", USERS[0])):
        story.clock.now += HOUR
        story.door.write(WriteRequest(story.store, writes=(one,), by="eve", reason="asked to"))
    question = CheckQuestion(story.store, USERS[0], "can_view", DOCS[0])
    found = story.door.since(question)
    assert found.change is not None
    assert (2, "eve", "asked to") == (found.change.revision, found.change.by, found.change.reason)
    assert [grant] == [one.tuple for one in found.decision.path or ()]
    story.keeper.trim(story.store, START + 2 * HOUR)
    later = story.door.since(question)
    assert (None, False) == (later.change, later.kept)
    denied = story.door.since(replace(question, subject=Object("user", "nobody")))
    assert (False, None, True) == (denied.decision.allowed, denied.change, denied.kept)
