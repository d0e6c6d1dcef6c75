"""What several commands read from their command lines: variables, ids with versions, durations, statuses."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Annotated, Any

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.errors import InvalidDocumentError, UsageError
from rochallor_cli.instances.filter_values import seconds_from as seconds_from

# The engine's numbers are doubles: whole numbers beyond this lose their last digits.
_LARGEST_WHOLE = 2**53

Var = Annotated[
    list[str] | None,
    typer.Option(
        "--var", metavar="NAME=VALUE", help="A variable; the value is JSON if it reads as JSON, else text."
    ),
]
Text = Annotated[
    list[str] | None,
    typer.Option("--text", metavar="NAME=VALUE", help="A variable that is text, whatever it looks like."),
]
Vars = Annotated[
    str | None,
    typer.Option(
        "--vars",
        metavar="JSON|@FILE|@-",
        help="All variables as one JSON object, or from a file (JSON, YAML).",
    ),
]
InstanceId = Annotated[str, typer.Argument(help="The instance's id.")]
DefinitionId = Annotated[str, typer.Argument(help="Its id, or ID@VERSION.")]
Timeout = Annotated[
    str | None,
    typer.Option("--timeout", metavar="DURATION", help="How long to wait: 90s, 5m; for ever if left out."),
]
Ids = Annotated[
    list[str] | None,
    typer.Argument(help="Their ids; - for ids on standard input; or choose by options."),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether to go on.")]
All = Annotated[bool, typer.Option("--all", help="Show everything there is, however much.")]
Limit = Annotated[
    int | None, typer.Option("--limit", "-n", min=1, metavar="N", help="Show at most so many (50).")
]
LIMIT = 50


def variables_from(
    context: Context, *, var: list[str] | None, text: list[str] | None, whole: str | None
) -> dict[str, Any]:
    """The variables of --vars, then --text and --var on top of them."""
    variables = _whole(context, whole) if whole is not None else {}
    for pair in text or []:
        name, value = _pair(pair, "--text")
        variables[name] = value
    for pair in var or []:
        name, value = _pair(pair, "--var")
        variables[name] = _json_or_text(context, name=name, text=value)
    for name, value in variables.items():
        _warn_of_rounding(context, name, value)
    return variables


def _pair(pair: str, flag: str) -> tuple[str, str]:
    name, separator, value = pair.partition("=")
    if not separator or not name:
        raise UsageError(f"{flag} {pair!r}: write {flag} name=value")
    return name, value


def _json_or_text(context: Context, *, name: str, text: str) -> Any:
    """The value of the JSON, or the text; what was probably meant as something else is said."""
    # Here and below: most commands read no document.
    from rochallor_cli.documents.json_text import load_json

    try:
        value = load_json(text)
    except (ValueError, RecursionError):
        if text in _LOOKS_LIKE or text[:1] in tuple('[{"') or _is_number_elsewhere(text):
            meant = f"; JSON writes it {_LOOKS_LIKE[text]}" if text in _LOOKS_LIKE else ""
            context.printer.warn(f"{name}: {text} is no JSON, so it is sent as text{meant}; --text says so")
        return text
    if isinstance(value, float) and "e" not in text.lower() and text.endswith("0"):
        context.printer.warn(
            f"{name}: {text} is sent as the number {value:g}; --text keeps it as it is written"
        )
    return value


def _is_number_elsewhere(text: str) -> bool:
    """Whether what is no JSON is a number to other readers: `.5`, `+5`, `1_000`, `NaN`, `1e999`; `007` is a name."""
    try:
        float(text)
    except ValueError:
        return False
    return not text.isdecimal()


# What other languages write, and JSON's word for it.
_LOOKS_LIKE = {
    "True": "true",
    "TRUE": "true",
    "False": "false",
    "FALSE": "false",
    "None": "null",
    "NULL": "null",
    "Null": "null",
    "nil": "null",
}


def _whole(context: Context, whole: str) -> dict[str, Any]:
    from rochallor_cli.documents.reading import parse_documents, read_text

    if whole.startswith("@"):
        source, text = read_text(whole[1:], context.environment.stdin)
    else:
        # Unlike Path.is_file, this takes a text of any length.
        if os.path.isfile(whole):
            raise UsageError(
                f"--vars {whole!r} is no JSON but the name of a file", hint=f"write --vars @{whole}"
            )
        source, text = "--vars", whole
    documents = parse_documents(text, source=source, is_json=source.endswith(".json"))
    if len(documents) != 1 or not isinstance(documents[0].value, dict):
        written = 'write {"name": value}' if whole.startswith("@") else 'write {"name": value}, or @file'
        raise InvalidDocumentError(f"{source}: variables are one object", hint=written)
    return dict(documents[0].value)


def _warn_of_rounding(context: Context, name: str, value: Any) -> None:
    """Say which whole numbers lose digits, at any depth."""
    if isinstance(value, dict):
        for key, inner in value.items():
            _warn_of_rounding(context, f"{name}.{key}", inner)
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            _warn_of_rounding(context, f"{name}[{place}]", inner)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) <= _LARGEST_WHOLE:
        return
    context.printer.warn(
        f"{name}: the engine's numbers are doubles, {value} will lose digits; --text keeps them"
    )


def definition_and_version(text: str) -> tuple[str, int | None]:
    """("loan", 3) for `loan@3`, ("loan", None) for `loan`."""
    definition_id, separator, version = text.partition("@")
    if not separator:
        return text, None
    if not definition_id or not version.isdigit() or int(version) < 1:
        raise UsageError(f"{text!r}: write ID or ID@VERSION, with a version from 1")
    return definition_id, int(version)


def note_of_more(context: Context, shown: int, *, limit: int | None, count: Callable[[], int]) -> None:
    """Say that there is more than was shown, unless a script has chosen how much it wants."""
    if shown < (limit or LIMIT) or (limit is not None and not context.printer.for_people):
        return
    total = count()
    if total > shown:
        context.printer.note(f"{shown:,} of {total:,}; --limit or --all shows more")
