"""What every reader of tuples does, whoever implements it: a suite to inherit, with a `readers` fixture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

import pytest

from iamgraph.questions import TupleFilter
from iamgraph.store.contract import TupleReader, View
from iamgraph.tuples import (
    ConditionUse,
    Kind,
    Object,
    RelationTuple,
    StoredTuple,
    Subject,
    Userset,
    Wildcard,
    parse_tuple,
)

# Gives a reader over these tuples, written one change each, in this order.
Readers = Callable[[Sequence[RelationTuple]], AbstractContextManager[TupleReader]]

# A model that allows every tuple below.
MODEL: Final = """\
model
  schema 1.1
type user
type group
  relations
    define member: [user, user:*, group#member, group#guest, user with office_hours]
    define guest: [user]
type doc
  relations
    define viewer: [user, group#member]
    define editor: [user]

condition office_hours(hour: int) {
  hour >= 9
}
"""
DOC: Final = Object("doc", "plan")
ENG: Final = Object("group", "eng")
LATER: Final = datetime(2031, 5, 6, 7, 8, 9, 123456, tzinfo=UTC)
LONG_AGO: Final = datetime(2001, 1, 1, tzinfo=UTC)
OFFICE_HOURS: Final = ConditionUse("office_hours", '{"hour":10}')
ODD_IDS: Final = (
    "#",
    "##",
    "a#member",
    "'",
    '"',
    "`",
    "\\",
    "\\u0027",
    "a:b",
    "a@b",
    "/",
    "é",
    "e\u0301",
    "\U0001d53c",
)
ODD_IDS_TOO: Final = ("\uffee", "İ", "ı", "ß", "ss", "A", "a", "**", "$object", "{}", "--", "//", "%00", "x" * 256)


def _tuples(*written: str) -> list[RelationTuple]:
    return [parse_tuple(text) for text in written]


def _texts(found: Iterable[StoredTuple]) -> list[str]:
    return [str(one) for one in found]


class ReaderContract:
    """Inherit, and give the fixture `readers`."""

    def test_an_empty_store_holds_nothing(self, readers: Readers) -> None:
        """Nothing is found or read where nothing was written."""
        with readers([]) as reader:
            assert reader.find(parse_tuple("doc:plan#viewer@user:ada")) is None
            assert [] == _texts(reader.read(DOC, "viewer"))

    def test_a_tuple_is_found_by_all_three_sides(self, readers: Readers) -> None:
        """A tuple is found by object, relation and subject, and not where one of them differs."""
        with readers(_tuples("doc:plan#viewer@user:ada")) as reader:
            assert "doc:plan#viewer@user:ada" == str(reader.find(parse_tuple("doc:plan#viewer@user:ada")))
            assert reader.find(parse_tuple("doc:plans#viewer@user:ada")) is None
            assert reader.find(parse_tuple("doc:plan#editor@user:ada")) is None
            assert reader.find(parse_tuple("doc:plan#viewer@user:ad")) is None

    def test_a_tuple_is_not_found_from_its_other_end(self, readers: Readers) -> None:
        """A tuple has a direction: a group in another does not have the other in it."""
        with readers(_tuples("group:eng#member@group:core#member")) as reader:
            assert reader.find(parse_tuple("group:core#member@group:eng#member")) is None
            assert [] == _texts(reader.read(Object("group", "core"), "member"))

    def test_the_three_kinds_of_one_type_are_apart(self, readers: Readers) -> None:
        """An object, a userset of it and the wildcard of its type are three subjects."""
        written = ["group:eng#member@group:core#guest", "group:eng#member@user:*", "group:eng#member@user:ada"]
        with readers(_tuples(*written)) as reader:
            assert reader.find(parse_tuple("group:eng#member@group:core#member")) is None
            assert reader.find(parse_tuple("group:eng#member@user:bob")) is None
            assert written == _texts(filter(None, map(reader.find, _tuples(*written))))

    def test_read_gives_one_object_and_relation_only(self, readers: Readers) -> None:
        """Reading gives the tuples of that object and relation, not of those whose names begin alike."""
        written = ["doc:plan#viewer@user:ada", "doc:plan#editor@user:bob", "doc:plan2#viewer@user:eve"]
        with readers(_tuples(*written)) as reader:
            assert written[:1] == _texts(reader.read(DOC, "viewer"))

    def test_read_in_the_order_of_subjects(self, readers: Readers) -> None:
        """Tuples come in the order of their subjects, however they were written."""
        ordered = [f"group:eng#member@{one}" for one in ("group:a#guest", "group:a#member", "group:b#guest", "user:*")]
        ordered += [f"group:eng#member@user:{one}" for one in ("a", "aa", "b", "é")]
        with readers(_tuples(*reversed(ordered))) as reader:
            assert ordered == _texts(reader.read(ENG, "member"))

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (Kind("user"), ["user:ada", "user:bob"]),
            (Kind("user", "*"), ["user:*"]),
            (Kind("group", "member"), ["group:core#member"]),
            (Kind("group", "guest"), ["group:core#guest"]),
            (Kind("group"), []),
            (Kind("doc"), []),
            (Kind("user", "member"), []),
        ],
        ids=str,
    )
    def test_read_of_one_kind(self, readers: Readers, kind: Kind, expected: list[str]) -> None:
        """Of one kind, the tuples with subjects of just that kind are read."""
        subjects = ["user:bob", "user:*", "group:core#member", "user:ada", "group:core#guest"]
        with readers(_tuples(*(f"group:eng#member@{one}" for one in subjects))) as reader:
            found = reader.read(ENG, "member", kind)
            assert expected == [str(one.tuple.subject) for one in found]

    def test_expiry_and_condition_come_back_as_written(self, readers: Readers) -> None:
        """Expiry to the microsecond, the condition and its context are those written, by find and by read."""
        ada = Object("user", "ada")
        written = RelationTuple(ENG, "member", ada, LATER, OFFICE_HOURS)
        with readers([written]) as reader:
            found = reader.find(RelationTuple(ENG, "member", ada))
            assert found is not None
            assert written == found.tuple
            assert [found] == list(reader.read(ENG, "member"))

    def test_an_expired_tuple_is_still_read(self, readers: Readers) -> None:
        """Whether a tuple is over is for who reads it to judge."""
        written = RelationTuple(ENG, "member", Object("user", "ada"), LONG_AGO)
        with readers([written]) as reader:
            assert [written] == [one.tuple for one in reader.read(ENG, "member")]

    def test_the_last_writing_of_a_tuple_counts(self, readers: Readers) -> None:
        """A tuple written again stands once, as written last."""
        ada = Object("user", "ada")
        first, last = RelationTuple(ENG, "member", ada, LATER, OFFICE_HOURS), RelationTuple(ENG, "member", ada)
        with readers([first, last]) as reader:
            assert [last] == [one.tuple for one in reader.read(ENG, "member")]

    def test_each_tuple_knows_its_revision(self, readers: Readers) -> None:
        """`since` rises from change to change, and none is past the revision the reader reports."""
        with readers(_tuples("group:eng#member@user:b", "group:eng#member@user:a")) as reader:
            since = [one.since for one in reader.read(ENG, "member")]
            assert [since[1] + 1, since[1]] == since
            assert since[0] == reader.info.revision.number

    def test_a_group_may_be_in_itself(self, readers: Readers) -> None:
        """A tuple whose subject lies on its own object is one tuple."""
        loop = "group:eng#member@group:eng#member"
        with readers(_tuples(loop)) as reader:
            assert loop == str(reader.find(parse_tuple(loop)))
            assert [loop] == _texts(reader.read(ENG, "member"))

    def test_odd_ids_are_each_themselves(self, readers: Readers) -> None:
        """Ids that quote, escape, part or look alike are kept apart, on either side of a tuple."""
        ids = (*ODD_IDS, *ODD_IDS_TOO)
        written = [RelationTuple(Object("group", one), "guest", Object("user", one)) for one in ids]
        with readers(written) as reader:
            for one in written:
                assert [one] == [found.tuple for found in reader.read(one.object, "guest")]

    def test_an_odd_id_is_no_wildcard(self, readers: Readers) -> None:
        """No id an object may have is taken for everybody."""
        everybody: Subject = Wildcard("user")
        with readers([RelationTuple(ENG, "member", Object("user", "**"))]) as reader:
            assert reader.find(RelationTuple(ENG, "member", everybody)) is None
            assert [] == _texts(reader.read(ENG, "member", Kind("user", "*")))

    def test_many_tuples_of_one_object(self, readers: Readers) -> None:
        """Nothing is cut off where an object has many tuples."""
        written = [RelationTuple(DOC, "viewer", Object("user", f"{i:04}")) for i in range(300)]
        with readers(written) as reader:
            assert list(map(str, written)) == _texts(reader.read(DOC, "viewer"))


# Gives a view over these tuples, written one change each, in this order.
Views = Callable[[Sequence[RelationTuple]], AbstractContextManager[View]]
SEEN: Final = (
    "doc:plan#editor@user:ada",
    "doc:plan#viewer@group:eng#member",
    "doc:plan#viewer@user:ada",
    "group:core#member@group:eng#guest",
    "group:eng#member@group:core#member",
    "group:eng#member@user:*",
    "group:eng#member@user:ada",
)


class ViewContract:
    """Inherit, and give the fixture `views`."""

    def test_many_reads_at_once(self, views: Views) -> None:
        """Each read gives the tuples of its object and relation, of its kind or of all, and no others."""
        viewers, members = (DOC, "viewer", Kind("user")), (ENG, "member", None)
        with views(_tuples(*SEEN)) as view:
            found = view.of_kinds([viewers, members, (DOC, "owner", None)], 100)
            assert [SEEN[2], *SEEN[4:]] == sorted(_texts(found))
            assert [] == list(view.of_kinds([(DOC, "viewer", Kind("user", "*"))], 100))

    def test_no_more_than_the_limit(self, views: Views) -> None:
        """Of many tuples just so many are given as may be."""
        with views(_tuples(*SEEN)) as view:
            assert 2 == len(set(_texts(view.of_kinds([(ENG, "member", None)], 2))) & set(SEEN))
            assert 1 == len(set(_texts(view.by_subjects([Object("user", "ada")], 10, 1))) & set(SEEN))

    def test_the_tuples_of_subjects(self, views: Views) -> None:
        """Those of just these subjects are given, expired ones too: an object, its sets and everybody are apart."""
        ada, late = Object("user", "ada"), RelationTuple(ENG, "guest", Object("user", "ada"), LONG_AGO)
        with views([*_tuples(*SEEN), late]) as view:
            assert sorted([SEEN[0], SEEN[2], SEEN[6], str(late)]) == sorted(_texts(view.by_subjects([ada], 10, 100)))
            sets: list[Subject] = [Userset(ENG, "member"), Wildcard("user"), ENG, Object("user", "bob")]
            assert [SEEN[1], SEEN[5]] == sorted(_texts(view.by_subjects(sets, 10, 100)))

    def test_who_leads_everywhere_is_left_out(self, views: Views) -> None:
        """Of a subject that stands in more tuples than may be nothing is given, of others all."""
        with views(_tuples(*SEEN)) as view:
            asked: list[Subject] = [Object("user", "ada"), Wildcard("user")]
            assert [SEEN[5]] == _texts(view.by_subjects(asked, 2, 100))
            assert 4 == len(list(view.by_subjects(asked, 3, 100)))

    def test_every_tuple_of_a_subject(self, views: Views) -> None:
        """A filter by subject means each of its tuples, and those of nobody else."""
        with views(_tuples(*SEEN)) as view:
            found = view.every(TupleFilter(subject=Object("user", "ada")))
            assert [SEEN[0], SEEN[2], SEEN[6]] == sorted(_texts(found))
