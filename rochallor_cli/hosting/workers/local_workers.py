"""Workers that live in this process: a thread each, in which its runner blocks."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from rochallor_cli.engine_client.connect import connect
from rochallor_cli.errors import (
    CliError,
    EngineRefusedError,
    ShortageError,
    UsageError,
    is_shortage,
)
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.handler_modules.green_threads import refuse_patches
from rochallor_cli.handler_modules.loading import (
    LoadedHandlers,
    load_handlers,
    watchable_files,
    working_directory,
)
from rochallor_cli.handler_modules.user_traceback import passed_through, user_traceback
from rochallor_cli.hosting.config.host_config import HostConfig, WorkerConfig
from rochallor_cli.hosting.health.exposition import (
    MetricFamily,
    families_of,
    families_of_handlers,
    new_registry,
)
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary
from rochallor_cli.hosting.logs.stacks import log_jobs_in_flight, log_thread_names
from rochallor_cli.hosting.original_library import keep_it_for_late_modules
from rochallor_cli.hosting.workers.process_state import ProcessState
from rochallor_cli.hosting.workers.runner_status import counts_of, places_of, status_of, summary_of
from rochallor_cli.hosting.workers.runners import AnyRunner, build_runner, limited, resolved_mode
from rochallor_cli.version import VERSION
from workflow_sdk.errors import (
    HeartbeatUnsupportedError,
    InvalidConnectionError,
    KafkaConfigError,
    WorkflowSDKError,
)
from workflow_sdk.handler.registry import Handler, HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics

log = logging.getLogger("rochallor.host")


class LocalWorkers:
    """All workers of a host in this process. `load` imports handlers, `start` begins to claim jobs."""

    def __init__(self, config: HostConfig) -> None:
        self._config = config
        self._prometheus = new_registry()
        self._workers: list[LocalWorker] = []
        self._state: ProcessState | None = None

    def load(self) -> list[LoadedHandlers]:
        """Import the handlers of all workers, in the calling thread; InvalidDocumentError for bad ones."""
        metrics = Metrics(self._prometheus)
        folder = working_directory()
        self._workers = [
            LocalWorker(worker, self._config, metrics=metrics, folder=folder)
            for worker in self._config.workers
        ]
        return [worker.loaded for worker in self._workers]

    def keep(self, state: ProcessState) -> None:
        """Look now and then after what jobs do to the process; to be called when handlers were imported."""
        self._state = state

    def start(self, wake: Callable[[], None]) -> None:
        """Start the threads; `wake` is called from them when one has ended."""
        refuse_patches()
        for worker in self._workers:
            worker.start(wake)

    def handlers(self) -> list[Handler]:
        """All handlers of this process."""
        return [handler for worker in self._workers for handler in worker.registry.handlers().values()]

    def registry(self) -> HandlerRegistry:
        """The handlers of the only worker."""
        (worker,) = self._workers
        return worker.registry

    def readable(self) -> list[int]:
        return []

    def tend(self) -> None:
        """One worker that cannot go on ends the host: the others drain."""
        if self._state is not None:
            self._state.look()
        if any(worker.failure for worker in self._workers):
            self.drain()

    @property
    def longest_drain_s(self) -> float:
        return max(worker.drain_timeout_s for worker in self._config.workers)

    def drain(self, hint: str = "") -> None:
        """Begin to drain; `hint` tells a person how to end the wait."""
        for worker in self._workers:
            worker.stop(hint)

    def abandon(self) -> None:
        for worker in self._workers:
            worker.abandon()

    def pause(self, is_paused: bool) -> None:
        for worker in self._workers:
            worker.pause(is_paused)

    def join(self, timeout_s: float) -> None:
        """Wait until all have ended, for so many seconds at most."""
        deadline = time.monotonic() + timeout_s
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))

    @property
    def has_ended(self) -> bool:
        return all(worker.has_ended for worker in self._workers)

    @property
    def failure(self) -> CliError | None:
        return next((worker.failure for worker in self._workers if worker.failure), None)

    def statuses(self) -> list[WorkerStatus]:
        return [worker.status() for worker in self._workers]

    def summaries(self) -> list[WorkerSummary]:
        return [worker.summary for worker in self._workers if worker.summary]

    def counts(self) -> list[WorkerSummary]:
        """What came of the jobs so far."""
        return [worker.counts() for worker in self._workers]

    def families(self) -> list[MetricFamily]:
        return [*self.own_families(), *families_of_handlers()]

    def own_families(self) -> list[MetricFamily]:
        """Those of the runners: to collect them calls nothing of the handlers'."""
        return families_of(self._prometheus)

    def say_how_it_ended(self) -> None:
        """Each runner has said so itself."""

    def show_jobs(self) -> None:
        log_jobs_in_flight(self.statuses())
        log_thread_names()

    @property
    def restarts(self) -> int:
        return 0

    @property
    def failed_starts(self) -> int:
        return 0


class LocalWorker:
    """One worker of this process. `failure` is set when it could not go on."""

    def __init__(self, config: WorkerConfig, host: HostConfig, *, metrics: Metrics, folder: Path) -> None:
        self._config = config
        self._host = host
        self._metrics = metrics
        self.loaded = load_handlers(config.modules, folder=folder)
        self.registry = limited(self.loaded.registry, config)
        self._places = places_of(config, self.registry)
        self._mode: str = config.mode
        self._runner: AnyRunner | None = None
        self._stopping = threading.Event()
        self._abandoned = False
        self._is_paused = False
        self._thread: threading.Thread | None = None
        self._is_ending = False
        self._away = ""
        self.failure: CliError | None = None
        self.summary: WorkerSummary | None = None

    def start(self, wake: Callable[[], None]) -> None:
        thread = threading.Thread(
            target=self._work, args=(wake,), name=f"worker {self._config.worker_id}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            self.failure = ShortageError(f"worker {self._config.worker_id} cannot begin", error)
        else:
            self._thread = thread

    @property
    def has_ended(self) -> bool:
        """Whether its thread is over; the moment between its last call and its end is waited for."""
        if self._thread is not None and self._is_ending:
            self._thread.join(0.2)
        return self.failure is not None if self._thread is None else not self._thread.is_alive()

    def join(self, timeout_s: float) -> None:
        if self._thread is not None:
            self._thread.join(timeout_s)

    def stop(self, hint: str = "") -> None:
        self._stopping.set()
        if self._runner is not None:
            self._runner.stop(hint=hint)

    def pause(self, is_paused: bool) -> None:
        self._is_paused = is_paused
        if self._runner is not None:
            (self._runner.pause if is_paused else self._runner.resume)()

    def abandon(self) -> None:
        self._abandoned = True
        self._stopping.set()
        if self._runner is not None:
            self._runner.abandon()

    def counts(self) -> WorkerSummary:
        """What came of the jobs so far."""
        return counts_of(self._config.worker_id, self._runner.snapshot() if self._runner else None)

    def status(self) -> WorkerStatus:
        snapshot = self._runner.snapshot() if self._runner else None
        if snapshot is None:
            state = "stopped" if self.has_ended else "starting"
            return WorkerStatus(self._config.worker_id, os.getpid(), self._mode, state, reason=self._away)
        return status_of(
            self._config,
            self._mode,
            snapshot,
            places=self._places,
            blocked_after_s=self._host.health.blocked_after_s,
        )

    def _work(self, wake: Callable[[], None]) -> None:
        try:
            with connect(
                self._host.engine, agent=f"rochallor/{VERSION} ({self._config.worker_id})"
            ) as client:
                self._mode = resolved_mode(self._config, client, self._stopping, away=self._note_away)
                runner = build_runner(
                    self._config,
                    self._host.kafka,
                    mode=self._mode,
                    client=client,
                    registry=self.registry,
                    metrics=self._metrics,
                )
                keep_it_for_late_modules()
                self._run(runner)
        except CliError as error:
            self.failure = error
        except (InvalidConnectionError, KafkaConfigError) as error:
            self.failure = UsageError(str(error), hint="--print-config says where each setting comes from")
        except HeartbeatUnsupportedError as error:
            hint = "heartbeat: auto in workers.yaml extends leases only where the engine can"
            self.failure = EngineRefusedError(str(error), hint=hint)
        except WorkflowSDKError as error:
            self.failure = EngineRefusedError(str(error))
        except BaseException as error:  # noqa: BLE001 - a worker that breaks must end the host, not vanish in its thread
            self.failure = self._failure_of(error)
        finally:
            self._is_ending = True
            wake()

    def _note_away(self, reason: str) -> None:
        self._away = reason

    def _failure_of(self, error: BaseException) -> CliError:
        """A start-up hook that fails ends a runner with the hook's own exception."""
        if passed_through(error, watchable_files(self.loaded)):
            # Not the status of handlers that cannot be used: a database that is away may be back after a restart.
            return CliError(
                f"worker {self._config.worker_id}: a start-up hook failed: {type(error).__name__}: {error}",
                details=user_traceback(error),
                exit_status=ExitStatus.FAILED,
            )
        if isinstance(error, OSError) and error.errno == errno.EBADF:
            return CliError(
                f"worker {self._config.worker_id}: descriptors of the host were closed",
                hint="a handler has closed descriptors that are not its own: os.closerange, or one of its own twice",
                exit_status=ExitStatus.FAILED,
            )
        if isinstance(error, Exception) and is_shortage(error):
            return ShortageError(f"worker {self._config.worker_id} cannot begin", error)
        log.error("worker %s ended with an exception", self._config.worker_id, exc_info=error)
        return CliError(f"worker {self._config.worker_id}: {type(error).__name__}: {error}")

    def _run(self, runner: AnyRunner) -> None:
        self._runner = runner
        if self._is_paused:
            runner.pause()
        # A stop that came before the runner was there.
        if self._abandoned:
            runner.abandon()
        elif self._stopping.is_set():
            runner.stop()
        # Outside of the main thread a runner leaves the process's signals alone: they are the host's.
        summary = runner.run()
        self.summary = summary_of(self._config.worker_id, summary)
