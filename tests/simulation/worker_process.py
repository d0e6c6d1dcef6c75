"""WorkerProcess: the runner as it is, over a simulated network, with handlers whose end is an event."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection
from contextvars import copy_context
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from types import SimpleNamespace
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
from simulation.promises import Promises
from simulation.watching import watch
from workflow_sdk.client.answers import RawResponse
from workflow_sdk.client.connection import Connection
from workflow_sdk.client.http1.connection import Done
from workflow_sdk.client.http_channel import HttpChannel
from workflow_sdk.errors import HeartbeatUnsupportedError, ReleaseJobError
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner import kafka_runner
from workflow_sdk.runner.handlers.handler_call import call_in_thread
from workflow_sdk.runner.handlers.handler_coroutines import HandlerCoroutines
from workflow_sdk.runner.job.in_flight import InFlight
from workflow_sdk.runner.job.outcome import Completed
from workflow_sdk.runner.kafka.dead_letters import DeadLetters
from workflow_sdk.runner.kafka_runner import KafkaRunner
from workflow_sdk.runner.runner import Runner
from workflow_sdk.runner.shift import assembly
from workflow_sdk.runner.shift.shift import Shift
from workflow_sdk.runner.shift.worker_run import WorkerRun
from workflow_sdk.runner.summary import RunSummary

TIMEOUT_S = 2.0
JOB_TYPES = ("a", "b")
# Where handlers give jobs back at all, so many runs end like that, with one of these delays.
GIVE_BACK_RATE = 0.2
DELAYS_S = (None, None, 0.5, 4.0, 20.0)
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


class _Wire:
    """In place of a pool of connections: each request goes over the simulated network."""

    def __init__(self, name: str, network: SimulatedNetwork, promises: Promises) -> None:
        self._name = name
        self._network = network
        self._promises = promises

    async def ask(self, request: bytes, *, before_write: Callable[[], None] | None = None) -> RawResponse:
        message = self._network.message(self._name, request)
        if before_write is not None:
            await self._network.dial()
            before_write()
        self._promises.sent(message)
        try:
            return await self._network.ask(message)
        finally:
            self._promises.answered(message)

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


class _Threads:
    """In place of `size` handler threads: a run takes as long as the seed says, and ends as an event."""

    def __init__(
        self, worker: WorkerProcess, *, size: int, done: Callable[[InFlight], None], **_: Any
    ) -> None:
        self._worker = worker
        self._idle = size
        self._done = done
        self._waiting: deque[InFlight] = deque()

    def submit(self, item: InFlight) -> None:
        self._waiting.append(item)
        self._begin()
        self._worker.waits(self._waiting)

    def close(self) -> None:
        """There are none."""

    def _begin(self) -> None:
        while self._idle and self._waiting:
            self._idle -= 1
            self._worker.begin(self._waiting.popleft(), self._end)

    def _end(self, item: InFlight) -> None:
        self._idle += 1
        self._done(item)
        self._begin()


class _Coroutines(HandlerCoroutines):
    """Async handlers on the world's loop, in place of one on a thread of its own."""

    def __init__(
        self,
        worker: WorkerProcess,
        *,
        done: Callable[[InFlight], None],
        home: asyncio.AbstractEventLoop,
        **settings: Any,
    ) -> None:
        super().__init__(done=partial(worker.ended, done), home=home, **settings)
        self._worker = worker
        self._handler_loop = SimpleNamespace(  # type: ignore[assignment]
            loop=home, watch=lambda now: None, new_task=home.create_task, put_back=lambda: None
        )

    def submit(self, item: InFlight) -> None:
        item.context = copy_context()
        self._worker.begin_later(item)
        super().submit(item)

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


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
        self._runs_s: dict[str, float] = {}
        self.name = name
        self.machine = Process(loop)
        self.shift = self.machine.context().run(self._made)
        self._kept = kept(self.shift)
        watch(self.shift, name, world.promises, machine=self.machine)
        self._task: asyncio.Task[RunSummary] = self.machine.spawn(self.shift.work())

    @property
    def is_running(self) -> bool:
        return not (self.machine.is_dead or self._task.done())

    async def drain(self) -> None:
        """As SIGTERM does; until it has ended, or was killed amid it."""
        self._world.promises.told_to_stop(self.name)
        self.shift.stop("")
        await asyncio.wait({self._task, self.machine.death}, return_when=asyncio.FIRST_COMPLETED)
        if self._task.done() and not isinstance(self._task.exception(), HeartbeatUnsupportedError):
            self._world.promises.drained(self.name, self._task.result())

    def pause(self, is_paused: bool) -> None:
        """As `rochallor workers pause` does, or the end of such a pause."""

        def order() -> None:
            # What a resumed worker does at once it may do.
            self._world.promises.quiet(self.name, False)
            self.shift.pause(is_paused)
            self._world.promises.quiet(self.name, is_paused)

        self._loop.call_soon(order, context=self.machine.context())

    # --- the runner ---

    def _made(self) -> Shift:
        world = self._world
        wire = _Wire(self.name, world.network, world.promises)
        plan = replace(
            self._runner(self._registry())._plan,
            clock=self._loop.time,
            make_channel=lambda _, **settings: _Channel(wire, **settings),
            make_threads=lambda **settings: _Threads(self, **settings),  # type: ignore[arg-type, return-value]
        )
        with (
            patch.object(assembly, "HandlerCoroutines", partial(_Coroutines, self)),
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
                heartbeat=True if self._world.kind.insists_on_leases else None,
            )
        return KafkaRunner(
            self._worker_id,
            "kafka:9092",
            None,  # type: ignore[arg-type]
            registry,
            metrics=UncountedMetrics(),
            parallelism=self._parallelism,
            dead_letter_topic="dead",
            consumer_factory=self._consumer,  # type: ignore[arg-type]
        )

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
            self._world.promises.ran(self.name, item, f"{self.name} {job_id}" if succeeds else "")
            self._world.note(f"{self.name} ran {job_id}: {'succeeds' if succeeds else 'fails'}")
        done(item)

    def _begins(self, item: InFlight) -> float:
        """How long this run takes."""
        world = self._world
        job_id = str(item.current.job["id"])
        self._raises[job_id] = self._error_of(item)
        seconds = world.duration_s()
        world.note(
            f"{self.name} runs {item.claim.job_type} {job_id} of {item.claim.instance_id}: {seconds:.2f} s"
        )
        world.promises.runs_now(self.name, item)
        world.promises.runs_beside(self.name, item, slots=self._parallelism)
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

    def _end(self, item: InFlight, done: Callable[[InFlight], None]) -> None:
        call_in_thread(item)
        self.ended(done, item)

    async def _handle_later(self, job: Any) -> dict[str, str]:
        await asyncio.sleep(self._runs_s[job["id"]])
        return self._handle(job)

    def _handle(self, job: Any) -> dict[str, str]:
        if (error := self._raises[job["id"]]) is not None:
            raise error
        return {job["stepExecutionId"]: f"{self.name} {job['id']}"}

    # --- at rest ---

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing is in flight, and nothing kept of what was."""
        return self.shift._execution.is_idle and not self._grown

    @property
    def _grown(self) -> list[str]:
        return grown(self._kept, kept(self.shift))

    @property
    def lost(self) -> Counter[str]:
        """How many records it has said to be removed unread, by topic."""
        sources = getattr(self.shift._source, "sources", {})
        return Counter({topic: source.lost for topic, source in sources.items()})

    def check_at_rest(self) -> None:
        shift = self.shift
        self._world.promises.at_rest(
            self.name,
            slots_in_use=shift._slots.in_use,
            in_flight=len(shift._execution.in_flight),
            unsettled=len(shift._senders.unsettled),
            grown=self._grown,
        )
