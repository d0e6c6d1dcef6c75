"""KafkaIntake: brings the records of all topics to the runner's slots, and its results back to their offsets.

Sources consume on threads of their own; everything here that is not said to run on theirs runs on the runner's
loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Collection

from confluent_kafka import Message

from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import Job
from workflow_sdk.runner.daemon_loop import in_thread_or_here
from workflow_sdk.runner.job.claim import Claim
from workflow_sdk.runner.job.report import Settlement
from workflow_sdk.runner.kafka.assignment import KafkaRecord
from workflow_sdk.runner.kafka.backlog import Backlog, Ordering
from workflow_sdk.runner.kafka.dead_letters import DeadLetters
from workflow_sdk.runner.kafka.deduplication import AcknowledgedIds
from workflow_sdk.runner.kafka.dispatch_event import DispatchEvent
from workflow_sdk.runner.kafka.engine_probe import EngineProbe
from workflow_sdk.runner.kafka.metrics import KafkaCollector
from workflow_sdk.runner.kafka.source import TOPIC_PREFIX, KafkaSource, RecordSink
from workflow_sdk.runner.kafka.surplus_workers import SurplusWatch
from workflow_sdk.runner.kafka.takeover import NewReader, RecordHolder, Takeover
from workflow_sdk.runner.shift.plan import SourceParts

log = logging.getLogger("workflow_sdk.runner")

TICK_S = 0.2
# What a busy loop may take to start the next job after one has ended.
AHEAD_S = 0.0025
# Each is one job more that is run again when the process dies.
AHEAD_MAX = 8
CLOSE_TIMEOUT_S = 5.0

SourceFactory = Callable[[str, RecordSink], KafkaSource]


def topic_of(job_type: str) -> str:
    """The topic that carries the jobs of this type."""
    return f"{TOPIC_PREFIX}{job_type}"


def group_of(job_type: str) -> str:
    """The consumer group that all workers of this type share, whatever SDK they are written with."""
    return f"workflow.workers.{job_type}"


def job_from_event(event: DispatchEvent) -> Job:
    """The job as handlers get it."""
    return Job(
        id=event.job_id,
        jobType=event.job_type,
        instanceId=event.instance_id,
        stepExecutionId=event.step_execution_id,
        retriesRemaining=event.retries_remaining,
        variables=event.variables,
    )


class KafkaIntake:
    """The source of a KafkaRunner: a consumer for each job type, slots shared by all of them."""

    def __init__(
        self,
        parts: SourceParts,
        *,
        registry: HandlerRegistry,
        job_types: Collection[str] | None,
        new_source: SourceFactory,
        new_reader: NewReader,
        dedup_window_s: float,
        ordering: Ordering,
        dead_letters: DeadLetters | None,
        collector: KafkaCollector,
    ) -> None:
        self._registry = registry
        self._only = None if job_types is None else set(job_types)
        self._slots = parts.slots
        self._watch = parts.watch
        self._metrics = parts.metrics
        self._start = parts.start
        self._statistics = parts.statistics
        self._clock = parts.clock
        self._next_came = parts.next_came
        self._takeover = Takeover(new_reader, found=parts.next_came, clock=parts.clock)
        self._has_coroutines = False
        self._new_source = new_source
        self._dead_letters = dead_letters
        self._acknowledged = AcknowledgedIds(dedup_window_s, clock=parts.clock)
        self._backlog = Backlog(ordering)
        self._loop = asyncio.get_running_loop()
        self._arrived: deque[list[KafkaRecord]] = deque()
        self._wake_up_sent = False
        self._running: dict[Claim, KafkaRecord] = {}
        self._is_stopped = False
        self._rest: asyncio.Future[None] | None = None
        self._probe = EngineProbe(parts.channel, parts.watch, clock=parts.clock)
        self.sources: dict[str, KafkaSource] = {}
        self._surplus = SurplusWatch(clock=parts.clock)
        self._collector = collector
        self._all_sources = lambda: list(self.sources.values())
        collector.add(self._all_sources)

    # --- what the runner calls -----------------------------------------------------------------

    @property
    def trouble(self) -> str:
        """What keeps jobs from coming, of the first topic that has a trouble."""
        if self._is_stopped:
            return ""
        return next((trouble for source in list(self.sources.values()) if (trouble := source.trouble)), "")

    @property
    def surplus(self) -> str:
        """Why no job can come although all is well: the group has left this worker no partition of any topic."""
        return "" if self._is_stopped else self._surplus.text

    async def run(self) -> None:
        """Consume until `stop`."""
        while not self._is_stopped:
            self._probe.look()
            self._add_sources()
            for source in self.sources.values():
                source.hold(self._watch.is_away)
            self._surplus.look(self.sources.values())
            self.slot_freed()
            await self._wait_a_tick()

    async def _wait_a_tick(self) -> None:
        """Or until `stop`. A timer and a future: a time-out ends by a cancellation, which costs four times as much."""
        self._rest = self._loop.create_future()
        timer = self._loop.call_later(TICK_S, self._end_rest)
        try:
            await self._rest
        finally:
            timer.cancel()

    def _end_rest(self) -> None:
        if self._rest is not None and not self._rest.done():
            self._rest.set_result(None)

    def stop(self) -> None:
        """Take nothing more and start nothing more; commits and membership go on until `close`."""
        self._is_stopped = True
        self._end_rest()
        self._probe.close()
        for source in self.sources.values():
            source.hold(True)

    async def close(self) -> None:
        """Commit what is settled and leave the groups, for at most CLOSE_TIMEOUT_S."""
        try:
            await in_thread_or_here(self._leave, self._clock() + CLOSE_TIMEOUT_S)
        finally:
            self._collector.remove(self._all_sources)

    def settled(self, claim: Claim, settlement: Settlement) -> None:
        """A job is done with; its offset counts unless it was left unreported."""
        record = self._running.pop(claim)
        if settlement.is_over:
            self._acknowledged.add(record.event.dedup_id)
            self._takeover.reported(record)
            # The copies first: a partition that is given back waits for what has started, and for nothing else.
            for copy in self._backlog.take_copies(record):
                self._skip_duplicate(copy)
            self._settle(record)
        elif settlement is Settlement.REFUSED:
            self._give_up(record)
        else:
            self._source_of(record).leave(record)
        self._backlog.free(record)
        self.slot_freed()

    def slot_freed(self) -> None:
        """Start what waits, while there is room and an engine to report to."""
        if self._is_stopped or self._watch.is_away:
            return
        ahead = self._ahead()
        while (record := self._backlog.take(lambda job_type: self._may_start(job_type, ahead))) is not None:
            self._begin(record)

    # --- what the sources call, on their threads -----------------------------------------------

    def records_arrived(self, records: list[KafkaRecord]) -> None:
        """Bring records to the loop, with one wake-up for a burst."""
        self._arrived.append(records)
        if self._wake_up_sent:
            return
        self._wake_up_sent = True
        try:
            self._loop.call_soon_threadsafe(self._take_in)
        except RuntimeError:
            return  # the loop is closed: the runner has left

    def poison_arrived(self, message: Message, reason: str, *, then: Callable[[], None]) -> None:
        """Log and count a record that cannot be read; it goes to the dead letters if there are any."""
        self._metrics.kafka_record_errors.inc()
        log.error(
            "%s partition %s offset %s is skipped: %s",
            message.topic(),
            message.partition(),
            message.offset(),
            reason,
        )
        if self._dead_letters is None:
            then()
        else:
            self._dead_letters.send(message, reason, then=then)

    def serve(self) -> None:
        """Let dead letters that have arrived settle their offsets."""
        if self._dead_letters is not None:
            self._dead_letters.serve()

    # --- on the loop ---------------------------------------------------------------------------

    def _ahead(self) -> int:
        """How many jobs may wait for a thread: those that come free before this loop takes note.

        Coroutines have no threads to wait for; where there are any, none waits.
        """
        if self._has_coroutines:
            return 0
        return min(int(self._slots.total * AHEAD_S / max(self._statistics.mean_ran_s, 1e-6)), AHEAD_MAX)

    def _may_start(self, job_type: str, ahead: int) -> bool:
        """Whether a job of this type may start. After a stand-still its partition's next owner may be running it."""
        return self._slots.has_room(job_type, ahead=ahead) and self.sources[topic_of(job_type)].is_sure

    def _add_sources(self) -> None:
        """Begin to consume job types that have no source yet: handlers may be registered later."""
        handlers = self._registry.handlers()
        self._has_coroutines = any(handler.is_async for handler in handlers.values())
        for job_type in handlers:
            topic = topic_of(job_type)
            if topic in self.sources or (self._only is not None and job_type not in self._only):
                continue
            source = self.sources[topic] = self._new_source(job_type, self)
            source.start()

    def _take_in(self) -> None:
        self._wake_up_sent = False
        while self._arrived:
            for record in self._arrived.popleft():
                if not self._skip_duplicate(record):
                    event = record.event
                    self._next_came(event.key, event.retries_remaining)
                    self._backlog.add(record)
        self.slot_freed()

    def _begin(self, record: KafkaRecord) -> None:
        """Start a record that has its turn, unless the one before it was the same or its partition has gone."""
        if self._skip_duplicate(record):
            self._backlog.free(record)
            return
        self._source_of(record).flow.take_out(1)
        if not record.try_start():
            self._backlog.free(record)
            return
        claim = Claim(job_from_event(record.event), holder=RecordHolder(record, self._takeover))
        self._running[claim] = record
        self._start(claim)
        if self._backlog.is_overtaken(record) or self._takeover.is_overtaken(record):
            # Failed by a worker that could not commit it: to fail it again would cost one more retry.
            self._next_came(claim.key, record.event.retries_remaining - 1)

    def _skip_duplicate(self, record: KafkaRecord) -> bool:
        if record.event.dedup_id not in self._acknowledged:
            return False
        source = self._source_of(record)
        source.duplicates += 1
        source.flow.take_out(1)
        self._settle(record)
        return True

    def _give_up(self, record: KafkaRecord) -> None:
        """Let the watermark pass a job whose outcome the engine will never take (the senders have said so)."""
        if self._dead_letters is None:
            self._settle(record)
            return
        reason = f"the engine refuses the outcome of job {record.event.job_id} for good"
        self._dead_letters.send(record.message, reason, then=lambda: self._settle(record))

    def _settle(self, record: KafkaRecord) -> None:
        self._source_of(record).settle(record)

    def _source_of(self, record: KafkaRecord) -> KafkaSource:
        return self.sources[record.assignment.topic]

    def _leave(self, deadline: float) -> None:
        """Have the sources commit and close, and wait for them; runs on a helper thread."""
        if self._dead_letters is not None:
            self._dead_letters.close(max(deadline - self._clock(), 0.0))
        for source in self.sources.values():
            source.finish()
        late = [
            source.topic
            for source in self.sources.values()
            if not source.join(max(deadline - self._clock(), 0.0))
        ]
        if late:
            log.warning("left without the answer of Kafka for %s", ", ".join(late))
