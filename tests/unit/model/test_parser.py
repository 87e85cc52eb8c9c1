"""Text → model: what each construct says, what is overlooked, which limits hold, and that nothing else comes out."""

from __future__ import annotations

import random
import re

import pytest

from iamgraph.errors import ModelError
from iamgraph.model.faults import Fault, ModelTextError
from iamgraph.model.model import (
    ComputedUserset,
    Condition,
    DirectType,
    Exclusion,
    Guard,
    Intersection,
    Model,
    ParameterType,
    Rewrite,
    This,
    TupleToUserset,
    TypeDefinition,
    Union,
)
from iamgraph.model.parser import MAX_DECLARATION_LENGTH, MAX_MODEL_BYTES, MAX_NESTING, parse_model
from tests.golden import assert_golden, golden_names
from tests.unit.model.broken import BROKEN
from tests.unit.model.samples import DRIVE, HEAD, SAMPLES

DOC = (
    f"{HEAD}type user\ntype label\ntype group\n  relations\n    define member: [user]\n    define needs: [label]\n"
    "type doc\n  relations\n    define parent: [doc, group]\n    define group: [group]\n    define up: [doc]\n"
    "    define a: [user]\n    define b: [user]\n    define c: [user]\n"
    "    define tags: [label]\n    define marks: [label]\n"
)
A, B, C = (ComputedUserset(name) for name in "abc")


def rewrite(text: str) -> Rewrite:
    """The rewrite a definition on type `doc` says."""
    relation = parse_model(f"{DOC}    define x: {text}\n").relation("doc", "x")
    assert relation is not None
    return relation.rewrite


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[user]", This((DirectType("user"),))),
        ("[user, group#member]", This((DirectType("user"), DirectType("group", "member")))),
        ("[user:*]", This((DirectType("user", wildcard=True),))),
        ("a", A),
        ("(((a)))", A),
        ("a or b", Union((A, B))),
        ("a or b or c", Union((A, B, C))),
        ("(a or b) or c", Union((Union((A, B)), C))),
        ("a and b and c", Intersection((A, B, C))),
        ("a but not b", Exclusion(A, B)),
        ("a but not (b and c)", Exclusion(A, Intersection((B, C)))),
        ("(a but not b) but not c", Exclusion(Exclusion(A, B), C)),
        ("[user] or a", Union((This((DirectType("user"),)), A))),
        ("a from parent", TupleToUserset(("parent",), "a")),
        ("member from group from up", TupleToUserset(("up", "group"), "member")),
        ("member from group or a", Union((TupleToUserset(("group",), "member"), A))),
        (
            "member from group where needs within tags",
            TupleToUserset(("group",), "member", (Guard("needs", "tags"),)),
        ),
        (
            "member from group where needs within tags, needs within marks and a",
            Intersection((TupleToUserset(("group",), "member", (Guard("needs", "tags"), Guard("needs", "marks"))), A)),
        ),
    ],
)  # fmt: skip
def test_what_a_definition_says(text: str, expected: Rewrite) -> None:
    """Each construct of a definition becomes its rewrite, and arrows are kept in the order they are followed."""
    assert expected == rewrite(text)


def test_a_condition_and_its_use() -> None:
    """A condition's parameters have types, of which maps and lists hold another; its expression is kept as text."""
    text = f"{HEAD}type user\ntype doc\n  relations\n    define a: [user with c, user:* with c]\n"
    text += "condition c(n: int, m: map<list<string>>) { n < 3 && m['}'].size() == \"{\".size() }\n"
    model = parse_model(text)
    n, m = ParameterType("int"), ParameterType("map", ParameterType("list", ParameterType("string")))
    expression = "n < 3 && m['}'].size() == \"{\".size()"
    assert (Condition("c", (("n", n), ("m", m)), expression),) == model.conditions
    found = model.relation("doc", "a")
    assert found is not None
    assert (DirectType("user", condition="c"), DirectType("user", None, True, "c")) == found.direct_types


def test_types_and_relations_keep_their_order() -> None:
    """A model is in the order it was written in."""
    model = parse_model(SAMPLES["drive"])
    assert ("user", "group", "folder", "doc") == tuple(one.name for one in model.types)
    assert ("parent", "owner", "viewer") == tuple(one.name for one in model.types[2].relations)


def test_a_model_holds_plain_strings() -> None:
    """No name of a model drags the parser's tokens along."""
    model = parse_model(SAMPLES["conditions"])
    names = (
        [one.name for one in model.types] + [one.name for one in model.conditions] + [model.conditions[0].expression]
    )
    assert {str} == set(map(type, names))


def test_a_model_may_be_empty() -> None:
    """A header alone is a model without types."""
    assert Model(()) == parse_model(HEAD)


def test_a_type_may_have_no_relations() -> None:
    """`relations` may be left out, or have nothing below it."""
    expected = (TypeDefinition("user"), TypeDefinition("robot"))
    assert expected == parse_model(f"{HEAD}type user\ntype robot\n  relations\n").types


@pytest.mark.parametrize("name", SAMPLES)
def test_samples_are_models(name: str) -> None:
    """Models in the style people know are accepted."""
    assert parse_model(SAMPLES[name]).types


# --- layout --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("crlf", DRIVE.replace("\n", "\r\n")),
        ("tabs", DRIVE.replace("  ", "\t")),
        ("byte order mark", "\ufeff" + DRIVE),
        ("trailing spaces", DRIVE.replace("\n", " \t \n")),
        ("no newline at the end", DRIVE.rstrip()),
        ("no indentation", re.sub(r"(?m)^ +", "", DRIVE)),
        ("empty lines", DRIVE.replace("\n", "\n\n\n")),
        ("comments", DRIVE.replace("\n", " # define x: (((((\n") + "# the end"),
        ("lines broken", DRIVE.replace(" or ", "\n      or\n # here\n   ").replace(": [", ":\n\t[")),
        ("form feeds", DRIVE.replace("\n", "\f\n")),
    ],
)
def test_layout_says_nothing(what: str, text: str) -> None:
    """Line ends, blanks, comments and a byte order mark do not change a model."""
    assert parse_model(DRIVE) == parse_model(text)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_layout_of_conditions_says_nothing(end: str) -> None:
    """The lines of an expression may be indented at will."""
    text = SAMPLES["conditions"].replace("  ", "     ").replace("\n", end)
    assert parse_model(SAMPLES["conditions"]) == parse_model(text)


def test_a_hash_within_a_word_begins_no_comment() -> None:
    """`group#member` is a userset; ` #member` a comment, which leaves the bracket open."""
    assert This((DirectType("group", "member"),)) == rewrite("[group#member]")
    with pytest.raises(ModelTextError, match="unfinished"):
        rewrite("[group #member]")


# --- faults --------------------------------------------------------------------------------------------


def _report(text: str) -> str:
    with pytest.raises(ModelTextError) as caught:
        parse_model(text)
    shown = text.encode("utf-8", "backslashreplace").decode().replace("\r", "\\r").replace("\0", "\\0")
    lines = "".join(f"{i:>3} {line}".rstrip() + "\n" for i, line in enumerate(shown.split("\n"), 1))
    return f"{lines}{'-' * 80}\n{caught.value.render()}\n"


@pytest.mark.parametrize("name", BROKEN)
def test_everything_wrong_with_a_model_is_said_at_once(name: str) -> None:
    """Each fault stands with its line, column and a caret, and a hint at the name that was meant."""
    assert_golden(f"errors/{name}.txt", _report(BROKEN[name]))


def test_every_golden_error_is_compared_with() -> None:
    """No golden file is left over."""
    assert set(BROKEN) == golden_names("errors", ".txt")


@pytest.mark.parametrize("name", BROKEN)
def test_a_caret_stands_under_its_fault(name: str) -> None:
    """The caret's column in what is shown is the place named: the very text stands above it."""
    with pytest.raises(ModelTextError) as caught:
        parse_model(BROKEN[name])
    for fault in caught.value.faults:
        _, shown, caret = str(fault).split("\n")
        at = fault.source[fault.column - 1 : fault.column + 9]
        assert at == shown.removesuffix("...")[len(caret) - 1 :][: len(at)]


def test_the_message_names_the_first_fault() -> None:
    """The error is a `ModelError` whose one line counts the faults and places the first."""
    with pytest.raises(ModelError) as caught:
        parse_model(BROKEN["twice"])
    expected = "4 faults in the model: line 11, column 12: relation `viewer` is there twice"
    assert (expected, "invalid_model") == (caught.value.message, caught.value.code)


def test_a_caret_in_a_long_line() -> None:
    """Of a long line the surroundings of the place are shown, and the caret stays under it."""
    fault = Fault(1, 301, "here", "a" * 300 + "X" + "b" * 300)
    _, shown, caret = str(fault).split("\n")
    assert "X" == shown[len(caret) - 1]
    assert len(shown) < 140


# --- limits --------------------------------------------------------------------------------------------


def _padded(size: int) -> str:
    return HEAD + "#" + "é" * ((size - len(HEAD) - 1) // 2) + " " * ((size - len(HEAD) - 1) % 2)


def test_the_longest_model() -> None:
    """The limit counts bytes, and the limit itself is still inside."""
    assert MAX_MODEL_BYTES == len(_padded(MAX_MODEL_BYTES).encode())
    assert Model(()) == parse_model(_padded(MAX_MODEL_BYTES))


def test_a_model_too_long() -> None:
    """One byte more is refused before anything is read."""
    with pytest.raises(ModelTextError, match=f"longer than {MAX_MODEL_BYTES} bytes"):
        parse_model(_padded(MAX_MODEL_BYTES + 1))


def test_the_deepest_nesting() -> None:
    """Parentheses at the limit are read."""
    assert A == rewrite("(" * MAX_NESTING + "a" + ")" * MAX_NESTING)


@pytest.mark.parametrize("comment", ["", "# " + ")" * 2_000 + "\n"])
def test_nesting_too_deep(comment: str) -> None:
    """One more is refused, and parentheses in a comment do not make up for it."""
    text = f"{comment}{'(' * (MAX_NESTING + 1)}a{')' * (MAX_NESTING + 1)}"
    with pytest.raises(ModelTextError, match=f"nested deeper than {MAX_NESTING}"):
        rewrite(text)


def test_parentheses_in_comments_do_not_count() -> None:
    """A comment may hold whatever it likes."""
    assert A == rewrite("a # " + "(" * 2_000)


def test_parameter_types_nested_too_deep() -> None:
    """Types of parameters nest no deeper than parentheses."""
    deep = "list<" * (MAX_NESTING + 1) + "int" + ">" * (MAX_NESTING + 1)
    with pytest.raises(ModelTextError, match=f"nested deeper than {MAX_NESTING}"):
        parse_model(f"{HEAD}type user\ncondition c(x: {deep}) {{ true }}\n")


def test_a_long_head_of_a_condition() -> None:
    """A head longer than any sensible one is refused."""
    parameters = ", ".join(f"p{i}: int" for i in range(MAX_DECLARATION_LENGTH // 8))
    with pytest.raises(ModelTextError, match=f"longer than {MAX_DECLARATION_LENGTH} characters"):
        parse_model(f"{HEAD}type user\ncondition c({parameters}) {{ true }}\n")


def test_a_long_definition_is_read() -> None:
    """A union may be as long as a declaration, and no longer."""
    found = rewrite(" or ".join(["a"] * 3_000))
    assert isinstance(found, Union)
    assert 3_000 == len(found.operands)
    with pytest.raises(ModelTextError, match=f"longer than {MAX_DECLARATION_LENGTH} characters"):
        rewrite(" or ".join(["a"] * 4_000))


# --- anything else -------------------------------------------------------------------------------------

_PARTS = re.compile(r"\w+|\s+|.", re.DOTALL)
_BITS = [
    *"()[]{}<>:*#,.-/'\"\\ \t\r\n\f\0\ufeff\ud800é",
    " or ",
    " and ",
    " but not ",
    " from ",
    "\ntype ",
    "\ndefine ",
]
_BITS += [" where a within b", "[user]", "condition c(x: int) {", "}", "\nmodel\n", " with ", "self", "\n  relations\n"]


def _mutated(text: str, rng: random.Random) -> str:
    parts: list[str] = _PARTS.findall(text) if rng.random() < 0.5 else list(text)
    for _ in range(rng.randint(1, 4)):
        i = rng.randrange(len(parts))
        match rng.randrange(4):
            case 0:
                del parts[i : i + rng.randint(1, 3)]
            case 1:
                parts.insert(i, rng.choice(_BITS))
            case 2:
                parts.insert(i, rng.choice(parts))
            case _:
                parts[i:i] = parts[i : i + rng.randint(1, 30)]
    return "".join(parts)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_damaged_text_is_a_model_or_refused(name: str) -> None:
    """Whatever is deleted, inserted or doubled: a model comes out, or faults that stand in the text."""
    rng = random.Random(name)
    refused = 0
    for _ in range(350):
        text = _mutated(SAMPLES[name], rng)
        try:
            parse_model(text)
        except ModelTextError as error:
            refused += 1
            assert error.render().replace("\n", "").isprintable()
            assert all(1 <= one.line <= text.count("\n") + 1 and one.column >= 1 for one in error.faults)
    assert 0 < refused < 350


@pytest.mark.parametrize(
    "text", ["\0", "\ud800", "model", "model\n", "condition", "{" * 9_000, "(" * 9_000, "define " * 999]
)
def test_texts_that_are_no_models(text: str) -> None:
    """Texts far from any model are refused as well."""
    with pytest.raises(ModelTextError):
        parse_model(text)
