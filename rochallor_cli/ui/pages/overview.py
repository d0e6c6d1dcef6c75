"""Counts by status, and an audit when somebody asks for it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from rochallor_cli.engine_client.admin_client import OPEN, STATUSES, Value
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.explanation.audit import Audit
from rochallor_cli.explanation.explaining import all_confirmed
from rochallor_cli.explanation.facts import FactsReader
from rochallor_cli.ui.page_engine import Found, PageEngine, Query
from rochallor_cli.ui.pages.page import UiPage

# An audit reads a history for each instance: so many of the newest, and for so long, at most.
MOST_AUDITED = 500
LONGEST_AUDIT_S = 20.0


@dataclass(frozen=True)
class AuditData:
    """What an audit found, when, and how far it came."""

    rows: list[Value]
    looked_at: int
    stuck: int
    live: int
    at: datetime
    took_s: float
    odd: list[str]


@dataclass(frozen=True)
class OverviewData:
    counts: dict[str, int]
    definitions: int
    audited: AuditData | None


class OverviewPage(UiPage):
    """`/`; `?audit=…` looks once why live instances stand where they stand, and keeps what it found."""

    template = "overview.html"
    parts = ("counts", "audit")
    section = "overview"
    cost = 3.0

    def __init__(self, page_engine: PageEngine, address: str, query: Query) -> None:
        super().__init__(page_engine, address)
        self._wants_audit = "audit" in query
        self._audited: AuditData | None = None

    def read(self) -> OverviewData:
        engine = self.page_engine.engine
        counts = {status: engine.count_instances(status=status) for status in STATUSES}
        if self._wants_audit and self._audited is None:
            self._audited = _the_only_audit(self.page_engine, live=sum(counts[status] for status in OPEN))
        return OverviewData(counts, engine.count_definitions(), self._audited)

    def values(self, found: OverviewData) -> dict[str, Any]:
        return {
            "counts": found.counts,
            "total": sum(found.counts.values()),
            "definitions": found.definitions,
            "audited": found.audited,
            "most": MOST_AUDITED,
            "longest_s": LONGEST_AUDIT_S,
            "now": int(self.page_engine.now().timestamp()),
            "command": self.page_engine.command("instances", "audit"),
        }

    def every_s(self, found: Found) -> float:
        return 4.0


def _the_only_audit(page_engine: PageEngine, *, live: int) -> AuditData:
    if not page_engine.auditing.acquire(blocking=False):
        raise ConflictError(
            "an audit is under way already", hint=f"it takes {LONGEST_AUDIT_S:.0f} seconds at most"
        )
    try:
        return _audit(page_engine, live=live)
    finally:
        page_engine.auditing.release()


def _audit(page_engine: PageEngine, *, live: int) -> AuditData:
    """The groups of `instances audit`, within the bounds."""
    began_s, at = time.monotonic(), page_engine.now()
    audit, odd = Audit(), []
    for instance, found in _explained(page_engine):
        if isinstance(found, CliError):
            odd.append(f"{instance['id']}: {found.message}")
        else:
            audit.take(found, str(instance.get("definitionId")))
        if time.monotonic() - began_s > LONGEST_AUDIT_S:
            break
    rows = [_row(page_engine, row) for row in audit.rows()]
    return AuditData(rows, audit.looked_at, audit.stuck, live, at, time.monotonic() - began_s, odd)


def _explained(page_engine: PageEngine) -> Iterator[tuple[Value, Any]]:
    live = (
        instance
        for status in OPEN
        for instance in page_engine.engine.instances(status=status, limit=MOST_AUDITED)
        if isinstance(instance.get("id"), str)
    )
    newest = islice(live, MOST_AUDITED)
    return all_confirmed(
        FactsReader(page_engine.engine), newest, page_engine.version().possible, now=page_engine.now
    )


def _row(page_engine: PageEngine, row: Mapping[str, Any]) -> Value:
    return {**row, "wayOut": page_engine.reaching(str(row["wayOut"]))}
