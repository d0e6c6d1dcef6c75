"""What a user may set of Kafka, what is refused and why."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer

from workflow_sdk.errors import KafkaConfigError, WorkflowSDKError
from workflow_sdk.runner.kafka.config import REFUSED, client_config, consumer_config, masked


def config(extra: dict | None = None, *, brokers: str = "k1:9092", consumers: int = 1) -> dict:
    return consumer_config(
        extra, brokers=brokers, group="workflow.workers.a", client_id="w-1", consumers=consumers
    )


def test_offsets_are_never_committed_or_stored_by_librdkafka() -> None:
    made = config()
    assert made["enable.auto.commit"] is False
    assert made["enable.auto.offset.store"] is False
    assert made["auto.offset.reset"] == "earliest"


def test_group_and_assignor_are_those_of_the_other_sdks() -> None:
    made = config()
    assert made["group.id"] == "workflow.workers.a"
    assert made["partition.assignment.strategy"] == "cooperative-sticky"
    assert made["bootstrap.servers"] == "k1:9092"


@pytest.mark.parametrize("consumers", [1, 50])
def test_librdkafka_takes_the_configuration(consumers: int) -> None:
    Consumer(config({"sasl.username": "u", "session.timeout.ms": "30000"}, consumers=consumers)).close()


@pytest.mark.parametrize("key", REFUSED)
def test_a_key_that_holds_the_promise_is_refused_with_the_reason(key: str) -> None:
    with pytest.raises(KafkaConfigError) as refused:
        config({key: "x"})
    assert key in str(refused.value)
    assert REFUSED[key] in str(refused.value)


@pytest.mark.parametrize("reset", ["latest", "largest", "end"])
def test_starting_at_the_end_of_a_topic_is_refused(reset: str) -> None:
    with pytest.raises(KafkaConfigError, match="published before the group existed"):
        config({"auto.offset.reset": reset})


@pytest.mark.parametrize(
    "extra",
    [
        {"heartbeat.interval.ms": 10_000},
        {"session.timeout.ms": "6000", "heartbeat.interval.ms": "6000"},
        {"session.timeout.ms": 1_500},
    ],
)
def test_a_heartbeat_too_slow_for_the_session_is_refused(extra: dict) -> None:
    with pytest.raises(KafkaConfigError, match="over and over"):
        config(extra)


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"session.timeout.ms": "soon"}, "session.timeout.ms must be a whole number, not 'soon'"),
        ({"session.timeout.ms": 0}, "session.timeout.ms must be positive"),
        ({"max.poll.interval.ms": 5_000}, "max.poll.interval.ms .5000. must be at least session.timeout.ms"),
    ],
)
def test_a_timeout_that_cannot_work_is_refused(extra: dict, reason: str) -> None:
    with pytest.raises(KafkaConfigError, match=reason):
        config(extra)


@pytest.mark.parametrize("brokers", ["", "  "])
def test_no_brokers_is_an_error_that_says_so(brokers: str) -> None:
    with pytest.raises(KafkaConfigError, match="no brokers"):
        config(brokers=brokers)


def test_a_wrong_setting_is_a_value_error_and_one_of_ours() -> None:
    assert issubclass(KafkaConfigError, ValueError)
    assert issubclass(KafkaConfigError, WorkflowSDKError)


def test_other_keys_pass_through_and_may_beat_the_defaults() -> None:
    made = config({"security.protocol": "SASL_SSL", "session.timeout.ms": 45_000, "client.id": "mine"})
    assert made["security.protocol"] == "SASL_SSL"
    assert made["session.timeout.ms"] == 45_000
    assert made["client.id"] == "mine"


def test_many_consumers_share_one_bound_of_memory() -> None:
    one, fifty = config(consumers=1), config(consumers=50)
    assert fifty["queued.max.messages.kbytes"] * 50 <= 4 * 1024
    assert fifty["queued.max.messages.kbytes"] < one["queued.max.messages.kbytes"] <= 4 * 1024


def test_secrets_are_not_shown() -> None:
    shown = masked(
        {
            "sasl.username": "u",
            "sasl.password": "p",
            "ssl.key.password": "p",
            "ssl.key.pem": "-----BEGIN",
            "sasl.oauthbearer.client.secret": "s",
            "ssl.key.location": "/etc/key.pem",
        }
    )
    assert shown == {
        "sasl.username": "u",
        "sasl.password": "***",
        "ssl.key.password": "***",
        "ssl.key.pem": "***",
        "sasl.oauthbearer.client.secret": "***",
        "ssl.key.location": "/etc/key.pem",
    }


def test_a_producer_reaches_the_brokers_the_same_way_and_takes_nothing_else() -> None:
    made = client_config(
        {"sasl.password": "p", "session.timeout.ms": 1, "ssl.ca.location": "/ca"}, brokers="k1"
    )
    assert made == {
        "sasl.password": "p",
        "ssl.ca.location": "/ca",
        "bootstrap.servers": "k1",
        "enable.metrics.push": False,
        "log_level": 0,
    }
