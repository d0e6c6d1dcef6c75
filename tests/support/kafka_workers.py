"""KafkaRunners in threads of a test, on a broker of the test's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry

from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.summary import RunnerSnapshot, RunSummary

# The embedded broker sits out an empty fetch, and waits a session less a second at every rebalance.
QUICK = {"fetch.wait.max.ms": 10, "session.timeout.ms": 2_000, "heartbeat.interval.ms": 200}
END_TIMEOUT_S = 90.0


class KafkaWorker:
    """A runner and the thread that runs it. `summary` is there after the end."""

    def __init__(self, brokers: str, engine_url: str, registry: HandlerRegistry, **options: Any) -> None:
        self.client = RestEngineClient(engine_url)
        self.metrics = Metrics(registry=CollectorRegistry())
        config = QUICK | options.pop("extra_kafka_config", {})
        worker_id = options.pop("worker_id", "w-1")
        self.runner = KafkaRunner(
            worker_id,
            brokers,
            self.client,
            registry,
            extra_kafka_config=config,
            metrics=self.metrics,
            **options,
        )
        self.summary: RunSummary | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"test {worker_id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def snapshot(self) -> RunnerSnapshot:
        wait_until(lambda: self.runner.snapshot() is not None, "the worker's loop")
        found = self.runner.snapshot()
        assert found is not None
        return found

    def stop(self) -> RunSummary:
        """Stop it and wait for its end."""
        self._stop.set()
        self._thread.join(END_TIMEOUT_S)
        assert self.summary is not None, "the worker did not end"
        return self.summary

    def _run(self) -> None:
        with self.client:
            self.summary = self.runner.run(self._stop)


@contextmanager
def running_worker(
    brokers: str, engine_url: str, registry: HandlerRegistry, **options: Any
) -> Iterator[KafkaWorker]:
    """A worker that runs while the block does, and is stopped in good order after it."""
    worker = KafkaWorker(brokers, engine_url, registry, **options)
    worker.start()
    try:
        yield worker
    finally:
        if worker.summary is None:
            worker.stop()
