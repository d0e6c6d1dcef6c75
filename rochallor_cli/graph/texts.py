"""A graph as text for the terminal, as mermaid and as dot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rochallor_cli.definitions.decision_tables import TableGrid
from rochallor_cli.graph.lanes import NODE_PLACE, lane_lines
from rochallor_cli.graph.model import MARKS, STATES, Edge, Graph, GraphNode
from rochallor_cli.output.text_width import cells, harmless, padded

_MERMAID_SHAPES = {
    "DECISION": ("{", "}"),
    "END": ("((", "))"),
    "USER_TASK": ("([", "])"),
    "WAIT": ("{{", "}}"),
    "PARALLEL_GATEWAY": ("[/", "\\]"),
    "JOIN_GATEWAY": ("[\\", "/]"),
}
_DOT_SHAPES = {
    "DECISION": "diamond",
    "END": "doublecircle",
    "USER_TASK": "ellipse",
    "WAIT": "hexagon",
    "PARALLEL_GATEWAY": "trapezium",
    "JOIN_GATEWAY": "invtrapezium",
}
FILLS = {
    "completed": "#d5efd9",
    "running": "#d3e7fb",
    "waiting": "#fdebc2",
    "failed": "#f9d3d0",
    "left": "#e6e6e6",
}


TableLines = Callable[[TableGrid], list[str]]

_STEP = "○"

MARK_COLOUR = "#c9372c"


def edge_label(edge: Edge) -> str:
    """Its condition, or when its timer fires and whether that ends the step."""
    if edge.kind == "interrupt" and edge.label:
        return f"interrupts after {edge.label}"
    return f"after {edge.label}" if edge.kind == "timer" and edge.label else edge.label


# --- text ----------------------------------------------------------------------------------------


def as_text(graph: Graph, table_lines: TableLines = TableGrid.lines) -> list[str]:
    """Lanes for what runs side by side; one line a step, from above to below, the ways on beneath it.

    What a definition holds is harmless in it. table_lines: of a step's table, styles of our own included.
    """
    widest = max((cells(harmless(node.id)) for node in graph.nodes), default=0)
    is_painted = any(node.state for node in graph.nodes)
    lines = [harmless(graph.title)]
    for line in lane_lines(graph):
        if line.edge is not None:
            lines.append(f"{line.before}      {_way(line.edge, is_back=line.is_back)}")
        elif line.node is not None:
            mark = MARKS.get(line.node.state, "·") if is_painted else _STEP
            lines.append(line.before.replace(NODE_PLACE, mark) + _step_line(line.node, widest))
            lines += [f"{line.under}      {text}" for text in _about(line.node, table_lines)]
    return [line.rstrip() for line in lines]


def _step_line(node: GraphNode, widest: int) -> str:
    kind = " ".join(part for part in (node.type, node.job_type) if part)
    times = f" ×{node.entries}" if node.entries > 1 else ""
    state = f"  {STATES.get(node.state, node.state)}{times}" if node.state else ""
    return f"{padded(harmless(node.id), widest)}  {harmless(kind)}{state}"


def _about(node: GraphNode, table_lines: TableLines) -> Iterator[str]:
    """Why it failed, what was found at it, its table."""
    if node.reason:
        yield harmless(node.reason)
    yield from (f"!! {harmless(mark)}" for mark in node.marks)
    if node.table is not None:
        yield from table_lines(node.table)


def _way(edge: Edge, *, is_back: bool) -> str:
    label = harmless(edge.label)
    arrow = f"↑ {harmless(edge.target)}" if is_back else f"→ {harmless(edge.target)}"
    if edge.kind in ("timer", "interrupt"):
        ends = ", interrupting" if edge.kind == "interrupt" else ""
        return f"after {label}{ends} {arrow}"
    return f"{label} {arrow}" if label else arrow


# --- mermaid -------------------------------------------------------------------------------------


def as_mermaid(graph: Graph) -> list[str]:
    """A mermaid flowchart, for Markdown."""
    names = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    lines = ["flowchart TD"]
    for node in graph.nodes:
        opening, closing = _MERMAID_SHAPES.get(node.type, ("[", "]"))
        lines.append(f'    {names[node.id]}{opening}"{_mermaid_text(node)}"{closing}')
    for edge in graph.edges:
        arrow = {"timer": "-.->", "interrupt": "==>"}.get(edge.kind, "-->")
        label = f'|"{_mermaid(edge_label(edge))}"|' if edge.label else ""
        lines.append(f"    {names[edge.source]} {arrow}{label} {names[edge.target]}")
    for state in dict.fromkeys(node.state for node in graph.nodes if node.state):
        members = ",".join(names[node.id] for node in graph.nodes if node.state == state)
        lines += [f"    classDef {state} fill:{FILLS.get(state, '#fff')}", f"    class {members} {state}"]
    if found := ",".join(names[node.id] for node in graph.nodes if node.marks):
        lines += [f"    classDef found stroke:{MARK_COLOUR},stroke-width:3px", f"    class {found} found"]
    return lines


def _mermaid_text(node: GraphNode) -> str:
    lines = [node.id, " ".join(part for part in (node.type, node.job_type) if part)]
    return "<br/>".join(
        _mermaid(line) for line in [*lines, STATES.get(node.state, node.state), *node.marks] if line
    )


def _mermaid(text: str) -> str:
    """Characters that mean something to mermaid or HTML, as its entities."""
    return "".join(
        f"#{ord(character)};" if character in "\"'#<>&;|`\\" else character for character in harmless(text)
    )


# --- dot -----------------------------------------------------------------------------------------


def as_dot(graph: Graph) -> list[str]:
    """A graph for Graphviz."""
    lines = [
        f"digraph {_dot(graph.title)} {{",
        "    node [shape=box, fontname=sans, style=filled, fillcolor=white];",
    ]
    for node in graph.nodes:
        text = [
            node.id,
            " ".join(part for part in (node.type, node.job_type) if part),
            STATES.get(node.state, node.state),
            *node.marks,
        ]
        label = "\\n".join(_dot(line)[1:-1] for line in text if line)
        shape = _DOT_SHAPES.get(node.type, "box")
        fill = f', fillcolor="{FILLS[node.state]}"' if node.state in FILLS else ""
        fill += f', color="{MARK_COLOUR}", penwidth=3' if node.marks else ""
        lines.append(f'    {_dot(node.id)} [label="{label}", shape={shape}{fill}];')
    for edge in graph.edges:
        style = {"timer": ", style=dashed", "interrupt": ", style=bold"}.get(edge.kind, "")
        lines.append(
            f"    {_dot(edge.source)} -> {_dot(edge.target)} [label={_dot(edge_label(edge))}{style}];"
        )
    return [*lines, "}"]


def _dot(text: str) -> str:
    escaped = harmless(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
