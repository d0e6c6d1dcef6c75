"""From librdkafka's errors to what a person can act on: why a broker is away, refuses a login, or allows nothing.

librdkafka's text names a socket, a state and a time, and differs in each repetition; what is said here does not,
and names the settings to look at. It never holds the value of a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError

# `sasl_ssl://kafka-1:9093/bootstrap: what happened (after 7ms in state AUTH_REQ)`
_PLACED = re.compile(
    r"^(?:\w+://)?(?P<place>[^/\s]+)/\w+: (?P<what>.*?)(?: \(after \d+ms in state .*)?$", re.DOTALL
)
_MECHANISMS = re.compile(r"supported mechanisms: (?P<names>[\w,-]+)")
# `Authentication failed: why`, or `Authentication failed during authentication due to why with SASL mechanism X`
_DUE_TO = re.compile(
    r"^Authentication failed(?:: | during authentication due to )(.*?)(?: with SASL mechanism .*)?$"
)
# How TLS says that it wants a certificate, or another one.
_WANTS_A_CERTIFICATE = re.compile(
    r"alert (bad certificate|certificate required|unknown ca|certificate unknown)"
)
_OWN_CERTIFICATE = ("ssl.certificate.location", "ssl.certificate.pem", "ssl.keystore.location")

_MAY_WANT = {
    "PLAINTEXT": ": the listener may want TLS or a login",
    "SASL_PLAINTEXT": ": the listener may want TLS",
    "SSL": ": the listener may want a login",
}
_NOT_AUTHORISED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    }
)
_CONNECTION = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError._SSL,
        KafkaError._RESOLVE,
        KafkaError._TRANSPORT,
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
    }
)


@dataclass(frozen=True, slots=True)
class BrokerTrouble:
    """One reason, in words. `is_refusal`: a login, a certificate or a right is wanting, and waiting mends nothing.

    `is_login`: user, password or mechanism are refused.
    """

    text: str
    is_refusal: bool = False
    is_login: bool = False


def is_about_a_connection(error: KafkaError) -> bool:
    """Whether an error tells of one broker's connection, not of a topic or a group."""
    return error.code() in _CONNECTION


def is_about_rights(error: KafkaError) -> bool:
    """Whether the broker knows who asks, and does not allow it."""
    return error.code() in _NOT_AUTHORISED


def connection_trouble(error: KafkaError, config: Mapping[str, Any]) -> BrokerTrouble:
    """Say what is wrong with a connection made with these settings."""
    found = _PLACED.match(error.str())
    place, what = (found["place"], found["what"]) if found else ("a broker", error.str())
    if error.code() == KafkaError._AUTHENTICATION:
        return BrokerTrouble(_login_refused(place, what, config), is_refusal=True, is_login=True)
    if error.code() == KafkaError._SSL:
        return BrokerTrouble(_tls_failed(place, what, config), is_refusal=True)
    if error.code() == KafkaError._RESOLVE:
        return BrokerTrouble(f"the host name of {place} cannot be resolved")
    if "PLAINTEXT broker listener" in what:
        text = f"{place} does not speak TLS; check security.protocol ({protocol_of(config)}) and the port"
        return BrokerTrouble(text, is_refusal=True)
    if _WANTS_A_CERTIFICATE.search(what):
        return BrokerTrouble(_certificate_wanted(place, config), is_refusal=True)
    return BrokerTrouble(f"{place}: {what.rpartition('failed: ')[2]}")


def unanswered(config: Mapping[str, Any]) -> BrokerTrouble:
    """Say what it may mean that connections are taken and closed without a word: librdkafka reports no reason."""
    protocol = protocol_of(config)
    return BrokerTrouble(
        f"connections to {config.get('bootstrap.servers', 'the brokers')} are closed without an answer;"
        f" check security.protocol ({protocol}) and the port"
        f"{_MAY_WANT.get(protocol, '')}",
        is_refusal=True,
    )


def rights_trouble(error: KafkaError, config: Mapping[str, Any], *, topic: str, group: str) -> BrokerTrouble:
    """Say which right is wanting on a topic, or on the group that consumes it."""
    name, operations = {
        KafkaError.TOPIC_AUTHORIZATION_FAILED: (f"topic {topic}", "Read and Describe on it"),
        KafkaError.GROUP_AUTHORIZATION_FAILED: (f"consumer group {group}", "Read on it"),
    }.get(error.code(), ("cluster", "what a consumer does"))
    who = f"user {config['sasl.username']}" if config.get("sasl.username") else "this client"
    return BrokerTrouble(
        f"{who} is not authorised for the {name}: it needs an ACL that allows {operations}", is_refusal=True
    )


def protocol_of(config: Mapping[str, Any]) -> str:
    """The protocol in use, as Kafka writes it."""
    return str(config.get("security.protocol", "plaintext")).upper()


def _login_refused(place: str, what: str, config: Mapping[str, Any]) -> str:
    mechanism = config.get("sasl.mechanism", config.get("sasl.mechanisms", "GSSAPI"))
    if "not valid in current SASL state" in what:
        return f"{place} wants no login; check security.protocol ({protocol_of(config)}) and the port"
    if (known := _MECHANISMS.search(what)) is not None:
        return (
            f"{place} does not take sasl.mechanism {mechanism}; it takes {known['names'].replace(',', ', ')}"
        )
    user = f" of user {config['sasl.username']}" if config.get("sasl.username") else ""
    reason = _DUE_TO.sub(r"\1", what.removeprefix("SASL authentication error: "))
    return f"{place} refuses the login{user} ({mechanism}): {reason}; check sasl.username and sasl.password"


def _tls_failed(place: str, what: str, config: Mapping[str, Any]) -> str:
    if "certificate verify failed" not in what:
        return f"TLS with {place} failed: {what.removeprefix('SSL handshake failed: ')}"
    ca = config.get("ssl.ca.location", "not set: the system's are used")
    return (
        f"the certificate of {place} is not trusted; check ssl.ca.location ({ca}),"
        " and that the certificate is for this host name"
    )


def _certificate_wanted(place: str, config: Mapping[str, Any]) -> str:
    if any(config.get(key) for key in _OWN_CERTIFICATE):
        return f"{place} does not accept our client certificate; check ssl.certificate.location and ssl.key.location"
    return f"{place} wants a client certificate; set ssl.certificate.location and ssl.key.location"
