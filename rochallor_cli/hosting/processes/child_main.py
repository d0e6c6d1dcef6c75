"""A child process of the supervisor: `python -m rochallor_cli.hosting.processes.child_main PIPE RECORDS CRASH`,
the descriptors of its control pipe, of the records of its running jobs and of the file for the stacks of a crash.

It obeys the control pipe and nothing else: terminals and service managers signal a whole process group, and
only the supervisor may count those signals.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import socket
import sys
import time
from types import FrameType

from rochallor_cli.errors import CliError, ShortageError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.handler_modules.loading import LoadedHandlers, watchable_files
from rochallor_cli.hosting.config.host_config import HostConfig
from rochallor_cli.hosting.console import HandlerRow, handler_rows
from rochallor_cli.hosting.forced_exit import end_within, exit_soon
from rochallor_cli.hosting.high_descriptors import lowered_limit, out_of_reach
from rochallor_cli.hosting.host_signals import ALL_STOPPING, QUIETING, say_taken_again
from rochallor_cli.hosting.logs.log_setup import configure_host_logging
from rochallor_cli.hosting.logs.loggers_in_use import LoggersInUse
from rochallor_cli.hosting.logs.stacks import show_stacks
from rochallor_cli.hosting.original_library import keep_standard_library
from rochallor_cli.hosting.processes.child_supervision import ChildSupervision
from rochallor_cli.hosting.processes.control_pipe import (
    Abandon,
    AskMetrics,
    ChildFailed,
    ControlPipe,
    Counted,
    Drain,
    Finished,
    Loaded,
    Message,
    MetricsAnswer,
    PipeClosedError,
    Quiet,
    RanIsolated,
    ShowStacks,
    Start,
    Status,
    SuspectsNow,
)
from rochallor_cli.hosting.processes.crash_stacks import write_crashes_to
from rochallor_cli.hosting.processes.isolated_main import IsolatedChild
from rochallor_cli.hosting.processes.running_jobs import RunningJobs
from rochallor_cli.hosting.self_pipe import Waker
from rochallor_cli.hosting.stray_signals import StraySignals
from rochallor_cli.hosting.workers.local_workers import LocalWorkers
from rochallor_cli.hosting.workers.process_state import ProcessState
from workflow_sdk.runner.handlers.supervision import supervise

log = logging.getLogger("rochallor.host")

STATUS_EVERY_S = 1.0
TICK_S = 0.25
STARTING_TICK_S = 0.02
# What a worker may take after its drain, for its connections, its shutdown hooks.
LEAVE_S = 14.0
# They come to the whole group of processes, and only the supervisor obeys them.
OF_THE_GROUP = (*ALL_STOPPING, *QUIETING, *([signal.SIGUSR1] if hasattr(signal, "SIGUSR1") else []))
CLOSED = "descriptors of this process were closed: a module or a job has closed some that are not its own"


def main() -> int:
    """Serve until told to leave; the exit status is the host's, for this one worker."""
    strays = StraySignals()
    _ignore_signals(strays)
    os.register_at_fork(after_in_child=strays.forget)
    os.register_at_fork(after_in_child=_listen_again)
    pipe_end, records, crash = map(int, sys.argv[1:])
    write_crashes_to(out_of_reach(crash))
    pipe = ControlPipe(socket.socket(fileno=out_of_reach(pipe_end)))
    try:
        start, *orders = _first_messages(pipe)
    except PipeClosedError:
        return ExitStatus.DONE
    assert isinstance(start, Start), "the supervisor begins with Start"
    worker = start.worker
    config = HostConfig(start.engine, (worker,), start.kafka, start.log, health=start.health)
    _configure_logging(config)
    keep_standard_library()
    loggers = LoggersInUse()
    workers = LocalWorkers(config)
    runs = ChildSupervision(RunningJobs(records), lambda asked: child.say(asked))
    runs.suspect(start.suspects)
    supervise(runs)
    child = _Child(pipe, workers, runs=runs, orders=orders, strays=strays)
    try:
        with lowered_limit():
            (loaded,) = workers.load()
    except CliError as error:
        child.say_failed(error)
        return error.exit_status
    finally:
        # An imported module may have put its own handlers in the place of ours.
        say_taken_again(_ignore_signals(strays))
    state = ProcessState(loggers)
    workers.keep(state)
    runs.keep(state)
    child.say_loaded(loaded, handler_rows(workers.handlers(), worker))
    return IsolatedChild(pipe, workers.registry()).serve(orders) if start.alone else _served(child)


def _configure_logging(config: HostConfig) -> None:
    (worker,) = config.workers
    configure_host_logging(
        config.log,
        sys.stderr,
        workers=[worker.worker_id],
        name_workers=True,
        whole_process=True,
        has_handlers=True,
        secrets=config.secrets,
    )


def _served(child: _Child) -> int:
    try:
        return child.serve()
    except OSError as error:
        if not _is_of_closed_descriptor(error):
            raise
        log.error("%s", CLOSED)
        return ExitStatus.FAILED


def _is_of_closed_descriptor(error: BaseException | None) -> bool:
    return isinstance(error, OSError) and error.errno == errno.EBADF


def _ignore_signals(strays: StraySignals) -> list[int]:
    """Signals that mean something to a host do nothing here; those that were not ignored yet.

    A handler that does nothing, not SIG_IGN: what a job starts as a program of its own would inherit that,
    and could not be ended by a signal any more. The supervisor blocks the signals until we are here.
    """
    changed = [number for number in OF_THE_GROUP if signal.getsignal(number) != _do_nothing]
    for number in changed:
        signal.signal(number, _do_nothing)
    strays.take(but=OF_THE_GROUP)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_THE_GROUP)
    return changed


def _do_nothing(number: int, frame: FrameType | None) -> None:
    return


def _listen_again() -> None:
    """What a handler forks dies by a signal as everybody expects."""
    for number in OF_THE_GROUP:
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


def _first_messages(pipe: ControlPipe) -> list[Message]:
    """What to start, and what may have come right behind it."""
    while True:
        messages = pipe.receive(60.0)
        if messages:
            return messages


class _Child:
    """The conversation with the supervisor while the worker works."""

    def __init__(
        self,
        pipe: ControlPipe,
        workers: LocalWorkers,
        *,
        runs: ChildSupervision,
        orders: list[Message],
        strays: StraySignals,
    ) -> None:
        self._pipe = pipe
        self._runs = runs
        self._orders = orders
        self._strays = strays
        self._workers = workers
        self._waker = Waker()
        self._is_connected = True
        self._status_due = 0.0
        self._counted = 0
        self._was_ready = False

    def serve(self) -> int:
        self._workers.start(self._waker.wake)
        for order in self._orders:
            self._obey(order)
        while not self._workers.has_ended:
            self._listen(TICK_S if self._was_ready else STARTING_TICK_S)
            self._workers.tend()
            self._strays.say()
            self._report()
        return self._end()

    def say_failed(self, error: CliError) -> None:
        self.say(ChildFailed(error.message, error.hint, error.details, int(error.exit_status)))

    def say_loaded(self, loaded: LoadedHandlers, rows: list[HandlerRow]) -> None:
        files = tuple(str(path) for path in watchable_files(loaded))
        self.say(Loaded(tuple(rows), files))

    def _listen(self, timeout_s: float) -> None:
        self._waker.wait(timeout_s, others=[self._pipe.fileno()] if self._is_connected else [])
        if not self._is_connected:
            return
        try:
            messages = self._pipe.receive()
        except PipeClosedError as error:
            self._lose_supervisor(error)
            return
        for message in messages:
            self._obey(message)

    def _obey(self, message: Message) -> None:
        match message:
            case Drain():
                self._workers.drain()
            case Quiet(is_quiet):
                self._workers.pause(is_quiet)
            case Abandon():
                self._workers.abandon()
            case ShowStacks():
                show_stacks()
                self._workers.show_jobs()
            case SuspectsNow(keys):
                self._runs.suspect(keys)
            case RanIsolated():
                self._runs.ran(message)
            case AskMetrics(number):
                self.say(MetricsAnswer(number, self._workers.families()))

    def _report(self) -> None:
        """Once a second; until it is ready as often as it may have become so."""
        if self._was_ready and time.monotonic() < self._status_due:
            return
        (status,) = self._workers.statuses()
        if time.monotonic() >= self._status_due or status.is_ready != self._was_ready:
            self._was_ready = status.is_ready
            self._status_due = time.monotonic() + STATUS_EVERY_S
            self.say(Status(status))
            if status.jobs_settled != self._counted:
                self._counted = status.jobs_settled
                self.say(Counted(tuple(self._workers.counts()), self._workers.own_families()))

    def _end(self) -> int:
        if isinstance(self._workers.failure, ShortageError):
            log.error(
                "%s", self._workers.failure.message
            )  # a death like any other: the next start may find a thread
            return self._workers.failure.exit_status
        if self._workers.failure is not None:
            self.say_failed(self._workers.failure)
        summaries = self._workers.summaries()
        self.say(Finished(tuple(summaries), self._workers.families()))
        if self._workers.failure is not None:
            return self._workers.failure.exit_status
        is_clean = not any(summary.abandoned for summary in summaries)
        return ExitStatus.DONE if is_clean else ExitStatus.ABANDONED

    def say(self, message: Message) -> None:
        if not self._is_connected:
            return
        try:
            self._pipe.send(message)
        except PipeClosedError as error:
            self._lose_supervisor(error)

    def _lose_supervisor(self, error: PipeClosedError) -> None:
        self._is_connected = False
        # Nobody is left who would end a process that hangs.
        end_within(self._workers.longest_drain_s + LEAVE_S)
        if _is_of_closed_descriptor(error.__cause__):
            log.error("%s: draining", CLOSED)
        else:
            log.warning("the supervisor is gone: draining")
        self._workers.drain()


if __name__ == "__main__":
    status = main()
    exit_soon(ExitStatus(status))
    sys.exit(status)
