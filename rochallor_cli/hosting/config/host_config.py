"""What a host is to do, resolved: frozen values that can be sent to a child process as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from rochallor_cli.configuration.engine_access import EngineAccess

Mode = Literal["poll", "kafka", "auto"]
Heartbeat = Literal["auto", "always", "never"]


@dataclass(frozen=True)
class KafkaAccess:
    brokers: str | None = None
    config: Mapping[str, str] = field(default_factory=dict)
    dedup_window_s: float = 600.0
    ordering: Literal["key", "none"] = "key"
    dead_letter_topic: str | None = None


@dataclass(frozen=True)
class HandlerLimits:
    """Limits of one job type that go before those written at the handler; None leaves it as it is."""

    parallelism: int | None = None
    timeout_s: float | None = None
    retry_delay: float | Literal["backoff"] | None = None


@dataclass(frozen=True)
class WorkerConfig:
    """One worker of one process."""

    worker_id: str
    modules: tuple[str, ...]
    mode: Mode = "poll"
    parallelism: int = 64
    poll_interval_s: float = 0.5
    processes: int = 1
    drain_timeout_s: float = 25.0
    job_types: tuple[str, ...] = ()
    max_jobs_per_process: int | None = None
    # None: as long as the engine likes.
    lease_seconds: int | None = None
    heartbeat: Heartbeat = "auto"
    # None: half a lease.
    heartbeat_interval_s: float | None = None
    limits: Mapping[str, HandlerLimits] = field(default_factory=dict)


@dataclass(frozen=True)
class LogConfig:
    format: Literal["text", "json"] = "text"
    level: str = "info"
    with_time: bool = True
    colored: bool = False


@dataclass(frozen=True)
class HostConfig:
    """The whole host. `origins` says for each setting where its value came from."""

    engine: EngineAccess
    workers: tuple[WorkerConfig, ...]
    kafka: KafkaAccess = KafkaAccess()
    log: LogConfig = LogConfig()
    reload: bool = False
    until_idle: bool = False
    idle_time_s: float = 3.0
    give_up_after_s: float = 60.0
    health_host: str = "127.0.0.1"
    health_port: int | None = None
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_processes(self) -> bool:
        """Whether a supervisor with children is needed; otherwise all workers live in this process."""
        return self.reload or any(
            worker.processes > 1 or worker.max_jobs_per_process is not None for worker in self.workers
        )


def start_message(config: HostConfig, worker: WorkerConfig) -> dict[str, Any]:
    """What a child is told: its worker and how to reach engine and brokers."""
    return {
        "worker": asdict(worker),
        "engine": asdict(config.engine),
        "kafka": asdict(config.kafka),
        "log": asdict(config.log),
    }


def config_from_start_message(message: Mapping[str, Any]) -> HostConfig:
    """The inverse of `start_message`: a host of one worker."""
    worker = dict(message["worker"])
    worker["modules"] = tuple(worker["modules"])
    worker["job_types"] = tuple(worker["job_types"])
    worker["limits"] = {job_type: HandlerLimits(**limits) for job_type, limits in worker["limits"].items()}
    return HostConfig(
        engine=EngineAccess(**message["engine"]),
        workers=(WorkerConfig(**worker),),
        kafka=KafkaAccess(**message["kafka"]),
        log=LogConfig(**message["log"]),
    )
