"""The options that choose instances, declared once for every command that has them.

A command takes `filters: Filters` and is marked `@with_filters`; its command line then has the options.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import as_if
from rochallor_cli.engine_client.admin_client import steps_by_id
from rochallor_cli.instances.filter_values import WHEN, filters_from
from rochallor_cli.instances.selection import MOST_READ, Filters, Selection

# How many are read matters where they are chosen, not where they are named.
MOST_EXCLUSIVE = ("--most", "instances")
Most = Annotated[
    int,
    typer.Option(
        "--most",
        min=1,
        metavar="N",
        help="Where options are compared here and not by the engine: read so many at most (10000).",
        show_default=False,
    ),
]


def _option(flag: str, metavar: str, text: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=text)


_OPTIONS: Mapping[str, Any] = {
    "status": Annotated[
        str | None,
        _option("--status", "STATUS", "Only these: ACTIVE, WAITING, COMPLETED, FAILED, CANCELLED."),
    ],
    "definition": Annotated[str | None, _option("--definition", "ID", "Only instances of this definition.")],
    "version": Annotated[
        int | None, typer.Option("--version", metavar="N", min=1, help="Only of this version; compared here.")
    ],
    "business_key": Annotated[
        str | None, _option("--business-key", "KEY", "Only instances with this business key.")
    ],
    "step": Annotated[str | None, _option("--step", "ID", "Only those at this step; compared here.")],
    "reason": Annotated[
        str | None,
        _option("--reason", "TEXT", "Only those whose failure reason has this in it; compared here."),
    ],
    "older_than": Annotated[
        str | None,
        _option(
            "--older-than",
            "DURATION",
            "Only those that have stood where they stand for longer (at --step, if given); looked up here.",
        ),
    ],
    "since": Annotated[str | None, _option("--since", "WHEN", f"Only those started since: {WHEN}.")],
    "until": Annotated[str | None, _option("--until", "WHEN", f"Only those started until: {WHEN}.")],
}


def with_filters(*left_out: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of `filters`, but those left out and those it has itself with another meaning."""

    def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
        own = inspect.signature(function, eval_str=True)
        names = [name for name in _OPTIONS if name not in own.parameters and name not in left_out]

        def call(context: Context, **values: Any) -> Any:
            given = {name: values.pop(name) for name in names}
            return function(context, filters=filters_from(given, context.environment.now()), **values)

        parameters: list[inspect.Parameter] = []
        for parameter in own.parameters.values():
            if parameter.name != "filters":
                parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
                continue
            parameters += [
                inspect.Parameter(
                    name, inspect.Parameter.KEYWORD_ONLY, annotation=_OPTIONS[name], default=None
                )
                for name in names
            ]
        return as_if(function, call, own.replace(parameters=parameters))

    return decorated


def selection(
    context: Context, filters: Filters, most: int = MOST_READ, *, always_bounded: bool = False
) -> Selection:
    now = context.environment.now()
    return Selection(context.engine, filters, now=now, most=most, always_bounded=always_bounded)


def say_if_cut(context: Context, selected: Selection) -> bool:
    """Say that the bound on what is read ran out, if it did."""
    if selected.was_cut:
        total = context.engine.count_instances(**selected.filters.by_engine)
        context.printer.warn(f"{selected.seen:,} of {total:,} were read, the newest first; --most reads more")
    return selected.was_cut


def say_nothing_fits(context: Context, filters: Filters, text: str = "no instances that fit") -> None:
    """Say so, and of a filter that names what there is not, that too: it may be a slip."""
    context.printer.note(text)
    warn_of_names(context, filters)


def warn_of_names(context: Context, filters: Filters) -> None:
    """Say of each filter that it names what there is not."""
    if not filters.definition:
        return
    definition = context.engine.known_definition(filters.definition)
    if definition is None:
        context.printer.warn(f"there is no definition {filters.definition} on {context.settings.where}")
    elif filters.step and filters.step not in steps_by_id(definition):
        context.printer.warn(
            f"the latest version of {filters.definition} has no step {filters.step}: "
            f"it has {', '.join(steps_by_id(definition))}"
        )
