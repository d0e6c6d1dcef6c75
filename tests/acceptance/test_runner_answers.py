"""Every answer that docs/answers.md records, in place of the engine's: nothing is lost, undone or given up."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.engines import running_engine
from support.fault_proxy import Fault, FaultProxy, Instead, Seen, fault_proxy
from support.kafka_workers import running_worker
from support.known_answers import known_answers
from support.sdk_workers import Executions, chain, registry_of, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.job import Job

# Of these statuses it is believed that the engine has not seen the request.
NOT_FORWARDED = (401, 403, 407, 429)
OF_OTHERS = [row for row in known_answers() if row.judged in ("not the engine", "doubtful")]


@pytest.fixture
def proxy(engine: DevEngine) -> Iterator[FaultProxy]:
    with fault_proxy(engine.url) as between:
        yield between


class OneRowEach:
    """The first report of each job is answered by a row of its own, in place of the engine or after it."""

    def __init__(self, end: str, *, after_engine: bool) -> None:
        self._end = end
        self._after_engine = after_engine
        self.reports: Counter[str] = Counter()

    def __call__(self, seen: Seen) -> Fault:
        if not seen.path.endswith(self._end):
            return None
        if seen.path.endswith("-size/complete"):
            return Instead(413, b"the gateway's own trouble")
        number = len(self.reports)
        self.reports[seen.path] += 1
        if self.reports[seen.path] > 1 or number >= len(OF_OTHERS):
            return None
        row = OF_OTHERS[number]
        return Instead(row.status, row.body, after_engine=self._after_engine)


def started(admin: RestEngineClient, *, retries: int) -> list[str]:
    admin.upload_definition(chain("flow", "work", retries=retries))
    return [admin.start_instance("flow")["id"] for _ in OF_OTHERS]


@pytest.mark.slow
@pytest.mark.parametrize("after_engine", [False, True], ids=["in its place", "after the engine took it"])
def test_a_polled_jobs_result_outlives_whatever_answers(
    proxy: FaultProxy, admin: RestEngineClient, after_engine: bool
) -> None:
    executions = Executions()
    instances = started(admin, retries=0)
    proxy.fault = answers = OneRowEach("/complete", after_engine=after_engine)
    with RestEngineClient(proxy.url) as client, running_runner(client, registry_of(executions)) as running:
        wait_for_status(admin, instances)
        summary = running.stop()
    assert len(answers.reports) == len(OF_OTHERS)
    assert (executions.total, executions.twice) == (len(OF_OTHERS), [])
    assert (summary.types["work"].done, summary.types["work"].failed) == (len(OF_OTHERS), 0)
    assert proxy.overlapping == []


class FailsFirst:
    """Fails each step once, and completes it at its second attempt."""

    def __init__(self) -> None:
        self.executions = Executions()
        self.registry = registry_of(self.executions, self._fail)

    def _fail(self, job: Job) -> None:
        if job["retriesRemaining"]:
            raise RuntimeError("wanted")


def honest(answers: OneRowEach) -> Callable[[Seen], Fault]:
    """Without rows that say of a request that was passed on that it certainly was not."""

    def fault(seen: Seen) -> Fault:
        found = answers(seen)
        return None if isinstance(found, Instead) and found.status in NOT_FORWARDED else found

    return fault


def test_a_polled_jobs_failure_that_the_engine_took_is_not_sent_a_second_time(
    proxy: FaultProxy, admin: RestEngineClient
) -> None:
    instances = started(admin, retries=1)
    answers = OneRowEach("/fail", after_engine=True)
    proxy.fault = honest(answers)
    with RestEngineClient(proxy.url) as client, running_runner(client, FailsFirst().registry):
        wait_for_status(admin, instances)
    assert set(answers.reports.values()) == {1}


@pytest.mark.slow
def test_a_job_of_kafkas_outlives_whatever_answers() -> None:
    executions = Executions()
    answers = OneRowEach("/complete", after_engine=False)
    with (
        running_engine(dispatch="kafka") as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
    ):
        proxy.fault = answers
        instances = started(admin, retries=0)
        with running_worker(engine.brokers, proxy.url, registry_of(executions)) as worker:
            wait_for_status(admin, instances)
            wait_until(lambda: not worker.snapshot().waiting_reports, "all results to be taken")
    assert len(answers.reports) == len(OF_OTHERS)
    assert executions.twice == []


@pytest.mark.slow
@pytest.mark.parametrize("after_engine", [False, True], ids=["in its place", "after the engine took it"])
def test_a_failure_of_kafkas_burns_one_retry_whatever_answers(after_engine: bool) -> None:
    handler = FailsFirst()
    answers = OneRowEach("/fail", after_engine=after_engine)
    with (
        running_engine(dispatch="kafka") as engine,
        fault_proxy(engine.url) as proxy,
        RestEngineClient(engine.url) as admin,
    ):
        proxy.fault = honest(answers) if after_engine else answers
        instances = started(admin, retries=1)
        with running_worker(engine.brokers, proxy.url, handler.registry):
            # With a retry burnt the second attempt's success would come too late: the step has FAILED.
            wait_for_status(admin, instances, timeout_s=120)
    assert len(answers.reports) == len(OF_OTHERS)
    assert handler.executions.total == 2 * len(OF_OTHERS)
    if after_engine:
        assert set(answers.reports.values()) == {1}


def test_the_page_of_answers_has_rows_for_each_family_of_status() -> None:
    assert {row.status // 100 for row in OF_OTHERS} == {2, 3, 4, 5}
    assert any(row.body.startswith(b"{") and isinstance(json.loads(row.body), dict) for row in OF_OTHERS)
