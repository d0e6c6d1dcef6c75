"""From flags, environment and workers.yaml to one HostConfig, each value with its origin."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.layers import Layer, strongest
from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.config.given import given_layer
from rochallor_cli.hosting.config.host_config import (
    HandlerLimits,
    HealthConfig,
    HostConfig,
    KafkaAccess,
    LifeConfig,
    LogConfig,
    WorkerConfig,
)
from rochallor_cli.hosting.config.sections import SECTIONS
from rochallor_cli.hosting.config.workers_file import WorkersFile


def resolve_host(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    file: WorkersFile | None,
    engine: EngineAccess,
    log_with_time: bool,
    log_colored: bool = False,
) -> HostConfig:
    """Resolve everything; UsageError for what does not go together."""
    resolution = _Resolution(given_layer(flags, environ), file)
    workers = tuple(resolution.workers())
    kafka = KafkaAccess(**resolution.section("kafka"))
    _check_modes(workers, kafka)
    return HostConfig(
        engine=engine,
        workers=workers,
        kafka=kafka,
        log=LogConfig(**resolution.section("logging"), with_time=log_with_time, colored=log_colored),
        life=LifeConfig(**resolution.section("host")),
        health=HealthConfig(**resolution.section("health")),
        origins=resolution.origins,
    )


def resolve_kafka(
    flags: Mapping[str, Any], environ: Mapping[str, str], *, file: WorkersFile | None
) -> KafkaAccess:
    """Resolve only how brokers are reached, as `rochallor work` would."""
    return KafkaAccess(**_Resolution(given_layer(flags, environ, section="kafka"), file).section("kafka"))


class _Resolution:
    def __init__(self, given: Layer, file: WorkersFile | None) -> None:
        self._given = given
        self._file = file
        self.origins: dict[str, str] = {}

    def section(self, section: str) -> dict[str, Any]:
        """The values that somebody has set, by attribute; the rest has its default."""
        layers = [self._given, *([self._file.layer(section, section)] if self._file else [])]
        return self._resolved(section, layers, place=section)

    def _resolved(self, section: str, layers: Sequence[Layer], *, place: str) -> dict[str, Any]:
        """place: how origins name what is resolved."""
        values: dict[str, Any] = {}
        for setting in SECTIONS[section]:
            given = strongest(f"{section}.{setting.key}", layers)
            if given is not None:
                is_list = setting.kind == "texts"
                values[setting.attribute] = tuple(given.value) if is_list else given.value
                self.origins[f"{place}.{setting.key}"] = given.origin
        return values

    # --- workers ---

    def workers(self) -> list[WorkerConfig]:
        entries = self._entries()
        for key in ("id", "modules"):
            given = self._given.given(f"worker.{key}")
            if given is not None and len(entries) > 1:
                raise UsageError(
                    f"{given.origin} is meant for one worker; there are {len(entries)} in the file"
                )
        return [self._worker(entry, index, of=len(entries)) for index, entry in enumerate(entries)]

    def _entries(self) -> list[list[Layer]]:
        """What the file says of each worker, strongest first; of one where it lists none."""
        if self._file is None:
            return [[]]
        defaults = self._file.layer("worker", "defaults")
        listed = [self._file.layer("worker", "workers", index) for index in range(len(self._file.workers))]
        return [[entry, defaults] for entry in listed] or [[defaults]]

    def _worker(self, entry: Sequence[Layer], index: int, *, of: int) -> WorkerConfig:
        values = self._resolved("worker", [self._given, *entry], place=f"workers[{index}]")
        values.setdefault("worker_id", default_worker_id() + (f"-{index + 1}" if of > 1 else ""))
        if not values.get("modules"):
            raise UsageError(
                "no handlers are named" if of == 1 else f"worker {values['worker_id']} names no modules",
                hint="rochallor work --module handlers.py, or `modules` in workers.yaml",
            )
        values["limits"] = {
            job_type: HandlerLimits(**_by_attribute("handler", section))
            for job_type, section in values.get("limits", {}).items()
        }
        return WorkerConfig(**values)


def default_worker_id() -> str:
    """Host name and process id: unique among workers, and a person can find the process."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _by_attribute(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """From workers.yaml's keys to the names of the frozen value."""
    settings = {setting.key: setting for setting in SECTIONS[section]}
    return {settings[key].attribute: value for key, value in values.items()}


def _check_modes(workers: tuple[WorkerConfig, ...], kafka: KafkaAccess) -> None:
    if kafka.brokers is None and any(worker.mode == "kafka" for worker in workers):
        raise UsageError(
            "mode kafka needs to know the brokers", hint="--brokers host:9092, or ROCHALLOR_BROKERS"
        )
