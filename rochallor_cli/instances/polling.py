"""An instance asked for again and again until it has ended, gently, and through an engine that restarts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from rochallor_cli.configuration.environment import Environment
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import ENDED, AdminClient, Value, standing_text
from rochallor_cli.errors import CliError, WaitRanOutError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import shell_command
from workflow_sdk.client.deadline import request_timeout
from workflow_sdk.client.judgement import is_from_engine
from workflow_sdk.errors import (
    EngineClientError,
    EngineTimeoutError,
    EngineUnreachableError,
    WorkflowSDKError,
)

QUICKEST_S = 0.04
SLOWEST_S = 1.0
_SLOWER = 1.4
# What the first look is given in any wait, however short: without it nothing is known at all.
_FIRST_LOOK_S = 2.0

# What nothing can move is said so, by a look at its definition and history: from its id to a few words, or "".
Judge = Callable[[str], str]


@dataclass(frozen=True)
class InstanceSnapshot:
    """The instance at one moment. `away` says why the engine did not answer this time (the values are older then).

    `verdict`: why nothing can move it, where that is so. `is_old`: the time ran out before an answer came.
    """

    instance: Value
    executions: list[Value]
    away: str = ""
    verdict: str = ""
    is_old: bool = False

    @property
    def ended(self) -> bool:
        return self.instance.get("status") in ENDED and not self.away

    @property
    def standing(self) -> tuple[Value, list[Value]]:
        return self.instance, self.executions


def away_text(error: WorkflowSDKError, *, is_first: bool = False) -> str | None:
    """Why the engine does not answer now and may again; None for what asking again does not mend.

    Where nobody has answered yet and nothing could be sent, nobody may be there at all.
    """
    if isinstance(error, EngineUnreachableError):
        return None if is_first and not error.was_sent else error.message
    if not isinstance(error, EngineClientError):
        return None
    passes = error.status_code >= 500 or error.status_code == 429
    # Once the engine has answered, what a gateway says is its absence; but nobody gets in again by waiting.
    is_gateways = not is_first and error.status_code not in (401, 403) and not is_from_engine(error)
    return str(error) if passes or is_gateways else None


class Deadline:
    """When a wait ends, and the requests within it, by the environment's monotonic clock."""

    def __init__(
        self, environment: Environment, timeout_s: float | None, *, began: float | None = None
    ) -> None:
        self._environment = environment
        self._began = environment.monotonic() if began is None else began
        self.timeout_s = timeout_s

    @property
    def left_s(self) -> float | None:
        if self.timeout_s is None:
            return None
        return max(self._began + self.timeout_s - self._environment.monotonic(), 0.0)

    @property
    def is_over(self) -> bool:
        return self.left_s == 0.0

    def sleep(self, seconds: float) -> None:
        left_s = self.left_s
        self._environment.sleep(seconds if left_s is None else min(seconds, left_s))


class InstanceReader:
    """Asks for an instance, each request within the deadline."""

    def __init__(self, engine: AdminClient, deadline: Deadline, *, with_history: bool) -> None:
        self._engine = engine
        self._deadline = deadline
        self._with_history = with_history

    def first(self, instance: Value) -> InstanceSnapshot:
        """Raises NotFoundError. Where no more than an `id` is known of it, nobody may be there to be asked."""
        is_first = "status" not in instance
        return self._ask(
            InstanceSnapshot(instance, []),
            is_first=is_first,
            least_s=_FIRST_LOOK_S if is_first else QUICKEST_S,
        )

    def again(self, last: InstanceSnapshot) -> InstanceSnapshot:
        return self._ask(replace(last, away=""))

    def _ask(
        self, last: InstanceSnapshot, *, is_first: bool = False, least_s: float = QUICKEST_S
    ) -> InstanceSnapshot:
        left_s = self._deadline.left_s
        try:
            if left_s is None:
                return self._asked(last)
            with request_timeout(max(left_s, least_s)):
                return self._asked(last)
        except WorkflowSDKError as error:
            if isinstance(error, EngineTimeoutError) and self._deadline.is_over and "status" in last.instance:
                # It is the wait that ended, not the engine.
                return replace(last, is_old=True)
            reason = away_text(error, is_first=is_first)
            if reason is None:
                raise
            return replace(last, away=reason)

    def _asked(self, last: InstanceSnapshot) -> InstanceSnapshot:
        instance_id = str(last.instance["id"])
        # The instance is read first: a history read after the end holds every step.
        instance = self._engine.instance(instance_id)
        executions = self._engine.history(instance_id) if self._with_history else []
        now = InstanceSnapshot(instance, executions)
        return replace(now, verdict=last.verdict) if now.standing == last.standing else now


class PollInterval:
    """How long to wait until the next look: short while something happens, then longer and longer."""

    def __init__(self) -> None:
        self.next_s = QUICKEST_S

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has happened for some seconds."""
        return self.next_s >= SLOWEST_S

    def take(self, *, changed: bool) -> None:
        self.next_s = QUICKEST_S if changed else min(self.next_s * _SLOWER, SLOWEST_S)


def snapshots(
    engine: AdminClient,
    instance: Value,
    environment: Environment,
    *,
    timeout_s: float | None = None,
    judge: Judge | None = None,
) -> Iterator[InstanceSnapshot]:
    """The instance with its history until it has ended. Raises WaitRanOutError after `timeout_s`.

    `instance`: what is known of it, its `id` at least. One that is known whole was there a moment ago, so that nobody
    gives up because the first look fails.
    """
    instance_id = str(instance["id"])
    deadline, pauses = Deadline(environment, timeout_s), PollInterval()
    asking = InstanceReader(engine, deadline, with_history=True)
    current = asking.first(instance)
    judged = False
    while True:
        yield current
        if current.ended:
            return
        if deadline.is_over:
            raise ran_out(current, timeout_s or 0.0, judge)
        deadline.sleep(pauses.next_s)
        before, current = current, asking.again(current)
        changed = before.standing != current.standing
        pauses.take(changed=changed)
        judged = judged and not changed
        if pauses.is_quiet and judge is not None and not judged and not current.away:
            judged = True
            current = replace(current, verdict=judge(instance_id))


def ran_out(snapshot: InstanceSnapshot, timeout_s: float, judge: Judge | None = None) -> CliError:
    """What is said of an instance that has not ended in time."""
    instance = snapshot.instance
    instance_id = str(instance["id"])
    if snapshot.away:
        message = f"the engine does not answer ({snapshot.away}); waited {duration_text(timeout_s)}"
        look = shell_command("rochallor", "instances", "get", instance_id)
        return CliError(message, hint=look, exit_status=ExitStatus.UNREACHABLE)
    message = f"{instance_id} is still {standing_text(instance)} after {duration_text(timeout_s)}"
    verdict = snapshot.verdict
    if judge is not None and not verdict and not snapshot.is_old:
        verdict = judge(instance_id)
    if verdict:
        explain = shell_command("rochallor", "instances", "explain", instance_id)
        return WaitRanOutError(f"{message}, and {verdict}", hint=f"it was not cancelled; {explain}")
    watch = shell_command("rochallor", "instances", "watch", instance_id)
    return WaitRanOutError(message, hint=f"it was not cancelled; {watch}")


def waits_for(snapshot: InstanceSnapshot) -> list[str]:
    """What would let an instance go on, each with its command; or that nothing does."""
    if snapshot.ended:
        return []
    instance_id = str(snapshot.instance["id"])
    if snapshot.verdict:
        return [f"{snapshot.verdict}: {shell_command('rochallor', 'instances', 'explain', instance_id)}"]
    found: dict[str, None] = {}
    for execution in snapshot.executions:
        if execution.get("status") == "RUNNING":
            where = (instance_id, str(execution.get("stepId")))
            if execution.get("stepType") == "USER_TASK":
                command = shell_command("rochallor", "tasks", "complete", *where)
                found[f"waits for a person: {command}"] = None
            if execution.get("stepType") == "WAIT":
                command = shell_command("rochallor", "instances", "signal", *where)
                found[f"waits for a signal: {command}"] = None
    return list(found)
