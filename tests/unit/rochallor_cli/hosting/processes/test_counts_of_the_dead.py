"""A process that dies says no last word: what it has counted before is kept."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from rochallor_cli.configuration.engine_access import EngineAccess
from rochallor_cli.hosting.config.host_config import HostConfig, KafkaAccess, WorkerConfig
from rochallor_cli.hosting.health.status import merged_types
from rochallor_cli.hosting.processes.child_handle import ChildHandle
from rochallor_cli.hosting.processes.child_process import ChildProcess
from rochallor_cli.hosting.processes.restart_policy import RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import Workplace, start_jobs
from workflow_sdk.client.rest import RestEngineClient

JOBS = 7


def test_a_killed_process_takes_no_count_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    place = Workplace(tmp_path)
    place.write_handlers("registry.register('works', lambda job: {})\n")
    monkeypatch.chdir(tmp_path)
    caplog.set_level("INFO")
    worker = WorkerConfig(worker_id="w", modules=("handlers.py",))
    with running_engine() as engine, RestEngineClient(engine.url) as admin:
        config = HostConfig(EngineAccess(engine.url), (worker,), KafkaAccess())
        kept = ChildProcess(
            worker,
            lambda worker: ChildHandle(worker, config),
            RestartPolicy(first_delay_s=0.0),
            suspects=Suspects(),
            others_serve=lambda: False,
        )
        kept.start()
        start_jobs(admin, "works", JOBS)

        def done() -> int:
            kept.tend()
            child = [] if kept.child is None else kept.child.summaries
            return sum(entry.done for entry in merged_types([*kept.summaries, *child]))

        wait_until(lambda: done() == JOBS, "the process has counted its jobs")
        assert kept.child is not None
        os.kill(kept.child.pid, signal.SIGKILL)
        wait_until(lambda: bool(done()) and "is ready" in caplog.text, "the next process is ready")
        assert done() == JOBS
        counted = {family.name: sum(family.samples.values()) for family in kept.retired}
        assert counted["workflow_sdk_jobs_claimed"] == JOBS
        kept.drain()
        wait_until(lambda: (kept.tend(), kept.has_ended)[1], "it has ended")
