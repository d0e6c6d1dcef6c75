"""`rochallor jobs find`: the ids of an instance's open jobs, looked up in Kafka."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.commands.inputs import InstanceId
from rochallor_cli.errors import ConflictError, EngineAwayError, NotFoundError, UsageError
from rochallor_cli.hosting.config.given import BROKER_SETTINGS
from rochallor_cli.output.columns import Column, View, time_column

if TYPE_CHECKING:
    from workflow_sdk.runner.kafka.job_search import FoundJob

app = typer.Typer()

SEARCH_S = 20.0
# Kafka has no topic of another name, so the engine has never put a job there.
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")

FOUND_JOBS = View(
    "id",
    (
        Column("JOB", "id"),
        Column("TYPE", "jobType"),
        Column("STEP", "stepId"),
        Column("RETRIES LEFT", "retriesRemaining"),
        time_column("CREATED", "createdAt"),
        Column("RECORD", "record"),
    ),
    fields=("instanceId", "stepExecutionId", "topic", "partition", "offset"),
)


@command(
    app,
    "find",
    examples=(
        "rochallor jobs find 01JD8Q3VZ6M0T2H8X4K7N5RWZK --brokers localhost:9092",
        "rochallor jobs find 01JD8Q3VZ6M0T2H8X4K7N5RWZK --config workers.yaml -o name",
    ),
    walks=True,
)
@with_settings(BROKER_SETTINGS)
def find(context: Context, instance: InstanceId, **flags: Any) -> None:
    """Find the open jobs of an instance in Kafka, as far back as the topics go.

    In Kafka mode the engine sends no job a second time by itself, and no history names job ids: a record that was
    consumed and never reported is found here only. `rochallor jobs complete` or `fail` brings its instance on. Joins
    no consumer group, changes nothing.
    """
    from rochallor_cli.hosting.config.file_settings import kafka_access, with_workers_file

    file, context = with_workers_file(context, flags)
    kafka = kafka_access(context, flags, file=file)
    if not kafka.brokers:
        raise UsageError("no brokers are named", hint="--brokers host:port, or --config workers.yaml")
    steps = _open_steps(context, instance)
    rows = [
        row for step in steps for row in _rows(step, instance, brokers=kafka.brokers, config=kafka.config)
    ]
    if not rows:
        types = ", ".join(sorted({step["jobType"] for step in steps}))
        raise NotFoundError(
            f"no record of {instance}'s open steps is left in the topics of {types}",
            hint="Kafka has removed it; `rochallor instances cancel` ends the instance",
        )
    context.printer.rows(FOUND_JOBS, rows)


def _open_steps(context: Context, instance_id: str) -> list[dict[str, Any]]:
    """The step executions that wait for a job, with its type."""
    instance = context.engine.instance(instance_id)
    steps = context.engine.steps_of(instance)
    executions = [
        {**execution, "jobType": steps.get(str(execution.get("stepId")), {}).get("jobType")}
        for execution in context.engine.history(instance_id)
        if execution.get("status") == "RUNNING"
    ]
    waiting = [execution for execution in executions if execution["jobType"]]
    if not waiting:
        raise ConflictError(f"{instance_id} is {instance['status']}: no service task of it is open")
    return waiting


def _rows(
    step: dict[str, Any], instance_id: str, *, brokers: str, config: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    from workflow_sdk.runner.kafka.job_search import jobs_of
    from workflow_sdk.runner.kafka.partition_reading import SearchError

    topic = f"workflow.jobs.{step['jobType']}"
    if not _TOPIC.fullmatch(topic):
        raise ConflictError(f"no Kafka topic can have the name of job type {step['jobType']!r:.80}")
    try:
        found = jobs_of(instance_id, topic, brokers=brokers, config=config, timeout_s=SEARCH_S)
    except SearchError as error:
        raise EngineAwayError(str(error), hint="`rochallor doctor --brokers …` says more") from error
    ours = [job for job in found if job.step_execution_id == step["id"]]
    latest = {job.job_id: job for job in sorted(ours, key=lambda job: -job.retries_remaining)}
    for job in latest.values():
        yield _row(job, step, topic)


def _row(job: FoundJob, step: dict[str, Any], topic: str) -> dict[str, Any]:
    return {
        "id": job.job_id,
        "jobType": job.job_type,
        "stepId": step.get("stepId"),
        "retriesRemaining": job.retries_remaining,
        "createdAt": time_of(job.created_at_ns),
        "record": f"{job.partition}:{job.offset}",
        "instanceId": job.instance_id,
        "stepExecutionId": job.step_execution_id,
        "topic": topic,
        "partition": job.partition,
        "offset": job.offset,
    }


def time_of(created_at_ns: int) -> str | None:
    """The time as the engine writes it; None where the record says none, or one that no calendar has."""
    try:
        created = datetime.fromtimestamp(created_at_ns / 1e9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return created.isoformat().replace("+00:00", "Z") if created_at_ns else None
