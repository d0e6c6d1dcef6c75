"""Who shows an instance that is followed: a live panel, one line an event, jsonl for programs, or nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import Value
from rochallor_cli.instances.polling import InstanceSnapshot, waits_for
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.step_states import state_text
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.text_width import cells, fitted, harmless, padded
from rochallor_cli.output.times import seconds_between

AWAY = "engine unreachable: {}. Asking again."
BACK = "engine reachable again"
# More than these have no room beneath the steps.
_MOST_HINTS = 4
_MARKS = {"COMPLETED": "●", "FAILED": "✗", "RUNNING": "◌"}

NoteFor = Callable[[Value], str]


class Follower(Protocol):
    """Shows snapshots as they come."""

    def show(self, snapshot: InstanceSnapshot) -> None: ...

    def has_shown(self, reason: str) -> bool:
        """Whether a reason of failure stands on the screen, whole."""
        ...


def follower_for(printer: Printer, *, note_for: NoteFor | None = None) -> Follower:
    """A panel, lines or jsonl, by format and terminal."""
    if not printer.for_people:
        return EventStream(printer) if printer.settings.output == "jsonl" else NoDisplay()
    if printer.environment.stdout_is_terminal and printer.environment.environ.get("TERM") != "dumb":
        return LivePanel(printer, note_for or _no_note)
    return EventLines(printer, note_for or _no_note)


def _no_note(execution: Value) -> str:
    return ""


def _seconds(execution: Value) -> str:
    """How long it took; nothing for what the engine passes in no time."""
    took = seconds_between(execution.get("startedAt"), execution.get("endedAt"))
    return duration_text(took) if took else ""


class NoDisplay:
    """For formats that print one value at the end."""

    def show(self, snapshot: InstanceSnapshot) -> None:
        """Nothing to see before the end."""

    def has_shown(self, reason: str) -> bool:
        return False


class _Events:
    """What is new in each snapshot: step executions that began or changed, and the instance's status."""

    def __init__(self) -> None:
        self._executions: dict[str, str] = {}
        self._status = ""
        self._verdict = ""
        self._away = False

    def of(self, snapshot: InstanceSnapshot) -> Iterator[tuple[str, Any]]:
        """("away", reason), ("back", ""), ("step", execution), ("instance", instance), ("stuck", verdict)."""
        if bool(snapshot.away) != self._away:
            self._away = bool(snapshot.away)
            yield ("away", snapshot.away) if self._away else ("back", "")
        for execution in snapshot.executions:
            status = str(execution.get("status"))
            if self._executions.get(str(execution.get("id"))) != status:
                self._executions[str(execution.get("id"))] = status
                yield "step", execution
        if "status" in snapshot.instance and snapshot.instance["status"] != self._status:
            self._status = str(snapshot.instance["status"])
            yield "instance", snapshot.instance
        if snapshot.verdict and snapshot.verdict != self._verdict:
            yield "stuck", snapshot.verdict
        self._verdict = snapshot.verdict


class EventStream:
    """One JSON object a line: `event` is step, instance, stuck, engine-away or engine-back."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._events = _Events()

    def show(self, snapshot: InstanceSnapshot) -> None:
        for kind, value in self._events.of(snapshot):
            if kind in ("away", "back"):
                self._printer.event({"event": f"engine-{kind}", "reason": value})
            elif kind == "stuck":
                self._printer.event({"event": kind, "id": snapshot.instance["id"], "reason": value})
            else:
                self._printer.event({"event": kind, **value})

    def has_shown(self, reason: str) -> bool:
        return True


class EventLines:
    """One line an event, for pipes and logs."""

    def __init__(self, printer: Printer, note_for: NoteFor) -> None:
        self._printer = printer
        self._note_for = note_for
        self._events = _Events()
        self._reasons: set[str] = set()

    def has_shown(self, reason: str) -> bool:
        return reason in self._reasons

    def show(self, snapshot: InstanceSnapshot) -> None:
        for kind, value in self._events.of(snapshot):
            for line in self._lines(kind, value, snapshot):
                self._printer.line(line)
        self._printer.environment.stdout.flush()

    def _lines(self, kind: str, value: Any, snapshot: InstanceSnapshot) -> Iterator[str]:
        if kind == "away":
            self._printer.note(AWAY.format(value))
        elif kind == "back":
            self._printer.note(BACK)
        elif kind == "step":
            step, kind = (harmless(str(value.get(key))) for key in ("stepId", "stepType"))
            status = harmless(state_text(value, ended=snapshot.ended))
            tail = self._tail(value)
            yield f"{padded(step, 20)}  {kind:<16}  {status:<9}  {_seconds(value):>8}  {tail}".rstrip()
        else:
            for hint in waits_for(snapshot):
                yield harmless(f"{snapshot.instance.get('status')}  {hint}")

    def _tail(self, execution: Value) -> str:
        if execution.get("status") == "COMPLETED":
            return harmless(self._note_for(execution))
        reason = harmless(str(execution.get("failureReason") or ""))
        self._reasons.add(reason)
        return reason


def _hint_lines(text: str, width: int) -> list[str]:
    """A hint with its command, which stands on a line of its own where both do not fit."""
    if cells(text) + 2 <= width:
        return [f"  {text}"]
    what, colon, command = text.partition(": ")
    return [
        fitted(f"  {what}{colon.strip()}", width),
        *([fitted(f"    {command}", width)] if command else []),
    ]


class LivePanel:
    """The steps so far, redrawn in place; the terminal is left with the last picture, the cursor beneath it."""

    def __init__(self, printer: Printer, note_for: NoteFor) -> None:
        self._printer = printer
        self._note_for = note_for
        self._drawn = 0
        self._last: list[str] = []

    def has_shown(self, reason: str) -> bool:
        return any(line.endswith(f"  {reason}") for line in self._last)

    def show(self, snapshot: InstanceSnapshot) -> None:
        lines = self._picture(snapshot)
        if lines == self._last:
            return
        stdout = self._printer.environment.stdout
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        stdout.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        stdout.flush()
        self._drawn, self._last = len(lines), lines

    def _picture(self, snapshot: InstanceSnapshot) -> list[str]:
        width = self._printer.environment.columns
        rows = snapshot.executions[-self._room() :]
        left_out = len(snapshot.executions) - len(rows)
        names = [harmless(str(row.get("stepId"))) for row in rows]
        widest = min(max((cells(name) for name in names), default=0), max(width // 3, 10))
        lines = [f"  … {left_out} earlier"] if left_out else []
        lines += [
            self._line(row, name, widest=widest, width=width, ended=snapshot.ended)
            for row, name in zip(rows, names, strict=True)
        ]
        footer = [AWAY.format(snapshot.away)] if snapshot.away else waits_for(snapshot)[:_MOST_HINTS]
        if footer:
            lines += ["", *(line for text in footer for line in _hint_lines(harmless(text), width - 1))]
        return lines

    def _room(self) -> int:
        """How many steps fit: a picture taller than the terminal cannot be redrawn."""
        import shutil

        return max(shutil.get_terminal_size().lines - 4 - 2 * _MOST_HINTS, 3)

    def _line(self, row: Value, name: str, *, widest: int, width: int, ended: bool) -> str:
        status = harmless(str(row.get("status")))
        mark = f"{_MARKS.get(status, '·')} {harmless(state_text(row, ended=ended))}"
        tail = self._note_for(row) if status == "COMPLETED" else str(row.get("failureReason") or "")
        kind = harmless(str(row.get("stepType") or ""))
        head = f"  {padded(fitted(name, widest), widest)}  {kind:<16}"
        text = f"{head}  {mark:<12}{_seconds(row):>8}  {harmless(tail)}".rstrip()
        text = fitted(text, width - 1)
        return text.replace(mark, self._printer.paint(mark, state_style(status)), 1)
