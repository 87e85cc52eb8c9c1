"""Why and why not on the access model: its words, its labels in the proof, and changes its rules allow."""

from __future__ import annotations

import math
from collections.abc import Iterable

import pytest

from iamgraph.access.access import shipped_model
from iamgraph.access.sentences import AccessSentences
from iamgraph.authorizer import Authorizer
from iamgraph.check import walk
from iamgraph.check.contract import Asking, CurrentModel
from iamgraph.check.graph import GraphChecker
from iamgraph.explain import why
from iamgraph.model.parser import parse_model
from iamgraph.questions import CheckQuestion
from iamgraph.reasons import Why, WhyQuestion
from iamgraph.store.contract import Read
from iamgraph.tuples import StoredTuple, parse_object
from tests.access.organisation import Organisation
from tests.access.python import PythonDoor
from tests.conftest import SECONDS
from tests.generators import NOW
from tests.memory import MODEL, STORE, MemoryRoom, WalkChecker
from tests.reasons_cost import ASKED, POLICIES, organisation


def reasons(standing: Organisation, subject: str, relation: str, object_: str) -> Why:
    """The reasons of one question."""
    door = standing.door
    assert isinstance(door, PythonDoor)
    speaking = Authorizer(door.keeper, GraphChecker(door.keeper), deadline=SECONDS, speaking=(AccessSentences(),))
    return speaking.why(WhyQuestion(door.store, parse_object(subject), relation, parse_object(object_)))


def changes(found: Why) -> list[str]:
    """What would allow it, in words."""
    return [one.sentence for one in found.remedies]


def test_a_policy_of_labels_held_by_a_group(standing: Organisation) -> None:
    """The proof holds the group, the policy, the label it requires and the source that carries it, and says so."""
    (proof,) = reasons(standing, "member:rita", "can_edit", "source:S1").proofs
    said = [str(one).partition("@") for one in proof.path]
    assert {"group:GA#added", "source:S1#label"} <= {left for left, _, _ in said}
    assert 2 == sum(right == "label:W1/brand:a" for _, _, right in said)
    assert proof.sentence.startswith("member:rita is in GA (group:GA); GA (group:GA) holds policy:")
    assert (
        "gives source_admin on one (workspace:W1), requiring label brand:a, which source:S1 carries" in proof.sentence
    )
    assert all(one.by is not None for one in proof.path)


def test_every_policy_is_a_proof(standing: Organisation) -> None:
    """Who reaches a source by a group and by a policy of their own is told both, the shorter first."""
    proofs = reasons(standing, "member:ken", "can_read", "source:S1").proofs
    assert 2 == len(proofs)
    assert ["source_reader on source:S1", "source_admin on one"] == [
        next(text for text in ("source_reader on source:S1", "source_admin on one") if text in one.sentence)
        for one in proofs
    ]


def test_a_label_that_is_lacking(standing: Organisation) -> None:
    """The branch names the policy and the label; the change is to attach it, with the mirror that spaces ask."""
    found = reasons(standing, "member:sally", "can_edit", "source:S4")
    branch = found.branches[-1]
    assert "holder from source_admin_by_label from workspace where required_label within label" == branch.rewrite
    assert branch.stopped.endswith("is held, but requires label environment:prod, which source:S4 lacks")
    assert "attach label environment:prod to source:S4" == changes(found)[0]
    assert [
        "source:S4#label@label:W1/environment:prod",
        "label:W1/environment:prod#carrier@source:S4",
    ] == list(map(str, found.remedies[0].writes))


def test_no_second_value_of_a_key(standing: Organisation) -> None:
    """A label whose key the source carries already is no change: the group that has the rest is."""
    found = reasons(standing, "member:bob", "can_edit", "source:S1")
    assert "requires label brand:b, which source:S1 lacks" in found.branches[-1].stopped
    assert not [one for one in changes(found) if "attach" in one]
    assert "add member:bob to GA (group:GA)" in changes(found)


def test_owner_comes_last(standing: Organisation) -> None:
    """Who has no policy is offered a group or a policy first, and ownership after all that is of one tuple."""
    told = changes(reasons(standing, "member:mia", "can_edit", "source:S1"))
    assert "add member:mia to GA (group:GA)" in told
    alone = [one for one in told if " and " not in one and "new policy" not in one]
    assert "make member:mia an owner of one (workspace:W1)" == alone[-1]


def test_a_new_policy_is_offered(standing: Organisation) -> None:
    """Where no policy would do, one that gives the least is told with its command; given so, the check is allowed."""
    offered = reasons(standing, "member:mia", "can_edit", "source:S1").remedies[-1]
    assert "give member:mia a new policy of source_admin on source:S1" == offered.sentence
    assert "iamgraph policy give W1 member:mia --grant source_admin@S1" == offered.command
    read = reasons(standing, "member:mia", "can_read", "destination:D1").remedies[-1]
    assert "iamgraph policy give W1 member:mia --grant source_reader@S1" == read.command
    assert not [
        one.command for one in reasons(standing, "member:nobody", "can_edit", "source:S1").remedies if one.command
    ]


@pytest.mark.parametrize(
    "asked",
    [
        ("member:bob", "can_edit", "source:S1"),
        ("member:sally", "can_edit", "source:S4"),
        ("member:mia", "can_read", "destination:D1"),
        ("member:zoe", "can_read", "space:SP-dev"),
        ("member:tom", "can_connect_tracking_plan", "source:S1"),
        ("source:S1", "connectable", "space:SP-dev"),
    ],
    ids=str,
)
def test_every_change_flips(standing: Organisation, asked: tuple[str, str, str]) -> None:
    """With a change's tuples the check is allowed, without it is denied; no change is of another workspace."""
    subject, relation, object_ = asked
    door, found = standing.door, reasons(standing, *asked)
    assert isinstance(door, PythonDoor)
    assert not found.allowed
    assert found.complete
    assert found.remedies or relation == "connectable"
    for one in found.remedies:
        assert not [write for write in map(str, one.writes) if ":W2" in write or ":R" in write]
        question = CheckQuestion(
            door.store, parse_object(subject), relation, parse_object(object_), contextual_tuples=one.writes
        )
        assert door.authorizer.check(question).allowed


class CountingRoom(MemoryRoom):
    """A store's state in memory that counts what is read of it."""

    asked = 0

    def of_kinds(self, reads: Iterable[Read], limit: int) -> list[StoredTuple]:
        """The tuples of many reads at once."""
        wanted = list(reads)
        self.asked += len(wanted)
        return super().of_kinds(wanted, limit)


def test_a_large_workspace_is_looked_at_once() -> None:
    """Among 500 policies that require labels no more is read than what each rests on; all that is told flips."""
    current, room = CurrentModel(MODEL, parse_model(shipped_model())), CountingRoom(organisation())
    for subject, relation, object_ in ASKED:
        room.asked = 0
        asked = WhyQuestion(STORE, subject, relation, object_)
        found = why(room, WalkChecker(), asked, current, NOW, math.inf, (AccessSentences(),))
        assert (False, True, True) == (found.allowed, found.complete, found.more)
        assert room.asked < 5 * POLICIES
        assert found.remedies
        for one in found.remedies:
            question = CheckQuestion(STORE, subject, relation, object_, contextual_tuples=one.writes)
            assert walk.answer(room.reader, Asking(question, current, NOW, math.inf)).allowed
