"""What is said of reports that the engine has not taken."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from workflow_sdk.known_secrets import MASK, beginning
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.job.report import Report
from workflow_sdk.runner.reporting.engine_watch import reason_of

log = logging.getLogger("workflow_sdk.runner")

_SECRET = re.compile(r"password|passphrase|secret|token|api.?key|credential|authorization", re.IGNORECASE)
_LONGEST_RESULT = 2_000


def say_refused(report: Report, reason: str) -> None:
    claim = report.claim
    log.error(
        "the engine refuses the outcome of %s job %s of instance %s for good: %s. Its outcome is kept in "
        "case the job comes again; to end the instance: rochallor instances cancel %s",
        claim.job_type,
        claim.job_id,
        claim.instance_id,
        reason,
        claim.instance_id,
    )


def say_rejected(report: Report, reason: str) -> None:
    claim = report.claim
    log.error(
        "the engine has ended instance %s over the result of %s job %s: %s. Its handler returned %s",
        claim.instance_id,
        claim.job_type,
        claim.job_id,
        reason,
        result_text(report),
    )


def say_turned(report: Report, reason: str) -> None:
    claim = report.claim
    log.error(
        "the result of %s job %s of instance %s can never be delivered: %s. The job is failed for good",
        claim.job_type,
        claim.job_id,
        claim.instance_id,
        reason,
    )


def say_left(report: Report, error: Exception | None) -> None:
    came = "it came past the lease's end" if error is None else reason_of(error)
    log.info("job %s: whether its failure arrived is unknown (%s)", report.claim.job_id, came)


def result_text(report: Report) -> str:
    """What the handler returned, secrets masked by their names, cut where it is long."""
    if not isinstance(report.outcome, Completed):
        return "a failure"
    text = json.dumps(_masked(json.loads(report.outcome.encoded)), ensure_ascii=False)
    return text if len(text) <= _LONGEST_RESULT else f"{beginning(text, _LONGEST_RESULT)}…"


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: MASK if _SECRET.search(key) else _masked(inner) for key, inner in value.items()}
    return [_masked(inner) for inner in value] if isinstance(value, list) else value
