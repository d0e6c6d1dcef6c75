"""`rochallor defs explain`: the format of definitions, part by part."""

from __future__ import annotations

from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command

app = typer.Typer()


@command(
    app,
    "explain",
    examples=(
        "rochallor defs explain",
        "rochallor defs explain DECISION_TABLE",
        "rochallor defs explain retryCount",
    ),
)
def explain(
    context: Context,
    word: Annotated[
        str | None, typer.Argument(metavar="[STEP_TYPE|FIELD]", help="A step type, a section or a field.")
    ] = None,
) -> None:
    """Explain the format of definitions: a step type or a field, with its rules and an example.

    Without a word: what can be asked for.
    """
    from rochallor_cli.definitions.format_page import explained, overview

    printer = context.printer
    if word is None:
        if printer.for_readers:
            for name in overview():
                printer.line(name)
        else:
            printer.document(overview())
        return
    text = explained(word)
    if printer.for_readers and printer.width is not None:
        from rochallor_cli.output.rich_page import page_lines

        for line in page_lines(text, printer.width, colored=printer.colored):
            printer.styled(line)
    elif printer.for_readers:
        printer.text(f"{text}\n")
    else:
        printer.document({"word": word, "text": text}, name="word")
