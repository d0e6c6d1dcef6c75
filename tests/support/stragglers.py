"""Processes that tests have started end with the test run, also when the run itself is killed.

A test kills what it has started, unless the run is killed first: nothing can be done then from inside. So the
run marks its environment, which all of its processes inherit, and starts a guard that reads from a pipe. The
pipe's end says that the run is over, however that came; whatever still bears the mark is killed.

Linux only: elsewhere nobody may look into the environment of another process, and no guard is started.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

MARK = "MARK_OF_TEST_RUN"
PROCESSES = Path("/proc")
LONGEST_HUNT_S = 10.0


def end_with_this_run() -> subprocess.Popen[bytes] | None:
    """Start the guard; nothing where one watches already (the workers of a run that is spread out).

    The pipe closes with this process: no other process gets its end.
    """
    if MARK in os.environ or not (PROCESSES / "self" / "environ").exists():
        return None
    os.environ[MARK] = uuid.uuid4().hex
    return subprocess.Popen(
        [sys.executable, "-I", __file__, os.environ[MARK]],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C at the run, or the end of its terminal, must not end the guard first
    )


def bearers(mark: str) -> Iterator[int]:
    """The processes with this mark, but for the guard itself."""
    wanted = f"{MARK}={mark}".encode()
    for folder in PROCESSES.iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            if wanted in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
        except OSError:
            continue  # another user's, or gone


def guard(mark: str) -> None:
    """Wait for the end of the run, then kill, until a look finds nobody: what dies may have started another."""
    sys.stdin.buffer.read()
    deadline = time.monotonic() + LONGEST_HUNT_S
    while (found := list(bearers(mark))) and time.monotonic() < deadline:
        for pid in found:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.02)


if __name__ == "__main__":
    guard(sys.argv[1])
