"""`rochallor jobs fail`: a job's failure by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Yes
from rochallor_cli.commands.jobs.complete import REPORTED, JobId, show_reported

app = typer.Typer()


@command(
    app,
    "fail",
    examples=(
        "rochallor jobs fail 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor jobs fail 01JD8Q3VZ6M0T2H8X4K7N5RWZK --message 'never charged' --final",
    ),
    view=REPORTED,
)
def fail(
    context: Context,
    *,
    job: JobId,
    message: Annotated[
        str,
        typer.Option(
            "--message",
            "-m",
            metavar="TEXT",
            help="Why the job failed; the step's failure reason if no retry is left.",
        ),
    ] = "failed by hand",
    final: Annotated[
        bool,
        typer.Option(
            "--final", help="Do not let the engine try the job again: step and instance become FAILED."
        ),
    ] = False,
    yes: Yes = False,
) -> None:
    """Fail a job, so that the engine hands it out anew, with one retry less.

    Asks before. Without retries left, or with --final, step and instance become FAILED. The engine looks at no
    state: failing a job that was completed undoes its step. In Kafka mode this is how a job that got lost is
    published again.
    """
    from rochallor_cli.engine_client.jobs_by_hand import fail_job

    what = "Fail job {} for good on {}?" if final else "Fail job {} on {}, to have it tried again?"
    context.confirm(what.format(job, context.settings.where), yes=yes)
    fail_job(context.engine, job, message=message, retryable=not final)
    show_reported(context, job, result="failed for good" if final else "failed")
