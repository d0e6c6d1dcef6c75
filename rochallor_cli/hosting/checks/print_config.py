"""`rochallor work --print-config`: every setting of the host, its value and where that came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.configuration.engine_access import shown_value
from rochallor_cli.configuration.setting import Setting
from rochallor_cli.hosting.config.host_config import HostConfig
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.output.views import SETTINGS


def print_host_config(config: HostConfig, context: Context) -> None:
    context.printer.rows(SETTINGS, settings_rows(config, context.settings.origins))
    if context.settings.left_behind:
        context.printer.note(f"note: {context.settings.left_behind}")


def settings_rows(config: HostConfig, engine_origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row per setting; secrets are masked."""
    origins = {
        **{
            f"engine.{setting.key}": engine_origins.get(setting.name, "default")
            for setting in SECTIONS["engine"]
        },
        **config.origins,
    }
    rows = [row for row in _rows("engine", config.engine, origins) if row["value"] not in (None, {})]
    rows += _rows("kafka", config.kafka, origins)
    for index, worker in enumerate(config.workers):
        rows += _rows("worker", worker, origins, prefix=f"workers[{index}]")
    rows += _rows("host", config.life, origins)
    rows += _rows("health", config.health, origins)
    rows += _rows("logging", config.log, origins)
    return rows


def _rows(
    section: str, owner: object, origins: Mapping[str, str], *, prefix: str = ""
) -> Iterator[dict[str, Any]]:
    for setting in SECTIONS[section]:
        name = f"{prefix or section}.{setting.key}"
        value = _shown(setting, getattr(owner, setting.attribute), section=section)
        yield {"setting": name, "value": value, "origin": origins.get(name, "default")}


def _shown(setting: Setting, value: Any, *, section: str) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if setting.by_name:
        return {name: _without_nones(setting.section, limits) for name, limits in value.items()}
    if not value:
        return value
    if (section, setting.key) == ("kafka", "config"):
        # Only where there is something to mask: the Kafka client is large.
        from workflow_sdk.runner.kafka.config import masked

        return masked(value)
    return shown_value(setting, value)


def _without_nones(section: str, owner: object) -> dict[str, Any]:
    found = {setting.key: getattr(owner, setting.attribute) for setting in SECTIONS[section]}
    return {key: value for key, value in found.items() if value is not None}
