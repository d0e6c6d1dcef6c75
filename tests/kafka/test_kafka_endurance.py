"""Everything at once, on a real Apache Kafka: workers join, are killed and stand still, the engine is killed.

`ROCHALLOR_ENDURANCE_JOBS=1300 pytest tests/kafka/test_kafka_endurance.py` is the long run; by default there are few.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.apache_kafka import ApacheKafka, free_ports
from support.kafka_processes import QUICK_SESSION_MS, WorkerProcesses
from support.sdk_workers import chain
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import WorkflowSDKError

pytestmark = [pytest.mark.kafka_broker, pytest.mark.slow]

PARTITIONS, FLOW = 6, "endurance"
# Of this run alone: the broker is shared.
JOB_TYPE = f"endured-{uuid.uuid4().hex[:8]}"
HANDLER_MS = 20
JOBS = int(os.environ.get("ROCHALLOR_ENDURANCE_JOBS", "120"))
WAIT_S = 300.0


class EngineProcess:
    """`rochallor dev` on a file, on one port: what is killed comes back as it was."""

    def __init__(self, brokers: str, folder: Path) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self._log = folder / "engine.log"
        self._command = [
            *(sys.executable, "-m", "rochallor_cli", "dev", "--port", str(port)),
            *("--db", str(folder / "engine.db"), "--dispatch", "kafka", "--brokers", brokers),
        ]
        self._process: subprocess.Popen[bytes] | None = None
        self.client = RestEngineClient(self.url)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, "the engine", timeout_s=WAIT_S)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def count(self, status: str) -> int:
        return int(self.client.list_instances(status=status, page_size=1)["total"])

    def _answers(self) -> bool:
        try:
            self.client.healthz()
        except WorkflowSDKError:
            return False
        return True


@pytest.fixture
def engine(apache_kafka: ApacheKafka, tmp_path: Path) -> Iterator[EngineProcess]:
    apache_kafka.create_topic(f"workflow.jobs.{JOB_TYPE}", partitions=PARTITIONS)
    started = EngineProcess(apache_kafka.address, tmp_path)
    started.start()
    yield started
    started.kill()
    started.client.close()


@pytest.fixture
def workers(apache_kafka: ApacheKafka, engine: EngineProcess, tmp_path: Path) -> Iterator[WorkerProcesses]:
    started = WorkerProcesses(apache_kafka.address, engine.url, JOB_TYPE, tmp_path, handler_ms=HANDLER_MS)
    started.session_ms = QUICK_SESSION_MS
    yield started
    started.close()


def test_every_instance_completes_whatever_joins_dies_and_stands_still(
    engine: EngineProcess, workers: WorkerProcesses
) -> None:
    engine.client.upload_definition(chain(FLOW, JOB_TYPE))
    first, sleeper = workers.start(), workers.start()
    trouble: list[Callable[[], object]] = [
        workers.start,
        lambda: workers.kill(first),
        lambda: workers.suspend(sleeper),
        engine.kill,
        workers.start,
    ]
    started = 0
    for number, strike in enumerate(trouble, start=1):
        while started < JOBS * number // len(trouble):
            engine.client.start_instance(FLOW, {"number": started})
            started += 1
        done = min(engine.count("COMPLETED"), started - 1)
        wait_until(lambda done=done: engine.count("COMPLETED") > done, "work to go on", timeout_s=WAIT_S)
        strike()
        if strike == engine.kill:
            engine.start()
            workers.resume(sleeper)
    wait_until(lambda: engine.count("COMPLETED") == JOBS, "the last instance", timeout_s=WAIT_S)
    assert engine.count("FAILED") == 0
    assert len(workers.runs()) == JOBS
