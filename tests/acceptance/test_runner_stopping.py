"""Signals to a worker process: what is finished, what is left, how soon it is gone."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.programs import running_program
from support.sdk_workers import Executions, chain, registry_of, running_runner, start_chain, wait_for_status
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.runner.runner import Runner
from workflow_sdk.testing import FakeEngineClient


@pytest.fixture
def instances(engine: DevEngine) -> list[str]:
    with RestEngineClient(engine.url) as admin:
        admin.upload_definition(chain("flow", "work"))
        return [admin.start_instance("flow")["id"] for _ in range(8)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_amid_jobs_has_them_finished_and_reported(
    number: signal.Signals, engine: DevEngine, instances: list[str], tmp_path: Path
) -> None:
    with running_program(tmp_path, "stopping.py", "20", "half_a_second", url=engine.url) as program:
        program.wait_for("running", times=8)
        program.signal(number)
        assert program.end() == 0, program.output
    hint = "Ctrl-C again to leave them" if number == signal.SIGINT else "A second signal leaves them"
    assert f"stopping: 8 jobs in flight, up to 20 s. {hint}." in program.output
    assert "drained in" in program.output
    with RestEngineClient(engine.url) as admin:
        wait_for_status(admin, instances)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_with_a_stop_event_a_signal_that_nobody_handles_drains_as_well(
    number: signal.Signals, engine: DevEngine, instances: list[str], tmp_path: Path
) -> None:
    arguments = ("20", "half_a_second", "own-event")
    with running_program(tmp_path, "stopping.py", *arguments, url=engine.url) as program:
        program.wait_for("running", times=8)
        program.signal(number)
        assert program.end() == 0, program.output
    assert "the event is set: True" in program.output
    with RestEngineClient(engine.url) as admin:
        wait_for_status(admin, instances)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda number, frame: None])
def test_with_a_stop_event_a_program_keeps_the_signals_that_it_handles(
    handler: Callable[..., None] | signal.Handlers, number: signal.Signals, registry: HandlerRegistry
) -> None:
    seen: list[object] = []
    stop = threading.Event()
    registry.register("work", lambda job: seen.append(signal.getsignal(number)) or stop.set())
    engine = FakeEngineClient()
    engine.offer("work")
    before = signal.signal(number, handler)
    try:
        Runner(engine, registry, "w").run(stop)
    finally:
        signal.signal(number, before)
    assert seen == [handler]


@pytest.mark.parametrize("stop", [None, threading.Event()])
def test_signals_of_a_run_are_put_back_after_it(
    stop: threading.Event | None, registry: HandlerRegistry
) -> None:
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    amid: list[object] = []
    engine = FakeEngineClient()
    runner = Runner(engine, registry, "w")

    def look(job: object) -> None:
        amid.extend(signal.getsignal(number) for number in numbers)
        runner.stop()

    registry.register("work", look)
    engine.offer("work")
    runner.run(stop)
    assert not {*amid} & {*before}
    assert [signal.getsignal(number) for number in numbers] == before


@pytest.mark.parametrize("kind", ["block", "block_async", "block_helper"])
def test_a_handler_blocked_for_ever_holds_the_process_until_the_deadline_and_no_longer(
    kind: str, engine: DevEngine, instances: list[str], tmp_path: Path
) -> None:
    with running_program(tmp_path, "stopping.py", "1", kind, url=engine.url) as program:
        program.wait_for("running", times=1 if kind == "block_async" else 8)
        told_at = time.monotonic()
        program.signal(signal.SIGTERM)
        assert program.end() == 11, program.output
        took_s = time.monotonic() - told_at
    # The handlers block for ever: that the program has ended at all is the other half of it.
    assert took_s >= 1.0
    assert "drain ended after 1 s with 8 jobs unfinished" in program.output
    assert f"in {kind}" in program.output


def test_a_second_signal_ends_the_drain(engine: DevEngine, instances: list[str], tmp_path: Path) -> None:
    with running_program(tmp_path, "stopping.py", "600", "block", url=engine.url) as program:
        program.wait_for("running", times=8)
        program.signal(signal.SIGTERM)
        program.wait_for("stopping: 8 jobs in flight")
        program.signal(signal.SIGINT)
        assert program.end() == 11, program.output
    assert sum(line.startswith("abandoned ") for line in program.lines) == 8


def test_a_drain_time_of_nothing_waits_for_nothing(
    engine: DevEngine, instances: list[str], tmp_path: Path
) -> None:
    with running_program(tmp_path, "stopping.py", "0", "block", url=engine.url) as program:
        program.wait_for("running", times=8)
        program.signal(signal.SIGTERM)
        assert program.end() == 11, program.output


def test_a_long_handler_can_see_the_stop_and_finish_early(
    engine: DevEngine, instances: list[str], tmp_path: Path
) -> None:
    with running_program(tmp_path, "stopping.py", "20", "look_around", url=engine.url) as program:
        program.wait_for("running", times=8)
        program.signal(signal.SIGTERM)
        assert program.end() == 0, program.output
    with RestEngineClient(engine.url) as admin:
        assert all(
            admin.get_instance(instance)["variables"] == {"stoppedEarly": True} for instance in instances
        )


def test_a_program_may_pause_resume_and_abandon_its_runner_from_any_thread(engine: DevEngine) -> None:
    executions, may_end, resumed = Executions(), threading.Event(), []

    def work(job: object) -> None:
        resumed.append(is_resumed)
        may_end.wait(60)

    with (
        RestEngineClient(engine.url) as client,
        running_runner(client, registry_of(executions, work), poll_interval=0.01) as running,
    ):
        # A first job shows that it is at work; while it runs no other is claimed.
        is_resumed = False
        (first,) = start_chain(client, "work")
        wait_until(lambda: executions.total == 1, "the first job")
        running.runner.pause()
        may_end.set()
        wait_for_status(client, [first])
        may_end.clear()
        (second,) = start_chain(client, "work")
        (job,) = client.poll_jobs("another", ["work"], 1)
        client.complete_job(job["id"], "another", {})
        wait_for_status(client, [second])
        is_resumed = True
        running.runner.resume()
        start_chain(client, "work")
        wait_until(lambda: executions.total == 2, "the job after the pause")
        running.runner.abandon()
        summary = running.end()
        may_end.set()
    assert resumed == [False, True]
    assert [each.job_type for each in summary.abandoned] == ["work"]
