"""The engine's times and the published back-off."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as some

from workflow_sdk.client.timestamps import instant_ns, seconds_between
from workflow_sdk.retry import BASE_DELAY, FACTOR, JITTER_FRAC, MAX_DELAY, delay
from workflow_sdk.runner.job.claim import claim_from_poll


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500_000_000),
        ("1970-01-01T00:00:00.123456789Z", 123_456_789),
        ("1970-01-01T07:00:00+07:00", 0),
        ("1969-12-31T19:00:00.000000001-05:00", 1),
    ],
)
def test_times_are_read_to_the_nanosecond(text: str, nanoseconds: int) -> None:
    assert instant_ns(text) == nanoseconds


@given(some.datetimes(timezones=some.sampled_from([UTC, timezone(timedelta(hours=-9, minutes=30))])))
def test_whatever_python_writes_is_read(moment: datetime) -> None:
    expected = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
    assert instant_ns(moment.isoformat()) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-05-03", "2026-05-03T13:08:33"])
def test_what_is_no_time_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        instant_ns(text)


def test_a_lease_is_the_engines_two_times_on_our_clock() -> None:
    times = {"lockedAt": "2026-05-03T13:08:33.9Z", "lockExpiresAt": "2026-05-03T20:09:03.9+07:00"}
    lease = claim_from_poll({"id": "j", "jobType": "t", **times}, asked_at=100.0).lease
    assert lease is not None
    assert (lease.length_s, lease.end) == (30.0, 130.0)
    assert seconds_between(*times.values()) == 30.0


@pytest.mark.parametrize("times", [{}, {"lockedAt": "x", "lockExpiresAt": "y"}, {"lockedAt": None}])
def test_a_job_without_readable_times_has_no_lease(times: dict[str, object]) -> None:
    assert claim_from_poll({"id": "j", "jobType": "t", **times}, asked_at=0.0).lease is None


def test_the_back_off_doubles_from_a_tenth_of_a_second_to_half_a_minute() -> None:
    for attempt in range(-3, 2000):
        plain = min(BASE_DELAY * FACTOR ** min(max(attempt - 1, 0), 50), MAX_DELAY)
        assert plain * (1 - JITTER_FRAC) <= delay(attempt) <= min(plain * (1 + JITTER_FRAC), MAX_DELAY)
