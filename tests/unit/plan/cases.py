"""The relations whose plans and statements are golden files, and those that have no statement."""

from __future__ import annotations

from typing import Final

from iamgraph.model.model import Model
from iamgraph.model.parser import parse_model
from iamgraph.plan.plan import Step
from iamgraph.plan.planner import plan_relation
from iamgraph.tuples import Kind
from tests.unit.model.samples import SAMPLES

MODELS: Final[dict[str, Model]] = {name: parse_model(text) for name, text in SAMPLES.items()}

# Sample, relation, kind of subject.
Case = tuple[str, str, str]

COMPILED: Final[tuple[Case, ...]] = (
    ("drive", "group#member", "user"),
    ("drive", "doc#can_read", "user"),
    ("drive", "doc#can_read", "user:*"),
    ("drive", "doc#can_read", "group#member"),
    ("drive", "doc#can_share", "group#member"),
    ("github", "repo#reader", "user"),
    ("github", "repo#reader", "repo#admin"),
    ("slack", "channel#can_archive", "user"),
    ("entitlements", "feature#can_access", "user"),
    ("workspace", "workspace#can_open", "member"),
    ("workspace", "source#by_label", "member"),
    ("workspace", "source#can_edit", "member"),
    ("workspace", "source#can_read", "group#member"),
    ("workspace", "destination#can_route", "member"),
    ("refusals", "page#can_read", "user"),
    ("refusals", "page#can_read", "user:*"),
    ("refusals", "page#can_edit", "user"),
    ("refusals", "page#can_vote", "team#member"),
    ("conditions", "doc#can_run", "robot"),
    ("recursions", "folder#far", "user"),
    ("recursions", "folder#grand", "user"),
    ("recursions", "folder#viewer", "user"),
    ("recursions", "folder#viewer", "folder#viewer"),
    ("odd_names", "from#not", "type"),
    ("odd_names", "from#where", "type"),
    ("odd_names", "from#X", "3d"),
)

REFUSED: Final[tuple[Case, ...]] = (
    ("conditions", "doc#can_read", "user"),
    ("conditions", "doc#can_read", "user:*"),
    ("conditions", "group#member", "user"),
    ("recursions", "group#member", "user"),
    ("recursions", "group#tight", "user"),
    ("recursions", "folder#editor", "user"),
    ("recursions", "folder#a", "user"),
    ("recursions", "folder#both", "user"),
    ("recursions", "folder#up", "user"),
)


def kind(text: str) -> Kind:
    """The kind written as a model writes it."""
    type_, via = (*text.replace(":*", "#*").split("#"), None)[:2]
    assert type_ is not None
    return Kind(type_, via)


def plan(case: Case) -> Step:
    """The plan of a case."""
    type_, relation = case[1].split("#")
    return plan_relation(MODELS[case[0]], type_, relation, kind(case[2]))


def name(case: Case) -> str:
    """A file name for a case."""
    return "-".join(case).replace("#", ".").replace(":*", ".everyone").replace("/", "_")
