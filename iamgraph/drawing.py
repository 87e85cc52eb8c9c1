"""What a person's own Cypher found, drawn: paths as SVG, layered from left to right, and rows as an HTML table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

from iamgraph.errors import LimitError, RequestError
from iamgraph.exploring import Node, Path, Relationship, Rows, text_of
from iamgraph.tuples import shown

if TYPE_CHECKING:
    from graphlay import Layout

MAX_DRAWN: Final = 200
_HEIGHT: Final = 44.0
_LETTER: Final = 7.5
_MARGIN: Final = 16.0
# Room between two layers for what a relationship is called.
_OPTIONS: Final[dict[str, Any]] = {
    "direction": "leftright",
    "routing": {"style": "diagonal"},
    "spacing": {"layer_gap": 150.0, "node_gap": 26.0},
}
# Presentation attributes, not styles: these are shown under a policy that allows no style.
_HEAD: Final = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z" fill="#5c6b7a"/></marker></defs>'
)
_COLOURS: Final = ("#dbeafe", "#dcfce7", "#fef3c7", "#fce7f3", "#ede9fe", "#e2e8f0", "#ffedd5", "#ccfbf1")
# The kinds of the access model keep their colours from picture to picture; others get one by their name.
_KINDS: Final = ("member", "group", "policy", "token", "label", "workspace", "source", "space")


def svg_of(paths: Sequence[Path]) -> str:
    """The paths as one picture: each node and relationship once.

    Raises `RequestError` (`nothing_to_draw`) without a path, and `LimitError` (`too_much_to_draw`) past `MAX_DRAWN`
    nodes.
    """
    nodes = {one.element: one for path in paths for one in path.nodes}
    edges: dict[tuple[str, str], list[str]] = {}
    for one in {one.element: one for path in paths for one in path.relationships}.values():
        edges.setdefault((one.start, one.end), []).append(_called(one))
    if not nodes:
        raise RequestError(
            "the answer has no path to draw: return one, as in `MATCH p = … RETURN p`", code="nothing_to_draw"
        )
    if len(nodes) > MAX_DRAWN:
        raise LimitError(f"more than {MAX_DRAWN} nodes cannot be read in one picture", code="too_much_to_draw")
    layout = _layout(nodes, list(edges))
    return "".join(_drawing(layout, list(nodes.values()), list(edges.values())))


def drawn(paths: Sequence[Path]) -> str | None:
    """As `svg_of`; None where that would raise."""
    try:
        return svg_of(paths)
    except (RequestError, LimitError):
        return None


def html_of(rows: Rows) -> str:
    """The rows as a table, below the picture of their paths; nothing in them is taken for HTML."""
    head = "".join(f"<th>{escape(one)}</th>" for one in rows.columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(text_of(one))}</td>' for one in row)}</tr>" for row in rows.values)
    more = f"<p>Only the first {len(rows)} rows: there are more.</p>" if rows.truncated else ""
    return f"{drawn(rows.paths) or ''}<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"


def _layout(nodes: dict[str, Node], edges: Sequence[tuple[str, str]]) -> Layout:
    import graphlay  # noqa: PLC0415 - only where something is drawn

    graph = graphlay.Graph()
    for element, node in nodes.items():
        graph.node(element, width=_width(node), height=_HEIGHT)
    for start, end in edges:
        graph.edge(start, end)
    return graphlay.layout(graph, options=_OPTIONS)


def _drawing(layout: Layout, nodes: Sequence[Node], edges: Sequence[Sequence[str]]) -> Iterator[str]:
    low, high = layout.bounds["min"], layout.bounds["max"]
    left, top = low["x"] - _MARGIN, low["y"] - _MARGIN
    width, height = high["x"] - low["x"] + 2 * _MARGIN, high["y"] - low["y"] + 2 * _MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="{left:.0f} {top:.0f} {width:.0f} {height:.0f}"'
        f' width="{width:.0f}" height="{height:.0f}" font-family="sans-serif" font-size="12">{_HEAD}'
        f'<rect x="{left:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" fill="#ffffff"/>'
    )
    for placed, names in zip(layout.edges, edges, strict=True):
        yield _line(placed["points"], ", ".join(names))
    for place, node in zip(layout.nodes, nodes, strict=True):
        yield _box(place["center"]["x"], place["center"]["y"], node)
    yield "</svg>"


def _line(points: Sequence[dict[str, float]], name: str) -> str:
    way = " ".join(f"{one['x']:.0f},{one['y']:.0f}" for one in points)
    before, after = points[(len(points) - 1) // 2], points[(len(points) - 1) // 2 + 1]
    x, y = (before["x"] + after["x"]) / 2, (before["y"] + after["y"]) / 2 - 5
    return (
        f'<polyline points="{way}" fill="none" stroke="#5c6b7a" marker-end="url(#tip)"/>'
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" fill="#334155" font-size="11"'
        f' stroke="#ffffff" stroke-width="3" paint-order="stroke">{escape(name)}</text>'
    )


def _box(x: float, y: float, node: Node) -> str:
    width, kind = _width(node), _kind(node)
    text = f'<text x="{x:.0f}" text-anchor="middle"'
    return (
        f"<g><title>{escape(shown(str(node)))}</title>"
        f'<rect x="{x - width / 2:.0f}" y="{y - _HEIGHT / 2:.0f}" width="{width:.0f}" height="{_HEIGHT:.0f}" rx="6"'
        f' fill="{_colour(kind)}" stroke="#5c6b7a"/>'
        f'{text} y="{y - 5:.0f}" fill="#334155" font-size="10">{escape(kind)}</text>'
        f'{text} y="{y + 11:.0f}" fill="#0f172a">{escape(_name(node))}</text></g>'
    )


def _called(one: Relationship) -> str:
    return shown(one.type.lower())


def _kind(node: Node) -> str:
    return shown(str(node.properties.get("type", ":".join(node.labels))))


def _name(node: Node) -> str:
    return shown(str(node.properties.get("id", "")))


def _colour(kind: str) -> str:
    place = _KINDS.index(kind) if kind in _KINDS else sum(map(ord, kind))
    return _COLOURS[place % len(_COLOURS)]


def _width(node: Node) -> float:
    return max(70.0, 20.0 + _LETTER * max(len(_name(node)), len(_kind(node))))
