"""`rochallor instances retry`: let failed instances go on at the step that failed."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.chosen_instances import Verb, act
from rochallor_cli.commands.filters import MOST_EXCLUSIVE, Most, with_filters
from rochallor_cli.commands.followed_instance import judge_for
from rochallor_cli.commands.inputs import (
    Ids,
    Text,
    Timeout,
    Var,
    Vars,
    Yes,
    seconds_from,
    variables_from,
)
from rochallor_cli.engine_client.admin_client import STATUSES, NoRetryError, Value
from rochallor_cli.errors import CliError, ConflictError, UsageError
from rochallor_cli.instances.bulk import Row
from rochallor_cli.instances.following import Waiting, status_of_outcome
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import ACTIONS, INSTANCES

app = typer.Typer()

FAILED = "FAILED"
_FEATURE = "step_retry"


@command(
    app,
    "retry",
    examples=(
        "rochallor instances retry 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances retry 01JD8Q3VZ6M0T2H8X4K7N5RWZK --step score --var limit=500 --wait",
        "rochallor instances retry --definition loan-processing-workflow --dry-run",
        "rochallor instances retry --step score --reason 'refused the connection' --since 2h",
    ),
    view=ACTIONS,
    exclusive=(MOST_EXCLUSIVE,),
    walks=True,
)
@with_filters("status")
def retry(
    context: Context,
    *,
    filters: Filters,
    instances: Ids = None,
    step: Annotated[
        str | None,
        typer.Option(
            "--step",
            metavar="ID",
            help="The step; may be left out where one has failed. Chooses those that failed there.",
        ),
    ] = None,
    var: Var = None,
    text: Text = None,
    variables: Vars = None,
    wait: Annotated[
        bool,
        typer.Option(
            "--wait", help="Wait until the instances have ended; exit status 9 unless all COMPLETED."
        ),
    ] = False,
    timeout: Timeout = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show which steps it would be; retry nothing.")
    ] = False,
    most: Most = MOST_READ,
    yes: Yes = False,
) -> int:
    """Let FAILED instances go on at the step that failed.

    Variables that are given are merged first. The step runs again as a new execution; a service task gets a new job.
    Options choose among FAILED instances, which must be confirmed. Engines can do this from 1.1.0 on.
    """
    timeout_s = seconds_from(timeout, "--timeout")
    if timeout_s is not None and not wait:
        raise UsageError("--timeout needs something to wait for", hint="add --wait")
    given = variables_from(context, var=var, text=text, whole=variables) or None
    if step and not instances:
        filters = filters._replace(step=step)
    engine = context.engine

    def again(instance_id: str) -> Value:
        try:
            return engine.retry(instance_id, step, given)
        except NoRetryError:
            context.engine_lacks(_FEATURE)
            raise

    too_old = _refused_by_version(context) if dry_run else None
    rows, exit_status = act(
        context,
        Verb(
            "retry",
            "retried",
            (FAILED,),
            lambda instance: _refusal(instance) or too_old,
            step_of=lambda instance: step or engine.failed_step(str(instance["id"])),
        ),
        again,
        named=instances or (),
        filters=filters,
        most=most,
        dry_run=dry_run,
        yes=yes,
    )
    if not wait or dry_run:
        return exit_status
    return max(exit_status, _ended(context, rows, timeout_s))


def _refusal(instance: Value) -> CliError | None:
    status = instance.get("status")
    # A status that is not known here is left to the engine.
    return (
        None
        if status == FAILED or status not in STATUSES
        else ConflictError(f"it is {status}; only FAILED instances are retried")
    )


def _refused_by_version(context: Context) -> CliError | None:
    """What a rehearsal says of an engine that has no such route; a retry itself goes by the engine's answer.

    Where the version is not known for sure, that is said.
    """
    version, where = context.engine_version(anew=True), context.settings.where
    if version.surely_lacks(_FEATURE):
        return NoRetryError(f"{where} (version {version.text})")
    if not version.surely_has(_FEATURE):
        context.printer.note(
            f"{where} may be {version.possible[0]}; taken for {version.assumed}, which can retry a step "
            "(--engine-version says which it is)"
        )
    return None


def _ended(context: Context, rows: list[Row], timeout_s: float | None) -> int:
    """Wait for those that go on again; the worst exit status of their ends."""
    waiting = Waiting(context.engine, context.printer, timeout_s, judge_for(context))
    try:
        waiting.until_ended({**row, "status": "ACTIVE"} for row in rows if not row["exitStatus"])
    finally:
        if context.printer.for_people:
            context.printer.rows(INSTANCES, list(waiting.ended.values()))
    return max((int(status_of_outcome(instance)) for instance in waiting.ended.values()), default=0)
