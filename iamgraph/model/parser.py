"""Text → model. Each declaration is parsed by itself, so that all faults are found at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

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
    Relation,
    This,
    TupleToUserset,
    TypeDefinition,
    Union,
)
from iamgraph.model.resolver import resolve
from iamgraph.tuples import shown

MAX_MODEL_BYTES: Final = 256 * 1024
MAX_DECLARATION_LENGTH: Final = 16 * 1024
MAX_NESTING: Final = 50

_DECLARATION: Final = re.compile(r"[ \t]*(model|type|define|condition|module|extend)\b")
_BLANK: Final = re.compile(r"\s*(#.*)?")
_COMMENT: Final = re.compile(r"(?m)(?:(?<=\s)|^)#[^\n]*")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_BODY: Final = re.compile(r"\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[{}]")


def parse_model(text: str) -> Model:
    """The model a text says. Raises `ModelTextError` with all that is wrong with it."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_MODEL_BYTES:
        raise ModelTextError([Fault(1, 1, f"the model is longer than {MAX_MODEL_BYTES} bytes")])
    lines = text.removeprefix("\ufeff").split("\n")  # some editors begin a file with a byte order mark
    reading = _Reading([], [])
    declared = [one for chunk in _chunks(lines, reading.faults) if (one := reading.parse(chunk)) is not None]
    model = _assembled(declared, reading.faults)
    faults = [*_surrogates(lines), *reading.faults] or resolve(model)
    if faults:
        raise ModelTextError(_with_sources(faults, lines))
    plain: Model = _plain(model)
    return plain


def _with_sources(faults: list[Fault], lines: list[str]) -> Iterator[Fault]:
    for one in faults:
        line = min(one.line, len(lines))
        # One character for each, so that every column stays what it was.
        source = "".join(c if c.isprintable() else " " if c == "\t" else "\ufffd" for c in lines[line - 1].rstrip("\r"))
        yield Fault(line, one.column, one.message, source)


def _surrogates(lines: list[str]) -> Iterator[Fault]:
    """Half characters, wherever they stand: a text that holds one can be neither hashed nor stored."""
    for i, line in enumerate(lines):
        if (found := _SURROGATE.search(line)) is not None:
            yield Fault(i + 1, found.start() + 1, "a half character (surrogate) is no text")


# --- declarations --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Chunk:
    """The text of one declaration, and the number of lines before it."""

    keyword: str
    text: str
    offset: int
    body: str = ""


def _chunks(lines: list[str], faults: list[Fault]) -> Iterator[_Chunk]:
    """The text's declarations: from a keyword at the start of a line to the next."""
    i = 0
    while i < len(lines):
        start = _DECLARATION.match(lines[i])
        if start is None:
            if not _BLANK.fullmatch(lines[i]):
                column = len(lines[i]) - len(lines[i].lstrip()) + 1
                faults.append(Fault(i + 1, column, "expected `model`, `type`, `define` or `condition`"))
            i += 1
            continue
        end = i + 1
        if start[1] == "condition":
            text, body, end = _condition_text(lines, i, faults)
            yield _Chunk("condition", text, i, body)
        else:
            while end < len(lines) and not _DECLARATION.match(lines[end]):
                end += 1
            yield _Chunk(start[1], "\n".join(lines[i:end]), i)
        i = end


def _condition_text(lines: list[str], start: int, faults: list[Fault]) -> tuple[str, str, int]:
    """A condition's head, the text between its braces, and the line after it."""
    rest = "\n".join(lines[start:])
    opened = rest.find("{")
    depth = 0
    for one in _BODY.finditer(rest, max(opened, 0)) if opened >= 0 else ():
        depth += {"{": 1, "}": -1}.get(one[0], 0)
        if depth == 0:
            end = start + rest.count("\n", 0, one.end()) + 1
            after = rest[one.end() :].split("\n", 1)[0]
            if not _BLANK.fullmatch(after):
                faults.append(Fault(end, len(lines[end - 1]) - len(after) + 1, "expected a new line after `}`"))
            return rest[:opened], _unindented(rest[opened + 1 : one.start()]), end
    faults.append(Fault(start + 1, 1, "a condition needs its expression between `{` and `}`"))
    return "", "", len(lines)


def _unindented(body: str) -> str:
    """An expression without its layout, which the printer gives anew."""
    return "\n".join(line.strip() for line in body.strip().split("\n"))


@cache
def _grammar() -> Lark:
    text = resources.files("iamgraph.model").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", start=["header", "type", "define", "condition"])


@dataclass(slots=True)
class _Reading:
    """What has been read, and the faults found on the way."""

    faults: list[Fault]
    seen: list[str]

    def parse(self, chunk: _Chunk) -> Any:
        """The declaration, or None with a fault noted."""
        if chunk.keyword in {"module", "extend"}:
            return self._fault(chunk, 1, 1, "modular models are not taken: put all types into one text")
        # Blanks for comments, so that every column stays what it was.
        text = _COMMENT.sub(lambda one: " " * len(one[0]), chunk.text)
        if len(text.rstrip()) > MAX_DECLARATION_LENGTH:
            return self._fault(chunk, 1, 1, f"a declaration is longer than {MAX_DECLARATION_LENGTH} characters")
        if _nesting(text) > MAX_NESTING:
            return self._fault(chunk, 1, 1, f"parentheses are nested deeper than {MAX_NESTING}")
        if not chunk.text:
            return None
        start = {"model": "header"}.get(chunk.keyword, chunk.keyword)
        try:
            tree = _grammar().parse(text, start=start)
        except UnexpectedInput as fault:
            return self._unexpected(chunk, fault)
        made = _Maker(chunk.offset).transform(tree)
        return (made[0], made[1], chunk.body) if chunk.keyword == "condition" else made

    def _unexpected(self, chunk: _Chunk, fault: UnexpectedInput) -> None:
        lines = chunk.text.rstrip().split("\n")
        ended = isinstance(fault, UnexpectedEOF) or (isinstance(fault, UnexpectedToken) and fault.token.type == "$END")
        if ended:
            # Past what was written last, leaving out comments and empty lines.
            while len(lines) > 1 and _BLANK.fullmatch(lines[-1]):
                lines.pop()
            self._fault(chunk, len(lines), len(lines[-1].rstrip()) + 1, f"unfinished: {_expected(fault)}")
        elif isinstance(fault, UnexpectedCharacters):
            self._fault(chunk, fault.line, fault.column, f"unexpected `{shown(fault.char)}`: {_expected(fault)}")
        else:
            found = str(getattr(fault, "token", ""))
            mixed = found in {"or", "and", "but"}
            hint = "`or`, `and` and `but not` mix only with parentheses" if mixed else _expected(fault)
            self._fault(chunk, fault.line, fault.column, f"unexpected `{shown(found)}`: {hint}")

    def _fault(self, chunk: _Chunk, line: int, column: int, message: str) -> None:
        self.faults.append(Fault(chunk.offset + line, column, message))


_SHOWN_TERMINALS: Final = {
    "NAME": "a name",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "COLON": "`:`",
    "COMMA": "`,`",
    "HASH": "`#`",
    "STAR": "`*`",
    "LESSTHAN": "`<`",
    "MORETHAN": "`>`",
    "VERSION": "a version like `1.1`",
    "$END": "a new line",
}


def _expected(fault: UnexpectedInput) -> str:
    wanted = (
        getattr(fault, "accepts", None) or getattr(fault, "expected", None) or getattr(fault, "allowed", None) or ()
    )
    names = sorted({_SHOWN_TERMINALS.get(one, f"`{one.strip('_').lower()}`") for one in wanted})
    return f"expected {', '.join(names)}" if names else "expected something else"


def _nesting(text: str) -> int:
    deepest = depth = 0
    for one in text:
        depth += {"(": 1, ")": -1, "<": 1, ">": -1}.get(one, 0)
        deepest = max(deepest, depth)
    return deepest


# --- the tree as values, names being tokens that know their place --------------------------------------


class _Maker(Transformer[Token, Any]):
    """Makes the model's values out of a declaration's tree."""

    def __init__(self, offset: int) -> None:
        super().__init__(visit_tokens=True)
        self._offset = offset

    def NAME(self, token: Token) -> Token:  # noqa: N802 - lark calls it by the terminal's name
        return Token("NAME", token.value, line=(token.line or 1) + self._offset, column=token.column)

    def VERSION(self, token: Token) -> Token:  # noqa: N802 - as above
        return Token("VERSION", token.value, line=(token.line or 1) + self._offset, column=token.column)

    def header(self, parts: list[Token]) -> Token:
        return parts[0]

    def type(self, parts: list[Token]) -> Token:
        return parts[0]

    def define(self, parts: list[Any]) -> Relation:
        return Relation(parts[0], parts[1])

    def union(self, parts: list[Any]) -> Union:
        return Union(tuple(parts))

    def intersection(self, parts: list[Any]) -> Intersection:
        return Intersection(tuple(parts))

    def exclusion(self, parts: list[Any]) -> Exclusion:
        return Exclusion(*parts)

    def direct(self, parts: list[Any]) -> This:
        return This(tuple(parts))

    def direct_type(self, parts: list[Any]) -> DirectType:
        relation = wildcard = condition = None
        for part in parts[1:]:
            match part:
                case _Wildcard():
                    wildcard = part
                case _With(name):
                    condition = name
                case _:
                    relation = part
        return DirectType(parts[0], relation, wildcard is not None, condition)

    def wildcard(self, _: list[Any]) -> _Wildcard:
        return _Wildcard()

    def with_(self, parts: list[Token]) -> _With:
        return _With(parts[0])

    def computed(self, parts: list[Token]) -> ComputedUserset:
        return ComputedUserset(parts[0])

    def arrow(self, parts: list[Any]) -> TupleToUserset:
        guards = parts.pop() if isinstance(parts[-1], tuple) else ()
        return TupleToUserset(tuple(reversed(parts[1:])), parts[0], guards)

    def guards(self, parts: list[Guard]) -> tuple[Guard, ...]:
        return tuple(parts)

    def guard(self, parts: list[Token]) -> Guard:
        return Guard(*parts)

    def parameter(self, parts: list[Any]) -> tuple[Token, ParameterType]:
        return parts[0], parts[1]

    def parameter_type(self, parts: list[Any]) -> ParameterType:
        return ParameterType(*parts)

    def condition(self, parts: list[Any]) -> tuple[Token, tuple[tuple[Token, ParameterType], ...]]:
        return parts[0], tuple(part for part in parts[1:] if part is not None)


# `with` is a word of Python, so the rule's method is set by name.
setattr(_Maker, "with", _Maker.with_)


@dataclass(frozen=True, slots=True)
class _Wildcard:
    pass


@dataclass(frozen=True, slots=True)
class _With:
    condition: Token


def _assembled(declared: list[Any], faults: list[Fault]) -> Model:
    """The declarations put together; the header must come first, and relations after their type."""
    types: list[TypeDefinition] = []
    conditions: list[Condition] = []
    headed = False
    for one in declared:
        match one:
            case Token(type="VERSION"):
                headed = True
                if one != "1.1":
                    faults.append(_at(one, f"schema `{one}` is not taken: only `1.1`"))
            case Token():
                types.append(TypeDefinition(one))
            case Relation(name):
                if types:
                    types[-1] = TypeDefinition(types[-1].name, (*types[-1].relations, one))
                else:
                    faults.append(_at(name, "a relation needs a `type` above it"))
            case (name, parameters, body):
                conditions.append(Condition(name, parameters, body))
    if not headed and not faults:
        faults.append(Fault(1, 1, "a model begins with `model` and `schema 1.1`"))
    return Model(tuple(types), tuple(conditions))


def _at(name: str, message: str) -> Fault:
    return Fault(getattr(name, "line", 1) or 1, getattr(name, "column", 1) or 1, message)


def _plain(value: Any) -> Any:
    """The same values with plain strings for tokens."""
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, tuple):
        return tuple(map(_plain, value))
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is None:
        return value
    return type(value)(**{name: _plain(getattr(value, name)) for name in fields})
