"""Troubles: what befalls a world, each kind as a course of events of its own; at its end all is well again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import inf
from random import Random

from confluent_kafka import KafkaError, KafkaException

from simulation.broker import PARTITIONS, Record, SimulatedBroker
from simulation.engine import SimulatedEngine
from simulation.kafka_promises import event_of
from simulation.network import SimulatedNetwork
from simulation.worker import SimulatedWorker
from simulation.worker_process import JOB_TYPES
from workflow_sdk.runner.kafka.config import SESSION_TIMEOUT_MS
from workflow_sdk.runner.kafka.intake import topic_of

GROUPS_SETTLE_S = 15.0
# An engine that is away so long is missed by whoever asks for jobs.
LONG_AWAY_S = 10.0
CONSUMER_ERRORS = (
    KafkaError(KafkaError.OFFSET_OUT_OF_RANGE),
    KafkaError(KafkaError._MAX_POLL_EXCEEDED),
    KafkaError(KafkaError._TRANSPORT),
    KafkaError(KafkaError._FATAL, "as the seed says", True),
    KafkaException(KafkaError(KafkaError._STATE)),
)


@dataclass(frozen=True)
class Troubles:
    """They come until `until`, a time of the loop; the methods are the names in `kinds.KINDS`."""

    random: Random
    note: Callable[[str], None]
    network: SimulatedNetwork
    engine: SimulatedEngine
    broker: SimulatedBroker | None
    workers: list[SimulatedWorker]
    lease_s: float
    until: float

    async def befall(self, names: Iterable[str]) -> None:
        """Let these happen, side by side."""
        await asyncio.gather(*(getattr(self, name)() for name in names))

    @property
    def _goes_on(self) -> bool:
        return asyncio.get_running_loop().time() < self.until

    @property
    def _kafka(self) -> SimulatedBroker:
        assert self.broker is not None
        return self.broker

    async def suspends(self) -> None:
        """A machine is put to sleep, and a worker with it."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 15.0))
            process = self.random.choice(self.workers).process
            self.note(f"world: the machine of {process.name} is suspended")
            process.machine.suspend()
            await asyncio.sleep(self.random.choice([2.0, 25.0, 2 * self.lease_s]))
            process.machine.wake()
            self.note(f"world: the machine of {process.name} goes on")

    async def faults(self) -> None:
        while self._goes_on:
            self.network.fault_rate = self.random.choice([0.0, 0.1, 0.3, 0.9])
            await asyncio.sleep(self.random.uniform(0.0, 10.0))
        self.network.fault_rate = 0.0
        self.note("world: no faults any more")

    async def kills(self) -> None:
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 15.0))
            worker = self.random.choice(self.workers)
            self.note(f"world: kill -9 of {worker.name}")
            worker.process.machine.kill()
            await asyncio.sleep(self.random.uniform(0.0, 5.0))
            worker.start()

    async def restarts(self) -> None:
        """As a new version is rolled out: SIGTERM amid jobs, then the next process."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 5.0))
            worker = self.random.choice(self.workers)
            self.note(f"world: SIGTERM to {worker.name}")
            await worker.drain()
            worker.start()

    async def reloads(self) -> None:
        """Handlers have changed: for a while two processes serve under one worker id."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 8.0))
            worker = self.random.choice(self.workers)
            self.note(f"world: {worker.name} is reloaded")
            await worker.reload()

    async def poison(self) -> None:
        """Somebody else writes to the topics: nonsense, and jobs of another type."""
        broker = self._kafka
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 3.0))
            topic, other = self.random.sample([topic_of(one) for one in JOB_TYPES], 2)
            records = [record for log in broker.logs(other) for record in log.records[-1:]]
            nonsense = Record(self.random.choice([b"", b"x", b"y", b"z"]), b"\xff nonsense", ())
            chosen = self.random.choice([nonsense, *records])
            # What it has copied to the other topic would come back as a job of this one, which nobody could foresee.
            partition, offset = broker.append(topic, nonsense if event_of(chosen, topic) else chosen)
            self.note(f"world: {topic} {partition} {offset} is no job of its topic")

    async def strangers(self) -> None:
        """Jobs of an engine that is gone: nobody knows of them any more."""
        broker = self._kafka
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 8.0))
            topic = topic_of(self.random.choice(JOB_TYPES))
            if (example := broker.examples.get(topic)) is None:
                continue
            # As ids are, and told apart from any that the engine makes.
            ids = [f"01{self.random.randrange(10**24):024}" for _ in range(4)]
            record = replace(
                example, dedup_id=ids[0], job_id=ids[1], instance_id=ids[2], step_execution_id=ids[3]
            )
            place = broker.append(topic, Record(record.key, record.value(), tuple(record.headers)))
            self.note(
                f"world: {topic} {place[0]} {place[1]}: job {ids[1]} of instance {ids[2]}, which is nowhere"
            )

    async def remakes(self) -> None:
        """Once groups are settled: what a worker has read it does all the same."""
        await asyncio.sleep(GROUPS_SETTLE_S)
        await self._remakes(loses_what_was_read=False)

    async def remakes_amid_moves(self) -> None:
        """What was read and not done is lost where its partition moves."""
        await self._remakes(loses_what_was_read=True)

    async def _remakes(self, *, loses_what_was_read: bool) -> None:
        """A topic is deleted and made anew under the workers; what they have not read is lost."""
        broker = self._kafka
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(2.0, 15.0))
            topic = topic_of(self.random.choice(JOB_TYPES))
            group, logs = broker.group(topic), broker.logs(topic)
            self.note(f"world: {topic} is deleted")
            broker.missing.add(topic)
            await asyncio.sleep(self.random.choice([0.01, 1.0, 4.0]))
            begins = [group.committed_of(number) for number in range(PARTITIONS)]
            broker.make_anew(topic)
            self.note(f"world: {topic} is made anew")
            for log, begin in zip(logs, begins, strict=True):
                lost = [
                    log.records[at]
                    for at in range(max(begin, log.start), log.end)
                    if loses_what_was_read or at not in log.delivered
                ]
                broker.skipped(topic, lost)

    async def consumer_errors(self) -> None:
        """librdkafka gives an error in a record's place, some of which end a consumer, or its client raises one."""
        broker = self._kafka
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 5.0))
            if not broker.consumers:
                continue
            consumer = self.random.choice(broker.consumers)
            error = self.random.choice(CONSUMER_ERRORS)
            self.note(f"world: a consumer meets {error!r}")
            consumer.fail(error)

    async def gates(self) -> None:
        """A gateway is set up wrong, and takes whatever comes for too large."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(5.0, 15.0))
            self.note("world: a gateway takes all for too large")
            self.network.takes_all_for_too_large = True
            await asyncio.sleep(self.random.choice([5.0, 15.0]))
            self.network.takes_all_for_too_large = False
            self.note("world: a gateway lets requests through")

    async def interrupts(self) -> None:
        """SIGTERM amid jobs, and often a second one soon after; then the next process."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 8.0))
            worker = self.random.choice(self.workers)
            patience_s = self.random.choice([None, None, 0.0, self.random.uniform(0.0, 1.0)])
            self.note(f"world: SIGTERM to {worker.name}")
            await worker.drain(patience_s=patience_s)
            self.note(f"world: {worker.name} has ended")
            worker.start()

    async def shortages(self) -> None:
        """The system gives a worker few threads, or none."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 8.0))
            process = self.random.choice(self.workers).process
            most = self.random.choice([0, 1, 2])
            self.note(f"world: {process.name} gets no more than {most} threads")
            process.give_threads(most)
            await asyncio.sleep(self.random.choice([1.0, 5.0, 20.0]))
            process.give_threads(None)
            self.note(f"world: {process.name} gets threads again")

    async def retention(self) -> None:
        """Old records are removed, some before they are read: their instances are cancelled then."""
        broker = self._kafka
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 5.0))
            topic = self.random.choice([topic_of(one) for one in JOB_TYPES])
            logs, offsets = broker.logs(topic), broker.group(topic).committed
            number = self.random.randrange(PARTITIONS)
            is_behind = self.random.random() < 0.5
            if is_behind:
                number = max(range(PARTITIONS), key=lambda one: logs[one].end - offsets.get(one, 0))
            log, committed = logs[number], offsets.get(number, 0)
            most = max(committed, log.end - 1) if is_behind else committed
            begin, log.start = log.start, max(log.start, self.random.randint(0, most))
            self.note(f"world: {topic} {number} begins at {log.start} now, committed {committed}")
            broker.promises.removed(topic, number, range(max(begin, committed), log.start))
            for record in log.records[max(begin, committed) : log.start]:
                self.engine.cancel(record.key.decode())

    async def pauses(self) -> None:
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 15.0))
            process = self.random.choice(self.workers).process
            self.note(f"world: SIGSTOP to {process.name}")
            process.machine.halt()
            long_s = 25.0 if self.broker is not None else 2 * self.lease_s
            await asyncio.sleep(self.random.choice([0.1, 2.0, long_s]))
            process.machine.resume()
            self.note(f"world: SIGCONT to {process.name}")

    async def session_pauses(self) -> None:
        """A process stands still for about as long as its group waits for it."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 5.0))
            process = self.random.choice(self.workers).process
            self.note(f"world: SIGSTOP to {process.name}")
            process.machine.halt()
            await asyncio.sleep(SESSION_TIMEOUT_MS / 1000 * self.random.uniform(0.8, 1.25))
            process.machine.resume()
            self.note(f"world: SIGCONT to {process.name}")

    async def quiets(self) -> None:
        """Somebody pauses a worker, and resumes it."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 10.0))
            process = self.random.choice(self.workers).process
            self.note(f"world: {process.name} is told to claim nothing")
            process.pause(True)
            await asyncio.sleep(self.random.choice([0.5, 5.0, 15.0]))
            process.pause(False)
            self.note(f"world: {process.name} is told to go on")

    async def outages(self) -> None:
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 15.0))
            self.network.is_down = True
            self.network.cut()
            self.note("world: the engine is away")
            began, long_s = asyncio.get_running_loop().time(), self.random.choice([0.05, 3.0, 20.0])
            await asyncio.sleep(long_s)
            if long_s > LONG_AWAY_S:
                for worker in self.workers:
                    worker.process.check_away(since=began)
            self.network.is_down = False
            self.note("world: the engine is back")

    async def forgetting(self) -> None:
        """The engine's machine dies, and what it has said last is not on its disk."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 8.0))
            on_disk = self.engine.on_disk()
            await asyncio.sleep(self.random.uniform(0.0, 1.0))
            self.network.is_down = True
            self.network.cut()
            self.engine.go_back(on_disk, cancels=self.broker is not None)
            self.note("world: the engine dies, and forgets what it did last")
            await asyncio.sleep(self.random.choice([0.05, 3.0]))
            self.network.is_down = False
            self.note("world: the engine is back")

    async def brokers(self) -> None:
        """Brokers restart, and commits or their answers are lost."""
        while self._goes_on:
            self._kafka.fault_rate = self.random.choice([0.0, 0.1, 0.5])
            await asyncio.sleep(self.random.uniform(0.0, 15.0))
            self.note("world: the brokers are away")
            self._kafka.go_down()
            await asyncio.sleep(self.random.choice([0.05, 3.0, 15.0]))
            self._kafka.come_back()
            self.note("world: the brokers are back")
        self._kafka.fault_rate = 0.0

    async def cuts(self) -> None:
        """One worker reaches no broker, and the engine as ever."""
        while self._goes_on:
            await asyncio.sleep(self.random.uniform(0.0, 20.0))
            worker = self.random.choice(self.workers)
            self.note(f"world: {worker.name} reaches no broker")
            worker.is_cut, self._kafka.disturbed_at = True, inf
            await asyncio.sleep(self.random.choice([0.5, 5.0, 25.0]))
            worker.is_cut, self._kafka.disturbed_at = False, asyncio.get_running_loop().time()
            self.note(f"world: {worker.name} reaches the brokers")
