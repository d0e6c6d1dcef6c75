"""A user's own traceback: the frames of their files, without ours and without the import machinery's."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable
from pathlib import Path

import rochallor_cli
import workflow_sdk

_OURS = tuple(str(Path(str(package.__file__)).parent) + os.sep for package in (rochallor_cli, workflow_sdk))
_MACHINERY = ("<frozen ", str(Path(os.__file__).parent / "importlib") + os.sep)


def passed_through(error: BaseException, files: Iterable[Path]) -> bool:
    """Whether the error, or what led to it, was raised by, or beneath, code in one of these files."""
    known = {str(file) for file in files}
    frames = [frame for link in _chain(error) for frame in traceback.extract_tb(link.__traceback__)]
    return any(frame.filename in known for frame in frames)


def user_traceback(error: BaseException) -> list[str]:
    """Lines as Python prints them, two blanks less indented and without the heading; causes come first."""
    lines: list[str] = []
    for link in _chain(error):
        if lines:
            lines += ["", "which led to:", ""]
        lines += _lines_of(link)
    return lines


def _chain(error: BaseException) -> list[BaseException]:
    links = [error]
    while True:
        last = links[-1]
        before = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if before is None or before in links:
            return links[::-1]
        links.append(before)


def _lines_of(error: BaseException) -> list[str]:
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)
    ]
    lines: list[str] = []
    for frame in frames:
        lines.append(f'File "{path_text(frame.filename)}", line {frame.lineno}, in {frame.name}')
        if frame.line:
            lines.append(f"  {frame.line}")
    text = "".join(traceback.format_exception_only(error))
    file = _syntax_error_file(error)
    if file:
        text = text.replace(f'"{file}"', f'"{path_text(file)}"')
    return lines + [line.removeprefix("  ") for line in text.splitlines()]


def path_text(path: str) -> str:
    """Relative where the file lies below the current folder: the way people name it."""
    try:
        relative = os.path.relpath(path) if os.path.isabs(path) else path
    except FileNotFoundError:
        return path  # the current folder has been deleted
    return path if relative.startswith(os.pardir) else relative


def _is_machinery(path: str) -> bool:
    return path.startswith((*_MACHINERY, *_OURS))


def _syntax_error_file(error: BaseException) -> str:
    return str(error.filename) if isinstance(error, SyntaxError) and error.filename else ""
