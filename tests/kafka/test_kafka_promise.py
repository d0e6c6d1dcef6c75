"""The promise on a real Apache Kafka: whatever is killed under load, every job is reported, and no committed
offset ever passes a job that is not.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from support.apache_kafka import ApacheKafka
from support.kafka_processes import QUICK_SESSION_MS, Audit, WorkerProcesses
from support.kafka_worker_program import PARALLELISM
from support.reporting_engine import ReportingEngine
from support.waiting import wait_until

pytestmark = [pytest.mark.kafka_broker, pytest.mark.slow]

PARTITIONS = 6
HANDLER_MS = 20
# Jobs ahead of the slots and reports beside them.
BESIDES_SLOTS = 20
# Results of the moment before a worker is killed, whose commit is under way; more where the broker is slow to answer.
COMMIT_UNDER_WAY = 20
ALL_TIMEOUT_S = 180.0


@pytest.fixture
def job_type() -> str:
    """A type of the test's own: the broker is shared."""
    return f"load-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def audit(apache_kafka: ApacheKafka, engine: ReportingEngine, job_type: str) -> Iterator[Audit]:
    with audited(apache_kafka, engine, job_type) as made:
        yield made


@pytest.fixture
def workers(
    apache_kafka: ApacheKafka, engine: ReportingEngine, job_type: str, tmp_path: Path
) -> Iterator[WorkerProcesses]:
    with working(apache_kafka, engine, job_type, tmp_path) as started:
        yield started


def audited(kafka: ApacheKafka, engine: ReportingEngine, job_type: str) -> closing[Audit]:
    kafka.create_topic(f"workflow.jobs.{job_type}", partitions=PARTITIONS)
    return closing(Audit(kafka.address, engine, job_type, PARTITIONS))


def working(
    kafka: ApacheKafka, engine: ReportingEngine, job_type: str, folder: Path
) -> closing[WorkerProcesses]:
    return closing(WorkerProcesses(kafka.address, engine.url, job_type, folder, handler_ms=HANDLER_MS))


def wait_for_all(audit: Audit) -> None:
    """Wait until every job is reported and committed, looking at the offsets all the while."""
    wait_until(lambda: audit.offsets() and audit.is_all_reported(), "every report", timeout_s=ALL_TIMEOUT_S)
    wait_until(audit.is_all_committed, "the commit of all", timeout_s=60)


def publish_until(holds: Callable[[], object], audit: Audit, engine: ReportingEngine) -> None:
    """Keep a backlog of some hundred jobs until `holds()`: however fast some are, others get their share."""
    while not holds():
        first = len(audit.job_ids)
        audit.publish(first, 100)
        wait_until(
            lambda: len(audit.job_ids) - len(engine.reported) < 1_000, "the backlog to shrink", timeout_s=120
        )


def test_kill_9_of_a_worker_repeats_only_what_was_under_way(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine
) -> None:
    workers.session_ms = QUICK_SESSION_MS
    audit.publish(0, 1_000)
    victim, other = workers.start(), workers.start()

    def both_are_at_work() -> bool:
        """A group that rebalances takes no commits; what is meant here is a kill at any other time."""
        is_committing = audit.uncommitted() < 30
        return is_committing and min(workers.runs_of(n).total() for n in (victim, other)) > 300

    publish_until(both_are_at_work, audit, engine)
    workers.kill(victim)
    uncommitted = audit.uncommitted()
    wait_for_all(audit)
    repeated = workers.runs().total() - len(audit.job_ids)
    assert repeated <= PARALLELISM + BESIDES_SLOTS + max(COMMIT_UNDER_WAY, uncommitted)
    assert set(workers.runs()) == audit.job_ids


def test_sigterm_of_one_of_three_workers_repeats_nothing(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine
) -> None:
    audit.publish(0, 1_000)
    victim, *_ = (workers.start() for _ in range(3))
    publish_until(lambda: workers.runs_of(victim).total() > 200, audit, engine)
    assert workers.stop(victim) == 0
    wait_for_all(audit)
    assert set(workers.runs().values()) == {1}
    assert set(engine.completed.values()) == {1}


def test_workers_that_join_under_load_take_their_share_and_repeat_nothing(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine
) -> None:
    audit.publish(0, 1_000)
    workers.start()
    wait_until(lambda: workers.runs().total() > 200, "the first worker at work", timeout_s=120)
    second = workers.start()
    publish_until(lambda: workers.runs_of(second), audit, engine)
    third = workers.start()
    publish_until(lambda: workers.runs_of(third), audit, engine)
    wait_for_all(audit)
    assert set(workers.runs().values()) == {1}
    assert set(engine.completed.values()) == {1}


def test_a_broker_killed_and_started_again_loses_nothing(
    mortal_kafka: ApacheKafka, engine: ReportingEngine, job_type: str, tmp_path: Path
) -> None:
    with (
        audited(mortal_kafka, engine, job_type) as audit,
        working(mortal_kafka, engine, job_type, tmp_path) as workers,
    ):
        audit.publish(0, 1_200)
        for _ in range(2):
            workers.start()
        wait_until(lambda: workers.runs().total() > 300, "the workers at work", timeout_s=120)
        mortal_kafka.kill()
        mortal_kafka.start()
        wait_for_all(audit)
        assert set(workers.runs()) == audit.job_ids


def test_a_topic_made_anew_under_a_worker_is_worked_and_committed_from_its_start(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine, apache_kafka: ApacheKafka, job_type: str
) -> None:
    audit.publish(0, 600)
    workers.start()
    wait_for_all(audit)
    apache_kafka.recreate_topic(f"workflow.jobs.{job_type}", partitions=PARTITIONS)
    with closing(Audit(apache_kafka.address, engine, job_type, PARTITIONS)) as anew:
        anew.publish(600, 300)
        # The group keeps the old topic's offsets until the first record of the new one has come: no audit before.
        wait_until(anew.is_all_reported, "every report", timeout_s=ALL_TIMEOUT_S)
        wait_until(anew.is_all_committed, "the commit of all", timeout_s=60)
    assert set(workers.runs()) == audit.job_ids | anew.job_ids
    assert set(workers.runs().values()) == {1}


def test_a_worker_that_was_suspended_past_its_session_commits_nothing_of_others(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine
) -> None:
    workers.session_ms = QUICK_SESSION_MS
    audit.publish(0, 1_000)
    sleeper, other = workers.start(), workers.start()
    publish_until(
        lambda: workers.runs_of(sleeper).total() > 200 and workers.runs_of(other).total() > 100, audit, engine
    )
    workers.suspend(sleeper)
    wait_until(audit.is_all_reported_but_a_few, "the other worker's takeover", timeout_s=120)
    workers.resume(sleeper)
    wait_for_all(audit)
    audit.publish(len(audit.job_ids), 200)
    wait_for_all(audit)
    assert set(workers.runs()) == audit.job_ids


def test_an_engine_that_goes_away_under_load_loses_nothing(
    audit: Audit, workers: WorkerProcesses, engine: ReportingEngine
) -> None:
    audit.publish(0, 1_000)
    workers.start()
    wait_until(lambda: workers.runs().total() > 200, "the workers at work", timeout_s=120)
    engine.away = True
    wait_until(lambda: engine.turned_away >= 5, "reports that are turned away")
    engine.away = False
    wait_for_all(audit)
    assert set(workers.runs().values()) == {1}
