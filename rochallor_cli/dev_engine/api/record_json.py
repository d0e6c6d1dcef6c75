"""Records as the engine's answers show them, written straight to JSON text.

Variables are stored as JSON text and go out as they are.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache

from rochallor_cli.dev_engine.definition.shown_document import shown_document
from rochallor_cli.dev_engine.go_json.writing import write_string as text
from rochallor_cli.dev_engine.go_json.writing import write_time
from rochallor_cli.dev_engine.records import DefinitionVersion, Instance, JobRecord, StepExecution
from rochallor_cli.dev_engine.versions import EngineRules


def error_shape(code: str, reason: str) -> str:
    return f'{{"error":{text(code)},"reason":{text(reason)}}}'


def definition_summary(stored: DefinitionVersion) -> str:
    return (
        f'{{"id":{text(stored.id)},"version":{stored.version},"name":{text(stored.name)},'
        f'"uploadedAt":"{write_time(stored.uploaded_ns)}"}}'
    )


def definition_shape(stored: DefinitionVersion, rules: EngineRules) -> str:
    """The document with its version, behind the id."""
    fields = shown_document(json.loads(stored.document), rules)
    shown = {"id": fields.pop("id"), "version": stored.version, **fields}
    return json.dumps(shown, ensure_ascii=False, separators=(",", ":"))


def instance_shape(instance: Instance, *, ended: bool = True, reason: bool = True, key: bool = True) -> str:
    """An instance; some answers leave out how it ended, why, or the business key."""
    shape = (
        f'{{"id":"{instance.id}","definitionId":{text(instance.definition_id)},'
        f'"definitionVersion":{instance.definition_version},"status":"{instance.status}",'
        f'"currentStepIds":{_list_text(instance.current_step_ids)},"variables":{instance.variables.text},'
        f'"startedAt":"{write_time(instance.started_ns)}"'
    )
    if ended and instance.completed_ns is not None:
        shape += f',"completedAt":"{write_time(instance.completed_ns)}"'
    if reason and instance.failure_reason is not None:
        shape += f',"failureReason":{text(instance.failure_reason)}'
    if key and instance.business_key is not None:
        shape += f',"businessKey":{text(instance.business_key)}'
    return shape + "}"


# Thousands of instances are at the same few places.
@lru_cache(maxsize=4_096)
def _list_text(step_ids: tuple[str, ...]) -> str:
    return json.dumps(step_ids, ensure_ascii=False, separators=(",", ":"))


def execution_shape(execution: StepExecution) -> str:
    ended = "null" if execution.ended_ns is None else f'"{write_time(execution.ended_ns)}"'
    reason = "null" if execution.failure_reason is None else text(execution.failure_reason)
    return (
        f'{{"ID":"{execution.id}","InstanceID":"{execution.instance_id}","StepID":{text(execution.step_id)},'
        f'"StepType":"{execution.step_type}","AttemptNumber":{execution.attempt},'
        f'"Status":"{execution.status}","StartedAt":"{write_time(execution.started_ns)}","EndedAt":{ended},'
        f'"InputSnapshot":null,"OutputSnapshot":null,"FailureReason":{reason}}}'
    )


def job_shape(job: JobRecord) -> str:
    """A leased job, as a poll gives it."""
    return (
        f'{{"id":"{job.id}","instanceId":"{job.instance_id}","stepExecutionId":"{job.execution_id}",'
        f'"jobType":{text(job.job_type)},"status":"{job.status}","workerId":{text(job.worker_id or "")},'
        f'"lockedAt":"{write_time(job.locked_ns or 0)}",'
        f'"lockExpiresAt":"{write_time(job.lock_expires_ns or 0)}",'
        f'"retriesRemaining":{job.retries_remaining},"variables":{job.variables.text},'
        f'"createdAt":"{write_time(job.created_ns)}"}}'
    )


def items_shape(items: Sequence[str], total: int | None = None, *, name: str = "items") -> str:
    """A list; an empty one is null."""
    listed = f"[{','.join(items)}]" if items else "null"
    end = "" if total is None else f',"total":{total}'
    return f'{{"{name}":{listed}{end}}}'
