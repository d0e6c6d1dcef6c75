"""SimulatedWorker: the runner as it is, over a simulated network, with handlers whose end is an event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from simulation.broker import SimulatedBroker
from simulation.consumer import SimulatedConsumer
from simulation.loop import Process, SimulatedLoop
from simulation.network import SimulatedNetwork
from simulation.promises import Promises
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.handlers.handler_call import call_in_thread
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed, Outcome
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.shift.worker_run import WorkerRun
from workflow_sdk.runner.statistics import Statistics
from workflow_sdk.runner.summary import RunSummary

JOB_TYPES = ("a", "b")


class _Wire:
    """In place of a pool of connections: each request goes over the simulated network."""

    def __init__(self, name: str, network: SimulatedNetwork, promises: Promises) -> None:
        self._name = name
        self._network = network
        self._promises = promises

    async def ask(self, request: bytes) -> RawResponse:
        message = self._network.message(self._name, request)
        self._promises.sent(message)
        try:
            return await self._network.ask(message)
        finally:
            self._promises.answered(message)

    async def close(self) -> None:
        """Nothing is kept open."""


class _Channel(HttpChannel):
    def __init__(self, wire: _Wire, **settings: Any) -> None:
        super().__init__(Connection("http://engine:8080"), **settings)
        self._opened = wire  # type: ignore[assignment]


class _Threads:
    """In place of handler threads: a run takes as long as the seed says, and ends as an event."""

    def __init__(self, worker: SimulatedWorker, *, done: Callable[[InFlight], None], **_: Any) -> None:
        self._worker = worker
        self._done = done

    def submit(self, item: InFlight) -> None:
        self._worker.begin(item, self._done)

    def close(self) -> None:
        """There are none."""


class SimulatedWorker:
    """One process after the other under one name: `start` begins the next one."""

    def __init__(
        self,
        name: str,
        *,
        network: SimulatedNetwork,
        promises: Promises,
        random: Random,
        duration_s: Callable[[], float],
        failure_rate: float,
        note: Callable[[str], None],
        broker: SimulatedBroker | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._loop = loop
        self._name = name
        self._network = network
        self._promises = promises
        self._random = random
        self._duration_s = duration_s
        self._failure_rate = failure_rate
        self._note = note
        self._broker = broker
        # Whether it reaches no broker; the engine it does.
        self.is_cut = False
        self._parallelism = random.choice([2, 4, 16])
        self._starts = 0
        self._fails: dict[str, bool] = {}
        self.process: Process
        self.shift: Shift
        self.task: asyncio.Task[RunSummary]

    @property
    def name(self) -> str:
        """Of the process that runs now."""
        return f"{self._name}.{self._starts}"

    def start(self) -> None:
        self._starts += 1
        self.process = Process(self._loop)
        self.task = self.process.spawn(self._work())

    async def _work(self) -> RunSummary:
        registry = HandlerRegistry()
        for job_type in JOB_TYPES:
            registry.register(job_type, self._handle)
        wire = _Wire(self.name, self._network, self._promises)
        plan = replace(
            self._runner(registry)._plan,
            clock=self._loop.time,
            make_channel=lambda _, **settings: _Channel(wire, **settings),
            make_threads=lambda **settings: _Threads(self, **settings),  # type: ignore[arg-type, return-value]
        )
        self.shift = Shift(plan)
        self._watch_counts(self.shift._statistics)
        return await self.shift.work()

    def _runner(self, registry: HandlerRegistry) -> WorkerRun:
        if self._broker is None:
            return Runner(None, registry, self._name, parallelism=self._parallelism)  # type: ignore[arg-type]
        return KafkaRunner(
            self._name,
            "kafka:9092",
            None,  # type: ignore[arg-type]
            registry,
            parallelism=self._parallelism,
            consumer_factory=self._consumer,  # type: ignore[arg-type]
        )

    def _consumer(self, config: dict[str, Any]) -> SimulatedConsumer:
        assert self._broker is not None
        return SimulatedConsumer(config, broker=self._broker, process=self.name, is_cut=lambda: self.is_cut)

    def _watch_counts(self, statistics: Statistics) -> None:
        count, name = statistics.settled, self.name

        def counted(claim: Claim, outcome: Outcome, settlement: Settlement) -> None:
            count(claim, outcome, settlement)
            if settlement is Settlement.ACKNOWLEDGED and isinstance(outcome, Completed):
                self._promises.counted_as_done(name, claim)

        statistics.settled = counted  # type: ignore[method-assign]

    def begin(self, item: InFlight, done: Callable[[InFlight], None]) -> None:
        job_id = str(item.current.job["id"])
        fails = item.claim.retries_remaining > 0 and self._random.random() < self._failure_rate
        self._fails[job_id] = fails
        seconds = self._duration_s()
        self._note(
            f"{self.name} runs {item.claim.job_type} {job_id} of {item.claim.instance_id}: {seconds:.2f} s"
        )
        self._promises.runs_now(self.name, item)
        item.began = self._loop.time()
        self._loop.call_later(seconds, self._end, item, done)

    def _end(self, item: InFlight, done: Callable[[InFlight], None]) -> None:
        call_in_thread(item)
        job_id = str(item.current.job["id"])
        self._promises.ran(self.name, item, "" if self._fails[job_id] else f"{self.name} {job_id}")
        self._note(f"{self.name} ran {job_id}: {'fails' if self._fails[job_id] else 'succeeds'}")
        done(item)

    def _handle(self, job: Any) -> dict[str, str]:
        if self._fails[job["id"]]:
            raise ConnectionError("as the seed says")
        return {job["stepExecutionId"]: f"{self.name} {job['id']}"}

    @property
    def is_idle(self) -> bool:
        return self.shift._execution.is_idle

    def check_at_rest(self) -> None:
        shift = self.shift
        self._promises.at_rest(
            self.name,
            slots_in_use=shift._slots.in_use,
            in_flight=len(shift._execution.in_flight),
            unsettled=len(shift._senders.unsettled),
        )

    async def drain(self) -> None:
        """As SIGTERM does."""
        self.shift.stop("")
        self._promises.drained(self.name, await self.task)
