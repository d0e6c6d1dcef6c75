"""`rochallor work --print-config`: every setting of the host, its value and where that came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.hosting.config.host_config import HostConfig, WorkerConfig
from rochallor_cli.output.columns import Column, View

SETTINGS = View("setting", [Column("SETTING", "setting"), Column("VALUE", "value"), Column("FROM", "from")])

# As workers.yaml calls them.
_ENGINE_ORIGINS = {"url": "engine_url", "timeout": "request_timeout"}
_WORKER_NAMES = {
    "worker_id": "id",
    "poll_interval_s": "poll_interval",
    "drain_timeout_s": "drain_timeout",
    "heartbeat_interval_s": "heartbeat_interval",
    "limits": "handlers",
}


def print_config(config: HostConfig, context: Context) -> None:
    context.printer.rows(SETTINGS, settings_of(config, context.settings.origins))


def settings_of(config: HostConfig, engine_origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """One row per setting; secrets are masked."""
    rows = [*_engine(config, engine_origins), *_kafka(config)]
    for index, worker in enumerate(config.workers):
        rows += _worker(worker, index, config.origins)
    host = {
        "host.reload": config.reload,
        "host.until_idle": config.until_idle,
        "host.idle_time": config.idle_time_s,
        "host.give_up_after": config.give_up_after_s,
        "health.host": config.health_host,
        "health.port": config.health_port,
        "logging.format": config.log.format,
        "logging.level": config.log.level,
    }
    return rows + [_row(name, value, config.origins.get(name, "default")) for name, value in host.items()]


def _engine(config: HostConfig, origins: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, value in config.engine.shown().items():
        short = name.removesuffix("_s")
        yield _row(f"engine.{short}", value, origins.get(_ENGINE_ORIGINS.get(short, short), "default"))


def _kafka(config: HostConfig) -> Iterator[dict[str, Any]]:
    for name, value in asdict(config.kafka).items():
        short = name.removesuffix("_s")
        if name == "config" and value:
            # Only where there is something to mask: the Kafka client is large.
            from workflow_sdk.runner.kafka.config import masked

            value = masked(value)
        yield _row(f"kafka.{short}", value, config.origins.get(f"kafka.{short}", "default"))


def _worker(worker: WorkerConfig, index: int, origins: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name, value in asdict(worker).items():
        short = f"workers[{index}].{_WORKER_NAMES.get(name, name)}"
        if name == "limits":
            value = {job_type: _without_nones(limits) for job_type, limits in value.items()}
        yield _row(short, list(value) if isinstance(value, tuple) else value, origins.get(short, "default"))


def _without_nones(limits: Mapping[str, Any]) -> dict[str, Any]:
    return {name.removesuffix("_s"): value for name, value in limits.items() if value is not None}


def _row(setting: str, value: object, origin: str) -> dict[str, Any]:
    return {"setting": setting, "value": value, "from": origin}
