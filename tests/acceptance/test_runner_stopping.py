"""Signals to a worker process: what is finished, what is left, how soon it is gone."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from rochallor_cli.dev_engine import DevEngine
from support.programs import running_program
from support.sdk_workers import chain, wait_for_status
from workflow_sdk.client.rest import RestEngineClient


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
