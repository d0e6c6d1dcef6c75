"""A real host whose stdout and stderr are a pipe that stays open and that nobody reads."""

from __future__ import annotations

import os
import select
import subprocess

import pytest

from support.command_line import EXECUTABLE, variables
from support.waiting import wait_until
from support.worker_host import start_jobs, wait_until_completed

PRINTING = """
import logging

@registry.handler("printing")
def printing(job):
    print("p" * 10_000, flush=True)
    print("e" * 10_000, file=sys.stderr, flush=True)
    logging.getLogger("app").info("l" * 5_000)
"""


def what_is_there(end: int) -> bytes:
    """What there is now; nothing at the end."""
    return os.read(end, 65_536) if select.select([end], [], [], 0.02)[0] else b""


# Each process waits for the reader once for each of its streams, which takes some seconds.
@pytest.mark.slow
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_host_whose_output_nobody_reads_works_on_and_says_so(place, engine, admin, processes) -> None:
    place.write_handlers(PRINTING)
    reading, writing = os.pipe()
    arguments = ["work", "-m", "handlers.py", "--processes", processes, "--drain-timeout", "20s"]
    with subprocess.Popen(
        [*EXECUTABLE, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=writing,
        cwd=place.folder,
        env=variables(None, url=engine.url),
        start_new_session=True,
    ) as host:
        os.close(writing)
        try:
            start_jobs(admin, "printing", 40)
            wait_until_completed(admin, 40)
            said = bytearray()
            host.terminate()

            def has_ended() -> bool:
                said.extend(what_is_there(reading))
                return host.poll() is not None

            wait_until(has_ended, "the host has ended")
        finally:
            host.kill()
    assert host.returncode == 0, said[-2000:]
    assert b" log lines could not be written" in said
    os.close(reading)
