"""Large variables: nobody waits while they are read, merged and written."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from rochallor_cli.dev_engine import DevEngine, DevEngineConfig, records
from rochallor_cli.dev_engine.clock import HandClock
from support.workflows import document, service, timer, user_task, wait
from workflow_sdk.client.rest import RestEngineClient

LARGE = {"list": [{"name": f"n{number}", "x": number} for number in range(10_000)]}
FLOW = document(
    service("a", "b", job_type="t"),
    user_task("b", "c", boundaryEvents=[timer("PT1H", "n", interrupting=False)]),
    wait("c"),
    service("n"),
    id_="large",
)


@pytest.fixture
def where(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the threads in which large variables were read or written."""
    found: list[str] = []

    def watched(work: Callable[[Any], Any], size: Callable[[Any, Any], int]) -> Callable[[Any], Any]:
        def call(given: Any) -> Any:
            done = work(given)
            if size(given, done) > records.LARGE:
                found.append(threading.current_thread().name)
            return done

        return call

    monkeypatch.setattr(records, "read_stored", watched(records.read_stored, lambda given, _: len(given)))
    monkeypatch.setattr(records, "write_stored", watched(records.write_stored, lambda _, done: len(done)))
    return found


@pytest.mark.parametrize("changes", [{}, {"b": 1}, {**LARGE, "b": 1}], ids=["none", "small", "large"])
def test_large_variables_are_read_and_written_apart(where: list[str], changes: dict[str, Any]) -> None:
    config = DevEngineConfig(port=0, clock=HandClock())
    with DevEngine(config) as engine, RestEngineClient(engine.url) as client:
        client.upload_definition(FLOW)
        instance = client.start_instance("large", {"a": 0, **LARGE})["id"]
        job = client.poll_jobs("w", ["t"])[0]
        client.complete_job(job["id"], "w", {"c": 2, **changes})
        engine.advance(3600)
        client.complete_user_task("b", "me", {"d": 3, **changes}, instance_id=instance)
        client.signal(instance, "c", {"e": 4, **changes})
        after = client.get_instance(instance)
    assert (after["status"], after["variables"]) == (
        "COMPLETED", {"a": 0, **LARGE, "c": 2, "d": 3, "e": 4, **changes},
    )  # fmt: skip
    assert len(where) >= 4
    assert set(where) == {"costly work"}
