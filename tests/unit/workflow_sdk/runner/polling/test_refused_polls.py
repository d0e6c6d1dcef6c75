"""A question that something refuses while results get through is not asked again at once."""

from __future__ import annotations

import asyncio
from unittest.mock import Mock

import pytest

from workflow_sdk.errors import EngineClientError
from workflow_sdk.runner.polling.poll_source import PollSource

NOW = 100.0


@pytest.mark.parametrize(("retry_after_s", "again_at"), [(None, NOW + 5.0), (2.0, NOW + 2.0)])
def test_a_refused_poll_is_repeated_after_a_while(retry_after_s: float | None, again_at: float) -> None:
    source = PollSource(
        Mock(),
        registry=Mock(),
        job_types=None,
        slots=Mock(total=4),
        watch=Mock(failed=Mock(return_value=False)),
        metrics=Mock(),
        poll_interval_s=0.5,
        start=Mock(),
        clock=lambda: NOW,
    )
    refused = EngineClientError(403, "a gateway lets nobody poll", retry_after_s=retry_after_s)
    asyncio.run(source._not_answered(refused, NOW))
    assert source._pacing.due(NOW, free_slots=4) == again_at
