"""``now``, ``date``, ``duration``, ``timezone``"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.evaluation_state import Run
from rochallor_cli.dev_engine.expression.values.operators import to_text
from rochallor_cli.dev_engine.expression.values.time_layouts import DEFAULT_LAYOUTS, parse_time
from rochallor_cli.dev_engine.expression.values.times import (
    Duration,
    Location,
    Time,
    duration_of,
    location_named,
    time_of,
)


def now(run: Run, location: object = None) -> Time:
    """``now()``: the engine's clock, one moment for the whole evaluation."""
    moment = time_of(run.now)
    return moment.within(location) if isinstance(location, Location) else moment


def date(_run: Run, *arguments: object) -> Time:
    """``date(text)``, ``date(text, layout)``, ``date(text, layout, zone)``; a zone may stand in front."""
    location = arguments[0] if isinstance(arguments[0], Location) else None
    texts = arguments[1:] if location else arguments
    if not texts:
        raise Fault("runtime error: index out of range [0] with length 0")
    text, *rest = map(to_text, texts)
    if len(rest) == 1:
        return parse_time(text, rest[0], location)
    if len(rest) == 2:
        return parse_time(text, rest[0], location_named(rest[1]))
    for layout in DEFAULT_LAYOUTS:
        try:
            return parse_time(text, layout, location)
        except Fault:
            continue
    raise Fault(f"invalid date {text}")


def duration(_run: Run, text: object) -> Duration:
    """``duration("1h30m")``"""
    return duration_of(to_text(text))


def timezone(_run: Run, name: object) -> Location:
    """``timezone("Europe/Prague")``"""
    return location_named(to_text(name))


TIME_FUNCTIONS: Final[dict[str, Callable[..., object]]] = {
    "now": now,
    "date": date,
    "duration": duration,
    "timezone": timezone,
}
