"""Jobs that run alone, and what becomes of one that is failed for good while nobody can report it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.processes.child_handle import ChildHandle
from rochallor_cli.hosting.processes.control_pipe import AskIsolated, RanIsolated
from rochallor_cli.hosting.processes.isolated_jobs import IsolatedJobs
from rochallor_cli.hosting.processes.suspects import Suspects

WORKER = WorkerConfig(worker_id="w", modules=("h.py",), max_job_deaths=2)
JOB = AskIsolated("step", {"id": "j", "jobType": "t", "instanceId": "i"}, None)


@dataclass
class Child:
    """A child process as far as jobs are handed to it, and outcomes to whoever asked."""

    told: list[Any] = field(default_factory=list)
    has_ended: bool = False
    is_leaving: bool = False
    was_killed: bool = False
    failure: Any = None
    ending: str = "killed by SIGKILL"
    stack: str = ""

    def tell(self, order: Any) -> None:
        self.told.append(order)

    def take_ran(self) -> list[RanIsolated]:
        return []

    def read(self) -> None: ...
    def close(self) -> None: ...


def test_a_job_that_is_failed_for_good_runs_no_more_when_who_was_to_report_that_has_died() -> None:
    started: list[Child] = []
    suspects = Suspects()

    def spawn(worker: WorkerConfig) -> ChildHandle:
        started.append(Child())
        return cast(ChildHandle, started[-1])

    alone, first, second = IsolatedJobs(spawn, suspects), Child(), Child()
    suspects.died_with(["step"])
    alone.ask(JOB, WORKER, cast(ChildHandle, first))
    alone.tend()
    started[0].has_ended = True
    alone.tend()
    (failed,) = first.told
    assert (failed.error[:16], failed.retryable) == ("2 processes died", False)
    assert suspects.keys() == ("step",)
    alone.ask(JOB, WORKER, cast(ChildHandle, second))
    alone.tend()
    assert (second.told, len(started)) == ([failed], 1)
