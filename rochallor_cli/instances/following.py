"""Following an instance until it has ended, shown or not, and what is said of its end."""

from __future__ import annotations

from dataclasses import dataclass

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.followers import AWAY, BACK, NoteFor, follower_for
from rochallor_cli.instances.snapshots import snapshots
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.times import seconds_between


@dataclass(frozen=True)
class Ending:
    """The ended instance. `reason_is_shown`: why it failed stands whole beside its step, just above."""

    instance: Value
    reason_is_shown: bool = False

    @property
    def status(self) -> ExitStatus:
        return status_of_outcome(self.instance)

    @property
    def text(self) -> str:
        """`COMPLETED in 74 ms`, or `FAILED after 2 s: why` unless why is shown already."""
        took = seconds_between(self.instance.get("startedAt"), self.instance.get("completedAt"))
        text = str(self.instance.get("status"))
        if took is not None:
            text += f" {'in' if text == 'COMPLETED' else 'after'} {duration_text(took)}"
        reason = self.instance.get("failureReason")
        return f"{text}: {harmless(str(reason))}" if reason and not self.reason_is_shown else text


def follow_instance(
    engine: AdminClient,
    instance_id: str,
    printer: Printer,
    *,
    timeout_s: float | None = None,
    note_for: NoteFor | None = None,
) -> Ending:
    """Show the instance until it has ended.

    `note_for` may add a few words to a step execution's line (the demo names the variables a step set).
    """
    follower = follower_for(printer, note_for=note_for)
    instance: Value = {}
    for snapshot in snapshots(engine, instance_id, printer.environment, timeout_s=timeout_s):
        follower.show(snapshot)
        instance = snapshot.instance
    return Ending(instance, follower.has_shown(harmless(str(instance.get("failureReason") or ""))))


def wait_for(
    engine: AdminClient,
    instance_id: str,
    printer: Printer,
    *,
    timeout_s: float | None,
    began: float | None = None,
) -> Value:
    """The instance once it has ended; nothing is shown but that the engine is away, and back.

    `began`: when the wait began, for several that share one time-out.
    """
    away, instance = "", Value()
    for snapshot in snapshots(
        engine, instance_id, printer.environment, timeout_s=timeout_s, began=began, with_history=False
    ):
        if bool(snapshot.away) != bool(away):
            printer.note(AWAY.format(snapshot.away) if snapshot.away else BACK)
        away, instance = snapshot.away, snapshot.instance
    return instance


def status_of_outcome(instance: Value) -> ExitStatus:
    """0 for COMPLETED, 9 for FAILED and CANCELLED."""
    return ExitStatus.DONE if instance.get("status") == "COMPLETED" else ExitStatus.FAILED
