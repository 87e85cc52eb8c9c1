"""The truth table of the access model, through Python."""

from __future__ import annotations

from contextlib import suppress

import pytest

from iamgraph.access.labels import Labels
from iamgraph.errors import IamgraphError
from tests.access.organisation import OURS, ROWS, Ask, Do, Idle, Organisation, Part, Row
from tests.access.python import PythonDoor


def answers(organisation: Organisation, row: Row) -> list[tuple[Part, bool | str | None]]:
    """To each part of a row what it is answered: yes or no, or the code of its refusal."""
    return [(one, _answer(organisation, one)) for one in row.parts]


def _answer(organisation: Organisation, one: Part) -> bool | str | None:
    if isinstance(one, Ask):
        return organisation.ask(one)
    if isinstance(one, Idle):
        return organisation.idle(one)
    try:
        organisation.do(one)
    except IamgraphError as refused:
        return refused.code
    return None


def expected(row: Row) -> list[tuple[Part, bool | str | None]]:
    """To each part of a row what the table says."""
    return [(one, one.refused if isinstance(one, Do) else one.answer) for one in row.parts]


@pytest.mark.parametrize("row", [one for one in ROWS if not one.changes], ids=str)
def test_row_that_asks(standing: Organisation, row: Row) -> None:
    """Every question of the row has the table's answer, and what it refuses is refused."""
    assert expected(row) == answers(standing, row)


@pytest.mark.parametrize("row", [one for one in ROWS if one.changes], ids=str)
def test_row_that_changes(fresh: Organisation, row: Row) -> None:
    """Every part of the row, one after the other, goes as the table says."""
    assert expected(row) == answers(fresh, row)


def test_every_row_is_there() -> None:
    """No row of the table is left out."""
    assert set(range(1, 35)) == {one.number for one in ROWS}


def test_row_16_no_renaming() -> None:
    """A label has no verb that would give it another text."""
    verbs = {one for one in vars(Labels) if not one.startswith("_")}
    assert {"create", "delete", "all", "attach", "detach", "attach_many"} == verbs


def test_row_29_owners_see_it(fresh: Organisation) -> None:
    """Owners are shown which tokens have lost their creator."""
    door = fresh.door
    assert isinstance(door, PythonDoor)
    told = [{one["creator_left"] for one in door.tell("member:olga", "tokens.all", OURS)}]
    fresh.do(Do("max", "members.remove", {"member": "max"}))
    told.append({one["creator_left"] for one in door.tell("member:olga", "tokens.all", OURS)})
    assert [{False}, {True}] == told


def test_row_32_no_account_before(fresh: Organisation) -> None:
    """An expired invite makes no account of an address nobody had, and its link can be used no more often."""
    given = {"email": "new@x.io", "grants": [["source_admin", [], []]]}
    fresh.do(Do("max", "invites.create", given, name="new"))
    accepted = Do(None, "invites.accept", {"secret": "!new"}, name="person")
    assert fresh.door.may(fresh.named(str(fresh.do(accepted).object)), "can_edit", "source:S1")
    with suppress(IamgraphError):
        fresh.do(accepted)
        pytest.fail("accepted twice")
