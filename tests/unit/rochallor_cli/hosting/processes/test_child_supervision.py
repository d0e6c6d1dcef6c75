"""A suspect job that cannot be said to another process costs itself only."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from rochallor_cli.hosting.processes.child_supervision import ChildSupervision
from rochallor_cli.hosting.processes.control_pipe import AskIsolated, ControlPipe
from rochallor_cli.hosting.processes.running_jobs import RunningJobs
from workflow_sdk.client.job_json import value_from_json
from workflow_sdk.handler.handler import handler_of
from workflow_sdk.job import CurrentJob, job_from_poll
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Failed


@pytest.mark.parametrize("value", ["[" * 5_000 + "]" * 5_000, "9" * 5_000], ids=["deep", "long"])
def test_a_suspect_that_no_message_can_carry_is_failed_for_good(value: str) -> None:
    job = job_from_poll({"id": "j", "jobType": "t", "variables": {"a": value_from_json(value)}})
    item = InFlight(Claim(job), handler_of(dict, "t"), CurrentJob(job))
    ours, theirs = ControlPipe.pair()
    finished: list[Any] = []

    def say(message: AskIsolated) -> None:
        ours.send(message)

    async def run() -> None:
        ChildSupervision(cast(RunningJobs, None), say).run_alone(item, finished.append)
        await asyncio.sleep(0)

    asyncio.run(run())
    ours.close()
    theirs.close()
    assert finished == [item]
    assert isinstance(item.unheard, Failed)
    assert not item.unheard.retryable
