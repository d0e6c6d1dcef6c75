"""One instance led to its end: followed, its user tasks and waits answered, its timers not waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.errors import ConflictError, WaitRanOutError
from rochallor_cli.instances.follow_displays import EventLines, Follower
from rochallor_cli.instances.following import Ending
from rochallor_cli.instances.polling import InstanceSnapshot, snapshots
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import harmless, shell_command

BY = "run"
_ANSWERED: Final = ("USER_TASK", "WAIT")
_FLAGS: Final = {"USER_TASK": "--task", "WAIT": "--signal"}

Ask = Callable[[str, str], Value | None]
"""Asks a person to answer a step (its id, its type); None: nobody wants to."""


class MovableTime(Protocol):
    """An engine whose time can be moved."""

    def fire_next_timer(self, instance_id: str) -> str | None:
        """Move it to when the first timer of an instance fires; the step it is on, None without any."""
        ...


@dataclass
class SkippedTimers:
    """Timers that are not waited for, no more of them than `most`: a reminder can go round for ever.

    types: of steps, by id.
    """

    engine: MovableTime
    most: int
    types: Mapping[str, str]
    _fired: int = 0

    def skip_to_next(self, instance_id: str) -> bool:
        """Whether there was one. Raises WaitRanOutError for one more than `most`."""
        step = self.engine.fire_next_timer(instance_id)
        if step is None:
            return False
        self._fired += 1
        if self._fired > self.most:
            text = f"{self.most} timers have fired, the last on {step}, and the instance has not ended"
            raise WaitRanOutError(text, hint=self._mend(step))
        return True

    def _mend(self, step: str) -> str:
        flag = _FLAGS.get(self.types.get(step, ""))
        answer = f"{shell_command(flag, f'{step}={{}}')} answers it, " if flag else ""
        return (
            f"{answer}--max-timers lets more of them fire; `rochallor defs verify` says whether it ever ends"
        )


@dataclass
class StepAnswers:
    """What open steps are answered with, by step: the first for the first time, the last for all that follow."""

    by_step: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    ask: Ask | None = None
    _used: dict[str, int] = field(default_factory=dict)
    _declined: set[str] = field(default_factory=set)

    def take(self, step: str, step_type: str) -> Value | None:
        """The answer to a step; None where it stays open."""
        known = self.by_step.get(step)
        if known:
            used = self._used.get(step, 0)
            self._used[step] = used + 1
            return known[min(used, len(known) - 1)]
        if self.ask is None or step in self._declined:
            return None
        answer = self.ask(step, step_type)
        if answer is None:
            self._declined.add(step)
        return answer


class RunLines(EventLines):
    """One line an event, without the hints to commands: whoever runs a flow answers here."""

    def _lines(self, kind: str, value: Any, snapshot: InstanceSnapshot) -> Iterator[str]:
        return iter(()) if kind == "instance" else super()._lines(kind, value, snapshot)


@dataclass
class FlowRun:
    """An instance on its way.

    served: the job types that handlers or stubs exist for; job_types: those of each step; timed: steps with timers.
    check: raises where the worker has failed. timers: not waited for, where the engine's time can be moved.
    max_steps: entered at most, since a loop of jobs or answers can go round for ever.
    prefix: what the run has put before the job types; --stub takes them without.
    """

    engine: AdminClient
    instance_id: str
    answers: StepAnswers
    served: AbstractSet[str]
    job_types: Mapping[str, str]
    timed: AbstractSet[str]
    check: Callable[[], None]
    max_steps: int
    timers: SkippedTimers | None = None
    prefix: str = ""
    # Executions that were answered already; the engine may show them open once more.
    _done: set[str] = field(default_factory=set)
    _last: list[Value] = field(default_factory=list)
    # Executions whose timer somebody has been told of.
    _awaited: set[str] = field(default_factory=set)

    def lead(self, printer: Printer, follower: Follower, timeout_s: float | None) -> Ending:
        """To the end. ConflictError where nothing can move it any more, WaitRanOutError at the time-out or a bound."""
        instance: Value = {}
        for snapshot in snapshots(
            self.engine, {"id": self.instance_id}, printer.environment, timeout_s=timeout_s
        ):
            follower.show(snapshot)
            instance = snapshot.instance
            if not snapshot.ended and not snapshot.away:
                self._require_few(snapshot)
                self._move(snapshot, printer)
        return Ending(instance, follower.has_shown(harmless(str(instance.get("failureReason") or ""))))

    def _require_few(self, snapshot: InstanceSnapshot) -> None:
        entered = len(snapshot.executions)
        if entered > self.max_steps:
            last = _step(snapshot.executions[-1])
            raise WaitRanOutError(
                f"{entered} steps were entered, the last {last}, and the instance has not ended",
                hint="--max-steps lets it enter more; `rochallor defs verify` says whether it ever ends",
            )

    def _move(self, snapshot: InstanceSnapshot, printer: Printer) -> None:
        self.check()
        running = [
            each
            for each in snapshot.executions
            if each.get("status") == "RUNNING" and each.get("id") not in self._done
        ]
        jobs = [each for each in running if each.get("stepType") == "SERVICE_TASK"]
        if any(self.job_types.get(_step(each)) in self.served for each in jobs):
            return
        waiting = [each for each in running if each.get("stepType") in _ANSWERED]
        if any(self._answer(each) for each in waiting):
            return
        # The instance is read before its history: only what was seen twice is where it stands.
        is_at_rest, self._last = self._last == snapshot.executions, snapshot.executions
        if not is_at_rest or (self.timers is not None and self.timers.skip_to_next(self.instance_id)):
            return
        timed = [each for each in running if _step(each) in self.timed]
        if self.timers is not None or not timed:
            raise self._stuck(snapshot, jobs=jobs, waiting=waiting)
        self._tell_of_timers(timed, printer)

    def _tell_of_timers(self, timed: list[Value], printer: Printer) -> None:
        """Nothing else moves the instance: once for each execution, so that nobody wonders why it stands."""
        for each in timed:
            step, flag = _step(each), _FLAGS.get(str(each.get("stepType")))
            if str(each.get("id")) not in self._awaited:
                self._awaited.add(str(each.get("id")))
                answer = f"{shell_command(flag, f'{step}={{}}')} answers it, " if flag else ""
                printer.note(
                    f"{step} waits for its timer; {answer}--fast (on the embedded engine) does not wait"
                )

    def _answer(self, execution: Value) -> bool:
        step, step_type = _step(execution), str(execution.get("stepType"))
        reply = self.answers.take(step, step_type)
        if reply is None:
            return False
        self._done.add(str(execution.get("id")))
        if step_type == "USER_TASK":
            self.engine.complete_task(self.instance_id, step, reply, by=BY)
        else:
            self.engine.signal(self.instance_id, step, reply)
        return True

    def _stuck(self, snapshot: InstanceSnapshot, *, jobs: list[Value], waiting: list[Value]) -> ConflictError:
        if jobs:
            step = _step(jobs[0])
            job_type = self.job_types.get(step, "").removeprefix(self.prefix)
            text = f"nothing serves job type {job_type!r} of step {step}"
            stub = shell_command("--stub", f"{job_type}={{}}")
            return ConflictError(text, hint=f"name its handlers with -m, or answer with {stub}")
        if waiting:
            step, step_type = _step(waiting[0]), str(waiting[0].get("stepType"))
            what = "user task" if step_type == "USER_TASK" else "wait"
            answer = shell_command(_FLAGS[step_type], f"{step}={{}}")
            return ConflictError(
                f"the {what} {step} is open, and nobody answers it", hint=f"answer: {answer}"
            )
        current = ", ".join(snapshot.instance.get("currentStepIds") or []) or "no step"
        text = f"the instance stays {snapshot.instance.get('status')} at {current}: nothing can move it"
        return ConflictError(text, hint="`rochallor defs verify` says how it comes there")


def _step(execution: Value) -> str:
    return str(execution.get("stepId"))
