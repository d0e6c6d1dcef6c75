"""The host: signals in, one drain for all workers, one health endpoint, one exit status."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

from rochallor_cli.counting import count_text
from rochallor_cli.durations import duration_text
from rochallor_cli.errors import CliError, EngineAwayError, StopRequested
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.host_config import HostConfig
from rochallor_cli.hosting.console import HostConsole
from rochallor_cli.hosting.health.exposition import (
    CONTENT_TYPE,
    MetricFamily,
    merged,
    process_families,
    text_page,
)
from rochallor_cli.hosting.health.host_metrics import host_families
from rochallor_cli.hosting.health.server import HealthPage, HealthServer, json_page
from rochallor_cli.hosting.health.status import WorkerStatus, WorkerSummary, liveness, readiness
from rochallor_cli.hosting.health.status_client import host_status
from rochallor_cli.hosting.health.systemd import SystemdNotifier
from rochallor_cli.hosting.high_descriptors import lowered_limit
from rochallor_cli.hosting.host_signals import HostSignals
from rochallor_cli.hosting.idleness import Idleness, Unavailability
from rochallor_cli.hosting.logs.printed_output import lost_writes
from rochallor_cli.hosting.logs.stacks import show_stacks

log = logging.getLogger("rochallor.host")

TICK_S = 0.5
# Until everything is ready the host looks more often, so that `ready` is said when it is true.
STARTING_TICK_S = 0.02
# An engine that is away for longer is not waited for by what waits for the start.
START_WAITS_S = 5.0


class Workers(Protocol):
    """What a host drives: workers in this process, or a supervisor with children."""

    def start(self, wake: Callable[[], None]) -> None: ...
    def readable(self) -> Sequence[int]: ...
    def tend(self) -> None: ...
    def drain(self, hint: str = "") -> None: ...
    def abandon(self) -> None: ...
    def pause(self, is_paused: bool) -> None: ...
    def show_jobs(self) -> None: ...
    def say_how_it_ended(self) -> None: ...
    def statuses(self) -> list[WorkerStatus]: ...
    def summaries(self) -> list[WorkerSummary]: ...
    def families(self) -> list[MetricFamily]: ...
    @property
    def has_ended(self) -> bool: ...
    @property
    def failure(self) -> CliError | None: ...
    @property
    def restarts(self) -> int: ...
    @property
    def failed_starts(self) -> int: ...


class Host:
    """Runs workers until a signal, idleness or a failure ends them."""

    def __init__(
        self, config: HostConfig, workers: Workers, *, console: HostConsole, environ: Mapping[str, str]
    ) -> None:
        self._config = config
        self._workers = workers
        self._console = console
        self._systemd = SystemdNotifier(environ)
        self._began = time.monotonic()
        self._was_ready = False
        self._stop_signals_obeyed = 0
        self._is_draining = False
        self._is_quiet = False
        self._idleness = Idleness(config.life.idle_time_s)
        self._absence = Unavailability(config.life.give_up_after_s)
        self._absence_at_start = Unavailability(START_WAITS_S)
        self._given_up: CliError | None = None
        self._said_blocked: set[str] = set()

    def run(self, load: Callable[[], None]) -> ExitStatus:
        """Blocks until all workers have ended; `load` imports handlers. Raises the CliError that ended the host."""
        with HostSignals(dump_stacks=self._config.log.format == "text") as signals, self._health():
            try:
                with signals.interrupting(), lowered_limit():
                    load()
            except StopRequested:
                log.info("stopped before the first job")
                return ExitStatus.HUNG_UP if signals.has_hung_up else ExitStatus.DONE
            self._workers.start(signals.wake)
            while not self._workers.has_ended:
                tick_s = TICK_S if self._was_ready else STARTING_TICK_S
                signals.wait(tick_s, others=self._workers.readable())
                self._workers.tend()
                self._obey(signals)
                self._look_after(self._workers.statuses())
            has_hung_up = signals.has_hung_up
        status = self._end()
        return ExitStatus.HUNG_UP if has_hung_up and status is ExitStatus.DONE else status

    def _obey(self, signals: HostSignals) -> None:
        signals.say_strays()
        if signals.stacks_wanted:
            signals.stacks_wanted = False
            if self._config.log.format == "json":
                show_stacks()
            self._workers.show_jobs()
        if signals.is_quiet != self._is_quiet:
            self._is_quiet = signals.is_quiet
            self._workers.pause(self._is_quiet)
        if signals.count == self._stop_signals_obeyed:
            return
        self._stop_signals_obeyed = signals.count
        if signals.count == 1 and not self._is_draining:
            self._drain("stop signal", hint=signals.hint)
        elif signals.count > 1:
            self._workers.abandon()

    def _drain(self, reason: str, *, hint: str = "") -> None:
        self._is_draining = True
        self._systemd.stopping(f"draining: {reason}")
        self._workers.drain(hint)

    def _look_after(self, statuses: list[WorkerStatus]) -> None:
        if liveness(statuses)[0]:
            self._systemd.live()
        if not self._was_ready:
            self._look_after_start(statuses)
        self._say_blocked(statuses)
        if self._config.life.until_idle and not self._is_draining:
            self._drain_when_idle(statuses)

    def _look_after_start(self, statuses: list[WorkerStatus]) -> None:
        if readiness(statuses)[0]:
            self._was_ready = True
            log.info("ready (%.0f ms)", (time.monotonic() - self._began) * 1000)
            self._systemd.ready(f"serving with {count_text(len(statuses), 'worker')}")
        elif reason := self._absence_at_start.too_long(statuses):
            # A boot is not to wait for an engine: the target that wants this unit is ordered after it.
            self._systemd.ready(f"not ready: {reason}")

    def _say_blocked(self, statuses: list[WorkerStatus]) -> None:
        """Once, while it lasts: a worker with no slot left is not seen otherwise."""
        blocked = {status.worker_id for status in statuses if status.blocked.startswith("blocked")}
        for status in statuses:
            if status.worker_id in blocked - self._said_blocked:
                log.warning("worker %s can take no job: %s", status.worker_id, status.blocked)
        self._said_blocked = blocked

    def _drain_when_idle(self, statuses: list[WorkerStatus]) -> None:
        """Where nobody waits at a terminal: the work is done, or cannot be done."""
        if self._idleness.lasts(statuses):
            log.info("nothing has come for %g s: leaving", self._config.life.idle_time_s)
            self._drain("idle")
        elif reason := self._absence.too_long(statuses):
            log.warning("leaving: no work could be done for %g s", self._config.life.give_up_after_s)
            self._given_up = self._gave_up_error(reason)
            self._drain("gave up")

    def _gave_up_error(self, reason: str) -> CliError:
        engine = self._config.engine
        where = "" if engine.url in reason else f" ({engine.where or engine.url})"
        waited = duration_text(self._config.life.give_up_after_s)
        return EngineAwayError(
            f"gave up after {waited}: {reason}{where}", hint="--give-up-after says how long to wait"
        )

    def _end(self) -> ExitStatus:
        self._workers.say_how_it_ended()
        summaries = self._workers.summaries()
        self._console.summary(summaries)
        if self._workers.failure is not None:
            raise self._workers.failure
        if self._given_up is not None:
            raise self._given_up
        abandoned = any(summary.abandoned for summary in summaries)
        return ExitStatus.ABANDONED if abandoned else ExitStatus.DONE

    # --- the health endpoint, asked from its own threads ---

    def _health(self) -> AbstractContextManager[object]:
        if self._config.health.port is None:
            return nullcontext()
        pages = {
            "/livez": self._livez,
            "/readyz": self._readyz,
            "/metrics": self._metrics,
            "/status": self._status,
        }
        server = HealthServer(self._config.health.host, self._config.health.port, pages=pages)
        log.info("health and metrics at %s", server.url)
        return server

    def _livez(self) -> HealthPage:
        return json_page(*liveness(self._workers.statuses()))

    def _readyz(self) -> HealthPage:
        if self._is_draining:
            return json_page(False, {"status": "draining"})
        return json_page(*readiness(self._workers.statuses()))

    def _metrics(self) -> HealthPage:
        own = host_families(
            self._workers.statuses(),
            restarts=self._workers.restarts,
            failed_starts=self._workers.failed_starts,
            lost_output=lost_writes(),
        )
        return HealthPage(
            200, CONTENT_TYPE, text_page(merged([self._workers.families(), own, process_families()]))
        )

    def _status(self) -> HealthPage:
        return json_page(True, host_status(self._workers.statuses()))
