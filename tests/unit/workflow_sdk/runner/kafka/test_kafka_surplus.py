"""A worker without a partition: said once, when it has lasted."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import pytest

from workflow_sdk.runner.kafka.surplus_workers import SURPLUS_AFTER_S, SurplusWatch


@dataclass
class Source:
    topic: str
    is_without_partition: bool = True


def test_it_is_said_once_after_a_while_and_once_when_it_is_over(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now = 0.0
    surplus = SurplusWatch(clock=lambda: now)
    sources = [Source("workflow.jobs.b"), Source("workflow.jobs.a")]
    texts = []
    for now in (1.0, SURPLUS_AFTER_S, SURPLUS_AFTER_S + 1, SURPLUS_AFTER_S + 2):  # noqa: B007 - the clock reads it
        surplus.look(sources)
        texts.append(surplus.text)
    assert [bool(text) for text in texts] == [False, False, True, True]
    assert texts[-1].startswith("no partition of workflow.jobs.a, workflow.jobs.b is left for it")
    sources[0].is_without_partition = False
    surplus.look(sources)
    assert surplus.text == ""
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "this worker gets no jobs",
        "this worker has a partition again",
    ]


def test_a_worker_with_one_partition_or_without_a_topic_is_none() -> None:
    now = 0.0
    surplus = SurplusWatch(clock=lambda: now)
    for now in (0.0, 100.0):  # noqa: B007 - the clock reads it
        surplus.look([Source("a"), Source("b", is_without_partition=False)])
        surplus.look([])
        assert surplus.text == ""
