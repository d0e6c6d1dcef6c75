"""Find the circles of a graph: groups of nodes that all lead to each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

StepGraph = Mapping[str, Sequence[str]]


def cycles(graph: StepGraph) -> list[list[str]]:
    """The groups, each in the graph's order; a node alone only where it leads to itself.

    Tarjan's algorithm on a stack of its own, in time linear in nodes and edges.
    """
    found = _Search(graph).groups()
    order = {node: number for number, node in enumerate(graph)}
    return [
        sorted(group, key=order.__getitem__)
        for group in found
        if len(group) > 1 or group[0] in graph[group[0]]
    ]


class _Search:
    def __init__(self, graph: StepGraph) -> None:
        self._graph = graph
        # When each node was come to, and the earliest one still open that it leads back to.
        self._number: dict[str, int] = {}
        self._earliest: dict[str, int] = {}
        self._open: list[str] = []
        self._is_open: set[str] = set()
        self._groups: list[list[str]] = []

    def groups(self) -> list[list[str]]:
        for node in self._graph:
            if node not in self._number:
                self._walk(node)
        return self._groups

    def _walk(self, start: str) -> None:
        trail: list[tuple[str, Iterator[str]]] = [self._enter(start)]
        while trail:
            node, ways = trail[-1]
            following = next(ways, None)
            if following is None:
                trail.pop()
                self._leave(node, trail[-1][0] if trail else None)
            elif following not in self._graph:
                continue
            elif following not in self._number:
                trail.append(self._enter(following))
            elif following in self._is_open:
                self._earliest[node] = min(self._earliest[node], self._number[following])

    def _enter(self, node: str) -> tuple[str, Iterator[str]]:
        self._number[node] = self._earliest[node] = len(self._number)
        self._open.append(node)
        self._is_open.add(node)
        return node, iter(self._graph[node])

    def _leave(self, node: str, before: str | None) -> None:
        if before is not None:
            self._earliest[before] = min(self._earliest[before], self._earliest[node])
        if self._earliest[node] != self._number[node]:
            return
        # Its group is what was opened since.
        group = [self._open.pop()]
        while group[-1] != node:
            group.append(self._open.pop())
        self._is_open.difference_update(group)
        self._groups.append(group)
