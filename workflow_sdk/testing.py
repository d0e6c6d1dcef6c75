"""For the tests of handler authors: one handler on one job, or a worker on an engine in memory.

assert run_handler(score, {"applicantId": "A-1"}).variables == {"creditScore": 720}

engine = FakeEngineClient()
job_id = engine.offer("credit-score", {"applicantId": "A-1"})
engine.work(registry)
assert engine.completed[job_id] == {"creditScore": 720}
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workflow_sdk.handler.handler import handler_of
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.handlers.handler_call import run_to_its_end
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import RunSummary


@dataclass(frozen=True)
class HandlerResult:
    """What a worker would report: `variables` of a completed job, `error` and `retryable` of a failed one."""

    variables: dict[str, Any] | None
    error: str | None
    retryable: bool
    ran_s: float
    # By ReleaseJobError: nothing would be reported.
    released: bool = False

    @property
    def completed(self) -> bool:
        return self.error is None


def run_handler(
    handler: Callable[..., Any],
    variables: Mapping[str, Any] | None = None,
    *,
    job_type: str = "test",
    timeout: float | None = None,
    **fields: Any,
) -> HandlerResult:
    """Run a plain or async handler on a job, as a worker would: exceptions become failures.

    `fields` are further ones of the job (`id`, `retriesRemaining`, …). Works inside a running loop, too.
    """
    job = job_from_poll(
        {
            "id": "test-job",
            "instanceId": "test-instance",
            "stepExecutionId": "test-step-execution",
            **fields,
            "jobType": job_type,
            "variables": dict(variables or {}),
        }
    )
    item = InFlight(Claim(job), handler_of(handler, job_type, timeout=timeout), CurrentJob(job))
    thread = threading.Thread(target=_run, args=[item], name="handler under test")
    thread.start()
    thread.join()
    outcome = item.outcome
    if outcome is None:
        return HandlerResult(
            None, "the handler gave the job back", retryable=True, ran_s=item.ran_s(), released=True
        )
    if isinstance(outcome, Completed):
        return HandlerResult(outcome.variables, None, retryable=False, ran_s=item.ran_s())
    return HandlerResult(None, outcome.message, outcome.retryable, ran_s=item.ran_s())


def _run(item: InFlight) -> None:
    with asyncio.Runner() as runner:
        run_to_its_end(item, runner)


@dataclass(frozen=True)
class ReportedFailure:
    """One `fail` as the engine received it."""

    job_id: str
    message: str
    retryable: bool


class FakeEngineClient:
    """An engine's jobs in memory, with the methods a runner uses. Thread-safe.

    A retryable failure with retries left is offered again at once, as engines do.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._jobs: dict[str, dict[str, Any]] = {}
        self._waiting: list[str] = []
        self.completed: dict[str, dict[str, Any]] = {}
        self.failures: list[ReportedFailure] = []
        self.failed: dict[str, str] = {}

    def offer(self, job_type: str, variables: Mapping[str, Any] | None = None, *, retries: int = 0) -> str:
        """The id of a new job in the queue."""
        with self._changed:
            job_id = f"job-{len(self._jobs) + 1}"
            self._jobs[job_id] = {
                "id": job_id,
                "jobType": job_type,
                "instanceId": f"instance-{len(self._jobs) + 1}",
                "stepExecutionId": f"step-execution-{len(self._jobs) + 1}",
                "retriesRemaining": retries,
                "variables": dict(variables or {}),
            }
            self._waiting.append(job_id)
        return job_id

    def work(self, registry: HandlerRegistry, *, timeout_s: float = 10.0, **options: Any) -> RunSummary:
        """Run a real worker until every offered job is completed or failed for good.

        `options` go to the Runner. TimeoutError when jobs are left after `timeout_s`.
        """
        stop = threading.Event()
        runner = Runner(self, registry, "test-worker", **{"poll_interval": 0.01, **options})
        summaries: list[RunSummary] = []
        thread = threading.Thread(target=lambda: summaries.append(runner.run(stop)), name="worker under test")
        thread.start()
        with self._changed:
            is_done = self._changed.wait_for(self._all_are_settled, timeout_s)
        stop.set()
        if not is_done:
            runner.abandon()
        thread.join()
        if not is_done:
            open_jobs = sorted(self._jobs.keys() - self.completed.keys() - self.failed.keys())
            raise TimeoutError(f"after {timeout_s:g} s these jobs were not done: {', '.join(open_jobs)}")
        return summaries[0]

    def poll_jobs(self, worker_id: str, job_types: list[str], max_jobs: int = 1) -> list[dict[str, Any]]:
        with self._changed:
            fitting = [job_id for job_id in self._waiting if self._jobs[job_id]["jobType"] in job_types]
            claimed = fitting[:max_jobs]
            self._waiting = [job_id for job_id in self._waiting if job_id not in claimed]
            return [dict(self._jobs[job_id]) for job_id in claimed]

    def complete_job(self, job_id: str, worker_id: str, variables: dict[str, Any] | None = None) -> None:
        with self._changed:
            self.completed.setdefault(job_id, variables or {})
            self._changed.notify_all()

    def fail_job(self, job_id: str, worker_id: str, error_message: str, retryable: bool = True) -> None:
        with self._changed:
            self.failures.append(ReportedFailure(job_id, error_message, retryable))
            job = self._jobs[job_id]
            if retryable and job["retriesRemaining"] > 0:
                job["retriesRemaining"] -= 1
                self._waiting.append(job_id)
            else:
                self.failed[job_id] = error_message
            self._changed.notify_all()

    def _all_are_settled(self) -> bool:
        return len(self.completed) + len(self.failed) == len(self._jobs)
