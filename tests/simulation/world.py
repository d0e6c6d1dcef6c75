"""One world, from its seed: an engine, workers, a network between them, and what befalls them."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
from collections import deque
from dataclasses import dataclass
from random import Random

from simulation.engine import SimulatedEngine
from simulation.loop import SimulatedLoop, StandsStillError
from simulation.network import SimulatedNetwork
from simulation.promises import BrokenPromise, Promises
from simulation.worker import SimulatedWorker
from support.workflows import document, service

VERSIONS = ("0", "next", "leases")
INSTANCES = 24
# Faults happen for so long; whatever they did must be made good within so much more.
TROUBLED_S = 40.0
PATIENCE_S = 600.0
_KEPT_NOTES = 20_000


@dataclass(frozen=True)
class Course:
    """What came of one seed."""

    seed: int
    version: str
    kind: str
    jobs: int
    steps: int
    simulated_s: float
    broken: str = ""
    timeline: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The seed, the promise that was broken, and what happened to those it was broken to."""
        lines = "\n".join(f"  {line}" for line in self.timeline)
        return f"seed {self.seed} (engine {self.version}, {self.kind}): {self.broken}\n{lines}"


def run(seed: int, *, instances: int = INSTANCES, spread_s: float = 0.0) -> Course:
    """One course of events; the same for the same seed. `spread_s`: so long the instances take to arrive."""
    loop = SimulatedLoop(random.Random(seed))
    world = _World(seed, loop, instances=instances, spread_s=spread_s)
    was_disabled = logging.root.manager.disable
    logging.disable()
    # The runner's back-off draws from the module's own.
    random_state = random.getstate()
    random.seed(seed)
    was_collecting = gc.isenabled()
    # What a world leaves is swept away at its end; amid it there is little to find, and each look is long.
    gc.disable()
    try:
        loop.run_until_complete(world.live())
        if loop.escaped:
            raise BrokenPromise(f"nothing goes wrong unseen: {loop.escaped[0]!r}")
    except (BrokenPromise, StandsStillError) as error:
        world.broken = world.broken or (
            error if isinstance(error, BrokenPromise) else BrokenPromise(str(error))
        )
    finally:
        steps, simulated_s = loop.steps, loop.now - world.began
        _end(loop, world)
        random.setstate(random_state)
        logging.disable(was_disabled)
        if was_collecting:
            gc.enable()
    broken = world.broken
    return Course(
        seed,
        world.version,
        world.kind,
        jobs=2 * instances,
        steps=steps,
        simulated_s=simulated_s,
        broken=str(broken or ""),
        timeline=world.timeline(broken.about) if broken else (),
    )


def _end(loop: SimulatedLoop, world: _World) -> None:
    """Let every task come to its end, the killed processes' too: nothing of this world is left."""
    world.end()
    for process in loop.processes:
        process.bury()
    while left := [task for task in loop.tasks if not task.done()]:
        for task in left:
            task.cancel()
        loop.tasks = left
        loop.run_until_complete(asyncio.wait(left, timeout=60))
    loop.close()


class _World:
    KINDS = ("calm", "network", "kills", "pauses", "outages", "long handlers", "everything", "restarts")

    def __init__(self, seed: int, loop: SimulatedLoop, *, instances: int, spread_s: float) -> None:
        self._instances = instances
        self._spread_s = spread_s
        self._random = Random(seed)
        self._loop = loop
        self._seed = seed
        self.version = VERSIONS[seed % len(VERSIONS)]
        self.kind = self.KINDS[seed // len(VERSIONS) % len(self.KINDS)]
        self.began = loop.now
        self.broken: BrokenPromise | None = None
        self._notes: deque[tuple[float, str]] = deque(maxlen=_KEPT_NOTES)
        self._lease_s = self._random.choice([5.0, 10.0, 30.0])
        self._workers: list[SimulatedWorker] = []
        self._network: SimulatedNetwork | None = None
        self._engine: SimulatedEngine | None = None

    def note(self, text: str) -> None:
        self._notes.append((self._loop.now, text))

    def timeline(self, about: tuple[str, ...]) -> tuple[str, ...]:
        """What was noted of these ids, and of whatever concerned everybody; all of it where there are none."""
        ids = set(about)
        for _, text in self._notes:
            if any(one in text for one in about) and " of " in text and " runs " in text:
                ids.add(text.split(" of ")[1].split(":")[0])
        chosen = [
            (at, text)
            for at, text in self._notes
            if not ids or any(one in text for one in ids) or text.startswith("world:")
        ]
        return tuple(f"{at - self.began:9.3f}  {text}" for at, text in (chosen or list(self._notes))[-60:])

    async def live(self) -> None:
        self._engine = engine = SimulatedEngine(version=self.version, lease_s=self._lease_s, seed=self._seed)
        self._network = network = SimulatedNetwork(engine, self._random, note=self.note)
        promises = Promises(engine, now=self._loop.time, broken=self._break)
        steps = service("a", "b", retryCount=3), service("b", retryCount=3)
        engine.upload(document(*steps, id_="flow"))
        for name in ("w1", "w2"):
            worker = SimulatedWorker(
                name,
                network=network,
                promises=promises,
                random=self._random,
                duration_s=self._duration_s,
                failure_rate=0.15,
                note=self.note,
            )
            worker.start()
            self._workers.append(worker)
        trouble = asyncio.create_task(self._trouble(network))
        await self._arrivals(engine)
        await trouble
        await self._until_all_ended(engine)
        promises.all_completed(engine.ends())
        if self.kind == "calm":
            promises.calm()
        # Handlers that another's result made needless still run, and the last answers are on their way.
        until = self._loop.now + 4 * self._lease_s + 60
        while not all(worker.is_idle for worker in self._workers) and self._loop.now < until:
            await asyncio.sleep(1.0)
        for worker in self._workers:
            worker.check_at_rest()
        for worker in self._workers:
            await worker.drain()

    def end(self) -> None:
        if self._network is not None:
            self._network.is_over = True
        if self._engine is not None:
            self._engine.close()

    def _break(self, broken: BrokenPromise) -> None:
        self.broken = self.broken or broken

    def _duration_s(self) -> float:
        if self.kind in ("long handlers", "everything") and self._random.random() < 0.2:
            return self._random.uniform(0.5, 3.0) * self._lease_s
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

    async def _trouble(self, network: SimulatedNetwork) -> None:
        """What befalls this world, by its kind; at its end all is well again."""
        troubles = {
            "network": [self._faults],
            "kills": [self._kills],
            "pauses": [self._pauses],
            "outages": [self._outages],
            "restarts": [self._restarts],
            "everything": [self._faults, self._kills, self._pauses, self._outages],
        }.get(self.kind, [])
        await asyncio.gather(*(trouble(network, self._loop.now + TROUBLED_S) for trouble in troubles))

    async def _faults(self, network: SimulatedNetwork, until: float) -> None:
        while self._loop.now < until:
            network.fault_rate = self._random.choice([0.0, 0.1, 0.3, 0.9])
            await asyncio.sleep(self._random.uniform(0.0, 10.0))
        network.fault_rate = 0.0
        self.note("world: no faults any more")

    async def _kills(self, _: SimulatedNetwork, until: float) -> None:
        while self._loop.now < until:
            await asyncio.sleep(self._random.uniform(0.0, 15.0))
            worker = self._random.choice(self._workers)
            self.note(f"world: kill -9 of {worker.name}")
            worker.process.kill()
            await asyncio.sleep(self._random.uniform(0.0, 5.0))
            worker.start()

    async def _restarts(self, _: SimulatedNetwork, until: float) -> None:
        """As a new version is rolled out: SIGTERM amid jobs, then the next process."""
        while self._loop.now < until:
            await asyncio.sleep(self._random.uniform(0.0, 5.0))
            worker = self._random.choice(self._workers)
            self.note(f"world: SIGTERM to {worker.name}")
            await worker.drain()
            worker.start()

    async def _pauses(self, _: SimulatedNetwork, until: float) -> None:
        while self._loop.now < until:
            await asyncio.sleep(self._random.uniform(0.0, 15.0))
            process = self._random.choice(self._workers).process
            self.note("world: SIGSTOP of a worker")
            process.halt()
            await asyncio.sleep(self._random.choice([0.1, 2.0, 2 * self._lease_s]))
            process.resume()
            self.note("world: SIGCONT")

    async def _outages(self, network: SimulatedNetwork, until: float) -> None:
        while self._loop.now < until:
            await asyncio.sleep(self._random.uniform(0.0, 15.0))
            network.is_down = True
            network.cut()
            self.note("world: the engine is away")
            await asyncio.sleep(self._random.choice([0.05, 3.0, 20.0]))
            network.is_down = False
            self.note("world: the engine is back")
