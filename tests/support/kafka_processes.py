"""Worker processes on a Kafka, and an audit of what they did: runs, reports and commits of every job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, Message, Producer

from support.kafka_records import offsets_of, quiet_client, record_of
from support.reporting_engine import ReportingEngine

PROGRAM = Path(__file__).with_name("kafka_worker_program.py")
END_TIMEOUT_S = 90.0
# A session that runs out repeats jobs, as it must: where a test says that none is repeated, none may run out, however
# busy the machine is.
PATIENT_SESSION_MS = 45_000
# For a worker that is killed or stands still: its partitions pass on while the test waits.
QUICK_SESSION_MS = 3_000
QUICK_HEARTBEAT = "heartbeat.interval.ms=300"


class WorkerProcesses:
    """Workers for one job type, in sessions of `session_ms`."""

    def __init__(
        self, brokers: str, engine_url: str, job_type: str, folder: Path, *, handler_ms: int
    ) -> None:
        self.session_ms = PATIENT_SESSION_MS
        self._arguments = [brokers, engine_url, job_type, str(handler_ms)]
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> int:
        """Start one more; return its number."""
        number = len(self._processes)
        command = [
            sys.executable,
            str(PROGRAM),
            *self._arguments,
            str(self._runs_file(number)),
            f"session.timeout.ms={self.session_ms}",
            QUICK_HEARTBEAT,
        ]
        with (self._folder / f"worker-{number}.log").open("wb") as log:
            self._processes.append(subprocess.Popen(command, stderr=log))
        return number

    def kill(self, number: int) -> None:
        """End it as a power cut would."""
        self._processes[number].send_signal(signal.SIGKILL)
        self._processes[number].wait(END_TIMEOUT_S)

    def suspend(self, number: int) -> None:
        """Let it stand still, as a machine does that is short of memory or was put to sleep."""
        self._processes[number].send_signal(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """Let it go on."""
        self._processes[number].send_signal(signal.SIGCONT)

    def stop(self, number: int) -> int:
        """End it in good order; return its exit status."""
        self._processes[number].send_signal(signal.SIGTERM)
        return self._processes[number].wait(END_TIMEOUT_S)

    def runs_of(self, number: int) -> Counter[str]:
        """How often each job has begun to run in one worker."""
        file = self._runs_file(number)
        return Counter(file.read_text("utf-8").split()) if file.exists() else Counter()

    def runs(self) -> Counter[str]:
        """How often each job has begun to run in any of them."""
        return sum((self.runs_of(number) for number in range(len(self._processes))), Counter())

    def close(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                process.kill()
                process.wait()

    def _runs_file(self, number: int) -> Path:
        return self._folder / f"runs-{os.getpid()}-{number}"


class Audit:
    """Publishes jobs and knows where each of them stands in its topic."""

    def __init__(self, brokers: str, engine: ReportingEngine, job_type: str, partitions: int) -> None:
        self._engine = engine
        self._job_type = job_type
        self._logs: list[list[str]] = [[] for _ in range(partitions)]
        config = {"partitioner": "murmur2_random", "enable.idempotence": True, "linger.ms": 2}
        self._producer = Producer(quiet_client(brokers, **config))
        self._reader = Consumer(quiet_client(brokers, **{"group.id": f"workflow.workers.{job_type}"}))
        self.job_ids: set[str] = set()

    def close(self) -> None:
        self._reader.close()

    def publish(self, first: int, count: int) -> None:
        """Publish so many jobs, named by numbers, and note where they went."""
        for number in range(first, first + count):
            record = record_of(f"j{number}", self._job_type)
            self._producer.produce(
                record.topic, record.value(), record.key, on_delivery=self._note(record.job_id)
            )
            self._producer.poll(0)
            self.job_ids.add(record.job_id)
        assert self._producer.flush(END_TIMEOUT_S) == 0

    def offsets(self) -> list[int]:
        """The group's committed offsets; fails when one has passed a job that is not reported."""
        # Read before the reports are: what is committed now must have been reported by then.
        offsets = offsets_of(self._reader, f"workflow.jobs.{self._job_type}", len(self._logs))
        reported = self._engine.reported
        for log, offset in zip(self._logs, offsets, strict=True):
            assert [job_id for job_id in log[:offset] if job_id not in reported] == []
        return offsets

    def uncommitted(self) -> int:
        """How many jobs are reported and not committed yet."""
        committed = sum(self.offsets())
        return len(self._engine.reported) - committed

    def is_all_reported(self) -> bool:
        return self._engine.reported >= self.job_ids

    def is_all_reported_but_a_few(self) -> bool:
        """All but what a worker that stands still may hold."""
        self.offsets()
        return len(self.job_ids - self._engine.reported) <= 50

    def is_all_committed(self) -> bool:
        return self.offsets() == [len(log) for log in self._logs]

    def _note(self, job_id: str):  # type: ignore[no-untyped-def]
        def delivered(error: KafkaError | None, message: Message) -> None:
            assert error is None
            partition, offset = message.partition(), message.offset()
            assert offset == len(self._logs[partition])
            self._logs[partition].append(job_id)

        return delivered
