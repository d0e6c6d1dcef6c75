"""From flags, environment and workers.yaml to one HostConfig, each value with its origin."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.config.given import Given, given_settings
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
    resolution = _Resolution(given_settings(flags, environ), file)
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
    return KafkaAccess(**_Resolution(given_settings(flags, environ, section="kafka"), file).section("kafka"))


class _Resolution:
    def __init__(self, given: Mapping[tuple[str, str], Given], file: WorkersFile | None) -> None:
        self._given = given
        self._file = file
        self.origins: dict[str, str] = {}

    def section(self, section: str) -> dict[str, Any]:
        """The values that somebody has set, by attribute; the rest has its default."""
        written = self._file.section(section) if self._file else {}
        values: dict[str, Any] = {}
        for setting in SECTIONS[section]:
            given = self._given.get((section, setting.key))
            if given is not None:
                values[setting.attribute], origin = given.value, given.origin
            elif setting.key in written and self._file is not None:
                values[setting.attribute] = written[setting.key]
                origin = self._file.origin(section, setting.key)
            else:
                continue
            self.origins[f"{section}.{setting.key}"] = origin
        return values

    # --- workers ---

    def workers(self) -> list[WorkerConfig]:
        entries: list[Mapping[str, Any]] = (self._file.workers if self._file else []) or [{}]
        for key in ("id", "modules"):
            given = self._given.get(("worker", key))
            if given is not None and len(entries) > 1:
                raise UsageError(
                    f"{given.origin} is meant for one worker; there are {len(entries)} in the file"
                )
        return [self._worker(entry, index, of=len(entries)) for index, entry in enumerate(entries)]

    def _worker(self, entry: Mapping[str, Any], index: int, *, of: int) -> WorkerConfig:
        values = {**self._shared(), **self._of_entry(entry, index), **self._overrides(index)}
        values.setdefault("id", default_worker_id() + (f"-{index + 1}" if of > 1 else ""))
        if not values.get("modules"):
            raise UsageError(
                "no handlers are named" if of == 1 else f"worker {values['id']} names no modules",
                hint="rochallor work --module handlers.py, or `modules` in workers.yaml",
            )
        limits = values.pop("handlers", {})
        values["handlers"] = {
            job_type: HandlerLimits(**_by_attribute("handler", section))
            for job_type, section in limits.items()
        }
        return WorkerConfig(**_by_attribute("worker", values))

    def _shared(self) -> dict[str, Any]:
        return dict(self._file.section("defaults")) if self._file else {}

    def _of_entry(self, entry: Mapping[str, Any], index: int) -> dict[str, Any]:
        if self._file is not None:
            for name in self._shared():
                self.origins[f"workers[{index}].{name}"] = self._file.origin("defaults", name)
            for name in entry:
                self.origins[f"workers[{index}].{name}"] = self._file.origin("workers", index, name)
        return dict(entry)

    def _overrides(self, index: int) -> dict[str, Any]:
        overrides = {key: given for (section, key), given in self._given.items() if section == "worker"}
        for key, given in overrides.items():
            self.origins[f"workers[{index}].{key}"] = given.origin
        return {key: given.value for key, given in overrides.items()}


def default_worker_id() -> str:
    """Host name and process id: unique among workers, and a person can find the process."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _by_attribute(section: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """From workers.yaml's keys to the names of the frozen value; lists become tuples."""
    settings = {setting.key: setting for setting in SECTIONS[section]}
    return {
        settings[key].attribute: tuple(value) if settings[key].kind == "texts" else value
        for key, value in values.items()
    }


def _check_modes(workers: tuple[WorkerConfig, ...], kafka: KafkaAccess) -> None:
    if kafka.brokers is None and any(worker.mode == "kafka" for worker in workers):
        raise UsageError(
            "mode kafka needs to know the brokers", hint="--brokers host:9092, or ROCHALLOR_BROKERS"
        )
