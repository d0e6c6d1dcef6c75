"""ShiftPlan: how a runner is to work; JobSource: what polling and Kafka each bring to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from workflow_sdk.client.job_channel import JobChannel
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.statistics import Statistics


class JobSource(Protocol):
    """Where claims come from: polls, or Kafka. Lives on the shift's loop."""

    async def run(self) -> None:
        """Bring claims to `Parts.start` until `stop`; an exception ends the run."""
        ...

    def stop(self) -> None:
        """Claim no more; `run` returns soon."""
        ...

    async def close(self) -> None:
        """Called after the last job was settled or left."""
        ...

    def settled(self, claim: Claim, settlement: Settlement) -> None: ...

    def slot_freed(self) -> None: ...

    @property
    def trouble(self) -> str:
        """What else than the engine keeps jobs from coming, in words; empty when nothing is known to. Thread-safe."""
        ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What a source may use of the shift it feeds."""

    channel: JobChannel
    slots: Slots
    watch: EngineWatch
    metrics: Metrics
    start: Callable[[Claim], None]
    statistics: Statistics


SourceMaker = Callable[[Parts], JobSource]


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """How a runner works; `dispatch` is the metrics' label (polling, kafka).

    `reports_without_slot` jobs may wait for their report's answer without a slot: where a job has no lease, its
    handler's successor need not wait for that.
    """

    worker_id: str
    client: Any
    registry: HandlerRegistry
    metrics: Metrics
    parallelism: int
    drain_timeout_s: float
    dispatch: str
    make_source: SourceMaker
    heartbeat: bool | None = None
    heartbeat_interval_s: float | None = None
    lease_seconds: int = 0
    reports_without_slot: int = 0
