"""`rochallor jobs complete`: a job's result by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, Yes, variables_from

app = typer.Typer()

JobId = Annotated[str, typer.Argument(metavar="JOB", help="The job's id; `rochallor jobs find` names it.")]


@command(
    app,
    "complete",
    examples=(
        "rochallor jobs complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --var creditScore=720",
        "rochallor jobs complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --vars @result.json --yes",
    ),
)
def complete(
    context: Context,
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
    context.printer.line(f"completed {job}")
