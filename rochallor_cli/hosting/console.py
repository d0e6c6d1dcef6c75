"""What a host says at its start and end: tables on a terminal, log lines elsewhere."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TextIO

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.counting import count_text
from rochallor_cli.durations import duration_text
from rochallor_cli.handler_modules.loading import place_of
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.health.status import TypeSummary, WorkerSummary, merged_types
from rochallor_cli.output.columns import Column
from rochallor_cli.output.table import table_lines
from rochallor_cli.output.table_cell import Cell
from rochallor_cli.version import VERSION
from workflow_sdk.handler.registry import Handler

log = logging.getLogger("rochallor.host")


@dataclass(frozen=True)
class HandlerRow:
    """A line of the start banner."""

    job_type: str
    place: str
    kind: str
    slots: int


def handler_rows(handlers: Iterable[Handler], config: WorkerConfig) -> list[HandlerRow]:
    """The handlers a worker serves, with the slots each type may take."""
    served = [handler for handler in handlers if not config.job_types or handler.job_type in config.job_types]
    return [
        HandlerRow(
            handler.job_type,
            place_of(handler),
            "async" if handler.is_async else "sync",
            min(handler.parallelism or config.parallelism, config.parallelism),
        )
        for handler in served
    ]


class HostConsole:
    """Speaks to `stream` where it is a terminal of so many columns, else through the log."""

    def __init__(self, stream: TextIO, *, is_terminal: bool, columns: int = 80) -> None:
        self._stream = stream
        self._is_terminal = is_terminal
        self._columns = columns

    def banner(self, worker: WorkerConfig, rows: Sequence[HandlerRow], engine: EngineAccess) -> None:
        """Who serves what, for which engine."""
        where = engine.where or engine.url
        pause = f", idle every {worker.poll_interval_s:g} s" if worker.mode == "poll" else ""
        how = f"{worker.mode}, {count_text(worker.parallelism, 'slot')}{pause}"
        if not self._is_terminal:
            types = ", ".join(row.job_type for row in rows)
            log.info(
                "rochallor %s worker %s; engine %s; %s; serves %s",
                VERSION,
                worker.worker_id,
                where,
                how,
                types,
            )
            return
        who, what = f"rochallor {VERSION}  worker {worker.worker_id}", f"engine {where}  ·  {how}"
        line = f"{who}  ·  {what}"
        self._print(*([line] if len(line) < self._columns else [who, what]))
        self._print(*self._handlers(rows))

    def _handlers(self, rows: Sequence[HandlerRow]) -> list[str]:
        """The table of handlers; on a narrow terminal their places give way: function first, then folders."""

        def lines(place: Callable[[str], str]) -> list[str]:
            cells = [(row.job_type, place(row.place), row.kind, str(row.slots)) for row in rows]
            return table(("JOB TYPE", "HANDLER", "KIND", "SLOTS"), cells, right=(3,))

        for place in (str, _without_function, _without_folders):
            shown = lines(place)
            if len(shown[0]) < self._columns:
                break
        return shown

    def summary(self, summaries: Sequence[WorkerSummary]) -> None:
        """What became of the jobs, one row a type."""
        types = [entry for entry in merged_types(summaries) if entry.done or entry.failed or entry.retried]
        if not types:
            return
        if not self._is_terminal:
            for entry in types:
                log.info(
                    "%s: %d done, %d failed, %d retried, p50 %s, p99 %s",
                    entry.job_type,
                    *_counts(entry),
                    *_times(entry),
                )
            return
        header = ("JOB TYPE", "DONE", "FAILED", "RETRIED", "P50", "P99")
        cells = [(e.job_type, *(f"{count:,}" for count in _counts(e)), *_times(e)) for e in types]
        self._print("", *table(header, cells, right=(1, 2, 3, 4, 5)))

    def _print(self, *lines: str) -> None:
        try:
            self._stream.write("".join(f"{line}\n" for line in lines))
            self._stream.flush()
        except (OSError, ValueError):
            return  # the terminal is gone: nobody reads


def _without_function(place: str) -> str:
    return place.rpartition(" ")[0] or place


def _without_folders(place: str) -> str:
    return _without_function(place).rpartition("/")[2]


def _counts(entry: TypeSummary) -> tuple[int, int, int]:
    return entry.done, entry.failed, entry.retried


def _times(entry: TypeSummary) -> tuple[str, str]:
    return _seconds_text(entry.p50_s), _seconds_text(entry.p99_s)


def _seconds_text(seconds: float | None) -> str:
    return "-" if seconds is None else duration_text(seconds)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Aligned columns, two blanks apart and two in front; columns named in `right` are flush right."""
    columns = [Column(title, title, right=index in right) for index, title in enumerate(header)]
    cells = [[Cell(text) for text in row] for row in rows]
    return table_lines(columns, cells, available=None, headers=True, colored=False)
