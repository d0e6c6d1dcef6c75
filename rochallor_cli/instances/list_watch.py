"""A list shown again whenever it changes: redrawn in place on a terminal, changed rows as lines on a pipe."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import NoReturn

from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.errors import UsageError
from rochallor_cli.instances.follow_displays import AWAY, BACK
from rochallor_cli.instances.polling import away_text
from rochallor_cli.output.columns import View
from rochallor_cli.output.printer import Printer
from workflow_sdk.errors import WorkflowSDKError

EVERY_S = 2.0


def watch_list(printer: Printer, view: View, read: Callable[[], list[Value]]) -> NoReturn:
    """Show what `read` gives, every two seconds, through an engine that restarts; Ctrl-C ends it."""
    if printer.settings.output in ("json", "yaml"):
        raise UsageError(
            f"--watch has no end, so it is no {printer.settings.output} document",
            hint="-o jsonl prints each instance that is new or has changed",
        )
    in_place = printer.for_people and printer.environment.stdout_is_terminal
    shown = _Redrawn(printer, view) if in_place else _Changes(printer, view)
    shown.show(read())
    away = False
    while True:
        printer.environment.sleep(EVERY_S)
        try:
            rows = read()
        except WorkflowSDKError as error:
            reason = away_text(error)
            if reason is None:
                raise
            if not away:
                printer.note(AWAY.format(reason))
            away = True
            continue
        if away:
            printer.note(BACK)
        away = False
        shown.show(rows)


class _Changes:
    """Rows that are new or have changed, the oldest of them first."""

    def __init__(self, printer: Printer, view: View) -> None:
        self._printer = printer
        self._view = view
        self._known: dict[str, Value] = {}

    def show(self, rows: Sequence[Value]) -> None:
        changed = [row for row in reversed(rows) if self._known.get(str(row.get("id"))) != row]
        self._known = {str(row.get("id")): row for row in rows}
        self._printer.rows(self._view, changed)
        self._printer.environment.stdout.flush()


class _Redrawn:
    """The table, in the place of the one before."""

    def __init__(self, printer: Printer, view: View) -> None:
        self._printer = printer
        self._view = view
        self._drawn = 0

    def show(self, rows: Sequence[Value]) -> None:
        # A picture taller than the terminal could not be redrawn.
        room = max(shutil.get_terminal_size().lines - 4, 3)
        lines = self._printer.table_lines(self._view, rows[:room]) if rows else ["no instances that fit"]
        if len(rows) > room:
            lines.append(f"  … {len(rows) - room:,} more")
        stdout = self._printer.environment.stdout
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        stdout.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        stdout.flush()
        self._drawn = len(lines)
