"""Options that do not go together: declared by the command, refused before anything is done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from rochallor_cli.errors import UsageError

# An option, then those that would be left unread where it is given; EVERYTHING for all that the command has itself.
Exclusive = Sequence[str]
EVERYTHING = "*"
# Where a command has its own forms, an -o besides would be a second word on the same thing.
FORM_EXCLUSIVE: Exclusive = ("--format", "--output")
ALL_EXCLUSIVE: Exclusive = ("--all", "--limit")


def refuse_together(
    typer_context: typer.Context,
    given_globally: Mapping[str, object],
    exclusive: Iterable[Exclusive],
    *,
    has_names: bool = True,
) -> None:
    """Raise UsageError for two options of which one would be silently ignored, and for names where there are none.

    Only what stands on the command line counts: what a variable says is weaker, and gives way.
    """
    if given_globally.get("output") == "name" and not has_names:
        raise UsageError(
            f"{typer_context.command_path} has no names to print", hint="-o json prints it for programs"
        )
    if given_globally.get("output") == "name" and given_globally.get("fields"):
        raise UsageError("--fields does not go together with -o name, which prints names alone")
    own = [
        _spelling(param)
        for param in typer_context.command.params
        if param.name not in given_globally and _is_on_line(typer_context, str(param.name))
    ]
    given = [*own, *(f"--{name.replace('_', '-')}" for name in given_globally)]
    for option, *others in exclusive:
        refused = own if others == [EVERYTHING] else others
        other = next((word for word in refused if word in given and word != option), None)
        if option in given and other is not None:
            raise UsageError(
                f"{option} does not go together with {other}", hint=f"{typer_context.command_path} --help"
            )


def _is_on_line(typer_context: typer.Context, name: str) -> bool:
    source = typer_context.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _spelling(param: Any) -> str:
    return str(next((word for word in param.opts if word.startswith("--")), param.human_readable_name))
