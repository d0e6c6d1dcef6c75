"""Following an instance until it has ended, shown or not, and what is said of its end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import AdminClient, Value
from rochallor_cli.errors import CliError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.follow_displays import AWAY, BACK, NoteFor, follower_for
from rochallor_cli.instances.polling import (
    Deadline,
    InstanceReader,
    InstanceSnapshot,
    Judge,
    PollInterval,
    ran_out,
    snapshots,
)
from rochallor_cli.output.printer import Printer
from rochallor_cli.output.progress import Progress
from rochallor_cli.output.text_width import harmless
from rochallor_cli.output.times import seconds_between

# Looks at what does not move, in a round: each costs three requests.
_JUDGED_AT_ONCE = 5


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
    instance: Value,
    printer: Printer,
    *,
    timeout_s: float | None = None,
    note_for: NoteFor | None = None,
    judge: Judge | None = None,
) -> Ending:
    """Show the instance until it has ended; `instance` is what is known of it, its `id` at least.

    `judge` is asked where nothing happens. `note_for` may add a few words to a step execution's line (the demo names
    the variables a step set).
    """
    follower = follower_for(printer, note_for=note_for)
    environment = printer.environment
    for snapshot in snapshots(engine, instance, environment, timeout_s=timeout_s, judge=judge):
        follower.show(snapshot)
        instance = snapshot.instance
    return Ending(instance, follower.has_shown(harmless(str(instance.get("failureReason") or ""))))


@dataclass
class Waiting:
    """Waits for several instances, shown nothing but that the engine is away, and back.

    `ended` has those that have ended, `open` the others as they were seen last, by id.
    """

    engine: AdminClient
    printer: Printer
    timeout_s: float | None = None
    judge: Judge | None = None
    ended: dict[str, Value] = field(default_factory=dict)
    open: dict[str, InstanceSnapshot] = field(default_factory=dict)
    _away: str = ""

    def until_ended(self, instances: Iterable[Value], *, progress: Progress | None = None) -> None:
        """Raises NotFoundError for an unknown one before anything is waited for, WaitRanOutError in the end.

        Of each its `id` is known at least. Those that are known whole were there a moment ago, so that nobody gives up
        because the first look fails.
        """
        deadline = Deadline(self.printer.environment, self.timeout_s)
        asking = InstanceReader(self.engine, deadline, with_history=False)
        pauses = PollInterval()
        for instance in instances:
            self._take(asking.first(instance), progress)
            if self._away and deadline.is_over:
                raise self._ran_out()
        judged: set[str] = set()
        while self.open:
            if deadline.is_over:
                raise self._ran_out()
            deadline.sleep(pauses.next_s)
            changed = False
            for last in list(self.open.values()):
                if deadline.left_s == 0.0:
                    break
                now = asking.again(last)
                changed = changed or now.standing != last.standing
                self._take(now, progress)
            pauses.take(changed=changed)
            if pauses.is_quiet:
                self._say_what_is_stuck(judged)

    def _take(self, snapshot: InstanceSnapshot, progress: Progress | None) -> None:
        instance_id = str(snapshot.instance["id"])
        self.open.pop(instance_id, None)
        if bool(snapshot.away) != bool(self._away):
            self.printer.note(AWAY.format(snapshot.away) if snapshot.away else BACK)
        self._away = snapshot.away
        if snapshot.ended:
            self.ended[instance_id] = snapshot.instance
        else:
            self.open[instance_id] = snapshot
        if progress is not None:
            progress.done = len(self.ended)
            progress.text = f"waiting for {next(iter(self.open), 'nothing')}"

    def _say_what_is_stuck(self, judged: set[str]) -> None:
        """Say once of an instance that waiting for it is in vain."""
        if self.judge is None or self._away:
            return
        for instance_id in [one for one in self.open if one not in judged][:_JUDGED_AT_ONCE]:
            judged.add(instance_id)
            verdict = self.judge(instance_id)
            if verdict:
                self.open[instance_id] = replace(self.open[instance_id], verdict=verdict)
                self.printer.note(f"{instance_id}: {verdict}; rochallor instances explain {instance_id}")

    def _ran_out(self) -> CliError:
        first, *others = self.open.values()
        error = ran_out(first, self.timeout_s or 0.0, self.judge)
        if others and not first.away:
            error.message += f"; {len(others):,} more of {len(self.ended) + len(self.open):,} have not ended"
        return error


def status_of_outcome(instance: Value) -> ExitStatus:
    """0 for COMPLETED, 9 for FAILED and CANCELLED."""
    return ExitStatus.DONE if instance.get("status") == "COMPLETED" else ExitStatus.FAILED
