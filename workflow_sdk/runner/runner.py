"""Runner: polls the engine and runs handlers."""

from __future__ import annotations

from collections.abc import Collection

from prometheus_client import CollectorRegistry

from workflow_sdk.client.interface import JobClient
from workflow_sdk.handler.foreign_registry import registry_for_runner
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.polling.poll_source import PollSource
from workflow_sdk.runner.shift.plan import JobSource, ShiftPlan, SourceParts
from workflow_sdk.runner.shift.worker_run import WorkerRun

DEFAULT_PARALLELISM = 64
DEFAULT_POLL_INTERVAL_S = 0.5
DEFAULT_DRAIN_TIMEOUT_S = 25.0


class Runner(WorkerRun):
    """Claims jobs by polling, and reports what their handlers return.

    `parallelism` is the number of handlers at once, `poll_interval` the seconds between polls while
    nothing comes (values of 0 and below mean the defaults). `drain_timeout` bounds the stop, in
    seconds; `shutdown_timeout` is another name for it. `job_types` serves only these types.

    `heartbeat` extends leases: None where the engine can, True always (HeartbeatUnsupportedError from
    `run` where it cannot), False never; `heartbeat_interval` is half a lease unless given in seconds.
    `lease_seconds` asks newer engines for leases of that length (5-3600; 0: the engine's own).
    """

    def __init__(
        self,
        client: JobClient,
        registry: HandlerRegistry,
        worker_id: str,
        parallelism: int = DEFAULT_PARALLELISM,
        poll_interval: float = DEFAULT_POLL_INTERVAL_S,
        metrics: Metrics | None = None,
        *,
        drain_timeout: float = DEFAULT_DRAIN_TIMEOUT_S,
        job_types: Collection[str] | None = None,
        lease_seconds: int = 0,
        heartbeat: bool | None = None,
        heartbeat_interval: float | None = None,
        shutdown_timeout: float | None = None,
    ) -> None:
        if not worker_id:
            raise ValueError("worker_id is empty: the engine records who holds a job")
        if lease_seconds and not 5 <= lease_seconds <= 3600:
            raise ValueError(f"lease_seconds is {lease_seconds}; 5 to 3600, or 0 for the engine's own")
        self._registry = registry_for_runner(registry)
        self._job_types = job_types
        self._poll_interval_s = poll_interval if poll_interval > 0 else DEFAULT_POLL_INTERVAL_S
        plan = ShiftPlan(
            worker_id=worker_id,
            client=client,
            registry=self._registry,
            metrics=metrics or Metrics(registry=CollectorRegistry()),
            parallelism=parallelism if parallelism > 0 else DEFAULT_PARALLELISM,
            drain_timeout_s=drain_timeout if shutdown_timeout is None else shutdown_timeout,
            dispatch="polling",
            make_source=self._make_source,
            heartbeat=heartbeat,
            heartbeat_interval_s=heartbeat_interval,
            lease_seconds=lease_seconds,
        )
        super().__init__(plan)

    def _make_source(self, parts: SourceParts) -> JobSource:
        return PollSource(
            parts.channel,
            registry=self._registry,
            job_types=self._job_types,
            slots=parts.slots,
            watch=parts.watch,
            metrics=parts.metrics,
            poll_interval_s=self._poll_interval_s,
            start=parts.start,
            clock=parts.clock,
        )
