"""Handlers of the loan workflow: `rochallor work --module examples/loan/handlers.py`."""

from __future__ import annotations

import asyncio
import zlib
from datetime import UTC, datetime

from workflow_sdk.errors import NonRetryableError
from workflow_sdk.handler.registry import HandlerRegistry

registry = HandlerRegistry()


@registry.handler("validate-application")
def validate_application(job):
    """Refuse an application without an applicant; retrying would not mend it."""
    applicant_id = job["variables"].get("applicantId")
    if not applicant_id:
        raise NonRetryableError("applicantId is missing: start the instance with --var applicantId=…")
    return {"validationPassed": True, "validatedAt": datetime.now(UTC).isoformat(timespec="milliseconds")}


@registry.handler("credit-score")
async def credit_score(job):
    """Look up a score; a real one would ask a service, hence a coroutine."""
    await asyncio.sleep(0.02)
    # The same applicant always gets the same score; A-001 of the README gets 720.
    spread = zlib.crc32(job.variables["applicantId"].encode()) % 300
    return {"creditScore": 720 if job.variables["applicantId"] == "A-001" else 550 + spread}


@registry.handler("send-notification")
def send_notification(job):
    """Tell the applicant; job.idempotency_key is the key that makes a second sending harmless."""
    return {"notificationSent": True}
