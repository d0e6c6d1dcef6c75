"""Who serves a job type, and what waits for it, as operators are told it: by a real Apache Kafka."""

from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest

from support.apache_kafka import ApacheKafka
from support.command_line import rochallor
from support.engines import running_engine
from support.kafka_workers import running_worker
from support.waiting import wait_until
from support.workflows import document, service
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry

pytestmark = [pytest.mark.kafka_broker, pytest.mark.slow]


def test_a_groups_members_and_waiting_records_are_told_by_explain_audit_and_doctor(
    apache_kafka: ApacheKafka,
) -> None:
    job_type = f"served-{uuid.uuid4().hex[:8]}"
    apache_kafka.create_topic(f"workflow.jobs.{job_type}", partitions=2)
    may_end = threading.Event()
    registry = HandlerRegistry()
    registry.register(job_type, lambda job: {"ended": may_end.wait(60)})
    with (
        running_engine(dispatch="kafka", brokers=apache_kafka.address) as engine,
        RestEngineClient(engine.url) as client,
    ):
        client.upload_definition(document(service("work", job_type=job_type)))
        instance = client.start_instance("flow", {})["id"]

        def told(*words: str) -> dict[str, Any]:
            result = rochallor(*words, "--brokers", apache_kafka.address, "-o", "json", url=engine.url)
            found = result.json()
            return found["movedBy"][0] if isinstance(found, dict) else found[0]

        def in_doctor() -> str:
            rows = rochallor("doctor", "--brokers", apache_kafka.address, "-o", "json", url=engine.url).json()
            return next(row["detail"] for row in rows if row["check"] == f"workflow.jobs.{job_type}")

        wait_until(lambda: told("instances", "explain", instance)["recordsWaiting"] == 1, "the record waits")
        for words in (("instances", "explain", instance), ("instances", "audit")):
            assert told(*words)["workers"] == 0
        assert in_doctor() == "2 partitions, 1 record waiting, 0 workers"
        with running_worker(apache_kafka.address, engine.url, registry):
            wait_until(lambda: told("instances", "audit")["workers"] == 1, "the group has its member")
            assert told("instances", "explain", instance)["workers"] == 1
            may_end.set()
            wait_until(lambda: client.get_instance(instance)["status"] == "COMPLETED", "the job is done")
        wait_until(lambda: "0 records waiting" in in_doctor(), "nothing waits any more")
