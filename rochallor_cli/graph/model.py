"""Nodes and edges of a definition, and what an instance has come to in each of its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from rochallor_cli.definitions.decision_tables import TableGrid, grid_of
from rochallor_cli.definitions.edges import edges as edges_of_step

# Step types that wait for somebody outside while they are RUNNING.
_WAITING_TYPES = ("USER_TASK", "WAIT")
# The engine does not look at the nextStep of these.
_NO_NEXT = ("DECISION", "PARALLEL_GATEWAY", "END")
# A service task is open from its entry on: nobody knows whether a worker has its job.
STATES = {"left": "left open", "running": "open"}
MARKS = {"completed": "●", "running": "◌", "waiting": "◑", "failed": "✗", "left": "–"}


@dataclass(frozen=True)
class GraphNode:
    """A step. `state` is "", completed, running, waiting, failed or left (open when the instance ended)."""

    id: str
    type: str
    name: str = ""
    job_type: str = ""
    state: str = ""
    entries: int = 0
    reason: str = ""
    table: TableGrid | None = None
    # What verification found here: a code and its title.
    marks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Without what is empty."""
        written = {
            "id": self.id,
            "type": self.type,
            "name": self.name,
            "jobType": self.job_type,
            "state": self.state,
            "entries": self.entries,
            "reason": self.reason,
            "table": None if self.table is None else self.table.as_json(),
            "marks": list(self.marks),
        }
        return {name: value for name, value in written.items() if value}


@dataclass(frozen=True)
class Edge:
    """A way from one step to another.

    `kind` is next, condition, branch, timer, or interrupt for a timer that ends its step.
    """

    source: str
    target: str
    kind: str
    label: str = ""


@dataclass(frozen=True)
class Graph:
    """Nodes in the definition's order; targets that do not exist are nodes of type "missing"."""

    title: str
    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]

    def edges_from(self, node_id: str) -> list[Edge]:
        return self._outgoing.get(node_id, [])

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "nodes": [node.as_json() for node in self.nodes],
            "edges": [asdict(edge) for edge in self.edges],
        }

    @cached_property
    def _outgoing(self) -> dict[str, list[Edge]]:
        found: dict[str, list[Edge]] = {}
        for edge in self.edges:
            found.setdefault(edge.source, []).append(edge)
        return found


def graph_of(definition: Mapping[str, Any]) -> Graph:
    """The graph of a definition, as far as it is one: what is misshapen is left to lint."""
    steps = [step for step in _list(definition.get("steps")) if isinstance(step, Mapping)]
    nodes = {
        str(step.get("id")): GraphNode(
            id=str(step.get("id")),
            type=str(step.get("type", "")),
            name=str(step.get("name", "")),
            job_type=str(step.get("jobType", "")),
            table=grid_of(step),
        )
        for step in steps
    }
    edges = [edge for step in steps for edge in _edges(step)]
    for edge in edges:
        nodes.setdefault(edge.target, GraphNode(edge.target, "missing"))
    version = definition.get("version")
    title = f"{definition.get('id', '')}{f' v{version}' if version else ''}"
    return Graph(title, tuple(nodes.values()), tuple(edges))


def _edges(step: Mapping[str, Any]) -> Iterator[Edge]:
    timers = [event for event in _list(step.get("boundaryEvents")) if isinstance(event, Mapping)]
    interrupting = iter([bool(event.get("interrupting")) for event in timers if event.get("targetStepId")])
    for kind, target, label in edges_of_step(step):
        if kind == "timer" and next(interrupting):
            kind = "interrupt"
        if kind != "next" or step.get("type") not in _NO_NEXT:
            yield Edge(str(step.get("id")), target, kind, label)


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()


def painted(graph: Graph, instance: Mapping[str, Any], executions: Sequence[Mapping[str, Any]]) -> Graph:
    """The graph with the state of an instance: each step's latest execution, and how often it was entered.

    A `verdict` in the instance says why nothing can move it.
    """
    by_step: dict[str, list[Mapping[str, Any]]] = {}
    for execution in executions:
        by_step.setdefault(str(execution.get("stepId")), []).append(execution)
    ended = instance.get("status") in ("COMPLETED", "FAILED", "CANCELLED")
    nodes = tuple(_painted(node, by_step.get(node.id, []), ended=ended) for node in graph.nodes)
    standing = ", ".join(str(part) for part in (instance.get("status"), instance.get("verdict")) if part)
    title = f"{graph.title} · {instance.get('id')} · {standing}"
    return Graph(title, nodes, graph.edges)


def marked(graph: Graph, marks: Mapping[str, Sequence[str]]) -> Graph:
    """The graph with what verification found at its steps."""
    nodes = tuple(replace(node, marks=tuple(marks.get(node.id, ()))) for node in graph.nodes)
    return Graph(graph.title, nodes, graph.edges)


def _painted(node: GraphNode, executions: Sequence[Mapping[str, Any]], *, ended: bool) -> GraphNode:
    if not executions:
        return node
    last = executions[-1]
    state = str(last.get("status", "")).lower()
    if state == "running" and ended:
        state = "left"
    elif state == "running" and node.type in _WAITING_TYPES:
        state = "waiting"
    return replace(node, state=state, entries=len(executions), reason=str(last.get("failureReason") or ""))
