"""A graph as lanes beside its lines, as version control draws branches: forks, joins and what runs side by side.

Each way to a step that is still to come holds a lane. A way back to a step above has none: it is told by its arrow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from rochallor_cli.graph.model import Edge, Graph, GraphNode

# Stands for the step itself; whoever writes the line puts its state there.
NODE_PLACE: Final = "\0"
# With more than this a picture is a thicket: the lines stand without one.
MOST_LANES: Final = 16


@dataclass(frozen=True)
class LaneLine:
    """What stands before a line: of a step (`node`), or of a way on from it (`edge`).

    before: the lanes of the line itself. under: those of further lines that belong to it.
    """

    before: str
    under: str
    node: GraphNode | None = None
    edge: Edge | None = None
    is_back: bool = False


def lane_lines(graph: Graph) -> list[LaneLine]:
    """The steps from above to below, each before those it leads to, with the ways on beneath it."""
    drawing = _Lanes()
    place = {node.id: number for number, node in enumerate(_downward(graph))}
    by_id = {node.id: node for node in graph.nodes}
    lines = [line for node_id in place for line in drawing.step(by_id[node_id], graph, place)]
    if drawing.widest > MOST_LANES:
        plain = {True: NODE_PLACE + " ", False: "  "}
        return [
            LaneLine(plain[line.node is not None], "  ", line.node, line.edge, line.is_back) for line in lines
        ]
    width = 2 * drawing.widest
    return [
        LaneLine(line.before.ljust(width), line.under.ljust(width), line.node, line.edge, line.is_back)
        for line in lines
    ]


def _downward(graph: Graph) -> Iterator[GraphNode]:
    """The steps in an order in which ways lead down, but for those that close a circle; first branches first."""
    nodes = {node.id: node for node in graph.nodes}
    seen: set[str] = set()
    order: list[str] = []
    for root in reversed(_roots(graph)):
        stack = [(root, iter(_targets(graph, root)))] if root not in seen else []
        seen.add(root)
        while stack:
            here, rest = stack[-1]
            target = next((each for each in rest if each not in seen), None)
            if target is None:
                order.append(here)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, iter(_targets(graph, target))))
    return (nodes[node_id] for node_id in reversed(order))


def _roots(graph: Graph) -> list[str]:
    """Where to begin: the first step, then whatever cannot be reached from it, in the definition's order."""
    reached: set[str] = set()
    roots: list[str] = []
    for node in graph.nodes:
        if node.id in reached:
            continue
        roots.append(node.id)
        waiting = [node.id]
        while waiting:
            here = waiting.pop()
            if here not in reached:
                reached.add(here)
                waiting += _targets(graph, here)
    return roots


def _targets(graph: Graph, node_id: str) -> list[str]:
    """Last written first: of what is left last, a search from the end makes the first."""
    return [edge.target for edge in reversed(graph.edges_from(node_id))]


class _Lanes:
    """The lanes while they are drawn: each holds the step it leads to, or None where it is free."""

    def __init__(self) -> None:
        self.widest = 1
        self._lanes: list[str | None] = []

    def step(self, node: GraphNode, graph: Graph, place: dict[str, int]) -> Iterator[LaneLine]:
        main = self._arrive(node.id)
        edges = graph.edges_from(node.id)
        ahead = [edge for edge in edges if place[edge.target] > place[node.id]]
        kept = next((edge for edge in ahead if edge.target not in self._lanes), None)
        self._lanes[main] = kept.target if kept else node.id if ahead else None
        yield LaneLine(self._row(main, NODE_PLACE), self._row(), node=node)
        left = len(ahead)
        for edge in edges:
            if edge not in ahead:
                yield LaneLine(self._row(), self._row(), edge=edge, is_back=True)
                continue
            left -= 1
            if edge is kept or (kept and edge.target == kept.target):
                yield LaneLine(self._row(), self._row(), edge=edge)
                continue
            yield self._fork(main, edge, ends=left == 0 and kept is None)

    def _arrive(self, node_id: str) -> int:
        """The lane of a step: the first that leads to it, the others end here."""
        leading = [number for number, target in enumerate(self._lanes) if target == node_id]
        if not leading:
            return self._free()
        return leading[0]

    def _fork(self, main: int, edge: Edge, *, ends: bool) -> LaneLine:
        """A line on which a way leaves the step's lane for another: a new one, or one that leads there already."""
        joins = edge.target in self._lanes
        other = self._lanes.index(edge.target) if joins else self._free()
        cells = self._cells()
        low, high = min(main, other), max(main, other)
        for number in range(low + 1, high):
            cells[number] = "┼" if cells[number] == "│" else "─"
        to_right = other > main
        cells[main] = ("╰" if to_right else "╯") if ends else ("├" if to_right else "┤")
        cells[other] = ("┤" if to_right else "├") if joins else ("╮" if to_right else "╭")
        self._lanes[other] = edge.target
        if ends:
            self._lanes[main] = None
        gaps = ["─" if low <= number < high else " " for number in range(len(cells))]
        before = "".join(cell + gap for cell, gap in zip(cells, gaps, strict=True))
        return LaneLine(before, self._row(), edge=edge)

    def _free(self) -> int:
        """A lane that leads nowhere: the first, or a new one."""
        for number, target in enumerate(self._lanes):
            if target is None:
                return number
        self._lanes.append(None)
        self.widest = max(self.widest, len(self._lanes))
        return len(self._lanes) - 1

    def _cells(self) -> list[str]:
        return [" " if target is None else "│" for target in self._lanes]

    def _row(self, node: int = -1, mark: str = "") -> str:
        cells = self._cells()
        if node >= 0:
            cells[node] = mark
        return "".join(f"{cell} " for cell in cells)
