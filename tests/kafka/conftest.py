"""A real Apache Kafka for the tests that need one."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.apache_kafka import CACHE, ApacheKafka, fetch_jars, missing


@pytest.fixture(scope="session")
def kafka_jars() -> None:
    """Kafka's jars, fetched once however many test processes ask for them."""
    reason = missing()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with (CACHE.parent / f"{CACHE.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fetch_jars()


@pytest.fixture
def apache_kafka(kafka_jars: None, tmp_path: Path) -> Iterator[ApacheKafka]:
    """A broker of the test's own, so that a test may kill it."""
    broker = ApacheKafka(tmp_path)
    broker.start()
    yield broker
    broker.kill()
