"""How often edges cross in ten fixed pictures, laid out by the page's own code: never more often than was recorded."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Page

from tests.service.process import ROOT

HERE: Final = Path(__file__).parent
GOLDEN: Final = HERE / "crossings.json"
# The page's code as a module, built with the page.
CODE: Final = ROOT / "build" / "page" / "picture.js"
LAID_OUT: Final = """async (pictures) => {
  const { Picture, layOut } = await import("/page/picture.js");
  const found = [];
  for (const { ends, incoming, tuples } of pictures) {
    const picture = Object.assign(new Picture(ends), { incoming });
    picture.add(tuples.map((one) => /^(?<object>.*?)#(?<relation>.*?)@(?<subject>.*)$/.exec(one).groups));
    const drawn = picture.drawn();
    const last = incoming ? ends[0] : ends[1];
    const { lines } = await layOut(drawn, incoming ? { last } : { first: ends[0], last });
    found.push({ nodes: drawn.nodes.size, paths: [...lines.values()].map((one) => one.path) });
  }
  return found;
}"""
Point = tuple[float, float]


def test_edges_cross_no_more_than_they_did(open_view: Callable[..., Page]) -> None:
    """A layout that crosses more edges fails here, with both numbers; `IAMGRAPH_GOLDEN=write` records a better one."""
    pictures = json.loads((HERE / "pictures.json").read_text())
    page = open_view()
    page.route("**/page/picture.js", lambda route: route.fulfill(path=CODE, content_type="text/javascript"))
    laid: list[dict[str, Any]] = page.evaluate(LAID_OUT, pictures)
    assert [] == [one["nodes"] for one in laid if not 20 <= one["nodes"] <= 80]
    crossed = {one["name"]: crossings(found["paths"]) for one, found in zip(pictures, laid, strict=True)}
    if os.environ.get("IAMGRAPH_GOLDEN") == "write":
        GOLDEN.write_text(json.dumps(crossed, indent=1) + "\n")
    recorded = json.loads(GOLDEN.read_text())
    assert recorded.keys() == crossed.keys()
    assert {} == {name: (recorded[name], now) for name, now in crossed.items() if now > recorded[name]}


def test_crossings_are_counted() -> None:
    """Two that cross count once, two that meet or run beside each other do not."""
    assert 1 == crossings(["M0,5L10,5", "M5,0L5,10"])
    assert 0 == crossings(["M0,5L5,5", "M5,0L5,10", "M0,7L4,7"])


def crossings(paths: list[str]) -> int:
    """How often lines of level and upright pieces cross."""
    return sum(
        _cross(one, other) or _cross(other, one)
        for left, right in combinations([_pieces(path) for path in paths], 2)
        for one in left
        for other in right
    )


def _pieces(path: str) -> list[tuple[Point, Point]]:
    numbers = [float(one) for one in re.findall(r"-?\d+(?:\.\d+)?(?:e-?\d+)?", path)]
    points = list(zip(numbers[::2], numbers[1::2], strict=True))
    # The round corners lie on straight lines: those that go on the same way are one.
    bends = [b for a, b, c in zip(points, points[1:], points[2:], strict=False) if not _goes_on(a, b, c)]
    return list(pairwise([points[0], *bends, points[-1]]))


def _goes_on(a: Point, b: Point, c: Point) -> bool:
    near = 0.01
    return all(abs(one[0] - b[0]) < near for one in (a, c)) or all(abs(one[1] - b[1]) < near for one in (a, c))


def _cross(level: tuple[Point, Point], upright: tuple[Point, Point]) -> bool:
    (x1, y1), (x2, y2) = level
    (u1, v1), (u2, v2) = upright
    if abs(y1 - y2) > 0.01 or abs(u1 - u2) > 0.01:
        return False
    return min(x1, x2) + 0.01 < u1 < max(x1, x2) - 0.01 and min(v1, v2) + 0.01 < y1 < max(v1, v2) - 0.01
