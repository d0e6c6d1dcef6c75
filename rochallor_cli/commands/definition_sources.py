"""Where commands that check definitions take them from: files, folders, standard input, or ids on the engine."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer

from rochallor_cli.command_line.context import Context
from rochallor_cli.commands.inputs import definition_and_version
from rochallor_cli.definitions.files import SUFFIXES, Folders, read_all
from rochallor_cli.documents.document import Document
from rochallor_cli.errors import UnreadableTextError

Exclude = Annotated[
    list[str] | None,
    typer.Option(
        "--exclude", metavar="PATTERN", help="Pass over such files and folders within folders; repeatable."
    ),
]


def is_file_name(name: str) -> bool:
    """Whether a word names a file, a folder or standard input; else it is an id on the engine."""
    return name == "-" or Path(name).suffix.lower() in SUFFIXES or os.sep in name or os.path.exists(name)


def documents_of_files(
    context: Context,
    names: Sequence[str],
    *,
    exclude: Sequence[str] | None = None,
    unreadable: list[UnreadableTextError] | None = None,
) -> list[Document]:
    """The definitions of files and folders; of what was passed over is told."""
    folders = Folders(tuple(exclude or ()))
    try:
        return read_all(names, context.environment.stdin, folders=folders, unreadable=unreadable)
    finally:
        say_passed_over(context, folders)


def say_passed_over(context: Context, folders: Folders) -> None:
    """Links are said to everybody, files that are no definitions to those who ask with -v."""
    for line in folders.links:
        context.printer.note(line)
    for line in folders.passed_over:
        context.printer.trace(f"passed over {line}")


def documents_of_engine(context: Context, ids: Sequence[str]) -> Iterator[Document]:
    """What the engine has, by `ID` or `ID@VERSION`, without the field that it numbers versions by."""
    for name in ids:
        found = dict(context.engine.definition(*definition_and_version(name)))
        found.pop("version", None)
        yield Document(name, found)
