"""What a source tells its consumer, call by call: rebalances, losses and failures no broker produces on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from support.kafka_records import record_of
from support.waiting import wait_until
from workflow_sdk.runner.kafka import commits as kafka_commits
from workflow_sdk.runner.kafka import source as kafka_source
from workflow_sdk.runner.kafka.assignment import KafkaRecord
from workflow_sdk.runner.kafka.commits import Commits
from workflow_sdk.runner.kafka.source import KafkaSource

TOPIC = "workflow.jobs.a"


class FakeMessage:
    def __init__(self, offset: int, *, partition: int = 0, error: KafkaError | None = None) -> None:
        self._offset, self._partition, self._error = offset, partition, error
        self._record = record_of(f"j{partition}-{offset}", "a")

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return self._partition

    def offset(self) -> int:
        return self._offset

    def value(self) -> bytes:
        return self._record.value()

    def key(self) -> bytes:
        return self._record.key


class FakeConsumer:
    """Does in `poll` what the test has put there; notes every call that changes something, and its thread."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.on_commit = config["on_commit"]
        self.script: list[Callable[[], FakeMessage | None]] = []
        self.calls: list[tuple[str, Any]] = []
        self.threads: set[int] = set()
        self.callbacks: dict[str, Any] = {}
        self.closed = threading.Event()

    def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        self.callbacks = callbacks

    def poll(self, timeout_s: float) -> FakeMessage | None:
        if self.script:
            return self.script.pop(0)()
        threading.Event().wait(0.001)
        return None

    def consume(self, count: int, timeout_s: float) -> list[FakeMessage]:
        self._note("consume", count)
        return []

    def store_offsets(self, *, offsets: list[TopicPartition]) -> None:
        self._note("store", [(place.partition, place.offset) for place in offsets])

    def commit(self, *, asynchronous: bool, offsets: list[TopicPartition] | None = None) -> None:
        if offsets is not None:
            self._note("commit at", [(place.partition, place.offset) for place in offsets])
            return
        self._note("commit", asynchronous)
        if asynchronous:
            self.script.append(lambda: self.on_commit(None, []))

    def get_watermark_offsets(self, place: TopicPartition, *, cached: bool) -> tuple[int, int]:
        return 0, 10

    def list_topics(self, topic: str, timeout: float) -> None:
        self._note("list_topics", topic)

    def close(self) -> None:
        self._note("close", None)
        self.closed.set()

    def _note(self, name: str, argument: Any) -> None:
        self.threads.add(threading.get_ident())
        self.calls.append((name, argument))

    def __getattr__(self, name: str) -> Callable[..., None]:
        def note(places: Any) -> None:
            listed = places if isinstance(places, list) else [places]
            self._note(name, [place.partition for place in listed])

        return note

    # --- for tests ---

    def assign(self, *partitions: int) -> None:
        self._rebalance("on_assign", partitions)

    def revoke(self, *partitions: int) -> None:
        self._rebalance("on_revoke", partitions)

    def lose(self, *partitions: int) -> None:
        self._rebalance("on_lost", partitions)

    def deliver(self, *messages: FakeMessage) -> None:
        self.script.extend(lambda message=message: message for message in messages)  # type: ignore[misc]

    def names(self, *wanted: str) -> list[tuple[str, Any]]:
        return [call for call in self.calls if call[0] in wanted]

    def _rebalance(self, callback: str, partitions: tuple[int, ...]) -> None:
        places = [TopicPartition(TOPIC, number) for number in partitions]
        self.script.append(lambda: self.callbacks[callback](self, places))


class Sink:
    def __init__(self) -> None:
        self.records: list[KafkaRecord] = []

    def records_arrived(self, records: list[KafkaRecord]) -> None:
        self.records.extend(records)

    def poison_arrived(self, message: object, reason: str, *, then: Callable[[], None]) -> None:
        then()

    def serve(self) -> None:
        """Nothing is due."""


class Bench:
    """A source, what it delivers, and the consumers it has made."""

    def __init__(self) -> None:
        self.sink = Sink()
        self.consumers: list[FakeConsumer] = []
        self.source = KafkaSource(
            TOPIC,
            {"bootstrap.servers": "k:9092"},
            self.sink,
            capacity=10,
            factory=self._make,
            revoke_wait_s=5.0,
        )
        self.source.start()
        wait_until(lambda: self.consumers and self.consumers[0].callbacks, "the subscription")

    @property
    def consumer(self) -> FakeConsumer:
        return self.consumers[-1]

    def wait_for_records(self, count: int) -> list[KafkaRecord]:
        wait_until(lambda: len(self.sink.records) == count, f"{count} records")
        return self.sink.records

    def _make(self, config: dict[str, Any]) -> Any:
        self.consumers.append(FakeConsumer(config))
        return self.consumers[-1]


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.source.finish()
    assert made.source.join(60)


def test_one_thread_makes_every_call(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    bench.source.settle(record)
    wait_until(lambda: bench.consumer.names("commit"), "a commit")
    bench.source.finish()
    assert bench.source.join(60)
    assert len(bench.consumer.threads) == 1
    assert threading.get_ident() not in bench.consumer.threads


def test_an_assigned_partition_is_resumed(bench: Bench) -> None:
    bench.consumer.assign(0, 1)
    wait_until(lambda: bench.source.snapshot(), "the assignment")
    assert bench.consumer.names("incremental_assign", "resume") == [
        ("incremental_assign", [0, 1]),
        ("resume", [0, 1]),
    ]


def test_a_revoked_partition_waits_for_its_running_job_and_commits_it(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5), FakeMessage(6))
    running, waiting = bench.wait_for_records(2)
    assert running.try_start()
    bench.consumer.revoke(0)
    wait_until(lambda: not running.assignment.is_open, "the revocation")
    assert not waiting.try_start()
    assert bench.consumer.names("incremental_unassign") == []
    bench.source.settle(running)
    wait_until(lambda: bench.consumer.names("incremental_unassign"), "the end of the revocation")
    assert bench.consumer.names("store", "commit", "incremental_unassign") == [
        ("store", [(0, 6)]),
        ("commit", False),
        ("incremental_unassign", [0]),
    ]


def test_a_lost_partition_is_neither_stored_nor_committed(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    assert record.try_start()
    bench.consumer.lose(0)
    wait_until(lambda: bench.consumer.names("incremental_unassign"), "the loss")
    bench.source.settle(record)
    bench.consumer.assign(1)
    wait_until(lambda: [p.partition for p in bench.source.snapshot()] == [1], "the next assignment")
    assert bench.consumer.names("store", "commit") == []


def test_results_of_an_earlier_assignment_do_not_move_the_later_one(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (before,) = bench.wait_for_records(1)
    assert before.try_start()
    bench.consumer.lose(0)
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5), FakeMessage(6))
    _, again, after = bench.wait_for_records(3)
    bench.source.settle(before)
    bench.source.settle(after)
    bench.consumer.assign(1)
    wait_until(lambda: len(bench.source.snapshot()) == 2, "a later turn")
    assert bench.consumer.names("store") == []
    bench.source.settle(again)
    wait_until(lambda: bench.consumer.names("store") == [("store", [(0, 7)])], "both stored at once")


def test_offsets_that_go_back_are_new_records(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(500), FakeMessage(0))
    old, new = bench.wait_for_records(2)
    assert new.assignment is not old.assignment
    # No log may have it any more: it runs, and its offset counts for nothing.
    assert old.try_start()
    bench.source.settle(old)
    bench.source.settle(new)
    wait_until(lambda: ("store", [(0, 1)]) in bench.consumer.calls, "the new log's offset")
    # librdkafka commits what is stored only while it rises.
    assert bench.consumer.names("store", "commit at") == [
        ("store", [(0, 0)]),
        ("commit at", [(0, 0)]),
        ("store", [(0, 1)]),
    ]


def test_a_partition_that_goes_and_comes_back_while_more_is_fetched_starts_where_it_was_committed(
    bench: Bench,
) -> None:
    def rebalance(count: int, timeout_s: float) -> list[FakeMessage]:
        bench.consumer.consume = lambda count, timeout_s: []  # type: ignore[method-assign]
        bench.consumer.callbacks["on_lost"](bench.consumer, [TopicPartition(TOPIC, 0)])
        bench.consumer.callbacks["on_assign"](bench.consumer, [TopicPartition(TOPIC, 0)])
        return []

    bench.consumer.assign(0)
    wait_until(lambda: bench.source.snapshot(), "the assignment")
    bench.consumer.consume = rebalance  # type: ignore[method-assign]
    bench.consumer.deliver(FakeMessage(7))
    (before,) = bench.wait_for_records(1)
    bench.consumer.deliver(FakeMessage(5))
    _, after = bench.wait_for_records(2)
    assert not before.try_start()
    assert after.try_start()
    bench.source.settle(before)
    bench.source.settle(after)
    wait_until(
        lambda: bench.consumer.names("store") == [("store", [(0, 6)])], "the later assignment's offset"
    )


def test_a_fatal_error_makes_a_new_consumer(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka_source, "REBUILD_AFTER_S", 0.0)
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    broken = bench.consumer
    broken.deliver(FakeMessage(0, error=KafkaError(KafkaError._FATAL)))
    wait_until(lambda: len(bench.consumers) == 2 and bench.consumer.callbacks, "a new consumer")
    assert broken.closed.is_set()
    assert not record.try_start()
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    assert bench.wait_for_records(2)[1].try_start()


def test_a_commit_that_was_refused_is_made_again(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    refusing = bench.consumer.on_commit
    refusals = [KafkaError(KafkaError.REBALANCE_IN_PROGRESS)]
    bench.consumer.on_commit = lambda _, places: refusing(refusals.pop() if refusals else None, places)
    bench.source.settle(record)
    wait_until(lambda: bench.source.commits.done == 1, "the second try")
    assert bench.source.commits.failed == 1


def test_leaving_amid_a_rebalance_waits_until_the_last_commit_is_taken(bench: Bench) -> None:
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    answered = bench.consumer.on_commit
    refusals = [KafkaError(KafkaError.REBALANCE_IN_PROGRESS), KafkaError(KafkaError.ILLEGAL_GENERATION)]
    bench.consumer.on_commit = lambda _, places: answered(refusals.pop() if refusals else None, places)
    bench.source.settle(record)
    bench.source.finish()
    assert bench.source.join(60)
    assert (bench.source.commits.failed, bench.source.commits.done) == (2, 1)


def test_a_revoked_partition_is_committed_as_soon_as_the_group_takes_commits_again(bench: Bench) -> None:
    take = bench.consumer.commit
    refusals = [KafkaException(KafkaError(KafkaError.REBALANCE_IN_PROGRESS))] * 2

    def commit(*, asynchronous: bool) -> None:
        if not asynchronous and refusals:
            raise refusals.pop()
        take(asynchronous=asynchronous)

    bench.consumer.commit = commit  # type: ignore[method-assign]
    bench.consumer.assign(0)
    bench.consumer.revoke(0)
    wait_until(lambda: bench.consumer.names("incremental_unassign"), "the end of the revocation")
    assert refusals == []
    assert bench.consumer.names("commit") == [("commit", False)]


def test_a_group_that_takes_no_commit_is_joined_anew_before_its_patience_ends(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes none until all have joined, and this member cannot join before it has given its partition up."""
    now = [0.0]
    tries: list[float] = []

    def refuse(*, asynchronous: bool) -> None:
        tries.append(now[0])
        raise KafkaException(KafkaError(KafkaError.REBALANCE_IN_PROGRESS))

    commits = Commits(TOPIC, session_s=10.0, clock=lambda: now[0])
    monkeypatch.setattr(kafka_commits.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    bench.consumer.commit = refuse  # type: ignore[method-assign]
    commits.finish(bench.consumer, [])  # type: ignore[arg-type]
    assert commits.failed == 1
    assert 4.0 < tries[-1] < 6.0


def test_an_offset_that_cannot_be_stored_any_more_stops_nothing(bench: Bench) -> None:
    def lost(*, offsets: list[TopicPartition]) -> None:
        raise KafkaException(KafkaError(KafkaError._STATE))

    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5))
    (record,) = bench.wait_for_records(1)
    bench.consumer.store_offsets = lost  # type: ignore[method-assign]
    bench.source.settle(record)
    bench.consumer.deliver(FakeMessage(6))
    bench.wait_for_records(2)
    assert len(bench.consumers) == 1


@pytest.mark.parametrize(("low", "lost"), [(8, 2), (9, 3), (12, 3), (6, 0), (0, 0)])
def test_a_gap_is_a_loss_as_far_as_the_log_was_cut(
    bench: Bench, caplog: pytest.LogCaptureFixture, low: int, lost: int
) -> None:
    """Compaction and transactions leave gaps, too."""
    bench.consumer.get_watermark_offsets = lambda place, **_: (low, 20)  # type: ignore[method-assign]
    bench.consumer.assign(0)
    bench.consumer.deliver(FakeMessage(5), FakeMessage(9))
    bench.wait_for_records(2)
    # Where the partition begins is asked once a second.
    broker_probe = bench.source._broker_probe
    wait_until(lambda: not broker_probe._gaps and bench.source.lost == lost, "the gap to be looked into")
    assert ("were removed before they were read" in caplog.text) is (lost > 0)
