"""`rochallor defs new`: a first definition with handlers and a test."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.command_line.global_options import command
from rochallor_cli.errors import ConflictError, UsageError

app = typer.Typer()


@command(
    app,
    "new",
    examples=(
        "rochallor defs new orders --steps reserve,charge,ship",
        "rochallor defs new loan --steps score,approve:user,paid:wait --folder flows",
    ),
)
def new(
    context: Context,
    *,
    name: Annotated[str, typer.Argument(help="The definition's id, and the files' name.")],
    steps: Annotated[
        str,
        typer.Option(
            "--steps",
            metavar="ID[:TYPE],…",
            help="The steps in their order; TYPE is job (default), user or wait.",
        ),
    ],
    folder: Annotated[str, typer.Option("--folder", metavar="DIR", help="Where to write them.")] = ".",
) -> None:
    """Write a first definition, with a matching file of handlers and a test. No file is overwritten."""
    from rochallor_cli.definitions.new_files import new_files, steps_from

    files = new_files(name, steps_from(steps), Path(folder))
    there = [str(path) for path in files if path.exists()]
    if there:
        raise ConflictError(f"{', '.join(there)} is there already", hint="choose another name or --folder")
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        for path, text in files.items():
            with path.open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise UsageError(f"--folder {folder}: {error.strerror or error}") from error
    printer = context.printer
    if not printer.for_readers:
        printer.document([str(path) for path in files])
        return
    for path in files:
        printer.line(f"wrote {path}")
    modules = [str(path) for path in files if path.name.endswith("_handlers.py")]
    printer.note(f"try it: rochallor run {next(iter(files))}" + "".join(f" -m {each}" for each in modules))
