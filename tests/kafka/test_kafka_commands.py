"""Kafka mode from the command line, with nothing installed: demo, dev, work, check."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.command_line import EXECUTABLE, rochallor, variables
from support.engines import running_engine
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient

ROOT = Path(__file__).resolve().parents[2]
FLOW, HANDLERS = ROOT / "examples" / "loan" / "flow.yaml", ROOT / "examples" / "loan" / "handlers.py"
END_TIMEOUT_S = 30.0


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    with running_engine(dispatch="kafka") as started:
        yield started


def test_the_demo_shows_kafka_mode_in_one_command() -> None:
    result = rochallor("demo", "--mode", "kafka")
    assert (result.exit_status, result.stderr) == (0, "")
    assert re.search(r"^Embedded broker +127\.0\.0\.1:\d+$", result.stdout, re.MULTILINE)
    assert re.search(r"^Worker +demo-1 +· +kafka ", result.stdout, re.MULTILINE)
    assert re.search(r"^COMPLETED in [\d.]+ m?s", result.stdout, re.MULTILINE)


def test_an_unknown_mode_of_the_demo_is_a_usage_error() -> None:
    result = rochallor("demo", "--mode", "carrier-pigeon")
    assert result.exit_status == 2
    assert "expected poll or kafka" in result.stderr


@pytest.mark.parametrize("mode", ["kafka", "auto"])
def test_a_worker_finishes_an_instance_and_drains(engine: DevEngine, mode: str) -> None:
    command = [*EXECUTABLE, "work", "--module", str(HANDLERS), "--mode", mode, "--brokers", engine.brokers]
    with RestEngineClient(engine.url) as client:
        assert rochallor("defs", "upload", str(FLOW), url=engine.url).exit_status == 0
        worker = subprocess.Popen(
            [*command, "--kafka-config", "fetch.wait.max.ms=10"],
            env=variables({}, url=engine.url),
            stderr=subprocess.PIPE,
            text=True,
        )
        started = client.start_instance("loan-processing-workflow", {"applicantId": "A-1"})
        waited = rochallor("instances", "wait", started["id"], "--timeout", "30s", url=engine.url)
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=END_TIMEOUT_S)
    assert waited.exit_status == 0, said
    assert worker.returncode == 0
    assert f"{mode}, 64 slots" in said
    assert "drained in" in said


def test_the_dev_engine_says_where_its_broker_is_and_how_to_work_on_it() -> None:
    process = subprocess.Popen(
        [*EXECUTABLE, "dev", "--dispatch", "kafka", "--port", "0"],
        env=variables({}, url="http://127.0.0.1:1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = process.stdout.readline() + process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    _, notes = process.communicate(timeout=END_TIMEOUT_S)
    brokers = re.search(r"127\.0\.0\.1:\d+$", said.strip())
    assert brokers is not None
    assert f"rochallor work --mode kafka --brokers {brokers.group()}" in notes
    assert process.returncode == 0


def test_a_setting_that_would_lose_jobs_is_refused_before_anything_starts(engine: DevEngine) -> None:
    result = rochallor(
        *("work", "--module", str(HANDLERS), "--mode", "kafka", "--brokers", engine.brokers),
        *("--kafka-config", "enable.auto.commit=true"),
        url=engine.url,
    )
    assert result.exit_status == 2
    assert "enable.auto.commit cannot be set: an offset is committed only after" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_check_names_topics_that_do_not_exist_and_how_to_create_them(engine: DevEngine) -> None:
    other = running_engine(dispatch="kafka")
    with other as second:
        assert rochallor("defs", "upload", str(FLOW), url=engine.url).exit_status == 0
        result = rochallor(
            *("work", "--module", str(HANDLERS), "--mode", "kafka", "--brokers", second.brokers, "--check"),
            url=engine.url,
        )
    assert result.exit_status == 3
    create = (
        f"kafka-topics.sh --bootstrap-server {second.brokers} --create --topic workflow.jobs.credit-score"
    )
    assert create in result.stdout + result.stderr


def test_the_doctor_tells_how_topics_and_groups_stand(engine: DevEngine) -> None:
    with RestEngineClient(engine.url) as client:
        assert rochallor("defs", "upload", str(FLOW), url=engine.url).exit_status == 0
        client.start_instance("loan-processing-workflow", {"applicantId": "A-1"})

    def asked() -> str:
        return rochallor("doctor", "--brokers", engine.brokers, url=engine.url).stdout

    wait_until(lambda: "4 partitions, 1 record waiting" in asked(), "the record", timeout_s=30)
    assert re.search(r"workflow\.jobs\.credit-score +ok +4 partitions, 0 records waiting", asked())


def test_the_doctor_asks_for_brokers_only_where_jobs_come_from_kafka(engine: DevEngine) -> None:
    def said(*arguments: str, url: str) -> str:
        return " ".join(rochallor("doctor", *arguments, url=url).stdout.split())

    assert "name the brokers with --brokers" in said(url=engine.url)
    assert "name the brokers" not in said("--brokers", engine.brokers, url=engine.url)
    with running_engine() as polling:
        assert "name the brokers" not in said(url=polling.url)


def test_the_doctor_says_that_brokers_are_away(engine: DevEngine) -> None:
    result = rochallor("doctor", "--brokers", "127.0.0.1:1", url=engine.url)
    assert result.exit_status == 5
    assert re.search(r"^ *brokers +problem +127\.0\.0\.1:1", result.stdout.strip(), re.MULTILINE)


def test_the_doctor_refuses_settings_as_a_worker_would(engine: DevEngine) -> None:
    asked = ("doctor", "--brokers", engine.brokers, "--kafka-config")
    unknown = rochallor(*asked, "sasl.pasword=x", url=engine.url)
    assert (unknown.exit_status, 'No such configuration property: "sasl.pasword"' in unknown.stdout) == (
        2,
        True,
    )
    missing = rochallor(*asked, "ssl.ca.location=/none.pem", "--kafka-config", "security.protocol=ssl")
    assert "Kafka setting ssl.ca.location: there is no file /none.pem" in missing.stdout
    broken = rochallor(*asked, "sasl.password:hidden", url=engine.url)
    assert broken.exit_status == 2
    assert "--kafka-config: expected key=value, found 'sasl.password'" in broken.stdout
    assert "hidden" not in broken.stdout + broken.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--brokers", "k:1"), "--brokers and --kafka-config are for --dispatch kafka"),
        (
            ("--dispatch", "kafka", "--kafka-config", "security.protocol=ssl"),
            "name them: --brokers host:9093",
        ),
        (
            ("--dispatch", "kafka", "--brokers", "k:1", "--kafka-config", "security.protocol=x"),
            "security.protocol",
        ),
    ],
)
def test_the_dev_engine_refuses_brokers_it_cannot_use(options: tuple[str, ...], said: str) -> None:
    result = rochallor("dev", "--port", "0", *options)
    assert (result.exit_status, said in result.stderr) == (2, True), result.stderr


def test_explain_and_audit_say_what_kafka_tells_of_a_job_type(engine: DevEngine) -> None:
    """The embedded broker does not tell who is in a group, so only the records are known."""
    with RestEngineClient(engine.url) as client:
        assert rochallor("defs", "upload", str(FLOW), url=engine.url).exit_status == 0
        started = client.start_instance("loan-processing-workflow", {"applicantId": "A-1"})["id"]

    def explained() -> str:
        asked = ("instances", "explain", started, "--brokers", engine.brokers)
        return " ".join(rochallor(*asked, url=engine.url).stdout.split())

    wait_until(lambda: "in Kafka 1 record waits for it" in explained(), "the record that waits", timeout_s=60)
    audited = rochallor("instances", "audit", "--brokers", engine.brokers, "-o", "json", url=engine.url)
    row = next(row for row in audited.json() if row["jobType"] == "validate-application")
    assert (row["workers"], row["recordsWaiting"]) == (None, 1)
