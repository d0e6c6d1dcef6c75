"""WorkerProcess: the runner as it is, over a simulated network, with handlers whose end is an event."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch

from simulation.broker import SimulatedBroker
from simulation.consumer import SimulatedConsumer
from simulation.kinds import Kind
from simulation.loop import Process, SimulatedLoop
from simulation.memory import grown, kept
from simulation.metrics import UncountedMetrics
from simulation.network import SimulatedNetwork
from simulation.producer import SimulatedProducer
from simulation.promises import BrokenPromise, Promises
from simulation.refusals import RESULTS, Flaw
from simulation.watching import watch
from simulation.workshops import SimulatedCoroutines, SimulatedThreads
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.http1.connection import Done
from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.errors import HeartbeatUnsupportedError, ReleaseJobError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner import kafka_runner
from workflow_sdk.runner.handlers.handler_call import call_in_thread
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.kafka.dead_letters import DeadLetters
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.runner import DEFAULT_DRAIN_TIMEOUT_S, Runner
from workflow_sdk.runner.shift import assembly
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.shift.worker_run import WorkerRun
from workflow_sdk.runner.summary import RunSummary

TIMEOUT_S = 2.0
JOB_TYPES = ("a", "b")
# Where handlers give jobs back at all, so many runs end like that, with one of these delays.
GIVE_BACK_RATE = 0.2
DELAYS_S = (None, None, 0.5, 4.0, 20.0)
# Where drains run out, after so long. Of results that are not taken, so many runs end with one.
DRAIN_S, FLAW_RATE = 2.0, 0.12
# Where failures are held; and where the handler of one type has limits.
RETRY_DELAY_S = 2.0
PARALLELISM, RATE = 1, 2.0


@dataclass(frozen=True)
class Surroundings:
    """What the processes of one world share; `broker` in Kafka mode."""

    network: SimulatedNetwork
    promises: Promises
    random: Random
    duration_s: Callable[[], float]
    failure_rate: float
    note: Callable[[str], None]
    kind: Kind
    broker: SimulatedBroker | None = None
    flaws: tuple[Flaw, ...] = ()


class _Wire:
    """In place of a pool of connections: each request goes over the simulated network."""

    def __init__(self, name: str, network: SimulatedNetwork, promises: Promises) -> None:
        self._name = name
        self._network = network
        self._promises = promises

    async def ask(self, request: bytes, *, before_write: Callable[[], None] | None = None) -> RawResponse:
        try:
            return await self._asked(request, before_write)
        except BrokenPromise:
            # The world is over. What the worker makes of it is no matter, and it might make it again and again.
            return await asyncio.get_running_loop().create_future()

    async def _asked(self, request: bytes, before_write: Callable[[], None] | None) -> RawResponse:
        message = self._network.message(self._name, request)
        if before_write is not None:
            await self._network.dial()
            before_write()
        self._promises.sent(message)
        try:
            answer = await self._network.ask(message)
        except BaseException as error:
            self._promises.answered(message, error)
            raise
        self._promises.answered(message, answer)
        return answer

    def begin(self, request: bytes, done: Done) -> bool:
        """As where a connection rests, which is so for most."""
        if not self._network.has_connection():
            return False

        async def ask() -> None:
            try:
                answer: RawResponse | Exception = await self.ask(request)
            except Exception as error:
                answer = error
            done(answer)

        asyncio.get_running_loop().create_task(ask())
        return True

    async def close(self) -> None:
        """Nothing is kept open."""


class _Channel(HttpChannel):
    def __init__(self, wire: _Wire, **settings: Any) -> None:
        super().__init__(Connection("http://engine:8080"), **settings)
        self._opened = wire  # type: ignore[assignment]


class WorkerProcess:
    """`name` is its own, `worker_id` is what the engine sees. `is_cut`: whether it reaches no broker."""

    def __init__(
        self,
        name: str,
        world: Surroundings,
        *,
        worker_id: str,
        parallelism: int,
        is_cut: Callable[[], bool],
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._loop = loop
        self._world = world
        self._worker_id = worker_id
        self._parallelism = parallelism
        self._is_cut = is_cut
        self._raises: dict[str, Exception | None] = {}
        self._flaws: dict[str, Flaw | None] = {}
        self._runs_s: dict[str, float] = {}
        self.threads: SimulatedThreads | None = None
        self.name = name
        self._began = loop.time()
        self.machine = Process(loop)
        self.shift = self.machine.context().run(self._made)
        self._kept = kept(self.shift)
        watch(self.shift, name, world.promises, machine=self.machine)
        self._task: asyncio.Task[RunSummary] = self.machine.spawn(self.shift.work())

    @property
    def is_running(self) -> bool:
        return not (self.machine.is_dead or self._task.done())

    async def drain(self, *, patience_s: float | None = None) -> None:
        """As SIGTERM does; until it has ended, or was killed amid it. A second one follows after `patience_s`."""
        began = self._loop.time()
        self._world.promises.told_to_stop(self.name)
        self.shift.stop("")
        if patience_s is not None:
            self._loop.call_later(patience_s, self.shift.abandon, context=self.machine.context())
        await asyncio.wait({self._task, self.machine.death}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done() and not isinstance(self._task.exception(), HeartbeatUnsupportedError):
            self._world.promises.drained(
                self.name,
                self._task.result(),
                took_s=self._loop.time() - began,
                patience_s=self._drain_s if patience_s is None else min(patience_s, self._drain_s),
                in_flight=[item.claim.job_id for item in self.shift._execution.in_flight.values()],
            )
            # What its handlers still do ends with it.
            self.machine.kill()

    def pause(self, is_paused: bool) -> None:
        """As `rochallor workers pause` does, or the end of such a pause."""

        def order() -> None:
            # What a resumed worker does at once it may do.
            limits = self._world.promises.limits
            limits.quiet(self.name, False)
            self.shift.pause(is_paused)
            limits.quiet(self.name, is_paused)

        self._loop.call_soon(order, context=self.machine.context())

    def give_threads(self, most: int | None) -> None:
        """The system gives no more threads than these, or as many as it likes."""

        def order() -> None:
            self._world.promises.limits.has_threads(self.name, most)
            if self.threads is not None:
                self.threads.at_most(most)
            self.shift._execution.at_most(most)

        self._loop.call_soon(order, context=self.machine.context())

    # --- the runner ---

    def _made(self) -> Shift:
        world = self._world
        wire = _Wire(self.name, world.network, world.promises)
        plan = replace(
            self._runner(self._registry())._plan,
            clock=self._loop.time,
            make_channel=lambda _, **settings: _Channel(wire, **settings),
            make_threads=lambda **settings: SimulatedThreads(self, **settings),  # type: ignore[arg-type, return-value]
        )
        with (
            patch.object(assembly, "HandlerCoroutines", partial(SimulatedCoroutines, self)),
            patch.object(kafka_runner, "DeadLetters", partial(DeadLetters, factory=self._producer)),
        ):
            return Shift(plan)

    def _registry(self) -> HandlerRegistry:
        kind = self._world.kind
        limits: dict[str, Any] = {"parallelism": PARALLELISM, "rate": RATE} if kind.has_limits else {}
        registry = HandlerRegistry()
        registry.register("a", self._handle, retry_delay=RETRY_DELAY_S if kind.holds_failures else None)
        if kind.has_async_handlers:
            registry.register("b", self._handle_later, timeout=TIMEOUT_S, **limits)
        else:
            registry.register("b", self._handle, **limits)
        return registry

    def _runner(self, registry: HandlerRegistry) -> WorkerRun:
        if self._world.broker is None:
            return Runner(
                None,  # type: ignore[arg-type]
                registry,
                self._worker_id,
                metrics=UncountedMetrics(),
                parallelism=self._parallelism,
                drain_timeout=self._drain_s,
                heartbeat=True if self._world.kind.insists_on_leases else None,
            )
        return KafkaRunner(
            self._worker_id,
            "kafka:9092",
            None,  # type: ignore[arg-type]
            registry,
            metrics=UncountedMetrics(),
            parallelism=self._parallelism,
            drain_timeout=self._drain_s,
            ordering="none" if self._world.kind.has_any_order else "key",
            dead_letter_topic="dead",
            consumer_factory=self._consumer,  # type: ignore[arg-type]
        )

    @property
    def _drain_s(self) -> float:
        return DRAIN_S if self._world.kind.drains_run_out else DEFAULT_DRAIN_TIMEOUT_S

    def _consumer(self, config: dict[str, Any]) -> SimulatedConsumer:
        assert self._world.broker is not None
        return SimulatedConsumer(config, broker=self._world.broker, process=self.name, is_cut=self._is_cut)

    def _producer(self, config: dict[str, Any]) -> SimulatedProducer:
        assert self._world.broker is not None
        return SimulatedProducer(self._world.broker, is_cut=self._is_cut)

    # --- its handlers ---

    def begin(self, item: InFlight, done: Callable[[InFlight], None]) -> None:
        seconds = self._begins(item)
        item.began = self._loop.time()
        self._loop.call_later(seconds, self._end, item, done)

    def waits(self, items: Collection[InFlight]) -> None:
        """So many have begun, and have no thread yet."""
        self._world.promises.wait_for_threads(self.name, items)

    def begin_later(self, item: InFlight) -> None:
        """An async handler's run; its last attempt is in time."""
        seconds = self._begins(item)
        is_last = item.claim.retries_remaining <= 0
        self._runs_s[str(item.current.job["id"])] = min(seconds, TIMEOUT_S / 2) if is_last else seconds

    def ended(self, done: Callable[[InFlight], None], item: InFlight) -> None:
        job_id, succeeds = str(item.current.job["id"]), isinstance(item.outcome, Completed)
        if item.released_s is not None:
            self._world.promises.given_back(self.name, item)
            self._world.note(f"{self.name} ran {job_id}: gives it back, for {item.released_s:g} s")
        else:
            flaw = self._flaws[job_id] if succeeds else None
            self._world.promises.ran(self.name, item, f"{self.name} {job_id}" if succeeds else "", flaw=flaw)
            came = "succeeds" if succeeds else "fails"
            self._world.note(f"{self.name} ran {job_id}: {f'{came}; {flaw.value}' if flaw else came}")
        done(item)

    def _begins(self, item: InFlight) -> float:
        """How long this run takes."""
        world = self._world
        job_id = str(item.current.job["id"])
        self._raises[job_id] = self._error_of(item)
        self._flaws[job_id] = self._flaw_of(item)
        seconds = world.duration_s()
        world.note(
            f"{self.name} runs {item.claim.job_type} {job_id} of {item.claim.instance_id}: {seconds:.2f} s"
        )
        world.promises.runs_now(self.name, item)
        world.promises.limits.begins(self.name, item)
        if world.kind.insists_on_leases:
            world.promises.begins_in_lease(self.name, item)
        return seconds

    def _error_of(self, item: InFlight) -> Exception | None:
        """What this run raises."""
        random, is_last = self._world.random, item.claim.retries_remaining <= 0
        if not is_last and random.random() < self._world.failure_rate:
            return ConnectionError("as the seed says")
        if self._world.kind.gives_jobs_back and random.random() < GIVE_BACK_RATE:
            return ReleaseJobError(delay=random.choice(DELAYS_S))
        return None

    def _flaw_of(self, item: InFlight) -> Flaw | None:
        """Why the result of this run will not be taken, should it succeed."""
        world = self._world
        if not world.flaws or world.random.random() >= FLAW_RATE:
            return None
        flaw = world.random.choice(world.flaws)
        # The steps of one type have a schema.
        return None if flaw is Flaw.SCHEMA and item.claim.job_type != "b" else flaw

    def _end(self, item: InFlight, done: Callable[[InFlight], None]) -> None:
        call_in_thread(item)
        self.ended(done, item)

    async def _handle_later(self, job: Any) -> dict[str, Any]:
        await asyncio.sleep(self._runs_s[job["id"]])
        return self._handle(job)

    def _handle(self, job: Any) -> dict[str, Any]:
        if (error := self._raises[job["id"]]) is not None:
            raise error
        flaw = self._flaws[job["id"]]
        return {job["stepExecutionId"]: f"{self.name} {job['id']}"} | (RESULTS[flaw] if flaw else {})

    # --- at rest ---

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight, nothing kept of what was, and nothing said to be wrong."""
        return self.shift._execution.is_idle and not self._grown and not self._wrongly_said

    @property
    def _grown(self) -> list[str]:
        return grown(self._kept, kept(self.shift))

    @property
    def _wrongly_said(self) -> str:
        return self._world.promises.wrongly_said(self.name, self.shift.snapshot())

    @property
    def lost(self) -> Counter[str]:
        """How many records it has said to be removed unread, by topic."""
        sources = getattr(self.shift._source, "sources", {})
        return Counter({topic: source.lost for topic, source in sources.items()})

    def check_away(self, *, since: float) -> None:
        """The engine has been away for long; a worker that has run all the time and asks for jobs knows it."""
        has_run = self._began < since and self.machine.went_on_at < since and not self.machine.is_halted
        is_asking = (
            self._world.broker is None and not self.shift._slots.is_paused and self.shift._slots.free > 0
        )
        if has_run and is_asking and self.is_running and self.shift.state == "running":
            self._world.promises.says_away(self.name, self.shift.snapshot())

    def check_at_rest(self) -> None:
        shift = self.shift
        self._world.promises.at_rest(
            self.name,
            slots_in_use=shift._slots.in_use,
            in_flight=len(shift._execution.in_flight),
            unsettled=len(shift._senders.unsettled),
            grown=self._grown,
            wrongly_said=self._wrongly_said,
        )
