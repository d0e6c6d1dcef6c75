"""Sentences of the pages that once were untrue, each with what makes it true."""

from __future__ import annotations

import logging
import re
import threading
from pathlib import Path

import pytest

from support.engines import running_engine
from support.sdk_workers import running_runner, start_chain
from support.waiting import wait_until
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.testing import FakeEngineClient

ROOT = Path(__file__).resolve().parents[2]


def example_of(page: str, containing: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    (found,) = [block for block in blocks if containing in block]
    return str(found)


def test_a_handler_that_gives_its_job_back_costs_no_retry_and_another_worker_runs_it() -> None:
    """The example of docs/workers.md, of a step without any retry."""
    running = threading.Event()

    class SourceParts:
        def __iter__(self):
            while True:
                running.set()
                yield "part"

    names: dict[str, object] = {"parts": SourceParts()}
    exec(compile(example_of("docs/workers.md", "stopping.is_set()"), "docs/workers.md", "exec"), names)
    first, second = HandlerRegistry(), HandlerRegistry()
    first.register("long")(names["long_running"])
    second.register("long")(lambda job: {"done": True})
    with running_engine(lease_s=0.5, sweep_s=0.1) as engine, RestEngineClient(engine.url) as client:
        (instance,) = start_chain(client, "long", retries=0)
        with running_runner(client, first):
            wait_until(running.is_set, "the handler runs")
        with running_runner(client, second, worker_id="w2"):
            wait_until(lambda: client.get_instance(instance)["status"] != "ACTIVE", "the other worker's turn")
        assert client.get_instance(instance)["status"] == "COMPLETED"


def test_the_first_handler_of_the_page_about_workers_runs() -> None:
    names: dict[str, object] = {}
    exec(compile(example_of("docs/workers.md", "# handlers.py"), "docs/workers.md", "exec"), names)
    engine = FakeEngineClient()
    given = {engine.offer("validate-application", {"applicantId": each}): bool(each) for each in ("A-1", "")}
    engine.work(names["registry"])
    assert engine.completed == {job: {"validationPassed": passed} for job, passed in given.items()}


def test_each_failed_attempt_logs_a_traceback_of_its_own(caplog: pytest.LogCaptureFixture) -> None:
    registry = HandlerRegistry()

    @registry.register("broken")
    def broken(job):
        raise ValueError("no luck")

    with (
        caplog.at_level(logging.WARNING, "workflow_sdk"),
        running_engine() as engine,
        RestEngineClient(engine.url) as client,
    ):
        (instance,) = start_chain(client, "broken", retries=2)
        with running_runner(client, registry):
            wait_until(lambda: client.get_instance(instance)["status"] == "FAILED", "the last attempt")
    failures = [record for record in caplog.records if record.exc_info]
    assert [record.levelname for record in failures] == ["WARNING", "WARNING", "ERROR"]
