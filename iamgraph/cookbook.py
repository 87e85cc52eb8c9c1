"""The questions that ship with iamgraph: each a file of `cypher/explore/` whose header says what it asks."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Final

from iamgraph.errors import RequestError
from iamgraph.queries import statement
from iamgraph.tuples import shown

_PARAMETER: Final = re.compile(r"^// :param (\w+) => (.+)$", re.MULTILINE)
_TITLE: Final = re.compile(r"^// \w+: (.+)$", re.MULTILINE)
_COLUMNS: Final = re.compile(r"^// returns: (.+?) {2,}index: (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A question as its file says it: in plain words, its parameters with an example of each, its columns."""

    name: str
    question: str
    examples: Mapping[str, Any]
    columns: tuple[str, ...]
    statement: str

    def given(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Parameters out of texts, each of the kind of its example; the store is not among them.

        Raises `RequestError` where one lacks, is not asked for, or is no number where a number is meant.
        """
        wanted = {name: example for name, example in self.examples.items() if name != "store"}
        unknown = [name for name in texts if name not in wanted]
        if unknown:
            raise RequestError(f"`{self.name}` takes no `{shown(unknown[0])}`", code="unknown_parameter")
        return {name: _value(self.name, name, example, texts.get(name)) for name, example in wanted.items()}


def _value(recipe: str, name: str, example: Any, text: str | None) -> Any:
    if text is None:
        raise RequestError(
            f"`{recipe}` needs `{name}`: for example `--param {name}={example}`", code="parameter_missing"
        )
    if not isinstance(example, int):
        return text
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise RequestError(f"`{name}` is a number, such as {example}", code="malformed_parameter")
    return int(text)


@cache
def names() -> tuple[str, ...]:
    """The names of all, in order."""
    folder = resources.files("iamgraph").joinpath("cypher", "explore")
    return tuple(sorted(one.name.removesuffix(".cypher") for one in folder.iterdir() if one.name.endswith(".cypher")))


@cache
def recipe(name: str) -> Recipe:
    """One by its name; `RequestError` (`question_not_found`) if there is none."""
    if name not in names():
        raise RequestError(f"no question `{shown(name)}`: `iamgraph cypher` lists them", code="question_not_found")
    text = statement(f"explore/{name}")
    title, returns = _TITLE.search(text), _COLUMNS.search(text)
    assert title is not None
    assert returns is not None
    examples = {found[1]: ast.literal_eval(found[2]) for found in _PARAMETER.finditer(text)}
    return Recipe(name, title[1], examples, tuple(returns[1].split(", ")), text)
