"""Jobs found in Kafka, as rows: a record may say anything."""

from __future__ import annotations

import pytest

from rochallor_cli.commands.jobs.find import time_of

NANOS = 1_000_000_000


def test_the_time_of_a_record_is_said_in_utc() -> None:
    assert time_of(1_700_000_000 * NANOS) == "2023-11-14T22:13:20Z"


@pytest.mark.parametrize("seconds", [0, 2**40, -(2**40), 2**63 - 1, -(2**63)])
def test_a_time_that_no_calendar_has_is_none(seconds: int) -> None:
    assert time_of(seconds * NANOS) is None
