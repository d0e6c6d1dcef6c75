"""A test run that is killed leaves no process behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from support import leftover_processes
from support.waiting import wait_until

# A run that starts a process as tests do, in a session of its own, and is then at work until it is killed.
RUN = """
import subprocess, sys
from support.leftover_processes import end_with_this_run
guard = end_with_this_run()
sleeper = [sys.executable, "-c", "import time; time.sleep(600)"]
started = subprocess.Popen(sleeper, stdin=subprocess.DEVNULL, start_new_session=True)
print(started.pid, guard, flush=True)
sys.stdin.read()
"""

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="needs to look into the environment of processes"
)


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")  # dead, but not yet waited for


def test_what_tests_have_started_ends_with_a_run_that_is_killed():
    environ = {name: value for name, value in os.environ.items() if name != leftover_processes.MARK}
    run = subprocess.Popen(
        [sys.executable, "-c", RUN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**environ, "PYTHONPATH": str(Path(leftover_processes.__file__).parents[1])},
    )
    assert run.stdin is not None
    assert run.stdout is not None
    with run.stdin, run.stdout:
        started, guard = map(int, run.stdout.readline().split())
        assert lives(started)
        run.kill()
        run.wait()
        wait_until(lambda: not lives(started), "the process to be gone")
        wait_until(lambda: not lives(guard), "the guard to be gone")


def test_processes_of_this_run_bear_its_mark():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        wait_until(
            lambda: child.pid in leftover_processes.bearers(os.environ[leftover_processes.MARK]),
            "the child to be found",
        )
    finally:
        assert child.stdin is not None
        child.stdin.close()
        child.wait()
