"""A polling runner and an engine that goes away, answers nonsense or does not answer. Executions are counted."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, HandClock
from support.engines import interrupted_engine, running_engine
from support.fault_proxy import FaultProxy, Seen, fault_proxy
from support.sdk_workers import AtOnce, Executions, chain, registry_of, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.errors import DispatchModeError
from workflow_sdk.handler.registry import HandlerRegistry


@pytest.fixture
def proxy(engine: DevEngine) -> Iterator[FaultProxy]:
    with fault_proxy(engine.url) as between:
        yield between


def start_many(admin: RestEngineClient, count: int, *job_types: str, retries: int = 0) -> list[str]:
    admin.upload_definition(chain("flow", *job_types, retries=retries))
    return [admin.start_instance("flow")["id"] for _ in range(count)]


def is_report(seen: Seen) -> bool:
    return seen.path.endswith(("/complete", "/fail"))


def is_claim(seen: Seen) -> bool:
    """An empty poll is none: it asks whether the engine is back."""
    return seen.path == "/v1/jobs/poll" and seen.body != b"{}"


def is_probe(seen: Seen) -> bool:
    return seen.path == "/v1/jobs/poll" and not is_claim(seen)


def test_answers_cut_after_the_engine_did_the_work_make_no_job_run_twice(
    proxy: FaultProxy, admin: RestEngineClient
) -> None:
    executions = Executions()
    registry = registry_of(executions)
    instances = start_many(admin, 40, "work", "work")
    cut: set[str] = set()

    def cut_each_report_once(seen: Seen) -> str | None:
        if not is_report(seen) or seen.path in cut:
            return None
        cut.add(seen.path)
        return "cut"

    proxy.fault = cut_each_report_once
    with RestEngineClient(proxy.url) as client, running_runner(client, registry):
        wait_for_status(admin, instances)
    assert executions.total == 80
    assert executions.twice == []
    assert proxy.overlapping == []
    completions = proxy.paths("/complete")
    # A report without an answer is sent again, or settled by what the history says of it, whichever comes first.
    assert {completions.count(path) for path in set(completions)} <= {1, 2}
    assert len(set(completions)) == 80


@pytest.mark.parametrize("fault", ["bad-gateway", "too-many", "cut-before", "cut"])
def test_a_gateway_in_trouble_for_a_while_loses_nothing(
    fault: str, proxy: FaultProxy, admin: RestEngineClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")
    executions, release = Executions(), threading.Event()
    registry = registry_of(executions, lambda job: release.wait(60))
    instances = start_many(admin, 12, "work", "work")
    with RestEngineClient(proxy.url) as client, running_runner(client, registry) as running:
        wait_until(lambda: executions.total == 12, "all jobs to run")
        # A poll whose answer is cut has claimed jobs for nobody: only their lease's end brings them back.
        proxy.fault = lambda seen: fault if is_report(seen) or fault != "cut" else None
        reports_before = len([seen for seen in proxy.seen if is_report(seen)])
        release.set()
        wait_until(
            lambda: len([s for s in proxy.seen if is_report(s)]) >= reports_before + 8, "reports tried"
        )
        if fault != "cut":
            wait_until(lambda: running.snapshot.engine_reachable is False, "the outage to be noticed")
        proxy.always(None)
        wait_for_status(admin, instances)
    assert executions.total == 24
    assert executions.twice == []
    assert proxy.overlapping == []
    said = [record.message for record in caplog.records if record.message.startswith("engine ")]
    # With polls that get through, lost answers to reports are no absence.
    if fault != "cut":
        assert len(said) == 2, said
        assert "reachable again" in said[1]


def test_results_that_waited_are_reported_before_anything_is_claimed(
    proxy: FaultProxy, admin: RestEngineClient
) -> None:
    executions, release = Executions(), threading.Event()
    registry = registry_of(executions, lambda job: release.wait(60))
    instances = start_many(admin, 30, "work")
    with RestEngineClient(proxy.url) as client, running_runner(client, registry) as running:
        wait_until(lambda: executions.total == 30, "all jobs to run")
        proxy.always("bad-gateway")
        release.set()
        wait_until(lambda: running.snapshot.waiting_reports == 30, "all results to wait")
        wait_until(lambda: running.snapshot.engine_reachable is False, "the outage to be noticed")
        # There is one question at a time: the last claim, asked before the outage was noticed, has had its answer.
        wait_until(lambda: any(map(is_probe, proxy.seen)), "the poller to know it, too")
        back_at = time.monotonic()  # before the proxy lets anything through: all that passes is seen
        proxy.always(None)
        wait_for_status(admin, instances)
        wait_until(lambda: is_claim(proxy.seen[-1]), "claiming to resume")
    after = [seen for seen in proxy.seen if seen.at > back_at]
    first_claim = [is_claim(seen) for seen in after].index(True)
    assert len({seen.path for seen in after[:first_claim] if is_report(seen)}) == 30
    assert executions.twice == []


@pytest.mark.slow
def test_a_report_that_timed_out_is_not_repeated_within_a_second(
    proxy: FaultProxy, admin: RestEngineClient
) -> None:
    registry = HandlerRegistry()
    registry.register("work", lambda job: None)
    instances = start_many(admin, 1, "work")
    hung = threading.Event()

    def hang_once(seen: Seen) -> str | None:
        if is_report(seen) and not hung.is_set():
            hung.set()
            return "hang"
        return None

    proxy.fault = hang_once
    with RestEngineClient(proxy.url, timeout=0.3) as client, running_runner(client, registry):
        wait_for_status(admin, instances)
    first, second = [seen.at for seen in proxy.seen if is_report(seen)]
    assert second - first >= 1.0


def test_an_unclear_failure_report_is_left_to_the_lease_and_sent_when_the_job_comes_again() -> None:
    executions = Executions()

    def fail(job: object) -> None:
        raise ValueError("no luck")

    with (
        running_engine(lease_s=1.0, sweep_s=0.2) as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url) as client,
    ):
        instances = start_many(admin, 1, "work")
        lost = threading.Event()

        def lose_the_first(seen: Seen) -> str | None:
            if seen.path.endswith("/fail") and not lost.is_set():
                lost.set()
                return "cut-before"
            return None

        proxy.fault = lose_the_first
        with running_runner(client, registry_of(executions, fail)):
            wait_for_status(admin, instances, "FAILED")
    assert executions.total == 1
    assert len(proxy.paths("/fail")) == 2


def test_a_handler_longer_than_its_lease_completes_and_runs_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "workflow_sdk")
    executions, polled_again = Executions(), threading.Event()
    registry = registry_of(executions, lambda job: polled_again.wait(60))
    with (
        running_engine(lease_s=1.0, clock=HandClock()) as engine,
        RestEngineClient(engine.url) as client,
    ):
        instances = start_many(client, 1, "work")
        with running_runner(client, registry):
            wait_until(lambda: "of its 1 s lease" in caplog.text, "a warning")
            engine.advance(60)
            wait_until(lambda: "came again" in caplog.text, "a second delivery")
            polled_again.set()
            wait_for_status(client, instances)
    assert executions.total == 1


def test_an_engine_that_dispatches_over_kafka_ends_the_run_with_the_remedy(proxy: FaultProxy) -> None:
    proxy.always("kafka-only")
    registry = HandlerRegistry()
    registry.register("work", lambda job: None)
    with (
        RestEngineClient(proxy.url) as client,
        running_runner(client, registry) as running,
        pytest.raises(DispatchModeError, match="--mode kafka"),
    ):
        running.end()


def test_an_engine_killed_and_restarted_amid_jobs_has_each_run_once(tmp_path: Path) -> None:
    executions = Executions()
    registry = registry_of(executions, lambda job: time.sleep(0.02))
    with interrupted_engine(tmp_path / "engine.db") as engine, RestEngineClient(engine.url) as client:
        instances = start_many(client, 200, "work")
        with running_runner(client, registry, parallelism=16) as running:
            wait_until(lambda: executions.total >= 60, "some jobs to run")
            engine.go_away()
            wait_until(lambda: running.snapshot.engine_reachable is False, "the outage to be noticed")
            engine.come_back()
            wait_for_status(client, instances)
    assert executions.total == 200
    assert executions.twice == []


def test_a_failure_that_came_after_the_lease_is_sent_under_the_next_one() -> None:
    executions, late = Executions(), threading.Event()

    def fail_late(job: object) -> None:
        late.wait(60)
        raise ValueError("too late")

    with (
        running_engine(lease_s=1.0, clock=HandClock()) as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url) as client,
    ):
        instances = start_many(admin, 1, "work")
        with running_runner(client, registry_of(executions, fail_late)) as running:
            wait_until(lambda: executions.total == 1, "the job to run")
            wait_until(lambda: running.snapshot.in_flight[0].ran_s > 1.1, "the lease to end")
            late.set()
            wait_until(lambda: not running.snapshot.in_flight, "the job to be left to its lease")
            assert proxy.paths("/fail") == []
            engine.advance(60)
            wait_for_status(admin, instances, "FAILED")
    assert executions.total == 1
    assert len(proxy.paths("/fail")) == 1


@pytest.mark.slow
def test_an_engine_away_for_40_s_gets_64_results_and_runs_nothing_twice(tmp_path: Path) -> None:
    executions, release = Executions(), threading.Event()
    registry = registry_of(executions, lambda job: release.wait(60))
    with interrupted_engine(tmp_path / "engine.db") as engine, RestEngineClient(engine.url) as client:
        instances = start_many(client, 100, "work")
        with running_runner(client, registry) as running:
            wait_until(lambda: executions.total == 64, "64 jobs to run")
            engine.go_away()
            release.set()
            wait_until(lambda: running.snapshot.waiting_reports == 64, "64 results to wait")
            wait_until(lambda: running.snapshot.engine_state_s > 40, "40 s to pass", timeout_s=60)
            engine.come_back()
            wait_for_status(client, instances)
    assert executions.total == 100
    assert executions.twice == []


@pytest.mark.slow
def test_500_jobs_of_a_second_each_run_once_on_64_slots() -> None:
    executions = Executions()
    registry = registry_of(executions, lambda job: time.sleep(1.0))
    with running_engine() as engine, RestEngineClient(engine.url) as client:
        instances = start_many(client, 500, "work")
        with running_runner(client, registry):
            wait_for_status(client, instances, timeout_s=60)
    assert executions.total == 500
    assert executions.twice == []


def test_more_jobs_than_slots_claims_only_what_can_start(proxy: FaultProxy, admin: RestEngineClient) -> None:
    at_once, registry = AtOnce(4), HandlerRegistry()
    registry.register("work", at_once.handler)
    instances = start_many(admin, 100, "work")
    with RestEngineClient(proxy.url) as client, running_runner(client, registry, parallelism=4):
        wait_for_status(admin, instances)
    assert at_once.most == 4


def test_a_token_that_expired_is_read_again(
    proxy: FaultProxy, admin: RestEngineClient, tmp_path: Path
) -> None:
    token = tmp_path / "token"
    token.write_text("old")
    registry = HandlerRegistry()
    registry.register("work", lambda job: None)

    def old_is_refused(seen: Seen) -> str | None:
        return "unauthorized" if seen.headers.get("authorization") == "Bearer old" else None

    with (
        RestEngineClient(proxy.url, token_file=str(token)) as client,
        running_runner(client, registry, poll_interval=0.05),
    ):
        wait_until(lambda: proxy.seen, "the first poll")
        proxy.fault = old_is_refused
        token.write_text("new")
        instances = start_many(admin, 3, "work")
        wait_for_status(admin, instances)
    assert proxy.seen[-1].headers["authorization"] == "Bearer new"


def test_an_engine_whose_answers_are_lost_is_not_asked_for_jobs_until_it_answers(proxy: FaultProxy) -> None:
    registry = HandlerRegistry()
    registry.register("work", lambda job: None)
    proxy.always("cut")
    with RestEngineClient(proxy.url) as client, running_runner(client, registry) as running:
        wait_until(lambda: len(proxy.seen) >= 5, "some tries")
        tries = [seen.body for seen in proxy.seen[:5]]
        proxy.always(None)
        wait_until(lambda: running.snapshot.engine_reachable, "the engine to be back")
        wait_until(lambda: b"jobTypes" in proxy.seen[-1].body, "claiming to resume")
    assert b"jobTypes" in tries[0]
    assert set(tries[1:]) == {b"{}"}


def test_a_gateway_that_asks_for_a_pause_gets_it(proxy: FaultProxy) -> None:
    registry = HandlerRegistry()
    registry.register("work", lambda job: None)
    proxy.always("too-many")
    with RestEngineClient(proxy.url) as client, running_runner(client, registry):
        wait_until(lambda: len(proxy.seen) >= 3, "three polls")
    first, second, third = [seen.at for seen in proxy.seen[:3]]
    assert second - first >= 0.9
    assert third - second >= 0.9


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_among_random_faults_every_attempt_runs_once(seed: int) -> None:
    """Each job fails once and succeeds then; every report may be lost on its way there or back."""
    executions, chance = Executions(), random.Random(seed)
    registry = HandlerRegistry()

    @registry.handler("work")
    def work(job: dict[str, Any]) -> dict[str, Any]:
        executions.count({"id": f"{job['id']} {job['retriesRemaining']}"})
        if job["retriesRemaining"]:
            raise ConnectionError("the first attempt")
        return {"done": True}

    def at_random(seen: Seen) -> str | None:
        # Jobs of a poll whose answer is lost come back with their lease's end only: not what is asked here.
        faults = ["cut", "cut-before", "bad-gateway"] if is_report(seen) else ["cut-before", "bad-gateway"]
        return chance.choice(faults) if chance.random() < 0.25 else None

    with (
        running_engine(lease_s=2.0, sweep_s=0.2) as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
        RestEngineClient(proxy.url, timeout=5.0) as client,
    ):
        instances = start_many(admin, 60, "work", retries=1)
        proxy.fault = at_random
        with running_runner(client, registry):
            wait_for_status(admin, instances, timeout_s=60)
    assert len(executions.of_job) == 120
    assert executions.twice == []
    assert proxy.overlapping == []
