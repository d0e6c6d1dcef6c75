"""The consumer's configuration: our defaults, a user's own keys, and the keys that hold the promise.

A configuration that would lose jobs, or make a member leave its group over and over, is refused at once.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaException

from workflow_sdk.errors import KafkaConfigError
from workflow_sdk.known_secrets import MASK

# Shorter than librdkafka's 45 s: after a worker is killed its partitions wait for this long. Kafka's brokers
# refuse less than 6 s unless they are configured otherwise (`group.min.session.timeout.ms`).
SESSION_TIMEOUT_MS = 10_000
# How soon the other members hear of a rebalance; until it is over the group takes no commits.
HEARTBEAT_INTERVAL_MS = 1_000
MAX_POLL_INTERVAL_MS = 300_000
METADATA_REFRESH_MS = 10_000
RECONNECT_MAX_MS = 2_000

# What all consumers of a runner may hold ready between them, and the bounds for one of them.
PREFETCH_KBYTES = 4 * 1024
PREFETCH_KBYTES_MIN, PREFETCH_KBYTES_MAX = 64, 4 * 1024
PREFETCH_RECORDS = 10_000
# After a full prefetch librdkafka looks again after this time; its own second would leave the worker idle.
PREFETCH_AGAIN_MS = 50

REFUSED = {
    "bootstrap.servers": "name the brokers by the runner's own option",
    "metadata.broker.list": "name the brokers by the runner's own option",
    "group.id": "the group is workflow.workers.<job type>, shared with the workers of the other SDKs",
    "group.protocol": "the workers of the other SDKs share the group and speak the classic protocol",
    "group.instance.id": "a second process with the same settings would throw the first one out",
    "partition.assignment.strategy": "all members of a group must agree on cooperative-sticky",
    "enable.auto.commit": "an offset is committed only after the engine has acknowledged the job",
    "auto.commit.enable": "an offset is committed only after the engine has acknowledged the job",
    "auto.commit.interval.ms": "commits follow the acknowledged results, not a clock",
    "enable.auto.offset.store": "an offset is stored only after the engine has acknowledged the job",
    "enable.partition.eof": "the end of a partition is no record",
    "on_commit": "the runner watches its commits itself",
    "error_cb": "the runner reports changes of the brokers' state itself",
    "logger": "the runner logs to workflow_sdk.runner.kafka.source",
}

_STARTS_AT_THE_END = frozenset({"latest", "largest", "end"})
# What a setting begins with that says how brokers are reached, whatever the client is for.
_REACHING = (
    *("security.", "sasl.", "ssl.", "https.", "enable.ssl.", "enable.sasl.", "oauth_cb"),
    *("broker.", "socket.", "client."),
)
# Generous: a name that is misspelt, or another client's, is shown before anybody refuses it.
_SECRET = re.compile(
    r"pass|pwd|secret|key\.pem|jaas|credential|sasl\.oauthbearer\.config|token$", re.IGNORECASE
)


def consumer_config(
    extra: Mapping[str, Any] | None, *, brokers: str, group: str, client_id: str, consumers: int
) -> dict[str, Any]:
    """The configuration for one consumer of a runner that has so many.

    `extra` holds a user's keys, with text or numbers as values. KafkaConfigError when one of them would break
    the promise or cannot work.
    """
    if not brokers.strip():
        raise KafkaConfigError("no brokers are named: give host:port, several separated by commas")
    extra = dict(extra or {})
    _refuse_what_breaks_the_promise(extra)
    config = _defaults(consumers) | extra
    _check_timeouts(config)
    return config | {
        "bootstrap.servers": brokers,
        "group.id": group,
        "client.id": extra.get("client.id", client_id),
        "partition.assignment.strategy": "cooperative-sticky",
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": False,
    }


def client_config(extra: Mapping[str, Any] | None, *, brokers: str) -> dict[str, Any]:
    """What a producer or an admin client of the same user needs: brokers and how to reach them."""
    kept = {key: value for key, value in (extra or {}).items() if key.startswith(_REACHING)}
    return kept | {"bootstrap.servers": brokers, "enable.metrics.push": False, "log_level": 0}


def check_with_librdkafka(config: Mapping[str, Any]) -> None:
    """Raise KafkaConfigError when librdkafka does not know a setting or its value."""
    try:
        Consumer(dict(config)).close()
    except (KafkaException, TypeError, ValueError) as error:
        reason = error.args[0].str() if isinstance(error, KafkaException) else str(error)
        raise KafkaConfigError(_missing_file(config) or _in_other_words(reason)) from error


def masked(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration for showing: what is secret is replaced by stars."""
    return {key: MASK if _SECRET.search(key) else value for key, value in config.items()}


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """The values that `masked` replaces."""
    return [str(value) for key, value in config.items() if _SECRET.search(key)]


def _missing_file(config: Mapping[str, Any]) -> str:
    """Name the file that is not there: librdkafka only says that OpenSSL's BIO failed."""
    for key, value in config.items():
        is_file = key.startswith("ssl.") and key.endswith(".location") and value != "probe"
        if is_file and not os.path.exists(str(value)):
            return f"Kafka setting {key}: there is no file {value}"
    return ""


def _in_other_words(reason: str) -> str:
    if "No provider for SASL mechanism GSSAPI" in reason:
        return (
            "Kafka setting sasl.mechanism is not set, or GSSAPI, which the Kafka client at hand cannot do: it takes"
            " PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and OAUTHBEARER"
        )
    return f"Kafka settings are refused: {reason}"


def _defaults(consumers: int) -> dict[str, Any]:
    prefetch = min(max(PREFETCH_KBYTES // max(consumers, 1), PREFETCH_KBYTES_MIN), PREFETCH_KBYTES_MAX)
    return {
        "auto.offset.reset": "earliest",
        "session.timeout.ms": SESSION_TIMEOUT_MS,
        "heartbeat.interval.ms": HEARTBEAT_INTERVAL_MS,
        "max.poll.interval.ms": MAX_POLL_INTERVAL_MS,
        "queued.max.messages.kbytes": prefetch,
        "queued.min.messages": PREFETCH_RECORDS,
        "fetch.message.max.bytes": prefetch * 1024,
        "fetch.queue.backoff.ms": PREFETCH_AGAIN_MS,
        "enable.metrics.push": False,
        # librdkafka writes to stderr what `error_cb` says as well; set it to 6 with `debug`.
        "log_level": 0,
        # A topic may be created after the worker was started.
        "topic.metadata.refresh.interval.ms": METADATA_REFRESH_MS,
        "reconnect.backoff.max.ms": RECONNECT_MAX_MS,
    }


def _refuse_what_breaks_the_promise(extra: Mapping[str, Any]) -> None:
    for key in extra:
        if key in REFUSED:
            raise KafkaConfigError(f"Kafka setting {key} cannot be set: {REFUSED[key]}")
    reset = str(extra.get("auto.offset.reset", "earliest"))
    if reset in _STARTS_AT_THE_END:
        raise KafkaConfigError(
            f"Kafka setting auto.offset.reset cannot be {reset}: jobs published before the group existed"
            " would never run"
        )


def _check_timeouts(config: Mapping[str, Any]) -> None:
    session_ms = _milliseconds(config, "session.timeout.ms")
    heartbeat_ms = _milliseconds(config, "heartbeat.interval.ms")
    poll_ms = _milliseconds(config, "max.poll.interval.ms")
    if heartbeat_ms * 2 > session_ms:
        raise KafkaConfigError(
            f"Kafka setting heartbeat.interval.ms ({heartbeat_ms}) must be at most half of"
            f" session.timeout.ms ({session_ms}), or the group loses this worker over and over"
        )
    if poll_ms < session_ms:
        raise KafkaConfigError(
            f"Kafka setting max.poll.interval.ms ({poll_ms}) must be at least"
            f" session.timeout.ms ({session_ms})"
        )


def _milliseconds(config: Mapping[str, Any], key: str) -> int:
    try:
        value = int(config[key])
    except (TypeError, ValueError):
        raise KafkaConfigError(f"Kafka setting {key} must be a whole number, not {config[key]!r}") from None
    if value <= 0:
        raise KafkaConfigError(f"Kafka setting {key} must be positive, not {value}")
    return value
