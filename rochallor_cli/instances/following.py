"""Following an instance: a live panel on a terminal, one line an event on a pipe, jsonl for programs.

It asks gently, and goes on through an engine that restarts: only the very first request may fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from rochallor_cli.durations import spoken_duration
from rochallor_cli.engine import ENDED, Engine, Value
from rochallor_cli.environment import Environment
from rochallor_cli.errors import CliError, WaitRanOutError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.text_width import cells, fitted, harmless, padded
from rochallor_cli.output.times import seconds_between
from workflow_sdk.errors import EngineClientError, EngineUnreachableError

QUICKEST_S = 0.04
SLOWEST_S = 1.0
_SLOWER = 1.4
_AWAY = "engine unreachable: {}. Asking again."
_BACK = "engine reachable again"
_MARKS = {"COMPLETED": "●", "FAILED": "✗", "RUNNING": "◌"}

NoteFor = Callable[[Value], str]


@dataclass(frozen=True)
class Snapshot:
    """The instance at one moment. `away` says why the engine did not answer this time (the values are older then)."""

    instance: Value
    executions: list[Value]
    away: str = ""

    @property
    def ended(self) -> bool:
        return self.instance.get("status") in ENDED


class Follower(Protocol):
    """Shows snapshots as they come."""

    def show(self, snapshot: Snapshot) -> None: ...


def snapshots(
    engine: Engine,
    instance_id: str,
    environment: Environment,
    *,
    timeout_s: float | None = None,
    with_history: bool = True,
) -> Iterator[Snapshot]:
    """The instance until it has ended. Raises WaitRanOutError after `timeout_s`; the first request may raise."""
    deadline = None if timeout_s is None else environment.monotonic() + timeout_s
    current = _ask(engine, instance_id, with_history)
    pause_s = QUICKEST_S
    while True:
        yield current
        if current.ended and not current.away:
            return
        left_s = None if deadline is None else deadline - environment.monotonic()
        if left_s is not None and left_s <= 0:
            raise _ran_out(current, timeout_s or 0.0)
        environment.sleep(pause_s if left_s is None else min(pause_s, left_s))
        before, current = current, _ask_again(engine, instance_id, with_history, current)
        changed = (before.instance, before.executions) != (current.instance, current.executions)
        pause_s = QUICKEST_S if changed else min(pause_s * _SLOWER, SLOWEST_S)


def _ask(engine: Engine, instance_id: str, with_history: bool) -> Snapshot:
    # The instance is read first: a history read after the end holds every step.
    instance = engine.instance(instance_id)
    return Snapshot(instance, engine.history(instance_id) if with_history else [])


def _ask_again(engine: Engine, instance_id: str, with_history: bool, last: Snapshot) -> Snapshot:
    try:
        return _ask(engine, instance_id, with_history)
    except EngineUnreachableError as error:
        return Snapshot(last.instance, last.executions, error.message)
    except EngineClientError as error:
        if error.status_code < 500 and error.status_code != 429:
            raise
        return Snapshot(last.instance, last.executions, str(error))


def _ran_out(snapshot: Snapshot, timeout_s: float) -> CliError:
    instance = snapshot.instance
    if snapshot.away:
        message = f"the engine does not answer ({snapshot.away}); waited {spoken_duration(timeout_s)}"
        return CliError(
            message, hint=f"rochallor instances get {instance['id']}", exit_status=ExitStatus.UNREACHABLE
        )
    at = ", ".join(instance.get("currentStepIds") or []) or "no step"
    message = f"{instance['id']} is still {instance['status']} at {at} after {spoken_duration(timeout_s)}"
    return WaitRanOutError(message, hint=f"it goes on; rochallor instances watch {instance['id']}")


def follow_instance(
    engine: Engine,
    instance_id: str,
    printer: Printer,
    *,
    timeout_s: float | None = None,
    note_for: NoteFor | None = None,
) -> Value:
    """Show the instance until it has ended; → the ended instance.

    `note_for` may add a few words to a step execution's line (the demo names the variables a step set).
    """
    follower = follower_for(printer, note_for=note_for)
    instance: Value = {}
    for snapshot in snapshots(engine, instance_id, printer.environment, timeout_s=timeout_s):
        follower.show(snapshot)
        instance = snapshot.instance
    return instance


def follower_for(printer: Printer, *, note_for: NoteFor | None = None) -> Follower:
    """A panel, lines or jsonl, by format and terminal."""
    if not printer.for_people:
        return EventStream(printer) if printer.settings.output == "jsonl" else Silence()
    if printer.environment.stdout_is_terminal and printer.environment.environ.get("TERM") != "dumb":
        return LivePanel(printer, note_for or _no_note)
    return EventLines(printer, note_for or _no_note)


def wait_for(engine: Engine, instance_id: str, printer: Printer, *, timeout_s: float | None) -> Value:
    """The instance once it has ended; nothing is shown but that the engine is away, and back."""
    away, instance = "", Value()
    for snapshot in snapshots(
        engine, instance_id, printer.environment, timeout_s=timeout_s, with_history=False
    ):
        if bool(snapshot.away) != bool(away):
            printer.note(_AWAY.format(snapshot.away) if snapshot.away else _BACK)
        away, instance = snapshot.away, snapshot.instance
    return instance


def status_of_outcome(instance: Value) -> ExitStatus:
    """0 for COMPLETED, 9 for FAILED and CANCELLED."""
    return ExitStatus.DONE if instance.get("status") == "COMPLETED" else ExitStatus.FAILED


def outcome_text(instance: Value) -> str:
    """`COMPLETED in 74 ms`, with the reason beneath when there is one."""
    took = seconds_between(instance.get("startedAt"), instance.get("completedAt"))
    text = str(instance.get("status"))
    if took is not None:
        text += f" {'in' if text == 'COMPLETED' else 'after'} {spoken_duration(took)}"
    reason = instance.get("failureReason")
    return f"{text}: {harmless(str(reason))}" if reason else text


def waits_for(snapshot: Snapshot) -> str:
    """What would let a WAITING instance go on, as a command; "" when nothing waits for a person or a signal."""
    if snapshot.instance.get("status") != "WAITING":
        return ""
    instance_id = snapshot.instance["id"]
    for execution in snapshot.executions:
        if execution.get("status") == "RUNNING":
            step = execution.get("stepId")
            if execution.get("stepType") == "USER_TASK":
                return f"waits for a person: rochallor tasks complete {instance_id} {step}"
            if execution.get("stepType") == "WAIT":
                return f"waits for a signal: rochallor instances signal {instance_id} {step}"
    return ""


def _no_note(execution: Value) -> str:
    return ""


def _seconds(execution: Value) -> str:
    """How long it took; nothing for what the engine passes in no time."""
    took = seconds_between(execution.get("startedAt"), execution.get("endedAt"))
    return spoken_duration(took) if took else ""


class Silence:
    """For formats that print one value at the end."""

    def show(self, snapshot: Snapshot) -> None:
        """Nothing to see before the end."""


class _Events:
    """What is new in each snapshot: step executions that began or changed, and the instance's status."""

    def __init__(self) -> None:
        self._executions: dict[str, str] = {}
        self._status = ""
        self._away = False

    def of(self, snapshot: Snapshot) -> Iterator[tuple[str, Any]]:
        """("away", reason), ("back", ""), ("step", execution), ("instance", instance)."""
        if bool(snapshot.away) != self._away:
            self._away = bool(snapshot.away)
            yield ("away", snapshot.away) if self._away else ("back", "")
        for execution in snapshot.executions:
            status = str(execution.get("status"))
            if self._executions.get(str(execution.get("id"))) != status:
                self._executions[str(execution.get("id"))] = status
                yield "step", execution
        if snapshot.instance.get("status") != self._status:
            self._status = str(snapshot.instance.get("status"))
            yield "instance", snapshot.instance


class EventStream:
    """One JSON object a line: `event` is step, instance, engine-away or engine-back."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._events = _Events()

    def show(self, snapshot: Snapshot) -> None:
        for kind, value in self._events.of(snapshot):
            if kind in ("away", "back"):
                self._printer.event({"event": f"engine-{kind}", "reason": value})
            else:
                self._printer.event({"event": kind, **value})


class EventLines:
    """One line an event, for pipes and logs."""

    def __init__(self, printer: Printer, note_for: NoteFor) -> None:
        self._printer = printer
        self._note_for = note_for
        self._events = _Events()

    def show(self, snapshot: Snapshot) -> None:
        for kind, value in self._events.of(snapshot):
            for line in self._lines(kind, value, snapshot):
                self._printer.line(line)
        self._printer.environment.stdout.flush()

    def _lines(self, kind: str, value: Any, snapshot: Snapshot) -> Iterator[str]:
        if kind == "away":
            self._printer.note(_AWAY.format(value))
        elif kind == "back":
            self._printer.note(_BACK)
        elif kind == "step":
            step, kind = harmless(str(value.get("stepId"))), str(value.get("stepType"))
            status = str(value.get("status"))
            tail = self._note_for(value) if status == "COMPLETED" else value.get("failureReason") or ""
            line = (
                f"{padded(step, 20)}  {kind:<16}  {status.lower():<9}  {_seconds(value):>8}  {harmless(tail)}"
            )
            yield line.rstrip()
        elif hint := waits_for(snapshot):
            yield f"{value.get('status')}  {hint}"


class LivePanel:
    """The steps so far, redrawn in place; the terminal is left with the last picture, the cursor beneath it."""

    def __init__(self, printer: Printer, note_for: NoteFor) -> None:
        self._printer = printer
        self._note_for = note_for
        self._drawn = 0
        self._last: list[str] = []

    def show(self, snapshot: Snapshot) -> None:
        lines = self._picture(snapshot)
        if lines == self._last:
            return
        stdout = self._printer.environment.stdout
        up = f"\x1b[{self._drawn}F" if self._drawn else ""
        stdout.write(up + "".join(f"\x1b[2K{line}\n" for line in lines) + "\x1b[J")
        stdout.flush()
        self._drawn, self._last = len(lines), lines

    def _picture(self, snapshot: Snapshot) -> list[str]:
        width = self._printer.environment.columns
        rows = snapshot.executions[-self._room() :]
        left_out = len(snapshot.executions) - len(rows)
        names = [harmless(str(row.get("stepId"))) for row in rows]
        widest = min(max((cells(name) for name in names), default=0), max(width // 3, 10))
        lines = [f"  … {left_out} earlier"] if left_out else []
        lines += [
            self._line(row, name, widest=widest, width=width) for row, name in zip(rows, names, strict=True)
        ]
        footer = (
            f"engine unreachable: {snapshot.away}. Asking again." if snapshot.away else waits_for(snapshot)
        )
        if footer:
            lines += ["", fitted(f"  {footer}", width - 1)]
        return lines

    def _room(self) -> int:
        """How many steps fit: a picture taller than the terminal cannot be redrawn."""
        import shutil

        return max(shutil.get_terminal_size().lines - 5, 3)

    def _line(self, row: Value, name: str, *, widest: int, width: int) -> str:
        status = str(row.get("status"))
        mark = f"{_MARKS.get(status, '·')} {status.lower()}"
        tail = self._note_for(row) if status == "COMPLETED" else str(row.get("failureReason") or "")
        head = f"  {padded(fitted(name, widest), widest)}  {row.get('stepType', ''):<16}"
        text = f"{head}  {mark:<12}{_seconds(row):>8}  {harmless(tail)}".rstrip()
        text = fitted(text, width - 1)
        return text.replace(mark, self._printer.paint(mark, state_style(status)), 1)
