"""Workers of the SDK in tests: definitions, instances, a runner in a thread, executions counted by handlers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary


def chain(name: str, *job_types: str, retries: int = 0) -> dict[str, Any]:
    """A definition: service tasks one after another."""
    steps: list[dict[str, Any]] = [
        {
            "id": f"s{number}",
            "name": job_type,
            "type": "SERVICE_TASK",
            "jobType": job_type,
            "retryCount": retries,
            "nextStep": f"s{number + 1}" if number + 1 < len(job_types) else "end",
        }
        for number, job_type in enumerate(job_types)
    ]
    return {"id": name, "name": name, "steps": [*steps, {"id": "end", "name": "end", "type": "END"}]}


def start_chain(
    client: RestEngineClient, *job_types: str, count: int = 1, retries: int = 0, **variables: Any
) -> list[str]:
    """The ids of instances of a chain of these job types, uploaded under their names."""
    name = "-".join(job_types)
    client.upload_definition(chain(name, *job_types, retries=retries))
    return [client.start_instance(name, variables)["id"] for _ in range(count)]


class Executions:
    """How often each job's handler ran; `handler` counts and returns nothing."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.of_job: Counter[str] = Counter()

    def count(self, job: Any) -> None:
        with self._lock:
            self.of_job[job["id"]] += 1

    @property
    def twice(self) -> list[str]:
        return [job for job, count in self.of_job.items() if count > 1]

    @property
    def total(self) -> int:
        return sum(self.of_job.values())


class AtOnce:
    """Runs of `handler`, each of which waits until so many run at the same time; `most` did."""

    def __init__(self, wanted: int) -> None:
        self._all = threading.Barrier(wanted)
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def handler(self, job: Any) -> None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        self._all.wait(60)
        with self._lock:
            self._now -= 1


def registry_of(
    executions: Executions, then: Callable[[Any], object] = lambda job: None, *, job_type: str = "work"
) -> HandlerRegistry:
    """One handler, whose executions are counted before it does `then`, and which returns nothing."""
    registry = HandlerRegistry()

    @registry.handler(job_type)
    def handler(job: Any) -> None:
        executions.count(job)
        then(job)

    return registry


class RunningRunner:
    """A runner at work in a thread; `summary` is there once it has ended."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.stop_event = threading.Event()
        self.summary: RunSummary | None = None
        self.error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="runner under test", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.summary = self.runner.run(self.stop_event)
        except BaseException as error:
            self.error = error

    @property
    def snapshot(self) -> RunnerSnapshot:
        wait_until(lambda: self.runner.snapshot() is not None, "the runner to begin")
        found = self.runner.snapshot()
        assert found is not None
        return found

    def stop(self, timeout_s: float = 60) -> RunSummary:
        self.stop_event.set()
        return self.end(timeout_s)

    def end(self, timeout_s: float = 60) -> RunSummary:
        self._thread.join(timeout_s)
        assert not self._thread.is_alive(), "the runner did not come to an end"
        if self.error is not None:
            raise self.error
        assert self.summary is not None
        return self.summary


@contextmanager
def running_runner(
    client: Any, registry: HandlerRegistry, *, worker_id: str = "w1", **options: Any
) -> Iterator[RunningRunner]:
    """A runner that works while the block runs, and is stopped at its end."""
    running = RunningRunner(Runner(client, registry, worker_id, **options))
    try:
        yield running
    finally:
        running.stop_event.set()
        running.runner.stop()
        running._thread.join(60)


def wait_for_status(
    client: RestEngineClient, instances: list[str], status: str = "COMPLETED", *, timeout_s: float = 60
) -> None:
    """Wait until all instances have this status."""
    remaining = [*reversed(instances)]

    def all_are() -> bool:
        while remaining and client.get_instance(remaining[-1])["status"] == status:
            remaining.pop()
        return not remaining

    wait_until(all_are, f"{len(instances)} instances to be {status}", timeout_s=timeout_s)
