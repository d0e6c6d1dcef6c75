"""Stopping a real worker host: by signals, in the middle of jobs, with handlers that do not want to end."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.command_line import EXECUTABLE, variables
from support.waiting import wait_until
from support.worker_host import (
    Workplace,
    count_of,
    start_jobs,
    wait_until_completed,
    worker_host,
)

SHORT_JOBS = """
@registry.handler("short")
def short(job):
    note(job)
    time.sleep(0.2)
    return {"done": True}
"""

GATED_JOBS = """
@registry.handler("gated")
def gated(job):
    note(job)
    stopping = current_job().stopping
    while job["variables"]["number"] >= 20 and not os.path.exists(os.path.join(FOLDER, "go")):
        if stopping.wait(0.005):
            break
"""

BLOCKED = """
@registry.handler("blocked")
def blocked(job):
    note(job)
    wait_for_file("never")
"""


def has_noted(place: Workplace, count: int, what: str = "ran") -> None:
    wait_until(lambda: len(place.notes(what)) >= count, f"{count} jobs that {what}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_signal_in_the_middle_of_jobs_drains_and_runs_none_twice(
    place, engine, admin, number, processes
) -> None:
    place.write_handlers(GATED_JOBS)
    arguments = ("--module", "handlers.py", "--parallelism", "8", "--processes", processes)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "gated", 60)
        begun = 20 + 8 * int(processes)
        has_noted(place, begun)
        # Every slot is taken, and each process lets its jobs end when it has heard of the signal.
        host.send(number)
        assert host.wait() == 0, host.said()
        # What was begun is finished and reported: nothing is left to a lease, and nothing more was claimed.
        assert count_of(admin, "COMPLETED") == len(place.notes()) == begun
        assert place.ran_twice() == {}
        assert "drained in" in host.said()
    place.let_go("go")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        wait_until_completed(admin, 60)
        host.send(number)
        assert host.wait() == 0
    assert (len(place.notes()), place.ran_twice()) == (60, {})


def test_ctrl_c_in_a_terminal_with_several_processes_drains_once(place, engine, admin) -> None:
    """A terminal signals the whole process group; only the supervisor may count that."""
    place.write_handlers(SHORT_JOBS)
    start_jobs(admin, "short", 40)
    terminal, inner = pty.openpty()
    process = subprocess.Popen(
        [*EXECUTABLE, "work", "--module", "handlers.py", "--processes", "2", "--parallelism", "4"],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        cwd=place.folder,
        env={**variables(None, url=engine.url), "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        start_new_session=True,
        preexec_fn=_take_terminal,
    )
    os.close(inner)
    try:
        has_noted(place, 8)
        os.write(terminal, b"\x03")
        said = _read_to_end(terminal)
        assert process.wait(90) == 0, said
    finally:
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        os.close(terminal)
    assert said.count("stopping 2 processes") == 1
    assert count_of(admin, "COMPLETED") == len(place.notes())
    assert place.ran_twice() == {}
    assert "JOB TYPE  HANDLER" in said
    assert "Traceback" not in said


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read_to_end(terminal: int) -> str:
    data = b""
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # the last writer has gone
            return data.decode()
        if not chunk:
            return data.decode()
        data += chunk


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_blocked_handler_is_left_at_the_deadline(place, engine, admin, processes) -> None:
    place.write_handlers(BLOCKED)
    arguments = ("--module", "handlers.py", "--drain-timeout", "1", "--processes", processes)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        (instance,) = start_jobs(admin, "blocked", 1)
        has_noted(place, 1)
        began = time.monotonic()
        host.send(signal.SIGTERM)
        # The handler would wait for ever.
        assert host.wait() == 11, host.said()
        assert time.monotonic() - began > 0.9
        (job_id,) = place.notes()
        assert "1 job unfinished" in host.said()
        assert f"{job_id}  blocked  instance {instance}" in host.said()
        assert "in wait_for_file" in host.said() or "in blocked" in host.said()
    assert admin.get_instance(instance)["status"] == "ACTIVE"


@pytest.mark.parametrize("processes", ["1", "2"])
def test_a_second_signal_leaves_running_jobs_at_once(place, engine, admin, processes) -> None:
    place.write_handlers(BLOCKED)
    arguments = ("--module", "handlers.py", "--drain-timeout", "600", "--processes", processes)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "blocked", 3)
        has_noted(place, 3)
        host.send(signal.SIGINT)
        host.wait_for("stopping")
        host.send(signal.SIGINT)
        assert host.wait() == 11, host.said()
        assert "3 jobs unfinished" in host.said()


def test_a_drain_timeout_of_zero_does_not_wait(place, engine, admin) -> None:
    place.write_handlers(BLOCKED)
    with worker_host(
        "-m", "handlers.py", "--drain-timeout", "0", url=engine.url, folder=place.folder
    ) as host:
        host.wait_for("ready")
        start_jobs(admin, "blocked", 1)
        has_noted(place, 1)
        host.send(signal.SIGTERM)
        assert host.wait() == 11, host.said()


def test_an_idle_worker_is_gone_at_once(place, engine) -> None:
    place.write_handlers(SHORT_JOBS)
    arguments = ("-m", "handlers.py", "--drain-timeout", "600")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        host.send(signal.SIGTERM)
        assert host.wait() == 0


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sighup_without_a_terminal_drains_and_asks_for_a_restart(place, engine, admin, processes) -> None:
    place.write_handlers(GATED_JOBS)
    arguments = ("-m", "handlers.py", "--drain-timeout", "600", "--processes", processes)
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "gated", 21)
        has_noted(place, 21)
        host.send(signal.SIGHUP)
        assert host.wait() == 129, host.said()
    assert count_of(admin, "COMPLETED") == 21


def test_threads_that_handlers_started_do_not_hold_the_process(place, engine, admin) -> None:
    place.write_handlers(
        """
import threading

@registry.handler("starts-thread")
def starts_thread(job):
    threading.Thread(target=wait_for_file, args=("never",), name="somebody", daemon=False).start()
    note(job)
"""
    )
    with worker_host("-m", "handlers.py", url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        start_jobs(admin, "starts-thread", 1)
        wait_until_completed(admin, 1)
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
        assert "leaving without waiting for threads that handlers have started: somebody" in host.said()


def test_a_signal_while_handlers_are_imported_ends_the_host(place, engine) -> None:
    (place.folder / "handlers.py").write_text(
        f"import pathlib, time\npathlib.Path({str(place.folder)!r}, 'importing').touch()\ntime.sleep(600)\n"
    )
    with worker_host("-m", "handlers.py", url=engine.url, folder=place.folder) as host:
        wait_until((place.folder / "importing").exists, "the import has begun")
        host.send(signal.SIGTERM)
        assert host.wait() == 0
        assert "Traceback" not in host.said()


def test_children_drain_when_the_supervisor_is_killed(place, engine, admin) -> None:
    place.write_handlers(SHORT_JOBS)
    arguments = ("-m", "handlers.py", "--processes", "2", "--parallelism", "4")
    with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
        host.wait_for("ready")
        children = host.children()
        start_jobs(admin, "short", 40)
        has_noted(place, 8)
        host.process.kill()
        wait_until(lambda: not any(_exists(pid) for pid in children), "the children have left")
        assert host.said().count("the supervisor is gone: draining") == 2
    assert count_of(admin, "COMPLETED") == len(place.notes())
    assert place.ran_twice() == {}


def _exists(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
