"""A partition read by hand to its end, as it stands now: joins no group, commits nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

READ_AT_ONCE = 500
TURN_S = 0.2


class SearchError(Exception):
    """A partition could not be read to its end; the text says why."""


def messages_of(
    consumer: Consumer, topic: str, partition: int, *, begin: int = 0, left_s: Callable[[], float]
) -> Iterator[Message]:
    """What lies from `begin` on. `left_s` says how many seconds it may still take; SearchError when none are."""
    place = TopicPartition(topic, partition)
    low, high = consumer.get_watermark_offsets(place, timeout=max(left_s(), 0.1))
    reached = max(low, begin)
    if reached >= high:
        return
    consumer.assign([TopicPartition(topic, partition, reached)])
    while reached < high:
        if left_s() <= 0:
            raise SearchError(f"{topic} partition {partition}: read to offset {reached} of {high} in time")
        for message in consumer.consume(READ_AT_ONCE, TURN_S):
            if message.error() is not None:
                raise KafkaException(message.error())
            reached = (message.offset() or 0) + 1
            yield message
        # Compaction and transactions leave gaps, also at the end.
        (position,) = consumer.position([place])
        reached = max(reached, position.offset)
