"""`rochallor work --check`: handlers, engine, brokers and uploaded definitions looked at together; runs nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.counting import count_text
from rochallor_cli.definitions.job_types import users_by_type
from rochallor_cli.errors import did_you_mean
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.handler_modules.loading import load_handlers, place_of
from rochallor_cli.hosting.config.host_config import HostConfig, WorkerConfig
from rochallor_cli.hosting.logs.log_setup import configure_host_logging
from rochallor_cli.hosting.workers.runners import limited
from rochallor_cli.output.columns import Column, View
from workflow_sdk.errors import EngineUnreachableError, KafkaConfigError
from workflow_sdk.handler.registry import Handler

if TYPE_CHECKING:  # the Kafka client is large
    from rochallor_cli.hosting.checks.broker_checks import TopicState

HANDLERS = View(
    "jobType",
    [
        Column("JOB TYPE", "jobType"),
        Column("HANDLER", "handler", least=30, wraps=True),
        Column("LIMITS", "limits", rank=1),
        Column("ENGINE", "engine", least=24, wraps=True),
    ],
    fields=("worker", "usedBy", "isProblem"),
)


@dataclass
class CheckFindings:
    """What the check has to say, in the order in which it is printed."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    engine_away: bool = False

    @property
    def exit_status(self) -> ExitStatus:
        if self.problems:
            return ExitStatus.INVALID
        return ExitStatus.UNREACHABLE if self.engine_away else ExitStatus.DONE


def check_host(config: HostConfig, context: Context, *, only: Collection[str] = ()) -> int:
    """Print a table and what is wrong; 0 nothing, 3 problems, 5 the engine is away.

    Every job type that definitions use must have a handler here: of `only` these definitions where some are named, and
    not where the workers serve only some job types: then others are other people's.
    """
    configure_host_logging(config.log, context.environment.stderr, workers=[], secrets=config.secrets)
    handlers = [(worker, handler) for worker in config.workers for handler in handlers_of(worker)]
    findings = CheckFindings()
    users, takes_kafka = _ask_engine(config, context, findings)
    wanted = _wanted(config, users, only=only, findings=findings)
    if takes_kafka:
        # Topics of other people's job types are theirs to look after.
        _ask_brokers(config, sorted({handler.job_type for _, handler in handlers} | set(wanted)), findings)
    _compare(handlers, users, findings, wanted=wanted)
    _check_modes(config, findings)
    _print(findings, context)
    return findings.exit_status


def handlers_of(worker: WorkerConfig) -> list[Handler]:
    """The handlers of a worker's modules that it would serve. Imports them; InvalidDocumentError where that fails."""
    registry = limited(load_handlers(worker.modules).registry, worker)
    handlers = registry.handlers().values()
    return [handler for handler in handlers if not worker.job_types or handler.job_type in worker.job_types]


# --- the engine -----------------------------------------------------------------------------------


def _ask_engine(
    config: HostConfig, context: Context, findings: CheckFindings
) -> tuple[dict[str, list[str]] | None, bool]:
    """The definitions that use each job type, and whether jobs come over Kafka.

    None when the engine does not answer; then the workers' own settings say how jobs come.
    """
    try:
        mode = context.client().dispatch_mode()
        users = users_by_type(context.engine)
    except EngineUnreachableError as error:
        findings.engine_away = True
        findings.facts.append(f"engine     {config.engine.where}  unreachable: {error.message}")
        return None, any(worker.mode == "kafka" for worker in config.workers)
    findings.facts.append(f"engine     {config.engine.where}  reachable, dispatch mode {mode}")
    wanted = "poll" if mode == "polling" else "kafka"
    for worker in config.workers:
        if worker.mode not in ("auto", wanted):
            findings.problems.append(
                f"worker {worker.worker_id} has mode {worker.mode}, the engine wants --mode {wanted}"
            )
    return users, mode == "kafka_outbox"


def _ask_brokers(config: HostConfig, job_types: Iterable[str], findings: CheckFindings) -> None:
    from rochallor_cli.hosting.checks.broker_checks import (
        BrokersAwayError,
        dead_letter_trouble,
        topic_states,
    )

    brokers = config.kafka.brokers
    if brokers is None:
        findings.problems.append(
            "the engine dispatches over Kafka, and no brokers are named: --brokers host:9092"
        )
        return
    try:
        states = topic_states(brokers, config.kafka.config, job_types)
        letters = config.kafka.dead_letter_topic
        trouble = dead_letter_trouble(brokers, config.kafka.config, topic=letters) if letters else ""
    except KafkaConfigError as error:
        findings.problems.append(str(error))
        return
    except BrokersAwayError as error:
        findings.problems.append(f"brokers{':' if error.is_refusal else ''} {error}")
        return
    findings.facts.append(f"brokers    {brokers}  reachable")
    _say_topics(states, brokers, findings)
    if trouble:
        findings.problems.append(trouble)
    elif letters:
        findings.facts.append(f"topic      {letters}  takes dead letters")


def _say_topics(states: Iterable[TopicState], brokers: str, findings: CheckFindings) -> None:
    for state in states:
        if state.denied:
            findings.problems.append(state.denied)
        elif state.is_missing:
            findings.problems.append(
                f"topic {state.topic} does not exist: the engine stops dispatching. Create it:"
                f" {state.how_to_create(brokers)}"
            )
        else:
            findings.facts.append(f"topic      {state.topic}  {state.in_words()}")


# --- comparing ------------------------------------------------------------------------------------


def _compare(
    handlers: Sequence[tuple[WorkerConfig, Handler]],
    users: Mapping[str, list[str]] | None,
    findings: CheckFindings,
    *,
    wanted: Mapping[str, list[str]],
) -> None:
    served = {handler.job_type for _, handler in handlers}
    for worker, handler in handlers:
        used_by = None if users is None else users.get(handler.job_type, [])
        meant = did_you_mean(handler.job_type, sorted(set(users or {}) - served)) if used_by == [] else None
        findings.rows.append(_row(worker, handler, used_by, is_problem=bool(meant)))
        if meant:
            findings.problems.append(f"{handler.job_type} is used by no definition; {meant}")
    for job_type, used_by in wanted.items():
        if job_type not in served:
            findings.problems.append(f"{job_type} has no handler")
            findings.rows.append(
                {
                    "jobType": job_type,
                    "handler": "none",
                    "limits": "",
                    "engine": f"used by {', '.join(used_by)}, and nobody here serves it",
                    "usedBy": used_by,
                    "isProblem": True,
                }
            )


def _wanted(
    config: HostConfig,
    users: Mapping[str, list[str]] | None,
    *,
    only: Collection[str],
    findings: CheckFindings,
) -> Mapping[str, list[str]]:
    """The job types that must be served here, with who uses them."""
    if users is None:
        return {}
    if only:
        named = {name.rpartition(" v")[0] for used_by in users.values() for name in used_by}
        findings.problems += [
            f"no definition {id_} with a job is uploaded" for id_ in only if id_ not in named
        ]
        return {
            job_type: mine
            for job_type, used_by in users.items()
            if (mine := [name for name in used_by if name.rpartition(" v")[0] in only])
        }
    is_narrowed = any(worker.job_types for worker in config.workers)
    return {} if is_narrowed else users


def _row(
    worker: WorkerConfig, handler: Handler, used_by: list[str] | None, *, is_problem: bool
) -> dict[str, Any]:
    if used_by is None:
        engine = "not known"
    else:
        engine = f"used by {', '.join(used_by)}" if used_by else "not used by any definition"
    place = place_of(handler).partition(" ")[0]
    return {
        "jobType": handler.job_type,
        "handler": f"{place} ({'async' if handler.is_async else 'sync'})",
        "limits": _limits(worker, handler),
        "engine": engine,
        "worker": worker.worker_id,
        "usedBy": used_by or [],
        "isProblem": is_problem,
    }


def _limits(worker: WorkerConfig, handler: Handler) -> str:
    parts = [count_text(min(handler.parallelism or worker.parallelism, worker.parallelism), "slot")]
    if handler.rate is not None:
        parts.append(f"{handler.rate:.3g} a second")
    if handler.timeout_s is not None:
        parts.append(f"timeout {handler.timeout_s:g} s")
    if handler.retry_delay is not None:
        delay = handler.retry_delay
        parts.append(f"retry after {delay:g} s" if isinstance(delay, (int, float)) else "retry with back-off")
    return ", ".join(parts)


def _check_modes(config: HostConfig, findings: CheckFindings) -> None:
    if any(worker.processes > 1 for worker in config.workers):
        findings.facts.append(
            "processes  a job that outlives its 30 s lease is recognised by the process that runs it only: "
            "keep such job types in a worker of one process"
        )


def _print(findings: CheckFindings, context: Context) -> None:
    printer = context.printer
    if printer.settings.output == "name":
        printer.rows(HANDLERS, findings.rows)
        return
    if printer.for_people:
        printer.rows(HANDLERS, findings.rows)
        for fact in findings.facts:
            printer.line(fact)
        if findings.problems:
            title = f"{count_text(len(findings.problems), 'problem')}:"
            few = len(findings.problems) == 1
            for line in [f"{title} {findings.problems[0]}"] if few else [title, *findings.problems]:
                printer.line(line if few or line == title else f"  {line}")
        return
    printer.document({"handlers": findings.rows, "facts": findings.facts, "problems": findings.problems})
