"""PlannedRunner: running, stopping and looking at a shift, the same for both runners."""

from __future__ import annotations

import threading

from workflow_sdk.runner.shift.plan import ShiftPlan
from workflow_sdk.runner.shift.worker_run import WorkerRun
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary


class PlannedRunner:
    """Works by a plan, as often as asked, one run at a time."""

    def __init__(self, plan: ShiftPlan) -> None:
        self._plan = plan
        self._current = WorkerRun(plan)
        self._running = threading.Lock()

    def run(self, stop_event: threading.Event | None = None) -> RunSummary:
        """Block until stopped, drain, and say what was done.

        Without a `stop_event` SIGTERM and SIGINT stop the run (in the main thread), a second one ends the
        drain. DispatchModeError when the engine dispatches jobs in the other way.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError("this runner runs already")
        try:
            if self._current.was_started:
                self._current = WorkerRun(self._plan)
            return self._current.run(stop_event)
        finally:
            self._running.release()

    def stop(self, *, hint: str = "") -> None:
        """Begin to drain. Thread-safe; a run that has not begun yet ends at once.

        `hint` tells a person how to end the wait; it is logged where jobs are in flight.
        """
        self._current.stop(hint)

    def abandon(self) -> None:
        """Stop, and wait for running handlers no longer: their jobs are left as they are. Thread-safe."""
        self._current.stop()
        self._current.abandon()

    def snapshot(self) -> RunnerSnapshot | None:
        """The runner at this moment, from any thread; None before its first run."""
        return self._current.snapshot()
