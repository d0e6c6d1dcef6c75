"""What can be done about an instance: commands to copy, quoted for the shell, each with what it does."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

from rochallor_cli.engine_client.engine_version import EngineVersion
from rochallor_cli.explanation.explaining import ENDED, STUCK, Explanation
from rochallor_cli.explanation.facts import Facts
from workflow_sdk.engine_versions import since

WayOut = tuple[str, str]


def retry_words(version: EngineVersion) -> str:
    """What a retry does, and whether this engine can surely do it; "" where it surely cannot."""
    if version.surely_lacks("step_retry"):
        return ""
    words = "run the failed step again, from where it failed"
    if version.surely_has("step_retry"):
        return words
    return f"{words}; engines can from {since('step_retry')} on, and this one is {version.text}"


def ways_out(explanation: Explanation, facts: Facts, *, retry: str, brokers: str = "") -> Iterator[WayOut]:
    """Commands with what they do; none where only a person, a signal or a timer is due. retry: as `retry_words`."""
    instance_id = quote(explanation.id)
    if explanation.verdict == STUCK:
        for code in explanation.codes:
            yield f"rochallor defs lint --explain {code}", "why, and what to write instead"
        yield f"rochallor instances cancel {instance_id} --reason stuck", "end it"
        yield _restart(instance_id), "and begin again, once the definition is mended and uploaded"
    elif explanation.verdict == ENDED and explanation.status == "FAILED":
        if retry and failed_step(facts):
            yield f"rochallor instances retry {instance_id}", retry
        yield _restart(instance_id), "begin again from the start; what was done is done twice"
    elif explanation.verdict == ENDED and explanation.status == "CANCELLED":
        yield _restart(instance_id), "begin again from the start; what was done is done twice"
    elif unserved := [mover.job_type for mover in explanation.moved_by if mover.served.by_nobody]:
        for job_type in dict.fromkeys(unserved):
            yield serving_command(job_type), "serve it, with a handler for it"
    elif jobs := [mover for mover in explanation.moved_by if mover.kind == "job"]:
        for job_type in dict.fromkeys(mover.job_type for mover in jobs if mover.served.workers is None):
            yield serving_command(job_type), "if no worker serves it yet: serve it, with a handler for it"
        # The history names no jobs, so whether a record was lost cannot be seen from here.
        what = "if workers serve it over Kafka and it still stands: see whether its job was lost"
        yield (
            f"rochallor jobs find {instance_id} --brokers {quote(brokers) if brokers else 'HOST:PORT'}",
            what,
        )


def serving_command(job_type: str | None) -> str:
    """What begins to serve jobs of this type."""
    return f"rochallor work --module handlers.py --job-type {quote(str(job_type))}"


def _restart(instance_id: str) -> str:
    return f"rochallor instances restart {instance_id}"


def failed_step(facts: Facts) -> str:
    """The step with which an instance failed; "" where none has."""
    failed = [row for row in facts.executions if row.get("status") == "FAILED"]
    reason = facts.instance.get("failureReason")
    named = [row for row in failed if row.get("failureReason") == reason] or failed
    return str(named[-1].get("stepId")) if named else ""
