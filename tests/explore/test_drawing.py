"""Answers as pictures and tables: each node once, from left to right, and nothing in them is taken for markup."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from iamgraph.drawing import MAX_DRAWN, html_of
from iamgraph.errors import LimitError, RequestError
from iamgraph.exploring import Node, Path, Relationship, Rows, json_of, of_json, text_of
from tests.explore.conftest import Organisation

SVG = "{http://www.w3.org/2000/svg}"
EVIL = '<script>alert("1")</script>&\x07'


def _path(*ids: str) -> Path:
    nodes = tuple(Node(one, ("Thing", "Object"), {"type": "thing", "id": one}) for one in ids)
    steps = pairwise(ids)
    return Path(nodes, tuple(Relationship(f"{a}{b}", "HOLDS", a, b, {}) for a, b in steps))


def test_a_picture_of_the_demo(demo: Organisation) -> None:
    """Each node of all paths is drawn once, those nearer to the source further to the right."""
    root = ET.fromstring(demo.ask("paths_to_source", source="orders").svg())
    x = {group[0].text: float(group[1].attrib["x"]) for group in root.iter(f"{SVG}g")}
    assert {"member:ada", "member:bob", "member:cyd", "member:eve", "group:eng", "group:support"} < set(x)
    assert 10 == len(x)
    assert x["member:bob"] < x["group:eng"] < x["policy:eu-admins"] < x["workspace:acme"] < x["source:orders"]
    assert {"added", "group", "source_admin_by_label"} <= {one.text for one in root.iter(f"{SVG}text")}


def test_nothing_is_taken_for_markup() -> None:
    """Ids, types, columns and texts are text in SVG and HTML, and what no XML can hold is escaped."""
    path = _path(EVIL, "b")
    rows = Rows((EVIL,), ((EVIL,), (path,)))
    assert [EVIL.replace("\x07", "\\x07")] == [
        one.text for one in ET.fromstring(rows.svg()).iter(f"{SVG}text") if "script" in (one.text or "")
    ]
    assert "<script" not in rows.svg() + html_of(rows)
    assert "&lt;script&gt;" in html_of(rows)


def test_a_notebook_shows_rows_and_paths() -> None:
    """A table with the picture above it; a path alone is its picture; without paths there is none."""
    path = _path("a", "b")
    rows = Rows(("p",), ((path,),), truncated=True)
    assert path._repr_svg_() == rows._repr_svg_() == rows.svg()
    html = rows._repr_html_()
    assert html.startswith("<svg")
    assert "thing:a -HOLDS-&gt; thing:b" in html
    assert "there are more" in html
    assert Rows(("x",), ((1,),))._repr_svg_() is None


def test_what_cannot_be_drawn() -> None:
    """No path at all, and more nodes than can be seen, are errors."""
    with pytest.raises(RequestError, match="no path to draw"):
        Rows(("x",), ((1,),)).svg()
    with pytest.raises(LimitError, match="more than"):
        Rows(("p",), ((_path(*map(str, range(MAX_DRAWN + 1))),),)).svg()


def test_paths_are_found_within_values() -> None:
    """A path in a list in a map is drawn as well, and a circle can be."""
    path = _path("a", "b", "a")
    assert (path,) == Rows(("x",), (({"in": [path]},),)).paths
    assert "<svg" in Rows(("x",), (([path],),)).svg()


def test_json_and_back() -> None:
    """What a service tells is what was found, but for times and odd numbers, which are texts."""
    path = _path("a", "b")
    values = [1, "a", None, True, 1.5, [path], {"n": path.nodes[0]}, path.relationships[0], float("nan")]
    assert [*values[:-1], "nan"] == of_json(json_of(values))
    assert "2030-01-31T00:00:00Z" == json_of(datetime(2030, 1, 31, tzinfo=UTC))


def test_text() -> None:
    """A value is one line for people."""
    assert ["", "true", "a, b", "x: 1", "thing:a"] == [
        text_of(one) for one in (None, True, ["a", "b"], {"x": 1}, _path("a").nodes[0])
    ]


def test_every_value_of_neo4j(demo: Organisation) -> None:
    """Times, durations, points and numbers come as plain values."""
    text = (
        "RETURN datetime('2030-01-31T12:00:00Z') AS a, date('2030-01-31') AS b, duration('P1D') AS c,"
        " point({x: 1, y: 2}) AS d, {m: [1, null]} AS e, 1.0 / 0.0 AS f"
    )
    (row,) = demo.authorizer.query(text)
    assert datetime(2030, 1, 31, 12, tzinfo=UTC) == row["a"]
    assert ["2030-01-31", "P1D", "CartesianPoint(1.0, 2.0)", "m: 1, ", "inf"] == [text_of(row[one]) for one in "bcdef"]
