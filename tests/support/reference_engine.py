"""A second reading of the engine's contract, as plain as it can be: what one instance does, on any version.

It shares no code with the dev engine and takes no care of speed. A refusal is `Answer(status)`; everything else is
done in place. It knows the definitions that `random_definitions` makes: conditions and transformations over one number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VERSIONS = ("0", "1.0.0", "1.0.1", "1.1.0", "next", "leases")
NO_BRANCH = "no conditionalNextSteps branch matched (DecisionNoBranchMatched)"
INTERRUPTED = "interrupted by boundary timer"
LIVE = ("ACTIVE", "WAITING")


class Answer(Exception):
    """The engine refuses with this status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Row:
    """A row of the history."""

    step: str
    attempt: int
    status: str
    reason: str | None = None


@dataclass
class OpenJob:
    row: Row
    retries: int
    # OFFERED, COMPLETED, FAILED, CANCELLED
    status: str = "OFFERED"


@dataclass
class OpenTimer:
    row: Row
    due: int
    interrupting: bool
    target: str


@dataclass
class ReferenceEngine:
    document: dict[str, Any]
    version: str
    status: str = "ACTIVE"
    current: list[str] = field(default_factory=list)
    variables: dict[str, Any] = field(default_factory=dict)
    reason: str | None = None
    has_ended: bool = False
    now: int = 0
    rows: list[Row] = field(default_factory=list)
    jobs: list[OpenJob] = field(default_factory=list)
    tasks: list[Row] = field(default_factory=list)
    timers: list[OpenTimer] = field(default_factory=list)

    def since(self, version: str) -> bool:
        return VERSIONS.index(self.version) >= VERSIONS.index(version)

    def step(self, step_id: str) -> dict[str, Any]:
        return next(step for step in self.document["steps"] if step["id"] == step_id)

    # --- what happens from outside --------------------------------------------------------------

    def start(self, variables: dict[str, Any]) -> None:
        self.variables = dict(variables)
        self._committed = self._completed_steps()
        self.enter(self.document["steps"][0]["id"])

    def complete_job(self, number: int, values: dict[str, Any]) -> None:
        job = self.jobs[number]
        if self._is_dropped(job) or job.status in ("COMPLETED", "CANCELLED"):
            return
        self._committed = self._completed_steps()
        job.status, job.row.status = "COMPLETED", "COMPLETED"
        if self.status in LIVE:
            self._go_on(job.row.step, values)

    def fail_job(self, number: int, message: str, *, retryable: bool) -> None:
        job = self.jobs[number]
        if self._is_dropped(job):
            return
        if retryable and job.retries > 0:
            if self.since("leases"):
                job.status = "CANCELLED"
                self.jobs.append(OpenJob(job.row, job.retries - 1))
            else:
                job.status, job.retries = "OFFERED", job.retries - 1
            return
        job.status, job.row.status, job.row.reason = "FAILED", "FAILED", message
        self._end("FAILED", message)

    def complete_task(self, step_id: str, values: dict[str, Any]) -> None:
        self._check(step_id, "USER_TASK")
        if not any(row.step == step_id for row in self.tasks):
            raise Answer(404)
        self._committed = self._completed_steps()
        self.tasks = [row for row in self.tasks if row.step != step_id]
        self._complete_running(step_id)
        self._go_on(step_id, values)

    def signal(self, step_id: str, values: dict[str, Any]) -> None:
        self._check(step_id, "WAIT")
        if step_id not in self.current:
            raise Answer(409)
        self._committed = self._completed_steps()
        self._complete_running(step_id)
        self._go_on(step_id, values)

    def _check(self, step_id: str, type_: str) -> None:
        if self.step(step_id)["type"] != type_:
            raise Answer(400)
        if self.status not in LIVE:
            raise Answer(409)

    def cancel(self, reason: str) -> None:
        if self.status not in LIVE:
            raise Answer(500)
        self._end("CANCELLED", reason)

    def retry(self, step_id: str, values: dict[str, Any]) -> None:
        attempts = [row for row in self.rows if row.step == step_id]
        if self.status != "FAILED" or not attempts or attempts[-1].status != "FAILED":
            raise Answer(409)
        self._committed = self._completed_steps()
        self.status, self.reason, self.has_ended = "ACTIVE", None, False
        self.variables |= values
        self.enter(step_id)

    def fire(self, timer: OpenTimer) -> None:
        self.timers.remove(timer)
        self.now = max(self.now, timer.due)
        if self.since("1.0.0") and (self.status not in LIVE or timer.row.status != "RUNNING"):
            return
        if timer.interrupting and self.status not in LIVE:
            return
        self._committed = self._completed_steps()
        if timer.interrupting:
            timer.row.status, timer.row.reason = "FAILED", INTERRUPTED
            for job in self.jobs:
                if job.row is timer.row and job.status == "OFFERED":
                    job.status = "CANCELLED"
            if self.since("leases"):
                self.tasks = [row for row in self.tasks if row is not timer.row]
            self._leave(timer.row.step)
        self.enter(timer.target)

    # --- going on -------------------------------------------------------------------------------

    def enter(self, step_id: str) -> None:
        step = self.step(step_id)
        getattr(self, "_enter_" + step["type"].lower())(step)

    def _enter_service_task(self, step: dict[str, Any]) -> None:
        row = self._rest(step)
        self.jobs.append(OpenJob(row, step.get("retryCount", 0)))

    def _enter_user_task(self, step: dict[str, Any]) -> None:
        self.tasks.append(self._rest(step))
        self.status = "WAITING"

    def _enter_wait(self, step: dict[str, Any]) -> None:
        self._rest(step)
        self.status = "WAITING"

    def _enter_decision(self, step: dict[str, Any]) -> None:
        target = self._branch(step)
        if target is None:
            self._break(step, NO_BRANCH)
            return
        self._row(step, "COMPLETED")
        self._leave(step["id"])
        self.enter(target)

    def _enter_transformation(self, step: dict[str, Any]) -> None:
        self._set(step["transformations"], dict(self.variables))
        self._row(step, "COMPLETED")
        self.enter(step["nextStep"])

    def _enter_decision_table(self, step: dict[str, Any]) -> None:
        before = dict(self.variables)
        rules = step["decisionTable"]["rules"]
        matching = [rule["outputs"] for rule in rules if all(map(self.holds, rule.get("when", {}).values()))]
        if not matching:
            self._break(step, "DecisionTableNoRuleMatched")
            return
        self._set(matching[0], before)
        self._row(step, "COMPLETED")
        self._leave(step["id"])
        self.enter(step["nextStep"])

    def _enter_parallel_gateway(self, step: dict[str, Any]) -> None:
        self._row(step, "COMPLETED")
        for branch in step["parallelNextSteps"]:
            self.enter(branch)

    def _enter_join_gateway(self, step: dict[str, Any]) -> None:
        gateway = next(other for other in self.document["steps"] if other.get("joinStep") == step["id"])
        self._row(step, "COMPLETED")
        self._arrive(step["id"])
        first_steps = set(gateway["parallelNextSteps"])
        if self.since("1.0.0"):
            done = len(first_steps & self._completed_steps())
        else:
            done = 1 + len(first_steps & self._committed)
        if done >= len(gateway["parallelNextSteps"]):
            self._leave(step["id"])
            self.enter(step["nextStep"])

    def _enter_end(self, step: dict[str, Any]) -> None:
        self._row(step, "COMPLETED")
        self.status, self.has_ended = "COMPLETED", True

    def _go_on(self, step_id: str, values: dict[str, Any]) -> None:
        step = self.step(step_id)
        self.variables |= values
        if "conditionalNextSteps" in step or "nextStep" in step:
            self._leave(step_id)
            target = self._branch(step) if "conditionalNextSteps" in step else step["nextStep"]
            if target is None:
                self._fail_running(step_id, NO_BRANCH)
                self._end("FAILED", NO_BRANCH)
            else:
                self.enter(target)
        elif step["type"] != "SERVICE_TASK":
            self._leave(step_id)
        if self.status in LIVE:
            waits = any(self.step(each)["type"] in ("USER_TASK", "WAIT") for each in self.current)
            self.status = "WAITING" if waits else "ACTIVE"

    def _branch(self, step: dict[str, Any]) -> str | None:
        branches = step["conditionalNextSteps"]
        for condition in sorted(branches, key=lambda text: (len(text.encode()), text.encode())):
            if self.holds(condition):
                return str(branches[condition])
        return None

    def holds(self, condition: str) -> bool:
        """Conditions compare `a` with numbers."""
        python = condition.replace("&&", "and").replace("true", "True")
        return bool(eval(python, {}, {"a": self.variables["a"]}))

    def _set(self, outputs: dict[str, Any], before: dict[str, Any]) -> None:
        """Numbers as they are, and `${a + 1}`."""
        for name, value in outputs.items():
            self.variables[name] = before["a"] + 1 if value == "${a + 1}" else value

    # --- the book -------------------------------------------------------------------------------

    def _row(self, step: dict[str, Any], status: str, reason: str | None = None) -> Row:
        attempt = 1 + sum(1 for row in self.rows if row.step == step["id"])
        self.rows.append(Row(step["id"], attempt, status, reason))
        return self.rows[-1]

    def _rest(self, step: dict[str, Any]) -> Row:
        row = self._row(step, "RUNNING")
        self._arrive(step["id"])
        for event in step.get("boundaryEvents", ()):
            minutes = int(event["duration"].removeprefix("PT").removesuffix("M"))
            self.timers.append(
                OpenTimer(row, self.now + minutes, event["interrupting"], event["targetStepId"])
            )
        return row

    def _break(self, step: dict[str, Any], reason: str) -> None:
        self._arrive(step["id"])
        self._row(step, "FAILED", reason)
        self._end("FAILED", reason)

    def _end(self, status: str, reason: str) -> None:
        self.status, self.reason, self.has_ended = status, reason, True

    def _arrive(self, step_id: str) -> None:
        if step_id not in self.current:
            self.current.append(step_id)

    def _leave(self, step_id: str) -> None:
        if step_id in self.current:
            self.current.remove(step_id)

    def _completed_steps(self) -> set[str]:
        return {row.step for row in self.rows if row.status == "COMPLETED"}

    def _complete_running(self, step_id: str) -> None:
        for row in self.rows:
            if row.step == step_id and row.status == "RUNNING":
                row.status = "COMPLETED"

    def _fail_running(self, step_id: str, reason: str) -> None:
        for row in self.rows:
            if row.step == step_id and row.status == "RUNNING":
                row.status, row.reason = "FAILED", reason

    def _is_dropped(self, job: OpenJob) -> bool:
        """Strict leases: only what is open, of a step that runs, in a live instance."""
        is_open = self.status in LIVE and job.row.status == "RUNNING" and job.status == "OFFERED"
        return self.since("leases") and not is_open
