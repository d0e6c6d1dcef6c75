"""WorkerRun: what both runners are, a plan that can be run, stopped and looked at from any thread."""

from __future__ import annotations

import asyncio
import threading
from functools import partial

from workflow_sdk.runner.daemon_loop import DaemonLoop
from workflow_sdk.runner.shift.plan import ShiftPlan
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.shift.stop_signals import StopSignals
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

# How often what would not wake a waiting thread is noticed: a signal that came as it fell asleep, the end of a run.
_LOOK_S = 0.5
# After an exception in the caller (Ctrl-C without our signal handlers), how long leaving may take.
_LEAVE_S = 1.5


class _Orders:
    """What one run was told, and how to nudge its loop.

    No locks: a signal handler may interrupt any line. Orders are written first and the loop is nudged
    then; the loop reads them when it begins, and at each nudge.
    """

    def __init__(self) -> None:
        self.stop_hint: str | None = None
        self.is_abandoning = False
        self.was_started = False
        self.is_paused = False
        self.shift: Shift | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def follow(self, shift: Shift) -> None:
        """Give these orders, and all to come, to a shift on the running loop."""
        self.shift = shift
        self._loop = asyncio.get_running_loop()
        self._pass_on()

    def stop(self, hint: str = "") -> None:
        if self.stop_hint is None:
            self.stop_hint = hint
        self._nudge()

    def pause(self, is_paused: bool) -> None:
        self.is_paused = is_paused
        self._nudge()

    def abandon(self) -> None:
        self.is_abandoning = True
        self._nudge()

    def _nudge(self) -> None:
        if self._loop is None:
            return
        try:
            self._loop.call_soon_threadsafe(self._pass_on)
        except RuntimeError:
            return  # the loop is closed: the run is over

    def _pass_on(self) -> None:
        assert self.shift is not None
        self.shift.pause(self.is_paused)
        if self.is_abandoning:
            self.shift.abandon()
        if self.stop_hint is not None:
            self.shift.stop(self.stop_hint)


class WorkerRun:
    """Works by a plan, as often as asked, one run at a time; the loop has a thread of its own."""

    def __init__(self, plan: ShiftPlan) -> None:
        self._plan = plan
        self._orders = _Orders()
        self._running = threading.Lock()

    def run(self, stop_event: threading.Event | None = None) -> RunSummary:
        """Block until stopped, drain, and say what was done.

        SIGTERM and SIGINT stop the run (in the main thread), a second one ends the drain; with a `stop_event` those
        that the program does not handle itself, and they set the event. DispatchModeError when the engine dispatches
        jobs in the other way.
        """
        if not self._running.acquire(blocking=False):
            raise RuntimeError("this runner runs already")
        try:
            if self._orders.was_started:
                self._orders = _Orders()
            self._orders.was_started = True
            return _worked(self._plan, self._orders, stop_event)
        finally:
            self._running.release()

    @property
    def is_running(self) -> bool:
        """Whether a run goes on that was not told to stop."""
        return self._running.locked() and self._orders.stop_hint is None

    def stop(self, *, hint: str = "") -> None:
        """Begin to drain. Thread-safe; a run that has not begun yet ends at once.

        `hint` tells a person how to end the wait; it is logged where jobs are in flight.
        """
        self._orders.stop(hint)

    def abandon(self) -> None:
        """Stop, and wait for running handlers no longer: their jobs are left as they are. Thread-safe."""
        self._orders.stop()
        self._orders.abandon()

    def pause(self) -> None:
        """Claim nothing more until `resume`; running jobs finish and are reported. Thread-safe."""
        self._orders.pause(True)

    def resume(self) -> None:
        """Claim again. Thread-safe."""
        self._orders.pause(False)

    def snapshot(self) -> RunnerSnapshot | None:
        """The runner at this moment, from any thread; None before its first run."""
        shift = self._orders.shift
        return shift.snapshot() if shift is not None else None


def _worked(plan: ShiftPlan, orders: _Orders, stop_event: threading.Event | None) -> RunSummary:
    """One run on a thread of its own, while the caller waits."""
    result = _Result()
    thread = threading.Thread(
        target=_work, args=[plan, orders, result], name=f"{plan.worker_id} loop", daemon=True
    )
    if stop_event is None:
        with StopSignals(first=orders.stop, second=orders.abandon):
            thread.start()
            result.wait()
    else:
        with StopSignals(
            first=partial(_stop_by_signal, stop_event, orders), second=orders.abandon, spares_handled=True
        ):
            thread.start()
            _wait_for(stop_event, orders, result)
    thread.join(_LEAVE_S)
    if result.error is not None:
        raise result.error
    assert result.summary is not None
    return result.summary


class _Result:
    """How a run ended; set by its thread."""

    def __init__(self) -> None:
        self.done = threading.Event()
        self.summary: RunSummary | None = None
        self.error: BaseException | None = None

    def wait(self) -> None:
        """Wait for its end, and look up now and then.

        A signal that comes between the interpreter's last look for one and this thread's sleep has its handler run
        only when the thread wakes up.
        """
        while not self.done.wait(_LOOK_S):
            pass


def _work(plan: ShiftPlan, orders: _Orders, result: _Result) -> None:
    async def shift_work() -> RunSummary:
        shift = Shift(plan)
        orders.follow(shift)
        return await shift.work()

    try:
        with asyncio.Runner(loop_factory=DaemonLoop) as runner:
            result.summary = runner.run(shift_work())
    except BaseException as error:  # noqa: BLE001 - raised again in the caller of run()
        result.error = error
    finally:
        result.done.set()


def _wait_for(stop_event: threading.Event, orders: _Orders, result: _Result) -> None:
    """Let the caller's event end the run. Another thread waits for it.

    Programs set it in a signal handler of their own. That handler runs in this thread, and would wait for ever for a
    lock of the event if it interrupted this thread just as it waits for the event, too.
    """
    threading.Thread(
        target=_stop_with, args=[stop_event, orders, result], name="stop event", daemon=True
    ).start()
    try:
        result.wait()
    except BaseException:
        orders.abandon()
        result.done.wait(_LEAVE_S)
        raise


def _stop_by_signal(stop_event: threading.Event, orders: _Orders, hint: str) -> None:
    """The program may look at its event to learn that it ends, or share it with others."""
    orders.stop(hint)
    stop_event.set()


def _stop_with(stop_event: threading.Event, orders: _Orders, result: _Result) -> None:
    while not stop_event.wait(_LOOK_S) and not result.done.is_set():
        pass
    orders.stop()
