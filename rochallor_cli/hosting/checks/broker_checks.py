"""Asking Kafka brokers whether they are there, which topics of some job types they have, and how their groups stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from rochallor_cli.counting import count_text
from workflow_sdk.runner.kafka.broker_trouble import (
    BrokerTrouble,
    connection_trouble,
    is_about_a_connection,
    is_about_rights,
    rights_trouble,
    unanswered,
)
from workflow_sdk.runner.kafka.config import check_with_librdkafka, consumer_config

TIMEOUT_S, ASK_AGAIN_S = 5.0, 0.5
TOPIC_PREFIX, GROUP_PREFIX = "workflow.jobs.", "workflow.workers."


class BrokersAwayError(Exception):
    """The brokers cannot be asked; the text says why.

    `is_refusal`: they are there, and do not let us in; `is_login`: it is user or password that they refuse.
    """

    def __init__(self, brokers: str, trouble: BrokerTrouble) -> None:
        away = f"{brokers} cannot be reached: {trouble.text.removeprefix(f'{brokers}: ')}"
        super().__init__(trouble.text if trouble.is_refusal else away)
        self.is_refusal, self.is_login = trouble.is_refusal, trouble.is_login


@dataclass(frozen=True)
class TopicState:
    """One job type's topic. `partitions` is 0 where there is none; `waiting` counts records not committed, `lost`
    those that Kafka removed before the group had read them.

    `members` are the workers in its group; None where the broker does not tell. `denied` says which right is
    wanting; then nothing else is known.
    """

    topic: str
    partitions: int = 0
    waiting: int = 0
    lost: int = 0
    members: int | None = None
    denied: str = ""

    @property
    def is_missing(self) -> bool:
        return self.partitions == 0 and not self.denied

    def in_words(self) -> str:
        """`6 partitions, 120 records waiting, 2 workers`."""
        parts = [count_text(self.partitions, "partition"), f"{count_text(self.waiting, 'record')} waiting"]
        if self.members is not None:
            parts.append(count_text(self.members, "worker"))
        if self.lost:
            parts.append(f"{count_text(self.lost, 'record')} removed by Kafka before the group had read them")
        return ", ".join(parts)

    def how_to_create(self, brokers: str) -> str:
        return f"kafka-topics.sh --bootstrap-server {brokers} --create --topic {self.topic}"


def topic_states(brokers: str, config: Mapping[str, str], job_types: Iterable[str]) -> list[TopicState]:
    """The state of each job type's topic; BrokersAwayError when nobody answers or nobody lets us in.

    KafkaConfigError for settings that a worker would refuse.
    """
    with _asked(brokers, config) as (admin, settings):
        return [_state(admin, settings, job_type) for job_type in job_types]


def dead_letter_trouble(brokers: str, config: Mapping[str, str], *, topic: str) -> str:
    """What would keep a record from going to this topic, in words; empty when nothing is known to.

    BrokersAwayError and KafkaConfigError as for `topic_states`.
    """
    with _asked(brokers, config) as (admin, settings):
        consumer = Consumer({**settings, "group.id": GROUP_PREFIX, "enable.auto.commit": False})
        try:
            if not _partitions(consumer, topic):
                missing = TopicState(topic)
                return (
                    f"dead-letter topic {topic} does not exist. Create it: {missing.how_to_create(brokers)}"
                )
            _require(admin, topic=topic, operation="WRITE")
        except KafkaException as error:
            if not is_about_rights(error.args[0]):
                raise
            return f"dead letters cannot be written: {_who(settings)} needs an ACL that allows Write on topic {topic}"
        finally:
            consumer.close()
    return ""


@contextmanager
def _asked(brokers: str, config: Mapping[str, str]) -> Iterator[tuple[AdminClient, dict[str, Any]]]:
    """Brokers that have answered, and the settings they were asked with."""
    check_with_librdkafka(
        consumer_config(config, brokers=brokers, group=GROUP_PREFIX, client_id="check", consumers=1)
    )
    errors: list[KafkaError] = []
    settings: dict[str, Any] = {
        **config,
        "bootstrap.servers": brokers,
        "log_level": 0,
        "error_cb": errors.append,
    }
    try:
        admin = AdminClient(settings)
        _await_answer(admin, errors, settings)
        yield admin, settings
    except (KafkaException, ValueError, TypeError) as error:
        raise BrokersAwayError(brokers, BrokerTrouble(_reason(error))) from error


def _who(settings: Mapping[str, Any]) -> str:
    return f"user {settings['sasl.username']}" if settings.get("sasl.username") else "this client"


def _await_answer(admin: AdminClient, errors: list[KafkaError], settings: Mapping[str, Any]) -> None:
    """Wait until a broker has answered. A refusal ends the wait; brokers that are away may be starting."""
    give_up = monotonic() + TIMEOUT_S
    while True:
        try:
            admin.list_topics(timeout=ASK_AGAIN_S)
        except KafkaException as error:
            admin.poll(0)
            trouble = _trouble_of(errors, settings)
            is_refused = trouble is not None and trouble.is_refusal and _are_all_down(errors)
            if trouble is not None and (is_refused or monotonic() > give_up):
                raise BrokersAwayError(settings["bootstrap.servers"], trouble) from error
            if monotonic() > give_up:
                raise
        else:
            return


def _trouble_of(errors: list[KafkaError], settings: Mapping[str, Any]) -> BrokerTrouble | None:
    """What was heard of the connections: a refusal before all else; None when nothing was heard."""
    found = [connection_trouble(error, settings) for error in errors if is_about_a_connection(error)]
    if not found and _are_all_down(errors):
        return unanswered(settings)
    refusals = [trouble for trouble in found if trouble.is_refusal]
    return next(iter([*refusals, *found]), None)


def _are_all_down(errors: list[KafkaError]) -> bool:
    return any(error.code() == KafkaError._ALL_BROKERS_DOWN for error in errors)


def _reason(error: Exception) -> str:
    return str(error.args[0].str()) if isinstance(error, KafkaException) else str(error)


def _state(admin: AdminClient, settings: dict[str, Any], job_type: str) -> TopicState:
    topic, group = f"{TOPIC_PREFIX}{job_type}", f"{GROUP_PREFIX}{job_type}"
    # A consumer asks for a topic without having it created, and joins no group before it subscribes.
    consumer = Consumer({**settings, "group.id": group, "enable.auto.commit": False})
    try:
        partitions = _partitions(consumer, topic)
        if not partitions:
            return TopicState(topic)
        _require(admin, topic=topic, operation="READ")
        waiting, lost = _waiting_and_lost(consumer, topic, partitions)
        return TopicState(topic, len(partitions), waiting, lost, _members(admin, group))
    except KafkaException as error:
        if not is_about_rights(error.args[0]):
            raise
        denied = rights_trouble(error.args[0], settings, topic=topic, group=group)
        return TopicState(topic, denied=denied.text)
    finally:
        consumer.close()


def _partitions(consumer: Consumer, topic: str) -> list[int]:
    found = consumer.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
    if found.error is not None and is_about_rights(found.error):
        raise KafkaException(found.error)
    return sorted(found.partitions) if found.error is None else []


def _waiting_and_lost(consumer: Consumer, topic: str, partitions: list[int]) -> tuple[int, int]:
    """Count the records above the group's offsets that are there and that are gone, without joining it."""
    waiting = lost = 0
    for place in consumer.committed(
        [TopicPartition(topic, number) for number in partitions], timeout=TIMEOUT_S
    ):
        low, high = consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        waiting += max(high - max(place.offset, low), 0)
        # Where the group has committed nothing yet, nobody knows what was there before.
        lost += max(low - place.offset, 0) if place.offset >= 0 else 0
    return waiting, lost


def _members(admin: AdminClient, group: str) -> int | None:
    """The group's members; raises where the broker says that we may see the group and not join it."""
    asked = admin.describe_consumer_groups(
        [group], include_authorized_operations=True, request_timeout=TIMEOUT_S
    )
    try:
        described = asked[group].result()
    except (KafkaException, ValueError):
        return None
    if not _may("READ", described.authorized_operations):
        raise KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    return len(described.members)


def _require(admin: AdminClient, *, topic: str, operation: str) -> None:
    """Raise where the broker says that we may see the topic and not do this (READ, WRITE) with it."""
    asked = admin.describe_topics(
        TopicCollection([topic]), include_authorized_operations=True, request_timeout=TIMEOUT_S
    )
    try:
        described = asked[topic].result()
    except (KafkaException, ValueError):
        return  # a broker that does not tell
    if not _may(operation, described.authorized_operations):
        raise KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


def _may(wanted: str, operations: list[Any] | None) -> bool:
    """Brokers that keep no rights, or are too old to tell, list none."""
    return not operations or any(operation.name == wanted for operation in operations)
