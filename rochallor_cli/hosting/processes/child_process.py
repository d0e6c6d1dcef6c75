"""ChildProcess: one process of a worker, kept alive: started again when it dies, replaced when asked to."""

from __future__ import annotations

import enum
import logging
import time
from collections.abc import Callable

from rochallor_cli.counting import count_text
from rochallor_cli.errors import CliError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.health.exposition import MetricFamily, counted_only, merged
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary
from rochallor_cli.hosting.processes.child_handle import ChildHandle
from rochallor_cli.hosting.processes.control_pipe import Abandon
from rochallor_cli.hosting.processes.restart_policy import RestartHistory, RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects

log = logging.getLogger("rochallor.host")

Spawn = Callable[[WorkerConfig], ChildHandle]


class ChildState(enum.Enum):
    """What is being done about the process."""

    WAITING = "waiting"  # nobody is there: the next start is due at `_start_at`
    SERVING = "serving"
    REPLACING = "replacing"  # a successor is being started while the child serves
    STOPPING = "stopping"  # for good


class ChildProcess:
    """`child` serves, `successor` is being started in its place, `leaving` drain. `failure` ends the host."""

    def __init__(
        self,
        worker: WorkerConfig,
        spawn: Spawn,
        policy: RestartPolicy,
        *,
        suspects: Suspects,
        others_serve: Callable[[], bool],
    ) -> None:
        self.worker = worker
        self._suspects = suspects
        self._others_serve = others_serve
        self.state = ChildState.WAITING
        self.child: ChildHandle | None = None
        self.failure: CliError | None = None
        self.restarts = 0
        # Starts for which the system had no process, and why the latest one failed.
        self.failed_starts = 0
        self._shortage = ""
        self.summaries: list[WorkerSummary] = []
        self.retired: list[MetricFamily] = []
        self._successor: ChildHandle | None = None
        self._leaving: list[ChildHandle] = []
        self._spawn = spawn
        self._history = RestartHistory(policy)
        self._start_at = 0.0
        # Of starts for which the system gave no process.
        self._unborn = RestartHistory(policy)
        # Of successors that did not come up.
        self._renewals = RestartHistory(policy)
        self._renew_at = 0.0
        self._has_served = False
        self._said_ready: ChildHandle | None = None

    def start(self) -> None:
        try:
            self.child = self._spawn(self.worker)
        except OSError as error:
            self._spawn_failed(error)
        else:
            self.state = ChildState.SERVING
            self._has_spawned()

    def children(self) -> list[ChildHandle]:
        return [child for child in (self.child, self._successor, *self._leaving) if child is not None]

    @property
    def has_ended(self) -> bool:
        return self.state is ChildState.STOPPING and not self.children()

    # --- what the host asks for ---

    def replace(self) -> None:
        """Start a successor; the child that serves is drained when it is ready."""
        if self.state is not ChildState.SERVING or time.monotonic() < self._start_at:
            return
        try:
            self._successor = self._spawn(self.worker)
        except OSError as error:
            self._spawn_failed(error)
        else:
            self.state = ChildState.REPLACING
            self._has_spawned()

    def drain(self) -> None:
        self.state = ChildState.STOPPING
        for child in self.children():
            if not child.is_leaving:
                child.leave()

    def abandon(self) -> None:
        self.state = ChildState.STOPPING
        for child in self.children():
            child.tell(Abandon())

    def kill(self) -> None:
        for child in self.children():
            child.kill()

    # --- looking after the children ---

    def tend(self) -> None:
        """Take in what was said, notice who has ended, start whoever is due."""
        for child in self.children():
            child.read()
        self._tend_successor()
        self._tend_child()
        for child in [child for child in self._leaving if child.has_ended]:
            self._leaving.remove(child)
            self._keep_counts(child)
            self._say_left(child)
        if self.state is ChildState.WAITING and time.monotonic() >= self._start_at:
            self.start()
            self.restarts += self.child is not None

    def _tend_successor(self) -> None:
        successor = self._successor
        if successor is None:
            return
        if successor.has_ended:
            self._successor = None
            self._keep_counts(successor)
            if self.state is not ChildState.STOPPING:
                self._not_replaced(successor)
            self._say_left(successor)
            self._replaced()
        elif successor.ready_at is not None:
            log.info("%s: process %d takes over", self._name, successor.pid)
            if self.child is not None:
                self.child.leave()
                self._leaving.append(self.child)
            self.child, self._successor = successor, None
            self._renewals = RestartHistory(self._renewals.policy)
            self._replaced()

    def _not_replaced(self, successor: ChildHandle) -> None:
        """Its handlers cannot be imported any more, mostly: a child that is worn out waits before the next try."""
        log.error(
            "%s: the new process did not come up (%s); the old one goes on", self._name, successor.ending
        )
        _log_failure(successor.failure)
        self._renewals.died(ready_for_s=0.0)
        self._renew_at = time.monotonic() + self._renewals.delay_s

    def _replaced(self) -> None:
        if self.state is ChildState.REPLACING:
            self.state = ChildState.SERVING if self.child is not None else ChildState.WAITING

    def _tend_child(self) -> None:
        child = self.child
        if child is None:
            return
        if child.ready_at is not None:
            if self.restarts and child is not self._said_ready:
                log.info("%s: process %d is ready", self._name, child.pid)
            self._has_served, self._said_ready = True, child
        if self._is_worn_out(child):
            log.info(
                "%s: process %d has had its %s",
                self._name,
                child.pid,
                count_text(self.worker.max_jobs_per_process or 0, "job"),
            )
            self.replace()
        if child.has_ended:
            self.child = None
            self._keep_counts(child)
            if self.state is not ChildState.STOPPING:
                self._died(child)
            self._say_left(child)

    def _is_worn_out(self, child: ChildHandle) -> bool:
        most = self.worker.max_jobs_per_process
        if most is None or self.state is not ChildState.SERVING or time.monotonic() < self._renew_at:
            return False
        return child.status().jobs_settled >= most

    def _died(self, child: ChildHandle) -> None:
        """Nobody asked it to end: start again after a while, or give up."""
        if child.failure is not None and not self._has_served:
            self._fail(child.failure)  # the handlers cannot be loaded: starting again would not help
            return
        log.error("%s: process %d ended (%s)%s", self._name, child.pid, child.ending, _while_it_ran(child))
        _log_failure(child.failure)
        # What running jobs have done to it says nothing about the next process.
        self._history.died(ready_for_s=child.ready_for_s, with_jobs=bool(child.running or child.just_ended))
        if self._history.is_crash_loop:
            times = self._history.deaths_in_a_row
            self._fail(
                CliError(
                    f"{self._name} ended {times} times in a row ({child.ending})",
                    hint="the log lines above say what its last jobs were",
                    exit_status=ExitStatus.CRASH_LOOP,
                )
            )
            return
        log.warning("%s: starting again in %g s", self._name, self._history.delay_s)
        self._start_at = time.monotonic() + self._history.delay_s
        if self.state is ChildState.SERVING:
            self.state = ChildState.WAITING

    def _spawn_failed(self, error: OSError) -> None:
        """No process is to be had: a death, with the same back-off, that ends no host which serves or has served."""
        self.failed_starts += 1
        self._shortage = f"no process can be started: {error.strerror or error}"
        self._unborn.died(ready_for_s=0.0)
        self._start_at = time.monotonic() + self._unborn.delay_s
        if self._unborn.is_crash_loop and not (self._has_served or self._others_serve()):
            self._fail(
                CliError(f"{self._name}: {self._shortage}", exit_status=ExitStatus.CRASH_LOOP),
            )
        elif self._unborn.deaths_in_a_row == 1:
            log.error(
                "%s: %s; tried again after %g s, and ever more rarely",
                self._name,
                self._shortage,
                self._unborn.delay_s,
            )

    def _has_spawned(self) -> None:
        if failed := self._unborn.deaths_in_a_row:
            log.info(
                "%s: a process can be started again (%s failed)", self._name, count_text(failed, "start")
            )
        self._unborn = RestartHistory(self._unborn.policy)
        self._shortage = ""

    def _fail(self, failure: CliError) -> None:
        self.failure = failure
        self.drain()

    def _keep_counts(self, child: ChildHandle) -> None:
        """What a child that has ended has counted; of one that crashed, the jobs it took with it."""
        child.close()
        self.retired = merged([self.retired, counted_only(child.families(wait_s=0.0))])
        self.summaries += child.summaries
        if child.is_finished:
            return
        if self.state is ChildState.STOPPING:
            self.summaries.append(WorkerSummary(self.worker.worker_id, abandoned=child.status().in_flight))
        if not child.was_killed:
            self._suspects.died_with([job.key for job in (*child.running, *child.just_ended)])

    def _say_left(self, child: ChildHandle) -> None:
        for job in () if child.is_finished else child.running:
            log.warning(
                "%s left %s job %s of instance %s", self._name, job.job_type, job.job_id, job.instance_id
            )

    # --- asking ---

    @property
    def _name(self) -> str:
        return f"worker {self.worker.worker_id}"

    def status(self) -> WorkerStatus:
        """Of whoever serves; of nobody while a start is waited for."""
        if self.child is not None:
            return self.child.status()
        if self._leaving:
            return self._leaving[-1].status()
        is_stopping = self.state is ChildState.STOPPING
        reason = "" if is_stopping else self._shortage or "restarting after a crash"
        state = "stopped" if is_stopping else "starting"
        return WorkerStatus(self.worker.worker_id, 0, self.worker.mode, state, reason=reason)


def _while_it_ran(child: ChildHandle) -> str:
    """What ran at the death, and Python's stacks where there are some."""
    jobs = f" while it ran {count_text(len(child.running), 'job')}" if child.running else ""
    if child.just_ended and not child.running:
        jobs = f"; {count_text(len(child.just_ended), 'job')} had just ended"
    return f"{jobs}\n{child.stack}" if child.stack else jobs


def _log_failure(failure: CliError | None) -> None:
    if failure is not None:
        lines = [failure.message, *failure.details, *([failure.hint] if failure.hint else [])]
        log.error("%s", "\n".join(lines))
