"""People out of CSV: added in one act, nothing taken from anybody, and every faulty line told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from iamgraph.access.document import Document, Group, Member
from iamgraph.access.faults import FaultyFileError
from iamgraph.access.people import MAX_PEOPLE_BYTES, parse_people
from iamgraph.authorizer import Authorizer
from iamgraph.errors import IamgraphError
from iamgraph.store.keeper import Neo4jKeeper
from tests.access.given import Ground
from tests.access.given import ground as made_ground

ACME: Final = Document(
    "acme",
    members=(Member("ada", "ada@acme.io", "Ada", "owner"), Member("bob", "bob@acme.io")),
    groups=(Group("eng", "Engineering", members=("bob",)), Group("ops", "Operations"), Group("Operations", "Odd")),
)
TEXT: Final = """\
\ufeffName,Email,Role,Groups
Cy,cy@acme.io,,eng;ops
"Dan, the man",Dan@acme.io,owner,Engineering ; eng;

Robert,bob@acme.io,member,ops
"""


@pytest.fixture
def acme(authorizer: Authorizer, keeper: Neo4jKeeper, store: str) -> Ground:
    """A store with a workspace of two people and three groups."""
    ground = made_ground(authorizer, keeper, store)
    ground.root.documents.apply(ACME)
    return ground


def refused(act: Callable[[], object]) -> IamgraphError:
    """What an act is refused with."""
    with pytest.raises(IamgraphError) as caught:
        act()
    return caught.value


def places(act: Callable[[], object]) -> list[tuple[str, str]]:
    """The lines an act is refused for, each with its code."""
    fault = refused(act)
    assert isinstance(fault, FaultyFileError)
    return [(one.place, one.code) for one in fault.faults]


def test_people_come(acme: Ground) -> None:
    """Whoever is new gets an account, and all join the groups named by id or name, in one change."""
    done = acme.root.people("acme").add(parse_people(TEXT))
    assert 3 == done.revision.number == acme.revision
    members = {one["email"]: one for one in acme.root.members("acme").all()}
    assert ("Cy", "member") == (members["cy@acme.io"]["name"], members["cy@acme.io"]["role"])
    assert ("Dan, the man", "owner") == (members["dan@acme.io"]["name"], members["dan@acme.io"]["role"])
    groups = {one: set(acme.root.groups("acme").get(one)["members"]) for one in ("eng", "ops", "Operations")}
    cy, dan = members["cy@acme.io"]["id"], members["dan@acme.io"]["id"]
    assert {"eng": {"bob", cy, dan}, "ops": {"bob", cy}, "Operations": set()} == groups


def test_nothing_is_taken(acme: Ground) -> None:
    """An owner that the file calls a member stays one, a known name stays, and the same file again changes nothing."""
    people = parse_people("email,name,role,groups\nada@acme.io,Else,member,\nbob@acme.io,Bob,,\n")
    assert 2 == acme.root.people("acme").add(people).revision.number
    assert ACME == acme.root.documents.read("acme")


def test_an_id_counts_before_a_name(acme: Ground) -> None:
    """What is the id of one group and the name of another is the id."""
    acme.root.people("acme").add(parse_people("email,groups\nada@acme.io,Operations"))
    assert ["ada"] == acme.root.groups("acme").get("Operations")["members"]
    assert [] == acme.root.groups("acme").get("ops")["members"]


def test_an_account_of_another_workspace(acme: Ground) -> None:
    """Who has an account is taken as they are; nothing of their other workspace comes along."""
    acme.root.documents.apply(Document("other", members=(Member("zed", "zed@x.io", "Zed", "owner"),)))
    acme.root.people("acme").add(parse_people("email,name\nzed@x.io,Else"))
    (zed,) = (one for one in acme.root.members("acme").all() if one["id"] == "zed")
    assert ("Zed", "member") == (zed["name"], zed["role"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [("line 1", "malformed_people")]),
        ("name\nx", [("line 1", "malformed_people")]),
        ("email,email\nx", [("line 1", "malformed_people")]),
        ("email,colour\nx", [("line 1", "malformed_people")]),
        ("email,role\nx,king", [("line 2", "malformed_email")]),
        (
            "email,role\na@x.io,king\nA@x.io,\nb@x.io\n\na@x.io,\nb@x.io,member,x",
            [
                ("line 2", "role_not_found"),
                ("line 4", "malformed_people"),
                ("line 6", "malformed_people"),
                ("line 7", "malformed_people"),
            ],
        ),
        ('email\n"a@x.io', [("line 2", "malformed_people")]),
    ],
)
def test_faulty_lines(text: str, expected: list[tuple[str, str]]) -> None:
    """Every line that cannot be read is told, an address that stands twice among them."""
    assert expected == places(lambda: parse_people(text))


def test_unknown_groups(acme: Ground) -> None:
    """Lines with a group there is not are told all at once, and nobody is added."""
    people = parse_people("email,groups\na@x.io,eng\nb@x.io,gone;eng\nc@x.io,gone\n")
    expected = [("line 3", "group_not_found"), ("line 4", "group_not_found")]
    assert expected == places(lambda: acme.root.people("acme").add(people))
    assert ACME == acme.root.documents.read("acme")


def test_another_workspaces_group(acme: Ground) -> None:
    """A group of another workspace is none."""
    other = Document("other", members=(Member("zed", "zed@x.io", role="owner"),), groups=(Group("theirs", "Theirs"),))
    acme.root.documents.apply(other)
    people = parse_people("email,groups\na@x.io,theirs\nb@x.io,Theirs")
    assert 2 == len(places(lambda: acme.root.people("acme").add(people)))


def test_only_owners_may(acme: Ground) -> None:
    """A member is refused, an owner is not."""
    people = parse_people("email\nc@x.io")
    assert "relation_missing" == refused(lambda: acme.by("member:bob").people("acme").add(people)).code
    acme.by("member:ada").people("acme").add(people)


def test_a_long_file() -> None:
    """A file past the limit is refused."""
    assert "file_too_large" == refused(lambda: parse_people("email\n" + "x" * MAX_PEOPLE_BYTES)).code
