"""What `doctor` says of instances, job types, topics, clocks and certificates: the first page of a triage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from rochallor_cli.command_line.context import Context
from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.counting import count_text
from rochallor_cli.durations import duration_text
from rochallor_cli.engine_client.admin_client import OPEN
from rochallor_cli.errors import CliError
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.columns import Column, View

if TYPE_CHECKING:
    from rochallor_cli.hosting.checks.broker_checks import TopicState
    from rochallor_cli.hosting.config.workers_file import WorkersFile

CheckRow = dict[str, Any]

# Of live instances; `instances audit` looks at all of them.
_EXPLAINED = 200
_CLOCKS_AGREE_S = 5.0
_CERTIFICATE_SOON_S = 14 * 86400.0
_NAMED = 5
_STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}

CHECKS = View(
    "check",
    (
        Column("CHECK", "check"),
        Column("RESULT", "result", style=lambda row: _STYLES[str(row["result"])]),
        Column("DETAIL", "detail", least=30, wraps=True),
    ),
    fields=("hint", "exitStatus"),
)


def ok(check: str, detail: str) -> CheckRow:
    return row(check, "ok", detail)


def problem(check: str, error: CliError) -> CheckRow:
    return row(check, "problem", error.message, hint=error.hint, exit_status=error.exit_status)


def row(
    check: str,
    result: str,
    detail: str,
    *,
    hint: str | None = None,
    exit_status: ExitStatus = ExitStatus.DONE,
) -> CheckRow:
    return {"check": check, "result": result, "detail": detail, "hint": hint, "exitStatus": int(exit_status)}


class Questions:
    """What the engine is asked, each for itself: one refusal hides nothing that the others tell.

    Where nobody answers, or not in time, nothing more is asked; what that leaves out is said.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        # The question that was the last, and with which exit status.
        self._over: tuple[str, ExitStatus] | None = None
        self._left_out: list[str] = []

    def answer(self, check: str, ask: Callable[[], CheckRow | None]) -> CheckRow | None:
        """The row of a question, None where it has none or is not asked."""
        from rochallor_cli.engine_client.error_meaning import meaning
        from workflow_sdk.client.judgement import may_be_of_later_engine
        from workflow_sdk.errors import EngineClientError, WorkflowSDKError

        if self._over:
            self._left_out.append(check)
            return None
        try:
            return ask()
        except EngineClientError as error:
            if may_be_of_later_engine(error):
                detail = f"not known: the engine answered {error.status_code} {error.code}: {error.message}"
                return row(check, "warning", detail)
            return problem(check, meaning(error, self._context.settings))
        except WorkflowSDKError as error:
            meant = meaning(error, self._context.settings)
            if getattr(error, "kind", None) not in ("not-engine", "doubtful"):
                # Nobody is there: asking on would only take as long again.
                self._over = check, meant.exit_status
            return problem(check, meant)

    def left_out(self) -> Iterator[CheckRow]:
        """One row that names what was not asked, and the row that says why: a reason is told once."""
        if self._over and self._left_out:
            check, exit_status = self._over
            detail = f"{', '.join(self._left_out)}: the problem of {check} was in the way"
            yield problem("not asked", CliError(detail, exit_status=exit_status))


def standing_still(context: Context) -> CheckRow | None:
    """Whether some of the newest live instances cannot be moved; None where none is live."""
    from rochallor_cli.explanation.explaining import STUCK
    from rochallor_cli.explanation.facts import FactsReader
    from rochallor_cli.explanation.verdict_text import judged_of

    version = context.engine_version(only_get=True)
    reader = FactsReader(context.engine)
    looked_at, stuck = 0, 0
    for status in OPEN:
        for instance in islice(context.engine.instances(status=status), _EXPLAINED // len(OPEN)):
            found = judged_of(reader, instance, version.possible, now=context.environment.now)
            looked_at += found is not None
            stuck += found is not None and found.verdict == STUCK
    if not looked_at:
        return None
    live = f"of the {looked_at:,} newest live ones"
    if not stuck:
        return ok("standing still", f"none {live}")
    hint = "rochallor instances audit groups them by cause, with the ways out"
    return row("standing still", "warning", f"nothing can move {stuck:,} {live}", hint=hint)


def handlers(context: Context, file: WorkersFile | None, questions: Questions) -> Iterator[CheckRow]:
    """Which job types of the definitions nobody in this configuration serves."""
    if file is None:
        return
    from rochallor_cli.commands.serving_options import configured_job_types
    from rochallor_cli.definitions.job_types import users_by_type

    try:
        served = configured_job_types(context, file) or set()
    except CliError as error:
        yield problem("handlers", error)
        return
    found = questions.answer("handlers", lambda: _unserved(users_by_type(context.engine), served))
    if found:
        yield found


def _unserved(users: Mapping[str, Sequence[str]], served: set[str]) -> CheckRow:
    missing = {job_type: used_by for job_type, used_by in users.items() if job_type not in served}
    if not missing:
        return ok("handlers", f"all of {count_text(len(users), 'job type')} are served here")
    named = [f"{job_type} (used by {', '.join(used_by)})" for job_type, used_by in missing.items()]
    detail = f"nobody in this configuration serves {_some(named)}"
    return row("handlers", "warning", detail, hint="another host may; `rochallor work --check` compares them")


def topics(states: Sequence[TopicState], brokers: str) -> Iterator[CheckRow]:
    """A line for each topic that is there, one for all that are not."""
    for state in states:
        if state.denied:
            yield problem(state.topic, CliError(state.denied, exit_status=ExitStatus.NOT_AUTHORISED))
        elif state.lost:
            detail = f"{state.in_words()}; their instances wait for ever (docs/kafka.md)"
            yield row(state.topic, "warning", detail)
        elif not state.is_missing:
            result = "warning" if state.members == 0 and state.waiting else "ok"
            yield row(state.topic, result, state.in_words())
    missing = [state for state in states if state.is_missing]
    if missing:
        yield problem(
            "topics",
            CliError(
                f"{len(missing):,} of {len(states):,} are missing: {_some([one.topic for one in missing])}",
                hint=f"create each as this one: {missing[0].how_to_create(brokers)}",
                exit_status=ExitStatus.NOT_FOUND,
            ),
        )


def clock(context: Context) -> CheckRow | None:
    """How far the engine's clock is from the one here; ages and time-outs are reckoned by both."""
    from email.utils import parsedate_to_datetime

    answered = context.engine.client.request("GET", "/healthz").headers
    text = next((value for name, value in answered.items() if name.lower() == "date"), "")
    try:
        moment = parsedate_to_datetime(text)
        ahead_s = (moment - context.environment.now()).total_seconds()
    except (TypeError, ValueError):
        return None
    if abs(ahead_s) <= _CLOCKS_AGREE_S:
        return ok("clock", "as the engine's")
    word = "ahead of" if ahead_s > 0 else "behind"
    detail = f"the engine's is {duration_text(abs(ahead_s))} {word} the one here: ages are off by that"
    return row("clock", "warning", detail)


def certificates(access: EngineAccess, now: datetime) -> Iterator[CheckRow]:
    """When the engine's certificate and those of the settings end."""
    from rochallor_cli.configuration.certificates import certificate_ends

    for what, end in certificate_ends(access):
        left_s = (end - now).total_seconds()
        day = end.strftime("%Y-%m-%d")
        if left_s < 0:
            error = CliError(f"{what} has ended, on {day}", exit_status=ExitStatus.UNREACHABLE)
            yield problem("certificate", error)
        else:
            result = "ok" if left_s > _CERTIFICATE_SOON_S else "warning"
            yield row("certificate", result, f"{what} ends in {duration_text(left_s)}, on {day}")


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
