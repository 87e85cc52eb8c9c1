"""Who comes into a workspace another way than by their open invite: it ends in the same change, and gives nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from iamgraph.access.access import Access
from iamgraph.access.document import Document, Member
from iamgraph.access.people import parse_people
from iamgraph.access.policies import Grant
from iamgraph.errors import IamgraphError
from tests.access.python import PythonDoor

BOB: Final = "bob@x.io"


def _document(root: Access) -> Document:
    there = root.documents.read("one")
    return replace(there, members=(*there.members, Member(email=BOB)))


def _again(root: Access) -> object:
    """A provider that knew of bob begins his membership again."""
    provider = root.provisioning("one")
    done = provider.enrol(BOB, active=False)
    return provider.change(done.object.id, active=True)


WAYS: Final[dict[str, Callable[[Access], object]]] = {
    "added": lambda root: root.members("one").add(BOB),
    "by a provider": lambda root: root.provisioning("one").enrol(BOB),
    "by a provider, again": _again,
    "by a file": lambda root: root.people("one").add(parse_people(f"email\n{BOB}\n")),
    "by a document": lambda root: root.documents.apply(_document(root)),
}


@pytest.mark.parametrize("way", WAYS)
def test_an_invite_ends_as_whose_it_is_joins(door: PythonDoor, root: Access, way: str) -> None:
    """A member who came another way cannot accept the invite they had, nor hold what it held; others' stay."""
    root.workspaces.create("one", name="one", owner="owner@x.io")
    root.groups("one").create("g", id_="g")
    _, secret = root.invites("one").create(BOB, groups=["g"], grants=[Grant("workspace_owner")])
    other, _ = root.invites("one").create("mia@x.io", grants=[Grant("source_reader")])
    WAYS[way](root)
    assert [other.object.id] == [one["id"] for one in root.invites("one").all()]
    with pytest.raises(IamgraphError, match="no such invite") as refused:
        root.invites("one").accept(secret)
    assert "invite_not_found" == refused.value.code
    (bob,) = [one["id"] for one in root.members("one").all() if one["email"] == BOB]
    told = root.members("one").get(bob)
    assert ([], [], False) == (told["groups"], told["policies"], door.may(f"member:{bob}", "owner", "workspace:one"))
    # A document that names a policy keeps it, though nobody holds it.
    assert [f"invite:{other.object.id}"] == [it for one in root.policies("one").all() for it in one["holders"]]


def test_who_is_only_remembered_stays_invited(root: Access) -> None:
    """A provider that only remembers somebody ends no invite."""
    root.workspaces.create("one", name="one", owner="owner@x.io")
    _, secret = root.invites("one").create(BOB)
    root.provisioning("one").enrol(BOB, active=False)
    root.invites("one").accept(secret)
    assert [BOB, "owner@x.io"] == sorted(one["email"] for one in root.members("one").all())
