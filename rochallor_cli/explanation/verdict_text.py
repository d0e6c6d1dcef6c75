"""A verdict in a few words, for views that show an instance and must not show a dead one as going on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.explanation.explaining import STUCK, Explanation, confirmed, confirmed_of
from rochallor_cli.explanation.facts import FactsReader
from rochallor_cli.explanation.movers import OF_ENGINE, Mover
from rochallor_cli.output.times import parse_time
from workflow_sdk.errors import EngineUnreachableError


def judged(
    engine: AdminClient, instance_id: str, versions: Sequence[str], *, now: Callable[[], datetime]
) -> Explanation | None:
    """The explanation of an instance; None where it cannot be explained."""
    try:
        return confirmed(FactsReader(engine), instance_id, versions, now=now)[0]
    except Exception:  # noqa: BLE001 - a view of odd data shows what it has; `instances explain` says what is odd
        return None


def judged_of(
    reader: FactsReader, instance: Value, versions: Sequence[str], *, now: Callable[[], datetime]
) -> Explanation | None:
    """The explanation of one from a list; None where it cannot be explained."""
    try:
        return confirmed_of(reader, instance, versions, now=now)
    except EngineUnreachableError:
        raise
    except Exception:  # noqa: BLE001 - odd rows are no reason to say nothing of the others
        return None


def stuck_text(
    engine: AdminClient, instance_id: str, versions: Sequence[str], *, now: Callable[[], datetime]
) -> str:
    """`nothing can move it (W302)`; "" for one that something can move, that has ended or cannot be explained."""
    found = judged(engine, instance_id, versions, now=now)
    return "" if found is None else verdict_text(found)


def verdict_text(found: Explanation) -> str:
    """The same of an explanation that there is already."""
    if found.verdict != STUCK:
        return ""
    codes = f" ({', '.join(found.codes)})" if found.codes else ""
    return f"{'' if found.certain else 'likely '}nothing can move it{codes}"


def awaited_lines(found: Explanation, now: datetime) -> list[str]:
    """`import  waits for a worker that serves import-data, or runs at one, for 2m`, a line for each open place."""
    return [
        f"{mover.step}  {awaited_of(mover)}{_for(mover.since, now)}"
        for mover in found.moved_by
        if mover.kind != "timer" and mover.answers_500 != "always"
    ]


def awaited_of(mover: Mover) -> str:
    """Whom an open place waits for."""
    whom = {
        "user-task": "for a person",
        "signal": "for a signal",
        OF_ENGINE: "for what only the engine knows: its type is not known here",
    }
    return f"waits {whom.get(mover.kind, f'for a worker that serves {mover.job_type}, or runs at one')}"


def _for(since: str | None, now: datetime) -> str:
    moment = parse_time(since)
    return "" if moment is None else f", for {duration_text((now - moment).total_seconds())}"
