"""What is said of a handler that failed its job."""

from __future__ import annotations

import logging

from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed

log = logging.getLogger("workflow_sdk.runner")


def log_failure(item: InFlight) -> None:
    """One record for a job that has failed, with the handler's exception where there is one."""
    outcome, claim = item.outcome, item.claim
    if not isinstance(outcome, Failed):
        return
    log.warning(
        "%s job %s of instance %s failed%s: %s",
        claim.job_type,
        claim.job_id,
        claim.instance_id,
        "" if outcome.retryable else " for good",
        outcome.message,
        exc_info=item.error,
    )
