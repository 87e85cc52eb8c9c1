"""The audit trail of a workspace: what touches it from elsewhere is in it, and what fills it is bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from iamgraph.access.access import Access
from iamgraph.access.audit import AuditFilter
from iamgraph.errors import IamgraphError
from tests.access.python import PythonDoor


@pytest.fixture
def two(root: Access) -> None:
    """Two workspaces, each of an owner of its own, and bob in both."""
    for id_ in ("one", "two"):
        root.workspaces.create(id_, name=id_, owner=f"{id_}@x.io")
        root.members(id_).add("bob@x.io", id_="bob")


def _told(access: Access, workspace: str, action: str) -> list[tuple[str, int | None]]:
    page = access.audit(workspace).page(AuditFilter(action=action), 10)
    return [(one.object, one.revision) for one in page.items]


def _refused(act: Callable[[], object]) -> None:
    with pytest.raises(IamgraphError):
        act()


@pytest.mark.usefixtures("two")
def test_an_account_is_told_of_in_each_of_its_workspaces(door: PythonDoor, root: Access) -> None:
    """The deletion, address and name of an account are one record, which owners of each of its workspaces find."""
    root.workspaces.create("three", name="three", owner="three@x.io")
    root.accounts.rename("bob", "Robert")
    root.accounts.set_email("bob", "robert@x.io")
    deleted = root.accounts.delete("bob").revision.number
    for home in ("one", "two"):
        (owner,) = [one["id"] for one in root.members(home).all() if one["role"] == "owner"]
        seen = door.access(f"member:{owner}")
        assert [("member:bob", deleted)] == _told(seen, home, "account.delete")
        assert [1, 1] == [len(_told(seen, home, f"account.{act}")) for act in ("rename", "set_email")]
    assert [] == _told(root, "three", "account.delete")


@pytest.mark.usefixtures("two")
def test_a_move_is_told_of_in_both_workspaces(root: Access) -> None:
    """A resource that moves is one record in where it was and where it is, found page by page in order."""
    root.resources("one").create("source", id_="s")
    moved = root.resources("one").move("source:s", "two").revision.number
    for home in ("one", "two"):
        assert [("source:s", moved)] == _told(root, home, "source.move")
    first = root.audit("two").page(None, 1)
    assert ["source.move"] == [one.action for one in first.items]
    rest = root.audit("two").page(None, 10, first.cursor)
    assert "source.move" not in {one.action for one in rest.items}
    assert "workspace.create" == rest.items[-1].action


@pytest.mark.usefixtures("two")
def test_what_is_trimmed_leaves_no_line(door: PythonDoor, root: Access) -> None:
    """Changes that are forgotten are in no trail any longer."""

    root.resources("one").create("source", id_="s")
    root.resources("one").move("source:s", "two")
    door.keeper.trim(door.store, datetime.now(UTC) + timedelta(days=1))
    assert [] == _told(root, "two", "source.move")


@pytest.mark.usefixtures("two")
def test_outsiders_do_not_fill_a_trail(door: PythonDoor, root: Access) -> None:
    """Past the limit of a day, refusals of who is not in a workspace are one line with their number."""
    root.workspaces.create("three", name="three", owner="three@x.io")
    bob, anybody = (Access(replace(one.desk, refused_outside=5)) for one in (door.access("member:bob"), root))
    for _ in range(5):
        _refused(lambda: bob.workspaces.get("three"))
    for _ in range(3):
        _refused(lambda: anybody.invites("three").accept("iai_wrong"))
    lines = [one for one in root.audit("three").export() if one.code is not None]
    assert 5 + 1 == len(lines)
    assert [("others", "3 more acts of who is not in it were refused on that day")] == [
        (one.by, one.message) for one in lines if one.code == "too_many_refused"
    ]


@pytest.mark.usefixtures("two")
def test_all_refusals_of_members_are_kept(door: PythonDoor, root: Access) -> None:
    """Whatever outsiders did, each refusal of a member, of a token and of a key is a line of its own."""
    made = root.tokens("one").create("t")[0].object.id
    for who in ("member:bob", f"token:{made}"):
        groups = door.access(who).groups("one")
        for _ in range(3):
            _refused(partial(groups.create, "g"))
    _refused(lambda: root.members("one").add("bob@x.io"))
    lines = [one.by for one in root.audit("one").export() if one.code is not None]
    assert {"member:bob": 3, f"token:{made}": 3, "key root": 1} == Counter(lines)
