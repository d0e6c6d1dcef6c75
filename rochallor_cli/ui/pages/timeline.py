"""Step executions as bars: where each begins and how long it lasts, in thousandths of the whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil, log
from typing import Any

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import ENDED, Value
from rochallor_cli.output.step_states import state_text
from rochallor_cli.output.times import parse_time, seconds_between

WHOLE = 1000
_LEAST = 4
_STEP = 1.1
# What is drawn of a long history: its end.
MOST_ROWS = 300


def timeline(instance: Value, executions: Sequence[Value], now: datetime) -> list[dict[str, Any]]:
    """A row for each of the last executions, with `left` and `width` of its bar and its state in words."""
    is_over = instance.get("status") in ENDED
    shown = executions[-MOST_ROWS:]
    begun = [moment for row in shown if (moment := parse_time(row.get("startedAt")))]
    start = min(begun, default=now)
    end = _end(instance, shown, start=start, now=now if not is_over else None)
    total_s = max((end - start).total_seconds(), 0.001)
    if not is_over:
        # In steps of a tenth, so that a bar that grows is not news at every look.
        total_s = _STEP ** ceil(log(total_s, _STEP))
    return [_row(row, start, total_s, is_over=is_over) for row in shown]


def _end(instance: Value, rows: Sequence[Value], *, start: datetime, now: datetime | None) -> datetime:
    texts = [instance.get("completedAt"), *(row.get("endedAt") for row in rows)]
    ends = [moment for text in texts if (moment := parse_time(text))]
    return max([*ends, start, *([now] if now else [])])


def _row(row: Value, start: datetime, total_s: float, *, is_over: bool) -> dict[str, Any]:
    begun = parse_time(row.get("startedAt"))
    begun_s = (begun - start).total_seconds() if begun else 0.0
    took_s = seconds_between(row.get("startedAt"), row.get("endedAt"))
    left = min(max(round(begun_s / total_s * WHOLE), 0), WHOLE - _LEAST)
    length = WHOLE - left if took_s is None else round(took_s / total_s * WHOLE)
    return {
        "step": str(row.get("stepId")),
        "type": str(row.get("stepType")),
        "left": left,
        "width": min(max(length, _LEAST), WHOLE - left),
        "took": "" if took_s is None else duration_text(took_s),
        "state": state_text(row, ended=is_over),
        "reason": row.get("failureReason"),
    }
