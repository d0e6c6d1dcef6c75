"""What a host is to do: frozen values, each with its settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.configuration.setting import Setting

Mode = Literal["poll", "kafka", "auto"]
Heartbeat = Literal["auto", "always", "never"]

_PROCESSES, _KAFKA, _LOGS = "Processes", "Kafka", "Logs and health"


@dataclass(frozen=True)
class KafkaAccess:
    """How to reach the brokers, and how jobs are taken from them."""

    brokers: Annotated[
        str | None,
        Setting(
            "brokers",
            "Kafka brokers, with commas between them.",
            flag="--brokers",
            metavar="HOST:PORT,…",
            panel=_KAFKA,
        ),
    ] = None
    config: Annotated[
        Mapping[str, str],
        Setting(
            "text map",
            "Settings of the Kafka consumer, as librdkafka names them.",
            flag="--kafka-config",
            panel=_KAFKA,
        ),
    ] = field(default_factory=dict)
    dedup_window_s: Annotated[
        float,
        Setting(
            "duration",
            "For how long a job that came over Kafka is remembered.",
            flag="--dedup-window",
            panel=_KAFKA,
            minimum=0,
        ),
    ] = 600.0
    ordering: Annotated[
        Literal["key", "none"],
        Setting(
            "choice",
            "key: an instance's jobs of one type run one after another; none: at the same time.",
            flag="--ordering",
            panel=_KAFKA,
            choices=("key", "none"),
        ),
    ] = "key"
    dead_letter_topic: Annotated[
        str | None,
        Setting(
            "text",
            "Where records go that cannot be read, and jobs the engine refuses.",
            flag="--dead-letter-topic",
            metavar="TOPIC",
            panel=_KAFKA,
        ),
    ] = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords and keys among the consumer's settings."""
        if not self.config:
            return ()
        from workflow_sdk.runner.kafka.config import secrets_of

        return tuple(secrets_of(self.config))


@dataclass(frozen=True)
class HandlerLimits:
    """Limits of one job type that go before those written at the handler; None leaves it as it is."""

    parallelism: Annotated[int | None, Setting("count", "Jobs of this type at the same time.", minimum=1)] = (
        None
    )
    timeout_s: Annotated[
        float | None,
        Setting("duration", "After this a job of this type counts as failed or stuck.", above=0),
    ] = None
    retry_delay: Annotated[
        float | Literal["backoff"] | None,
        Setting("retry delay", "How long a failure is held back: a duration, or backoff.", minimum=0),
    ] = None
    rate: Annotated[
        float | None,
        Setting("rate", "How many jobs of this type may start in one process: 10/s, 100/m, 1000/h."),
    ] = None


@dataclass(frozen=True)
class WorkerConfig:
    """One worker of one process."""

    modules: Annotated[
        tuple[str, ...],
        Setting(
            "texts",
            "Where the handlers are: handlers.py, pkg.module, pkg.module:registry or dir/.",
            flag="--module",
            short="-m",
            metavar="MODULE",
            of_one_worker=True,
        ),
    ]
    worker_id: Annotated[
        str,
        Setting(
            "text",
            "Worker id, as the engine sees it; left out: host name and process id.",
            key="id",
            flag="--worker-id",
            metavar="ID",
            of_one_worker=True,
        ),
    ]
    job_types: Annotated[
        tuple[str, ...],
        Setting(
            "texts",
            "Serve only these of the handlers' job types.",
            flag="--job-type",
            metavar="TYPE",
            of_one_worker=True,
        ),
    ] = ()
    mode: Annotated[
        Mode,
        Setting(
            "choice",
            "How jobs come; auto asks the engine.",
            flag="--mode",
            choices=("poll", "kafka", "auto"),
        ),
    ] = "poll"
    parallelism: Annotated[
        int, Setting("count", "Jobs at the same time in one process.", flag="--parallelism", minimum=1)
    ] = 64
    poll_interval_s: Annotated[
        float,
        Setting("duration", "Pause between two polls of an idle worker.", flag="--poll-interval", above=0),
    ] = 0.5
    processes: Annotated[
        int, Setting("count", "Processes of each worker.", flag="--processes", panel=_PROCESSES, minimum=1)
    ] = 1
    drain_timeout_s: Annotated[
        float,
        Setting(
            "duration",
            "How long running jobs may take to finish after a stop signal.",
            flag="--drain-timeout",
            minimum=0,
        ),
    ] = 25.0
    max_jobs_per_process: Annotated[
        int | None,
        Setting(
            "count",
            "Replace a process after so many jobs.",
            flag="--max-jobs-per-process",
            panel=_PROCESSES,
            minimum=1,
        ),
    ] = None
    max_job_deaths: Annotated[
        int,
        Setting(
            "count",
            "Fail a job for good when child processes have died so often while it ran.",
            flag="--max-job-deaths",
            panel=_PROCESSES,
            minimum=1,
        ),
    ] = 3
    lease_seconds: Annotated[
        int | None,
        Setting(
            "count",
            "Ask newer engines for leases of so many seconds, 5 to 3600; left out: the engine's own.",
            minimum=5,
            maximum=3600,
        ),
    ] = None
    heartbeat: Annotated[
        Heartbeat,
        Setting(
            "choice",
            "Extend the leases of long jobs: auto, where the engine can; always, or the host ends; never.",
            choices=("auto", "always", "never"),
        ),
    ] = "auto"
    heartbeat_interval_s: Annotated[
        float | None,
        Setting("duration", "Between two extensions of a lease; left out: half a lease.", above=0),
    ] = None
    limits: Annotated[
        Mapping[str, HandlerLimits],
        Setting(
            "section",
            "Limits by job type.",
            key="handlers",
            section="handler",
            by_name=True,
            of_one_worker=True,
        ),
    ] = field(default_factory=dict)


@dataclass(frozen=True)
class LogConfig:
    format: Annotated[
        Literal["text", "json"],
        Setting(
            "choice",
            "Log lines: text for people, json for collectors.",
            flag="--log-format",
            panel=_LOGS,
            choices=("text", "json"),
        ),
    ] = "text"
    level: Annotated[
        str,
        Setting(
            "choice",
            "The least that is logged.",
            flag="--log-level",
            panel=_LOGS,
            choices=("debug", "info", "warning", "error"),
        ),
    ] = "info"
    with_time: bool = True
    colored: bool = False


@dataclass(frozen=True)
class LifeConfig:
    """How long the host lives, and what makes it start anew."""

    reload: Annotated[
        bool,
        Setting(
            "flag", "Start the handlers anew when their files change.", flag="--reload", panel=_PROCESSES
        ),
    ] = False
    supervised: Annotated[
        bool,
        Setting(
            "flag",
            "Run handlers in a child process also where one is enough: a job that kills it harms no other for long.",
            flag="--supervised",
            panel=_PROCESSES,
        ),
    ] = False
    until_idle: Annotated[
        bool, Setting("flag", "Leave when nothing has come for a while.", flag="--until-idle")
    ] = False
    idle_time_s: Annotated[
        float,
        Setting(
            "duration",
            "How long nothing must have come before until-idle leaves.",
            flag="--idle-time",
            minimum=0,
        ),
    ] = 3.0
    give_up_after_s: Annotated[
        float,
        Setting(
            "duration",
            "How long engine or brokers may be away before until-idle gives up, with exit status 5.",
            flag="--give-up-after",
            above=0,
        ),
    ] = 60.0


@dataclass(frozen=True)
class HealthConfig:
    host: Annotated[
        str,
        Setting(
            "text",
            "Address the health port listens on.",
            flag="--health-host",
            metavar="ADDRESS",
            panel=_LOGS,
        ),
    ] = "127.0.0.1"
    blocked_after_s: Annotated[
        float,
        Setting(
            "duration",
            "A worker whose slots have all been taken by the same jobs for so long is not ready.",
            flag="--blocked-after",
            panel=_LOGS,
            above=0,
        ),
    ] = 60.0
    port: Annotated[
        int | None,
        Setting(
            "port",
            "Port of /livez, /readyz and /metrics; 0 takes a free one.",
            flag="--health-port",
            panel=_LOGS,
        ),
    ] = None


@dataclass(frozen=True)
class HostConfig:
    """The whole host. `origins` says for each setting where its value came from."""

    engine: EngineAccess
    workers: tuple[WorkerConfig, ...]
    kafka: KafkaAccess = KafkaAccess()
    log: LogConfig = LogConfig()
    life: LifeConfig = LifeConfig()
    health: HealthConfig = HealthConfig()
    origins: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What of it must appear nowhere, in logs neither."""
        return (*self.engine.secrets, *self.kafka.secrets)

    @property
    def needs_processes(self) -> bool:
        """Whether a supervisor with children is needed; otherwise all workers live in this process."""
        return (
            self.life.reload
            or self.life.supervised
            or any(worker.processes > 1 or worker.max_jobs_per_process is not None for worker in self.workers)
        )
