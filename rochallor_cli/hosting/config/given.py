"""What was given on the command line and in the environment, checked.

Flag, then environment variable, then workers.yaml, then default. A flag or a variable goes before every
entry of `workers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from rochallor_cli.configuration.setting import Setting
from rochallor_cli.configuration.setting_values import checked_given
from rochallor_cli.hosting.config.sections import SECTIONS, WITH_FLAGS


@dataclass(frozen=True)
class Given:
    """A value and where it was given."""

    value: Any
    origin: str


# Not a setting of workers.yaml but where it is.
WORKERS_FILE = Setting("path", "workers.yaml, which may hold every setting.", flag="--config", metavar="FILE")

# How a command that asks brokers is told of them: as `rochallor work` is.
BROKER_SETTINGS = (
    *(
        replace(setting, panel=None)
        for setting in SECTIONS["kafka"]
        if setting.attribute in ("brokers", "config")
    ),
    replace(WORKERS_FILE, meaning="workers.yaml: take engine, brokers and the job types it serves from it."),
)


def settings_with_flags() -> Iterator[tuple[str, Setting]]:
    """(section, setting) of everything that has a flag, in the order of help texts."""
    return ((section, setting) for section in WITH_FLAGS for setting in SECTIONS[section] if setting.flag)


def given_settings(
    flags: Mapping[str, Any], environ: Mapping[str, str], *, section: str | None = None
) -> dict[tuple[str, str], Given]:
    """What flags and environment say, checked, by (section, key); UsageError for what cannot be used.

    With `section`, of that one only.
    """
    found: dict[tuple[str, str], Given] = {}
    for where, setting in settings_with_flags():
        if section is not None and where != section:
            continue
        given = _from_flag(setting, flags) or _from_variable(setting, environ)
        if given is not None:
            found[where, setting.key] = given
    return found


def _from_flag(setting: Setting, flags: Mapping[str, Any]) -> Given | None:
    raw = flags.get(setting.parameter)
    if raw is None or raw == []:
        return None
    return Given(checked_given(setting, raw, setting.flag), setting.flag)


def _from_variable(setting: Setting, environ: Mapping[str, str]) -> Given | None:
    raw = environ.get(setting.variable)
    if not raw:
        return None
    values = {"texts": raw.split(","), "text map": raw.splitlines()}.get(setting.kind, raw)
    return Given(checked_given(setting, values, setting.variable), setting.variable)
