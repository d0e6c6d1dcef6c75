"""ShiftPlan: how a runner is to work; JobSource: what polling and Kafka each bring to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from workflow_sdk.client.job_channel import JobChannel, job_channel
from workflow_sdk.clock import Clock, boottime
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.metrics.metrics import Metrics
from workflow_sdk.runner.handlers.handler_threads import HandlerThreads
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.report import Report, Settlement
from workflow_sdk.runner.job.slots import Slots
from workflow_sdk.runner.reporting.engine_watch import EngineWatch
from workflow_sdk.runner.statistics import Statistics


class JobSource(Protocol):
    """Where claims come from: polls, or Kafka. Lives on the shift's loop."""

    async def run(self) -> None:
        """Bring claims to `SourceParts.start` until `stop`; an exception ends the run."""
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

    @property
    def surplus(self) -> str:
        """Why no job can come although all is well, in words; empty otherwise. Thread-safe."""
        ...


class Reporter(Protocol):
    """Takes reports; answers each once through Execution.settled."""

    def put(self, report: Report) -> None: ...

    def renewed(self, report: Report) -> None:
        """The report's job has come again."""
        ...

    def proved(self, report: Report) -> None:
        """The next attempt of the report's job has come."""
        ...


class HandlerExecutor(Protocol):
    """Where handlers run; brings each item back through Execution.finished."""

    def submit(self, item: InFlight) -> None: ...


@dataclass(frozen=True, slots=True)
class SourceParts:
    """What a source may use of the shift it feeds."""

    channel: JobChannel
    slots: Slots
    watch: EngineWatch
    metrics: Metrics
    start: Callable[[Claim], None]
    statistics: Statistics
    clock: Clock
    # Told the key and the retries left of a job that has come and must wait for its turn.
    next_came: Callable[[str, int], None]


# As many as there are senders: more would only wait longer.
REPORTS_WITHOUT_SLOT = 8

SourceMaker = Callable[[SourceParts], JobSource]


@dataclass(frozen=True, slots=True)
class ShiftPlan:
    """How a runner works; `dispatch` is the metrics' label (polling, kafka)."""

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
    clock: Clock = boottime
    # Called as these two are: what says something to the engine, and where plain handlers run.
    make_channel: Callable[..., JobChannel] = job_channel
    make_threads: Callable[..., HandlerThreads] = HandlerThreads

    @property
    def reports_without_slot(self) -> int:
        """How many jobs may wait for their report's answer without a slot: a handler's successor need not.

        A lease begins with a claim, and a claimed job begins at once, so nobody's lease pays for that. Few,
        because each is one job more that is run again when the process dies.
        """
        return min(self.parallelism, REPORTS_WITHOUT_SLOT)
