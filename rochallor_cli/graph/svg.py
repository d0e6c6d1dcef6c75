"""A graph as an SVG picture that needs nothing installed: no fonts, no scripts, no style sheets of others."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from xml.sax.saxutils import escape, quoteattr

from rochallor_cli.graph.layout import Box, Layout, Link, lay_out
from rochallor_cli.graph.model import MARKS, STATES, Edge, Graph, GraphNode
from rochallor_cli.graph.svg_table import table_lines, table_size
from rochallor_cli.graph.texts import FILLS, MARK_COLOUR, edge_label
from rochallor_cli.output.text_width import cells, fitted, harmless

_FONT = "font-family='system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif'"
_MARGIN = 24.0
_TITLE = 34.0
_CELL = 7.4
_SMALL_CELL = 6.2
_LONGEST_LABEL = 34
_LONGEST_NAME = 40
# How far a loop reaches out of its step.
_LOOP_REACH = 36.0
_EDGE_STYLES = {
    "timer": "stroke-width='1.4' stroke-dasharray='5 4'",
    # A timer that ends its step: dots and dashes, and heavier.
    "interrupt": "stroke-width='2.2' stroke-dasharray='9 3 2 3'",
}
_INK, _FAINT, _LINE = "#1f2933", "#5f6b78", "#7b8794"
_STROKES = {
    "completed": "#3c9a50",
    "running": "#2f7fc9",
    "waiting": "#c98a12",
    "failed": "#c9372c",
    "left": "#999999",
}


def as_svg(graph: Graph, *, link_of: Callable[[GraphNode], str] | None = None) -> str:
    """The whole picture, one document. `link_of`: where a click on a step leads, on a page that has its own heading.

    Its colours hold without a style sheet; classes let a page that shows it bring its own.
    """
    place = {node.id: index for index, node in enumerate(graph.nodes)}
    labels = _labels(graph)
    loops = _loop_widths(graph, labels)
    sizes = [_size(node) for node in graph.nodes]
    layout = lay_out(
        [
            (width + 2 * loops.get(node.id, 0.0), height)
            for node, (width, height) in zip(graph.nodes, sizes, strict=True)
        ],
        [_link(edge, place, label) for edge, label in zip(graph.edges, labels, strict=True)],
    )
    # Room for loops is kept on both sides, so that the step stays in the middle.
    for box, (own_width, _) in zip(layout.boxes, sizes, strict=False):
        box.width = own_width
    title = harmless(graph.title)
    is_alone = link_of is None
    top = _TITLE if is_alone else 0.0
    width = max(layout.width, cells(title) * 10.5 if is_alone else 0.0) + 2 * _MARGIN
    height = layout.height + top + 2 * _MARGIN
    lines = [
        *_opening(title, width=width, height=height, role="img" if is_alone else "group"),
        *([_heading(title)] if is_alone else []),
        f"<g transform='translate({_MARGIN},{_MARGIN + top})'>",
        *_edges(graph, layout, labels),
        *(
            line
            for node, box in zip(graph.nodes, layout.boxes, strict=False)
            for line in _linked(node, box, link_of)
        ),
        "</g>",
        "</svg>",
    ]
    # ASCII, so that no locale on the way can spoil the picture.
    return "\n".join(lines).encode("ascii", "xmlcharrefreplace").decode() + "\n"


def _opening(title: str, *, width: float, height: float, role: str) -> Iterator[str]:
    yield (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width:.0f}' height='{height:.0f}' "
        f"viewBox='0 0 {width:.0f} {height:.0f}' role='{role}' aria-label={quoteattr(title)} {_FONT}>"
    )
    yield f"<title>{escape(title)}</title>"
    yield (
        "<defs><marker id='arrow' viewBox='0 0 10 10' refX='9' refY='5' markerWidth='7' markerHeight='7' "
        f"orient='auto-start-reverse'><path class='tip' d='M0,1 L10,5 L0,9 z' fill='{_LINE}'/></marker></defs>"
    )
    yield f"<rect class='paper' width='{width:.0f}' height='{height:.0f}' fill='#ffffff'/>"


def _heading(title: str) -> str:
    return (
        f"<text class='ink' x='{_MARGIN}' y='{_MARGIN + 6}' font-size='15' font-weight='600' "
        f"fill='{_INK}'>{escape(title)}</text>"
    )


def _link(edge: Edge, place: dict[str, int], label: str) -> Link:
    width = cells(label) * _SMALL_CELL + 10 if label else 0.0
    return Link(place[edge.source], place[edge.target], width, 18.0 if label else 0.0)


def _loop_widths(graph: Graph, labels: list[str]) -> dict[str, float]:
    """How much room the loops of a step take beside it, their labels included."""
    found: dict[str, float] = {}
    for edge, label in zip(graph.edges, labels, strict=True):
        if edge.source == edge.target:
            width = _LOOP_REACH + cells(label) * _SMALL_CELL + 8
            found[edge.source] = max(found.get(edge.source, 0.0), width)
    return found


def _label(edge: Edge) -> str:
    return fitted(harmless(edge_label(edge)), _LONGEST_LABEL)


def _labels(graph: Graph) -> list[str]:
    """The edges' labels, cut where they are long: in the middle where their beginnings are alike."""
    cut = [_label(edge) for edge in graph.edges]
    found = []
    for edge, label in zip(graph.edges, cut, strict=True):
        whole = harmless(edge_label(edge))
        is_ambiguous = label != whole and cut.count(label) > 1
        found.append(_cut_in_the_middle(whole) if is_ambiguous else label)
    return found


def _cut_in_the_middle(text: str) -> str:
    half = _LONGEST_LABEL // 2
    return f"{text[:half].rstrip()}…{text[-(_LONGEST_LABEL - half - 1) :].lstrip()}"


def _size(node: GraphNode) -> tuple[float, float]:
    lines = _node_lines(node)
    longest = max(cells(lines[0]) * _CELL, *(cells(line) * _SMALL_CELL for line in lines[1:]))
    slanted = 0 if node.type in ("SERVICE_TASK", "TRANSFORMATION", "missing") else 26
    width, height = max(longest + 28, 84.0) + slanted, 20.0 + 15.0 * len(lines)
    if node.table is not None:
        table_width, table_height = table_size(node.table)
        return max(width, table_width + 20), height + table_height + 6
    return width, height


def _node_lines(node: GraphNode) -> list[str]:
    kind = node.type.replace("_", " ").lower()
    detail = " · ".join(part for part in (kind, harmless(node.job_type)) if part)
    lines = [fitted(harmless(node.id), _LONGEST_NAME), fitted(detail, _LONGEST_NAME)]
    if node.state:
        times = f" ×{node.entries}" if node.entries > 1 else ""
        state = fitted(harmless(STATES.get(node.state, node.state)), _LONGEST_NAME)
        lines.append(f"{MARKS.get(node.state, '·')} {state}{times}")
    lines += [f"! {fitted(harmless(mark), _LONGEST_NAME)}" for mark in node.marks]
    return lines


def _linked(node: GraphNode, box: Box, link_of: Callable[[GraphNode], str] | None) -> Iterator[str]:
    if link_of is None:
        yield from _node(node, box)
        return
    about = ", ".join(
        harmless(part) for part in (node.id, node.type, STATES.get(node.state, node.state)) if part
    )
    yield f"<a href={quoteattr(link_of(node))} aria-label={quoteattr(about)}>"
    yield from _node(node, box)
    yield "</a>"


def _node(node: GraphNode, box: Box) -> Iterator[str]:
    stroke = _STROKES.get(node.state, MARK_COLOUR if node.type == "missing" else _LINE)
    if node.marks:
        stroke = MARK_COLOUR
    dash = " stroke-dasharray='5 4'" if node.type == "missing" else ""
    fill = FILLS.get(node.state, "#ffffff")
    width = 2.5 if node.type == "END" or node.marks else 1.5
    about = " · ".join(harmless(part) for part in (node.name, node.reason) if part)
    classes = " ".join(
        ["node", *([f"is-{node.state}"] if node.state in FILLS else []), *(["is-marked"] * bool(node.marks))]
    )
    yield f"<g class='{classes}'><title>{escape(about or harmless(node.id))}</title>"
    yield (
        f"<path class='outline' d='{_outline(node.type, box)}' fill='{fill}' stroke='{stroke}' "
        f"stroke-width='{width}'{dash}/>"
    )
    lines = _node_lines(node)
    top = box.y - 7.5 * (len(lines) - 1) + 4.5
    if node.table is not None:
        width, height = table_size(node.table)
        top -= height / 2 + 3
        yield from table_lines(node.table, left=box.x - width / 2, top=box.y + box.height / 2 - height - 10)
    for number, line in enumerate(lines):
        size, ink, kind = (13, _INK, "ink") if number == 0 else (11, _FAINT, "faint")
        ink, kind = (stroke, "state") if number >= 2 else (ink, kind)
        weight = " font-weight='600'" if number == 0 else ""
        yield (
            f"<text class='{kind}' x='{box.x:.1f}' y='{top + 15 * number:.1f}' text-anchor='middle' font-size='{size}'"
            f"{weight} fill='{ink}'>{escape(line)}</text>"
        )
    yield "</g>"


def _outline(kind: str, box: Box) -> str:
    left, right = box.x - box.width / 2, box.x + box.width / 2
    top, bottom = box.y - box.height / 2, box.y + box.height / 2
    slant = 13.0
    if kind in ("DECISION", "WAIT"):
        points = [
            (left + slant, top), (right - slant, top), (right, box.y),
            (right - slant, bottom), (left + slant, bottom), (left, box.y),
        ]  # fmt: skip
        return _polygon(points)
    if kind == "PARALLEL_GATEWAY":
        return _polygon([(left + slant, top), (right - slant, top), (right, bottom), (left, bottom)])
    if kind == "JOIN_GATEWAY":
        return _polygon([(left, top), (right, top), (right - slant, bottom), (left + slant, bottom)])
    radius = box.height / 2 if kind in ("END", "USER_TASK") else 6.0
    arc = f"a{radius:.1f},{radius:.1f} 0 0 1"
    inner_width, inner_height = box.width - 2 * radius, box.height - 2 * radius
    return (
        f"M{left + radius:.1f},{top:.1f} h{inner_width:.1f} {arc} {radius:.1f},{radius:.1f} "
        f"v{inner_height:.1f} {arc} -{radius:.1f},{radius:.1f} "
        f"h-{inner_width:.1f} {arc} -{radius:.1f},-{radius:.1f} "
        f"v-{inner_height:.1f} {arc} {radius:.1f},-{radius:.1f} z"
    )


def _polygon(points: list[tuple[float, float]]) -> str:
    return "M" + " L".join(f"{x:.1f},{y:.1f}" for x, y in points) + " z"


def _edges(graph: Graph, layout: Layout, labels: list[str]) -> Iterator[str]:
    looped: dict[str, int] = {}
    for number, edge in enumerate(graph.edges):
        boxes = [layout.boxes[index] for index in layout.routes[number]]
        is_loop = len(boxes) == 1
        path = _loop(boxes[0]) if is_loop else _curve(boxes)
        style = _EDGE_STYLES.get(edge.kind, "stroke-width='1.4'")
        yield f"<path class='edge' d='{path}' fill='none' stroke='{_LINE}' {style} marker-end='url(#arrow)'/>"
        label = layout.labels[number]
        if label is not None:
            yield from _label_lines(edge, layout.boxes[label], labels[number])
        elif is_loop and labels[number]:
            looped[edge.source] = turn = looped.get(edge.source, -1) + 1
            left = boxes[0].x + boxes[0].width / 2 + _LOOP_REACH
            yield (
                f"<text class='ink' x='{left:.1f}' y='{boxes[0].y + 4 + 13 * turn:.1f}' font-size='11' fill='{_INK}'>"
                f"<title>{escape(harmless(edge.label))}</title>{escape(labels[number])}</text>"
            )


def _label_lines(edge: Edge, box: Box, label: str) -> Iterator[str]:
    yield (
        f"<rect class='paper' x='{box.x - box.width / 2:.1f}' y='{box.y - 9:.1f}' width='{box.width:.1f}' "
        f"height='18' rx='3' fill='#ffffff'/><text class='ink' x='{box.x:.1f}' y='{box.y + 4:.1f}' "
        f"text-anchor='middle' font-size='11' fill='{_INK}'><title>{escape(harmless(edge.label))}</title>"
        f"{escape(label)}</text>"
    )


def _curve(boxes: list[Box]) -> str:
    """Through the bends, leaving and arriving upright."""
    downward = boxes[-1].y > boxes[0].y
    sign = 1 if downward else -1
    first, last = boxes[0], boxes[-1]
    points = [
        (_port(first, boxes[1]), first.y + sign * first.height / 2),
        *((box.x, box.y + end * sign * box.height / 2) for box in boxes[1:-1] for end in (-1, 1)),
        (_port(last, boxes[-2]), last.y - sign * last.height / 2),
    ]
    parts = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for (x0, y0), (x1, y1) in itertools.pairwise(points):
        if x0 == x1:
            parts.append(f"L{x1:.1f},{y1:.1f}")
            continue
        middle = (y0 + y1) / 2
        parts.append(f"C{x0:.1f},{middle:.1f} {x1:.1f},{middle:.1f} {x1:.1f},{y1:.1f}")
    return " ".join(parts)


def _port(box: Box, neighbour: Box) -> float:
    """Where an edge touches a box: a little towards where it comes from."""
    reach = max(box.width / 2 - 24, 0.0)
    return box.x + max(-reach, min(reach, (neighbour.x - box.x) * 0.25))


def _loop(box: Box) -> str:
    right = box.x + box.width / 2
    return (
        f"M{right:.1f},{box.y + 8:.1f} C{right + 40:.1f},{box.y + 22:.1f} {right + 40:.1f},{box.y - 22:.1f} "
        f"{right + 1:.1f},{box.y - 8:.1f}"
    )
