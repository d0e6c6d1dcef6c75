"""`rochallor instances count`: how many there are, also by definition, status, step or reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.commands.filters import Most, say_if_cut, selection, warn_of_names, with_filters
from rochallor_cli.engine_client.admin_client import STATUSES, Value, definition_name
from rochallor_cli.errors import UsageError, did_you_mean
from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.instances.selection import MOST_READ, Filters, steps_of_instance
from rochallor_cli.output.views import COUNTS

app = typer.Typer()

_GROUPS: dict[str, Callable[[Value], Iterable[str]]] = {
    "status": lambda instance: [str(instance.get("status"))],
    "definition": lambda instance: [str(instance.get("definitionId"))],
    "version": lambda instance: [definition_name(instance)],
    "step": steps_of_instance,
    "reason": lambda instance: [str(instance["failureReason"])] if instance.get("failureReason") else [],
}
_BY = tuple(_GROUPS)


@command(
    app,
    "count",
    examples=(
        "rochallor instances count --status FAILED -o name",
        "rochallor instances count --by status",
        "rochallor instances count --status FAILED --by reason --definition loan-processing-workflow",
        "rochallor instances count --by step --older-than 1h",
    ),
    walks=True,
)
@with_filters()
def count(
    context: Context,
    *,
    filters: Filters,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="|".join(_BY), help="Count apart by this, the most first."),
    ] = None,
    most: Most = MOST_READ,
) -> int:
    """Count instances that fit.

    The engine counts them, in all and by status. By definition, version, step and reason, and with options that are
    compared here, they are read and counted here, newest first; exit status 10 where there are more than --most. An
    instance at two steps counts at both.
    """
    if by is not None and by not in _BY:
        raise UsageError(f"--by {by!r} is none of {', '.join(_BY)}", hint=did_you_mean(by, _BY))
    if filters.is_counted_by_engine and by in (None, "status"):
        rows = list(_counted_by_engine(context, filters, apart=by is not None))
        context.printer.rows(COUNTS, rows)
        if not any(row["count"] for row in rows):
            warn_of_names(context, filters)
        return ExitStatus.DONE
    selected = selection(context, filters, most, always_bounded=True)
    keys_of = _GROUPS[by] if by else lambda _: ["instances"]
    counts = Counter(key for instance in selected.instances() for key in keys_of(instance))
    if by is None:
        counts.setdefault("instances", 0)
    context.printer.rows(COUNTS, [_row(by or "all", key, number) for key, number in counts.most_common()])
    if not counts.total():
        warn_of_names(context, filters)
    return ExitStatus.WAIT_RAN_OUT if say_if_cut(context, selected) else ExitStatus.DONE


def _counted_by_engine(context: Context, filters: Filters, *, apart: bool) -> Iterator[Value]:
    if not apart:
        yield _row("all", "instances", context.engine.count_instances(**filters.by_engine))
        return
    for status in [filters.status] if filters.status else STATUSES:
        number = context.engine.count_instances(**{**filters.by_engine, "status": status})
        if number:
            yield _row("status", status, number)


def _row(by: str, key: str, number: int) -> Value:
    return {"by": by, "key": key, "count": number}
