"""SimulatedConsumer: what the worker uses of confluent-kafka's Consumer, over a simulated broker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicPartition

from simulation.broker import Answer, Log, Record, SimulatedBroker
from simulation.group_member import AWAY_LOOK_S, GroupMember
from simulation.threads import sleep

_ERRORS = {
    Answer.JOIN_ANEW: KafkaError.REBALANCE_IN_PROGRESS,
    Answer.UNKNOWN: KafkaError.UNKNOWN_MEMBER_ID,
    Answer.OLD: KafkaError.ILLEGAL_GENERATION,
}
REQUEST_S = 3.0
SHORTLY_S = 1e-6
INVALID_OFFSET = -1001


class SimulatedError:
    """What the worker gets in a record's place."""

    def __init__(self, error: KafkaError) -> None:
        self._error = error

    def error(self) -> KafkaError:
        return self._error


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


class SimulatedConsumer(GroupMember):
    """A member of its topic's group; or, told to `assign`, one that reads by hand, of no group."""

    def __init__(
        self, config: dict[str, Any], *, broker: SimulatedBroker, process: str, is_cut: Callable[[], bool]
    ) -> None:
        super().__init__(config, broker=broker, process=process, is_cut=is_cut)
        self._on_commit = config.get("on_commit", lambda *_: None)
        self._paused: set[int] = set()
        self._stored: dict[int, int] = {}
        self._committed: dict[int, int] = {}
        # Which it reads; and partitions whose offset may have been said of a former one.
        self._logs: dict[int, Log] = {}
        self._doubtful: set[int] = set()
        self._said_missing = False
        # What befalls it at its next turn.
        self._failures: deque[KafkaError | KafkaException] = deque()
        self._last_commit_at = 0.0

    def subscribe(self, topics: list[str], **callbacks: Callable[..., Any]) -> None:
        (self._topic,) = topics
        self._callbacks = callbacks
        self._last_answer = self._loop.time()
        self._broker.read_on_news(self._topic, self._on_news)
        self._broker.consumers.append(self)
        self._later(self._latency_s(), self._keep_membership)

    def fail(self, error: KafkaError | KafkaException) -> None:
        """Have this come in place of its next record, or be raised by its next turn."""
        self._failures.append(error)
        self._news.set()

    def poll(self, timeout: float) -> SimulatedMessage | SimulatedError | None:
        if self._callbacks and not self._positions.keys() <= self._paused:
            self._broker.promises.fetches(self._process, self._topic)
        messages = self._consume(1, timeout)
        return messages[0] if messages else None

    def consume(self, num_messages: int, timeout: float) -> list[SimulatedMessage | SimulatedError]:
        return self._consume(num_messages, timeout)

    def _consume(self, most: int, timeout: float) -> list[SimulatedMessage | SimulatedError]:
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

    def _fetched(self, most: int) -> list[SimulatedMessage | SimulatedError]:
        if self._failures:
            failure = self._failures.popleft()
            if isinstance(failure, KafkaException):
                raise failure
            return [SimulatedError(failure)]
        found: list[SimulatedMessage | SimulatedError] = []
        if not self._positions or self._is_away:
            return found
        if self._topic in self._broker.missing:
            return self._said_to_be_missing()
        self._said_missing = False
        logs, paused = self._broker.logs(self._topic), self._paused
        if self._doubtful:
            self._begin_behind(logs)
        news = [
            number
            for number, position in self._positions.items()
            if number not in paused and self._has_news(number, position, logs[number])
        ]
        if not news:
            return found
        news.sort()
        self._random.shuffle(news)
        for number in news:
            log = logs[number]
            position = self._positions[number]
            is_new = self._logs.setdefault(number, log) is not log
            if position < log.start or position > log.end or is_new:
                position = log.start
                self._logs[number] = log
            end = min(log.end, position + most - len(found))
            found += [
                SimulatedMessage(self._topic, number, offset, log.records[offset])
                for offset in range(position, end)
            ]
            self._positions[number] = max(position, end)
            if self._callbacks:
                log.delivered.update(range(position, end))
        return found

    def _has_news(self, number: int, position: int, log: Log) -> bool:
        """Of a log that is new, once its first record has come."""
        return position != log.end if self._logs.get(number, log) is log else log.end > log.start

    def _said_to_be_missing(self) -> list[SimulatedMessage | SimulatedError]:
        """Once."""
        said, self._said_missing = self._said_missing, True
        return [] if said else [SimulatedError(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))]

    def _begin_behind(self, logs: list[Log]) -> None:
        """Where an offset was said of a former log, and the present one has it, too, nobody can tell."""
        for number in sorted(self._doubtful & self._positions.keys()):
            log, position = logs[number], self._positions[number]
            if position <= log.end:
                self._group.take_for_committed(number, position)
                self._broker.skipped(self._topic, log.records[log.start : position])
        self._doubtful.clear()

    def _serve(self) -> None:
        while self._events:
            self._events.popleft()()

    def incremental_assign(self, places: Iterable[TopicPartition]) -> None:
        for place in places:
            committed = self._group.committed.get(place.partition)
            start = self._broker.logs(self._topic)[place.partition].start
            self._positions[place.partition] = start if committed is None else committed
            self._committed[place.partition] = -1 if committed is None else committed
            self._logs[place.partition] = self._broker.logs(self._topic)[place.partition]
            if self._group.is_of_a_former_log(place.partition):
                self._doubtful.add(place.partition)

    def incremental_unassign(self, places: Iterable[TopicPartition]) -> None:
        for place in places:
            for known in (self._positions, self._stored, self._committed, self._logs):
                known.pop(place.partition, None)
            self._doubtful.discard(place.partition)

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
        logs = {number: self._logs[number] for number in marks}
        if asynchronous:
            self._later(self._in_turn_s(), self._commit_later, marks, logs)
            return
        sleep(self._in_turn_s())
        error = self._committed_at_broker(marks, logs)
        sleep(self._latency_s())
        if error is not None:
            raise KafkaException(error)

    def _in_turn_s(self) -> float:
        """How long a commit takes to the broker: one comes after the other."""
        now = self._loop.time()
        self._last_commit_at = max(now + self._latency_s(), self._last_commit_at + SHORTLY_S)
        return self._last_commit_at - now

    def _commit_later(self, marks: dict[int, int], logs: dict[int, Log]) -> None:
        error = self._committed_at_broker(marks, logs)
        places = [TopicPartition(self._topic, number, offset) for number, offset in marks.items()]
        delay_s = self._latency_s() if error is None else self._broker.random.uniform(0.0, REQUEST_S)
        self._later(delay_s, self._tell, lambda: self._on_commit(error, places))

    def _committed_at_broker(self, marks: dict[int, int], logs: dict[int, Log]) -> KafkaError | None:
        random = self._broker.random
        fault = random.choice(["lost", "cut"]) if random.random() < self._broker.fault_rate else ""
        if self._is_away or fault == "lost":
            return KafkaError(KafkaError._TRANSPORT)
        if self._topic in self._broker.missing:
            return KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART)
        answer = self._group.commit(self._member_id, self._generation, marks, logs=logs)
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
            if place.topic in self._broker.missing:
                raise KafkaException(KafkaError(KafkaError._UNKNOWN_PARTITION))
        log = self._broker.logs(place.topic)[place.partition]
        return log.start, log.end

    def list_topics(self, topic: str, timeout: float) -> Any:
        self._ask(timeout)
        partitions = [] if topic in self._broker.missing else self._broker.logs(topic)
        return SimpleNamespace(topics={topic: SimpleNamespace(partitions=partitions)})

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
            self._is_closing = True
            if self._positions:
                self._rebalance("on_revoke" if self._member_id else "on_lost", sorted(self._positions))
            if self._member_id and not self._is_away:
                sleep(self._latency_s())
                self._group.leave(self._member_id)
            self._broker.forget_reader(self._topic, self._on_news)
            self._broker.consumers.remove(self)
        self._is_closed = True
