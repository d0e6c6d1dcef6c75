"""A process that has had its jobs is replaced; while no new one comes up, tries grow rare and the old one serves."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.health.status import WorkerStatus
from rochallor_cli.hosting.processes.child_process import ChildProcess, ChildState
from rochallor_cli.hosting.processes.restart_policy import RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects

NEVER_AGAIN = RestartPolicy(first_delay_s=3_600.0)
AT_ONCE = RestartPolicy(first_delay_s=0.0)


@dataclass
class Child:
    """A child process as far as it is kept: the test says when it is ready, and when it has ended."""

    ready_at: float | None = None
    has_ended: bool = False
    is_leaving: bool = False
    is_finished: bool = False
    was_killed: bool = False
    failure: Any = None
    ending: str = "exit status 3"
    pid: int = 1
    running: list[Any] = field(default_factory=list)
    just_ended: list[Any] = field(default_factory=list)
    summaries: list[object] = field(default_factory=list)

    def read(self) -> None: ...
    def close(self) -> None: ...

    def families(self, *, wait_s: float) -> list[Any]:
        return []

    def status(self) -> WorkerStatus:
        return WorkerStatus("w", 1, "poll", "running", jobs_settled=100)

    def leave(self) -> None:
        """As a child that still imports its handlers: it is killed."""
        self.is_leaving = self.has_ended = self.was_killed = True


def worn_out(policy: RestartPolicy) -> tuple[ChildProcess, list[Child]]:
    """A process that has had its jobs, with the successor it has asked for; and all that were started."""
    started: list[Child] = []

    def spawn(worker: WorkerConfig) -> Any:
        started.append(Child())
        return started[-1]

    worker = WorkerConfig(worker_id="w", modules=("h.py",), max_jobs_per_process=10)
    kept = ChildProcess(worker, spawn, policy, suspects=Suspects(), others_serve=lambda: False)
    kept.start()
    started[0].ready_at = 1.0
    kept.tend()
    assert len(started) == 2
    return kept, started


@pytest.mark.parametrize(("policy", "further_tries"), [(AT_ONCE, 5), (NEVER_AGAIN, 0)])
def test_a_worn_out_process_serves_on_and_is_not_replaced_on_and_on(
    policy: RestartPolicy, further_tries: int, caplog
) -> None:
    kept, started = worn_out(policy)
    for _ in range(5):
        started[-1].has_ended = len(started) > 1
        kept.tend()
    assert (kept.child, len(started)) == (started[0], 2 + further_tries)
    assert caplog.text.count("did not come up") == max(further_tries, 1)


def test_a_replacement_that_is_asked_for_is_tried_at_once() -> None:
    kept, started = worn_out(NEVER_AGAIN)
    started[1].has_ended = True
    kept.tend()
    kept.replace()
    assert (len(started), kept.state) == (3, ChildState.REPLACING)
    started[2].ready_at = 2.0
    kept.tend()
    assert kept.child is started[2]


def test_a_successor_that_a_stop_ends_is_no_error(caplog) -> None:
    caplog.set_level(logging.INFO)
    kept, started = worn_out(AT_ONCE)
    kept.drain()
    kept.tend()
    assert kept.has_ended
    assert len(started) == 2
    assert [record.levelname for record in caplog.records if record.levelno > logging.INFO] == []
