"""Jobs that ran when a process died: run again alone, in processes of their own, and failed for good in the end.

The child that has claimed such a job keeps it, with its lease or its offset, and reports what comes back from here.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from time import monotonic

from rochallor_cli.counting import count_text
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.processes.child_handle import ChildHandle
from rochallor_cli.hosting.processes.control_pipe import Abandon, AskIsolated, Drain, RanIsolated, RunAlone
from rochallor_cli.hosting.processes.restart_policy import RestartHistory, RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects
from workflow_sdk.runner.job.in_flight import LEFT

log = logging.getLogger("rochallor.host")

# As many at once: a job that never ends must not keep the others waiting.
MOST_PROCESSES = 3
# One that has nothing to do leaves after this.
IDLE_S = 5.0

Spawn = Callable[[WorkerConfig], ChildHandle]


@dataclass
class _Request:
    """A job, and the child that waits for its outcome."""

    asked: AskIsolated
    worker: WorkerConfig
    asker: ChildHandle

    @property
    def key(self) -> str:
        return self.asked.key


@dataclass
class _Process:
    child: ChildHandle
    worker: WorkerConfig
    request: _Request | None = None
    idle_since: float = 0.0

    @property
    def is_long_idle(self) -> bool:
        return self.request is None and monotonic() - self.idle_since > IDLE_S


class IsolatedJobs:
    """Processes that run one job at a time. They are kept while they live: a death brings a fresh one."""

    def __init__(self, spawn: Spawn, suspects: Suspects) -> None:
        self._spawn = spawn
        self._suspects = suspects
        self._waiting: deque[_Request] = deque()
        self._processes: list[_Process] = []
        self._is_draining = False
        self.failed_starts = 0
        self._unborn = RestartHistory(RestartPolicy())
        self._start_at = 0.0

    def children(self) -> list[ChildHandle]:
        return [process.child for process in self._processes]

    def ask(self, asked: AskIsolated, worker: WorkerConfig, asker: ChildHandle) -> None:
        """Have it run; who asks last gets the outcome, for the earlier claim is over."""
        if reason := self._suspects.reason(asked.key):
            asker.tell(RanIsolated(asked.key, error=reason, retryable=False))
            return
        request = _Request(asked, worker, asker)
        running = [process.request for process in self._processes if process.request]
        for known in (*self._waiting, *running):
            if known.key == request.key:
                if known.asker is not asker:
                    known.asker.tell(RanIsolated(known.key, released_s=LEFT))
                known.asker, known.asked = asker, asked
                return
        self._waiting.append(request)

    def tend(self) -> None:
        """Hand out jobs, take in outcomes, notice deaths."""
        for process in list(self._processes):
            process.child.read()
            for ran in process.child.take_ran():
                self._ran(process, ran)
            if process.child.has_ended:
                self._processes.remove(process)
                self._ended(process)
            elif process.is_long_idle and not process.child.is_leaving:
                process.child.leave(Abandon())
        while self._waiting and self._hand_out(self._waiting[0]):
            self._waiting.popleft()

    def drain(self) -> None:
        """Running handlers hear that the end is near; `leave` ends the processes."""
        self._is_draining = True
        for child in self.children():
            child.tell(Drain())

    def leave(self) -> None:
        """Nobody waits for an outcome any more."""
        self._waiting.clear()
        for process in self._processes:
            if process.request is not None:
                process.child.kill()
            elif not process.child.is_leaving:
                process.child.leave(Abandon())

    def kill(self) -> None:
        for child in self.children():
            child.kill()

    def _hand_out(self, request: _Request) -> bool:
        if request.asker.has_ended:
            return True  # the job comes again by itself
        idle = [
            one
            for one in self._processes
            if one.request is None
            and not one.child.is_leaving
            and one.worker.modules == request.worker.modules
        ]
        if not idle and len(self._processes) < MOST_PROCESSES and monotonic() >= self._start_at:
            idle = self._one_more(request.worker)
            self._processes += idle
        if not idle:
            return False
        idle[0].request = request
        idle[0].child.tell(RunAlone(request.key, request.asked.job, request.asked.lease_end))
        if self._is_draining:
            idle[0].child.tell(Drain())
        return True

    def _one_more(self, worker: WorkerConfig) -> list[_Process]:
        """A new process, if there is one to be had: else it is tried again, ever more rarely."""
        try:
            child = self._spawn(replace(worker, worker_id=f"{worker.worker_id} alone"))
        except OSError as error:
            if not self._unborn.deaths_in_a_row:
                log.warning("no process for a job that is to run alone: %s", error)
            self.failed_starts += 1
            self._unborn.died(ready_for_s=0.0)
            self._start_at = monotonic() + self._unborn.delay_s
            return []
        self._unborn = RestartHistory(self._unborn.policy)
        return [_Process(child, worker)]

    def _ran(self, process: _Process, ran: RanIsolated) -> None:
        request, process.request, process.idle_since = process.request, None, monotonic()
        if request is not None:
            self._suspects.cleared(request.key)
            request.asker.tell(ran)

    def _ended(self, process: _Process) -> None:
        child, request = process.child, process.request
        child.close()
        if request is None or child.is_leaving or child.was_killed:
            return
        if child.failure is not None:
            request.asker.tell(RanIsolated(request.key, error=child.failure.message, retryable=True))
            return
        self._suspects.died_with([request.key])
        deaths, most = self._suspects.deaths(request.key), request.worker.max_job_deaths
        died = f"{count_text(deaths, 'process')} died while this job ran (the last one: {child.ending})"
        job = request.asked.job
        log.error(
            "%s job %s of instance %s: %s%s",
            job["jobType"],
            job["id"],
            job["instanceId"],
            died,
            f"\n{child.stack}" if child.stack else "",
        )
        if deaths < most:
            self._waiting.appendleft(request)
            return
        self._suspects.failed(request.key, died)
        request.asker.tell(RanIsolated(request.key, error=died, retryable=False))
