"""A job's outcome, reported by a person in a worker's place."""

from __future__ import annotations

from typing import Any

from rochallor_cli.engine_client.admin_client import AdminClient
from rochallor_cli.engine_client.ids import require_id
from rochallor_cli.errors import NotFoundError
from workflow_sdk.client.judgement import is_refusal
from workflow_sdk.errors import EngineClientError

# Who the engine is told has done it.
WORKER_ID = "rochallor-jobs"
# Engines answer 500 to a job that they do not know, each version in its own words.
_UNKNOWN = ("not found", "no rows in result set")


def complete_job(engine: AdminClient, job_id: str, variables: dict[str, Any]) -> None:
    """Report a result."""
    require_id(job_id, "job")
    try:
        engine.client.complete_job(job_id, WORKER_ID, variables)
    except EngineClientError as error:
        raise _meaning(engine, job_id, error) from error


def fail_job(engine: AdminClient, job_id: str, *, message: str, retryable: bool) -> None:
    """Report a failure."""
    require_id(job_id, "job")
    try:
        engine.client.fail_job(job_id, WORKER_ID, message, retryable)
    except EngineClientError as error:
        raise _meaning(engine, job_id, error) from error


def _meaning(engine: AdminClient, job_id: str, error: EngineClientError) -> Exception:
    if is_refusal(error) and any(words in error.reason for words in _UNKNOWN):
        hint = "`rochallor jobs find INSTANCE --brokers …` names the jobs of an instance"
        return NotFoundError(f"no job {job_id} on {engine.settings.where}", hint=hint)
    return error
