"""Programs of SDK users, run as they are in a process of their own; only the port is put in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.waiting import wait_until

PROGRAMS = Path(__file__).resolve().parents[1] / "acceptance" / "programs"


class Program:
    """A running program and what it has printed so far, both streams in one."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait_for(self, text: str, *, times: int = 1) -> None:
        wait_until(
            lambda: sum(text in line for line in self.lines) >= times or self.process.poll() is not None,
            f"{times} lines with {text!r} in:\n{self.output}",
            timeout_s=60,
        )
        assert sum(text in line for line in self.lines) >= times, self.output

    def end(self, timeout_s: float = 60) -> int:
        """Its exit status."""
        status = self.process.wait(timeout_s)
        self._reader.join(60)
        return status

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


@contextmanager
def running_program(
    folder: Path, name: str, *arguments: str, url: str = "", port: int = 8080, before: str = ""
) -> Iterator[Program]:
    """Run `programs/name` with `port` in place of 8080, after the lines `before`."""
    text = (PROGRAMS / name).read_text("utf-8").replace("localhost:8080", f"localhost:{port}")
    program = folder / name
    program.write_text(before + text, "utf-8")
    process = subprocess.Popen(
        [sys.executable, str(program), *([url] if url else []), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    running = Program(process)
    try:
        yield running
    finally:
        process.kill()
        process.wait()
        running._reader.join(60)
        assert process.stdout is not None
        process.stdout.close()
