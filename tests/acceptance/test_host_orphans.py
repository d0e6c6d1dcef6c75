"""Child processes whose supervisor was killed: each ends, whatever its handlers do."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from support.waiting import wait_until
from support.worker_host import start_jobs, worker_host

# When the interpreter ends, its threads run no more: what waits for one of them then waits for ever.
ENDLESS_FAREWELL = """
import re, threading

class Farewell:
    def __del__(self, event=threading.Event()):
        event.wait()

FAREWELL = Farewell()
"""

# A match that takes longer than the universe, and lets no other thread of Python's run.
KEEPS_THE_INTERPRETER = """
@registry.handler("hungry")
def hungry(job):
    note(job)
    current_job().stopping.wait()
    re.match(r"(a+)+$", "a" * 60 + "b")
"""

LOOPS = """
@registry.handler("loop")
def loop(job):
    note(job)
    while True:
        pass

@registry.handler("async-loop")
async def async_loop(job):
    note(job)
    while True:
        pass
"""


def is_gone(pid: int) -> bool:
    """Ended, be it that nobody has waited for it yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux names the children of a process")
@pytest.mark.parametrize("types", [["hungry"], ["loop", "async-loop"]])
def test_no_child_outlives_its_supervisor_for_ever(place, engine, admin, types) -> None:
    place.write_handlers(ENDLESS_FAREWELL + KEEPS_THE_INTERPRETER + LOOPS)
    arguments = ("-m", "handlers.py", "--processes", "2", "--drain-timeout", "1s")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        for job_type in types:
            start_jobs(admin, job_type, 1)
        wait_until(lambda: len(place.notes()) == len(types), "the jobs run", timeout_s=60)
        children = host.children()
        assert len(children) == 2
        os.kill(host.pid, signal.SIGKILL)
        wait_until(lambda: all(map(is_gone, children)), "both children have ended", timeout_s=90)
        assert host.said().count("the supervisor is gone: draining") == 2
