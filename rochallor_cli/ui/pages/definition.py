"""One definition: versions, graph, tables, and what lint finds, at its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rochallor_cli.definitions.finding import DocumentFinding
from rochallor_cli.definitions.linting import LintAssumptions, lint_documents
from rochallor_cli.definitions.versions import version_rows
from rochallor_cli.definitions.written_yaml import written_yaml
from rochallor_cli.dev_engine import engine_rules
from rochallor_cli.documents.json_yaml import dump
from rochallor_cli.documents.reading import parse_documents
from rochallor_cli.engine_client.admin_client import Value, steps_by_id
from rochallor_cli.engine_client.reading import version_of
from rochallor_cli.errors import CliError
from rochallor_cli.graph.model import GraphNode, graph_of
from rochallor_cli.ui.page_engine import PageEngine, Query
from rochallor_cli.ui.pages.page import UiPage

# Older ones are reached by their number.
MOST_VERSIONS = 10
MOST_LINES = 5_000


@dataclass(frozen=True)
class DefinitionData:
    document: Value
    version: int
    newest: int
    versions: list[Value]
    text: str
    findings: list[DocumentFinding]
    why_not: str
    engine_version: str


class DefinitionPage(UiPage):
    """`/definitions/ID?version=2`; without a version the latest."""

    template = "definition.html"
    parts = ("head", "picture", "tables", "steps", "versions", "source")
    section = "definitions"

    def __init__(self, page_engine: PageEngine, address: str, *, definition_id: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self.definition_id = definition_id
        self._wanted = self.number(query, "version")
        self._last: DefinitionData | None = None

    @property
    def name(self) -> str:
        return self.definition_id

    def read(self) -> DefinitionData:
        latest = self.page_engine.engine.definition(self.definition_id)
        newest = version_of(latest)
        last = self._last
        if last is not None and last.newest == newest:
            return last
        version = self._wanted or newest
        document = latest if version == newest else self.page_engine.definition(self.definition_id, version)
        oldest = max(newest - MOST_VERSIONS + 1, 1)
        versions = version_rows(self.page_engine.engine, self.definition_id, newest=newest, oldest=oldest)
        assumed = self.page_engine.version().assumed
        text, findings, why_not = linted(document, name=self.definition_id, engine_version=assumed)
        self._last = DefinitionData(
            document, version, newest, list(versions), text, findings, why_not, assumed
        )
        return self._last

    def values(self, found: DefinitionData) -> dict[str, Any]:
        graph = graph_of(found.document)
        anchors = {node.id: f"step-{number}" for number, node in enumerate(graph.nodes)}
        numbered = self._numbered(found.version) if found.version != found.newest else self.definition_id
        return {
            "id": self.definition_id,
            "document": found.document,
            "version": found.version,
            "newest": found.newest,
            "graph": graph,
            "anchors": anchors,
            "steps": list(_steps(found, graph.nodes, anchors)),
            "tables": [node for node in graph.nodes if node.table is not None],
            "versions": found.versions,
            "older": max(found.newest - MOST_VERSIONS, 0),
            "lines": found.text.splitlines()[:MOST_LINES],
            "total_lines": len(found.text.splitlines()),
            "findings": _by_line(found.findings),
            "count": len(found.findings),
            "first_finding": _first(found.findings),
            "why_not": found.why_not,
            "engine_version": found.engine_version,
            "tabled_by": lambda step: self.page_engine.pipe(
                self.definition_id, found.version, "defs", "table", "-", step, "--var", "name=value"
            ),
            "start": self.page_engine.command(
                "instances", "start", numbered, "--var", "name=value", "--follow"
            ),
            "written_by": self.page_engine.command("defs", "get", numbered),
            "lint": self.page_engine.command("defs", "lint", numbered),
        }

    def title(self, found: DefinitionData) -> str:
        return f"{self.definition_id} v{found.version}"

    def frame(self) -> dict[str, Any]:
        drawn = self.definition_id if self._wanted is None else self._numbered(self._wanted)
        return {
            "definition_id": self.definition_id,
            "drawn_by": self.page_engine.command("defs", "graph", drawn),
        }

    def _numbered(self, version: int) -> str:
        """A version as the commands name it."""
        return f"{self.definition_id}@{version}"

    def every_s(self, found: DefinitionData) -> float:
        return 5.0


def linted(document: Value, *, name: str, engine_version: str) -> tuple[str, list[DocumentFinding], str]:
    """A definition as text, what lint finds in it, and why it could not be looked at."""
    unnumbered = {key: value for key, value in document.items() if key != "version"}
    text = written_yaml(unnumbered, lambda value: dump(value, ascii_only=False))
    try:
        documents = parse_documents(text, source=name)
        return text, lint_documents(documents, LintAssumptions(engine_rules(engine_version))), ""
    except CliError as error:
        return text, [], error.message


def _steps(
    found: DefinitionData, nodes: tuple[GraphNode, ...], anchors: dict[str, str]
) -> Iterator[dict[str, Any]]:
    steps = steps_by_id(found.document)
    for number, node in enumerate(nodes):
        yield {
            "id": node.id,
            "anchor": anchors[node.id],
            "fields": steps.get(node.id, {}),
            "is_chosen": number == 0,
            "is_missing": node.type == "missing",
            "executions": None,
        }


def _first(findings: list[DocumentFinding]) -> str:
    """The place of the first finding on the page; that of the whole text where its line is not shown."""
    lines = [finding.line for finding in findings if 1 <= finding.line <= MOST_LINES]
    return f"line-{min(lines)}" if lines else "source-title"


def _by_line(findings: list[DocumentFinding]) -> dict[int, list[DocumentFinding]]:
    found: dict[int, list[DocumentFinding]] = {}
    for finding in findings:
        found.setdefault(finding.line, []).append(finding)
    return found
