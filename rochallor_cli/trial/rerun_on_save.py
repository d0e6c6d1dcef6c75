"""`rochallor run --watch`: the same command in a process of its own, again whenever a file is saved."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from rochallor_cli.command_line.context import Context
from rochallor_cli.errors import Interrupted, UsageError
from rochallor_cli.hosting.processes.file_watcher import FileWatcher

_LOOK_S = 0.2
_LEAVE_S = 10.0
_SUFFIXES = (".py", ".yaml", ".yml", ".json", ".csv")


def run_again(context: Context, names: Sequence[str]) -> int:
    """Until Ctrl-C; a run that is under way when a file is saved is ended first. names: what it is made of."""
    if "-" in names:
        raise UsageError("--watch needs files; standard input cannot be read again")
    words = [word for word in context.invocation.arguments if word != "--watch"]
    command = [sys.executable, "-m", "rochallor_cli", *words]
    watcher = FileWatcher()
    while True:
        watcher.watch(_files([*names, *_named_in(words)]))
        child = subprocess.Popen(command)  # noqa: S603 - this very command
        try:
            changed = _changed(context, watcher)
        except KeyboardInterrupt:
            # The child has had the same Ctrl-C.
            _end(child)
            raise Interrupted("no longer watched") from None
        _end(child)
        context.printer.note(f"changed: {', '.join(changed)}; once more")


def _changed(context: Context, watcher: FileWatcher) -> list[str]:
    while True:
        context.environment.sleep(_LOOK_S)
        if changed := watcher.changed():
            return changed


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _named_in(words: Sequence[str]) -> list[str]:
    """Files of variables: `--vars @FILE`."""
    return [word.partition("@")[2] for word in words if word.startswith(("@", "--vars=@"))]


def _files(names: Sequence[str]) -> Iterator[str]:
    """The files that a run depends on: those named, those in named folders, and what lies beside handlers."""
    for name in names:
        path = Path(name.partition(":")[0])
        if path.is_dir():
            yield from map(str, _within(path))
        elif path.is_file():
            yield str(path)
            if path.suffix == ".py":
                yield from map(str, path.parent.glob("*.py"))
        elif origin := _origin(name):
            yield origin


def _within(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if (
            path.suffix in _SUFFIXES
            and path.is_file()
            and not any(part.startswith(".") for part in path.parts)
        ):
            yield path


def _origin(module: str) -> str | None:
    try:
        spec = find_spec(module.partition(":")[0])
    except (ImportError, ValueError):
        return None
    return spec.origin if spec is not None else None
