"""Random organisations answer as docs/access.md says, by an oracle of its own, and keep the properties it lists."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from iamgraph.access.policies import Grant
from iamgraph.authorizer import Authorizer
from iamgraph.store.keeper import Neo4jKeeper
from tests.access.conftest import opened
from tests.access.histories import (
    HOLDERS,
    LABELS,
    History,
    Question,
    Step,
    differences,
    histories,
    openings,
    others,
    policies,
)
from tests.access.oracle import LABELLED, SINGLE

some = partial(
    settings,
    derandomize=True,
    deadline=None,
    database=None,
    # Add `Phase.shrink` to look for the least history that fails: that asks Neo4j for minutes.
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
Allowed = set[Question]


@contextmanager
def after(authorizer: Authorizer, keeper: Neo4jKeeper, history: Iterable[Step]) -> Iterator[History]:
    """What a history came to."""
    with opened(authorizer, keeper) as door:
        made = History(door).begin()
        for one in history:
            made.do(one)
        yield made


@some(max_examples=12)
@given(history=histories)
def test_every_answer_is_the_oracles(authorizer: Authorizer, keeper: Neo4jKeeper, history: list[Step]) -> None:
    """After any history, everybody may what the oracle says, and every step was refused or done as it says."""
    with after(authorizer, keeper, ()) as made:
        for one in history:
            expected, done = made.do(one)
            assert expected == done, one
        assert {} == differences(made.expected(), made.answers())


@some(max_examples=4)
@given(history=histories)
def test_nothing_leaves_a_workspace(authorizer: Authorizer, keeper: Neo4jKeeper, history: list[Step]) -> None:
    """Whoever may anything in a workspace is one of its members or tokens."""
    with after(authorizer, keeper, history) as made:
        inside = {
            home: {f"member:{one['id']}" for one in made.root.members(home).all()}
            | {f"token:{one['id']}" for one in made.root.tokens(home).all()}
            for home in "ab"
        }
        for subject, _, object_ in made.allowed():
            home = made.oracle.root(object_).home if not object_.startswith("workspace:") else object_
            assert made.real.get(subject, subject) in inside[home.partition(":")[2]]


# --- what a step may do to access --------------------------------------------------------------------------


def adds(before: Allowed, now: Allowed) -> bool:
    """Nobody lost anything."""
    return before <= now


def removes(before: Allowed, now: Allowed) -> bool:
    """Nobody got anything."""
    return now <= before


def _but_pii(allowed: Allowed) -> Allowed:
    return {one for one in allowed if one[1] != "can_see_pii"}


def _switched(on: bool) -> Callable[[Allowed, Allowed], bool]:
    """Personal data is seen by more, or by fewer; what else somebody may stays."""
    direction = adds if on else removes
    return lambda before, now: direction(before, now) and _but_pii(before) == _but_pii(now)


def property_of(step: Step) -> Callable[[Allowed, Allowed], bool] | None:
    """What holds of access before and after a step; None for a move, which takes here and gives there."""
    match step.verb:
        case "policy" | "add_member" | "group_add" | "attach":
            return adds
        case "policy_delete" | "remove_member" | "revoke" | "group_remove" | "group_delete" | "detach":
            return removes
        case "set_role":
            return adds if step.told[1] else removes
        case "set_pii" | "group_pii":
            return _switched(step.told[1])
        case _:
            return None


@some(max_examples=4)
@given(opening=openings, steps=st.lists(others() | policies(), min_size=8, max_size=12))
def test_steps_only_add_or_only_remove(
    authorizer: Authorizer, keeper: Neo4jKeeper, opening: list[Step], steps: list[Step]
) -> None:
    """More policies, members and labels never remove access, fewer never add any, and PII changes nothing else."""
    with after(authorizer, keeper, opening) as made:
        before = made.allowed()
        for one in steps:
            if made.do(one) == (True, True):
                now, holds = made.allowed(), property_of(one)
                assert holds is None or holds(before, now), one
                before = now


required = st.lists(st.sampled_from(LABELS), min_size=2, max_size=2, unique_by=lambda one: one.partition(":")[0])


@some(max_examples=4)
@given(opening=openings, role=st.sampled_from(sorted(LABELLED)), labels=required)
def test_a_label_more_in_a_policy_never_adds(
    authorizer: Authorizer, keeper: Neo4jKeeper, opening: list[Step], role: str, labels: list[str]
) -> None:
    """A policy reaches most without labels, less with one, and least with two."""
    with after(authorizer, keeper, opening) as made:
        reached = []
        for count in range(3):
            grant = Grant(role, labels=tuple(labels[:count]))
            made.root.policies("a").create(grant, ["member:p0", "group:a2"], id_="narrowed")
            reached.append(made.allowed())
            made.root.policies("a").delete("narrowed")
        assert reached[2] <= reached[1] <= reached[0]


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    """Grants on sources and spaces, by every reach."""
    roles = st.sampled_from(sorted(LABELLED))
    reaches = st.sampled_from([((), ()), ((), LABELS[:1]), ((), (LABELS[1], LABELS[2])), (("a1",), ())])
    return [Grant(role, *reach) for role, reach in draw(st.lists(st.tuples(roles, reaches), min_size=4, max_size=6))]


@some(max_examples=4)
@given(given_=grants(), data=st.data())
def test_the_order_of_policies_does_not_matter(
    authorizer: Authorizer, keeper: Neo4jKeeper, given_: list[Grant], data: st.DataObject
) -> None:
    """Two people with the same policies, given in another order, may the same."""
    with after(authorizer, keeper, ()) as made:
        for who, ordered in (("x", given_), ("y", data.draw(st.permutations(given_)))):
            made.root.members("a").add(f"{who}@x.io", id_=who)
            for one in ordered:
                made.root.policies("a").give(f"member:{who}", [one])
        made.real |= {"member:p0": "member:x", "member:p1": "member:y"}
        may = {(who, *rest) for who, *rest in made.allowed()}
        assert {it[1:] for it in may if it[0] == "member:p0"} == {it[1:] for it in may if it[0] == "member:p1"}


@some(max_examples=4)
@given(role=st.sampled_from(sorted(LABELLED)), holder=st.sampled_from(sorted(HOLDERS)))
def test_moving_away_ends_single_policies(authorizer: Authorizer, keeper: Neo4jKeeper, role: str, holder: str) -> None:
    """A resource that moves away leaves what was given on it alone, which does not come back with it."""
    with after(authorizer, keeper, ()) as made:
        one, home = f"{SINGLE[role]}:a1", HOLDERS[holder]
        made.root.labels("a").attach(one, [], replacing=True)
        if home == "b":
            made.root.resources("a").move(one, "b")
        without, other = made.allowed(), "a" if home == "b" else "b"
        made.do(Step("policy", home, ("single", role, (one,), (), (holder,))))
        assert without <= made.allowed()
        made.root.resources(home).move(one, other)
        assert {f"member:{other}"} == {who for who, _, object_ in made.allowed() if object_ == one}
        made.root.resources(other).move(one, home)
        assert without == made.allowed()
