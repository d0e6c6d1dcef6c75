"""A KafkaRunner in trouble: poison, refusals, outages of the engine and the broker, and the end of the worker."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.engines import running_engine
from support.kafka_jobs import TOPIC, Handler, committed, messages_of, names, publish, registry_of
from support.kafka_records import Publisher
from support.kafka_workers import running_worker
from support.reporting_engine import ReportingEngine
from support.waiting import wait_until
from workflow_sdk.runner.job import report
from workflow_sdk.runner.kafka import engine_probe


def test_poison_goes_to_the_dead_letters_with_the_reason(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    broker.create_topic("dead", partitions=1)
    Publisher(broker.address).publish_raw(TOPIC, b"not protobuf", b"k")
    publish(broker, "j0")
    with running_worker(broker.address, engine.url, registry_of(Handler()), dead_letter_topic="dead"):
        wait_until(lambda: committed(broker) == 2, "the commit past the poison")
    letter = messages_of(broker, "dead", 1)[0]
    headers = dict(letter.headers() or [])
    assert (letter.value(), letter.key()) == (b"not protobuf", b"k")
    assert headers["dead-letter-topic"] == TOPIC.encode()
    assert (headers["dead-letter-partition"], headers["dead-letter-offset"]) == (b"0", b"0")
    assert b"protobuf" in headers["dead-letter-reason"]
    assert engine.completed == Counter(["j0"])


@pytest.mark.slow
def test_a_job_the_engine_refuses_for_ever_holds_up_nothing(
    broker: EmbeddedBroker, engine: ReportingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "REFUSED_FOR_S", 0.0)
    broker.create_topic("dead", partitions=1)
    engine.refused = {"j1"}
    handler = Handler()
    publish(broker, *names(30))
    with running_worker(broker.address, engine.url, registry_of(handler), dead_letter_topic="dead"):
        wait_until(lambda: committed(broker) == 30, "the commit past the refused job", timeout_s=30)
    assert set(engine.completed) == set(names(30)) - {"j1"}
    assert handler.runs["j1"] == 1
    letter = messages_of(broker, "dead", 1)[0]
    assert b"refuses the outcome of job j1" in dict(letter.headers() or [])["dead-letter-reason"]


def test_while_the_engine_is_away_nothing_is_lost_or_committed(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    handler = Handler()
    engine.away = True
    publish(broker, *names(300))
    with running_worker(broker.address, engine.url, registry_of(handler), parallelism=8) as worker:
        wait_until(lambda: worker.snapshot().engine_reachable is False, "the outage")
        assert committed(broker) == 0
        engine.away = False
        wait_until(lambda: committed(broker) == 300, "all of it", timeout_s=30)
    assert handler.runs == Counter(names(300))
    assert engine.completed == Counter(names(300))


def test_an_engine_that_answers_nothing_is_noticed_without_any_job(
    broker: EmbeddedBroker, engine: ReportingEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_probe, "QUIET_S", 0.1)
    with running_worker(broker.address, engine.url, registry_of(Handler())) as worker:
        wait_until(lambda: worker.snapshot().engine_reachable is True, "the first answer")
        engine.away = True
        wait_until(lambda: worker.snapshot().engine_reachable is False, "the outage")
        engine.away = False
        wait_until(lambda: worker.snapshot().engine_reachable is True, "its end")


def test_an_engine_that_is_polled_is_named_as_such(
    broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture
) -> None:
    with running_engine() as polled, running_worker(broker.address, polled.url, registry_of(Handler())):
        wait_until(lambda: "hands out jobs by polling" in caplog.text, "the warning")


def test_a_broker_outage_costs_nothing(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    publish(broker, *names(100))
    with running_worker(broker.address, engine.url, registry_of(handler)) as worker:
        wait_until(lambda: len(engine.completed) == 100, "the first reports")
        assert worker.snapshot().source_trouble == ""
        broker.set_down()
        wait_until(lambda: "no broker" in worker.snapshot().source_trouble, "the outage")
        assert not worker.snapshot().is_idle
        broker.set_up()
        publish(broker, *(f"k{number}" for number in range(100)))
        wait_until(lambda: len(engine.completed) == 200, "the rest", timeout_s=30)
        wait_until(lambda: committed(broker) == 200, "the commit", timeout_s=30)
        wait_until(lambda: worker.snapshot().source_trouble == "", "the all-clear")
    assert set(handler.runs.values()) == {1}


def test_a_stop_lets_running_jobs_end_and_starts_no_others(
    broker: EmbeddedBroker, engine: ReportingEngine
) -> None:
    handler = Handler()
    handler.held = set(names(4))
    publish(broker, *names(20))
    with running_worker(broker.address, engine.url, registry_of(handler), parallelism=4) as worker:
        wait_until(lambda: len(handler.running) == 4, "four running jobs")
        stopper = threading.Thread(target=worker.stop)
        stopper.start()
        wait_until(lambda: worker.snapshot().state == "draining", "the drain")
        handler.may_end.set()
        stopper.join(20)
    assert handler.runs == Counter(names(4))
    assert set(engine.completed) == set(names(4))
    assert committed(broker) == 4


def test_abandoned_jobs_are_not_committed(broker: EmbeddedBroker, engine: ReportingEngine) -> None:
    handler = Handler()
    handler.held = {"j0"}
    publish(broker, "j0", "j1")
    with running_worker(broker.address, engine.url, registry_of(handler), drain_timeout=0.2) as worker:
        wait_until(lambda: engine.completed["j1"], "the second job")
        summary = worker.stop()
    handler.may_end.set()
    assert [job.job_id for job in summary.abandoned] == ["j0"]
    assert committed(broker) == 0
