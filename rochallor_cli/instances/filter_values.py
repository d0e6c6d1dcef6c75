"""The values of filters as people write them, on a command line or a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rochallor_cli.durations import parse_duration
from rochallor_cli.engine_client.admin_client import STATUSES
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.instances.selection import Filters

WHEN = "a time, or how long ago: 2h, 1d, 2026-05-03T13:08 (UTC)"


def option(name: str) -> str:
    """A filter as a command line names it."""
    return f"--{name.replace('_', '-')}"


def filters_from(given: Mapping[str, Any], now: datetime, *, named: Callable[[str], str] = option) -> Filters:
    """The filters of what was given by the names that Filters has; UsageError names them as `named` does."""
    return Filters(
        status=status_from(given.get("status"), named("status")),
        definition=given.get("definition") or "",
        business_key=given.get("business_key") or "",
        version=given.get("version"),
        step=given.get("step") or "",
        reason=given.get("reason") or "",
        since=moment_from(given.get("since"), name=named("since"), now=now),
        until=moment_from(given.get("until"), name=named("until"), now=now),
        older_than_s=seconds_from(given.get("older_than"), named("older_than")),
    )


def moment_from(text: str | None, *, name: str, now: datetime) -> datetime | None:
    """The moment that an option or a field names: a time, or how long ago."""
    if text is None:
        return None
    try:
        return now - timedelta(seconds=parse_duration(text))
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name} {text!r} is no time", hint=f"write {WHEN}") from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def seconds_from(text: str | None, flag: str) -> float | None:
    """The seconds of a duration option."""
    if text is None:
        return None
    try:
        return parse_duration(text)
    except ValueError as error:
        raise UsageError(f"{flag}: {error}") from error


def status_from(text: str | None, name: str) -> str:
    """A status filter in the engine's spelling; "" for none. The engine would find nothing for an unknown one."""
    if not text:
        return ""
    if text.upper() in STATUSES:
        return text.upper()
    known = ", ".join(STATUSES)
    raise UsageError(f"{name} {text!r} is none of {known}", hint=did_you_mean(text.upper(), STATUSES))
