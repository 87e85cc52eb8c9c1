"""The string forms of objects, subjects and tuples: what they say, that they come back, and what is refused."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamgraph.errors import RequestError
from iamgraph.tuples import (
    MAX_ID_LENGTH,
    MAX_RELATION_LENGTH,
    MAX_TYPE_LENGTH,
    NAME,
    Kind,
    Object,
    RelationTuple,
    StoredTuple,
    Subject,
    Userset,
    Wildcard,
    check_relation,
    check_type,
    kind_of,
    parse_object,
    parse_subject,
    parse_tuple,
    shown,
)

_REFUSED: Final = ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp")
types = st.from_regex(NAME, fullmatch=True).map(lambda one: one[:MAX_TYPE_LENGTH])
relations = st.from_regex(NAME, fullmatch=True).map(lambda one: one[:MAX_RELATION_LENGTH])
plain_ids = st.text(st.characters(exclude_categories=_REFUSED), min_size=1, max_size=20)
odd_ids = st.text(st.sampled_from("#:@*/a.-|'\"`\\{}é名"), min_size=1, max_size=8)
ids = (plain_ids | odd_ids).filter(lambda one: one != "*")
objects = st.builds(Object, types, ids)
subjects: st.SearchStrategy[Subject] = st.one_of(
    objects, st.builds(Userset, objects, relations), st.builds(Wildcard, types)
)
tuples = st.builds(RelationTuple, objects, relations, subjects)


@given(subjects)
def test_a_subject_comes_back_from_its_string_form(subject: Subject) -> None:
    """Whatever an id holds, the string form of a subject reads as that subject."""
    assert subject == parse_subject(str(subject))


@given(objects)
def test_an_object_comes_back_from_its_string_form(object_: Object) -> None:
    """Whatever an id holds, the string form of an object reads as that object."""
    assert object_ == parse_object(str(object_))


@given(tuples)
def test_a_tuple_comes_back_from_its_string_form(one: RelationTuple) -> None:
    """Whatever its ids hold, the string form of a tuple reads as that tuple."""
    assert one == parse_tuple(str(one))


@given(st.lists(tuples, min_size=2, max_size=2, unique=True))
def test_two_tuples_never_share_a_string_form(pair: list[RelationTuple]) -> None:
    """The string form is one-to-one, so it can stand for the tuple."""
    assert str(pair[0]) != str(pair[1])


@given(st.text(max_size=40) | st.text(st.sampled_from("ab:#@*"), max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    """A text is a tuple whose string form it is, or a `RequestError`; nothing else comes out."""
    try:
        read = parse_tuple(text)
    except RequestError as fault:
        assert "\n" not in fault.message
    else:
        assert text == str(read)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("source:orders", Object("source", "orders")),
        ("source:a:b", Object("source", "a:b")),
        ("source:a##b", Object("source", "a#b")),
        ("source:##", Object("source", "#")),
        ("source:a@b", Object("source", "a@b")),
        ("source:**", Object("source", "**")),
        ("group:eng#member", Userset(Object("group", "eng"), "member")),
        ("group:a###member", Userset(Object("group", "a#"), "member")),
        ("member:*", Wildcard("member")),
    ],
)
def test_string_forms_of_subjects(text: str, expected: Subject) -> None:
    """Colon, doubled `#`, `@` and `*` in ids read as written down, and back."""
    assert expected == parse_subject(text)
    assert text == str(expected)


def test_the_parts_of_a_tuple() -> None:
    """The first single `#` ends the object's id, and the first `@` after it the relation."""
    expected = RelationTuple(Object("doc", "a@b#c"), "viewer", Userset(Object("group", "x@y"), "member"))
    assert expected == parse_tuple("doc:a@b##c#viewer@group:x@y#member")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "malformed_object"),
        ("source", "malformed_object"),
        ("source:", "malformed_id"),
        (":orders", "malformed_name"),
        ("source:a#", "malformed_object"),
        ("source:a###", "malformed_object"),
        ("source:a b", "malformed_id"),
        ("source:a\n", "malformed_id"),
        ("source:\u200b", "malformed_id"),
        ("source:\ud800", "malformed_id"),
        ("so urce:a", "malformed_name"),
        ("-source:a", "malformed_name"),
        ("quelle\u00e9:a", "malformed_name"),
        ("group:a#mem ber", "malformed_name"),
        ("group:a#b#c", "malformed_name"),
        ("group:*#member", "malformed_id"),
        ("source:" + "a" * (MAX_ID_LENGTH + 1), "malformed_id"),
        ("t" * (MAX_TYPE_LENGTH + 1) + ":a", "malformed_name"),
        ("group:a#" + "r" * (MAX_RELATION_LENGTH + 1), "malformed_name"),
    ],
)
def test_malformed_subjects_are_refused(text: str, code: str) -> None:
    """Each way to be no subject is a `RequestError` with its own code."""
    with pytest.raises(RequestError) as caught:
        parse_subject(text)
    assert code == caught.value.code


@pytest.mark.parametrize("text", ["group:eng#member", "member:*"])
def test_usersets_and_wildcards_are_no_objects(text: str) -> None:
    """Where an object is asked for, other subjects are refused."""
    with pytest.raises(RequestError, match="malformed object"):
        parse_object(text)


@pytest.mark.parametrize("text", ["doc:a", "doc:a#viewer", "doc:a@member:ada", "doc:a##viewer@member:ada"])
def test_a_text_without_relation_and_subject_is_no_tuple(text: str) -> None:
    """A tuple needs a single `#` and an `@` after it."""
    with pytest.raises(RequestError, match="expected `object#relation@subject`"):
        parse_tuple(text)


@pytest.mark.parametrize("text", ["doc:a#@member:ada", "doc:*#viewer@member:ada", "doc:a#viewer@", "doc:a#v w@x:y"])
def test_malformed_parts_of_a_tuple_are_refused(text: str) -> None:
    """An empty relation, a wildcard as object, an empty subject: none is a tuple."""
    with pytest.raises(RequestError):
        parse_tuple(text)


def test_longest_names_and_ids_are_taken() -> None:
    """The limits themselves are still inside."""
    check_type("t" * MAX_TYPE_LENGTH)
    check_relation("r" * MAX_RELATION_LENGTH)
    assert "i" * MAX_ID_LENGTH == Object("t", "i" * MAX_ID_LENGTH).id


@given(st.text(st.characters(categories=_REFUSED), min_size=1, max_size=1))
def test_no_blank_or_control_character_gets_into_an_id(one: str) -> None:
    """Characters nobody can see would make two ids look the same."""
    with pytest.raises(RequestError):
        Object("source", f"a{one}b")
    assert unicodedata.category(one) in _REFUSED


@given(st.text(max_size=300))
def test_shown_text_is_one_printable_line(text: str) -> None:
    """A caller's text in a message cannot break the line, and is cut."""
    line = shown(text)
    assert len(line) <= 120
    assert line.isprintable()


def test_an_expiry_needs_a_time_zone() -> None:
    """A time of nowhere could mean two instants."""
    one = parse_tuple("doc:a#viewer@member:ada")
    with pytest.raises(RequestError) as caught:
        RelationTuple(one.object, one.relation, one.subject, expires_at=datetime(2030, 1, 1))
    assert "malformed_time" == caught.value.code


def test_a_stored_tuple_reads_as_its_tuple() -> None:
    """Since when and by whom is not part of the string form."""
    one = parse_tuple("doc:a#viewer@member:ada")
    assert "doc:a#viewer@member:ada" == str(StoredTuple(one, 3, datetime(2030, 1, 1, tzinfo=UTC), "bob", "asked"))


@pytest.mark.parametrize(
    ("subject", "kind", "text"),
    [
        ("member:ada", Kind("member"), "member"),
        ("member:*", Kind("member", "*"), "member:*"),
        ("group:eng#member", Kind("group", "member"), "group#member"),
    ],
)
def test_kinds_of_subjects(subject: str, kind: Kind, text: str) -> None:
    """A kind is a subject without its id, and reads as a model writes it."""
    assert kind == kind_of(parse_subject(subject))
    assert text == str(kind)
