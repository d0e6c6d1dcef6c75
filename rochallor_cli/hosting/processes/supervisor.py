"""Workers in child processes: starts them, looks after them, and lets them leave together."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import replace

from rochallor_cli.counting import count_text
from rochallor_cli.errors import CliError
from rochallor_cli.handler_modules.user_traceback import path_text
from rochallor_cli.hosting.config.host_config import HostConfig, WorkerConfig
from rochallor_cli.hosting.console import HostConsole
from rochallor_cli.hosting.health.exposition import MetricFamily, merged
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary
from rochallor_cli.hosting.logs.stacks import job_text, log_jobs_in_flight
from rochallor_cli.hosting.processes.child_handle import ChildHandle
from rochallor_cli.hosting.processes.child_process import ChildProcess
from rochallor_cli.hosting.processes.control_pipe import Quiet, ShowStacks, SuspectsNow
from rochallor_cli.hosting.processes.file_watcher import FileWatcher
from rochallor_cli.hosting.processes.isolated_jobs import IsolatedJobs
from rochallor_cli.hosting.processes.orphans import PROCESS_1, reap_orphans
from rochallor_cli.hosting.processes.restart_policy import RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects

log = logging.getLogger("rochallor.host")

# What a child may need beyond its own deadline before it is killed; after a second signal, less.
GRACE_S = 2.0
ABANDON_GRACE_S = 0.7
LOOK_AT_FILES_EVERY_S = 0.25


class Supervisor:
    """Keeps each process of each worker."""

    def __init__(
        self, config: HostConfig, console: HostConsole, *, policy: RestartPolicy | None = None
    ) -> None:
        self._config = config
        self._console = console
        self._suspects = Suspects()
        self._told: tuple[str, ...] = ()
        self._alone = IsolatedJobs(self._spawn_alone, self._suspects)
        self._kept = [
            ChildProcess(
                worker,
                self._spawn,
                policy or RestartPolicy(),
                suspects=self._suspects,
                others_serve=self._somebody_serves,
            )
            for worker in one_per_process(config)
        ]
        self._watcher = FileWatcher()
        self._look_at_files_at = 0.0
        self._announced: set[str] = set()
        self._deadline: float | None = None
        self._drain_began: float | None = None
        self._is_abandoned = False
        self._is_quiet = False

    def start(self, wake: Callable[[], None]) -> None:
        for kept in self._kept:
            kept.start()

    def readable(self) -> list[int]:
        children = [*self._children(), *self._alone.children()]
        return [child.fileno() for child in children if child.is_open]

    def tend(self) -> None:
        for kept in self._kept:
            kept.tend()
        self._tend_alone()
        if os.getpid() == PROCESS_1:
            reap_orphans([child.pid for child in [*self._children(), *self._alone.children()]])
        self._announce()
        if self._config.life.reload:
            self._reload_if_changed()
        if self.failure is not None and self._deadline is None:
            self.drain()
        if self._deadline is not None and time.monotonic() > self._deadline:
            for kept in self._kept:
                kept.kill()
            self._alone.kill()

    def drain(self, hint: str = "") -> None:
        if self._drain_began is not None:
            return
        longest_s = max(worker.drain_timeout_s for worker in self._config.workers)
        count = len(self._children())
        spoken = f" {hint}." if hint else ""
        log.info("stopping %s, up to %g s.%s", count_text(count, "process"), longest_s, spoken)
        self._drain_began = time.monotonic()
        self._deadline = time.monotonic() + longest_s + GRACE_S
        for kept in self._kept:
            kept.drain()
        self._alone.drain()

    def abandon(self) -> None:
        if self._is_abandoned:
            return
        self._is_abandoned = True
        self._drain_began = self._drain_began or time.monotonic()
        self._deadline = time.monotonic() + ABANDON_GRACE_S
        for kept in self._kept:
            kept.abandon()

    def pause(self, is_paused: bool) -> None:
        self._is_quiet = is_paused
        for child in self._children():
            child.tell(Quiet(is_paused))

    @property
    def has_ended(self) -> bool:
        return all(kept.has_ended for kept in self._kept) and not self._alone.children()

    @property
    def failure(self) -> CliError | None:
        return next((kept.failure for kept in self._kept if kept.failure), None)

    def statuses(self) -> list[WorkerStatus]:
        return [kept.status() for kept in self._kept]

    def summaries(self) -> list[WorkerSummary]:
        return [summary for kept in self._kept for summary in kept.summaries]

    def say_how_it_ended(self) -> None:
        """One line for the whole host, and one for each job left behind."""
        if self._drain_began is None or self.failure is not None:
            return
        took_s = time.monotonic() - self._drain_began
        lost = [job for summary in self.summaries() for job in summary.abandoned]
        if not lost:
            log.info("all processes drained in %.1f s", took_s)
            return
        log.warning(
            "drain ended after %.0f s with %s unfinished; %s come again",
            took_s,
            count_text(len(lost), "job"),
            "it will" if len(lost) == 1 else "they will",
        )
        for job in lost:
            log.warning("  %s", job_text(job))

    def families(self) -> list[MetricFamily]:
        children = self._children()
        for child in children:
            child.ask_for_metrics()
        alive = [child.families() for child in children]
        return merged([*alive, *(kept.retired for kept in self._kept)])

    def show_jobs(self) -> None:
        for child in self._children():
            child.tell(ShowStacks())
        log_jobs_in_flight(self.statuses())

    @property
    def restarts(self) -> int:
        return sum(kept.restarts for kept in self._kept)

    @property
    def failed_starts(self) -> int:
        return sum(kept.failed_starts for kept in self._kept) + self._alone.failed_starts

    # --- inside ---

    def _somebody_serves(self) -> bool:
        return any(kept.child is not None for kept in self._kept)

    def _spawn(self, worker: WorkerConfig) -> ChildHandle:
        child = ChildHandle(worker, self._config, suspects=self._suspects.keys())
        if self._is_quiet:
            child.tell(Quiet(True))
        return child

    def _spawn_alone(self, worker: WorkerConfig) -> ChildHandle:
        return ChildHandle(worker, self._config, alone=True)

    def _tend_alone(self) -> None:
        """Tell everybody of the suspects, and have run alone what they hand back."""
        if self._told != (known := self._suspects.keys()):
            self._told = known
            for child in self._children():
                child.tell(SuspectsNow(known))
        for kept in self._kept:
            for child in kept.children():
                for asked in child.take_asked():
                    self._alone.ask(asked, kept.worker, child)
        self._alone.tend()
        if all(kept.has_ended for kept in self._kept):
            self._alone.leave()

    def _children(self) -> list[ChildHandle]:
        return [child for kept in self._kept for child in kept.children()]

    def _announce(self) -> None:
        """The banner of each worker, once its first process knows its handlers."""
        for worker, kept in zip(self._owners(), self._kept, strict=True):
            child = kept.child
            if child is None or child.loaded is None:
                continue
            self._watcher.watch(child.loaded.files)
            if worker.worker_id not in self._announced:
                self._announced.add(worker.worker_id)
                self._console.banner(worker, child.loaded.handlers, self._config.engine)

    def _owners(self) -> list[WorkerConfig]:
        return [worker for worker in self._config.workers for _ in range(worker.processes)]

    def _reload_if_changed(self) -> None:
        if time.monotonic() < self._look_at_files_at or self._deadline is not None:
            return
        self._look_at_files_at = time.monotonic() + LOOK_AT_FILES_EVERY_S
        changed = self._watcher.changed()
        if changed:
            log.info("%s changed: starting anew", ", ".join(path_text(file) for file in changed))
            for kept in self._kept:
                kept.replace()


def one_per_process(config: HostConfig) -> list[WorkerConfig]:
    """The workers of the children: each process of a worker gets an id of its own."""
    return [
        worker if worker.processes == 1 else replace(worker, worker_id=f"{worker.worker_id}-{n}", processes=1)
        for worker in config.workers
        for n in range(1, worker.processes + 1)
    ]
