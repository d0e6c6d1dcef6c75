"""A real worker host that takes its jobs from Kafka: named, found out, refused, checked."""

from __future__ import annotations

import signal
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from rochallor_cli.dev_engine.kafka.embedded_broker import EmbeddedBroker
from support.command_line import rochallor
from support.engines import running_engine
from support.waiting import wait_until
from support.worker_host import (
    WorkerHost,
    Workplace,
    count_of,
    one_step,
    start_jobs,
    wait_until_completed,
    worker_host,
)
from workflow_sdk.client.rest import RestEngineClient

pytestmark = pytest.mark.slow

HANDLERS = """
@registry.handler("packed")
def packed(job):
    note(job)
    time.sleep(0.05)
    return {"done": True}
"""
# The embedded broker sits out an empty fetch, and waits a session less a second at every rebalance.
QUICK = ("fetch.wait.max.ms=10", "session.timeout.ms=4000", "heartbeat.interval.ms=200")
QUICK_OPTIONS = tuple(part for setting in QUICK for part in ("--kafka-config", setting))


@pytest.fixture
def place(tmp_path, monkeypatch) -> Workplace:
    monkeypatch.chdir(tmp_path)
    place = Workplace(tmp_path)
    place.write_handlers(HANDLERS)
    return place


@pytest.mark.parametrize("mode", ["kafka", "auto"])
def test_jobs_from_kafka_run_once_and_a_signal_drains(place, mode) -> None:
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(one_step("flow-packed", "packed"))
        arguments = ("-m", "handlers.py", "--mode", mode, "--brokers", engine.brokers, *QUICK_OPTIONS)
        with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
            host.wait_for("ready")
            start_jobs(client, "packed", 40)
            wait_until_completed(client, 40)
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
            assert "drained in" in host.said()
        assert (len(place.notes()), place.ran_twice()) == (40, {})


def test_the_wrong_mode_is_refused_with_what_to_do(place) -> None:
    with running_engine(dispatch="kafka") as engine:
        polling = rochallor("work", "-m", "handlers.py", "--mode", "poll", url=engine.url)
        without_brokers = rochallor("work", "-m", "handlers.py", "--mode", "auto", url=engine.url)
    assert polling.exit_status == 4
    assert "kafka" in polling.stderr.rpartition("error:")[2].lower()
    assert without_brokers.exit_status == 2
    assert "--brokers host:9092" in without_brokers.stderr


def test_a_setting_that_loses_jobs_is_refused(place) -> None:
    with running_engine(dispatch="kafka") as engine:
        result = rochallor(
            *("work", "-m", "handlers.py", "--mode", "kafka", "--brokers", engine.brokers),
            *("--kafka-config", "enable.auto.commit=true"),
            url=engine.url,
        )
    assert result.exit_status == 2
    assert "enable.auto.commit" in result.stderr


def test_check_asks_the_brokers_too(place) -> None:
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(one_step("flow-packed", "packed"))
        options = ("work", "-m", "handlers.py", "--check")
        good = rochallor(*options, "--mode", "auto", "--brokers", engine.brokers, url=engine.url)
        assert good.exit_status == 0, good.stdout + good.stderr
        assert f"brokers    {engine.brokers}  reachable" in good.stdout
        wrong_mode = rochallor(*options, "--mode", "poll", "--brokers", engine.brokers, url=engine.url)
        assert wrong_mode.exit_status == 3
        assert "the engine wants --mode kafka" in wrong_mode.stdout
        no_brokers = rochallor(*options, "--mode", "auto", "--brokers", "127.0.0.1:1", url=engine.url)
        assert no_brokers.exit_status == 3
        assert "brokers 127.0.0.1:1 cannot be reached" in no_brokers.stdout


def test_check_looks_at_topics_of_its_own_and_at_the_dead_letters(place) -> None:
    with EmbeddedBroker() as broker, running_engine(dispatch="kafka", brokers=broker.address) as engine:
        with RestEngineClient(engine.url) as client:
            client.upload_definition(one_step("flow-packed", "packed"))
            client.upload_definition(one_step("flow-foreign", "foreign"))
        broker.create_topic("workflow.jobs.packed", partitions=1)
        Path("workers.yaml").write_text(
            f"kafka: {{brokers: '{broker.address}', dead_letter_topic: dead}}\n"
            "workers: [{modules: [handlers.py], mode: kafka}]\n"
        )
        options = ("work", "--config", "workers.yaml", "--check", "--definition", "flow-packed")
        missing = rochallor(*options, url=engine.url)
        assert (missing.exit_status, "dead-letter topic dead does not exist" in missing.stdout) == (3, True)
        assert "1 problem:" in missing.stdout
        broker.create_topic("dead", partitions=1)
        good = rochallor(*options, url=engine.url)
        assert (good.exit_status, "topic      dead  takes dead letters" in good.stdout) == (0, True)
        everybody = rochallor(*options[:4], url=engine.url)
        assert "topic workflow.jobs.foreign does not exist" in everybody.stdout


def test_two_processes_share_the_partitions(place) -> None:
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(one_step("flow-packed", "packed"))
        Path("workers.yaml").write_text(
            f"kafka: {{brokers: '{engine.brokers}', config: {{{', '.join(s.replace('=', ': ') for s in QUICK)}}}}}\n"
            "workers: [{id: pack, modules: [handlers.py], mode: kafka, processes: 2, parallelism: 4}]\n"
        )
        with worker_host("--config", "workers.yaml", url=engine.url, folder=place.folder) as host:
            host.wait_for("ready")
            start_jobs(client, "packed", 60)
            wait_until_completed(client, 60)
            host.send(signal.SIGINT)
            assert host.wait() == 0, host.said()
        wait_until(lambda: count_of(client, "COMPLETED") == 60, "all are completed")
    assert len(place.notes()) == 60
    # A rebalance may hand out again what a process had in hand.
    assert len(place.ran_twice()) <= 8


def test_a_host_whose_brokers_are_gone_is_not_ready_and_says_so(place) -> None:
    with EmbeddedBroker() as broker, running_engine(dispatch="kafka", brokers=broker.address) as engine:
        broker.create_topic("workflow.jobs.packed", partitions=1)
        arguments = ("-m", "handlers.py", "--mode", "kafka", "--brokers", broker.address)
        options = (*arguments, "--health-port", "0", *QUICK_OPTIONS)
        with worker_host(*options, url=engine.url, folder=place.folder) as host:
            host.wait_for("ready")
            port = host.said().partition("health and metrics at ")[2].split()[0].rpartition(":")[2]
            broker.set_down()

            def says_stalled() -> bool:
                answer = rochallor("work", "health", "--health-port", port)
                return answer.exit_status == 5 and "consumer stalled" in answer.stdout

            wait_until(says_stalled, "the consumer is said to be stalled")
            assert rochallor("work", "health", "--live", "--health-port", port).exit_status == 0
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()


KILLER = """
@registry.handler("killer")
def killer(job):
    note(job, "killed")
    os.abort()
"""


def test_a_job_from_kafka_that_kills_its_process_is_failed_and_its_partition_goes_on(place) -> None:
    place.write_handlers(HANDLERS + KILLER)
    arguments = (
        "-m",
        "handlers.py",
        "--mode",
        "kafka",
        "--supervised",
        "--max-job-deaths",
        "2",
        *QUICK_OPTIONS,
    )
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        for job_type in ("packed", "killer"):
            client.upload_definition(one_step(f"flow-{job_type}", job_type, retries=2))
        with worker_host(
            *arguments, "--brokers", engine.brokers, url=engine.url, folder=place.folder
        ) as host:
            host.wait_for("ready")
            start_jobs(client, "packed", 20, retries=2)
            (bad,) = start_jobs(client, "killer", 1, retries=2)
            start_jobs(client, "packed", 20, retries=2)
            wait_until_completed(client, 40)
            wait_until(lambda: count_of(client, "FAILED") == 1, "the killer is failed")
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
        reason = client.get_instance(bad)["failureReason"]
    assert reason.startswith("2 processes died while this job ran")
    assert sum(place.notes("killed").values()) == 2
    assert max(place.notes().values()) <= 2


def test_a_worker_without_its_topic_or_without_a_partition_is_not_ready_and_says_which(place) -> None:
    with EmbeddedBroker() as broker, running_engine(dispatch="kafka", brokers=broker.address) as engine:
        arguments = ("-m", "handlers.py", "--mode", "kafka", "--brokers", broker.address)
        options = (*arguments, "--health-port", "0", *QUICK_OPTIONS)
        with ExitStack() as hosts:
            first = hosts.enter_context(worker_host(*options, url=engine.url, folder=place.folder))
            wait_until(
                lambda: "workflow.jobs.packed: the topic does not exist" in readiness(first), "no topic"
            )
            broker.create_topic("workflow.jobs.packed", partitions=1)
            first.wait_for("ready (")
            other = Workplace(place.folder / "other")
            other.folder.mkdir()
            other.write_handlers(HANDLERS)
            second = hosts.enter_context(worker_host(*options, url=engine.url, folder=other.folder))
            both = [first, second]
            wait_until(
                lambda: any("no partition of workflow.jobs.packed" in readiness(host) for host in both),
                "one has no partition",
            )
            idle = next(host for host in both if "no partition" in readiness(host))
            busy = next(host for host in both if host is not idle)
            busy.send(signal.SIGTERM)
            assert busy.wait() == 0, busy.said()
            wait_until(lambda: '"ready"' in readiness(idle), "it has taken over")
            assert idle.said().count("this worker gets no jobs: no partition of workflow.jobs.packed") == 1


def readiness(host: WorkerHost) -> str:
    """What the host's /readyz says now."""
    host.wait_for("health and metrics at ")
    port = host.said().partition("health and metrics at ")[2].split()[0].rpartition(":")[2]
    return rochallor("work", "health", "--health-port", port).stdout


def test_a_rate_paces_jobs_from_kafka_too(place) -> None:
    """A second's worth may start at once and the others follow: later on a slow machine, but never earlier."""
    place.write_handlers(
        """
@registry.handler("packed", rate=10)
def packed(job):
    note(job)
    return {"at": time.monotonic()}
"""
    )
    with running_engine(dispatch="kafka") as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(one_step("flow-packed", "packed"))
        arguments = ("-m", "handlers.py", "--mode", "kafka", "--brokers", engine.brokers, *QUICK_OPTIONS)
        with worker_host(*arguments, url=engine.url, folder=place.folder) as host:
            host.wait_for("ready")
            before = time.monotonic()
            ids = start_jobs(client, "packed", 30)
            wait_until_completed(client, 30)
            host.send(signal.SIGTERM)
            assert host.wait() == 0, host.said()
        last = max(client.get_instance(id_)["variables"]["at"] for id_ in ids)
    assert place.ran_twice() == {}
    assert last - before >= (30 - 11) / 10
