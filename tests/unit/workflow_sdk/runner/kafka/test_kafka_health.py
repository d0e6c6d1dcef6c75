"""What a worker says of brokers that are away, refuse a login or allow nothing: once, and with what to mend."""

from __future__ import annotations

import pytest
from confluent_kafka import KafkaError

from workflow_sdk.runner.kafka.broker_trouble import connection_trouble
from workflow_sdk.runner.kafka.health import ONE_REFUSES_AFTER_S, ConsumerHealth, Outage

LOGIN = {
    "bootstrap.servers": "k1:9093",
    "group.id": "workflow.workers.a",
    "security.protocol": "SASL_SSL",
    "sasl.mechanism": "SCRAM-SHA-512",
    "sasl.username": "worker",
    "sasl.password": "hidden",
    "ssl.ca.location": "/etc/ca.pem",
}
WRONG_PASSWORD = (
    "sasl_ssl://k1:9093/bootstrap: SASL authentication error: Authentication failed during authentication due to"
    " invalid credentials with SASL mechanism SCRAM-SHA-512 (after {ms}ms in state AUTH_REQ)"
)
ALL_DOWN = KafkaError(KafkaError._ALL_BROKERS_DOWN, "1/1 brokers are down")


def refused(ms: int = 7, *, broker: str = "k1:9093") -> KafkaError:
    return KafkaError(KafkaError._AUTHENTICATION, WRONG_PASSWORD.format(ms=ms).replace("k1:9093", broker))


@pytest.fixture(autouse=True)
def _all_lines(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")


@pytest.mark.parametrize(
    ("code", "text", "said"),
    [
        (
            KafkaError._AUTHENTICATION,
            WRONG_PASSWORD.format(ms=7),
            (
                "k1:9093 refuses the login of user worker (SCRAM-SHA-512): invalid credentials;"
                " check sasl.username and sasl.password"
            ),
        ),
        (
            KafkaError._AUTHENTICATION,
            (
                "sasl_ssl://k1:9093/1: SASL SCRAM-SHA-512 mechanism handshake failed: Broker: Unsupported SASL"
                " mechanism: broker's supported mechanisms: PLAIN,OAUTHBEARER (after 0ms in state AUTH_HANDSHAKE)"
            ),
            "k1:9093 does not take sasl.mechanism SCRAM-SHA-512; it takes PLAIN, OAUTHBEARER",
        ),
        (
            KafkaError._AUTHENTICATION,
            (
                "sasl_ssl://k1:9093/bootstrap: SASL SCRAM-SHA-512 mechanism handshake failed: Broker: Request not valid"
                " in current SASL state: broker's supported mechanisms:  (after 0ms in state AUTH_HANDSHAKE)"
            ),
            "k1:9093 wants no login; check security.protocol (SASL_SSL) and the port",
        ),
        (
            KafkaError._SSL,
            (
                "ssl://k1:9093/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify failed:"
                " broker certificate could not be verified (after 8ms in state SSL_HANDSHAKE)"
            ),
            (
                "the certificate of k1:9093 is not trusted; check ssl.ca.location (/etc/ca.pem),"
                " and that the certificate is for this host name"
            ),
        ),
        (
            KafkaError._TRANSPORT,
            (
                "ssl://k1:9093/bootstrap: SSL handshake failed: Disconnected: SSL connection closed by peer: connecting"
                " to a PLAINTEXT broker listener? (after 0ms in state SSL_HANDSHAKE)"
            ),
            "k1:9093 does not speak TLS; check security.protocol (SASL_SSL) and the port",
        ),
        (
            KafkaError._TRANSPORT,
            (
                "ssl://k1:9093/bootstrap: Receive failed: error:0A000412:SSL routines::ssl/tls alert bad certificate:"
                " SSL alert number 42 (after 0ms in state APIVERSION_QUERY)"
            ),
            "k1:9093 wants a client certificate; set ssl.certificate.location and ssl.key.location",
        ),
        (
            KafkaError._TRANSPORT,
            "k1:9093/bootstrap: Connect to ipv4#10.0.0.1:9093 failed: Connection refused (after 0ms in state CONNECT)",
            "k1:9093: Connection refused",
        ),
        (
            KafkaError._RESOLVE,
            "k1:9093/bootstrap: Failed to resolve 'k1:9093': Name or service not known (after 1ms in state CONNECT)",
            "the host name of k1:9093 cannot be resolved",
        ),
    ],
)
def test_librdkafkas_errors_are_told_in_words_to_act_on(code: int, text: str, said: str) -> None:
    assert connection_trouble(KafkaError(code, text), LOGIN).text == said


def test_a_refused_login_is_said_once_for_all_consumers_and_blocks_each(
    caplog: pytest.LogCaptureFixture,
) -> None:
    outage = Outage()
    consumers = [ConsumerHealth(f"workflow.jobs.{name}", LOGIN, outage=outage) for name in "abc"]
    for ms in range(40):
        for consumer in consumers:
            consumer.note_error(refused(ms))
            consumer.note_error(ALL_DOWN)
    assert [record.message.partition("(")[0] for record in caplog.records] == [
        "k1:9093 refuses the login of user worker "
    ]
    assert all(consumer.is_blocked for consumer in consumers)
    assert all("refuses the login" in consumer.trouble for consumer in consumers)
    caplog.clear()
    for consumer in consumers:
        consumer.note_answer()
    assert ["reachable again" in record.message for record in caplog.records] == [True]
    assert not any(consumer.is_blocked or consumer.trouble for consumer in consumers)


def test_brokers_that_never_answered_and_give_no_reason_point_at_the_protocol() -> None:
    fresh, known = ConsumerHealth("t", {"bootstrap.servers": "k1:9092"}), ConsumerHealth("t", LOGIN)
    fresh.note_error(ALL_DOWN)
    assert "check security.protocol (PLAINTEXT) and the port: the listener may want TLS" in fresh.trouble
    known.note_reached()
    known.note_error(ALL_DOWN)
    assert known.trouble == "no broker of k1:9093 can be reached; retrying"


def test_a_refusal_that_is_learned_of_later_is_said_too(caplog: pytest.LogCaptureFixture) -> None:
    health = ConsumerHealth("t", LOGIN)
    health.note_error(KafkaError(KafkaError._TRANSPORT, "k1:9093/1: Connect failed: Connection refused"))
    health.note_error(ALL_DOWN)
    health.note_error(refused())
    health.note_error(KafkaError(KafkaError._TRANSPORT, "k1:9093/1: Connect failed: Connection refused"))
    said = [record.message for record in caplog.records]
    assert said[0] == "no broker of k1:9093 can be reached: Connection refused; retrying"
    assert said[1].startswith("k1:9093 refuses the login")
    assert len(said) == 2
    assert "refuses the login" in health.trouble


def test_one_broker_of_several_that_refuses_is_named_once_that_has_lasted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    now = 0.0
    health = ConsumerHealth("t", LOGIN, outage=Outage(clock=lambda: now))
    health.note_answer()
    health.note_error(refused(broker="k2:9093"))
    assert (caplog.records, health.is_blocked) == ([], False)
    for now in (ONE_REFUSES_AFTER_S, 10.0, 20.0):  # noqa: B007 - the clock reads it
        health.note_error(refused(broker="k2:9093"))
        health.note_answer()
    assert [record.message.startswith("k2:9093 refuses the login") for record in caplog.records] == [True]


def test_a_missing_topic_is_waited_for_and_told_from_a_missing_right(
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = ConsumerHealth("workflow.jobs.a", LOGIN)
    health.note_error(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    assert (health.is_blocked, health.is_topic_missing) == (False, True)
    assert "does not exist" in health.trouble
    health.note_answer()
    assert caplog.records[-1].message == "workflow.jobs.a: the topic is there now"
    health.note_error(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))
    assert health.is_blocked
    assert health.trouble == (
        "user worker is not authorised for the consumer group workflow.workers.a:"
        " it needs an ACL that allows Read on it"
    )
    health.note_error(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
    assert "for the topic workflow.jobs.a" in health.trouble
    assert "hidden" not in caplog.text
