"""`rochallor instances count`: how many there are, also by definition, status, step or reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.inputs import BusinessKey, Definition, Status, status_from
from rochallor_cli.engine_client.admin_client import STATUSES, Value, definition_name
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.output.views import COUNTS

app = typer.Typer()

# What the engine cannot count is counted here, from so many instances at most: 50 pages.
MOST_READ = 10_000


def _steps(instance: Value) -> Iterable[str]:
    """Where it is; a completed one is nowhere, whatever its list still says."""
    return instance.get("currentStepIds") or [] if instance.get("status") != "COMPLETED" else []


_GROUPS: dict[str, Callable[[Value], Iterable[str]]] = {
    "definition": lambda instance: [str(instance.get("definitionId"))],
    "version": lambda instance: [definition_name(instance)],
    "step": _steps,
    "reason": lambda instance: [str(instance["failureReason"])] if instance.get("failureReason") else [],
}
_BY = ("status", *_GROUPS)


@command(
    app,
    "count",
    examples=(
        "rochallor instances count --status FAILED -o name",
        "rochallor instances count --by status",
        "rochallor instances count --status FAILED --by reason --definition loan-processing-workflow",
    ),
)
def count(
    context: Context,
    status: Status = None,
    definition: Definition = None,
    business_key: BusinessKey = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="|".join(_BY), help="Count each of these apart, the most first."),
    ] = None,
    most: Annotated[
        int, typer.Option("--most", min=1, metavar="N", help="Read so many instances at most (10000).")
    ] = MOST_READ,
) -> int:
    """Count instances that fit.

    The engine counts them, in all and by status. By definition, version, step and reason they are read and counted
    here, newest first; exit status 10 where there are more than --most. An instance at two steps counts at both.
    """
    if by is not None and by not in _BY:
        raise UsageError(f"--by {by!r} is none of {', '.join(_BY)}", hint=did_you_mean(by, _BY))
    filters = {
        "definition_id": definition or "",
        "status": status_from(status),
        "business_key": business_key or "",
    }
    if by is None or by == "status":
        context.printer.rows(COUNTS, list(_counted_by_engine(context, filters, apart=by is not None)))
        return ExitStatus.DONE
    read = list(context.engine.instances(**filters, limit=most))
    counts = Counter(key for instance in read for key in _GROUPS[by](instance))
    context.printer.rows(COUNTS, [_row(by, key, number) for key, number in counts.most_common()])
    total = context.engine.count_instances(**filters) if len(read) == most else len(read)
    if total > len(read):
        context.printer.warn(f"{len(read):,} of {total:,} were read, the newest; --most reads more")
        return ExitStatus.WAIT_RAN_OUT
    return ExitStatus.DONE


def _counted_by_engine(context: Context, filters: dict[str, str], *, apart: bool) -> Iterator[Value]:
    if not apart:
        yield _row("all", "instances", context.engine.count_instances(**filters))
        return
    for status in [filters["status"]] if filters["status"] else STATUSES:
        number = context.engine.count_instances(**{**filters, "status": status})
        if number:
            yield _row("status", status, number)


def _row(by: str, key: str, number: int) -> Value:
    return {"by": by, "key": key, "count": number}
