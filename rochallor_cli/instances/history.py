"""An instance's history as a timeline (one bar per step execution) and as a tree (branches by the definition)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rochallor_cli.definitions.edges import edges
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.reading import rows
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.step_states import state_text
from rochallor_cli.output.styles import state_style
from rochallor_cli.output.text_width import cells, fitted, harmless, padded
from rochallor_cli.output.times import parse_time, seconds_between

Value = Mapping[str, Any]

_PIPE_WIDTH = 100
_LEAST_BAR = 12
_LONGEST_NAME = 28
# Gaps, how long it took, and the state.
_BESIDE = 2 * 3 + 1 + 8 + 2 + 9
# Only these wait for somebody; what a service task does between claim and report is not recorded.
_WAITS = ("USER_TASK", "WAIT")
_TICKS_S = (
    0.001,
    0.002,
    0.005,
    0.01,
    0.02,
    0.05,
    0.1,
    0.2,
    0.5,
    1,
    2,
    5,
    10,
    20,
    30,
    60,
    120,
    300,
    600,
    1800,
)
_LONG_TICKS_S = (3600, 7200, 6 * 3600, 12 * 3600, 86400, 7 * 86400, 30 * 86400, 365 * 86400)
NO_RETRIES = "retries are not recorded by this engine"


def heading(instance: Value, now_s: float | None) -> str:
    """`loan v4 · APP-2024-001 · FAILED after 1m 12s`; of a dead one that nothing can move it (`verdict`)."""
    took = seconds_between(instance.get("startedAt"), instance.get("completedAt"))
    status = str(instance.get("status"))
    spent = f"after {duration_text(took)}" if took is not None else ""
    if took is None and now_s is not None:
        spent = f"for {duration_text(now_s)}"
    parts = [
        f"{instance.get('definitionId')} v{instance.get('definitionVersion')}",
        str(instance.get("businessKey") or ""),
        ", ".join(part for part in (f"{status} {spent}".strip(), str(instance.get("verdict") or "")) if part),
    ]
    return " · ".join(harmless(part) for part in parts if part)


@dataclass(frozen=True)
class _Scale:
    """Seconds of the whole, cells of the bar."""

    total_s: float
    width: int

    def cell(self, seconds: float) -> int:
        return min(max(int(seconds / self.total_s * self.width), 0), self.width - 1)


def timeline(printer: Printer, instance: Value, executions: Sequence[Value]) -> Iterator[str]:
    """A bar per step execution: light for waiting, open at the right while it goes on."""
    now = printer.environment.now()
    start = parse_time(instance.get("startedAt")) or now
    end = parse_time(instance.get("completedAt")) or now
    latest = max((parse_time(row.get("endedAt")) or start for row in executions), default=start)
    total_s = max((max(end, latest) - start).total_seconds(), 0.001)
    yield heading(instance, (now - start).total_seconds())
    kinds = max((len(str(row.get("stepType"))) for row in executions), default=0)
    room = (printer.width or _PIPE_WIDTH) - kinds - _BESIDE
    longest = max(min(_LONGEST_NAME, room - _LEAST_BAR), 6)
    names = [fitted(harmless(str(row.get("stepId"))), longest) for row in executions]
    widest = max((cells(name) for name in names), default=0)
    room -= widest
    scale = _Scale(total_s, max(room, _LEAST_BAR))
    indent = 2 + widest + 2 + kinds + 2
    yield " " * indent + _axis(scale)
    for name, row in zip(names, executions, strict=True):
        begun_s = seconds_between(instance.get("startedAt"), row.get("startedAt")) or 0.0
        bar = printer.paint(_bar(row, begun_s, scale), state_style(str(row.get("status"))))
        took = seconds_between(row.get("startedAt"), row.get("endedAt"))
        spent = duration_text(took) if took is not None else "open"
        left = harmless(f"  {padded(name, widest)}  {row.get('stepType')!s:<{kinds}}")
        yield f"{left}  {bar} {spent:>8}  {_state(row, instance)}"
        yield from _reasons(row, widest)


def _state(row: Value, instance: Value) -> str:
    """The recorded status; a step that still runs in an ended instance was left so by the engine."""
    return harmless(state_text(row, ended=bool(instance.get("completedAt"))))


def _reasons(row: Value, widest: int) -> Iterator[str]:
    if row.get("failureReason"):
        yield " " * (4 + widest) + harmless(str(row["failureReason"]))
        if row.get("stepType") == "SERVICE_TASK":
            yield " " * (4 + widest) + NO_RETRIES


def _bar(row: Value, begun_s: float, scale: _Scale) -> str:
    took = seconds_between(row.get("startedAt"), row.get("endedAt"))
    first = scale.cell(begun_s)
    last = scale.width - 1 if took is None else scale.cell(begun_s + took)
    # Nobody knows whether a worker has an open job.
    fill = "░" if row.get("stepType") in _WAITS or took is None else "█"
    body = fill * (last - first) or "▏"
    if took is None:
        body = (fill * (last - first)) + "▶"
    return (" " * first + body).ljust(scale.width)[: scale.width]


def _axis(scale: _Scale) -> str:
    """Tick labels under which the seconds stand, as many as have room."""
    ticks = (*_TICKS_S, *_LONG_TICKS_S)
    tick_s = next((tick for tick in ticks if tick / scale.total_s * scale.width >= 9), ticks[-1])
    line, number = "", 0
    while number * tick_s <= scale.total_s:
        place = scale.cell(number * tick_s)
        label = _tick(number * tick_s)
        if place + len(label) > scale.width or (line and place <= len(line)):
            break
        line = line.ljust(place) + label
        number += 1
    return line


def _tick(seconds: float) -> str:
    if seconds == 0:
        return "0s"
    return duration_text(seconds).replace(" ", "").replace(".0", "")


# --- tree ----------------------------------------------------------------------------------------


_OPENED_WITHIN = ("branch", "timer")


@dataclass
class _Branch:
    """Lines of one step, when it was entered first, and what lies inside it."""

    text: str
    entered: str = ""
    inner: list[_Branch] = field(default_factory=list)


def tree(
    printer: Printer, instance: Value, *, executions: Sequence[Value], definition: Value
) -> Iterator[str]:
    """The steps that were entered, branches of a gateway and targets of timers beneath what opened them."""
    by_step: dict[str, list[Value]] = {}
    for row in executions:
        by_step.setdefault(str(row.get("stepId")), []).append(row)
    steps = {str(step.get("id")): step for step in rows(definition.get("steps"))}
    walk = _TreeWalk(printer, instance, steps=steps, by_step=by_step)
    branches = walk.chain(next(iter(steps), ""), stop=frozenset())
    for step_id in by_step:
        branches += walk.chain(step_id, stop=frozenset())
    yield heading(instance, None)
    yield from _drawn(_in_order(branches), "")


class _TreeWalk:
    """Follows the definition through the steps that were entered; each step is shown once, with all its entries."""

    def __init__(
        self,
        printer: Printer,
        instance: Value,
        *,
        steps: Mapping[str, Value],
        by_step: Mapping[str, list[Value]],
    ) -> None:
        self._printer = printer
        self._instance = instance
        self._steps = steps
        self._by_step = by_step
        self._seen: set[str] = set()

    def chain(self, step_id: str, *, stop: frozenset[str]) -> list[_Branch]:
        """A step and what came after it on the same level, up to the join of the gateway around it."""
        branches: list[_Branch] = []
        waiting = [step_id]
        while waiting:
            current = waiting.pop(0)
            if current in self._seen or current in stop or current not in self._by_step:
                continue
            self._seen.add(current)
            step = self._steps.get(current, {})
            branch = _Branch(self._text(current, step), str(self._by_step[current][0].get("startedAt")))
            branches.append(branch)
            join = step.get("joinStep") if step.get("type") == "PARALLEL_GATEWAY" else None
            inner_stop = stop | {str(join)} if join else stop
            branch.inner = self._inner(step, inner_stop)
            waiting += [target for kind, target, _ in edges(step) if kind not in _OPENED_WITHIN]
            if join:
                waiting.append(str(join))
        return branches

    def _inner(self, step: Value, stop: frozenset[str]) -> list[_Branch]:
        """What a step opened: the branches of a gateway, the targets of timers."""
        found: list[_Branch] = []
        for kind, target, label in edges(step):
            inner = self.chain(target, stop=stop) if kind in _OPENED_WITHIN else []
            if kind == "timer" and inner:
                inner[0].text += f"  (timer {harmless(label)})"
            found += inner
        return _in_order(found)

    def _text(self, step_id: str, step: Value) -> str:
        rows = self._by_step[step_id]
        last = rows[-1]
        status = str(last.get("status"))
        took = seconds_between(last.get("startedAt"), last.get("endedAt"))
        times = f" ×{len(rows)}" if len(rows) > 1 else ""
        spent = f"  {duration_text(took)}" if took else ""
        state = self._printer.paint(_state(last, self._instance), state_style(status))
        reason = f"  {harmless(str(last['failureReason']))}" if last.get("failureReason") else ""
        return f"{harmless(step_id)}  {harmless(str(last.get('stepType')))}  {state}{times}{spent}{reason}"


def _in_order(branches: list[_Branch]) -> list[_Branch]:
    """In order of time; what was entered in one moment stays in the order of the definition."""
    return sorted(branches, key=lambda branch: parse_time(branch.entered) or datetime.max.replace(tzinfo=UTC))


def _drawn(branches: Sequence[_Branch], indent: str) -> Iterator[str]:
    for number, branch in enumerate(branches):
        last = number == len(branches) - 1
        yield f"{indent}{'└─' if last else '├─'} {branch.text}"
        yield from _drawn(branch.inner, indent + ("   " if last else "│  "))
