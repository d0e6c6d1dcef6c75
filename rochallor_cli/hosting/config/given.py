"""What was given on the command line and in the environment, checked.

Flag, then environment variable, then workers.yaml, then default. A flag or a variable goes before every
entry of `workers`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rochallor_cli.configuration.layers import Given, Layer, strongest
from rochallor_cli.configuration.setting import Setting
from rochallor_cli.configuration.setting_values import checked_given
from rochallor_cli.hosting.config.sections import SECTIONS, WITH_FLAGS

# Not a setting of workers.yaml but where it is.
WORKERS_FILE = Setting("path", "workers.yaml, which may hold every setting.", flag="--config", metavar="FILE")

# How a command that asks brokers is told of them: as `rochallor work` is.
BROKER_SETTINGS = (
    *(
        setting._replace(panel=None)
        for setting in SECTIONS["kafka"]
        if setting.attribute in ("brokers", "config")
    ),
    WORKERS_FILE._replace(meaning="workers.yaml: take engine, brokers and the job types it serves from it."),
)


def settings_with_flags() -> Iterator[tuple[str, Setting]]:
    """(section, setting) of everything that has a flag, in the order of help texts."""
    return ((section, setting) for section in WITH_FLAGS for setting in SECTIONS[section] if setting.flag)


def given_layer(flags: Mapping[str, Any], environ: Mapping[str, str], *, section: str | None = None) -> Layer:
    """What flags and environment say, checked, by `section.key`; UsageError for what cannot be used.

    With `section`, of that one only.
    """
    settings = {
        f"{where}.{setting.key}": setting
        for where, setting in settings_with_flags()
        if section in (None, where)
    }
    layers = (_of_flags(settings, flags), _of_variables(settings, environ))
    found: dict[str, Given] = {}
    for name, setting in settings.items():
        given = strongest(name, layers)
        if given is not None:
            found[name] = Given(checked_given(setting, given.value, given.origin), given.origin)
    values = {name: given.value for name, given in found.items()}
    return Layer("given", values, lambda name: found[name].origin)


def _of_flags(settings: Mapping[str, Setting], flags: Mapping[str, Any]) -> Layer:
    found = {name: flags.get(setting.parameter) for name, setting in settings.items()}
    written = {name: raw for name, raw in found.items() if raw != []}
    return Layer("flag", written, lambda name: settings[name].flag)


def _of_variables(settings: Mapping[str, Setting], environ: Mapping[str, str]) -> Layer:
    found = {
        name: {"texts": raw.split(","), "text map": raw.splitlines()}.get(setting.kind, raw)
        for name, setting in settings.items()
        if (raw := environ.get(setting.variable))
    }
    return Layer("environment", found, lambda name: settings[name].variable)
