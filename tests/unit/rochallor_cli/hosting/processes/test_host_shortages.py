"""The system has no process to give: what there is goes on."""

from __future__ import annotations

import errno
from typing import Any

import pytest

from rochallor_cli.exit_status import ExitStatus
from rochallor_cli.hosting.config.host_config import WorkerConfig
from rochallor_cli.hosting.processes.kept_process import KeptProcess, State
from rochallor_cli.hosting.processes.restart_policy import RestartPolicy
from rochallor_cli.hosting.processes.suspects import Suspects

AT_ONCE = RestartPolicy(first_delay_s=0.0, deaths_allowed=5)


def no_process(worker: WorkerConfig) -> Any:
    raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")


@pytest.fixture(params=[True, False], ids=["others serve", "nobody else"])
def kept(request) -> KeptProcess:
    worker = WorkerConfig(worker_id="w", modules=("h.py",))
    others_serve = request.param
    return KeptProcess(worker, no_process, AT_ONCE, suspects=Suspects(), others_serve=lambda: others_serve)


def test_a_host_that_has_other_processes_goes_on_and_says_what_is_wanting(kept, request) -> None:
    kept.start()
    for _ in range(9):
        kept.tend()
    others_serve = "others serve" in request.node.name
    assert (kept.failure is None, kept.state is State.WAITING) == (others_serve, others_serve)
    assert kept.failed_starts == (10 if others_serve else 5)
    if others_serve:
        assert kept.status().unready_reason == ("no process can be started: Resource temporarily unavailable")
    else:
        assert kept.failure.exit_status is ExitStatus.CRASH_LOOP
