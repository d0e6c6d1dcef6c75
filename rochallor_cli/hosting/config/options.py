"""The options of `rochallor work`: where each one's value may come from.

Flag, then environment variable, then workers.yaml, then default. A flag or a variable goes before every
entry of `workers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.config.substitution import FilledText
from rochallor_cli.hosting.config.workers_fields import SECTIONS, Field
from rochallor_cli.hosting.config.workers_reader import WrongValueError, checked_scalar

Section = Literal["worker", "kafka", "host", "health", "logging"]


@dataclass(frozen=True)
class Option:
    """`name` is the flag's, with underscores; `section` and `field` are its place in workers.yaml."""

    name: str
    section: Section
    field: str

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return "ROCHALLOR_" + self.name.upper()

    @property
    def kind(self) -> Field:
        return next(field for field in SECTIONS[self.section] if field.name == self.field)


OPTIONS = (
    Option("module", "worker", "modules"),
    Option("mode", "worker", "mode"),
    Option("worker_id", "worker", "id"),
    Option("parallelism", "worker", "parallelism"),
    Option("poll_interval", "worker", "poll_interval"),
    Option("processes", "worker", "processes"),
    Option("drain_timeout", "worker", "drain_timeout"),
    Option("max_jobs_per_process", "worker", "max_jobs_per_process"),
    Option("job_type", "worker", "job_types"),
    Option("brokers", "kafka", "brokers"),
    Option("kafka_config", "kafka", "config"),
    Option("dedup_window", "kafka", "dedup_window"),
    Option("ordering", "kafka", "ordering"),
    Option("dead_letter_topic", "kafka", "dead_letter_topic"),
    Option("reload", "host", "reload"),
    Option("until_idle", "host", "until_idle"),
    Option("idle_time", "host", "idle_time"),
    Option("give_up_after", "host", "give_up_after"),
    Option("health_host", "health", "host"),
    Option("health_port", "health", "port"),
    Option("log_format", "logging", "format"),
    Option("log_level", "logging", "level"),
)


@dataclass(frozen=True)
class Given:
    """A value and where it was given."""

    value: Any
    origin: str


def given_options(
    flags: Mapping[str, Any], environ: Mapping[str, str], *, section: Section | None = None
) -> dict[tuple[str, str], Given]:
    """What flags and environment say, checked, by (section, field); UsageError for what cannot be used.

    With `section`, of that one only.
    """
    found: dict[tuple[str, str], Given] = {}
    for option in OPTIONS:
        if section is not None and option.section != section:
            continue
        given = _from_flag(option, flags) or _from_variable(option, environ)
        if given is not None:
            found[option.section, option.field] = given
    return found


def _from_flag(option: Option, flags: Mapping[str, Any]) -> Given | None:
    raw = flags.get(option.name)
    if raw is None or raw == []:
        return None
    return Given(_checked(option, raw, option.flag), option.flag)


def _from_variable(option: Option, environ: Mapping[str, str]) -> Given | None:
    raw = environ.get(option.variable)
    if not raw:
        return None
    values = {"texts": raw.split(","), "text map": raw.splitlines()}.get(option.kind.kind, raw)
    return Given(_checked(option, values, option.variable), option.variable)


def _checked(option: Option, raw: Any, origin: str) -> Any:
    if option.kind.kind == "texts":
        return [str(item).strip() for item in raw if str(item).strip()]
    if option.kind.kind == "text map":
        return pairs(raw, origin)
    try:
        return checked_scalar(option.kind, FilledText(raw) if isinstance(raw, str) else raw)
    except WrongValueError as error:
        raise UsageError(f"{origin}: {error}") from None


def pairs(items: Iterable[str], origin: str) -> dict[str, str]:
    """`key=value` items by key; UsageError names the origin and never shows what may be a secret."""
    return dict(_pair(item, origin) for item in items)


def _pair(item: str, origin: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals or not key.strip():
        shown = re.sub(r"[^\w.-].*", "", item, flags=re.DOTALL)
        raise UsageError(f"{origin}: expected key=value, found {shown!r}{'…' if shown != item else ''}")
    return key.strip(), value.strip()
