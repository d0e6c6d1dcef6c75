"""Which instances are meant where they are not named: what the engine filters, and what is filtered here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.engine_client.reading import texts
from rochallor_cli.output.times import parse_time

# What the engine cannot filter is filtered here, among so many instances at most: 50 pages.
MOST_READ = 10_000


class Filters(NamedTuple):
    """Instances that fit all of these; "" and None for any.

    The engine compares status, definition and business key. `version`, `step`, `reason` (a part of it, in any case)
    and the times are compared here. `since` and `until` bound the start. `older_than_s`: it has been where it is for
    so long, at `step` if one is given; an ended one has been over for so long.
    """

    status: str = ""
    definition: str = ""
    business_key: str = ""
    version: int | None = None
    step: str = ""
    reason: str = ""
    since: datetime | None = None
    until: datetime | None = None
    older_than_s: float | None = None

    def __bool__(self) -> bool:
        return self != Filters()

    @property
    def by_engine(self) -> dict[str, str]:
        return {
            "definition_id": self.definition,
            "status": self.status,
            "business_key": self.business_key,
        }

    @property
    def is_counted_by_engine(self) -> bool:
        """Whether the engine's own filters are all there is."""
        return self == Filters(self.status, self.definition, self.business_key)

    @property
    def fixed_fields(self) -> list[str]:
        """Fields that are the same in all that fit: their columns say nothing new."""
        fixed = {
            "status": self.status,
            "definitionId": self.definition,
            "businessKey": self.business_key,
        }
        return [name for name, value in fixed.items() if value]

    @property
    def text(self) -> str:
        """`of loan v3, at score, FAILED, standing for 1h or longer`."""
        version = f"v{self.version}" if self.version is not None else ""
        of = " ".join(part for part in (self.definition, version) if part)
        parts = (
            (of, "of"),
            (self.business_key, "with key"),
            (self.step, "at"),
            (self.status, ""),
            (f'"{self.reason}"' if self.reason else "", "for a reason like"),
            (_iso(self.since), "started since"),
            (_iso(self.until), "started until"),
            (duration_text(self.older_than_s) if self.older_than_s else "", "standing for longer than"),
        )
        return ", ".join(f"{word} {what}".strip() for what, word in parts if what)


class Selection:
    """The instances that fit, newest first, as they are read.

    `most` bounds how many are read where the filters are not all the engine's; `always_bounded` in any case.
    `seen` are those that were read. `was_cut`: there are more.
    """

    def __init__(
        self,
        engine: AdminClient,
        filters: Filters,
        *,
        now: datetime,
        most: int = MOST_READ,
        always_bounded: bool = False,
    ) -> None:
        self._engine = engine
        self.filters = filters
        self._now = now
        self._most = most
        self._own = always_bounded or not filters.is_counted_by_engine
        self.seen = 0
        self.was_cut = False

    def instances(self, *statuses: str, limit: int | None = None) -> Iterator[Value]:
        """Those of each status in turn; without any, of the filters' status, at most `limit` of each."""
        for status in statuses or [self.filters.status]:
            asked = {**self.filters.by_engine, "status": status}
            found = self._engine.instances(**asked, limit=None if self._own else limit)
            yield from self._that_fit(found, limit) if self._own else found

    def _that_fit(self, found: Iterable[Value], limit: int | None) -> Iterator[Value]:
        yielded = 0
        for instance in found:
            if limit is not None and yielded >= limit:
                return
            if self.seen >= self._most:
                self.was_cut = True
                return
            self.seen += 1
            started = parse_time(instance.get("startedAt"))
            if self.filters.since and started and started < self.filters.since:
                # The list has the newest first.
                return
            if self._fits(instance, started):
                yielded += 1
                yield instance

    def _fits(self, instance: Value, started: datetime | None) -> bool:
        wanted = self.filters
        return (
            (wanted.version is None or instance.get("definitionVersion") == wanted.version)
            and (not wanted.step or wanted.step in steps_of_instance(instance))
            and wanted.reason.lower() in str(instance.get("failureReason") or "").lower()
            and (wanted.until is None or (started is not None and started <= wanted.until))
            and self._has_stood(instance, started)
        )

    def _has_stood(self, instance: Value, started: datetime | None) -> bool:
        """Asked last: the time at a step is only in the history, one request each."""
        if self.filters.older_than_s is None:
            return True
        latest = self._now - timedelta(seconds=self.filters.older_than_s)
        if started is None or started > latest:
            return False
        since = parse_time(self._since(instance)) or started
        return since <= latest

    def _since(self, instance: Value) -> Any:
        if instance.get("completedAt"):
            return instance["completedAt"]
        history = self._engine.client.get_instance_history(str(instance["id"]))
        step = self.filters.step
        rows = [row for row in history if not step or row.get("stepId") == step]
        times = [row[name] for row in rows for name in ("startedAt", "endedAt") if row.get(name)]
        return max(times, key=lambda text: parse_time(text) or self._now, default=None)


def steps_of_instance(instance: Mapping[str, Any]) -> Sequence[str]:
    """Where it is; a completed one is nowhere, whatever its list still says."""
    return texts(instance.get("currentStepIds")) if instance.get("status") != "COMPLETED" else []


def _iso(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""
