"""The definitions, the latest version of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.engine_client.reading import rows
from rochallor_cli.ui.page_engine import PageEngine, Query
from rochallor_cli.ui.pages.page import LONGEST_FIELD, UiPage

SIZE = 100


@dataclass(frozen=True)
class DefinitionListData:
    rows: list[Value]
    total: int | None


class DefinitionsPage(UiPage):
    """`/definitions?keyword=…&page=2`."""

    template = "definitions.html"
    parts = ("list",)
    section = "definitions"

    def __init__(self, page_engine: PageEngine, address: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self.keyword = query.get("keyword", "")
        self._page = self.number(query, "page") or 1

    def read(self) -> DefinitionListData:
        answer = self.page_engine.engine.client.list_definitions(self.keyword, self._page - 1, SIZE)
        total = answer.get("total")
        return DefinitionListData(rows(answer.get("items")), total if isinstance(total, int) else None)

    def values(self, found: DefinitionListData) -> dict[str, Any]:
        first = (self._page - 1) * SIZE
        return {
            "rows": found.rows,
            "total": found.total,
            "first": first + 1,
            "last": first + len(found.rows),
            "has_more": found.total is not None and found.total > first + len(found.rows),
            "page": self._page,
            "query": {"keyword": self.keyword} if self.keyword else {},
            "command": self.page_engine.command("defs", "list", *([self.keyword] if self.keyword else [])),
            "upload": self.page_engine.command("defs", "upload", "flow.yaml"),
        }

    def frame(self) -> dict[str, Any]:
        return {"keyword": self.keyword, "longest": LONGEST_FIELD}
