"""Promises: what must hold at every step, whatever the world does; each is named after what docs/workers.md says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from math import inf

from simulation.aftermath import Aftermath
from simulation.engine import InstanceEnd, SimulatedEngine
from simulation.limits import Limits
from simulation.network import Message
from simulation.refusals import SMALL, Flaw, Refusals
from simulation.tries import Tries
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.runner.job.claim import Claim, JobHolder
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed
from workflow_sdk.runner.shift.execution import HELD_MARGIN_S, Execution
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

# What leaving takes at most, once a drain is at its end: amid jobs, and after the last.
LEAVE_S, CLEAN_LEAVE_S = 0.5, 10.1
# So long after an outcome was given up somebody cancels its instance; what is longer on its way was held up.
CANCELLED_AFTER_S, AT_ONCE_S = 10.0, 1.0


class BrokenPromise(AssertionError):
    """`about` are the ids that the timeline is searched for."""

    def __init__(self, promise: str, *about: str) -> None:
        super().__init__(promise)
        self.promise = promise
        self.about = about


class Promises:
    """Told of each request, each run of a handler and each end; raises BrokenPromise through `broken`."""

    def __init__(
        self, engine: SimulatedEngine, *, now: Callable[[], float], broken: Callable[[BrokenPromise], None]
    ) -> None:
        self._engine = engine
        self._now = now
        self._broken = broken
        self._under_way: Counter[tuple[str, str]] = Counter()
        # By process and step execution: whether its handler succeeded the last time.
        self._succeeded: dict[tuple[str, str], bool] = {}
        self._runs_here: Counter[tuple[str, str, int]] = Counter()
        self._failures: Counter[str] = Counter()
        # Attempts, by step execution and retries left, of which some handler has failed.
        self._failed: set[tuple[str, int]] = set()
        # By process and instance: when it last asked for the history; by job: when an outcome of it last counted,
        # and when one that was long on its way did.
        self._looked: dict[tuple[str, str], float] = {}
        self._outcome_at: dict[str, float] = {}
        self._late_outcome_at: dict[str, float] = {}
        # Jobs that were completed by a worker whose lease had passed to another one.
        self._done_by_others: set[str] = set()
        # Instances of which a failure undid what was done, blamelessly: a step of theirs may run beyond their end.
        self._undone: set[str] = set()
        # Of each step execution: the jobs that ran for it.
        self._ids: dict[str, set[str]] = {}
        self._remember_handlers()
        # Jobs whose outcome was given up.
        self._given_up: set[str] = set()
        self._executions: dict[str, Execution] = {}  # by process
        self.aftermath = lambda process: Aftermath(
            engine, process, undone=self._undone, latest=self._latest, broken=self._break
        )
        self.limits = Limits(now=now, broken=self._break)
        self.refusals = Refusals(now=now)
        self.tries = Tries(now=now, broken=self._break, instance_of=engine.instance_of)
        self.runs: Counter[str] = Counter()
        self.results: dict[str, set[str]] = {}

    def _remember_handlers(self) -> None:
        # By process and step execution: the attempt that began last, and from when a job that was given back may run
        # again; by process and job: until when its failure is held, and by whom. What was given back last, and ever.
        self._latest: dict[tuple[str, str], tuple[str, int]] = {}
        self._not_before: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], tuple[float, JobHolder | None]] = {}
        self._given_back: set[tuple[str, str]] = set()
        self._stopping: set[str] = set()
        # Those of which an extension was asked for.
        self._asked_to_extend: set[tuple[str, str]] = set()
        self._ever_given_back: set[str] = set()

    # --- requests ---

    def sent(self, message: Message) -> None:
        key = (message.process, message.job_id)
        if message.what == "complete":
            self._under_way[key] += 1
            if self._under_way[key] > 1:
                self._break("two completions of one job are never under way from one process", message.job_id)
        if message.what == "heartbeat":
            self._asked_to_extend.add(key)
        if message.what == "poll" and message.body != b"{}":
            self.limits.claims(message)
        if message.what in ("complete", "fail"):
            self.tries.sent(message, attempt=self._attempt(message), leased_until=self._leased_until(message))
        if message.what == "history":
            self.tries.looks(message.process, message.path.split("/")[3])
        if message.what in ("complete", "fail") and key in self._given_back:
            self._break("nothing is reported of a job that its handler gave back", message.job_id)
        if message.what == "fail":
            self._may_be_no_success(message)
            until, holder = self._held.get(key, (0.0, None))
            is_let_go = message.process in self._stopping or (holder is not None and holder.is_leaving)
            if self._now() < until and not is_let_go:
                self._break("a failure is held for its retry delay", message.job_id)
            self._may_fail(message)

    def _may_be_no_success(self, message: Message) -> None:
        step = self._engine.step_of(message.job_id)
        if not self._succeeded.get((message.process, step)):
            return
        if not self.refusals.may_be_failed(message, step):
            self._break("a handler's success is never turned into a failure", message.job_id)
        if (attempt := self._engine.attempt_of(message.job_id)) is not None:
            self._failed.add(attempt)

    def _may_fail(self, message: Message) -> None:
        if self._now() > self._engine.leased_until.get(message.job_id, 0.0):
            self._break("a failure is never sent after the lease's end", message.job_id)

    def arrives(self, message: Message) -> bool:
        """The engine is about to serve this request; False has it lost instead, for nobody could foresee what it
        meets.
        """
        if message.what == "history":
            self._looked[message.process, message.path.split("/")[3]] = self._now()
        if message.what not in ("complete", "fail"):
            return True
        instance_id = self._engine.instance_of(message.job_id)
        if not instance_id or instance_id in self._engine.cancelled:
            return True
        attempt = self._engine.attempt_of(message.job_id)
        is_late = self._now() - message.sent > AT_ONCE_S
        if message.what == "fail" and (broken := self._broken_by_failure(attempt)):
            if self._is_crossed(message) or self._engine.has_forgotten(message.job_id):
                return False
            # What was long on its way nobody can take back.
            if not is_late and not self._cannot_know(message):
                self._break(broken, message.job_id)
            if attempt is None:
                self._undone.add(instance_id)
        if attempt is not None:
            (self._late_outcome_at if is_late else self._outcome_at)[message.job_id] = self._now()
            if message.what == "complete" and not self._has_its_lease(message):
                self._done_by_others.add(message.job_id)
        return True

    def _broken_by_failure(self, attempt: tuple[str, int] | None) -> str:
        """The promise that is broken when the engine takes a failure of this attempt now; empty when none is."""
        if attempt is None:
            return "a failure undoes no job that is done"
        return "" if attempt in self._failed else "a failure costs no retry but its own attempt's"

    def _is_crossed(self, failure: Message) -> bool:
        """Whether its job got an outcome from elsewhere once this process had found it open, just before, in the
        instance's history; or one that was long on its way, once this one had left.
        """
        job_id = failure.job_id
        looked = self._looked.get((failure.process, self._engine.instance_of(job_id)), 0.0)
        is_fresh = self._now() - looked <= AT_ONCE_S
        return (is_fresh and self._outcome_at.get(job_id, 0.0) > looked) or (
            self._late_outcome_at.get(job_id, 0.0) > failure.sent
        )

    def _cannot_know(self, failure: Message) -> bool:
        """Whether it comes from who has the lease: who cannot know of a result of whoever had it before."""
        return failure.job_id in self._done_by_others and self._has_its_lease(failure)

    def _has_its_lease(self, message: Message) -> bool:
        return self._engine.leased_to.get(message.job_id) == message.process.partition(".")[0]

    def _attempt(self, message: Message) -> tuple[str, int] | None:
        """Which attempt a report is about, as its process knows it; the engine may have forgotten what became of it."""
        step = "" if self._engine.has_forgotten(message.job_id) else self._engine.step_of(message.job_id)
        return self._latest.get((message.process, step))

    def _leased_until(self, message: Message) -> float | None:
        return self._engine.leased_until.get(message.job_id, 0.0)

    def answered(self, message: Message, answer: RawResponse | BaseException) -> None:
        """The process is done with this request, one way or the other."""
        if message.what == "complete":
            self._under_way[message.process, message.job_id] -= 1
        if message.what in ("complete", "fail"):
            attempt, leased_until = self._attempt(message), self._leased_until(message)
            self.tries.came(message, answer, attempt=attempt, leased_until=leased_until)
        if isinstance(answer, RawResponse):
            self._heard(message, answer)

    def _heard(self, message: Message, answer: RawResponse) -> None:
        if message.what != "complete":
            return
        step = self._engine.step_of(message.job_id.removesuffix(SMALL))
        self.refusals.heard(message.process, step, message, answer)
        item = self._executions[message.process].in_flight.get(step)
        if item is None or item.report is None or answer.status_code != 500:
            return
        if item.holds_slot and "unsupported Unicode" in item.report.refusal:
            self._break("a result that the engine does not take costs no slot", message.job_id)

    # --- handlers ---

    def wait_for_threads(self, process: str, items: Collection[InFlight]) -> None:
        """These have a slot, and no thread."""
        self.limits.wait_for_threads(process, items)

    def serves(self, process: str, execution: Execution, *, slots: int) -> None:
        """A process has begun."""
        self._executions[process] = execution
        self.limits.serves(process, slots=slots)

    def begins_in_lease(self, process: str, item: InFlight) -> None:
        """A handler begins in a process that insists on extensions: the engine was asked for one before its first."""
        if not any(one == process for one, _ in self._asked_to_extend):
            self._break("where leases must be extended no job begins before one was", item.claim.job_id)

    def runs_now(self, process: str, item: InFlight) -> None:
        claim, attempt = item.claim, (process, *self._begins(process, item))
        self._runs_here[attempt] += 1
        if self._engine.has_forgotten(claim.job_id):
            return
        if self._runs_here[attempt] > 1:
            self._break("an attempt runs once in a process, however often its job comes", claim.job_id)
        self._runs_with_reason(claim)

    def _begins(self, process: str, item: InFlight) -> tuple[str, int]:
        """Count one run more; the attempt: the step execution, and the retries left."""
        claim, step = item.claim, item.claim.step_execution_id
        self.runs[step] += 1
        self._given_back.difference_update(self._named(process, item))
        if self._now() < self._not_before.pop((process, step), 0.0):
            self._break("a job that was given back runs again after its delay", claim.job_id)
        attempt = self._latest[process, step] = step, claim.retries_remaining
        return attempt

    def _named(self, process: str, item: InFlight) -> list[tuple[str, str]]:
        return [(process, item.claim.job_id), (process, str(item.current.job["id"]))]

    def given_back(self, process: str, item: InFlight) -> None:
        """The handler gave its job back: this run counts for nothing."""
        step = item.claim.step_execution_id
        self.limits.ends(process, item)
        self.runs[step] -= 1
        self._runs_here[process, *self._latest[process, step]] -= 1
        self._given_back.update(self._named(process, item))
        self._ever_given_back.add(step)
        self._not_before[process, step] = self._now() + (item.released_s or 0.0)

    def _runs_with_reason(self, claim: Claim) -> None:
        step = claim.step_execution_id
        self._is_no_longer_than_the_engines(claim)
        if claim.instance_id in self._undone:
            return
        if self.runs[step] > 1 + self._engine.lease_ends[step] + self._failures[step]:
            self._break("a job runs again only after a failure or its lease's end", claim.job_id)

    def _is_no_longer_than_the_engines(self, claim: Claim) -> None:
        if claim.lease is not None and claim.lease.end > self._engine.leased_until[claim.job_id] + 1e-6:
            self._break("a lease is never taken to last longer than the engine's", claim.job_id)

    def ran(self, process: str, item: InFlight, result: str, *, flaw: Flaw | None = None) -> None:
        """`result` is empty for a failure; `flaw` is why it will not be taken."""
        claim = item.claim
        self.limits.ends(process, item)
        if not result:
            self._hold(process, item)
        if not claim.is_over(self._now()) and not self._engine.has_forgotten(claim.job_id):
            self._is_no_longer_than_the_engines(claim)
        self._ids.setdefault(claim.step_execution_id, set()).add(claim.job_id)
        self._succeeded[process, claim.step_execution_id] = bool(result)
        self.refusals.ran(process, claim.step_execution_id, flaw)
        if flaw in (Flaw.UNREADABLE, Flaw.TOO_LARGE):
            self._failed.add((claim.step_execution_id, claim.retries_remaining))
        if result:
            self.results.setdefault(claim.step_execution_id, set()).add(result)
        else:
            self._failures[claim.step_execution_id] += 1
            self._failed.add((claim.step_execution_id, claim.retries_remaining))

    def _hold(self, process: str, item: InFlight) -> None:
        """A failure waits for its retry delay, as far as its lease lets it; the last one of a job for nothing."""
        claim, delay_s = item.claim, item.handler.retry_delay
        assert isinstance(item.outcome, Failed)
        if isinstance(delay_s, float) and item.outcome.retryable and claim.retries_remaining > 0:
            end = inf if claim.lease is None else claim.lease.end
            until = min(self._now() + delay_s, end - HELD_MARGIN_S) - 1e-6
            self._held[process, claim.job_id] = until, claim.holder

    def told_to_stop(self, process: str) -> None:
        """It holds nothing any more."""
        self._stopping.add(process)

    def failure_left(self, claim: Claim, *, last_came: int) -> None:
        """A process leaves a failure unreported, or as it is: nobody knows. `last_came` are the retries left of the
        latest attempt that it was given.
        """
        if last_came < claim.retries_remaining:
            self._break("a failure whose retry has come is not taken for lost", claim.job_id)

    def given_up(self, process: str, claim: Claim) -> None:
        """The process takes it that the engine will never take this outcome; somebody cancels the instance."""
        step = self._engine.step_of(claim.job_id)
        if broken := self.refusals.broken_by_giving_up(process, step, claim.job_id):
            self._break(broken, claim.job_id)
        self._given_up.add(claim.job_id)
        self._engine.cancel_later(CANCELLED_AFTER_S, claim.instance_id, claim.step_execution_id)

    def came_again(self, known: Claim, claim: Claim) -> None:
        """A job that is known came once more."""
        ends = [one.lease.end for one in (known, claim) if one.lease is not None]
        if (known.job_id, known.holder) != (claim.job_id, claim.holder) or (ends and ends[0] < ends[-1]):
            self._break("a job that comes again is reported under its latest claim", claim.job_id)

    def says_away(self, process: str, said: RunnerSnapshot) -> None:
        if said.engine_reachable is not False or not said.engine_reason:
            self._break(f"while the engine is away a worker says so, and why: {process}")

    def counted_as_done(self, process: str, claim: Claim) -> None:
        if claim.instance_id in self._engine.cancelled or self._engine.has_forgotten(claim.job_id):
            return
        if self._engine.has_ended(claim.instance_id):
            return  # over a result of another job: whatever comes then counts for nothing, and is taken
        if self._engine.is_running(claim.instance_id, claim.step_execution_id):
            self._break("what was counted as done was done", claim.job_id)

    # --- ends ---

    def all_completed(self, ends: list[InstanceEnd]) -> None:
        """No result is lost, nothing is stuck: every instance is completed with each handler's result."""
        for end in (end for end in ends if end.id not in self._engine.cancelled):
            # What a failure undid that was long on its way may have spent the last retry.
            if end.status == "FAILED" and (self.refusals.excuses(end) or end.id in self._undone):
                continue
            if end.status != "COMPLETED":
                self._break(f"nothing is stuck: instance is {end.status} {end.reason}".rstrip(), end.id)
            for execution_id, step_id in end.steps if end.id not in self._undone else ():
                result = end.variables.get(execution_id)
                if result not in self.results.get(execution_id, ()):
                    self._break(f"no result is lost: {step_id} left {result!r}", end.id)

    def at_rest(
        self,
        process: str,
        *,
        slots_in_use: int,
        in_flight: int,
        unsettled: int,
        grown: list[str],
        wrongly_said: str,
    ) -> None:
        if slots_in_use or in_flight or unsettled:
            has = f"{slots_in_use} slots, {in_flight} jobs in flight, {unsettled} reports"
            self._break(f"at rest all slots are free: {process} has {has}")
        if wrongly_said:
            self._break(f"a worker that is well says so: {process}: {wrongly_said}")
        if grown:
            self._break(f"at rest a runner keeps no more than at its start: {process} {', '.join(grown)}")

    def wrongly_said(self, process: str, said: RunnerSnapshot) -> str:
        """What a worker says of itself while all is well, and is not so; empty when nothing is."""
        return said.engine_reason or said.source_trouble or said.shortage

    def drained(
        self, process: str, summary: RunSummary, *, took_s: float, patience_s: float, in_flight: list[str]
    ) -> None:
        """It has left; amid jobs where it had no time for them: their ids are to be in its summary."""
        listed = [job.job_id for job in summary.abandoned]
        if took_s > patience_s + (LEAVE_S if listed else CLEAN_LEAVE_S):
            self._break(f"a second signal, or the deadline, ends a drain: {process} took {took_s:.1f} s")
        if listed and took_s < patience_s - 1e-6:
            self._break(f"after a drain nothing is in flight: {process}", *listed)
        if listed != in_flight:
            self._break(f"jobs left unfinished are listed: {process}", *in_flight)

    def leases_hold(self) -> None:
        """Where nothing went wrong, and the engine extends leases, none came to its end while its handler ran."""
        for step in self._engine.lease_ends:
            self._break("a lease is extended while its handler runs", *self._ids[step])

    def calm(self) -> None:
        """Where nothing went wrong nothing ran twice, and no lease came to its end."""
        for key, runs in self.runs.items():
            if key in self._ever_given_back:
                continue  # while it waits its lease goes on
            if self._engine.lease_ends[key]:
                self._break("a report is made as soon as its handler has ended", *self._ids[key])
            if runs != 1 + self._failures[key]:
                self._break("nothing runs twice without need", *self._ids[key])

    def _break(self, promise: str, *about: str) -> None:
        error = BrokenPromise(promise, *about)
        self._broken(error)
        raise error
