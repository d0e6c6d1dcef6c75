"""Processes that tests have started end with the test run, also when the run itself is killed.

A test kills what it has started, unless the run is killed first: nothing can be done then from inside. So the
run marks its environment, which all of its processes inherit, and starts a guard that reads from a pipe. The
pipe's end says that the run is over, however that came; whatever still bears the mark is killed.

Linux only: elsewhere nobody may look into the environment of another process, and no guard is started.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

MARK = "MARK_OF_TEST_RUN"
PROCESSES = Path("/proc")
LONGEST_HUNT_S = 10.0


def end_with_this_run() -> int | None:
    """Start the guard, and return its process id; None where one watches already, as in a run that is spread out.

    The pipe closes with this process: no other process gets its end.
    """
    if MARK in os.environ or not (PROCESSES / "self" / "environ").exists():
        return None
    os.environ[MARK] = uuid.uuid4().hex
    reading, _ = os.pipe()
    # No Popen: it would warn that the guard outlives this process, as it must. With a session of its own, since Ctrl-C
    # at the run, or the end of its terminal, must not end the guard first.
    guarding = os.posix_spawn(
        sys.executable,
        [sys.executable, "-I", __file__, os.environ[MARK]],
        os.environ,
        file_actions=[(os.POSIX_SPAWN_DUP2, reading, 0)],
        setsid=True,
    )
    os.close(reading)
    return guarding


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
