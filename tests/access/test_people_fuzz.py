"""Files of people, drawn at random: what is good arrives as it is written, and of all else every line is told."""

from __future__ import annotations

import os
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from ulid import ULID

from iamgraph.access.access import found_store
from iamgraph.access.document import Document, Group, Member
from iamgraph.access.faults import TOLD_FAULTS, FaultyFileError
from iamgraph.access.people import COLUMNS, parse_people
from iamgraph.authorizer import Authorizer
from iamgraph.errors import LimitError
from iamgraph.store.keeper import Neo4jKeeper
from tests.access.given import Ground

FUZZED: Final = int(os.environ.get("IAMGRAPH_FUZZED", "300"))
GROUPS: Final = {"eng": "Engineering", "ops": "Operations, all", "odd": 'The "odd"'}
# What is told of a line by parsing alone, and what only a workspace knows.
PARSED: Final = {
    "address": "malformed_email",
    "role": "role_not_found",
    "twice": "malformed_people",
    "cells": "malformed_people",
}
KNOWN: Final = {"group": "group_not_found", "control": "malformed_text"}
ANYTHING: Final = st.text(max_size=60) | st.text(st.sampled_from('emailnrogups,;"@.x \r\n\t\ufeff\0'), max_size=120)
names = st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=12).map(str.strip)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is meant: what is wrong with it, if anything, and how its cells are written."""

    wrong: str | None
    name: str
    role: str
    groups: tuple[str, ...]
    by_name: bool
    quoted: bool
    padded: bool


lines = st.builds(
    Line,
    st.sampled_from((None,) * 8 + ("blank", *PARSED, *KNOWN)),
    names,
    st.sampled_from(("", "owner", "member")),
    st.lists(st.sampled_from(tuple(GROUPS)), max_size=3).map(tuple),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)


@dataclass(frozen=True, slots=True)
class File:
    """Lines, with the form they are written in; `home` is the workspace they are of."""

    home: str
    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    mark: str
    newline: str

    @property
    def text(self) -> str:
        """The file."""
        header = ",".join(one.upper() if self.mark else one for one in self.columns)
        written = [self._written(at, one) for at, one in enumerate(self.lines)]
        return self.mark + "".join(f"{one}{self.newline}" for one in (header, *written))

    def _written(self, at: int, line: Line) -> str:
        if line.wrong == "blank":
            return " ,  " if line.padded else ""
        cells = {
            "email": self._address(at, line),
            # A break within a cell is no end of a line, but counts as one.
            "name": f"a\nb{line.name}" if line.wrong == "control" else line.name,
            "role": "king" if line.wrong == "role" else line.role,
            "groups": ";".join([*self.groups(line), *(["gone"] if line.wrong == "group" else [])]),
        }
        row = [self._cell(cells[one], line) for one in self.columns]
        return ",".join([*row, "more"] if line.wrong == "cells" else row)

    def _address(self, at: int, line: Line) -> str:
        return {"address": "nobody", "twice": f"p0@{self.home.upper()}.io"}.get(line.wrong or "", self.address(at))

    def address(self, at: int) -> str:
        """The address in a good line, which is read in small letters."""
        return f"P{at}@{self.home}.io"

    def groups(self, line: Line) -> tuple[str, ...]:
        """The groups of a line, by their ids, or by their names."""
        return tuple(GROUPS[one] if line.by_name else f"{self.home}-{one}" for one in line.groups)

    @staticmethod
    def _cell(text: str, line: Line) -> str:
        padded = f" {text} " if line.padded else text
        quoted = line.quoted or any(one in padded for one in ',"\n\r')
        return '"' + padded.replace('"', '""') + '"' if quoted else padded

    def faulty(self, wrong: Container[str | None]) -> list[str]:
        """The places of the lines with one of these faults."""
        return [place for _, place, line in self.places() if line.wrong in wrong]

    def places(self) -> Iterator[tuple[int, str, Line]]:
        """Each line, with its number among them and its place in the file."""
        place = 1
        for at, line in enumerate(self.lines):
            place += 2 if line.wrong == "control" else 1
            yield at, f"line {place}", line


@st.composite
def files(draw: st.DrawFn, without: Container[str | None] = ()) -> File:
    """A file whose first line is good, so that there is an address to stand twice; `without` some faults."""
    first = Line(None, "First", "", (), by_name=False, quoted=False, padded=False)
    return File(
        f"w{draw(st.integers(0, 10**12))}",
        (first, *draw(st.lists(lines.filter(lambda one: one.wrong not in without), max_size=6))),
        tuple(draw(st.permutations(COLUMNS))),
        draw(st.sampled_from(("", "\ufeff"))),
        draw(st.sampled_from(("\n", "\r\n", "\r"))),
    )


@settings(max_examples=FUZZED, derandomize=True, deadline=None, database=None)
@given(text=ANYTHING | ANYTHING.map(lambda text: f"email,name\n{text}"))
def test_anything_is_read_or_told(text: str) -> None:
    """Whatever text it is, people are read, or each fault has a documented code and the place of a line there is."""
    breaks = text.count("\n") + text.count("\r")
    try:
        parse_people(text)
    except FaultyFileError as refused:
        assert {one.code for one in refused.faults} <= {*PARSED.values(), "malformed_id"}
        assert len(refused.faults) <= TOLD_FAULTS
        assert all(1 <= int(one.place.removeprefix("line ")) <= breaks + 1 for one in refused.faults)
    except LimitError as refused:
        pytest.fail(f"too large: {refused}")


@settings(max_examples=FUZZED, derandomize=True, deadline=None, database=None)
@given(file=files())
def test_faulty_lines_and_no_others(file: File) -> None:
    """Of a file in any form of CSV exactly the faulty lines are told; without any, people are as they were written."""
    expected = file.faulty(PARSED)
    if expected:
        with pytest.raises(FaultyFileError) as refused:
            parse_people(file.text)
        assert expected == [one.place for one in refused.value.faults]
        return
    people = {one.place: one for one in parse_people(file.text)}
    assert [place for _, place, line in file.places() if line.wrong != "blank"] == list(people)
    for at, place, line in file.places():
        if line.wrong is None:
            told = people[place]
            assert (file.address(at).lower(), line.name or None) == (told.address.id, told.name)
            assert (line.role == "owner", tuple(dict.fromkeys(file.groups(line)))) == (told.owner, told.groups)


@pytest.fixture(scope="module")
def ground(authorizer: Authorizer, keeper: Neo4jKeeper) -> Iterator[Ground]:
    """A store with the shipped model, for a workspace each time."""
    store = f"people-{ULID()}"
    found_store(authorizer, store)
    yield Ground(authorizer, keeper, store)
    authorizer.delete_store(store)


# Looking for the least file that fails would ask Neo4j for minutes.
@settings(
    max_examples=max(4, FUZZED // 50),
    derandomize=True,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),
)
@given(file=files(without=PARSED))
def test_what_is_good_arrives(ground: Ground, file: File) -> None:
    """A file that can be read is added whole and told the same, or each line that is refused is told, and nobody is."""
    file = replace(file, home=f"w{ULID()}".lower())
    groups = tuple(Group(f"{file.home}-{id_}", name) for id_, name in GROUPS.items())
    owner = Member(email=f"owner@{file.home}.io", role="owner")
    ground.root.documents.apply(Document(file.home, members=(owner,), groups=groups))
    before, people = ground.revision, parse_people(file.text)
    expected = file.faulty(KNOWN)
    if expected:
        with pytest.raises(FaultyFileError) as refused:
            ground.root.people(file.home).add(people)
        assert expected == [one.place for one in refused.value.faults]
        assert (before, 1) == (ground.revision, len(ground.root.members(file.home).all()))
        return
    ground.root.people(file.home).add(people)
    told = ground.root.documents.read(file.home)
    came = {one.email: one for one in told.members if one.email != owner.email}
    meant = {file.address(at).lower(): line for at, _, line in file.places() if line.wrong is None}
    assert {email: (line.name or None, line.role or "member") for email, line in meant.items()} == {
        email: (one.name, one.role) for email, one in came.items()
    }
    within = {one.id: {*one.members} for one in told.groups}
    for id_ in GROUPS:
        assert {came[email].id for email, line in meant.items() if id_ in line.groups} == within[f"{file.home}-{id_}"]
