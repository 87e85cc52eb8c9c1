"""The dashboard and the alerts: they name metrics, labels and codes that are there, and are of their programs' form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from iamgraph.questions import Outcome, Unknown
from iamgraph.service.metrics import Metrics

DOCS: Final = Path(__file__).parents[2] / "docs"
_NAME: Final = re.compile(r"\biamgraph_\w+")
_SELECTED: Final = re.compile(r"(iamgraph_\w+)\{([^}]*)\}")
_GROUPED: Final = re.compile(r"\bby \(([^)]*)\)")
# Prometheus adds these to each series.
ADDED: Final = {"job", "instance", "le"}


def labels() -> dict[str, set[str]]:
    """Every series' name a scrape finds, and its labels."""
    metrics = Metrics()
    metrics.answered("GET", "/", 404, "route_not_found", 0.1)
    metrics.ran("compiled", 0.1)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        for one in family.samples:
            found.setdefault(one.name, set()).update(one.labels)
    return found


def _queries(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from [one] if name in ("expr", "query") and isinstance(one, str) else _queries(one)
    elif isinstance(value, list):
        for one in value:
            yield from _queries(one)


ALERTS: Final = yaml.safe_load((DOCS / "alerts.yml").read_text())
BOARD: Final = json.loads((DOCS / "grafana-dashboard.json").read_text())
QUERIES: Final = tuple(one for one in (*_queries(ALERTS), *_queries(BOARD)) if one != "prometheus")


@pytest.mark.parametrize("query", QUERIES)
def test_every_query_names_what_is_there(query: str) -> None:
    """Each metric exists and has the labels it is asked by."""
    there = labels()
    names = set(_NAME.findall(query))
    assert names or "up{" in query
    assert set() == names - set(there)
    used = {one.split("=")[0].strip(" !~") for _, inside in _SELECTED.findall(query) for one in inside.split(",")}
    used |= {one.strip() for inside in _GROUPED.findall(query) for one in inside.split(",")}
    assert used <= ADDED.union(*(there[name] for name in names))


def test_every_code_asked_for_is_documented() -> None:
    """An alert on a code that nothing gives would never ring."""
    errors = (DOCS / "errors.md").read_text()
    asked = [one for query in QUERIES for found in re.findall(r'code=~?"([^"]+)"', query) for one in found.split("|")]
    assert asked
    assert [] == [one for one in asked if f"`{one}`" not in errors]


def test_every_metric_is_on_the_dashboard() -> None:
    """What is counted can be seen."""
    families = {re.sub(r"_(bucket|count|sum)$", "", one) for one in labels() if not one.endswith("_created")}
    drawn = {re.sub(r"_(bucket|count|sum)$", "", one) for query in _queries(BOARD) for one in _NAME.findall(query)}
    assert families == drawn


def test_the_dashboard_is_one() -> None:
    """Panels have ids of their own, lie within the grid and do not overlap."""
    panels = BOARD["panels"]
    assert len(panels) == len({one["id"] for one in panels})
    cells = [
        (x, y)
        for one in panels
        for x in range(one["gridPos"]["x"], one["gridPos"]["x"] + one["gridPos"]["w"])
        for y in range(one["gridPos"]["y"], one["gridPos"]["y"] + one["gridPos"]["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_the_alerts_are_alerts() -> None:
    """Each has a name of its own, how grave it is, and what to do."""
    rules = [one for group in ALERTS["groups"] for one in group["rules"]]
    assert len(rules) == len({one["alert"] for one in rules})
    for one in rules:
        assert one["labels"]["severity"] in {"page", "ticket"}
        assert {"summary", "description"} == set(one["annotations"])


def test_what_begins_at_zero() -> None:
    """Outcomes and reasons are there before any check, so that a first one is a rise."""
    text = Metrics().text().decode()
    assert [] == [one.value for one in Outcome if f'outcome="{one.value}"' not in text]
    assert [] == [one.value for one in Unknown if f'reason="{one.value}"' not in text]
