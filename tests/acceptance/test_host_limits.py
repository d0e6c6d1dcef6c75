"""A host where the system gives little: descriptors, memory for threads, an interpreter that is busy."""

from __future__ import annotations

import os
import signal

import pytest

from support.command_line import rochallor
from support.waiting import wait_until
from support.worker_host import start_jobs, wait_until_completed, worker_host

LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.{name}, ({limit}, {limit}))
sys.argv[0] = "rochallor"
runpy.run_module("rochallor_cli", run_name="__main__")
"""
WORKS = """
@registry.handler("works")
def works(job):
    note(job)
    time.sleep(0.05)
    return {}
"""


@pytest.mark.parametrize("options", [(), ("--supervised",)], ids=["one process", "a child"])
@pytest.mark.parametrize(("name", "limit"), [("RLIMIT_NOFILE", 24), ("RLIMIT_AS", 700_000_000)])
def test_every_job_is_done_once_with_what_there_is(place, engine, admin, name, limit, options) -> None:
    """More jobs at once than descriptors, and than threads that fit: in so much memory there are some ten."""
    place.write_handlers(WORKS)
    program = ("-c", LIMITED.format(name=name, limit=limit))
    arguments = ("-m", "handlers.py", "--health-port", "0", *options)
    with worker_host(*arguments, url=engine.url, folder=place.folder, program=program) as host:
        host.wait_for("ready (")
        # A handler that opens a file while there is no descriptor left fails, as it would anywhere.
        start_jobs(admin, "works", 60, retries=100)
        wait_until_completed(admin, 60)
        assert rochallor("work", "health", "--health-port", host.health_port()).exit_status == 0
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert set(place.notes().values()) == {1}


def test_a_supervised_host_answers_probes_while_a_handler_holds_the_interpreters_lock(
    place, engine, admin
) -> None:
    os.mkfifo(place.folder / "fifo")
    place.write_handlers(
        """
import ctypes

@registry.handler("holds")
def holds(job):
    descriptor = os.open(os.path.join(FOLDER, "fifo"), os.O_RDWR)
    note(job)
    # PyDLL, unlike CDLL, keeps the lock for the whole call.
    ctypes.PyDLL(None).read(descriptor, ctypes.create_string_buffer(1), 1)
    return {}
"""
    )
    arguments = ("-m", "handlers.py", "--health-port", "0", "--supervised")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready (")
        start_jobs(admin, "holds", 1)
        wait_until(place.notes, "the lock is held")
        answer = rochallor("work", "health", "--live", "--health-port", host.health_port())
        assert answer.stdout.startswith('{"status": '), answer.stderr
        (place.folder / "fifo").write_bytes(b"x")
        wait_until_completed(admin, 1)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
