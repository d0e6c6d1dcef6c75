"""`rochallor jobs complete`: a job's result by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, Yes, variables_from
from rochallor_cli.output.columns import Column, View

app = typer.Typer()

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id; `rochallor jobs find` names it.")]

REPORTED = View("id", (Column("JOB", "id"), Column("RESULT", "result")))


def show_reported(context: Context, job: str, *, result: str) -> None:
    """`completed 01JD…`, or what scripts read: the job's id and what came of it."""
    if context.printer.for_readers:
        verb, *more = result.split(" ", 1)
        context.printer.line(" ".join([verb, job, *more]))
    else:
        context.printer.value(REPORTED, {"id": job, "result": result})


@command(
    app,
    "complete",
    examples=(
        "rochallor jobs complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --var creditScore=720",
        "rochallor jobs complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --vars @result.json --yes",
    ),
    view=REPORTED,
)
def complete(
    context: Context,
    *,
    job: JobId,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    yes: Yes = False,
) -> None:
    """Complete a job, merging variables into its instance, as if a worker had done it.

    Asks before. The latest engines take it from the holder of the job's lease only, and say nothing of others: look
    at the instance.
    """
    from rochallor_cli.engine_client.jobs_by_hand import complete_job

    values = variables_from(context, var=var, text=text, whole=variables)
    context.confirm(f"Complete job {job} on {context.settings.where}?", yes=yes)
    complete_job(context.engine, job, values)
    show_reported(context, job, result="completed")
