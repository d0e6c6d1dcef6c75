"""WorkerRun: one run of a runner on a thread of its own, steered from others and from signal handlers."""

from __future__ import annotations

import asyncio
import threading

from workflow_sdk.runner.daemon_loop import DaemonLoop
from workflow_sdk.runner.shift.plan import ShiftPlan
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.shift.stop_signals import StopSignals
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

# How often a run that ends by itself is noticed while a stop event of the caller's own is waited for.
_LOOK_S = 0.5
# After an exception in the caller (Ctrl-C without our signal handlers), how long leaving may take.
_LEAVE_S = 1.5


class WorkerRun:
    """`run` blocks its caller; `stop` and `abandon` come from anywhere.

    No locks: a signal handler may interrupt any line. Orders are written first and the loop is nudged
    then; the loop reads them when it begins, and at each nudge.
    """

    def __init__(self, plan: ShiftPlan) -> None:
        self._plan = plan
        self._stop_hint: str | None = None
        self._abandoning = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._shift: Shift | None = None
        self._done = threading.Event()
        self._summary: RunSummary | None = None
        self._error: BaseException | None = None
        self.was_started = False

    def run(self, stop_event: threading.Event | None) -> RunSummary:
        """Work until stopped: by `stop_event`, or without one by SIGTERM and SIGINT."""
        self.was_started = True
        thread = threading.Thread(target=self._work, name=f"{self._plan.worker_id} loop", daemon=True)
        if stop_event is None:
            with StopSignals(first=self.stop, second=self.abandon):
                thread.start()
                self._done.wait()
        else:
            thread.start()
            self._wait_for(stop_event)
        thread.join(_LEAVE_S)
        if self._error is not None:
            raise self._error
        assert self._summary is not None
        return self._summary

    def stop(self, hint: str = "") -> None:
        """Begin to drain; `hint` tells a person how to end the wait."""
        if self._stop_hint is None:
            self._stop_hint = hint
        self._nudge()

    def abandon(self) -> None:
        """Drain no longer."""
        self._abandoning = True
        self._nudge()

    def snapshot(self) -> RunnerSnapshot | None:
        """None before the loop runs."""
        return self._shift.snapshot() if self._shift is not None else None

    def _wait_for(self, stop_event: threading.Event) -> None:
        try:
            while not stop_event.wait(_LOOK_S) and not self._done.is_set():
                pass
            self.stop()
            self._done.wait()
        except BaseException:
            self.abandon()
            self._done.wait(_LEAVE_S)
            raise

    def _work(self) -> None:
        try:
            with asyncio.Runner(loop_factory=DaemonLoop) as runner:
                self._summary = runner.run(self._shift_work())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller of run()
            self._error = error
        finally:
            self._done.set()

    async def _shift_work(self) -> RunSummary:
        self._shift = Shift(self._plan)
        self._loop = asyncio.get_running_loop()
        self._take_orders()
        return await self._shift.work()

    def _nudge(self) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._take_orders)
        except RuntimeError:
            return  # the loop is closed: the run is over

    def _take_orders(self) -> None:
        assert self._shift is not None
        if self._abandoning:
            self._shift.abandon()
        if self._stop_hint is not None:
            self._shift.stop(self._stop_hint)
