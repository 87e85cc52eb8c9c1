"""The audit trail of a workspace: what touches it from elsewhere is in it, and what fills it is bounded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from iamgraph.access.access import Access
from iamgraph.access.audit import AuditFilter
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
