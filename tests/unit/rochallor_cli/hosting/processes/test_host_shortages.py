"""The system has no process to give: what there is goes on."""

from __future__ import annotations

import errno
import itertools
from typing import Any

import pytest

from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.processes.child_process import ChildProcess, ChildState
from rochallor_cli.hosting.processes.restart_policy import RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects

AT_ONCE = RestartPolicy(first_delay_s=0.0, deaths_allowed=5)

SHORTAGE = "no process can be started: Resource temporarily unavailable"


def no_process(worker: WorkerConfig) -> Any:
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


@pytest.fixture(params=[True, False], ids=["others serve", "nobody else"])
def kept(request) -> ChildProcess:
    worker = WorkerConfig(worker_id="w", modules=("h.py",))
    others_serve = request.param
    return ChildProcess(worker, no_process, AT_ONCE, suspects=Suspects(), others_serve=lambda: others_serve)


class Child:
    """A process that has just been started."""

    ready_at = None
    has_ended = is_leaving = False

    def read(self) -> None:
        return


def test_tries_for_a_process_grow_rare_and_are_said_once(caplog, monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr("rochallor_cli.hosting.processes.child_process.time.monotonic", lambda: now[0])
    worker, tries, is_short = WorkerConfig(worker_id="w", modules=("h.py",)), [], [True]

    def spawn(worker: WorkerConfig) -> Any:
        tries.append(now[0])
        return no_process(worker) if is_short[0] else Child()

    kept = ChildProcess(worker, spawn, RestartPolicy(), suspects=Suspects(), others_serve=lambda: True)
    caplog.set_level("INFO")
    kept.start()
    while len(tries) < 9:
        now[0] += 0.25
        kept.tend()
    pauses = [later - earlier for earlier, later in itertools.pairwise(tries)]
    assert pauses == [0.5, 1, 2, 4, 8, 16, 30, 30]
    assert (kept.failed_starts, kept.restarts) == (9, 0)
    is_short[0] = False
    now[0] += 30
    kept.tend()
    assert (kept.failed_starts, kept.restarts) == (9, 1)
    assert [record.message for record in caplog.records] == [
        f"worker w: {SHORTAGE}; tried again after 0.5 s, and ever more rarely",
        "worker w: a process can be started again (9 starts failed)",
    ]


def test_a_host_that_has_other_processes_goes_on_and_says_what_is_wanting(kept, request) -> None:
    kept.start()
    for _ in range(9):
        kept.tend()
    others_serve = "others serve" in request.node.name
    assert (kept.failure is None, kept.state is ChildState.WAITING) == (others_serve, others_serve)
    assert kept.failed_starts == (10 if others_serve else 5)
    if others_serve:
        assert kept.status().unready_reason == SHORTAGE
    else:
        assert kept.failure.exit_status is ExitStatus.CRASH_LOOP
