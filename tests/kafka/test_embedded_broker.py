"""The broker that needs nothing installed: topics, outages, errors, and no life beyond its owner."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker, EmbeddedBrokerError

METADATA_TIMEOUT_S = 10.0


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as started:
        yield started


def quiet(broker: EmbeddedBroker, **more: object) -> dict[str, object]:
    return {"bootstrap.servers": broker.address, "log_level": 0, "error_cb": lambda _: None, **more}


def published(broker: EmbeddedBroker, topic: str, *keys: bytes) -> list[Message]:
    delivered: list[Message] = []
    producer = Producer(quiet(broker, partitioner="murmur2_random"))
    for key in keys:
        producer.produce(topic, b"v", key, on_delivery=lambda _, message: delivered.append(message))
    assert producer.flush(METADATA_TIMEOUT_S) == 0
    return delivered


def test_a_topic_has_the_partitions_asked_for(broker: EmbeddedBroker) -> None:
    broker.create_topic("t", partitions=3)
    topics = AdminClient(quiet(broker)).list_topics(timeout=METADATA_TIMEOUT_S).topics
    assert len(topics["t"].partitions) == 3


def test_creating_a_topic_again_changes_nothing(broker: EmbeddedBroker) -> None:
    broker.create_topic("t", partitions=3)
    broker.create_topic("t", partitions=5)
    topics = AdminClient(quiet(broker)).list_topics(timeout=METADATA_TIMEOUT_S).topics
    assert len(topics["t"].partitions) == 3


def test_records_outlive_an_outage_and_the_address_stays(broker: EmbeddedBroker) -> None:
    broker.create_topic("t", partitions=1)
    published(broker, "t", b"k")
    broker.set_down()
    broker.set_up()
    consumer = Consumer(quiet(broker, **{"group.id": "g", "auto.offset.reset": "earliest"}))
    consumer.subscribe(["t"])
    message = consumer.poll(METADATA_TIMEOUT_S)
    consumer.close()
    assert message is not None
    assert message.key() == b"k"


def test_an_injected_error_is_answered(broker: EmbeddedBroker) -> None:
    broker.create_topic("t", partitions=1)
    produce = 0
    broker.push_errors(produce, [KafkaError.MSG_SIZE_TOO_LARGE])
    assert [message.error().code() for message in published(broker, "t", b"a")] == [
        KafkaError.MSG_SIZE_TOO_LARGE
    ]
    assert [message.error() for message in published(broker, "t", b"b")] == [None]


def test_a_closed_broker_is_gone_and_says_so() -> None:
    broker = EmbeddedBroker()
    broker.start()
    config = quiet(broker)
    broker.close()
    broker.close()
    with pytest.raises(EmbeddedBrokerError, match="not running"):
        broker.create_topic("t")
    with pytest.raises(KafkaException):
        AdminClient(config).list_topics(timeout=0.3)
