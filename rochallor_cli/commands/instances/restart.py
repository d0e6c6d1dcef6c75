"""`rochallor instances restart`: begin ended instances again from the start."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.chosen_instances import Verb, act
from rochallor_cli.commands.filters import MOST_EXCLUSIVE, Most, with_filters
from rochallor_cli.commands.inputs import Ids, Yes
from rochallor_cli.engine_client.admin_client import OPEN, Value
from rochallor_cli.engine_client.reading import definition_of, mapping
from rochallor_cli.errors import CliError, ConflictError
from rochallor_cli.instances.selection import MOST_READ, Filters
from rochallor_cli.output.views import RESTARTS

app = typer.Typer()


@command(
    app,
    "restart",
    examples=(
        "rochallor instances restart 01JD8Q3VZ6M0T2H8X4K7N5RWZK",
        "rochallor instances restart --definition loan --status FAILED --dry-run",
        "rochallor instances restart 01JD8Q3VZ6M0T2H8X4K7N5RWZK --same-version -o name",
    ),
    view=RESTARTS,
    exclusive=(MOST_EXCLUSIVE,),
    walks=True,
)
@with_filters()
def restart(
    context: Context,
    *,
    filters: Filters,
    instances: Ids = None,
    same_version: Annotated[
        bool,
        typer.Option(
            "--same-version", help="Start the version that the old instance had, not the latest one."
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show which instance it would be and what is repeated; start nothing."
        ),
    ] = False,
    most: Most = MOST_READ,
    yes: Yes = False,
) -> int:
    """Begin FAILED or CANCELLED instances again from the start, as new instances.

    The new one has the same definition (its latest version), business key and variables; the engine keeps the
    variables as they are, not as they were at the start. Steps that were done are done once more: they are named.
    """
    verb = Verb(
        "restart",
        "restarted",
        ("FAILED", "CANCELLED"),
        _refusal,
        RESTARTS,
        foretold=lambda instance: _repeated_text(context, str(instance["id"])),
    )
    _, exit_status = act(
        context,
        verb,
        lambda instance_id: _begun_again(context, instance_id, same_version=same_version),
        named=instances or (),
        filters=filters,
        most=most,
        dry_run=dry_run,
        yes=yes,
    )
    return exit_status


def _begun_again(context: Context, instance_id: str, *, same_version: bool) -> Value:
    engine = context.engine
    instance = engine.instance(instance_id)
    refusal = _refusal(instance)
    if refusal is not None:
        raise refusal
    repeated = _repeated_text(context, instance_id)
    if repeated:
        context.printer.note(f"{instance_id}: {repeated}")
    definition_id, version = definition_of(instance)
    started = engine.start(
        definition_id,
        mapping(instance.get("variables")),
        version=version if same_version else None,
        business_key=instance.get("businessKey"),
    )
    return {**started, "startedId": started["id"]}


def _repeated_text(context: Context, instance_id: str) -> str:
    """`repeats charge, approve`: what was done by others and is done once more."""
    repeated = _done_by_workers_and_people(context.engine.history(instance_id))
    return f"repeats {', '.join(repeated)}" if repeated else ""


def _done_by_workers_and_people(history: list[Value]) -> list[str]:
    kinds = ("SERVICE_TASK", "USER_TASK", "WAIT")
    done = [row for row in history if row.get("stepType") in kinds and row.get("status") == "COMPLETED"]
    return list(dict.fromkeys(str(row.get("stepId")) for row in done))


def _refusal(instance: Value) -> CliError | None:
    status = instance.get("status")
    if status in OPEN:
        hint = f"rochallor instances cancel {instance['id']}"
        return ConflictError(f"it is {status}; only ended instances begin again", hint=hint)
    if status == "COMPLETED":
        return ConflictError("it is COMPLETED; `rochallor instances start` begins another one")
    return None
