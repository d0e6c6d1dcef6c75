"""The methods of times, durations, months, weekdays and zones: ``date(x).Year()``, ``d.Hours()``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rochallor_cli.dev_engine.expression import go_types as t
from rochallor_cli.dev_engine.expression.errors import Fault
from rochallor_cli.dev_engine.expression.go_types import GoType, function
from rochallor_cli.dev_engine.expression.values.numbers import LARGEST, SMALLEST, wrapped
from rochallor_cli.dev_engine.expression.values.time_layouts import RFC3339_NANO, format_time
from rochallor_cli.dev_engine.expression.values.times import (
    DAY_S,
    HOUR,
    MICROSECOND,
    MILLISECOND,
    MINUTE,
    SECOND,
    UTC_LOCATION,
    Duration,
    Location,
    Month,
    Time,
    date_of_days,
    days_of_date,
    time_in,
)
from rochallor_cli.dev_engine.expression.values.values import Function, Int64


@dataclass(frozen=True, slots=True)
class Method:
    """A method: its type without the receiver, and what it does with receiver and arguments."""

    type: GoType
    call: Callable[..., object]


def _method(result: GoType | tuple[GoType, ...], call: Callable[..., object], *parameters: GoType) -> Method:
    results = result if isinstance(result, tuple) else (result,)
    return Method(function(*parameters, results=results), call)


def _add_date(time: Time, years: int, months: int, days: int) -> Time:
    year, month, day = time.date
    month_index = year * 12 + month - 1 + years * 12 + months
    local_days = days_of_date(month_index // 12, month_index % 12 + 1, 1) + day - 1 + days
    if abs(local_days) > _MOST_DAYS:
        raise Fault("time out of range")
    return time_in(time.location, local_days * DAY_S + time.local_s % DAY_S, time.nanos)


_MOST_DAYS: Final = 10**11


def _iso_week(time: Time) -> tuple[int, int]:
    days = time.local_s // DAY_S
    thursday = days - (time.weekday - 1) % 7 + 3
    year = date_of_days(thursday)[0]
    return year, (thursday - days_of_date(year, 1, 1)) // 7 + 1


def _truncated(time: Time, step: int) -> Time:
    """Down to a multiple of the step since year 1."""
    return time if step <= 0 else time.plus(-_since_year_one(time, step))


def _rounded(time: Time, step: int) -> Time:
    if step <= 0:
        return time
    rest = _since_year_one(time, step)
    return time.plus(-rest if rest + rest < step else step - rest)


def _since_year_one(time: Time, step: int) -> int:
    return ((time.unix_s + 62_135_596_800) * SECOND + time.nanos) % step


def _duration_truncated(duration: Duration, step: int) -> Duration:
    return duration if step <= 0 else Duration(_cut(int(duration), step))


def _cut(number: int, step: int) -> int:
    """Towards zero to a multiple of the step."""
    return (abs(number) // step) * step * (-1 if number < 0 else 1)


def _duration_rounded(duration: Duration, step: int) -> Duration:
    if step <= 0:
        return duration
    size = abs(int(duration))
    rest = size % step
    size = size - rest if rest + rest < step else size + step - rest
    number = -size if duration < 0 else size
    return Duration(min(max(number, SMALLEST), LARGEST))


def _compared(time: Time, other: Time) -> int:
    return (time.instant > other.instant) - (time.instant < other.instant)


def _unix_micros(time: Time) -> Int64:
    return Int64(wrapped(time.unix_s * 1_000_000 + time.nanos // MICROSECOND))


def _unix_nanos(time: Time) -> Int64:
    return Int64(wrapped(time.unix_s * SECOND + time.nanos))


_TIME: Final = {
    "Year": _method(t.INT, lambda time: time.date[0]),
    "Month": _method(t.MONTH, lambda time: Month(time.date[1])),
    "Day": _method(t.INT, lambda time: time.date[2]),
    "Hour": _method(t.INT, lambda time: time.clock[0]),
    "Minute": _method(t.INT, lambda time: time.clock[1]),
    "Second": _method(t.INT, lambda time: time.clock[2]),
    "Nanosecond": _method(t.INT, lambda time: time.nanos),
    "Weekday": _method(t.WEEKDAY, lambda time: time.weekday),
    "YearDay": _method(t.INT, lambda time: time.year_day),
    "Unix": _method(t.INT64, lambda time: Int64(time.unix_s)),
    "UnixMilli": _method(t.INT64, lambda time: Int64(time.unix_s * 1_000 + time.nanos // MILLISECOND)),
    "UnixMicro": _method(t.INT64, _unix_micros),
    "UnixNano": _method(t.INT64, _unix_nanos),
    "UTC": _method(t.TIME, lambda time: time.within(UTC_LOCATION)),
    "Local": _method(t.TIME, lambda time: time.within(Location("Local"))),
    "In": _method(t.TIME, lambda time, location: time.within(location), t.LOCATION),
    "Location": _method(t.LOCATION, lambda time: time.location),
    "IsZero": _method(t.BOOL, lambda time: time.instant == (-62_135_596_800, 0)),
    "Before": _method(t.BOOL, lambda time, other: time.instant < other.instant, t.TIME),
    "After": _method(t.BOOL, lambda time, other: time.instant > other.instant, t.TIME),
    "Equal": _method(t.BOOL, lambda time, other: time.instant == other.instant, t.TIME),
    "Compare": _method(t.INT, _compared, t.TIME),
    "Add": _method(t.TIME, lambda time, duration: time.plus(duration), t.DURATION),
    "Sub": _method(t.DURATION, lambda time, other: time.since(other), t.TIME),
    "AddDate": _method(t.TIME, _add_date, t.INT, t.INT, t.INT),
    "Truncate": _method(t.TIME, _truncated, t.DURATION),
    "Round": _method(t.TIME, _rounded, t.DURATION),
    "Format": _method(t.STRING, format_time, t.STRING),
    "String": _method(t.STRING, str),
    "Date": _method((t.INT, t.MONTH, t.INT), lambda time: time.date[0]),
    "Clock": _method((t.INT, t.INT, t.INT), lambda time: time.clock[0]),
    "ISOWeek": _method((t.INT, t.INT), lambda time: _iso_week(time)[0]),
    "Zone": _method((t.STRING, t.INT), lambda time: time.zone[0]),
    "MarshalText": _method((t.BYTES, t.ERROR), lambda time: format_time(time, RFC3339_NANO).encode()),
}  # fmt: skip

_DURATION: Final = {
    "Hours": _method(t.FLOAT, lambda duration: duration / HOUR),
    "Minutes": _method(t.FLOAT, lambda duration: duration / MINUTE),
    "Seconds": _method(t.FLOAT, lambda duration: duration / SECOND),
    "Milliseconds": _method(t.INT64, lambda duration: Int64(_cut(int(duration), MILLISECOND) // MILLISECOND)),
    "Microseconds": _method(t.INT64, lambda duration: Int64(_cut(int(duration), MICROSECOND) // MICROSECOND)),
    "Nanoseconds": _method(t.INT64, lambda duration: Int64(duration)),
    "Truncate": _method(t.DURATION, _duration_truncated, t.DURATION),
    "Round": _method(t.DURATION, _duration_rounded, t.DURATION),
    "Abs": _method(t.DURATION, lambda duration: Duration(min(abs(duration), LARGEST))),
    "String": _method(t.STRING, str),
}

_NAMED: Final = {"String": _method(t.STRING, str)}

METHODS: Final = {
    t.TIME.name: _TIME,
    t.DURATION.name: _DURATION,
    t.MONTH.name: _NAMED,
    t.WEEKDAY.name: _NAMED,
    t.LOCATION.name: _NAMED,
}
"""Type name to method name to method."""


def method_of(owner: object, name: str) -> Function | None:
    """The method of a value, bound to it."""
    methods = METHODS.get(getattr(owner, "go_type", ""))
    method = methods.get(name) if methods else None
    if method is None:
        return None
    call = method.call
    return Function(name, method.type, lambda *arguments: call(owner, *arguments))
