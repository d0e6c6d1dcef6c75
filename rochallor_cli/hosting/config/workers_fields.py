"""What workers.yaml may hold: one table, from which the reader, the JSON Schema and the docs follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "text",
    "texts",
    "text map",
    "count",
    "duration",
    "retry delay",
    "flag",
    "choice",
    "port",
    "section",
    "sections",
]

MODES = ("poll", "kafka", "auto")
HEARTBEATS = ("auto", "always", "never")


@dataclass(frozen=True)
class Field:
    """One key: what it holds and what it means. `minimum`, `above` and `maximum` are for counts and durations.

    `section` names the table of a section, of each section in a list (`sections`) or, with `by_name`, of each
    section in a mapping with free keys.
    """

    name: str
    kind: Kind
    meaning: str
    minimum: float | None = None
    above: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    section: str = ""
    by_name: bool = False


ENGINE = (
    Field("url", "text", "Where the engine is, e.g. http://engine:8080."),
    Field("headers", "text map", "Headers sent with every request."),
    Field("token", "text", "Bearer token; better filled from the environment than written down."),
    Field("token_command", "text", "A command that prints the token; run again when the engine answers 401."),
    Field("token_file", "text", "A file that holds the token; read again when the engine answers 401."),
    Field("ca_file", "text", "Certificates (PEM) that the engine's certificate is checked against."),
    Field("client_cert", "text", "Client certificate (PEM)."),
    Field("client_key", "text", "Key of the client certificate (PEM), where it is not in the same file."),
    Field("timeout", "duration", "For one request.", above=0),
)

KAFKA = (
    Field("brokers", "text", "host:port, several with commas."),
    Field("config", "text map", "Settings of the Kafka consumer, as librdkafka names them."),
    Field("dedup_window", "duration", "For how long a job seen is remembered.", minimum=0),
    Field(
        "ordering",
        "choice",
        "key: an instance's jobs of one type run one after another; none: side by side.",
        choices=("key", "none"),
    ),
    Field("dead_letter_topic", "text", "Where records go that cannot be read, and jobs the engine refuses."),
)

HANDLER = (
    Field("parallelism", "count", "Jobs of this type at the same time.", minimum=1),
    Field("timeout", "duration", "After this a job of this type counts as failed or stuck.", above=0),
    Field(
        "retry_delay", "retry delay", "How long a failure is held back: a duration, or backoff.", minimum=0
    ),
)

SHARED_BY_WORKERS = (
    Field("mode", "choice", "How jobs come; auto asks the engine.", choices=MODES),
    Field("parallelism", "count", "Jobs at the same time in one process.", minimum=1),
    Field("poll_interval", "duration", "Pause between two polls of an idle worker.", above=0),
    Field("processes", "count", "Processes of this worker.", minimum=1),
    Field(
        "drain_timeout",
        "duration",
        "How long running jobs may take to finish after a stop signal.",
        minimum=0,
    ),
    Field("max_jobs_per_process", "count", "Replace a process after so many jobs.", minimum=1),
    Field(
        "lease_seconds",
        "count",
        "Ask newer engines for leases of so many seconds, 5 to 3600; left out: the engine's own.",
        minimum=5,
        maximum=3600,
    ),
    Field(
        "heartbeat",
        "choice",
        "Extend the leases of long jobs: auto where the engine can, always or end, never.",
        choices=HEARTBEATS,
    ),
    Field("heartbeat_interval", "duration", "Between two extensions; left out: half a lease.", above=0),
)

WORKER = (
    Field("id", "text", "Worker id, as the engine sees it; default: host name and process id."),
    Field("modules", "texts", "handlers.py, pkg.module, pkg.module:registry or dir/."),
    Field("job_types", "texts", "Serve only these of the handlers' job types."),
    *SHARED_BY_WORKERS,
    Field("handlers", "section", "Limits by job type.", section="handler", by_name=True),
)

HOST = (
    Field("reload", "flag", "Start the handlers anew when their files change."),
    Field("until_idle", "flag", "Leave when nothing has come for a while."),
    Field("idle_time", "duration", "How long nothing must have come for until_idle.", minimum=0),
    Field(
        "give_up_after",
        "duration",
        "How long engine or brokers may be away before until_idle gives up, with exit status 5.",
        above=0,
    ),
)

HEALTH = (
    Field("host", "text", "Address to listen on; default 127.0.0.1."),
    Field("port", "port", "Port of /livez, /readyz and /metrics; 0 takes a free one."),
)

LOGGING = (
    Field("format", "choice", "Log lines for people or for collectors.", choices=("text", "json")),
    Field("level", "choice", "The least that is logged.", choices=("debug", "info", "warning", "error")),
)

ROOT = (
    Field("engine", "section", "The engine and how to reach it.", section="engine"),
    Field("kafka", "section", "For mode kafka and auto.", section="kafka"),
    Field(
        "defaults", "section", "What holds for every worker that does not say otherwise.", section="defaults"
    ),
    Field("workers", "sections", "The workers of this host.", section="worker"),
    Field("host", "section", "What concerns the host as a whole.", section="host"),
    Field(
        "health", "section", "The health and metrics endpoint; off unless a port is given.", section="health"
    ),
    Field("logging", "section", "Log lines.", section="logging"),
)

SECTIONS: dict[str, tuple[Field, ...]] = {
    "": ROOT,
    "engine": ENGINE,
    "kafka": KAFKA,
    "defaults": SHARED_BY_WORKERS,
    "worker": WORKER,
    "handler": HANDLER,
    "host": HOST,
    "health": HEALTH,
    "logging": LOGGING,
}
