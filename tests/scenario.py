"""Scenarios: what the rules answer, one file of `scenarios/` each, as frozen values that any checker can be held to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from iamgraph.questions import CheckQuestion, Outcome, Unknown
from iamgraph.tuples import ConditionUse, RelationTuple, parse_tuple

FOLDER: Final = Path(__file__).parent / "scenarios"
MODELS: Final = FOLDER / "models"


def _checked(text: str) -> str:
    # One spelling for each tuple, so that two checks are the same if and only if their texts are.
    if str(parse_tuple(text)) != text:
        raise ValueError(f"`{text}` is not in its one string form")
    return text


Check = Annotated[str, AfterValidator(_checked)]


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _written(value: Any) -> Any:
    return {"tuple": value} if isinstance(value, str) else value


class WrittenTuple(_Frozen):
    """A tuple to write; `expires_in` counts seconds from the time the scenario is run at."""

    tuple: Check
    expires_in: float | None = None
    condition: str | None = None
    context: Mapping[str, JsonValue] = Field(default_factory=dict)

    def at(self, now: datetime) -> RelationTuple:
        """The tuple, written at this time."""
        plain = parse_tuple(self.tuple)
        expires_at = now + timedelta(seconds=self.expires_in) if self.expires_in is not None else None
        context = json.dumps(self.context, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        condition = ConditionUse(self.condition, context) if self.condition is not None else None
        return RelationTuple(plain.object, plain.relation, plain.subject, expires_at, condition)


Written = Annotated[WrittenTuple, BeforeValidator(_written)]


class Leftovers(_Frozen):
    """Tuples written under a model that the scenario's own then replaces."""

    before_model: str
    leftover_tuples: Annotated[tuple[Written, ...], Field(min_length=1)]


class UnknownCheck(_Frozen):
    """A check that cannot be decided, and why."""

    check: Check
    reason: Unknown


class Contextual(_Frozen):
    """Checks asked with tuples that hold for them only."""

    tuples: Annotated[tuple[Written, ...], Field(min_length=1)]
    allowed: tuple[Check, ...] = ()
    denied: tuple[Check, ...] = ()

    def expected(self) -> Iterator[tuple[str, Outcome]]:
        """Each check with its answer."""
        yield from _expected(self.allowed, self.denied)


class Proof(_Frozen):
    """A check with the only path that proves it, from the subject to the object."""

    check: Check
    tuples: tuple[Check, ...]


class Scenario(_Frozen):
    """A model, the tuples of a store, and what checks on them answer. `slug` is the name of its file.

    `compiles` says whether every check outside `contextual` compiles to one statement, where that matters.
    """

    slug: str
    name: str
    model: str
    tuples: tuple[Written, ...] = ()
    leftovers: Leftovers | None = None
    allowed: tuple[Check, ...] = ()
    denied: Annotated[tuple[Check, ...], Field(min_length=1)]
    unknown: tuple[UnknownCheck, ...] = ()
    contextual: tuple[Contextual, ...] = ()
    compiles: bool | None = None
    path: tuple[Proof, ...] = ()

    def expected(self) -> Iterator[tuple[str, Outcome]]:
        """Each check that needs no contextual tuples, with its answer."""
        yield from _expected(self.allowed, self.denied)
        yield from ((one.check, Outcome.UNKNOWN) for one in self.unknown)

    @model_validator(mode="after")
    def _consistent(self) -> Scenario:
        checks = [check for check, _ in self.expected()]
        if len(set(checks)) < len(checks):
            raise ValueError("a check is there twice")
        if not {one.check for one in self.path} <= set(self.allowed):
            raise ValueError("only an allowed check has a path")
        return self


def _expected(allowed: tuple[str, ...], denied: tuple[str, ...]) -> Iterator[tuple[str, Outcome]]:
    yield from ((check, Outcome.ALLOWED) for check in allowed)
    yield from ((check, Outcome.DENIED) for check in denied)


def question_of(
    check: str, store: str, contextual: tuple[RelationTuple, ...] = (), *, explain: bool = False
) -> CheckQuestion:
    """The question a scenario's check asks of a store."""
    asked = parse_tuple(check)
    return CheckQuestion(
        store, asked.subject, asked.relation, asked.object, explain=explain, contextual_tuples=contextual
    )


def files() -> tuple[Path, ...]:
    """The scenarios' files, by name."""
    return tuple(sorted(FOLDER.glob("*.yaml")))


def load(file: Path) -> Scenario:
    """The scenario of one file."""
    said = yaml.safe_load(file.read_text(encoding="utf-8"))
    if "model_file" in said:
        if "model" in said:
            raise ValueError(f"{file.name} has both `model` and `model_file`")
        said["model"] = (MODELS / said.pop("model_file")).read_text(encoding="utf-8")
    return Scenario(slug=file.stem, **said)


def load_all() -> tuple[Scenario, ...]:
    """Every scenario, by the name of its file."""
    return tuple(map(load, files()))
