"""Kafka behind TLS and logins, on a real broker: every way in works, and every refusal says what to mend."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from rochallor_cli.dev_engine import DevEngine
from support.certificates import Certificates
from support.command_line import rochallor
from support.engines import running_engine
from support.kafka_records import Publisher, committed_offsets, quiet_client, record_of
from support.kafka_workers import running_worker
from support.reporting_engine import ReportingEngine
from support.secured_kafka import PASSWORD, STRANGER, STRANGERS_PASSWORD, Door, SecuredKafka
from support.waiting import wait_until
from support.worker_host import Workplace, start_jobs, wait_until_completed, worker_host
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry

pytestmark = [pytest.mark.kafka_broker, pytest.mark.slow]

DOORS = ("scram", "plain", "tls", "mtls", "sasl_tls")
WRONG_PASSWORD = "wrong-and-never-to-be-shown"
MODE = ("-m", "handlers.py", "--mode", "kafka")
NUMBERS = itertools.count()

HANDLERS = """
@registry.handler("{job_type}")
def handle(job):
    note(job)
    return {{"done": True}}

@registry.handler("{job_type}-2")
def handle_too(job):
    return {{}}
"""


@pytest.fixture(scope="module")
def engine(kafka: SecuredKafka) -> Iterator[DevEngine]:
    with running_engine(dispatch="kafka", brokers=kafka.broker.address) as started:
        yield started


@pytest.fixture
def job_type(kafka: SecuredKafka) -> str:
    """A type of the test's own, with the topics of the two handlers."""
    name = f"packed-{os.getpid()}-{next(NUMBERS)}"
    for topic in (f"workflow.jobs.{name}", f"workflow.jobs.{name}-2"):
        kafka.broker.create_topic(topic, partitions=1)
    return name


@pytest.fixture
def place(tmp_path: Path, job_type: str) -> Workplace:
    place = Workplace(tmp_path)
    place.write_handlers(HANDLERS.format(job_type=job_type))
    return place


def options_of(door: Door) -> list[str]:
    """The door as options of the command line."""
    settings = [part for key, value in door.config.items() for part in ("--kafka-config", f"{key}={value}")]
    return ["--brokers", door.brokers, *settings]


def committed(kafka: SecuredKafka, job_type: str) -> int:
    group, topic = f"workflow.workers.{job_type}", f"workflow.jobs.{job_type}"
    return committed_offsets(kafka.broker.address, group, topic, 1)[0]


# --- let in -----------------------------------------------------------------------------------


@pytest.mark.parametrize("way", DOORS)
def test_a_runner_consumes_reports_and_commits(kafka: SecuredKafka, job_type: str, way: str) -> None:
    door: Door = getattr(kafka, way)()
    registry = HandlerRegistry()
    registry.register(job_type, lambda job: {"seen": job.job_id})
    Publisher(kafka.broker.address).publish(record_of(f"j{number}", job_type) for number in range(20))
    with (
        ReportingEngine() as reports,
        running_worker(door.brokers, reports.url, registry, extra_kafka_config=dict(door.config)) as worker,
    ):
        wait_until(lambda: len(reports.completed) == 20, "every report")
        wait_until(lambda: committed(kafka, job_type) == 20, "the commit")
        assert worker.snapshot().source_trouble == ""
    assert set(reports.completed.values()) == {1}


def test_dead_letters_go_through_the_same_door(kafka: SecuredKafka, job_type: str) -> None:
    door, dead_letters = kafka.sasl_tls(), f"workflow.jobs.{job_type}-2"
    registry = HandlerRegistry()
    registry.register(job_type, lambda job: {})
    Publisher(kafka.broker.address).publish_raw(f"workflow.jobs.{job_type}", b"\xff no job")
    options = {"extra_kafka_config": dict(door.config), "dead_letter_topic": dead_letters}
    with ReportingEngine() as reports, running_worker(door.brokers, reports.url, registry, **options):
        wait_until(lambda: committed(kafka, job_type) == 1, "the poison being passed")
    consumer = Consumer(quiet_client(kafka.broker.address, **{"group.id": "reader"}))
    assert consumer.get_watermark_offsets(TopicPartition(dead_letters, 0), timeout=10) == (0, 1)
    consumer.close()


def test_the_host_takes_its_settings_from_options(
    kafka: SecuredKafka, engine: DevEngine, place: Workplace, job_type: str
) -> None:
    work_through([*MODE, *options_of(kafka.scram())], {}, engine, place, job_type)


def test_the_host_takes_its_settings_from_the_environment(
    kafka: SecuredKafka, engine: DevEngine, place: Workplace, job_type: str
) -> None:
    door = kafka.sasl_tls()
    config = "\n".join(f"{key}={value}" for key, value in door.config.items())
    env = {"ROCHALLOR_BROKERS": door.brokers, "ROCHALLOR_KAFKA_CONFIG": config}
    work_through(MODE, env, engine, place, job_type)


def test_the_host_takes_its_settings_from_workers_yaml_and_files_from_its_folder(
    kafka: SecuredKafka, engine: DevEngine, place: Workplace, job_type: str, certificates: Certificates
) -> None:
    (place.folder / "etc").mkdir()
    shutil.copy(certificates.ca, place.folder / "etc" / "ca.pem")
    door = kafka.sasl_tls().with_config(ssl_ca_location="ca.pem", sasl_password="${KAFKA_PASSWORD}")
    write_workers_file(place.folder / "etc" / "workers.yaml", door)
    env = {"KAFKA_PASSWORD": PASSWORD}
    work_through(["--config", "etc/workers.yaml"], env, engine, place, job_type)


def work_through(
    options: Sequence[str], env: Mapping[str, str], engine: DevEngine, place: Workplace, job_type: str
) -> None:
    """Let a host with these options work on some jobs, drain, and never tell its password."""
    with (
        RestEngineClient(engine.url) as client,
        worker_host(*options, "-vv", url=engine.url, folder=place.folder, env=env) as host,
    ):
        started = start_jobs(client, job_type, 5)
        wait_until(lambda: len(place.notes()) == 5, "every job")
        wait_until(
            lambda: {client.get_instance(one)["status"] for one in started} == {"COMPLETED"}, "every report"
        )
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert place.ran_twice() == {}
    assert PASSWORD not in host.said()


def write_workers_file(path: Path, door: Door, **more: str) -> None:
    kafka = {"brokers": door.brokers, "config": dict(door.config), **more}
    workers = [{"id": "w", "modules": ["../handlers.py"], "mode": "kafka"}]
    path.write_text(json.dumps({"kafka": kafka, "workers": workers}))


def test_the_dev_engine_publishes_to_a_secured_kafka(kafka: SecuredKafka, job_type: str) -> None:
    door = kafka.sasl_tls()
    settings = {"brokers": door.brokers, "kafka_config": dict(door.config)}
    registry = HandlerRegistry()
    registry.register(job_type, lambda job: {})
    with running_engine(dispatch="kafka", **settings) as own, RestEngineClient(own.url) as client:
        start_jobs(client, job_type, 3)
        with running_worker(door.brokers, own.url, registry, extra_kafka_config=dict(door.config)):
            wait_until_completed(client, 3)


def test_check_and_doctor_see_a_secured_kafka(
    kafka: SecuredKafka, engine: DevEngine, place: Workplace, job_type: str
) -> None:
    door = kafka.sasl_tls().with_config(sasl_password="${KAFKA_PASSWORD}")
    (place.folder / "etc").mkdir()
    write_workers_file(place.folder / "etc" / "workers.yaml", door)
    with RestEngineClient(engine.url) as client:
        start_jobs(client, job_type, 0)
    options = ("--config", place.folder / "etc" / "workers.yaml")
    env = {"KAFKA_PASSWORD": PASSWORD}
    checked = rochallor("work", *options, "--check", url=engine.url, env=env)
    assert f"brokers    {door.brokers}  reachable" in checked.stdout
    assert f"topic      workflow.jobs.{job_type}  1 partition, 0 records waiting" in checked.stdout
    asked = rochallor("doctor", *options, url=engine.url, env=env)
    assert f"{door.brokers} can be reached" in asked.stdout
    assert re.search(rf"workflow.jobs.{job_type} +ok ", asked.stdout)
    printed = rochallor("work", *options, "--print-config", url=engine.url, env=env)
    assert "sasl.username" in printed.stdout
    assert PASSWORD not in checked.stdout + asked.stdout + printed.stdout + printed.stderr


# --- refused ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Refusal:
    """A door that stays shut, what is said of it, and the doctor's exit status."""

    door: Callable[[SecuredKafka, Certificates], Door]
    said: str
    status: int


REFUSALS = {
    "wrong password": Refusal(
        lambda kafka, _: kafka.scram().with_config(sasl_password=WRONG_PASSWORD),
        "refuses the login of user worker (SCRAM-SHA-512): invalid credentials; check sasl.username and sasl.password",
        8,
    ),
    "wrong password in the clear": Refusal(
        lambda kafka, _: kafka.plain().with_config(sasl_password=WRONG_PASSWORD),
        "refuses the login of user worker (PLAIN): Invalid username or password; check sasl.username",
        8,
    ),
    "unknown mechanism": Refusal(
        lambda kafka, _: kafka.scram().with_config(sasl_mechanism="SCRAM-SHA-256"),
        "does not take sasl.mechanism SCRAM-SHA-256; it takes PLAIN, SCRAM-SHA-512",
        8,
    ),
    "untrusted certificate": Refusal(
        lambda kafka, made: kafka.tls().with_config(ssl_ca_location=str(made.other_ca)),
        "is not trusted; check ssl.ca.location (",
        5,
    ),
    "plain to TLS": Refusal(
        lambda kafka, _: Door(kafka.tls().brokers, {}),
        "closed without an answer; check security.protocol (PLAINTEXT) and the port: the listener may want TLS or",
        5,
    ),
    "no client certificate": Refusal(
        lambda kafka, _: Door(kafka.mtls().brokers, kafka.tls().config),
        "wants a client certificate; set ssl.certificate.location and ssl.key.location",
        5,
    ),
    "TLS to plain": Refusal(
        lambda kafka, _: Door(kafka.broker.address, kafka.tls().config),
        "does not speak TLS; check security.protocol (SSL) and the port",
        5,
    ),
}


@pytest.mark.parametrize("case", ["wrong password", "plain to TLS"])
def test_a_host_that_is_not_let_in_says_so_once_and_is_not_ready(
    kafka: SecuredKafka, certificates: Certificates, engine: DevEngine, place: Workplace, case: str
) -> None:
    refusal = REFUSALS[case]
    options = [*MODE, *options_of(refusal.door(kafka, certificates)), "--health-port", "0", "-vv"]
    with worker_host(*options, url=engine.url, folder=place.folder) as host:
        host.wait_for(refusal.said)
        port = host.said().partition("health and metrics at ")[2].split()[0].rpartition(":")[2]
        # Each of the host's two consumers has tried again by then.
        wait_until(lambda: host.said().count("no broker answers") >= 2, "another try")
        answer = rochallor("work", "health", "--health-port", port)
        assert (answer.exit_status, refusal.said in answer.stdout) == (5, True), answer.stdout
        host.send(signal.SIGTERM)
        assert host.wait() == 0, host.said()
    assert sum("WARNING" in line for line in host.said().splitlines()) == 1
    assert WRONG_PASSWORD not in host.said() + answer.stdout


def test_the_check_of_a_host_that_is_not_let_in_fails(
    kafka: SecuredKafka, certificates: Certificates, engine: DevEngine, place: Workplace
) -> None:
    refusal = REFUSALS["wrong password"]
    options = [*MODE[2:], *options_of(refusal.door(kafka, certificates)), "--check", "-vv"]
    checked = rochallor("work", "-m", place.handlers, *options, url=engine.url)
    assert (checked.exit_status, refusal.said in checked.stdout) == (3, True), checked.stdout
    assert WRONG_PASSWORD not in checked.stdout + checked.stderr


@pytest.mark.parametrize("case", REFUSALS)
def test_the_doctor_says_what_to_mend(
    kafka: SecuredKafka, certificates: Certificates, engine: DevEngine, case: str
) -> None:
    refusal = REFUSALS[case]
    asked = rochallor("doctor", *options_of(refusal.door(kafka, certificates)), "-vv", url=engine.url)
    assert (asked.exit_status, refusal.said in asked.stdout) == (refusal.status, True), asked.stdout
    assert WRONG_PASSWORD not in asked.stdout + asked.stderr


def test_the_right_to_write_dead_letters_is_looked_at(
    kafka: SecuredKafka, engine: DevEngine, place: Workplace, job_type: str
) -> None:
    door = kafka.scram().with_config(sasl_username=STRANGER, sasl_password=STRANGERS_PASSWORD)
    letters = f"dead.{job_type}"
    admin = AdminClient(quiet_client(kafka.broker.address))
    admin.create_topics([NewTopic(letters, 1)])[letters].result(60)
    (place.folder / "etc").mkdir()
    write_workers_file(place.folder / "etc" / "workers.yaml", door, dead_letter_topic=letters)
    options = ("work", "--config", place.folder / "etc" / "workers.yaml", "--check")
    allow(kafka, letters, ResourceType.TOPIC, AclOperation.DESCRIBE)
    wanted = f"user stranger needs an ACL that allows Write on topic {letters}"
    assert wanted in rochallor(*options, url=engine.url).stdout
    allow(kafka, letters, ResourceType.TOPIC, AclOperation.WRITE)
    wait_until(lambda: wanted not in rochallor(*options, url=engine.url).stdout, "the grant")


def test_rights_that_are_wanting_are_named_and_their_grant_is_noticed(
    kafka: SecuredKafka, engine: DevEngine, job_type: str
) -> None:
    door = kafka.scram().with_config(sasl_username=STRANGER, sasl_password=STRANGERS_PASSWORD)
    with RestEngineClient(engine.url) as client:
        start_jobs(client, job_type, 0)
    asked = rochallor("doctor", *options_of(door), url=engine.url)
    assert asked.exit_status == 8
    assert f"user stranger is not authorised for the topic workflow.jobs.{job_type}" in asked.stdout
    # Seen is not consumed.
    allow(kafka, f"workflow.jobs.{job_type}", ResourceType.TOPIC, AclOperation.DESCRIBE)
    asked = rochallor("doctor", *options_of(door), url=engine.url)
    assert re.search(rf"workflow.jobs.{job_type} +problem +user stranger is not authorised", asked.stdout)
    registry = HandlerRegistry()
    registry.register(job_type, lambda job: {})
    Publisher(kafka.broker.address).publish([record_of("j", job_type)])
    config = {**door.config, "topic.metadata.refresh.interval.ms": 500}
    with (
        ReportingEngine() as reports,
        running_worker(door.brokers, reports.url, registry, extra_kafka_config=config) as worker,
    ):
        denied = f"user stranger is not authorised for the consumer group workflow.workers.{job_type}"
        wait_until(lambda: denied in worker.snapshot().source_trouble, "the refusal")
        allow(kafka, f"workflow.workers.{job_type}", ResourceType.GROUP, AclOperation.READ)
        allow(kafka, f"workflow.jobs.{job_type}", ResourceType.TOPIC, AclOperation.READ)
        wait_until(lambda: reports.completed, "the job")
        wait_until(lambda: worker.snapshot().source_trouble == "", "the all-clear")


def allow(kafka: SecuredKafka, name: str, kind: ResourceType, operation: AclOperation) -> None:
    """Let the stranger do that."""
    allowed = AclBinding(
        kind,
        name,
        ResourcePatternType.LITERAL,
        f"User:{STRANGER}",
        "*",
        operation,
        AclPermissionType.ALLOW,
    )
    admin = AdminClient(quiet_client(kafka.broker.address))
    admin.create_acls([allowed])[allowed].result(10)
