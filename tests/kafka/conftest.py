"""Brokers, and an engine that takes reports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.kafka_jars import fetch_jars, missing
from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.apache_kafka import CACHE, ApacheKafka
from support.certificates import Certificates
from support.kafka_jobs import TOPIC
from support.reporting_engine import ReportingEngine
from support.secured_kafka import SecuredKafka
from support.session_values import alone, shared


@pytest.fixture
def engine() -> Iterator[ReportingEngine]:
    """An engine that counts reports."""
    with ReportingEngine() as started:
        yield started


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    """The embedded broker, with one partition for jobs of type `a`."""
    with EmbeddedBroker() as started:
        started.create_topic(TOPIC, partitions=1)
        yield started


@pytest.fixture(scope="session")
def kafka_jars() -> None:
    """Kafka's jars, fetched once however many test processes ask for them."""
    reason = missing()
    if reason is not None and os.environ.get("CI"):
        pytest.fail(reason)
    if reason is not None:
        pytest.skip(reason)
    CACHE.parent.mkdir(parents=True, exist_ok=True)
    with alone(CACHE.parent / f"{CACHE.name}.lock"):
        fetch_jars(CACHE)


@pytest.fixture(scope="session")
def kafka(kafka_jars: None, run_folder: Path, certificates: Certificates) -> Iterator[SecuredKafka]:
    """One Apache Kafka for the whole run. Tests have job types, and so topics and groups, of their own."""
    secured = SecuredKafka(run_folder / "kafka", certificates)
    with shared(run_folder / "kafka-users", secured.broker.start, secured.broker.kill):
        yield secured


@pytest.fixture
def apache_kafka(kafka: SecuredKafka) -> ApacheKafka:
    """Its plain listener."""
    return kafka.broker


@pytest.fixture
def mortal_kafka(kafka_jars: None, tmp_path: Path) -> Iterator[ApacheKafka]:
    """A broker of the test's own, so that the test may kill it."""
    broker = ApacheKafka(tmp_path)
    broker.start()
    yield broker
    broker.kill()
