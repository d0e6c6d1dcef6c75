"""How an instance goes on from step to step within one event."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from rochallor_cli.dev_engine import codes
from rochallor_cli.dev_engine.definition.model import RESTING, Definition, Step
from rochallor_cli.dev_engine.errors import WorkflowStuck
from rochallor_cli.dev_engine.expression import charge_step
from rochallor_cli.dev_engine.quick_values import quick_dataclass
from rochallor_cli.dev_engine.records import ExecutionStatus, Instance, InstanceStatus
from rochallor_cli.dev_engine.state_machine.choices import Abandoned, ChoiceTaken, Choose
from rochallor_cli.dev_engine.state_machine.effects import Effect, ExecutionEnded, FaultMet
from rochallor_cli.dev_engine.state_machine.event_inputs import EventInputs
from rochallor_cli.dev_engine.state_machine.loop_rounds import ChoiceMet, ChoicesMet

# A loop through a gateway leaves something open at each round, which costs more than passing a step.
_RESTING_COST = 10
# Members by names of the module: to look them up in their classes takes searches a tenth of their time.
_COMPLETED: Final = ExecutionStatus.COMPLETED
_WAITING: Final = InstanceStatus.WAITING
_ACTIVE: Final = InstanceStatus.ACTIVE

T = TypeVar("T")


@quick_dataclass(frozen=True, slots=True)
class Outcome:
    """What an event makes of an instance."""

    instance: Instance
    effects: tuple[Effect, ...]
    choices: tuple[ChoiceTaken, ...] = ()
    # The reason of the 500 that the request is answered with, though what it did is kept.
    complaint: str = ""


class Advance:
    """The book of one event: the instance as it is now, and the effects so far.

    It lives within one call of a transition; outside there are only immutable values.
    """

    def __init__(self, definition: Definition, instance: Instance, inputs: EventInputs) -> None:
        self.definition = definition
        self.inputs = inputs
        # What was committed before this event: all that the joins of version 0 see.
        self.completed_before: Mapping[str, int] = instance.completed
        self.effects: list[Effect] = []
        self.choices = inputs.choices
        self.variables = instance.variables
        self.complaint = ""
        self.current = list(instance.current_step_ids)
        self._before = instance
        self._entered = dict(instance.entered)
        self._completed = dict(instance.completed)
        self._status = instance.status
        self._completed_ns = instance.completed_ns
        self._failure_reason = instance.failure_reason
        self._waiting: list[str] = []
        self._budget = inputs.step_budget
        # Set by a fault that is not put up with: nothing is entered any more.
        self._is_stopped = False
        self._rounds: ChoicesMet | None = None
        self._goes_round = False

    @property
    def now_ns(self) -> int:
        return self.inputs.now_ns

    @property
    def is_live(self) -> bool:
        return self._status.is_live

    @property
    def is_completed(self) -> bool:
        return self._status == InstanceStatus.COMPLETED

    @property
    def is_stopped(self) -> bool:
        """True once this event has met a fault that is not put up with."""
        return self._is_stopped

    def outcome(self) -> Outcome:
        before = self._before
        # Written out: `replace` takes searches a tenth of their time.
        instance = Instance(
            id=before.id,
            definition_id=before.definition_id,
            definition_version=before.definition_version,
            status=self._status,
            current_step_ids=tuple(self.current),
            variables=self.variables,
            entered=self._entered,
            completed=self._completed,
            started_ns=before.started_ns,
            completed_ns=self._completed_ns,
            failure_reason=self._failure_reason,
            business_key=before.business_key,
        )
        return Outcome(instance, tuple(self.effects), tuple(self.choices or ()), self.complaint)

    # --- going on -------------------------------------------------------------------------------

    def next_steps(self) -> Iterable[Step]:
        """The steps to enter, one after the other; entering one may add more, which come next."""
        while self._waiting:
            step = self.find(self._waiting[-1])
            self._budget -= _RESTING_COST if step.type in RESTING else 1
            if self._budget < 0:
                self._stop_endless_loop(step)
                return
            charge_step()
            self._waiting.pop()
            yield step

    def go_to(self, *step_ids: str) -> None:
        """Enter these next, in this order, each with all that follows from it before the next one."""
        if not self._is_stopped:
            self._waiting.extend(reversed(step_ids))

    def find(self, step_id: str) -> Step:
        step = self.definition.step(step_id)
        if step is None:
            raise WorkflowStuck(f'step "{step_id}" not found in definition', problem=codes.DANGLING_BRANCH)
        return step

    # --- choices --------------------------------------------------------------------------------

    def chooser(self, step: Step, name: Callable[[Any], str] = str) -> Choose:
        """Chooses among what has no order at this step, and notes it; `name` says an option in words."""

        def choose(options: Sequence[T], /) -> T:
            for_ever = self._repeated(step) if self.inputs.is_search else None
            if for_ever is None:
                taken = self.inputs.choose(options)
            else:
                taken = next(option for option in options if name(option) == for_ever)
            if self.choices is not None:
                self.choices.append(ChoiceTaken(step.id, tuple(map(name, options)), name(taken)))
            return taken

        return choose

    def _repeated(self, step: Step) -> str | None:
        """What is taken here for ever, in a loop that never ends; None where this is no loop, or not yet.

        Raises Abandoned where going on can only repeat what this event has been through already.
        """
        if self._rounds is None:
            self._rounds = ChoicesMet(self.definition.branch_count)
        state = (step.id, tuple(self._waiting), frozenset(self.current), self._status)
        settings = sum(self._entered.get(step_id, 0) for step_id in self.definition.setting)
        meeting = ChoiceMet(len(self.choices or ()), len(self._waiting), settings)
        if not self._rounds.is_enough(step.id, state, meeting):
            return None
        taken = self._rounds.taken_for_ever(step.id, self.choices or ())
        if taken is None:
            raise Abandoned
        # The next step is where the loop is stopped.
        self._budget, self._goes_round = 0, True
        return taken

    def _stop_endless_loop(self, step: Step) -> None:
        shown = (
            "nothing in it changes what its conditions see"
            if self._goes_round
            else f"some {self.inputs.step_budget} steps were entered without a rest"
        )
        text = f'step "{step.id}": {shown}; this loop never ends (the engine would hang)'
        self._waiting.clear()
        self.effects.append(FaultMet(codes.ENDLESS_LOOP, step.id, text))
        self.fail(text)

    # --- the book -------------------------------------------------------------------------------

    def count_entry(self, step: Step) -> int:
        """The number of this entry into the step, from 1."""
        attempt = self._entered.get(step.id, 0) + 1
        self._entered[step.id] = attempt
        return attempt

    def entries(self, step_id: str) -> int:
        return self._entered.get(step_id, 0)

    def has_completed(self, step_id: str) -> bool:
        """Whether an execution of the step is COMPLETED, by this event or before it."""
        return self._completed.get(step_id, 0) > 0

    def count_completed(self, step_id: str, change: int = 1) -> None:
        self._completed[step_id] = self._completed.get(step_id, 0) + change

    def end_execution(
        self,
        step_id: str,
        attempt: int,
        *,
        was: ExecutionStatus,
        status: ExecutionStatus,
        reason: str | None = None,
    ) -> None:
        if was != _COMPLETED and status == _COMPLETED:
            self.count_completed(step_id)
        elif was == _COMPLETED and status != _COMPLETED:
            self.count_completed(step_id, -1)
        self.effects.append(ExecutionEnded(step_id, attempt, status, reason))

    def arrive(self, step_id: str) -> None:
        if step_id not in self.current:
            self.current.append(step_id)

    def leave(self, step_id: str) -> None:
        if step_id in self.current:
            self.current.remove(step_id)

    def merge(self, changes: Mapping[str, object]) -> None:
        self.variables = self.variables.merged(changes)

    # --- the instance's status: what is written last counts, however it was before -----------------

    def park(self) -> None:
        """A user task or wait was entered: the instance waits, even one that has just ended."""
        if not self._is_stopped:
            self._status = InstanceStatus.WAITING

    def settle_status(self) -> None:
        """Of a live instance: WAITING while a user task or wait is among the current steps, else ACTIVE."""
        if not self._status.is_live:
            return
        is_parked = not self.definition.parking.isdisjoint(self.current)
        self._status = _WAITING if is_parked else _ACTIVE

    def complete(self) -> None:
        self._end(InstanceStatus.COMPLETED)

    def fail(self, reason: str) -> None:
        self._end(InstanceStatus.FAILED)
        self._failure_reason = reason

    def reopen(self) -> None:
        """Have a failed instance go on, as if it had not failed."""
        self._status = InstanceStatus.ACTIVE
        self._completed_ns = None
        self._failure_reason = None

    def cancel(self, reason: str) -> None:
        self._end(InstanceStatus.CANCELLED)
        self._failure_reason = reason

    def _end(self, status: InstanceStatus) -> None:
        self._status = status
        self._completed_ns = self.now_ns

    def note_fault(self, code: str, *, step_id: str, text: str) -> None:
        """Note a fault of the engine that comes from how it is used, not from the definition."""
        self.effects.append(FaultMet(code, step_id, text))

    def meet_fault(self, code: str, *, step_id: str, text: str, passed_early: bool = False) -> None:
        """Note a fault that the definition runs into; where faults are not put up with, it fails."""
        self.effects.append(FaultMet(code, step_id, text, passed_early=passed_early))
        if self.inputs.strict:
            self._is_stopped = True
            self._waiting.clear()
            self.fail(f"{code}: {text}")
