"""`run_workflow` and the other fixtures of the pytest plug-in."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, HandClock
from rochallor_cli.trial.workflow import WorkflowRunError, WorkflowRunner
from support.workflows import decision, document, end, gateway, join, service, timer, user_task, wait
from workflow_sdk.client.rest import RestEngineClient
from workflow_sdk.handler.registry import HandlerRegistry
from workflow_sdk.job import current_job

DOCS = Path(__file__).resolve().parents[4] / "docs" / "testing.md"


@pytest.fixture
def engine() -> Iterator[DevEngine]:
    with DevEngine(DevEngineConfig(port=0, clock=HandClock(), seed=0, engine_version="0")) as running:
        yield running


@pytest.fixture
def client(engine: DevEngine) -> Iterator[RestEngineClient]:
    with RestEngineClient(engine.url) as connected:
        yield connected


@pytest.fixture
def run(engine: DevEngine, client: RestEngineClient) -> WorkflowRunner:
    return WorkflowRunner(engine, client)


def handlers(**functions: Any) -> HandlerRegistry:
    registry = HandlerRegistry()
    for job_type, function in functions.items():
        registry.register(job_type, function)
    return registry


def test_a_workflow_is_run_to_its_end_with_user_tasks_and_signals(run: WorkflowRunner) -> None:
    definition = document(service("work", "ask"), user_task("ask", "hold"), wait("hold"))
    found = run(
        definition,
        handlers(work=lambda job: {"n": job["variables"]["n"] + 1}),
        {"n": 1},
        user_tasks={"ask": lambda variables: {"seen": variables["n"]}},
        signals={"hold": {"paid": True}},
    )
    assert found.status == "COMPLETED"
    assert found.variables == {"n": 2, "seen": 2, "paid": True}
    assert found.steps == ["work", "ask", "hold", "end"]


def test_without_an_answer_a_user_task_stays_open_until_the_run_proceeds(run: WorkflowRunner) -> None:
    found = run(document(user_task("ask")), handlers())
    assert (found.status, found.open_steps) == ("WAITING", ["ask"])
    assert found.proceed(user_tasks={"ask": {}}).status == "COMPLETED"


def test_a_list_answers_one_opening_after_the_other(run: WorkflowRunner) -> None:
    definition = document(user_task("ask", "check"), decision("check", {"ok": "end", "!ok": "ask"}))
    found = run(definition, handlers(), user_tasks={"ask": [{"ok": False}, {"ok": True}]})
    assert found.status == "COMPLETED"
    assert found.steps.count("ask") == 2


def test_a_failing_handler_is_retried_at_once_and_its_errors_are_kept(run: WorkflowRunner) -> None:
    def flaky(job: Any) -> None:
        if job.retries_remaining:
            raise ValueError("not yet")

    found = run(document(service("work", retryCount=2)), handlers(work=flaky))
    assert found.status == "COMPLETED"
    assert [type(each.error) for each in found.jobs] == [ValueError, ValueError, type(None)]


def test_async_handlers_know_their_job(run: WorkflowRunner) -> None:
    async def work(job: Any) -> dict[str, Any]:
        return {"same": current_job().job.job_id == job.job_id}

    assert run(document(service("work")), handlers(work=work)).variables == {"same": True}


def test_what_a_startup_hook_opens_is_there_for_async_handlers(run: WorkflowRunner) -> None:
    registry = HandlerRegistry()
    calls: list[str] = []
    opened: list[asyncio.Lock] = []

    @registry.on_startup
    async def open_up() -> None:
        opened.append(asyncio.Lock())
        await opened[0].acquire()
        calls.append("startup")

    @registry.register("work")
    async def work(job: Any) -> None:
        # A lock that somebody waits for belongs to one loop.
        asyncio.get_running_loop().call_soon(opened[0].release)
        async with opened[0]:
            calls.append("work")
        await opened[0].acquire()

    registry.on_shutdown(lambda: calls.append("shutdown"))
    definition = document(service("work", "again"), service("again", job_type="work"))
    assert run(definition, registry).status == "COMPLETED"
    assert calls == ["startup", "work", "work", "shutdown"]


def test_an_async_handler_is_held_to_its_timeout(run: WorkflowRunner) -> None:
    registry = HandlerRegistry()
    never = asyncio.Event

    @registry.register("work", timeout=0.01)
    async def work(job: Any) -> None:
        await never().wait()

    found = run(document(service("work")), registry)
    assert "ran longer than its timeout of 0.01 s" in str(found.failure_reason)


def test_a_result_of_a_wrong_type_fails_the_job_for_good(run: WorkflowRunner) -> None:
    found = run(document(service("work", retryCount=3)), handlers(work=lambda job: 5))
    assert found.status == "FAILED"
    assert len(found.jobs) == 1


def test_a_job_without_handler_is_an_error_that_shows_the_history(run: WorkflowRunner) -> None:
    with pytest.raises(
        WorkflowRunError, match=r"no handler is registered for job type 'other'(.|\n)*other#1"
    ):
        run(document(service("work", "other"), service("other")), handlers(work=lambda job: None))


def test_a_workflow_that_never_rests_is_an_error_that_shows_the_history(run: WorkflowRunner) -> None:
    definition = document(service("work", "check"), decision("check", {"n > 0": "work", "n <= 0": "end"}))
    with pytest.raises(WorkflowRunError, match=r"not at rest after 5 moves(.|\n)*work#3"):
        run(definition, handlers(work=lambda job: None), {"n": 1}, max_moves=5)


def test_a_handler_that_does_not_come_back_is_an_error_that_shows_the_history(run: WorkflowRunner) -> None:
    released = threading.Event()
    try:
        with pytest.raises(WorkflowRunError, match=r"'work' is still running(.|\n)*work#1"):
            run(document(service("work")), handlers(work=lambda job: released.wait()), timeout_s=0.05)
    finally:
        released.set()


def test_moving_the_clock_fires_chained_timers_each_at_its_time(
    run: WorkflowRunner, engine: DevEngine
) -> None:
    definition = document(
        user_task("ask", boundaryEvents=[timer("PT1H", "first", interrupting=False)]),
        wait("first", boundaryEvents=[timer("PT30M", "second", interrupting=False)]),
        service("second"),
    )
    found = run(definition, handlers(second=lambda job: {"second": True}))
    engine.advance(minutes=89)
    assert found.proceed().open_steps == ["ask", "first"]
    engine.advance(minutes=1)
    found.proceed()
    assert found.variables == {"second": True}
    began = [execution["startedAt"] for execution in found.history]
    assert began[:3] == ["2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2026-01-01T01:30:00Z"]


def test_moving_the_clock_ends_leases(engine: DevEngine, client: RestEngineClient) -> None:
    client.upload_definition(document(service("work")))
    client.start_instance("flow")
    assert client.poll_jobs("one", ["work"])
    engine.advance(29.9)
    assert client.poll_jobs("two", ["work"]) == []
    engine.advance(0.1)
    assert client.poll_jobs("two", ["work"])


def test_a_chained_workflow_starts_when_the_first_has_ended(
    run: WorkflowRunner, client: RestEngineClient, engine: DevEngine
) -> None:
    client.upload_definition(document(wait("hold"), id_="after"))
    chained = document(service("work"), id_="before", autoStartNextWorkflow=True, nextWorkflowId="after")
    assert run(chained, handlers(work=lambda job: {"n": 1}), business_key="bk").status == "COMPLETED"
    engine.advance(0)
    [after] = client.list_instances(definition_id="after")["items"]
    assert (after["variables"], after.get("businessKey")) == ({"n": 1}, None)


def test_two_runs_come_out_the_same(run: WorkflowRunner) -> None:
    definition = document(
        gateway("split", ["a", "b"]), service("a", "meet"), service("b", "meet"), join("meet", "end"), end()
    )
    registry = handlers(a=lambda job: {"last": "a"}, b=lambda job: {"last": "b"})
    runs = [run(definition, registry) for _ in range(3)]
    assert [each.variables for each in runs] == [{"last": "b"}] * 3
    assert len({tuple(each.steps) for each in runs}) == 1


def test_a_definition_is_read_from_a_file(run: WorkflowRunner, tmp_path: Path) -> None:
    path = tmp_path / "flow.json"
    path.write_text(json.dumps(document(service("work"))))
    assert run(path, handlers(work=lambda job: None)).status == "COMPLETED"


def test_the_plugin_imports_nothing_before_a_fixture_is_used() -> None:
    script = (
        "import sys, rochallor_cli.pytest_plugin; "
        "print([m for m in ('aiohttp', 'httpx', 'sqlite3', 'workflow_sdk', 'typer') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


# The other settings that the page names, and what they change.
OVERRIDDEN = """
import pytest

@pytest.fixture
def rochallor_settings():
    return {"strict": True, "engine_version": "1.1.0", "seed": 7}

def test_the_engine_is_as_it_was_told(rochallor_engine):
    config = rochallor_engine.config
    assert (config.strict, config.engine_version, config.seed) == (True, "1.1.0", 7)
"""


def test_the_example_of_the_documentation_passes(tmp_path: Path) -> None:
    example = DOCS.read_text("utf-8").split("```python\n")[1].split("```")[0]
    (tmp_path / "test_orders.py").write_text(example)
    (tmp_path / "test_settings.py").write_text(OVERRIDDEN)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path)]
    found = subprocess.run(
        [*command, str(tmp_path)], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert "4 passed" in found.stdout, found.stdout + found.stderr
