"""One child as the supervisor sees it: a process, its pipe, and what it last said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from rochallor_cli.errors import CliError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.host_config import HostConfig, WorkerConfig
from rochallor_cli.hosting.health.exposition import MetricFamily
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary
from rochallor_cli.hosting.host_signals import ALL_STOPPING
from rochallor_cli.hosting.processes.control_pipe import (
    Abandon,
    AskIsolated,
    AskMetrics,
    ChildFailed,
    ControlPipe,
    Counted,
    Drain,
    Finished,
    Loaded,
    Message,
    MetricsAnswer,
    Order,
    PipeClosedError,
    RanIsolated,
    Start,
    Status,
)
from rochallor_cli.hosting.processes.crash_stacks import new_crash_file, read_crash
from rochallor_cli.hosting.processes.running_jobs import RunningJob, RunningJobs, read_running_jobs

# How long /metrics waits for a child; its last answer is used after that.
METRICS_WAIT_S = 1.0


class ChildHandle:
    """Starts on construction. The state is that of the last message; `read` takes new ones in."""

    def __init__(
        self, worker: WorkerConfig, config: HostConfig, *, suspects: tuple[str, ...] = (), alone: bool = False
    ) -> None:
        self.worker = worker
        self.loaded: Loaded | None = None
        self.failure: CliError | None = None
        self.summaries: list[WorkerSummary] = []
        self.is_finished = False
        self.is_leaving = False
        self.was_killed = False
        self.ready_at: float | None = None
        # After its end: the jobs that ran then or just before, and Python's stacks where it could still write them.
        self.running: list[RunningJob] = []
        self.just_ended: list[RunningJob] = []
        self.stack = ""
        self._status: WorkerStatus | None = None
        self._heard_at = time.monotonic()
        self._families: list[MetricFamily] = []
        self._metrics_asked = 0
        self._metrics_came = threading.Condition()
        self._metrics_number = 0
        self._is_open = True
        self._asked: list[AskIsolated] = []
        self._ran: list[RanIsolated] = []
        self._records = RunningJobs.new_file(worker.parallelism)
        self._crash = new_crash_file()
        self._pipe, self._process = self._spawned()
        self.tell(Start(worker, config.engine, config.kafka, config.log, config.health, suspects, alone))

    def _spawned(self) -> tuple[ControlPipe, subprocess.Popen[bytes]]:
        pipe, theirs = ControlPipe.pair()
        with theirs, _stop_signals_blocked():
            descriptors = [theirs.fileno(), self._records, self._crash]
            # -P: a file in the working directory that is called like a library must not be taken for it.
            program = [sys.executable, "-P", "-m", "rochallor_cli.hosting.processes.child_main"]
            process = subprocess.Popen(  # noqa: S603 - this Python, our own module
                [*program, *map(str, descriptors)],
                pass_fds=descriptors,
                stdin=subprocess.DEVNULL,
                # A group of its own: what its handlers leave behind can be ended with it.
                process_group=0,
            )
        return pipe, process

    # --- talking ---

    def tell(self, order: Order) -> None:
        try:
            self._pipe.send(order)
        except PipeClosedError:
            self._is_open = False  # that it ended is noticed by `has_ended`

    def leave(self, order: Drain | Abandon | None = None) -> None:
        """Ask it to drain, or to leave at once."""
        self.is_leaving = True
        self.read()
        if self.loaded is None:
            self.kill()  # it imports handlers, for as long as that may take, and has no jobs
        else:
            self.tell(order or Drain())

    def take_asked(self) -> list[AskIsolated]:
        """The jobs that it wants to have run alone, once."""
        asked, self._asked = self._asked, []
        return asked

    def take_ran(self) -> list[RanIsolated]:
        """The jobs that it has run alone, once."""
        ran, self._ran = self._ran, []
        return ran

    def fileno(self) -> int:
        return self._pipe.fileno()

    @property
    def is_open(self) -> bool:
        return self._is_open

    def read(self) -> bool:
        """Take in what it has said; False when that was nothing."""
        try:
            messages = self._pipe.receive() if self._is_open else []
        except PipeClosedError:
            self._is_open = False
            self._wait_a_moment()
            return False
        for message in messages:
            self._take_in(message)
        return bool(messages)

    def _wait_a_moment(self) -> None:
        """End of file comes a moment before the end of the process: do not leave that to the next look."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.2)

    def _take_in(self, message: Message) -> None:
        self._heard_at = time.monotonic()
        match message:
            case Loaded():
                self.loaded = message
            case ChildFailed():
                self.failure = _failure_from(message)
            case Status(status):
                self._status = status
                if status.is_ready and self.ready_at is None:
                    self.ready_at = time.monotonic()
            case AskIsolated():
                self._asked.append(message)
            case RanIsolated():
                self._ran.append(message)
            case MetricsAnswer():
                self._keep_metrics(message)
            case Counted(summaries, families):
                self.summaries = list(summaries)
                self._keep_families(families)
            case Finished():
                self.is_finished = True
                self.summaries = list(message.summaries)
                self._families = message.families

    def _keep_families(self, families: list[MetricFamily]) -> None:
        """The newest of these; what handlers count themselves is asked for, not sent unasked."""
        named = {family.name for family in families}
        with self._metrics_came:
            self._families = [*families, *(one for one in self._families if one.name not in named)]

    def _keep_metrics(self, message: MetricsAnswer) -> None:
        with self._metrics_came:
            self._families = message.families
            self._metrics_number = message.number
            self._metrics_came.notify_all()

    # --- asking ---

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def ending(self) -> str:
        """How it ended, for people."""
        status = self._process.returncode
        if status is None:
            return "still running"
        return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"

    @property
    def ready_for_s(self) -> float:
        return 0.0 if self.ready_at is None else time.monotonic() - self.ready_at

    def status(self) -> WorkerStatus:
        """The last status; a child that says nothing is not live."""
        silent_s = time.monotonic() - self._heard_at
        if self._status is None:
            return WorkerStatus(self.worker.worker_id, self.pid, self.worker.mode, "starting")
        if silent_s < 2.0:
            return self._status
        return replace(self._status, last_tick_age_s=self._status.last_tick_age_s + silent_s)

    def ask_for_metrics(self) -> None:
        with self._metrics_came:
            self._metrics_asked += 1
        self.tell(AskMetrics(self._metrics_asked))

    def families(self, *, wait_s: float = METRICS_WAIT_S) -> list[MetricFamily]:
        """Its metrics, after waiting for an answer that was asked for; called from the health threads."""
        with self._metrics_came:
            self._metrics_came.wait_for(lambda: self._metrics_number >= self._metrics_asked, wait_s)
            return list(self._families)

    # --- ending ---

    def kill(self) -> None:
        if not self.has_ended:
            self.was_killed = True
            self._process.kill()

    def close(self) -> None:
        """To be called when it has ended: what it said at the very last is read first."""
        # Not until end of file: what a handler has forked may hold the other end for ever.
        while self.read():
            continue
        self._process.wait()
        self._pipe.close()
        (self.running, self.just_ended), self.stack = (
            read_running_jobs(self._records),
            read_crash(self._crash),
        )
        for descriptor in (self._records, self._crash):
            os.close(descriptor)
        self._end_leftovers()

    def _end_leftovers(self) -> None:
        """What its handlers have started ends with it, unless it went into a session of its own."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM)


def _failure_from(failed: ChildFailed) -> CliError:
    return CliError(
        failed.message, hint=failed.hint, details=failed.details, exit_status=ExitStatus(failed.exit_status)
    )


@contextmanager
def _stop_signals_blocked() -> Iterator[None]:
    """A child inherits the mask: a Ctrl-C while it starts waits until it has learned to ignore it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ALL_STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
