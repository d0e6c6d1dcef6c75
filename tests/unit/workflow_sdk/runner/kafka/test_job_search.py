"""A key's partition, as Java's clients choose it."""

from __future__ import annotations

import pytest

from workflow_sdk.runner.kafka.job_search import _murmur2, partition_of


# The vectors of Kafka's own tests (org.apache.kafka.common.utils.UtilsTest).
@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_keys_are_hashed_as_java_does(key: bytes, signed: int) -> None:
    assert _murmur2(key) == signed % 2**32


def test_every_key_has_a_partition() -> None:
    found = {partition_of(f"instance-{number}".encode(), 6) for number in range(200)}
    assert found == set(range(6))
