"""Two versions of one definition, as `defs diff` compares them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rochallor_cli.definitions.differences import Change, differences
from rochallor_cli.engine_client.reading import version_of
from rochallor_cli.graph.model import Graph, graph_of
from rochallor_cli.ui.page_engine import PageEngine, Query
from rochallor_cli.ui.pages.page import UiPage


@dataclass(frozen=True)
class DifferenceData:
    old: int
    new: int
    newest: int
    changes: list[Change]
    before: Graph
    after: Graph


class DifferencePage(UiPage):
    """`/definitions/ID/changes?from=1&to=2`; the latest and the one before it, where nothing is said."""

    template = "difference.html"
    parts = ("changes",)
    section = "definitions"

    def __init__(self, page_engine: PageEngine, address: str, *, definition_id: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self.definition_id = definition_id
        self._old = self.number(query, "from")
        self._new = self.number(query, "to")
        self._query = query

    @property
    def name(self) -> str:
        return f"What has changed in {self.definition_id}"

    def read(self) -> DifferenceData:
        newest = version_of(self.page_engine.engine.definition(self.definition_id))
        new = self._new or newest
        old = self._old or max(new - 1, 1)
        before = self.page_engine.definition(self.definition_id, old)
        after = self.page_engine.definition(self.definition_id, new)
        return DifferenceData(old, new, newest, differences(before, after), graph_of(before), graph_of(after))

    def values(self, found: DifferenceData) -> dict[str, Any]:
        return {
            "id": self.definition_id,
            "found": found,
            "signs": {"added": "+", "removed": "−", "changed": "~"},
            "command": self.page_engine.pipe(
                self.definition_id, found.new, "defs", "diff", "-", "--against", str(found.old)
            ),
        }

    def title(self, found: DifferenceData) -> str:
        return f"{self.definition_id} v{found.old} and v{found.new}"

    def frame(self) -> dict[str, Any]:
        return {"definition_id": self.definition_id, "query": self._query}

    def every_s(self, found: DifferenceData) -> float:
        return 10.0
