"""`rochallor tasks complete`: one of them."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import Text, Var, Vars, Yes, variables_from
from rochallor_cli.engine_client.admin_client import ENDED, standing_text
from rochallor_cli.engine_client.reading import texts
from rochallor_cli.errors import ConflictError, UsageError
from rochallor_cli.output.views import INSTANCE

app = typer.Typer()


@command(
    app,
    "complete",
    examples=(
        "rochallor tasks complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK --by jane@example.com --var approved=true",
        "rochallor tasks complete 01JD8Q3VZ6M0T2H8X4K7N5RWZK/manual-review --vars @decision.json",
    ),
    view=INSTANCE,
)
def complete(
    context: Context,
    *,
    instance: Annotated[
        str,
        typer.Argument(help="The instance's id, or INSTANCE/STEP."),
    ],
    step: Annotated[
        str | None,
        typer.Argument(help="May be left out when one task is open."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            metavar="WHO",
            help="Who has completed the task: sent to the engine, which does not keep it.",
        ),
    ] = None,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    yes: Yes = False,
) -> None:
    """Complete an open user task, merging variables into its instance."""
    instance_id, slash, named = instance.partition("/")
    if not instance_id or (slash and not named):
        raise UsageError(f"{instance!r} names no step", hint="write INSTANCE/STEP, or leave the slash out")
    if step and named:
        raise UsageError(f"the step is named twice: {named} and {step}")
    values = variables_from(context, var=var, text=text, whole=variables)
    step_id = step or named or _the_open_task(context, instance_id)
    question = f"Complete {step_id} of {instance_id} on {context.settings.where}?"
    context.confirm_if_protected(question, yes=yes)
    context.engine.complete_task(instance_id, step_id, values, by=by or "")
    after = context.engine.instance(instance_id)
    if context.printer.for_readers:
        at = (
            ""
            if after["status"] in ENDED
            else f" at {', '.join(after.get('currentStepIds') or []) or 'no step'}"
        )
        context.printer.line(f"completed {step_id}; the instance is {after['status']}{at}")
    else:
        context.printer.value(INSTANCE, after)


def _the_open_task(context: Context, instance_id: str) -> str:
    """The one open user task of an instance; raises where there is none, or a choice."""
    instance = context.engine.instance(instance_id)
    if instance["status"] in ENDED:
        raise ConflictError(f"{instance_id} is {instance['status']} already: no task is open")
    steps = context.engine.steps_of(instance)
    open_ids = [
        step_id
        for step_id in dict.fromkeys(texts(instance.get("currentStepIds")))
        if steps.get(step_id, {}).get("type") == "USER_TASK"
    ]
    if len(open_ids) == 1:
        return str(open_ids[0])
    if not open_ids:
        raise ConflictError(f"no user task is open in {instance_id}; it is {standing_text(instance)}")
    raise UsageError(f"{len(open_ids)} tasks are open: {', '.join(open_ids)}", hint="name the step")
