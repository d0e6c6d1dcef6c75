"""An instance asked for again and again until it has ended, gently, and through an engine that restarts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rochallor_cli.configuration.environment import Environment
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import ENDED, AdminClient, Value, standing_text
from rochallor_cli.errors import CliError, WaitRanOutError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.text_width import shell_command
from workflow_sdk.errors import EngineClientError, EngineUnreachableError

QUICKEST_S = 0.04
SLOWEST_S = 1.0
_SLOWER = 1.4


@dataclass(frozen=True)
class Snapshot:
    """The instance at one moment. `away` says why the engine did not answer this time (the values are older then)."""

    instance: Value
    executions: list[Value]
    away: str = ""

    @property
    def ended(self) -> bool:
        return self.instance.get("status") in ENDED


def snapshots(
    engine: AdminClient,
    instance_id: str,
    environment: Environment,
    *,
    timeout_s: float | None = None,
    began: float | None = None,
    with_history: bool = True,
) -> Iterator[Snapshot]:
    """The instance until it has ended. Raises WaitRanOutError after `timeout_s`; the first request may raise.

    `began`: when the wait began, on the environment's monotonic clock, where that was not now.
    """
    began = environment.monotonic() if began is None else began
    deadline = None if timeout_s is None else began + timeout_s
    current = _ask(engine, instance_id, with_history)
    pause_s = QUICKEST_S
    while True:
        yield current
        if current.ended and not current.away:
            return
        left_s = None if deadline is None else deadline - environment.monotonic()
        if left_s is not None and left_s <= 0:
            raise _ran_out(current, timeout_s or 0.0)
        environment.sleep(pause_s if left_s is None else min(pause_s, left_s))
        before, current = current, _ask_again(engine, instance_id, with_history, current)
        changed = (before.instance, before.executions) != (current.instance, current.executions)
        pause_s = QUICKEST_S if changed else min(pause_s * _SLOWER, SLOWEST_S)


def _ask(engine: AdminClient, instance_id: str, with_history: bool) -> Snapshot:
    # The instance is read first: a history read after the end holds every step.
    instance = engine.instance(instance_id)
    return Snapshot(instance, engine.history(instance_id) if with_history else [])


def _ask_again(engine: AdminClient, instance_id: str, with_history: bool, last: Snapshot) -> Snapshot:
    try:
        return _ask(engine, instance_id, with_history)
    except EngineUnreachableError as error:
        return Snapshot(last.instance, last.executions, error.message)
    except EngineClientError as error:
        if error.status_code < 500 and error.status_code != 429:
            raise
        return Snapshot(last.instance, last.executions, str(error))


def _ran_out(snapshot: Snapshot, timeout_s: float) -> CliError:
    instance = snapshot.instance
    if snapshot.away:
        message = f"the engine does not answer ({snapshot.away}); waited {duration_text(timeout_s)}"
        look = shell_command("rochallor", "instances", "get", str(instance["id"]))
        return CliError(message, hint=look, exit_status=ExitStatus.UNREACHABLE)
    message = f"{instance['id']} is still {standing_text(instance)} after {duration_text(timeout_s)}"
    watch = shell_command("rochallor", "instances", "watch", str(instance["id"]))
    return WaitRanOutError(message, hint=f"it was not cancelled; {watch}")


def waits_for(snapshot: Snapshot) -> str:
    """What would let a WAITING instance go on, as a command; "" when nothing waits for a person or a signal."""
    if snapshot.instance.get("status") != "WAITING":
        return ""
    instance_id = snapshot.instance["id"]
    for execution in snapshot.executions:
        if execution.get("status") == "RUNNING":
            where = (str(instance_id), str(execution.get("stepId")))
            if execution.get("stepType") == "USER_TASK":
                return f"waits for a person: {shell_command('rochallor', 'tasks', 'complete', *where)}"
            if execution.get("stepType") == "WAIT":
                return f"waits for a signal: {shell_command('rochallor', 'instances', 'signal', *where)}"
    return ""
