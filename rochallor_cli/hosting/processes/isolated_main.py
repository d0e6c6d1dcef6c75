"""A child that runs jobs alone: no engine, no runner; what it is given, one after another."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, replace
from time import monotonic

from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.handler_modules.sequential_handlers import SequentialHandlers
from rochallor_cli.hosting.logs.stacks import show_stacks
from rochallor_cli.hosting.processes.control_pipe import (
    Abandon,
    ControlPipe,
    Drain,
    Message,
    PipeClosedError,
    RanIsolated,
    RunAlone,
    ShowStacks,
)
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.job.outcome import Completed, Failed, Outcome, no_handler


@dataclass
class IsolatedChild:
    """Obeys the pipe until it is told to leave, or the pipe ends."""

    pipe: ControlPipe
    registry: HandlerRegistry
    _stopping: threading.Event = field(default_factory=threading.Event)

    def serve(self, orders: list[Message]) -> int:
        with SequentialHandlers(self.registry) as handlers:
            while not any(isinstance(order, Abandon) for order in orders):
                for order in orders:
                    self._obey(order, handlers)
                orders = self._next_orders()
        return ExitStatus.DONE

    def _next_orders(self) -> list[Message]:
        try:
            return self.pipe.receive(60.0)
        except PipeClosedError:
            return [Abandon()]

    def _obey(self, order: Message, handlers: SequentialHandlers) -> None:
        match order:
            case RunAlone():
                # Orders are heard while the handler runs.
                threading.Thread(target=self._run, args=(order, handlers), name="alone", daemon=True).start()
            case Drain():
                self._stopping.set()
            case ShowStacks():
                show_stacks()

    def _run(self, order: RunAlone, handlers: SequentialHandlers) -> None:
        job = job_from_poll(order.job)
        handler = self.registry.find(job.job_type)
        began, released_s, is_heard = monotonic(), None, True
        if handler is None:
            outcome: Outcome | None = no_handler(job.job_type)
        else:
            current = CurrentJob(job, order.lease_end, self._stopping)
            try:
                run, outcome = handlers.run(handler, current, until=began + threading.TIMEOUT_MAX)
                released_s = run.released_s
            except BaseException as error:  # noqa: BLE001 - a start-up hook's: the job may be tried again
                is_heard = False
                outcome = Failed(f"a start-up hook failed: {type(error).__name__}: {error}", retryable=True)
        try:
            ran = _ran(order.key, outcome, ran_s=monotonic() - began, released_s=released_s)
            self._hand_back(replace(ran, is_heard=is_heard))
        except PipeClosedError:
            # Nobody waits any more, or the job has closed what is not its own: to the supervisor that is a death.
            os._exit(ExitStatus.FAILED)

    def _hand_back(self, ran: RanIsolated) -> None:
        try:
            self.pipe.send(ran)
        except (RecursionError, ValueError) as error:
            # JSON has taken the result, by the skin of its teeth: the pipe's messages go a little less deep.
            words = f"its result cannot be handed back by the process it ran in: {error}"
            self.pipe.send(RanIsolated(ran.key, error=words, ran_s=ran.ran_s))


def _ran(key: str, outcome: Outcome | None, *, ran_s: float, released_s: float | None) -> RanIsolated:
    if isinstance(outcome, Completed):
        return RanIsolated(key, outcome.variables, outcome.encoded.decode(), ran_s=ran_s)
    assert outcome is not None, "there is time enough to wait for the outcome"
    return RanIsolated(
        key, error=outcome.message, retryable=outcome.retryable, ran_s=ran_s, released_s=released_s
    )
