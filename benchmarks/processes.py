"""Child processes that never outlive the run.

Every child watches its standard input and ends when that closes, so even a killed harness leaves nothing
behind; programs that do not watch theirs are started through ``benchmarks.leash``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
STOP_S = 10.0


class ChildError(Exception):
    """A child ended or answered when it should not; the text holds the end of its stderr."""


class Child:
    """A program that talks in JSON lines over its standard streams; a context manager that ends it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
        # Open as long as the child is: a pipe nobody reads would block it.
        self._stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed by stop()
        self._command = list(command)
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            env=dict(environment if environment is not None else our_environment()),
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def read(self) -> Any:
        """The next line the child prints, as JSON."""
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise ChildError(self._failure("ended too early"))
        return json.loads(line)

    def ask(self, question: str) -> Any:
        """Write a line and read the answering one."""
        assert self._process.stdin
        try:
            self._process.stdin.write(question + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise ChildError(self._failure("is gone")) from None
        return self.read()

    def stop(self) -> None:
        """Close the child's standard input and see it end, by force after ``STOP_S``."""
        assert self._process.stdin
        assert self._process.stdout
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._stderr.close()

    def check(self) -> None:
        """Raise when the child has ended."""
        if self._process.poll() is not None:
            raise ChildError(self._failure("ended too early"))

    def _failure(self, what: str) -> str:
        self._process.poll()
        self._stderr.seek(0)
        tail = self._stderr.read()[-2000:]
        return f"{' '.join(self._command)} {what} (status {self._process.returncode})\n{tail}"


def our_environment(root: Path = ROOT) -> dict[str, str]:
    """The environment in which this repository's packages are found first, and bytecode is kept."""
    environment = clean_environment()
    environment["PYTHONPATH"] = str(root)
    return environment


def clean_environment() -> dict[str, str]:
    """This process's environment without what would change how Python starts or finds packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def module_command(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]
