"""What workers.yaml says of engine and brokers, joined with flags, environment and context; for every platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.configuration.engine_access import ENGINE_SETTINGS
from rochallor_cli.configuration.layers import Layer
from rochallor_cli.hosting.config.host_config import KafkaAccess
from rochallor_cli.hosting.config.resolution import resolve_kafka
from rochallor_cli.hosting.config.workers_file import WorkersFile, read_workers_file


def with_workers_file(context: Context, flags: Mapping[str, Any]) -> tuple[WorkersFile | None, Context]:
    """The file that flag or environment names, and a context whose settings know the file's engine."""
    environment = context.environment
    name = flags.get("config") or environment.environ.get("ROCHALLOR_CONFIG")
    if not name:
        return None, context
    file = read_workers_file(name, environment.stdin, environment.environ)
    return file, context.with_files(_engine_layer(file))


def kafka_access(context: Context, flags: Mapping[str, Any], *, file: WorkersFile | None) -> KafkaAccess:
    """How brokers are reached: what `rochallor work` would take from the same flags, environment and file."""
    return resolve_kafka(flags, context.environment.environ, file=file)


def _engine_layer(file: WorkersFile) -> Layer:
    section = file.section("engine")
    # workers.yaml's words are not those of the settings that every command has.
    keys = {setting.name: setting.key for setting in ENGINE_SETTINGS}
    values = {name: section[key] for name, key in keys.items() if key in section}
    return Layer("workers.yaml", values, lambda name: file.origin("engine", keys[name]))
