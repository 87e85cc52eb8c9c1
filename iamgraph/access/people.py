"""People out of a CSV file: made members of a workspace and of its groups, in one act that takes nothing away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from iamgraph.access import words
from iamgraph.access.desk import Desk, Need, subjects
from iamgraph.access.faults import Faults
from iamgraph.access.invites import ended_by_joining
from iamgraph.access.members import MEMBER, is_owner
from iamgraph.access.words import is_
from iamgraph.access.workspaces import accounts_of, made_account
from iamgraph.errors import LimitError, RequestError
from iamgraph.questions import Attributes, Done, Effect, Note, TupleFilter
from iamgraph.transaction import Transaction
from iamgraph.tuples import Object, RelationTuple, shown

MAX_PEOPLE_BYTES: Final = 4_194_304
COLUMNS: Final = ("email", "name", "role", "groups")
BETWEEN_GROUPS: Final = ";"


@dataclass(frozen=True, slots=True)
class Person:
    """A line: whose address, the name an account that is made gets, whether an owner, and groups by id or name."""

    line: int
    address: Object
    name: str | None
    owner: bool
    groups: tuple[str, ...]

    @property
    def place(self) -> str:
        """Where the person stands in the file."""
        return f"line {self.line}"


def parse_people(text: str) -> tuple[Person, ...]:
    """The people of a CSV text under a header of `email` and perhaps `name`, `role` and `groups`, in any order.

    Raises `LimitError` where it is too long, `FaultyFileError` with every faulty line.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_PEOPLE_BYTES:
        raise LimitError(
            f"a file of people has {MAX_PEOPLE_BYTES} bytes at most: send it in parts", code="file_too_large"
        )
    faults = Faults()
    people = list(_people(text.removeprefix("\ufeff"), faults))
    faults.check("the file")
    return tuple(people)


def _people(text: str, faults: Faults) -> Iterator[Person]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    lines: dict[Object, int] = {}
    try:
        for row in reader:
            with faults.at(f"line {reader.line_num}"):
                if not columns:
                    columns = _header(row)
                elif any(cell.strip() for cell in row):
                    person = _person(reader.line_num, columns, row)
                    if lines.setdefault(person.address, person.line) != person.line:
                        raise _malformed(f"`{person.address.id}` stands in line {lines[person.address]} already")
                    yield person
            if not columns:
                return
    except csv.Error as fault:
        faults.add(f"line {reader.line_num}", _malformed(f"damaged CSV: {fault}"))
    if not columns:
        faults.add("line 1", _malformed("an empty file"))


def _header(row: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in row]
    if "email" not in columns or len(set(columns)) < len(columns) or not set(columns) <= set(COLUMNS):
        raise _malformed(
            f"expected a header of `email`, and perhaps `name`, `role`, `groups`, not `{shown(','.join(row))}`"
        )
    return columns


def _person(line: int, columns: list[str], row: list[str]) -> Person:
    if len(row) != len(columns):
        raise _malformed(f"{len(row)} cells under {len(columns)} columns")
    cells = {name: cell.strip() for name, cell in zip(columns, row, strict=True)}
    groups = (one.strip() for one in cells.get("groups", "").split(BETWEEN_GROUPS))
    return Person(
        line,
        words.email(cells["email"]),
        cells.get("name") or None,
        is_owner(cells.get("role") or MEMBER),
        tuple(dict.fromkeys(one for one in groups if one)),
    )


def _malformed(message: str) -> RequestError:
    return RequestError(message, code="malformed_people")


class People:
    """What can be done with many people of one workspace at once."""

    def __init__(self, desk: Desk, workspace: str) -> None:
        self._desk = desk
        self._home = words.workspace(workspace)

    def add(self, people: tuple[Person, ...]) -> Done:
        """Make everybody a member, with minimal access or as an owner, and add them to their groups.

        Who is a member, an owner or in a group already stays so. Raises `FaultyFileError` with every line whose group
        there is not; nothing is changed then.
        """
        fresh = {one.address: words.new_id("member") for one in people}
        note = Note("member.import", self._home, self._home)

        def decide(transaction: Transaction) -> Effect:
            groups, faults = self._groups(transaction), Faults()
            known = accounts_of(transaction, fresh)
            writes: list[RelationTuple] = []
            attributes: list[Attributes] = []
            for one in people:
                account = known.get(one.address, fresh[one.address])
                with faults.at(one.place):
                    if one.address not in known:
                        made = made_account(one.address, account, one.name)
                        writes += made.writes
                        attributes += made.attributes
                    writes += self._standing(one, account, groups)
            faults.check("the file")
            members = set(subjects(transaction, self._home, "member"))
            joining = [one for one in fresh if known.get(one) not in members]
            # A group may be named by id and by name.
            return Effect(
                note,
                tuple(dict.fromkeys(writes)),
                attributes=tuple(attributes),
                removed=tuple(ended_by_joining(transaction, self._home, joining)),
            )

        said = [[one.address.id, one.name, one.owner, one.groups] for one in people]
        return self._desk.act(note, Need("can_manage_access", self._home), decide, said)

    def _groups(self, transaction: Transaction) -> dict[str, Object]:
        """The groups by name, and by id, which counts first."""
        wanted = TupleFilter(object_type="group", relation="workspace", subject=self._home)
        found = [one.tuple.object for one in transaction.every(wanted)]
        kept = transaction.attributes(found)
        return {str(kept[one].get("name")): one for one in found} | {one.id: one for one in found}

    def _standing(self, person: Person, account: Object, groups: Mapping[str, Object]) -> Iterator[RelationTuple]:
        yield is_(self._home, "member", account)
        if person.owner:
            yield is_(self._home, "owner_direct", account)
        for named in person.groups:
            if named not in groups:
                raise RequestError(f"no group `{shown(named)}`", code="group_not_found")
            yield is_(groups[named], "added", account)
