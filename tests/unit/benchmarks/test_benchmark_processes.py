"""The benchmark harness leaves no process behind, even when it is killed itself."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

from benchmarks.process_usage import cpu_s, tree_of
from benchmarks.processes import Child, module_command
from support.waiting import wait_until
from support.wake_ups import needs_proc

ROOT = Path(__file__).resolve().parents[3]

# A harness with a null engine and a leashed program that would sleep for ever; it says what it started.
HARNESS = """
    import json, sys, time
    from benchmarks.processes import Child, module_command

    engine = Child(module_command("benchmarks.null_engine"))
    sleeper = "import json, os, time; print(json.dumps(os.getpid()), flush=True); time.sleep(3600)"
    leashed = Child(module_command("benchmarks.leash", sys.executable, "-c", sleeper))
    engine.read()
    print(json.dumps([engine.pid, leashed.pid, leashed.read()]), flush=True)
    if sys.stdin.readline():
        engine.stop()
        leashed.stop()
"""


def started_harness() -> tuple[subprocess.Popen[str], list[int]]:
    harness = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HARNESS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert harness.stdout is not None
    return harness, json.loads(harness.stdout.readline())


def is_running(pid: int) -> bool:
    # One that ended and waits for its parent to notice does nothing any more.
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.joinpath("self").exists():
        return status.exists() and status.read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pids: list[int]) -> None:
    wait_until(lambda: not any(is_running(pid) for pid in pids), f"the end of all of {pids}")


def test_a_harness_that_is_killed_leaves_no_process_behind() -> None:
    harness, pids = started_harness()
    with harness:
        harness.send_signal(signal.SIGKILL)
    wait_until_gone(pids)


def test_a_harness_that_ends_has_ended_its_processes_before() -> None:
    harness, pids = started_harness()
    with harness:
        harness.communicate("end\n")
    assert harness.returncode == 0
    assert [pid for pid in pids if is_running(pid)] == []


# Says who it is once it has used some CPU.
BURNING = """
import json, os, sys, time

while time.process_time() < 0.1:
    pass
print(json.dumps(os.getpid()), flush=True)
sys.stdin.read()
"""


@needs_proc
def test_a_process_is_measured_with_all_that_it_has_started() -> None:
    with Child([sys.executable, "-c", BURNING]) as alone:
        assert tree_of(os.getpid())[0] == os.getpid()
        assert alone.read() in tree_of(os.getpid())
        assert cpu_s(tree_of(alone.pid)) >= 0.09
    with Child(
        module_command("benchmarks.leash", sys.executable, "-c", f"{BURNING}time.sleep(3600)")
    ) as leash:
        below = leash.read()
        assert tree_of(leash.pid) == [leash.pid, below]
        assert cpu_s([leash.pid, below]) >= cpu_s([below]) >= 0.09


@needs_proc
def test_of_a_process_that_is_gone_nothing_is_known() -> None:
    with Child([sys.executable, "-c", BURNING]) as gone:
        gone.read()
    assert tree_of(gone.pid) == []
    assert math.isnan(cpu_s([gone.pid]))
