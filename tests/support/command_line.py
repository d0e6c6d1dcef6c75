"""The command line in tests: `rochallor("defs", "upload", path)` gives stdout, stderr and exit status.

In this process, where it is quick and a bug shows its own traceback; `rochallor_process` starts a real one, for
signals, pipes and terminals.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from rochallor_cli.app import run
from rochallor_cli.configuration.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(
    f"{ROOT / name}{os.sep}" for name in ("workflow_sdk", "rochallor_cli", "benchmarks", "tests")
)
LASTING = (sys.prefix, sys.base_prefix, *PACKAGES)
CACHE_OF_THE_CALLER = os.environ.get("XDG_CACHE_HOME")
EXECUTABLE = [sys.executable, "-m", "rochallor_cli"]


class Stream(io.StringIO):
    """Text in memory that may pass for a terminal."""

    encoding = "utf-8"

    def __init__(self, text: str = "", *, terminal: bool = False) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    stdout: str
    stderr: str
    exit_status: int

    def json(self) -> Any:
        return json.loads(self.stdout)

    def lines(self) -> list[str]:
        return self.stdout.splitlines()


def variables(env: Mapping[str, str] | None, *, url: str | None = None) -> dict[str, str]:
    """A clean environment: no settings of whoever runs the tests, no configuration file, no memory."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ROCHALLOR_")}
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        kept.pop(name, None)
    kept["ROCHALLOR_CONFIG_FILE"] = os.devnull
    # Engines of other tests had the same port, and another version.
    if kept.get("XDG_CACHE_HOME") == CACHE_OF_THE_CALLER:
        kept["XDG_CACHE_HOME"] = os.devnull
    if url is not None:
        kept["ROCHALLOR_ENGINE_URL"] = url
    return {**kept, **(env or {})}


@contextmanager
def imports_of_its_own() -> Iterator[None]:
    """What is imported from elsewhere than an installation or this repository, as handlers are, the block neither finds
    nor leaves behind.
    """
    path, others = [*sys.path], _taken_out()
    try:
        yield
    finally:
        sys.path[:] = path
        _taken_out()
        sys.modules.update(others)


def _taken_out() -> dict[str, ModuleType]:
    """Such modules, which are no longer among those that there are."""
    files = {name: getattr(module, "__file__", None) for name, module in [*sys.modules.items()]}
    return {
        name: sys.modules.pop(name)
        for name, file in files.items()
        if file is not None and not file.startswith(LASTING)
    }


def rochallor(
    *arguments: str | Path,
    url: str | None = None,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    terminal: bool = False,
    columns: int = 80,
    now: datetime | None = None,
    sleep: Callable[[float], None] | None = None,
    bug_expected: bool = False,
    stdout: Stream | None = None,
    stderr: Stream | None = None,
) -> Result:
    """Run a command in this process. `terminal` makes all three streams one, `columns` wide."""
    environ = variables(env, url=url)
    if terminal:
        environ.setdefault("COLUMNS", str(columns))
        environ.setdefault("TERM", "xterm-256color")
    stdout, stderr = stdout or Stream(terminal=terminal), stderr or Stream(terminal=terminal)
    environment = Environment(
        stdin=Stream(stdin, terminal=terminal),
        stdout=stdout,
        stderr=stderr,
        environ=environ,
        now=(lambda: now) if now is not None else (lambda: datetime.now(UTC)),
        **({"sleep": sleep} if sleep is not None else {}),
    )
    with redirect_stdout(stdout), redirect_stderr(stderr), imports_of_its_own():
        status = run([str(argument) for argument in arguments], environment)
    if status == 1 and not bug_expected:
        raise AssertionError(
            f"rochallor {' '.join(map(str, arguments))}\n{stdout.getvalue()}{stderr.getvalue()}"
        )
    return Result(stdout.getvalue(), stderr.getvalue(), status)


def rochallor_run(
    *arguments: str | Path, url: str | None = None, env: Mapping[str, str] | None = None, stdin: str = ""
) -> Result:
    """Run a command in a process of its own, to its end."""
    done = subprocess.run(
        [*EXECUTABLE, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        env=variables(env, url=url),
        timeout=120,
        check=False,
    )
    return Result(done.stdout, done.stderr, done.returncode)


class RunningCommand:
    """A command in a process of its own, its output read line by line as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self._stderr: list[str] = []
        assert process.stderr is not None
        self._reader = threading.Thread(target=lambda: self._stderr.extend(process.stderr or ()), daemon=True)
        self._reader.start()

    def line(self) -> str:
        """The next line of stdout; "" at its end."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    @property
    def errors(self) -> str:
        """What it has written to stderr so far."""
        return "".join(self._stderr)

    def wait(self, timeout_s: float = 60) -> Result:
        """What it left behind once it has ended."""
        assert self.process.stdout is not None
        self.process.wait(timeout_s)
        rest = self.process.stdout.read()
        self._reader.join(timeout_s)
        return Result(rest, "".join(self._stderr), self.process.returncode)


@contextmanager
def rochallor_process(
    *arguments: str | Path, url: str | None = None, env: Mapping[str, str] | None = None
) -> Iterator[RunningCommand]:
    """Start a command; killed when the block ends, if it still runs."""
    process = subprocess.Popen(
        [*EXECUTABLE, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables(env, url=url),
    )
    try:
        yield RunningCommand(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
