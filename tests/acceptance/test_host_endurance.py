"""A worker host over many jobs: memory stays flat, and a day with restarts and reloads loses nothing.

The suite runs a short form; `ROCHALLOR_ENDURANCE_JOBS=100000` is the long one (minutes).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import (
    WorkerHost,
    Workplace,
    count_of,
    one_step,
    worker_host,
)
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import WorkflowSDKError

ROOT = Path(__file__).resolve().parents[2]
LONG_JOBS = int(os.environ.get("ROCHALLOR_ENDURANCE_JOBS", "0"))
FLAT_JOBS = LONG_JOBS or 10_000
DAY_JOBS = LONG_JOBS or 800
STARTERS = 6
MAY_GROW_BYTES = 4 * 1024 * 1024
PATIENCE_S = 900.0 if LONG_JOBS else 90.0

STEADY = """
@registry.handler("steady")
def steady(job):
    note(job)
    return {"version": "VERSION"}
"""
COUNTED = """
count = 0

@registry.handler("steady")
def steady(job):
    global count
    count += 1
    if count == TENTH:
        open(os.path.join(FOLDER, "warm"), "w").close()
    if count == ALL:
        open(os.path.join(FOLDER, "done"), "w").close()
    return {"list": list(range(20))}
"""


def resident_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextmanager
def null_engine() -> Iterator[str]:
    """An engine that hands out jobs without end and keeps nothing."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.null_engine"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with RestEngineClient(url) as client:
            client.request("POST", "/null/endless", json={"on": True})
        yield url
    finally:
        process.kill()
        process.communicate()


@pytest.mark.slow
def test_memory_stays_flat_over_many_jobs(place) -> None:
    place.write_handlers(COUNTED.replace("TENTH", str(FLAT_JOBS // 4)).replace("ALL", str(FLAT_JOBS)))
    with null_engine() as url, worker_host("-m", "handlers.py", url=url, folder=place.folder) as host:
        wait_until((place.folder / "warm").exists, "a quarter of the jobs", timeout_s=PATIENCE_S)
        warm = resident_bytes(host.pid)
        wait_until((place.folder / "done").exists, f"{FLAT_JOBS} jobs", timeout_s=PATIENCE_S)
        grown = resident_bytes(host.pid) - warm
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert grown < MAY_GROW_BYTES, f"grown by {grown:,} bytes over {FLAT_JOBS} jobs"


class Day:
    """An engine on a file, a host of two processes, and instances started all the while."""

    def __init__(self, place: Workplace, stack: ExitStack) -> None:
        self.place = place
        self.killed = 0
        self._database = place.folder / "engine.sqlite"
        self._engine = ExitStack()
        self._host_stack = ExitStack()
        stack.callback(self._engine.close)
        stack.callback(self._host_stack.close)
        self.engine: DevEngine = self._start_engine(0)
        self.client = stack.enter_context(RestEngineClient(self.engine.url))
        self.client.upload_definition(one_step("flow-steady", "steady"))
        self.host = self._start_host()
        self._starters = [
            threading.Thread(target=self._start_instances, daemon=True) for _ in range(STARTERS)
        ]

    def _start_engine(self, port: int) -> DevEngine:
        return self._engine.enter_context(
            running_engine(db=self._database, port=port, lease_s=8.0, sweep_s=0.5)
        )

    def _start_host(self) -> WorkerHost:
        arguments = ("-m", "handlers.py", "--processes", "2", "--reload", "--parallelism", "16")
        recycled = ("--max-jobs-per-process", str(DAY_JOBS // 5))
        host = self._host_stack.enter_context(
            worker_host(*arguments, *recycled, url=self.engine.url, folder=self.place.folder)
        )
        host.wait_for("ready")
        return host

    def begin(self) -> None:
        for starter in self._starters:
            starter.start()

    def _start_instances(self) -> None:
        started = 0
        with RestEngineClient(self.engine.url) as client:
            while started < DAY_JOBS / STARTERS:
                with suppress(WorkflowSDKError):  # the engine is away: whether it started is seen at the end
                    client.start_instance("flow-steady", {})
                    started += 1

    def wait_for_part(self, part: float) -> None:
        wanted = int(DAY_JOBS * part)
        wait_until(lambda: len(self.place.notes()) >= wanted, f"{part:.0%} of the day", timeout_s=PATIENCE_S)

    def restart_engine(self) -> None:
        self._engine.close()
        self.host.wait_for("engine unreachable")
        self._start_engine(self.engine.port)

    def change_handlers(self, body: str) -> None:
        self.place.write_handlers(body)

    def kill_a_process(self) -> None:
        wait_until(self.host.children, "a process")
        os.kill(self.host.children()[0], signal.SIGKILL)
        self.killed += 1

    def restart_host(self) -> None:
        self.host.send(signal.SIGTERM)
        assert self.host.wait() == 0, self.host.said()
        self._host_stack.close()
        self.host = self._start_host()

    def end(self) -> None:
        for starter in self._starters:
            starter.join(PATIENCE_S)
        total = int(self.client.list_instances(page_size=1)["total"])
        wait_until(lambda: count_of(self.client, "COMPLETED") == total, "all completed", timeout_s=PATIENCE_S)
        self.host.send(signal.SIGTERM)
        assert self.host.wait() == 0, self.host.said()


@pytest.mark.slow
def test_a_day_with_restarts_and_reloads_loses_no_job(place) -> None:
    place.write_handlers(STEADY)
    with ExitStack() as stack:
        day = Day(place, stack)
        supervisor_began = resident_bytes(day.host.pid)
        events: list[tuple[float, Callable[[], None]]] = [
            (0.10, lambda: day.change_handlers(STEADY.replace("VERSION", "two"))),
            (0.25, day.kill_a_process),
            (0.40, day.restart_engine),
            (0.50, lambda: day.change_handlers("raise RuntimeError('half saved')\n")),
            (0.60, lambda: day.change_handlers(STEADY.replace("VERSION", "three"))),
        ]
        day.begin()
        for part, event in events:
            day.wait_for_part(part)
            event()
        grown = resident_bytes(day.host.pid) - supervisor_began
        day.wait_for_part(0.7)
        day.restart_host()
        day.wait_for_part(0.85)
        day.restart_engine()
        day.end()
        completed = count_of(day.client, "COMPLETED")
    assert completed >= DAY_JOBS
    assert len(place.notes()) == completed
    # Only what the killed process had in hand may have run twice.
    assert len(place.ran_twice()) <= 16 * day.killed
    assert grown < 2 * MAY_GROW_BYTES, f"the supervisor has grown by {grown:,} bytes"
