"""A graph as text for the terminal, as mermaid and as dot."""

from __future__ import annotations

from collections.abc import Iterator

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


MARK_COLOUR = "#c9372c"


def edge_label(edge: Edge) -> str:
    """Its condition, or when its timer fires and whether that ends the step."""
    if edge.kind == "interrupt" and edge.label:
        return f"interrupts after {edge.label}"
    return f"after {edge.label}" if edge.kind == "timer" and edge.label else edge.label


# --- text ----------------------------------------------------------------------------------------


def as_text(graph: Graph) -> list[str]:
    """One line a step in the order they are reached, the ways on beneath it."""
    nodes = list(_reached(graph))
    widest = max((cells(harmless(node.id)) for node in nodes), default=0)
    lines = [graph.title]
    for node in nodes:
        lines.append(_step_line(node, widest, painted=any(one.state for one in nodes)))
        if node.reason:
            lines.append(f"      {harmless(node.reason)}")
        lines += [f"      !! {harmless(mark)}" for mark in node.marks]
        if node.table is not None:
            lines += [f"      {line}" for line in node.table.lines()]
        lines += [f"      {_way(edge)}" for edge in graph.edges_from(node.id)]
    return [line.rstrip() for line in lines]


def _reached(graph: Graph) -> Iterator[GraphNode]:
    """Depth first from the first step; what cannot be reached comes last."""
    nodes = {node.id: node for node in graph.nodes}
    seen: set[str] = set()
    stack = [node.id for node in reversed(graph.nodes)]
    while stack:
        node_id = stack.pop()
        if node_id in seen:
            continue
        seen.add(node_id)
        yield nodes[node_id]
        stack += [edge.target for edge in reversed(graph.edges_from(node_id))]


def _step_line(node: GraphNode, widest: int, *, painted: bool) -> str:
    mark = f"{MARKS.get(node.state, '·')} " if painted else ""
    kind = " ".join(part for part in (node.type, node.job_type) if part)
    times = f" ×{node.entries}" if node.entries > 1 else ""
    state = f"  {STATES.get(node.state, node.state)}{times}" if node.state else ""
    return f"  {mark}{padded(harmless(node.id), widest)}  {harmless(kind)}{state}"


def _way(edge: Edge) -> str:
    label = harmless(edge.label)
    if edge.kind in ("timer", "interrupt"):
        ends = ", interrupting" if edge.kind == "interrupt" else ""
        return f"after {label}{ends} → {harmless(edge.target)}"
    return f"{label} → {harmless(edge.target)}" if label else f"→ {harmless(edge.target)}"


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
