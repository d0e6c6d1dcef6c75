"""Asking Kafka brokers whether they are there and have the topics of some job types."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

TIMEOUT_S = 5.0
TOPIC_PREFIX = "workflow.jobs."


def missing_topics(
    brokers: str, config: Mapping[str, str], job_types: Iterable[str]
) -> tuple[list[str], str | None]:
    """(the topics that do not exist, None), or ([], why the brokers cannot be asked)."""
    settings: dict[str, str | int | float | bool] = {**config, "bootstrap.servers": brokers, "log_level": 0}
    try:
        client = AdminClient(settings, logger=None)
        there = client.list_topics(timeout=TIMEOUT_S).topics
    except (KafkaException, ValueError) as error:
        return [], str(error.args[0].str() if isinstance(error, KafkaException) else error)
    wanted = [f"{TOPIC_PREFIX}{job_type}" for job_type in job_types]
    return [topic for topic in wanted if topic not in there], None
