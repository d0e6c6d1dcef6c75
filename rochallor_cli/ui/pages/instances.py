"""The instances that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rochallor_cli.engine_client.admin_client import STATUSES, Value, steps_text
from rochallor_cli.engine_client.reading import rows
from rochallor_cli.errors import UsageError
from rochallor_cli.instances.filter_values import filters_from, option
from rochallor_cli.instances.list_watch import EVERY_S
from rochallor_cli.instances.selection import Filters, Selection
from rochallor_cli.ui.page_engine import Found, PageEngine, Query
from rochallor_cli.ui.pages.page import LONGEST_FIELD, UiPage

SIZES = (50, 200, 1000)
# Where the engine does not filter, so many are read at most: ten of its pages.
MOST_READ = 2_000
# The filters, with what stands at their fields.
LABELS = {
    "status": "Status",
    "definition": "Definition",
    "version": "Version",
    "business_key": "Business key",
    "step": "At step",
    "reason": "Failure reason has",
    "older_than": "Standing for longer than",
    "since": "Started since",
    "until": "Started until",
}


@dataclass(frozen=True)
class InstanceListData:
    """One page of a list. total: by the engine's count, None where it cannot say. was_cut: not all were read."""

    rows: list[Value]
    total: int | None
    has_more: bool
    was_cut: bool = False
    seen: int = 0


class InstancesPage(UiPage):
    """`/instances?status=…&definition=…&page=2`, with the filters of `instances list`."""

    template = "instances.html"
    parts = ("list",)
    section = "instances"

    def __init__(self, page_engine: PageEngine, address: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self.query = {name: query[name] for name in LABELS if name in query}
        self._version = self.number(query, "version")
        for name, value in self.query.items():
            # Each by itself, so that all that are wrong are said.
            try:
                self._filters({name: value})
            except UsageError as error:
                self.wrong[name] = error
        self._size = self.number(query, "size", most=SIZES[-1]) or SIZES[0]
        self._page = self.number(query, "page") or 1

    def read(self) -> InstanceListData:
        filters = self._filters(self.query)
        if filters.is_counted_by_engine:
            return self._of_engine(filters)
        selected = Selection(self.page_engine.engine, filters, now=self.page_engine.now(), most=MOST_READ)
        first = (self._page - 1) * self._size
        found = list(selected.instances(limit=first + self._size + 1))
        shown = found[first : first + self._size]
        return InstanceListData(shown, None, len(found) > first + self._size, selected.was_cut, selected.seen)

    def values(self, found: InstanceListData) -> dict[str, Any]:
        first = (self._page - 1) * self._size
        return {
            "rows": [{**row, "steps": _steps(row)} for row in found.rows],
            "found": found,
            "first": first + 1,
            "last": first + len(found.rows),
            "page": self._page,
            "size": self._size,
            "sizes": SIZES,
            "query": self.query | ({"size": str(self._size)} if self._size != SIZES[0] else {}),
            "command": self._command(),
        }

    def every_s(self, found: Found) -> float:
        return EVERY_S

    def frame(self) -> dict[str, Any]:
        return {
            "query": self.query,
            "labels": LABELS,
            "longest": LONGEST_FIELD,
            "size": self._size,
            "sizes": SIZES,
            "statuses": STATUSES,
        }

    def _filters(self, given: Query) -> Filters:
        known = {**given, "version": self._version}
        return filters_from(known, self.page_engine.now(), named=LABELS.__getitem__)

    def _of_engine(self, filters: Filters) -> InstanceListData:
        """Nothing is filtered here, so one request brings the page."""
        answer = self.page_engine.engine.client.list_instances(
            **filters.by_engine, page=self._page - 1, page_size=min(self._size, 200)
        )
        if self._size > 200:
            return self._large(filters, answer)
        total = answer.get("total")
        last = self._page * self._size
        known = total if isinstance(total, int) else None
        return InstanceListData(rows(answer.get("items")), known, known is not None and known > last)

    def _large(self, filters: Filters, answer: Value) -> InstanceListData:
        """More rows than the engine gives at once."""
        first = (self._page - 1) * self._size
        found = list(self.page_engine.engine.instances(**filters.by_engine, limit=first + self._size))
        total = answer.get("total")
        known = total if isinstance(total, int) else None
        return InstanceListData(found[first:], known, known is not None and known > first + self._size)

    def _command(self) -> str:
        words = ["instances", "list"]
        for name, value in self.query.items():
            words += [option(name), value]
        return self.page_engine.command(*words)


def _steps(row: Value) -> str:
    """Where it is; an ended one is nowhere, whatever its list still says."""
    return steps_text(row) if row.get("status") != "COMPLETED" else ""
