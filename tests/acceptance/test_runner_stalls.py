"""Engines and gateways that stand still: no report is with the engine twice at once, and none is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.fault_proxy import Delay, Fault, FaultProxy, Seen, Stall, fault_proxy
from support.sdk_workers import Executions, chain, registry_of, running_runner, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient

JOBS = 12


@pytest.fixture
def proxy(engine: DevEngine) -> Iterator[FaultProxy]:
    with fault_proxy(engine.url) as between:
        yield between


def first_tries(fault: Fault):  # type: ignore[no-untyped-def]
    """The fault for the first report of each job."""
    met: set[str] = set()

    def choose(seen: Seen) -> Fault:
        if not seen.path.endswith("/complete") or seen.path in met:
            return None
        met.add(seen.path)
        return fault

    return choose


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    [Stall(2.0), Delay(2.0), Stall(10.0)],
    ids=["the engine for 2 s", "the gateway for 2 s", "the engine for 10 s"],
)
def test_what_outlasts_the_time_out_is_not_sent_a_second_time_meanwhile(
    proxy: FaultProxy, admin: RestEngineClient, fault: Fault
) -> None:
    executions = Executions()
    admin.upload_definition(chain("flow", "work"))
    instances = [admin.start_instance("flow")["id"] for _ in range(JOBS)]
    proxy.fault = first_tries(fault)
    with (
        RestEngineClient(proxy.url, timeout=0.5) as client,
        running_runner(client, registry_of(executions), parallelism=JOBS) as running,
    ):
        wait_for_status(admin, instances, timeout_s=120)
        summary = running.stop()
    assert proxy.overlapping == []
    assert (executions.total, executions.twice) == (JOBS, [])
    assert summary.types["work"].done == JOBS


def test_a_gateway_that_holds_everything_and_lets_go_costs_nothing(
    proxy: FaultProxy, admin: RestEngineClient
) -> None:
    executions = Executions()
    admin.upload_definition(chain("flow", "work"))
    instances = [admin.start_instance("flow")["id"] for _ in range(JOBS)]
    proxy.fault = lambda seen: "freeze" if seen.path.endswith("/complete") else None
    with (
        RestEngineClient(proxy.url) as client,
        running_runner(client, registry_of(executions), parallelism=JOBS),
    ):
        wait_until(lambda: len(proxy.paths("/complete")) >= 8, "the senders' reports", timeout_s=60)
        assert {admin.get_instance(instance)["status"] for instance in instances} == {"ACTIVE"}
        proxy.thaw()
        wait_for_status(admin, instances)
    assert proxy.overlapping == []
    assert executions.twice == []
    assert len(proxy.paths("/complete")) == JOBS
