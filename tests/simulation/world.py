"""One world, from its seed: an engine, workers, a network between them, and what befalls them."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from random import Random

from rochallor_cli.dev_engine.kafka.dispatch_record import DispatchRecord
from simulation.broker import Record, SimulatedBroker
from simulation.engine import SimulatedEngine
from simulation.kafka_promises import KafkaPromises
from simulation.kinds import KINDS, Seed, flow
from simulation.little_room import little_room
from simulation.loop import SimulatedLoop, StandsStillError
from simulation.network import SimulatedNetwork
from simulation.promises import BrokenPromise, Promises
from simulation.refusals import MOST_BYTES, Flaw, flaws_of
from simulation.threads import run_as_thread, simulated_threads
from simulation.troubles import Troubles
from simulation.worker import SimulatedWorker
from simulation.worker_process import Surroundings

INSTANCES = 24
# Groups have all their members after so long.
SETTLED_S = 15.0
# Faults happen for so long; whatever they did must be made good within so much more.
TROUBLED_S = 40.0
PATIENCE_S = 600.0
JOBS_EACH = 3
_KEPT_NOTES = 20_000
MOST_LINES = 60
_HERE = "world: here it is broken"
# Of everybody: what befell the world, and who has which partition.
_EVERYBODYS = re.compile(r"world: |kafka: \S+ (generation|throws out) ")
_RUN = re.compile(r" runs \S+ (?P<job>\S+) of (?P<instance>\S+):")


@dataclass(frozen=True)
class Course:
    """What came of one seed."""

    seed: Seed
    jobs: int
    steps: int
    simulated_s: float
    broken: str = ""
    instances: int = INSTANCES
    without: tuple[str, ...] = ()
    timeline: tuple[str, ...] = ()

    @property
    def promise(self) -> str:
        """What was broken, without the names of those it was broken to."""
        return self.broken.partition(":")[0]

    @property
    def text(self) -> str:
        """The seed, the promise that was broken, and what happened to those it was broken to."""
        lines = "\n".join(f"  {line}" for line in self.timeline)
        return f"seed {self.seed}: {self.broken}\n{lines}"


def run(
    seed: Seed, *, instances: int = INSTANCES, spread_s: float = 0.0, without: tuple[str, ...] = ()
) -> Course:
    """One course of events; the same for the same seed. `spread_s`: so long the instances take to
    arrive; `without`: troubles that do not come.
    """
    with _swept_at_its_end():
        return _run(seed, instances=instances, spread_s=spread_s, without=without)


@contextmanager
def _swept_at_its_end() -> Iterator[None]:
    """What a world leaves is swept away then. Amid it there is little to find, and each look is long; and what was
    there before need not be looked at.
    """
    was_collecting = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.collect()
        gc.unfreeze()
        if was_collecting:
            gc.enable()


def _run(seed: Seed, *, instances: int, spread_s: float, without: tuple[str, ...]) -> Course:
    loop = SimulatedLoop(random.Random(seed.number), in_thread=run_as_thread)
    world = _World(seed, loop, instances=instances, spread_s=spread_s, without=without)
    was_disabled = logging.root.manager.disable
    logging.disable()
    # The runner's back-off draws from the module's own.
    random_state = random.getstate()
    random.seed(seed.number)
    try:
        with simulated_threads(), little_room() if world.has_little_room else nullcontext():
            loop.run_until_complete(world.live())
        if loop.escaped:
            raise BrokenPromise(f"nothing goes wrong unseen: {loop.escaped[0]!r}")
    except (BrokenPromise, StandsStillError) as error:
        world.broken = world.broken or (
            error if isinstance(error, BrokenPromise) else BrokenPromise(str(error))
        )
    except ExceptionGroup:
        # As it comes from a worker's tasks to whoever drains that one at the same moment.
        if world.broken is None:
            raise
    finally:
        steps, simulated_s = loop.steps, loop.now - world.began
        _end(loop, world)
        random.setstate(random_state)
        logging.disable(was_disabled)
    broken = world.broken
    return Course(
        seed,
        jobs=JOBS_EACH * instances,
        steps=steps,
        simulated_s=simulated_s,
        broken=str(broken or ""),
        timeline=world.timeline(broken.about) if broken else (),
    )


def _end(loop: SimulatedLoop, world: _World) -> None:
    """Let every task come to its end, the killed processes' too: nothing of this world is left."""
    world.end()
    loop.is_over = True
    for thread in loop.threads:
        thread.end()
    for process in loop.processes:
        process.bury()
    while left := [task for task in loop.tasks if not task.done()]:
        for task in left:
            task.cancel()
        loop.tasks = left
        loop.run_until_complete(asyncio.wait(left, timeout=60))
    loop.close()


# While one record of a batch is not taken all are published again.
@lru_cache(maxsize=128)
def _written(record: DispatchRecord) -> Record:
    return Record(record.key, record.value(), tuple(record.headers))


class _World:
    def __init__(
        self, seed: Seed, loop: SimulatedLoop, *, instances: int, spread_s: float, without: tuple[str, ...]
    ) -> None:
        self._without = without
        self._instances = instances
        self._spread_s = spread_s
        self._random = Random(seed.number)
        self._loop = loop
        self._seed = seed
        self._is = KINDS[seed.kind]
        self.began = loop.now
        self.broken: BrokenPromise | None = None
        self._notes: deque[tuple[float, str]] = deque(maxlen=_KEPT_NOTES)
        self._lease_s = self._random.choice([5.0, 10.0, 30.0])
        self._workers: list[SimulatedWorker] = []
        self._network: SimulatedNetwork | None = None
        self._engine: SimulatedEngine | None = None
        self._broker: SimulatedBroker | None = None

    def note(self, text: str) -> None:
        self._notes.append((self._loop.now, text))

    def timeline(self, about: tuple[str, ...]) -> tuple[str, ...]:
        """What was noted of these ids, and of whatever concerned everybody, up to where the promise was broken; all of
        it where there are none.
        """
        notes = list(self._notes)
        end = next((number for number, (_, text) in enumerate(notes) if text.startswith(_HERE)), len(notes))
        notes = notes[: end + 1]
        runs = [_RUN.search(text) for _, text in notes]
        places = [(found["job"], found["instance"]) for found in runs if found]
        instances = {place[1] for place in places if not set(about).isdisjoint(place)}
        # Of an instance that is concerned all of it: its jobs follow from one another.
        ids = {*about, *(one for place in places if place[1] in instances for one in place)}
        own = [at for at, (_, text) in enumerate(notes) if not ids or any(one in text for one in ids)]
        everybodys = [at for at, (_, text) in enumerate(notes) if _EVERYBODYS.match(text)]
        # Its own come first where there is no room for all.
        own = own[-MOST_LINES:]
        chosen = sorted({*own, *everybodys[len(everybodys) - max(MOST_LINES - len(own), 1) :]})
        return tuple(f"{notes[at][0] - self.began:9.3f}  {notes[at][1]}" for at in chosen)

    async def live(self) -> None:
        self._broker = broker = self._new_broker() if self.is_kafka else None
        self._engine = engine = SimulatedEngine(
            version=self._seed.version,
            lease_s=self._lease_s,
            seed=self._seed.number,
            extends_leases=self._is.extends_leases,
            publish=None if broker is None else self._publish,
        )
        self._network = network = SimulatedNetwork(engine, self._random, note=self.note)
        promises = self._promises = self._new_promises(engine, broker)
        network.arrives, network.is_calm = promises.arrives, self._is_nothing_repeated
        network.refuses = promises.tries.refused
        flaws = tuple(flaws_of(self._seed.version)) if self._is.refuses_results else ()
        if flaws:
            network.most_bytes = MOST_BYTES
        engine.upload(flow(has_schemas=Flaw.SCHEMA in flaws))
        self._start_workers(network, promises, flaws)
        troubles = Troubles(
            self._random,
            self.note,
            network,
            engine,
            broker,
            self._workers,
            lease_s=self._lease_s,
            until=self._loop.now + TROUBLED_S,
        )
        names = [name for name in self._is.troubles if name not in self._without]
        trouble = asyncio.create_task(troubles.befall(names))
        if self._is.is_calm and self._is.has_kafka:
            # What is done amid a rebalance may be done again behind what is not.
            await asyncio.sleep(SETTLED_S)
        await self._arrivals(engine)
        await trouble
        await self._until_all_ended(engine)
        self._check_ends(promises, engine)
        await self._come_to_rest(promises)

    def _check_ends(self, promises: Promises, engine: SimulatedEngine) -> None:
        promises.all_completed(engine.ends())
        if self._is_nothing_repeated:
            promises.calm()
        if self._is.extends_leases and not self._is.troubles:
            promises.leases_hold()

    def _start_workers(self, network: SimulatedNetwork, promises: Promises, flaws: tuple[Flaw, ...]) -> None:
        world = Surroundings(
            network,
            promises,
            self._random,
            duration_s=self._duration_s,
            failure_rate=0.15,
            note=self.note,
            broker=self._broker,
            kind=self._is,
            flaws=flaws,
        )
        names = [f"w{number + 1}" for number in range(self._is.workers)]
        self._workers = [SimulatedWorker(name, world) for name in names]

    async def _come_to_rest(self, promises: Promises) -> None:
        """Handlers that another's result made needless still run, and the last answers are on their way."""
        # What the engine refuses for good is given up after a minute, and what waits behind it a minute later.
        until = self._loop.now + (4 * self._lease_s + 60 if self._is.takes_all_results else PATIENCE_S)
        while not self._is_at_rest and self._loop.now < until:
            await asyncio.sleep(1.0)
        for worker in self._workers:
            worker.check_at_rest()
        if isinstance(promises, KafkaPromises):
            promises.said_lost(sum((worker.process.lost for worker in self._workers), Counter()))
        for worker in self._workers:
            await worker.drain()
        if isinstance(promises, KafkaPromises):
            promises.all_committed()

    @property
    def _is_nothing_repeated(self) -> bool:
        """Whether nothing has happened here for which a job may run twice."""
        return self._is.is_calm

    @property
    def has_little_room(self) -> bool:
        return self._is.has_little_room

    @property
    def is_kafka(self) -> bool:
        return self._is.has_kafka

    @property
    def _is_at_rest(self) -> bool:
        is_committed = not isinstance(self._promises, KafkaPromises) or self._promises.is_all_committed
        return is_committed and all(worker.is_at_rest for worker in self._workers)

    def _new_broker(self) -> SimulatedBroker:
        return SimulatedBroker(self._random, note=self.note)

    def _new_promises(self, engine: SimulatedEngine, broker: SimulatedBroker | None) -> Promises:
        if broker is None:
            return Promises(engine, now=self._loop.time, broken=self._break)
        promises = KafkaPromises(
            engine, now=self._loop.time, broken=self._break, has_any_order=self._is.has_any_order
        )
        promises.broker, broker.promises = broker, promises
        broker.skipped = self._cancel
        return promises

    def _publish(self, record: DispatchRecord) -> bool:
        """Whether the engine knows that a broker has taken it."""
        broker = self._broker
        assert broker is not None
        if broker.is_down or record.topic in broker.missing:
            return False
        topic = record.topic
        broker.examples[topic] = record
        partition, offset = broker.append(topic, _written(record))
        self.note(
            f"kafka: {topic} {partition} {offset}: {record.job_id} of {record.instance_id}, "
            f"{record.retries_remaining} retries left"
        )
        return self._random.random() >= broker.fault_rate / 4

    def _cancel(self, topic: str, records: list[Record]) -> None:
        """Somebody cancels the instances of jobs that no worker will ever see."""
        assert self._engine is not None
        for record in records:
            self.note(f"world: a record of {topic} is lost: instance {record.key.decode()} is cancelled")
            self._engine.cancel(record.key.decode())

    def end(self) -> None:
        if self._network is not None:
            self._network.is_over = True
        if self._broker is not None:
            self._broker.is_over = True
        if self._engine is not None:
            self._engine.close()

    def _break(self, broken: BrokenPromise) -> None:
        if self.broken is None:
            self.broken = broken
            self.note(f"{_HERE}: {broken}")

    def _duration_s(self) -> float:
        if self._is.has_long_handlers and self._random.random() < 0.2:
            # Nobody drains for as long as the longest would take, twice where one waits for the other's thread.
            return self._random.uniform(0.5, 11.0 if self.is_kafka else 3.0 * self._lease_s)
        return self._random.choice([0.0, self._random.uniform(0.0, 0.5), self._random.uniform(0.0, 3.0)])

    async def _arrivals(self, engine: SimulatedEngine) -> None:
        for number in range(self._instances):
            id_ = engine.start("flow", {"number": number})
            self.note(f"engine: instance {id_} started")
            mean_s = self._spread_s / self._instances or 2.0 / 3
            await asyncio.sleep(self._random.choice([0.0, 0.0, self._random.expovariate(1 / (3 * mean_s))]))

    async def _until_all_ended(self, engine: SimulatedEngine) -> None:
        until = self._loop.now + PATIENCE_S
        while not engine.is_done and self._loop.now < until:
            if self.broken is not None:
                raise self.broken
            await asyncio.sleep(1.0)
