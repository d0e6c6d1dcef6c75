"""SimulatedConsumer: what the worker uses of confluent-kafka's Consumer, over a simulated broker.

As librdkafka does, it heartbeats by itself while its process runs, and tells of what happened (partitions given and
taken, commits answered, brokers away) inside `poll`, `consume` and `close` only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from simulation.broker import Answer, Group, Record, SimulatedBroker
from simulation.loop import SimulatedLoop
from simulation.threads import SimulatedEvent, sleep

_ERRORS = {
    Answer.JOIN_ANEW: KafkaError.REBALANCE_IN_PROGRESS,
    Answer.UNKNOWN: KafkaError.UNKNOWN_MEMBER_ID,
    Answer.OLD: KafkaError.ILLEGAL_GENERATION,
}
REQUEST_S = 3.0
# How soon a member that reaches no broker notices that its session is over.
AWAY_LOOK_S = 0.1
INVALID_OFFSET = -1001


class SimulatedMessage:
    """A record as the worker gets it."""

    def __init__(self, topic: str, partition: int, offset: int, record: Record) -> None:
        self._topic, self._partition, self._offset, self._record = topic, partition, offset, record

    def error(self) -> None:
        return None

    def topic(self) -> str:
        return self._topic

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def key(self) -> bytes:
        return self._record.key

    def value(self) -> bytes:
        return self._record.value

    def headers(self) -> list[tuple[str, bytes]]:
        return list(self._record.headers)


class SimulatedConsumer:
    """`is_cut`: says whether its process reaches no broker."""

    def __init__(
        self, config: dict[str, Any], *, broker: SimulatedBroker, process: str, is_cut: Callable[[], bool]
    ) -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        self._loop = loop
        # Of its process, whose callbacks these are, whoever brings them about.
        self._context = copy_context()
        self._broker = broker
        self._random = broker.random
        self._process = process
        self._is_cut = is_cut
        self._error_cb = config.get("error_cb", lambda _: None)
        self._on_commit = config.get("on_commit", lambda *_: None)
        self._session_s = config["session.timeout.ms"] / 1000
        self._heartbeat_s = config["heartbeat.interval.ms"] / 1000
        self._topic = ""
        self._callbacks: dict[str, Callable[..., Any]] = {}
        self._positions: dict[int, int] = {}
        self._paused: set[int] = set()
        self._stored: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        self._events: deque[Callable[[], None]] = deque()
        self._news = SimulatedEvent()
        self._member_id = ""
        self._generation = -1
        self._last_answer = 0.0
        self._is_joining = self._must_join = False
        self._is_rebalancing = False
        self._rebalances_due = 0
        self._said_away = False
        self._is_closed = False

    # --- what is asked of the broker ---

    @property
    def _is_away(self) -> bool:
        return self._broker.is_down or self._is_cut() or self._broker.is_over

    @property
    def _group(self) -> Group:
        return self._broker.group(self._topic)

    def _latency_s(self) -> float:
        return self._random.uniform(0.001, 0.01)

    def subscribe(self, topics: list[str], **callbacks: Callable[..., Any]) -> None:
        (self._topic,) = topics
        self._callbacks = callbacks
        self._last_answer = self._loop.time()
        self._broker.read_on_news(self._topic, self._on_news)
        self._later(self._latency_s(), self._keep_membership)

    def _on_news(self) -> None:
        """A record was appended; it is fetched a little later."""
        self._news.set()

    def _later(self, delay_s: float, function: Callable[..., None], *arguments: Any) -> None:
        self._loop.call_later(delay_s, function, *arguments, context=self._context)

    def _keep_membership(self) -> None:
        """Join, heartbeat, and find out what the group has done; as a thread of librdkafka's does."""
        if self._is_closed or self._loop.is_over:
            return
        self._later(AWAY_LOOK_S if self._is_away else self._heartbeat_s, self._keep_membership)
        now = self._loop.time()
        if self._is_away:
            if not self._said_away:
                self._said_away = True
                self._tell(lambda: self._error_cb(KafkaError(KafkaError._ALL_BROKERS_DOWN)))
            if self._member_id and now - self._last_answer > self._session_s:
                self._lose()
            return
        self._said_away, self._last_answer = False, now
        if self._member_id:
            self._join_again()
            self._heartbeat()
        elif not self._is_rebalancing:
            self._join()

    def _heartbeat(self) -> None:
        answer = self._group.heartbeat(self._member_id, self._generation)
        # Who waits for what a generation gives it hears that first: what it had before is not what it has.
        if answer is Answer.JOIN_ANEW and not self._is_rebalancing and not self._is_joining:
            self._join()
        elif answer is Answer.UNKNOWN or (answer is Answer.OLD and not self._is_joining):
            self._lose()

    def _join(self) -> None:
        if not self._member_id:
            self._member_id = f"{self._process}-{self._broker.next_number()}"
        elif not self._group.knows(self._member_id):
            # "Unknown member" to a request to join: librdkafka asks for a new id then, and what it had is lost.
            self._lose()
            return
        self._is_joining, self._must_join = True, False
        self._group.join(
            self._member_id, self, self._process, set(self._positions), session_s=self._session_s
        )

    def _lose(self) -> None:
        """The group has gone on without us; said once what is being said has been heard."""
        self._member_id, self._generation, self._is_joining = "", -1, False
        if self._positions and not self._is_rebalancing:
            self._is_rebalancing = True
            self._tell_rebalance("on_lost", sorted(self._positions))

    def assigned(self, member_id: str, generation: int, partitions: set[int]) -> None:
        """The group's word; it takes its way to us, and a process that is halted hears it later. That to a member which
        we were before is not ours.
        """
        self._later(self._latency_s(), self._take_assigned, member_id, generation, partitions)

    def _take_assigned(self, member_id: str, generation: int, partitions: set[int]) -> None:
        if member_id != self._member_id or generation < self._generation or self._is_closed:
            return
        self._generation, self._is_joining, self._is_rebalancing = generation, False, True
        taken, given = sorted(set(self._positions) - partitions), sorted(partitions - set(self._positions))
        if taken:
            self._tell_rebalance("on_revoke", taken)
        if given or not taken:
            self._tell_rebalance("on_assign", given)

    def _tell_rebalance(self, callback: str, partitions: list[int]) -> None:
        self._rebalances_due += 1
        self._tell(lambda: self._rebalance(callback, partitions))

    def _rebalance(self, callback: str, partitions: list[int]) -> None:
        self._broker.note(f"{self._process} {callback} {self._topic} {partitions}")
        began, read_to = self._loop.time(), dict(self._positions)
        self._callbacks[callback](self, [TopicPartition(self._topic, one) for one in partitions])
        if callback == "on_revoke":
            waited_s = self._loop.time() - began
            self._broker.promises.waited(self._process, self._topic, partitions, waited_s)
        is_sound = not (self._is_closed or self._is_away or self._broker.fault_rate)
        if callback == "on_revoke" and self._member_id and is_sound:
            for one in partitions:
                waited_s = self._loop.time() - began
                self._broker.promises.revoked(self._process, self._topic, one, waited_s, read_to[one])
        self._rebalances_due -= 1
        if self._rebalances_due > 0 or self._is_closed:
            return
        self._is_rebalancing = False
        if not self._member_id:
            self._lose()
        elif callback == "on_revoke":
            self._must_join = True
            self._later(self._latency_s(), self._join_again)

    def _join_again(self) -> None:
        """What was taken is given back: its next owner may have it."""
        if self._must_join and not self._is_away and self._member_id and not self._is_rebalancing:
            self._join()

    # --- what the worker calls ---

    def poll(self, timeout: float) -> SimulatedMessage | None:
        if self._callbacks and not self._positions.keys() <= self._paused:
            self._broker.promises.fetches(self._process, self._topic)
        messages = self._consume(1, timeout)
        return messages[0] if messages else None

    def consume(self, num_messages: int, timeout: float) -> list[SimulatedMessage]:
        return self._consume(num_messages, timeout)

    def _consume(self, most: int, timeout: float) -> list[SimulatedMessage]:
        loop, events = self._loop, self._events
        until = loop.now + timeout
        while True:
            while events:
                events.popleft()()
            found = self._fetched(most)
            left_s = until - loop.now
            if found or left_s <= 0:
                return found
            self._news.clear()
            self._news.wait(left_s)
            if loop.now < until:
                sleep(self._latency_s())

    def _fetched(self, most: int) -> list[SimulatedMessage]:
        found: list[SimulatedMessage] = []
        if not self._positions or self._is_away:
            return found
        logs, paused = self._broker.logs(self._topic), self._paused
        news = [
            number
            for number, position in self._positions.items()
            if position != len(logs[number].records) and number not in paused
        ]
        if not news:
            return found
        news.sort()
        self._random.shuffle(news)
        for number in news:
            log = logs[number]
            position = self._positions[number]
            if position < log.start or position > log.end:
                position = log.start
            end = min(log.end, position + most - len(found))
            found += [
                SimulatedMessage(self._topic, number, offset, log.records[offset])
                for offset in range(position, end)
            ]
            self._positions[number] = max(position, end)
            if self._callbacks:
                self._broker.delivered.update((self._topic, number, at) for at in range(position, end))
        return found

    def _tell(self, event: Callable[[], None]) -> None:
        self._events.append(event)
        self._news.set()

    def _serve(self) -> None:
        while self._events:
            self._events.popleft()()

    def incremental_assign(self, places: Iterable[TopicPartition]) -> None:
        for place in places:
            committed = self._group.committed.get(place.partition)
            start = self._broker.logs(self._topic)[place.partition].start
            self._positions[place.partition] = start if committed is None else committed
            self._committed[place.partition] = -1 if committed is None else committed

    def incremental_unassign(self, places: Iterable[TopicPartition]) -> None:
        for place in places:
            for known in (self._positions, self._stored, self._committed):
                known.pop(place.partition, None)

    def pause(self, places: Iterable[TopicPartition]) -> None:
        self._paused.update(place.partition for place in places)

    def resume(self, places: Iterable[TopicPartition]) -> None:
        self._paused.difference_update(place.partition for place in places)

    def seek(self, place: TopicPartition) -> None:
        if place.partition not in self._positions:
            raise KafkaException(KafkaError(KafkaError._STATE))
        self._positions[place.partition] = place.offset

    def store_offsets(self, offsets: list[TopicPartition]) -> None:
        if any(place.partition not in self._positions for place in offsets):
            raise KafkaException(KafkaError(KafkaError._STATE))
        self._stored.update((place.partition, place.offset) for place in offsets)

    def commit(self, offsets: list[TopicPartition] | None = None, *, asynchronous: bool) -> None:
        marks = (
            {one: at for one, at in self._stored.items() if at > self._committed.get(one, -1)}
            if offsets is None
            else {place.partition: place.offset for place in offsets}
        )
        if not marks:
            raise KafkaException(KafkaError(KafkaError._NO_OFFSET))
        if asynchronous:
            self._later(self._latency_s(), self._commit_later, marks)
            return
        sleep(self._latency_s())
        error = self._committed_at_broker(marks)
        sleep(self._latency_s())
        if error is not None:
            raise KafkaException(error)

    def _commit_later(self, marks: dict[int, int]) -> None:
        error = self._committed_at_broker(marks)
        places = [TopicPartition(self._topic, number, offset) for number, offset in marks.items()]
        delay_s = self._latency_s() if error is None else self._broker.random.uniform(0.0, REQUEST_S)
        self._later(delay_s, self._tell, lambda: self._on_commit(error, places))

    def _committed_at_broker(self, marks: dict[int, int]) -> KafkaError | None:
        random = self._broker.random
        fault = random.choice(["lost", "cut"]) if random.random() < self._broker.fault_rate else ""
        if self._is_away or fault == "lost":
            return KafkaError(KafkaError._TRANSPORT)
        answer = self._group.commit(self._member_id, self._generation, marks)
        if answer is not Answer.OK:
            return KafkaError(_ERRORS[answer])
        if fault == "cut":
            return KafkaError(KafkaError._TIMED_OUT)
        self._committed.update(marks)
        return None

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        self._ask(timeout)
        known = self._group.committed
        return [
            TopicPartition(self._topic, place.partition, known.get(place.partition, INVALID_OFFSET))
            for place in places
        ]

    def get_watermark_offsets(
        self, place: TopicPartition, timeout: float = 0.0, *, cached: bool = False
    ) -> tuple[int, int]:
        if not cached:
            self._ask(timeout)
        log = self._broker.logs(place.topic)[place.partition]
        return log.start, log.end

    def list_topics(self, topic: str, timeout: float) -> Any:
        self._ask(timeout)
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=self._broker.logs(topic))})

    def _ask(self, timeout: float) -> None:
        until = self._loop.time() + timeout
        while self._is_away:
            if self._loop.time() >= until:
                raise KafkaException(KafkaError(KafkaError._TRANSPORT))
            sleep(AWAY_LOOK_S)
        sleep(self._latency_s())

    def assign(self, places: list[TopicPartition]) -> None:
        """To read by hand, of no group."""
        self._topic = places[0].topic
        self._positions = {place.partition: place.offset for place in places}

    def position(self, places: list[TopicPartition]) -> list[TopicPartition]:
        return [
            TopicPartition(place.topic, place.partition, self._positions[place.partition]) for place in places
        ]

    def close(self) -> None:
        """Serve what is left, give back what is ours, and leave."""
        if self._loop.is_over or self._is_closed:
            return
        if self._callbacks:
            self._serve()
            self._is_closed = True
            if self._positions:
                self._rebalance("on_revoke" if self._member_id else "on_lost", sorted(self._positions))
            if self._member_id and not self._is_away:
                sleep(self._latency_s())
                self._group.leave(self._member_id)
            self._broker.forget_reader(self._topic, self._on_news)
        self._is_closed = True
