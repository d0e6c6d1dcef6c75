"""`rochallor instances explain`: why it stands where it stands, and what now."""

from __future__ import annotations

from typing import Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.command_line.setting_options import with_settings
from rochallor_cli.commands.inputs import InstanceId
from rochallor_cli.commands.serving_options import ServingOptions
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.given import BROKER_SETTINGS
from rochallor_cli.output.views import EXPLANATION

app = typer.Typer()


@command(
    app,
    "explain",
    examples=(
        "rochallor instances explain 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances explain 01JD8Q3VZ6M0T2H8X4K7N5RWZK --brokers localhost:9092",
        "rochallor instances explain 01JD8Q3VZ6M0T2H8X4K7N5RWZK -o json | jq .movedBy",
    ),
)
@with_settings(BROKER_SETTINGS)
def explain(
    context: Context,
    instance: InstanceId,
    **flags: Any,
) -> int:
    """Say why an instance stands where it stands, what would move it, and what can be done.

    Read from its definition, state and history by the rules of the engine; nothing is written. Who serves a job type
    is known where --brokers or a workers.yaml is named. Exit status 0 if it can go on or is COMPLETED, 7 if nothing can
    move it, 9 if it is FAILED or CANCELLED, 13 if that depends on what is not known here alone.
    """
    from rochallor_cli.explanation.explaining import ENDED, confirmed
    from rochallor_cli.explanation.facts import FactsReader
    from rochallor_cli.explanation.movers import OF_ENGINE
    from rochallor_cli.explanation.suggested_commands import retry_words
    from rochallor_cli.explanation.terminal_text import ExplanationText

    serving = ServingOptions(context, flags)
    context = serving.context
    version = context.engine_version(only_get=True)
    found, facts = confirmed(
        FactsReader(context.engine), instance, version.possible, now=context.environment.now
    )
    found = found.with_served(serving.of(found.job_types))
    if len(version.possible) > 1:
        context.printer.note(
            f"explained by the rules of version {version.assumed}: the engine is {version.text} ({version.how})"
        )
    if context.printer.for_readers:
        text = ExplanationText(context.printer, facts)
        retry = retry_words(version)
        for line in text.lines(found, version_text=version.text, retry=retry, brokers=serving.brokers):
            context.printer.styled(line)
    else:
        context.printer.value(EXPLANATION, found.as_json())
    if (
        not found.by_rules
        and all(mover.kind == OF_ENGINE for mover in found.moved_by)
        and found.verdict != ENDED
    ):
        return ExitStatus.NOT_KNOWN
    return _exit_status(found.verdict, found.status)


def _exit_status(verdict: str, status: str) -> int:
    if verdict == "stuck":
        return ExitStatus.CONFLICT
    return ExitStatus.FAILED if status in ("FAILED", "CANCELLED") else ExitStatus.DONE
