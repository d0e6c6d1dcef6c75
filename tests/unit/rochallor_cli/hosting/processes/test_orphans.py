"""What process 1 of a container inherits; here a process that the system takes for the heir of its descendants."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEIR = """
import ctypes, os, subprocess, time
from pathlib import Path
from rochallor_cli.hosting.processes.orphans import reap_orphans

PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0

def ended():
    children = Path("/proc/self/task", str(os.getpid()), "children").read_text().split()
    return [int(pid) for pid in children if Path("/proc", pid, "stat").read_text().rpartition(")")[2].split()[0] == "Z"]

def until(condition):
    while not condition():
        time.sleep(0.005)

own = subprocess.Popen(["sh", "-c", "exit 7"])
for _ in range(3):
    subprocess.run(["sh", "-c", "sleep 0.01 & exit 0"], check=True)
until(lambda: len(ended()) == 4)
reap_orphans([own.pid])
assert ended() == [own.pid]
assert own.wait() == 7
reap_orphans([])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the children of a process")
def test_orphans_that_have_ended_are_waited_for_and_own_children_left_alone() -> None:
    subprocess.run([sys.executable, "-c", HEIR], check=True, timeout=60)
