"""Stores of an older access model: told apart, what an upgrade would change, and that it loses nothing."""

from __future__ import annotations

from typing import Final

import pytest

from iamgraph.access.access import Access, shipped_model
from iamgraph.access.upgrading import plan_upgrade, standing, upgrade
from iamgraph.errors import IamgraphError
from iamgraph.questions import Outcome, WriteRequest
from iamgraph.tuples import parse_tuple
from tests.access.python import PythonDoor

# As the shipped model was before tokens for provisioning, and as somebody might have changed it.
OLDER: Final = (
    shipped_model()
    .replace("    define can_provision: provisioner or owner\n", "")
    .replace("    define provisioner: [token]\n", "")
)
NARROWER: Final = OLDER.replace("define can_open_home: owner", "define can_open_home: owner and member")
OWN: Final = OLDER.replace(
    "type token\n", "type token\n\ntype robot\n\ntype shed\n  relations\n    define owner: [robot]\n", 1
)
OTHER: Final = "model\n  schema 1.1\ntype member\ntype workspace\n  relations\n    define member: [member]\n"


def _with(door: PythonDoor, root: Access, model: str) -> None:
    door.authorizer.write_model(door.store, model)
    root.workspaces.create("one", name="one", owner="ada@x.io")
    root.tokens("one").create("t", owner=True)


def test_models_are_told_apart(door: PythonDoor) -> None:
    """The shipped model is current, an older one is another access model, and anything else is none."""
    told = [standing(door.authorizer.write_model(door.store, one)) for one in (shipped_model(), OLDER, OTHER)]
    assert ["current", "other", "none"] == told


def test_an_upgrade_is_one_change_that_loses_nothing(door: PythonDoor, root: Access) -> None:
    """It is shown with who gains what, changes nothing until it is made, and keeps every tuple."""
    _with(door, root, NARROWER)
    before = door.authorizer.get_store(door.store)
    tuples = [str(one.tuple) for one in door.authorizer.read(door.store, None, 1000).items]
    plan = plan_upgrade(door.authorizer, door.store)
    assert before == door.authorizer.get_store(door.store)
    assert () == plan.hindered
    assert [
        "+ workspace#provisioner: [token]",
        "+ workspace#can_provision: provisioner or owner",
        "~ workspace#can_open_home: owner and member becomes owner",
    ] == list(plan.lines)
    assert plan.impact is not None
    assert {"can_provision", "can_open_home"} == {one.relation for one in plan.impact.gained}
    assert {Outcome.ALLOWED} == {one.after for one in plan.impact.shifts}
    stored = upgrade(door.authorizer, door.store, plan, "ada", "new iamgraph")
    assert ("current", before.revision.number + 1) == (standing(stored), stored.revision.number)
    assert tuples == [str(one.tuple) for one in door.authorizer.read(door.store, None, 1000).items]
    root.tokens("one").create("okta", provisioning=True)
    assert not plan_upgrade(door.authorizer, door.store).changes


@pytest.mark.parametrize(
    ("model", "tuple_", "hindered"),
    [
        (OWN, None, "`shed#owner` is not in it"),
        (
            OLDER.replace("define added: [member]", "define added: [member, token]"),
            "group:g#added@token:t",
            "`group#added` takes no `token`",
        ),
    ],
)
def test_nothing_is_lost(door: PythonDoor, root: Access, model: str, tuple_: str | None, hindered: str) -> None:
    """A model with relations or subjects of somebody's own is not upgraded, and they are told what is in the way."""
    _with(door, root, model)
    if tuple_ is not None:
        door.authorizer.write(WriteRequest(door.store, (parse_tuple(tuple_),)))
    plan = plan_upgrade(door.authorizer, door.store)
    assert (hindered, None) == (plan.hindered[0], plan.impact)
    assert (tuple_ is not None) is any(f"`{tuple_}` does not fit" in one for one in plan.hindered)
    with pytest.raises(IamgraphError) as refused:
        upgrade(door.authorizer, door.store, plan)
    assert "upgrade_refused" == refused.value.code
    assert "other" == standing(door.authorizer.get_model(door.store))


def test_what_was_planned_is_done_or_nothing(door: PythonDoor, root: Access) -> None:
    """What the store's model takes after the plan is kept; where it has another model by then, nothing is done."""
    _with(door, root, OLDER)
    plan = plan_upgrade(door.authorizer, door.store)
    changed = door.authorizer.write_model(door.store, NARROWER)
    with pytest.raises(IamgraphError) as refused:
        upgrade(door.authorizer, door.store, plan)
    assert ("model_changed", "/replacing") == (refused.value.code, refused.value.pointer)
    assert changed == door.authorizer.get_model(door.store)
    plan = plan_upgrade(door.authorizer, door.store)
    root.members("one").add("bob@x.io", id_="bob")
    assert "current" == standing(upgrade(door.authorizer, door.store, plan))
    assert "bob" in [one["id"] for one in root.members("one").all()]


def test_a_tuple_of_a_model_before_is_looked_at(door: PythonDoor, root: Access) -> None:
    """A tuple that no model of late allows is found, wherever it lies: an upgrade could bring it to life."""
    door.authorizer.write_model(
        door.store, OTHER.replace("type workspace", "type token\ntype workspace").replace("[member]", "[member, token]")
    )
    door.authorizer.write(WriteRequest(door.store, (parse_tuple("workspace:w#member@token:t"),)))
    door.authorizer.write_model(door.store, OLDER)
    (found,) = plan_upgrade(door.authorizer, door.store).hindered
    assert found.startswith("`workspace:w#member@token:t` does not fit")


def test_what_is_no_access_model_is_not_upgraded(door: PythonDoor) -> None:
    """A store of another kind is left alone."""
    door.authorizer.write_model(door.store, OTHER)
    with pytest.raises(IamgraphError) as refused:
        plan_upgrade(door.authorizer, door.store)
    assert "no_access_model" == refused.value.code
