"""From flags, environment and workers.yaml to one HostConfig, each value with its origin."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.errors import UsageError
from rochallor_cli.hosting.config.host_config import (
    HandlerLimits,
    HostConfig,
    KafkaAccess,
    LogConfig,
    WorkerConfig,
)
from rochallor_cli.hosting.config.options import Given, given_options
from rochallor_cli.hosting.config.workers_file import WorkersFile

# workers.yaml's words to the names of WorkerConfig; what is not here is called the same.
_WORKER_NAMES = {
    "id": "worker_id",
    "poll_interval": "poll_interval_s",
    "drain_timeout": "drain_timeout_s",
    "heartbeat_interval": "heartbeat_interval_s",
}
_TUPLES = ("modules", "job_types")


def resolve_host(
    flags: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    file: WorkersFile | None,
    engine: EngineAccess,
    log_with_time: bool,
    log_colored: bool = False,
) -> HostConfig:
    """Settle everything; UsageError for what does not go together."""
    return _Resolution(given_options(flags, environ), file).settle(engine, log_with_time, log_colored)


def resolve_kafka(
    flags: Mapping[str, Any], environ: Mapping[str, str], *, file: WorkersFile | None
) -> KafkaAccess:
    """Settle only how brokers are reached, as `rochallor work` would."""
    return _Resolution(given_options(flags, environ, section="kafka"), file).kafka()


class _Resolution:
    def __init__(self, given: Mapping[tuple[str, str], Given], file: WorkersFile | None) -> None:
        self._given = given
        self._file = file
        self._origins: dict[str, str] = {}

    def settle(self, engine: EngineAccess, log_with_time: bool, log_colored: bool) -> HostConfig:
        workers = tuple(self._workers())
        kafka = self.kafka()
        _check_modes(workers, kafka)
        logging = self._settled("logging", {"format": "text", "level": "info"})
        host = self._settled(
            "host", {"reload": False, "until_idle": False, "idle_time": 3.0, "give_up_after": 60.0}
        )
        health = self._settled("health", {"host": "127.0.0.1", "port": None})
        return HostConfig(
            engine=engine,
            workers=workers,
            kafka=kafka,
            log=LogConfig(logging["format"], logging["level"], log_with_time, log_colored),
            reload=host["reload"],
            until_idle=host["until_idle"],
            idle_time_s=host["idle_time"],
            give_up_after_s=host["give_up_after"],
            health_host=health["host"],
            health_port=health["port"],
            origins=self._origins,
        )

    def _settled(self, section: str, defaults: Mapping[str, Any]) -> dict[str, Any]:
        written = self._file.section(section) if self._file else {}
        values: dict[str, Any] = {}
        for name, default in defaults.items():
            given = self._given.get((section, name))
            if given is not None:
                values[name], origin = given.value, given.origin
            elif name in written and self._file is not None:
                values[name], origin = written[name], self._file.origin(section, name)
            else:
                values[name], origin = default, "default"
            self._origins[f"{section}.{name}"] = origin
        return values

    def kafka(self) -> KafkaAccess:
        defaults: dict[str, Any] = {
            "brokers": None,
            "config": {},
            "dedup_window": 600.0,
            "ordering": "key",
            "dead_letter_topic": None,
        }
        values = self._settled("kafka", defaults)
        return KafkaAccess(*(values[name] for name in defaults))

    # --- workers ---

    def _workers(self) -> list[WorkerConfig]:
        entries: list[Mapping[str, Any]] = (self._file.workers if self._file else []) or [{}]
        for name in ("id", "modules"):
            given = self._given.get(("worker", name))
            if given is not None and len(entries) > 1:
                raise UsageError(
                    f"{given.origin} is meant for one worker; there are {len(entries)} in the file"
                )
        return [self._worker(entry, index, of=len(entries)) for index, entry in enumerate(entries)]

    def _worker(self, entry: Mapping[str, Any], index: int, *, of: int) -> WorkerConfig:
        values = {**self._shared(), **self._of_entry(entry, index), **self._overrides(index)}
        values.setdefault("id", default_worker_id() + (f"-{index + 1}" if of > 1 else ""))
        self._origins.setdefault(f"workers[{index}].id", "default")
        if not values.get("modules"):
            raise UsageError(
                "no handlers are named" if of == 1 else f"worker {values['id']} names no modules",
                hint="rochallor work --module handlers.py, or `modules` in workers.yaml",
            )
        limits = {name: _limits_of(section) for name, section in values.pop("handlers", {}).items()}
        named = {_WORKER_NAMES.get(name, name): value for name, value in values.items()}
        for name in _TUPLES:
            named[name] = tuple(named.get(name, ()))
        return WorkerConfig(**named, limits=limits)

    def _shared(self) -> dict[str, Any]:
        return dict(self._file.section("defaults")) if self._file else {}

    def _of_entry(self, entry: Mapping[str, Any], index: int) -> dict[str, Any]:
        if self._file is not None:
            for name in self._shared():
                self._origins[f"workers[{index}].{name}"] = self._file.origin("defaults", name)
            for name in entry:
                self._origins[f"workers[{index}].{name}"] = self._file.origin("workers", index, name)
        return dict(entry)

    def _overrides(self, index: int) -> dict[str, Any]:
        overrides = {name: given for (section, name), given in self._given.items() if section == "worker"}
        for name, given in overrides.items():
            self._origins[f"workers[{index}].{name}"] = given.origin
        return {name: given.value for name, given in overrides.items()}


def default_worker_id() -> str:
    """Host name and process id: unique among workers, and a person can find the process."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _limits_of(section: Mapping[str, Any]) -> HandlerLimits:
    return HandlerLimits(
        parallelism=section.get("parallelism"),
        timeout_s=section.get("timeout"),
        retry_delay=section.get("retry_delay"),
    )


def _check_modes(workers: tuple[WorkerConfig, ...], kafka: KafkaAccess) -> None:
    if kafka.brokers is None and any(worker.mode == "kafka" for worker in workers):
        raise UsageError(
            "mode kafka needs to know the brokers", hint="--brokers host:9092, or ROCHALLOR_BROKERS"
        )
